//! Why a use case of the scapegoat ended without doing what was asked, sorted by blame. They never turn into each other.

use std::fmt;
use std::path::{Path, PathBuf};

use packman_machine::failure::DiskFailure;
use packman_machine::lock::LockFailure;
use packman_machine::stop::Stopped;
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_strict::time::Time;
use packman_wheel::WheelRefusal;

use crate::index::MalformedPage;

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

/// What is not to be believed.
#[derive(Clone, Debug)]
pub enum Refused {
    /// A host gave other bytes than the index (or a lock file, or a requirements file) says.
    Bytes {
        /// The file name.
        file: String,
        /// The SHA-256 that was promised.
        wanted: Sha256,
        /// The SHA-256 of the bytes, where they were read to their end.
        found: Option<Sha256>,
        /// Who promised it.
        promised_by: String,
    },
    /// A file name that is recorded already has other bytes now.
    HashChanged {
        /// The file name.
        file: String,
        /// The SHA-256 that is recorded.
        recorded: Sha256,
        /// The SHA-256 that was found.
        found: Sha256,
    },
    /// A wheel that is malformed, or does not say what the resolver was told.
    Wheel {
        /// The file name.
        file: String,
        /// Why.
        refusal: WheelRefusal,
    },
    /// METADATA beside a wheel that cannot be read.
    Metadata {
        /// The file name.
        file: String,
        /// Why.
        why: String,
    },
    /// A page of the index that cannot be read.
    Index {
        /// Its address.
        page: String,
        /// Why.
        why: MalformedPage,
    },
    /// A file of the database's folder that is not what PackMan writes there.
    Folder {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Signed files of the database's folder that do not verify.
    Signed {
        /// The folder.
        folder: PathBuf,
        /// Why.
        refusal: packman_tuf::Refusal,
    },
    /// A folder to publish to that holds another root chain.
    ForeignPublication {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// A folder to publish to that holds a version which ours does not follow.
    NotASuccessor {
        /// The folder.
        folder: PathBuf,
        /// The file there.
        file: String,
        /// What was found and wanted.
        why: String,
    },
    /// A private key that cannot be read.
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// What is believed, and the answer is no.
#[derive(Clone, Debug)]
pub enum No {
    /// There is something where a new thing is to be made.
    InTheWay {
        /// It.
        path: PathBuf,
    },
    /// There is no database in the folder.
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// Nothing was signed yet.
    NothingSigned {
        /// The folder.
        folder: PathBuf,
    },
    /// A key that is needed is not on this machine.
    KeyMissing {
        /// What it signs.
        role: &'static str,
        /// Where it should be.
        path: PathBuf,
    },
    /// The passphrase does not open the key, or none was given.
    Passphrase {
        /// The key's file.
        path: PathBuf,
        /// Whether one was given.
        given: bool,
    },
    /// A person has to decide, and nobody was there or he decided no.
    ConsentNeeded {
        /// What was asked.
        what: &'static str,
        /// The flag that answers it.
        flag: &'static str,
    },
    /// No index is configured.
    NoIndex,
    /// The project is not in the database.
    NotRecorded {
        /// What was named.
        what: String,
    },
    /// A signed role has expired, so nobody could use what would be published.
    Expired {
        /// What refuses it.
        refusal: packman_tuf::Refusal,
    },
    /// No release fits, or no set of releases; or the index lists no such project.
    NothingFits {
        /// What was asked for.
        asked: String,
        /// Why.
        explanation: Box<packman_resolve::Explanation>,
    },
    /// A requirement is of a kind that PackMan does not take.
    Requirement(packman_resolve::RefusedRequirement),
    /// The marker of a requirement is false for every target that was named.
    Elsewhere {
        /// The requirement.
        requirement: String,
    },
    /// A local wheel has no address that users could fetch it from.
    CopyNeeded {
        /// The file name.
        file: String,
    },
}

/// What the machine or the network could not do.
#[derive(Clone, Debug)]
pub enum Failed {
    /// A file or folder.
    Disk(DiskFailure),
    /// The network.
    Network {
        /// What was wanted, in words that can be shown as they are.
        what: String,
        /// Why it failed.
        why: String,
        /// What a person can do about it.
        hint: Option<&'static str>,
    },
    /// A Python, or another program, that was asked something.
    Program(String),
    /// No randomness for a new key.
    Randomness(String),
    /// The clock is behind: what was signed now would have expired before anybody read it.
    Clock {
        /// What it says.
        now: Time,
        /// What it must be at least.
        at_least: Time,
    },
    /// A draft that nobody could verify once it was signed; our own doing.
    Unsignable(String),
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

impl Refused {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bytes { .. } => "hash-mismatch",
            Self::HashChanged { .. } => "hash-changed",
            Self::Wheel { refusal, .. } => refusal.code(),
            Self::Metadata { .. } => "wheel-metadata",
            Self::Index { .. } => MalformedPage::CODE,
            Self::Folder { .. } => "database-damaged",
            Self::Signed { refusal, .. } => refusal.code(),
            Self::ForeignPublication { .. } => "foreign-publication",
            Self::NotASuccessor { .. } => "not-a-successor",
            Self::Key { .. } => "malformed-key",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::HashChanged { .. } => {
                "a published file never changes: ask its maintainers before you trust either of the two"
            }
            Self::Bytes { .. } => {
                "another host or a newer index page may have the right bytes; nothing was recorded of this file"
            }
            Self::Folder { .. } => "restore the file from a copy (a git checkout, say); nothing was touched",
            Self::ForeignPublication { .. } => "publish to a folder of its own",
            Self::NotASuccessor { .. } => {
                "sign on top of what was published: take over the newer `metadata/` and `targets/`, then sign again"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl No {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InTheWay { .. } => "in-the-way",
            Self::NoDatabase { .. } => "no-database",
            Self::NothingSigned { .. } => "nothing-signed",
            Self::KeyMissing { .. } => "key-missing",
            Self::Passphrase { .. } => "passphrase",
            Self::ConsentNeeded { .. } => "consent-needed",
            Self::NoIndex => "no-index",
            Self::NotRecorded { .. } => "not-recorded",
            Self::Expired { refusal } => refusal.code(),
            Self::NothingFits { explanation, .. } => explanation.code(),
            Self::Requirement(refused) => refused.code(),
            Self::Elsewhere { .. } => "elsewhere",
            Self::CopyNeeded { .. } => "copy-needed",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::InTheWay { .. } => "name a folder or file that is not there yet",
            Self::NoDatabase { .. } => "make one with `packman curate init`",
            Self::NothingSigned { .. } => "sign first: `packman curate sign`",
            Self::Expired { refusal } if refusal.path().ends_with("targets.json") => {
                "prolong it: `packman curate sign`"
            }
            Self::Expired { refusal } if refusal.path().ends_with("root.json") => {
                "prolong it: `packman curate rotate`"
            }
            Self::Expired { .. } => "prolong it: `packman curate refresh`",
            Self::KeyMissing { .. } => "private keys live under PACKMAN_HOME of the machine that made them",
            Self::ConsentNeeded { flag, .. } => return Some(format!("`{flag}` agrees")),
            Self::NoIndex => "give one with `--index URL`, or configure pip or uv",
            Self::NothingFits { explanation, .. } if explanation.code() == "sdist" => {
                "build its wheel yourself (`pip wheel --no-deps`), then `add` it with `--from FOLDER --copy-files`"
            }
            Self::Elsewhere { .. } => "name the platform with `--platform`",
            Self::CopyNeeded { .. } => "`--copy-files` publishes it with the database",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl Failed {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "disk",
            Self::Network { .. } => "network",
            Self::Program(_) => "python",
            Self::Randomness(_) => "randomness",
            Self::Clock { .. } => "clock",
            Self::Unsignable(_) => "unsignable",
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Disk(failure) => failure.hint(),
            Self::Network { hint, .. } => *hint,
            Self::Clock { .. } => Some("set this machine's clock, then try again"),
            _ => None,
        }
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
            Self::Stopped => f.write_str("stopped as asked; what was downloaded is kept"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { file, wanted, found: Some(found), promised_by } => {
                write!(f, "{}: found SHA-256 {found}, wanted {wanted} as {promised_by} says", quoted(file))
            }
            Self::Bytes { file, wanted, found: None, promised_by } => {
                write!(f, "{}: found another size than {promised_by} says of SHA-256 {wanted}", quoted(file))
            }
            Self::HashChanged { file, recorded, found } => {
                write!(f, "{}: recorded with SHA-256 {recorded}, found {found}", quoted(file))
            }
            Self::Wheel { file, refusal: WheelRefusal::MetadataDiffers { field, wheel, record } } => write!(
                f,
                "{}: its METADATA says {field} {}, the index said {}",
                quoted(file),
                quoted(wheel),
                quoted(record)
            ),
            Self::Wheel { file, refusal } => write!(f, "{}: {refusal}", quoted(file)),
            Self::Metadata { file, why } => write!(f, "{}: {why}", quoted(file)),
            Self::Index { page, why } => write!(f, "index page {}: {why}", quoted(page)),
            Self::Folder { path, why } | Self::Key { path, why } => write!(f, "{}: {why}", shown(path)),
            Self::Signed { folder, refusal } => write!(f, "{}: {refusal}", shown(folder)),
            Self::ForeignPublication { folder, why } => {
                write!(f, "{} holds the publication of another root chain: {why}", shown(folder))
            }
            Self::NotASuccessor { folder, file, why } => {
                write!(f, "{}: {}: {why}", shown(folder), quoted(file))
            }
        }
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTheWay { path } => write!(f, "{} is there already", shown(path)),
            Self::NoDatabase { folder } => write!(f, "{} holds no database", shown(folder)),
            Self::NothingSigned { folder } => write!(f, "nothing in {} was signed yet", shown(folder)),
            Self::KeyMissing { role, path } => write!(f, "the {role} key is not at {}", shown(path)),
            Self::Passphrase { path, given: true } => {
                write!(f, "the passphrase does not open {}", shown(path))
            }
            Self::Passphrase { path, given: false } => write!(f, "{} needs its passphrase", shown(path)),
            Self::ConsentNeeded { what, .. } => f.write_str(what),
            Self::NoIndex => f.write_str("no package index is configured"),
            Self::NotRecorded { what } => write!(f, "{} is not in the database", quoted(what)),
            Self::Expired { refusal } => refusal.fmt(f),
            Self::NothingFits { asked, explanation } => write!(f, "{}: {explanation}", quoted(asked)),
            Self::Requirement(refused) => refused.fmt(f),
            Self::Elsewhere { requirement } => {
                write!(
                    f,
                    "{} asks for nothing here: its marker is false for every Python and platform named",
                    quoted(requirement)
                )
            }
            Self::CopyNeeded { file } => write!(f, "{} has no address to fetch it from", quoted(file)),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(failure) => failure.fmt(f),
            Self::Network { what, why, .. } => write!(f, "{what} was not fetched: {why}"),
            Self::Program(what) => f.write_str(what),
            Self::Randomness(why) => write!(f, "the machine gave no randomness for a key: {why}"),
            Self::Clock { now, at_least } => {
                write!(f, "this machine's clock says {now}, wanted at least {at_least}")
            }
            Self::Unsignable(why) => write!(f, "what was to be signed could not be verified: {why}"),
        }
    }
}

/// Shows a path in backticks, escaped.
pub(crate) fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy()).to_string()
}
