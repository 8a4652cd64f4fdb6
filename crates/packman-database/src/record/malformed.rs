//! The one error of this crate: bytes that are not what their place says.

use core::fmt;

use packman_strict::json::{JsonError, ShapeError};
use packman_strict::quote::quoted;

/// Bytes that are not a well-formed record, recall list or description. Code `malformed-record`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MalformedRecord {
    what: String,
}

impl MalformedRecord {
    /// The stable code of this refusal.
    pub const CODE: &'static str = "malformed-record";

    /// Bytes that are wrong for the reason `what`.
    pub fn new(what: String) -> Self {
        Self { what }
    }

    /// `member` held `found` where `wanted` belongs.
    pub(crate) fn found(member: &str, found: &str, wanted: &str) -> Self {
        Self { what: format!("{member}: found {}, wanted {wanted}", quoted(found)) }
    }
}

impl fmt::Display for MalformedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl core::error::Error for MalformedRecord {}

impl From<JsonError> for MalformedRecord {
    fn from(error: JsonError) -> Self {
        Self { what: error.to_string() }
    }
}

impl From<ShapeError> for MalformedRecord {
    fn from(error: ShapeError) -> Self {
        Self { what: error.to_string() }
    }
}
