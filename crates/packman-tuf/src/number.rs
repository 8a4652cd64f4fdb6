//! The safety number: 60 digits that stand for one root, so for its version and every role's keys and
//! thresholds. Its format and test vectors are in `docs/formats/safety-number.md`.

use std::fmt;

use packman_strict::Sha256;
use packman_strict::digest::Sha256Stream;
use packman_strict::quote::quoted;

use crate::Root;

/// Keeps the digest apart from every other digest of a root.
const DOMAIN: &[u8] = b"packman-root-v1\0";

/// Twelve groups of five digits.
const GROUPS: usize = 12;

/// One more than the largest group.
const GROUP: u32 = 100_000;

/// What people compare to know that they have the same root. Compared whole; never shortened, never hex.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct SafetyNumber([u32; GROUPS]);

impl SafetyNumber {
    /// The number of a root.
    pub const fn of_root(root: &Root) -> Self {
        root.number()
    }

    /// The number of a root by the canonical form of its signed part.
    pub(crate) fn of_signed_part(canonical: &[u8]) -> Self {
        let mut stream = Sha256Stream::new();
        stream.update(DOMAIN);
        stream.update(canonical);
        Self::of_digest(stream.finish())
    }

    /// The digest as a big-endian number modulo 10^60: the groups are a number's digits in base 100,000, and
    /// what is carried out of the highest is a multiple of 10^60.
    fn of_digest(digest: Sha256) -> Self {
        let mut groups = [0; GROUPS];
        for byte in digest.as_bytes() {
            let mut carry = u32::from(*byte);
            for group in groups.iter_mut().rev() {
                let next = *group * 256 + carry;
                (*group, carry) = (next % GROUP, next / GROUP);
            }
        }
        Self(groups)
    }

    /// Parses 60 digits, neither more nor fewer; white space and dashes between them do not count.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let mut groups = [0; GROUPS];
        let mut digits = 0;
        for c in text.chars().filter(|c| !is_separator(*c)) {
            let digit = c.to_digit(10).ok_or(NumberError::Character(c))?;
            if let Some(group) = groups.get_mut(digits / 5) {
                *group = *group * 10 + digit;
            }
            digits += 1;
        }
        if digits == GROUPS * 5 { Ok(Self(groups)) } else { Err(NumberError::Digits(digits)) }
    }

    /// The 60 digits without spaces, as links write them.
    pub fn digits(&self) -> String {
        self.to_string().replace(' ', "")
    }
}

/// White space, and the dashes that programs for writing make out of `-`.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, group) in self.0.iter().enumerate() {
            write!(f, "{}{group:05}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Text that is not a safety number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NumberError {
    /// A character that is neither a digit nor between digits.
    Character(char),
    /// Another number of digits than 60.
    Digits(usize),
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(c) => {
                write!(f, "safety number has {}, wanted digits in groups", quoted(c.encode_utf8(&mut [0; 4])))
            }
            Self::Digits(found) => write!(f, "safety number has {found} digits, wanted 60"),
        }
    }
}

impl std::error::Error for NumberError {}
