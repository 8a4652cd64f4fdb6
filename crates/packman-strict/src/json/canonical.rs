//! Canonical JSON as TUF signs over it: OLPC's rules as securesystemslib's `encode_canonical` carries them out.
//!
//! No white space; members sorted by code point; in strings only `"` and `\` escaped (so a newline stands as
//! it is: the canonical form is not always JSON); integers in decimal; nothing but integers for numbers.

use std::fmt;
use std::ops::Range;

use super::document::{Document, Node};
use super::{Number, Object, Reader, Value};
use crate::Sha256;
use crate::digest::Sha256Stream;

/// Writes the canonical form of a value, over which signatures and safety numbers are made.
///
/// A number with a fraction or an exponent is refused: it has many texts, and which one was signed is unknown.
pub fn canonical(value: &Value<'_>) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = Vec::new();
    write_value(value, &mut bytes)?;
    Ok(bytes)
}

/// How much of a form that does not stand in its document as it is gathers before it is handed on.
const PIECE: usize = 32 << 10;

/// The canonical form of a value inside a document: written piece by piece, and never held as a whole.
#[derive(Copy, Clone, Debug)]
pub struct Canonical<'v, 'a> {
    document: &'v Document<'a>,
    slot: usize,
}

impl<'v, 'a> Canonical<'v, 'a> {
    /// The form of the value on which the reader stands; refused as [`canonical`] refuses.
    pub fn of(value: Reader<'v, 'a>) -> Result<Self, CanonicalError> {
        let (document, slot) = value.document();
        match document.fraction_in(slot) {
            Some(number) => Err(CanonicalError { number: number.to_owned() }),
            None => Ok(Self { document, slot }),
        }
    }

    /// Gives the form to `out`, piece by piece. What stands in the document as it must be is given from there.
    pub fn write(&self, out: &mut dyn FnMut(&[u8])) {
        let document = self.document.text.as_bytes();
        let mut pieces = Pieces { document, run: 0..0, gathered: Vec::new(), out };
        write_node(self.document, self.slot, &mut pieces);
        pieces.finish();
    }

    /// The whole form.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut |piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// The SHA-256 of the form.
    pub fn sha256(&self) -> Sha256 {
        let mut hash = Sha256Stream::new();
        self.write(&mut |piece| hash.update(piece));
        hash.finish()
    }
}

/// Gathers what is written, and hands it on in pieces.
struct Pieces<'o, 'a> {
    document: &'a [u8],
    /// Bytes of the document that were written and not handed on or copied: of a document that is canonical, all.
    run: Range<usize>,
    gathered: Vec<u8>,
    out: &'o mut dyn FnMut(&[u8]),
}

impl Pieces<'_, '_> {
    /// Writes bytes that stand in the document.
    fn verbatim(&mut self, start: usize, end: usize) {
        if start != self.run.end {
            self.gather();
            self.run.start = start;
        }
        self.run.end = end;
    }

    /// Writes a mark, which in a canonical document stands right behind what was written last.
    fn mark(&mut self, mark: u8) {
        if self.document.get(self.run.end) == Some(&mark) && !self.run.is_empty() {
            self.run.end += 1;
        } else {
            self.literal(&[mark]);
        }
    }

    /// Writes bytes that stand nowhere.
    fn literal(&mut self, bytes: &[u8]) {
        self.gather();
        self.gathered.extend_from_slice(bytes);
    }

    /// Ends the run: a short one is copied, a long one handed on as it stands.
    fn gather(&mut self) {
        let run = self.document.get(self.run.clone()).unwrap_or_default();
        self.run = 0..0;
        if self.gathered.len() + run.len() > PIECE && !self.gathered.is_empty() {
            (self.out)(&self.gathered);
            self.gathered.clear();
        }
        if run.len() > PIECE {
            (self.out)(run);
        } else {
            self.gathered.extend_from_slice(run);
        }
    }

    fn finish(&mut self) {
        self.gather();
        (self.out)(&self.gathered);
    }
}

fn write_node(document: &Document<'_>, slot: usize, out: &mut Pieces<'_, '_>) {
    if let Some((start, end)) = document.verbatim(slot) {
        return out.verbatim(start, end);
    }
    match document.node(slot) {
        Node::Object if document.is_sorted(slot) => write_names(document, slot, document.children(slot), out),
        Node::Object => {
            let mut names: Vec<usize> = document.children(slot).collect();
            names.sort_unstable_by_key(|name| document.text(*name));
            write_names(document, slot, names.into_iter(), out);
        }
        Node::Array => {
            open(document, slot, out);
            for (place, element) in document.children(slot).enumerate() {
                if place > 0 {
                    out.mark(b',');
                }
                write_node(document, element, out);
            }
            out.mark(b']');
        }
        Node::String(text) => {
            let mut bytes = Vec::new();
            write_string(text, &mut bytes);
            out.literal(&bytes);
        }
        // They stand in the document as they are.
        Node::Null | Node::Bool(_) | Node::Number(_) => {}
    }
}

fn open(document: &Document<'_>, slot: usize, out: &mut Pieces<'_, '_>) {
    let bracket = document.bracket(slot);
    out.verbatim(bracket, bracket + 1);
}

fn write_names(
    document: &Document<'_>,
    object: usize,
    names: impl Iterator<Item = usize>,
    out: &mut Pieces<'_, '_>,
) {
    open(document, object, out);
    for (place, name) in names.enumerate() {
        if place > 0 {
            out.mark(b',');
        }
        write_node(document, name, out);
        out.mark(b':');
        write_node(document, name + 1, out);
    }
    out.mark(b'}');
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(elements) => {
            out.push(b'[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_value(element, out)?;
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(object, out)?,
    }
    Ok(())
}

/// The parser keeps JSON's grammar and refuses `-0`, so an integer's text is its one canonical text already.
fn write_number(number: &Number<'_>, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if !number.is_integer() {
        return Err(CanonicalError { number: number.as_str().to_owned() });
    }
    out.extend_from_slice(number.as_str().as_bytes());
    Ok(())
}

fn write_object(object: &Object<'_>, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if object.is_sorted() {
        return write_members(object.iter(), out);
    }
    write_members(object.sorted().into_iter(), out)
}

fn write_members<'v, 'a: 'v>(
    members: impl Iterator<Item = (&'v str, &'v Value<'a>)>,
    out: &mut Vec<u8>,
) -> Result<(), CanonicalError> {
    out.push(b'{');
    for (place, (name, value)) in members.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write_value(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at(length);
        out.extend_from_slice(plain);
        out.push(b'\\');
        let Some((byte, after)) = special.split_first() else { break };
        out.push(*byte);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// A value that has no canonical form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CanonicalError {
    number: String,
}

impl CanonicalError {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "json-not-canonical"
    }
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = crate::quote::quoted(&self.number);
        write!(f, "number {number} has no canonical form, wanted an integer")
    }
}

impl std::error::Error for CanonicalError {}
