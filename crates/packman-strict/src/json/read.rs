//! Typed reading: a [`Reader`] stands on one value of a tree and knows its way from the root.
//!
//! A reader is two references. The path is only worked out for an error, by looking for the value in the tree
//! again, so that reading 100,000 targets costs no strings.

use std::fmt::{self, Write as _};

use super::{Object, Value};
use crate::quote::quoted;

/// A value inside a document, for reading it as what it must be. Errors name the path of the value.
#[derive(Copy, Clone, Debug)]
pub struct Reader<'v, 'a> {
    root: &'v Value<'a>,
    value: &'v Value<'a>,
}

impl<'v, 'a> Reader<'v, 'a> {
    /// Stands on the outermost value.
    pub const fn root(value: &'v Value<'a>) -> Self {
        Self { root: value, value }
    }

    /// The value as it is.
    pub const fn value(self) -> &'v Value<'a> {
        self.value
    }

    /// The path of the value from the root, such as `signed.roles.root.keyids[0]`.
    pub fn path(self) -> String {
        let mut path = String::new();
        if !search(self.root, self.value, &mut path) || path.is_empty() {
            return "the document".to_owned();
        }
        path
    }

    /// The value as an object.
    pub fn object(self) -> Result<&'v Object<'a>, ShapeError> {
        self.value.as_object().ok_or_else(|| self.wrong("an object"))
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
        Ok(self.object()?.get(name).map(|value| self.at(value)))
    }

    /// All members in their order.
    pub fn members(self) -> Result<impl ExactSizeIterator<Item = (&'v str, Self)> + Clone, ShapeError> {
        Ok(self.object()?.iter().map(move |(name, value)| (name, self.at(value))))
    }

    /// All elements in their order.
    pub fn elements(self) -> Result<impl ExactSizeIterator<Item = Self> + Clone, ShapeError> {
        let Value::Array(elements) = self.value else { return Err(self.wrong("an array")) };
        Ok(elements.iter().map(move |value| self.at(value)))
    }

    /// The value as text.
    pub fn str(self) -> Result<&'v str, ShapeError> {
        self.value.as_str().ok_or_else(|| self.wrong("a string"))
    }

    /// The value as an integer from 0 to 2^64-1.
    pub fn u64(self) -> Result<u64, ShapeError> {
        self.value.as_u64().ok_or_else(|| self.wrong("an integer from 0 to 2^64-1"))
    }

    /// The value as a truth value.
    pub fn bool(self) -> Result<bool, ShapeError> {
        self.value.as_bool().ok_or_else(|| self.wrong("`true` or `false`"))
    }

    /// The same reader, unless it stands on `null`.
    pub fn non_null(self) -> Option<Self> {
        (*self.value != Value::Null).then_some(self)
    }

    /// The error of a value that is not what its reader wants, for rules that this crate does not know.
    pub fn wrong(self, wanted: &str) -> ShapeError {
        ShapeError { path: self.path(), found: kind(self.value), wanted: wanted.to_owned() }
    }

    fn at(self, value: &'v Value<'a>) -> Self {
        Self { root: self.root, value }
    }
}

/// Looks for the very value `wanted` (not one like it) below `here`, and writes the way there to `path`.
fn search(here: &Value<'_>, wanted: &Value<'_>, path: &mut String) -> bool {
    if std::ptr::from_ref(here).cast::<()>() == std::ptr::from_ref(wanted).cast::<()>() {
        return true;
    }
    let length = path.len();
    match here {
        Value::Array(elements) => elements.iter().enumerate().any(|(place, element)| {
            path.truncate(length);
            let _ = write!(path, "[{place}]");
            search(element, wanted, path)
        }),
        Value::Object(object) => object.iter().any(|(name, value)| {
            path.truncate(length);
            write_name(path, name);
            search(value, wanted, path)
        }),
        _ => false,
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

fn kind(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => format!("`{bool}`"),
        Value::Number(number) => format!("the number {}", quoted(number.as_str())),
        Value::String(text) => format!("the string {}", quoted(text)),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
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
