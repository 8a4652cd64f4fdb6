//! What the machine would not do: a file that cannot be written, a disk that is full.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use packman_strict::quote::quoted;

/// An operation on a file that the machine refused.
#[derive(Debug)]
pub struct Failure {
    path: PathBuf,
    verb: &'static str,
    error: io::Error,
}

impl Failure {
    /// Says which file could not be what: `opened`, `written`, `moved`.
    pub(crate) fn new(path: impl AsRef<Path>, verb: &'static str, error: impl Into<io::Error>) -> Self {
        Self { path: path.as_ref().to_owned(), verb, error: error.into() }
    }

    /// The stable code: `disk-full`, `read-only`, `no-permission`, or `file-failed` for everything else.
    pub fn code(&self) -> &'static str {
        match self.error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk-full",
            io::ErrorKind::ReadOnlyFilesystem => "read-only",
            io::ErrorKind::PermissionDenied => "no-permission",
            _ => "file-failed",
        }
    }

    /// Every code of this type.
    pub const CODES: [&'static str; 4] = ["disk-full", "read-only", "no-permission", "file-failed"];

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the operating system said.
    pub fn error(&self) -> &io::Error {
        &self.error
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: cannot be {}: {}", quoted(&self.path.to_string_lossy()), self.verb, self.error)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
