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
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "disk-full"
            }
            io::ErrorKind::ReadOnlyFilesystem => "read-only",
            io::ErrorKind::PermissionDenied => "no-permission",
            _ => "file-failed",
        }
    }

    /// Whether it is the place that cannot take it, so that another one may.
    pub fn is_of_place(&self) -> bool {
        self.code() != "file-failed"
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
        write!(f, "{} cannot be {}: ", quoted(&self.path.to_string_lossy()), self.verb)?;
        match self.code() {
            "disk-full" => f.write_str("the disk is full, or a quota is reached"),
            _ => f.write_str(&system_words(&self.error)),
        }
    }
}

/// What the system says of an error, in our spelling: lower case, without its number.
fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or(&text);
    let mut letters = text.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn says_which_file_and_why_in_our_words() {
        let check = |kind: i32, code: &str, words: &str| {
            let failure = Failure::new("/v/a\nb", "written", io::Error::from_raw_os_error(kind));
            assert_eq!((failure.code(), failure.to_string().as_str()), (code, words));
        };
        check(27, "disk-full", r"`/v/a\nb` cannot be written: the disk is full, or a quota is reached");
        check(28, "disk-full", r"`/v/a\nb` cannot be written: the disk is full, or a quota is reached");
        check(40, "file-failed", r"`/v/a\nb` cannot be written: too many levels of symbolic links");
    }
}
