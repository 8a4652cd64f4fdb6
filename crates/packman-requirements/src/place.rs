//! Where something stands, and a file that cannot be read as what its name says.

use std::fmt;
use std::path::{Path, PathBuf};

use packman_strict::quote::quoted;

/// A place in a file that a person wrote.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// The file; empty for the command line.
    pub file: PathBuf,
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
}

impl Place {
    /// A file as a whole.
    pub(crate) fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), line: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.as_os_str().is_empty() {
            return f.write_str("the command line");
        }
        write!(f, "{}", quoted(&self.file.to_string_lossy()))?;
        if self.line > 0 { write!(f, ", line {}", self.line) } else { Ok(()) }
    }
}

/// A file that is not what its name says, or nothing that can be asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnreadableFile {
    place: Place,
    what: String,
    hint: Option<String>,
}

impl UnreadableFile {
    pub(crate) fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into(), hint: None }
    }

    pub(crate) fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Says which line asked for a file that cannot be read as a whole.
    pub(crate) fn asked_for_at(self, path: &Path, asker: &Place) -> Self {
        if self.place != Place::of(path) {
            return self;
        }
        Self { what: format!("{}; {asker} asks for it", self.what), ..self }
    }

    /// The way on, where there is one.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for UnreadableFile {}
