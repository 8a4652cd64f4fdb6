//! Why bytes are no strict JSON, and where they stop being it.

use std::fmt;

use crate::quote::quoted;

/// Bytes that are not strict JSON within their limits: where, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JsonError {
    pub(super) offset: usize,
    pub(super) fault: JsonFault,
}

/// What is wrong with a document.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum JsonFault {
    /// The document is longer than the limit.
    TooLong {
        /// The longest that is read, in bytes.
        limit: usize,
    },
    /// Arrays and objects stand inside each other too deep.
    TooDeep {
        /// The deepest nesting that is read.
        limit: usize,
    },
    /// The document holds too many values.
    TooMany {
        /// The most values that are read.
        limit: usize,
    },
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Something else stands where JSON's grammar wants another thing.
    Syntax {
        /// The character that stands there; none at the end of the document.
        found: Option<char>,
        /// What the grammar wants.
        wanted: &'static str,
    },
    /// A control character stands in a string unescaped.
    ControlCharacter,
    /// An escape is half of a pair of surrogates.
    LoneSurrogate,
    /// A number is `-0`.
    NegativeZero,
    /// An object has two members of one name.
    DuplicateKey {
        /// The name that stands there twice.
        key: String,
    },
}

impl JsonError {
    /// The byte at which the document stops being strict JSON; for a duplicate name, where its object begins.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong there.
    pub fn fault(&self) -> &JsonFault {
        &self.fault
    }

    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self.fault {
            JsonFault::TooLong { .. } | JsonFault::TooDeep { .. } | JsonFault::TooMany { .. } => "json-limit",
            JsonFault::DuplicateKey { .. } => "json-duplicate-key",
            _ => "json-malformed",
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: ", self.offset)?;
        match &self.fault {
            JsonFault::TooLong { limit } => write!(f, "the document goes on, wanted at most {limit} bytes"),
            JsonFault::TooDeep { limit } => write!(f, "nesting goes on, wanted at most {limit} levels"),
            JsonFault::TooMany { limit } => write!(f, "values go on, wanted at most {limit}"),
            JsonFault::NotUtf8 => f.write_str("found bytes that are not UTF-8, wanted UTF-8"),
            JsonFault::Syntax { found: None, wanted } => {
                write!(f, "found the end of the document, wanted {wanted}")
            }
            JsonFault::Syntax { found: Some('\u{feff}'), wanted } => {
                write!(f, "found a byte order mark, wanted {wanted}")
            }
            JsonFault::Syntax { found: Some(found), wanted } => {
                write!(f, "found {}, wanted {wanted}", quoted(found.encode_utf8(&mut [0; 4])))
            }
            JsonFault::ControlCharacter => {
                f.write_str("found a control character in a string, wanted it escaped")
            }
            JsonFault::LoneSurrogate => f.write_str("found half of a surrogate pair, wanted both halves"),
            JsonFault::NegativeZero => f.write_str("found `-0`, wanted `0`"),
            JsonFault::DuplicateKey { key } => {
                write!(f, "found two members {} in one object, wanted each name once", quoted(key))
            }
        }
    }
}

impl std::error::Error for JsonError {}
