//! Versions of Python as a person or a probe names them: `3.12` or `3.12.4`.

use std::fmt;

use crate::{NameError, Version};

/// A version of Python: `major.minor`, with the patch where it is known.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct PythonVersion {
    /// The `3` of `3.12.4`.
    pub major: u16,
    /// The `12` of `3.12.4`.
    pub minor: u16,
    /// The `4` of `3.12.4`, where it is known.
    pub patch: Option<u16>,
}

impl PythonVersion {
    /// Makes `major.minor` with no patch.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, patch: None }
    }

    /// Parses `3.12` or `3.12.4`; anything else is refused, and numbers above 255, since each older minor
    /// version makes tags of its own.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let numbers: Option<Vec<u16>> = text.split('.').map(number).collect();
        match numbers.as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor, patch: None }),
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch: Some(patch) }),
            _ => Err(NameError::new("Python version", text, "wanted two or three numbers, as in `3.12`")),
        }
    }

    /// Returns `major.minor.patch`, with patch 0 where none is known (as uv takes `--python-version 3.12`).
    pub fn full(self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.patch.unwrap_or(0))
    }

    /// Returns [`full`](Self::full) as a version.
    pub fn version(self) -> Version {
        Version::new([self.major, self.minor, self.patch.unwrap_or(0)].map(u64::from))
    }

    /// Returns `312` of 3.12, as tags have it.
    pub(crate) fn without_dot(self) -> String {
        format!("{}{}", self.major, self.minor)
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(out, ".{patch}"))
    }
}

impl std::str::FromStr for PythonVersion {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse::<u8>().ok().map(u16::from) } else { None }
}
