//! Failures of the machine: what was tried, on which file, and why it did not work.
//!
//! None of these is a refusal: nothing was found wrong with any data. The command ends with 4 on each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use packman_strict::quote::quoted;

/// A file or folder that did not do what was asked of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DiskFailure {
    act: Act,
    path: PathBuf,
    reason: DiskReason,
    hint: Option<&'static str>,
}

/// What was tried on a file or folder.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the verb it is named by")]
pub enum Act {
    Read,
    Write,
    Make,
    Remove,
    List,
    Lock,
}

/// Why a file or folder did not do it, as far as a program can act on the difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DiskReason {
    /// The file system is mounted read-only.
    ReadOnly,
    /// No space is left, or a quota or file-size limit is reached.
    Full,
    /// The user may not do it.
    NoPermission,
    /// There is nothing of that name.
    Missing,
    /// There is something of that name already.
    InTheWay,
    /// Something other than a folder stands where one is wanted.
    NotAFolder,
    /// Something other than a plain file stands where one is wanted.
    NotAFile,
    /// The file is longer than its reader takes, in bytes.
    TooLarge(u64),
    /// Somebody else held the lock for longer than we wait.
    Busy,
    /// A name that could lead out of its folder.
    UnsafeName,
    /// No folder is known to put it in.
    NoPlace,
    /// What the system says.
    Other(String),
}

impl DiskFailure {
    /// A failure the operating system reported.
    pub fn new(act: Act, path: impl AsRef<Path>, error: &io::Error) -> Self {
        Self::because(act, path, DiskReason::of(error))
    }

    /// A failure that was noticed here.
    pub fn because(act: Act, path: impl AsRef<Path>, reason: DiskReason) -> Self {
        Self { act, path: path.as_ref().to_owned(), reason, hint: None }
    }

    /// The same failure with what a person can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }

    /// Why it did not work.
    pub fn reason(&self) -> &DiskReason {
        &self.reason
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this place cannot be written at all, so that another place may do.
    pub fn is_unwritable(&self) -> bool {
        matches!(
            self.reason,
            DiskReason::ReadOnly
                | DiskReason::NoPermission
                | DiskReason::NotAFolder
                | DiskReason::NoPlace
                | DiskReason::Missing
        )
    }
}

impl DiskReason {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            io::ErrorKind::PermissionDenied => Self::NoPermission,
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::AlreadyExists => Self::InTheWay,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            io::ErrorKind::IsADirectory => Self::NotAFile,
            _ => Self::Other(system_words(error)),
        }
    }
}

impl fmt::Display for DiskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match self.act {
            Act::Read => "read",
            Act::Write => "written",
            Act::Make => "made",
            Act::Remove => "removed",
            Act::List => "listed",
            Act::Lock => "locked",
        };
        write!(f, "{} cannot be {done}: {}", shown(&self.path), self.reason)
    }
}

impl fmt::Display for DiskReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("its file system is read-only"),
            Self::Full => f.write_str("the disk is full, or a quota is reached"),
            Self::NoPermission => f.write_str("permission denied"),
            Self::Missing => f.write_str("it is not there"),
            Self::InTheWay => f.write_str("it is there already"),
            Self::NotAFolder => f.write_str("wanted a folder, found something else"),
            Self::NotAFile => f.write_str("wanted a file, found something else"),
            Self::TooLarge(limit) => write!(f, "it is longer than {limit} bytes"),
            Self::Busy => f.write_str("another PackMan has held it for too long"),
            Self::UnsafeName => f.write_str("the name could lead out of its folder"),
            Self::NoPlace => f.write_str("no folder is known to keep it in"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for DiskFailure {}

/// Shows a path in backticks, escaped.
pub(crate) fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy()).to_string()
}

/// What the system says of an error, in our spelling: lower case, without its number.
pub(crate) fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or(&text);
    let mut letters = text.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{Act, DiskFailure, DiskReason, system_words};
    use std::io;

    #[test]
    fn a_failure_names_the_file_the_act_and_the_reason() {
        let full = DiskFailure::new(Act::Write, "/h/ring.toml", &io::ErrorKind::StorageFull.into());
        insta::assert_snapshot!(full, @"`/h/ring.toml` cannot be written: the disk is full, or a quota is reached");
        let hostile = DiskFailure::because(Act::Read, "a\nb", DiskReason::TooLarge(9));
        insta::assert_snapshot!(hostile, @r"`a\nb` cannot be read: it is longer than 9 bytes");
        insta::assert_snapshot!(system_words(&io::Error::from_raw_os_error(40)), @"too many levels of symbolic links");
    }
}
