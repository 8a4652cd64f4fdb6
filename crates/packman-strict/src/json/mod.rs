//! Strict JSON: a borrowed tree, its one canonical form, and typed reading with a path in every error.
//!
//! Decides whether bytes have exactly one meaning as JSON (RFC 8259, narrowed): UTF-8 without a byte order
//! mark, no object with two members of one name, no lone surrogates, no `-0`, nothing after the value, and
//! depth, size and number of values within limits. What the value *says* is for whoever reads it.
//!
//! The same tree is parsed once, signed over ([`canonical`]) and read: no second parser ever sees the bytes.

mod canonical;
mod error;
mod number;
mod object;
mod parse;
mod read;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use canonical::{CanonicalError, canonical};
pub use error::{JsonError, JsonFault};
pub use number::Number;
pub use object::Object;
pub use parse::{Limits, parse};
pub use read::{Reader, ShapeError};
pub use value::Value;
