//! The paths of targets: what may be joined to a URL or a folder without leaving it.

use std::borrow::Borrow;
use std::fmt;

use packman_strict::quote::quoted;

/// The path of a target, such as `projects/flask.json`: relative, `/` between components, none of them empty,
/// `.` or `..`, no backslash and no control character.
///
/// Wider than `SafePath` on purpose: on disk a target's name begins with its digest, so a project may be called
/// `aux` although no file on Windows may.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct TargetPath(Box<str>);

impl TargetPath {
    /// Parses a path, or refuses one that could leave its folder.
    pub fn parse(text: &str) -> Result<Self, TargetPathError> {
        Self::verify(text)?;
        Ok(Self(text.into()))
    }

    /// Refuses what [`TargetPath::parse`] refuses, and keeps nothing.
    pub(crate) fn verify(text: &str) -> Result<(), TargetPathError> {
        let plain = |component: &[u8]| !matches!(component, b"" | b"." | b"..");
        // Those of ASCII by their bytes; others are looked for only where there are any.
        let foreign = text.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control());
        let foreign = foreign || !text.is_ascii() && text.contains(char::is_control);
        if !foreign && text.as_bytes().split(|byte| *byte == b'/').all(plain) {
            return Ok(());
        }
        Err(TargetPathError { path: text.to_owned() })
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for TargetPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Text that is no path of a target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetPathError {
    path: String,
}

impl fmt::Display for TargetPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "target path {}: wanted a relative path without empty, `.` or `..` components, backslashes and \
             control characters",
            quoted(&self.path)
        )
    }
}

impl std::error::Error for TargetPathError {}
