//! Strict JSON: documents that are read in place, their one canonical form, typed reading with a path in every error,
//! and trees for building and writing.
//!
//! Decides whether bytes have exactly one meaning as JSON (RFC 8259, narrowed): UTF-8 without a byte order
//! mark, no object with two members of one name, no lone surrogates, no `-0`, nothing after the value, and
//! depth, size and number of values within limits. What the value *says* is for whoever reads it.
//!
//! A [`Document`] is parsed once, signed over ([`Canonical`]) and read ([`Reader`]): no second parser ever sees the
//! bytes, and no value is copied. A [`Value`] is for what is built or changed.

mod canonical;
mod document;
mod error;
mod number;
mod object;
mod parse;
mod read;
mod scan;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use canonical::{Canonical, CanonicalError, canonical};
pub use document::Document;
pub use error::{JsonError, JsonFault};
pub use number::Number;
pub use object::Object;
pub use parse::{Limits, parse};
pub use read::{Reader, ShapeError};
pub use value::Value;
