//! Canonical JSON as TUF signs over it: OLPC's rules as securesystemslib's `encode_canonical` carries them out.
//!
//! No white space; members sorted by code point; in strings only `"` and `\` escaped (so a newline stands as
//! it is: the canonical form is not always JSON); integers in decimal; nothing but integers for numbers.

use std::fmt;

use super::{Number, Object, Value};

/// Writes the canonical form of a value, over which signatures and safety numbers are made.
///
/// A number with a fraction or an exponent is refused: it has many texts, and which one was signed is unknown.
pub fn canonical(value: &Value<'_>) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = Vec::new();
    write_value(value, &mut bytes)?;
    Ok(bytes)
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
