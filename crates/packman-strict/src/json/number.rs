//! Numbers as text: what a document wrote is what is signed over, however many digits it has.

use std::borrow::Cow;
use std::fmt;

/// A JSON number, kept as the text that stood in the document. Equal when the texts are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number<'a>(Cow<'a, str>);

impl<'a> Number<'a> {
    /// Takes text that the parser found to be a number.
    pub(super) fn from_text(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number was written without fraction and exponent.
    pub fn is_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    /// The number, if it is an integer from 0 to 2^64-1.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The number, if it is an integer from -2^63 to 2^63-1.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The same number without its document.
    pub fn into_owned(self) -> Number<'static> {
        Number(Cow::Owned(self.0.into_owned()))
    }
}

impl From<u64> for Number<'_> {
    fn from(number: u64) -> Self {
        Self(Cow::Owned(number.to_string()))
    }
}

impl From<i64> for Number<'_> {
    fn from(number: i64) -> Self {
        Self(Cow::Owned(number.to_string()))
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
