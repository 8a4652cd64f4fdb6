//! Paths inside archives and databases: what may become a file name on any system, and which two are one.
//!
//! A [`SafePath`] is safe to *join* to a folder on Linux, macOS and Windows alike, whatever system reads it
//! now: a database is curated on one system and installed on another. Whether a file may stand there is for
//! `packman-wheel`.

mod set;

use std::fmt;
use std::sync::Arc;

pub use set::{Collision, PathSet};

use crate::quote::quoted;

/// The longest component in bytes (what ext4, APFS and NTFS can hold).
const LONGEST_COMPONENT: usize = 255;

/// The longest path in bytes (what macOS can open).
const LONGEST_PATH: usize = 1024;

/// The most components of a path. Real wheels stay below 20; each may become a folder to be made.
const MOST_COMPONENTS: usize = 64;

/// A relative path of plain components with `/` between them, safe to join to a folder on every system. Cheap to
/// clone.
///
/// Only [`SafePath::parse`] makes one:
/// ```compile_fail
/// let path = packman_strict::path::SafePath("../evil".into());
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct SafePath(Arc<str>);

impl SafePath {
    /// Parses a path, or says by which rule it is refused.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match find_fault(text) {
            None => Ok(Self(text.into())),
            Some(fault) => Err(PathError { path: text.to_owned(), fault }),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components in their order; at least one.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.split('/')
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path of the folder around it; none for a path of one component.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for SafePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The first rule that a path breaks.
fn find_fault(text: &str) -> Option<PathFault> {
    if text.is_empty() {
        return Some(PathFault::Empty);
    }
    if text.len() > LONGEST_PATH {
        return Some(PathFault::TooLong);
    }
    let fault = text.chars().find_map(|c| match c {
        '\\' => Some(PathFault::Backslash),
        // A drive letter (`C:`) or, on NTFS, a second stream of a file that no listing shows.
        ':' => Some(PathFault::Colon),
        c if c.is_control() => Some(PathFault::ControlCharacter),
        _ => None,
    });
    if fault.is_some() {
        return fault;
    }
    if text.starts_with('/') {
        return Some(PathFault::Absolute);
    }
    if text.split('/').count() > MOST_COMPONENTS {
        return Some(PathFault::TooDeep);
    }
    text.split('/').find_map(find_component_fault)
}

fn find_component_fault(component: &str) -> Option<PathFault> {
    match component {
        "" => Some(PathFault::EmptyComponent),
        "." | ".." => Some(PathFault::DotComponent),
        _ if component.len() > LONGEST_COMPONENT => Some(PathFault::ComponentTooLong),
        // Windows drops these silently: `pip.exe.` and `pip.exe ` overwrite `pip.exe`.
        _ if component.ends_with(['.', ' ']) => Some(PathFault::TrailingDotOrSpace),
        _ if is_device(component) => Some(PathFault::DeviceName),
        _ => None,
    }
}

/// Whether Windows opens a device under this name: whatever follows the first dot, and spaces before it,
/// do not count there.
fn is_device(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let numbered = |prefix: &str| {
        let (head, tail) = stem.split_at_checked(3).unwrap_or_default();
        head.eq_ignore_ascii_case(prefix)
            // Superscript digits are digits to Windows.
            && matches!(tail, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    };
    let names = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    names.iter().any(|name| stem.eq_ignore_ascii_case(name)) || numbered("com") || numbered("lpt")
}

/// A path that cannot be joined to a folder safely on every system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathError {
    path: String,
    fault: PathFault,
}

/// The rule that a path breaks.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathFault {
    /// Nothing at all.
    Empty,
    /// More than 1,024 bytes.
    TooLong,
    /// More than 64 components.
    TooDeep,
    /// Begins with `/`.
    Absolute,
    /// Two slashes in a row, or one at the end.
    EmptyComponent,
    /// A component `.` or `..`.
    DotComponent,
    /// A component of more than 255 bytes.
    ComponentTooLong,
    /// A component that ends in a dot or a space.
    TrailingDotOrSpace,
    /// A component that is a device on Windows, such as `NUL` or `com1.txt`.
    DeviceName,
    /// A backslash, which is a separator on Windows.
    Backslash,
    /// A colon: a drive letter or a stream on Windows.
    Colon,
    /// A control character, NUL included.
    ControlCharacter,
}

impl PathError {
    /// The text that is refused.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule that the path breaks.
    pub fn fault(&self) -> PathFault {
        self.fault
    }

    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "path-unsafe"
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty, wanted a relative path",
            Self::TooLong => "has more than 1,024 bytes",
            Self::TooDeep => "has more than 64 components",
            Self::Absolute => "is absolute, wanted a relative path",
            Self::EmptyComponent => "has an empty component",
            Self::DotComponent => "has a component `.` or `..`",
            Self::ComponentTooLong => "has a component of more than 255 bytes",
            Self::TrailingDotOrSpace => "has a component that ends in a dot or a space",
            Self::DeviceName => "has a component that is a device on Windows",
            Self::Backslash => "has a backslash, wanted only `/` between components",
            Self::Colon => "has a colon",
            Self::ControlCharacter => "has a control character",
        })
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path {} {}", quoted(&self.path), self.fault)
    }
}

impl std::error::Error for PathError {}

#[cfg(test)]
mod tests;
