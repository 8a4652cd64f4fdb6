//! Typed reading: a [`Reader`] stands on one value of a document and knows its way from the root.
//!
//! A reader is a reference and two numbers. The path is only worked out for an error, by looking for the value in the
//! document again, so that reading 100,000 targets costs no strings.

use std::fmt::{self, Write as _};

use super::document::Node;
use super::{Document, Value};
use crate::quote::quoted;

/// A value inside a document, for reading it as what it must be. Errors name the path of the value.
#[derive(Copy, Clone, Debug)]
pub struct Reader<'v, 'a> {
    document: &'v Document<'a>,
    root: usize,
    slot: usize,
}

impl<'v, 'a> Reader<'v, 'a> {
    /// Stands on the outermost value.
    pub const fn root(document: &'v Document<'a>) -> Self {
        Self { document, root: 0, slot: 0 }
    }

    /// The same value as the outermost: paths begin there.
    pub const fn as_root(self) -> Self {
        Self { root: self.slot, ..self }
    }

    pub(super) const fn document(self) -> (&'v Document<'a>, usize) {
        (self.document, self.slot)
    }

    /// The value as a tree of its own.
    pub fn value(self) -> Value<'a> {
        self.document.value(self.slot)
    }

    /// The path of the value from the root, such as `signed.roles.root.keyids[0]`.
    pub fn path(self) -> String {
        let mut path = String::new();
        let mut here = self.root;
        while here != self.slot {
            let Some(next) = self.step_from(here, &mut path) else { break };
            here = next;
        }
        if path.is_empty() { "the document".to_owned() } else { path }
    }

    /// The value directly inside `here` on the way to this one, whose name or number is written to `path`.
    fn step_from(self, here: usize, path: &mut String) -> Option<usize> {
        let named = self.document.node(here) == Node::Object;
        let inside =
            |child: usize| (child..self.document.after(child + usize::from(named))).contains(&self.slot);
        let (place, child) = self.document.children(here).enumerate().find(|(_, child)| inside(*child))?;
        if named {
            write_name(path, self.document.text(child));
            return Some(child + 1);
        }
        let _ = write!(path, "[{place}]");
        Some(child)
    }

    /// Refuses a value that is no object.
    pub fn object(self) -> Result<Self, ShapeError> {
        match self.node() {
            Node::Object => Ok(self),
            _ => Err(self.wrong("an object")),
        }
    }

    /// The member of that name; refused where it is missing.
    pub fn member(self, name: &str) -> Result<Self, ShapeError> {
        self.optional(name)?.ok_or_else(|| ShapeError {
            path: self.path(),
            found: format!("no member {}", quoted(name)),
            wanted: "one".to_owned(),
        })
    }

    /// The member of that name, if it is there; one that is `null` is there.
    pub fn optional(self, name: &str) -> Result<Option<Self>, ShapeError> {
        Ok(self.members()?.find(|(found, _)| *found == name).map(|(_, value)| value))
    }

    /// All members in their order.
    pub fn members(self) -> Result<impl ExactSizeIterator<Item = (&'v str, Self)> + Clone, ShapeError> {
        let names = self.document.children(self.object()?.slot);
        Ok(names.map(move |name| (self.document.text(name), self.at(name + 1))))
    }

    /// All elements in their order.
    pub fn elements(self) -> Result<impl ExactSizeIterator<Item = Self> + Clone, ShapeError> {
        match self.node() {
            Node::Array => Ok(self.document.children(self.slot).map(move |slot| self.at(slot))),
            _ => Err(self.wrong("an array")),
        }
    }

    /// The value as text.
    pub fn str(self) -> Result<&'v str, ShapeError> {
        match self.node() {
            Node::String(text) => Ok(text),
            _ => Err(self.wrong("a string")),
        }
    }

    /// The value as an integer from 0 to 2^64-1.
    pub fn u64(self) -> Result<u64, ShapeError> {
        let number = if let Node::Number(text) = self.node() { text.parse().ok() } else { None };
        number.ok_or_else(|| self.wrong("an integer from 0 to 2^64-1"))
    }

    /// The value as a truth value.
    pub fn bool(self) -> Result<bool, ShapeError> {
        self.as_bool().ok_or_else(|| self.wrong("`true` or `false`"))
    }

    /// The truth value, if this is one.
    pub fn as_bool(self) -> Option<bool> {
        if let Node::Bool(bool) = self.node() { Some(bool) } else { None }
    }

    /// The same reader, unless it stands on `null`.
    pub fn non_null(self) -> Option<Self> {
        (self.node() != Node::Null).then_some(self)
    }

    /// The error of a value that is not what its reader wants, for rules that this crate does not know.
    pub fn wrong(self, wanted: &str) -> ShapeError {
        ShapeError { path: self.path(), found: kind(self.node()), wanted: wanted.to_owned() }
    }

    fn node(self) -> Node<'v> {
        self.document.node(self.slot)
    }

    const fn at(self, slot: usize) -> Self {
        Self { slot, ..self }
    }
}

/// Writes a name as people write paths; one with other characters than usual in quotes and escaped.
fn write_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let _ = if !name.is_empty() && name.len() <= 64 && name.bytes().all(usual) {
        path.write_str(name)
    } else {
        write!(path, "{}", quoted(name))
    };
}

fn kind(value: Node<'_>) -> String {
    match value {
        Node::Null => "null".to_owned(),
        Node::Bool(bool) => format!("`{bool}`"),
        Node::Number(number) => format!("the number {}", quoted(number)),
        Node::String(text) => format!("the string {}", quoted(text)),
        Node::Array => "an array".to_owned(),
        Node::Object => "an object".to_owned(),
    }
}

/// A value that is not what its reader wants: where, what was found, what was wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShapeError {
    path: String,
    found: String,
    wanted: String,
}

impl ShapeError {
    /// The path of the value, such as `signed.version`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "json-shape"
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, wanted {}", self.path, self.found, self.wanted)
    }
}

impl std::error::Error for ShapeError {}
