//! Why a use case of the scapegoat ended without doing what was asked, sorted by blame. They never turn into each other.

mod failed;
mod no;
mod refused;

use std::fmt;
use std::path::Path;

use packman_machine::failure::DiskFailure;
use packman_machine::lock::LockFailure;
use packman_machine::stop::Stopped;
use packman_strict::quote::quoted;

pub use failed::Failed;
pub use no::No;
pub use refused::Refused;

/// Why a use case ended without doing what was asked.
#[derive(Clone, Debug)]
pub enum CurateError {
    /// Bytes are not to be believed. Exit code 3.
    Refused(Box<Refused>),
    /// Everything is believed, and the answer is no. Exit code 1.
    No(Box<No>),
    /// The machine or the network failed. Exit code 4.
    Failed(Box<Failed>),
    /// The command makes no sense. Exit code 2.
    Usage(String),
    /// The user asked to stop.
    Stopped,
}

impl CurateError {
    /// The stable code, which `packman explain` knows.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(why) => why.code(),
            Self::No(no) => no.code(),
            Self::Failed(failed) => failed.code(),
            Self::Usage(_) => "usage",
            Self::Stopped => "stopped",
        }
    }

    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(why) => why.hint(),
            Self::No(no) => no.hint(),
            Self::Failed(failed) => failed.hint().map(str::to_owned),
            Self::Usage(_) | Self::Stopped => None,
        }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }
}

impl From<Refused> for CurateError {
    fn from(why: Refused) -> Self {
        Self::Refused(Box::new(why))
    }
}

impl From<No> for CurateError {
    fn from(no: No) -> Self {
        Self::No(Box::new(no))
    }
}

impl From<Failed> for CurateError {
    fn from(failed: Failed) -> Self {
        Self::Failed(Box::new(failed))
    }
}

impl From<DiskFailure> for CurateError {
    fn from(failure: DiskFailure) -> Self {
        Failed::Disk(failure).into()
    }
}

impl From<LockFailure> for CurateError {
    fn from(failure: LockFailure) -> Self {
        match failure {
            LockFailure::Disk(failure) => failure.into(),
            LockFailure::Stopped => Self::Stopped,
        }
    }
}

impl From<Stopped> for CurateError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<packman_tuf::Unsignable> for CurateError {
    fn from(error: packman_tuf::Unsignable) -> Self {
        Failed::Unsignable(error.to_string()).into()
    }
}

impl std::error::Error for CurateError {}

impl fmt::Display for CurateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => why.fmt(f),
            Self::No(no) => no.fmt(f),
            Self::Failed(failed) => failed.fmt(f),
            Self::Usage(what) => f.write_str(what),
            Self::Stopped => f.write_str("stopped as asked; what was finished is kept"),
        }
    }
}

/// Shows a path in backticks, escaped.
pub(crate) fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy()).to_string()
}
