//! What the state machines want next, and what they are answered: they read bytes, and fetch nothing.

use packman_strict::Sha256;

use crate::{Memory, MetaInfo, Role, TargetInfo};

/// How large files may be, and how long the chain of roots.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest root, in bytes.
    pub root_bytes: u64,
    /// The longest timestamp, in bytes.
    pub timestamp_bytes: u64,
    /// The longest snapshot, in bytes.
    pub snapshot_bytes: u64,
    /// The longest targets file, in bytes.
    pub targets_bytes: u64,
    /// The longest target that is attached to the good set, in bytes.
    pub attached_bytes: u64,
    /// The highest version of a root that is read.
    pub roots: u64,
}

/// Room for 1,000 keys in a root, 16,384 bins in a snapshot, and 300,000 targets in one file.
impl Default for Limits {
    fn default() -> Self {
        Self {
            root_bytes: 512 << 10,
            timestamp_bytes: 32 << 10,
            snapshot_bytes: 16 << 20,
            targets_bytes: 64 << 20,
            attached_bytes: 16 << 20,
            roots: 1_000,
        }
    }
}

/// What a state machine wants next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// This file, or the word that it is missing.
    Fetch(Request),
    /// Nothing more.
    Done,
}

/// A file that is wanted.
///
/// The numbers are for whoever fetches it, to stop early and to try another mirror; the state machine verifies
/// all of them itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Its path in the repository, such as `metadata/2.root.json`.
    pub path: String,
    /// The most bytes to read. Whoever finds more gives one byte more, and is told `too-large`.
    pub max_bytes: u64,
    /// Its exact length, where signed metadata says it.
    pub length: Option<u64>,
    /// Its SHA-256, where signed metadata says it.
    pub sha256: Option<Sha256>,
    /// Whether the file need not exist: the root after the newest does not.
    pub may_be_missing: bool,
}

impl Request {
    /// 5.3.3: the root after the newest, which need not exist.
    pub(crate) fn next_root(memory: &Memory, limits: &Limits) -> Self {
        let version = memory.root().version().saturating_add(1);
        Self { may_be_missing: true, ..Self::unpinned(Role::Root, version, limits.root_bytes) }
    }

    /// A file of which nothing is known but its version.
    pub(crate) fn unpinned(role: Role, version: u64, max_bytes: u64) -> Self {
        let path = role.file_path(version);
        Self { path, max_bytes, length: None, sha256: None, may_be_missing: false }
    }

    /// A file that another file pins.
    pub(crate) fn pinned(role: Role, info: MetaInfo, max_bytes: u64) -> Self {
        Self {
            max_bytes: info.length.unwrap_or(max_bytes).min(max_bytes),
            length: info.length,
            sha256: info.sha256,
            ..Self::unpinned(role, info.version, max_bytes)
        }
    }

    /// A target.
    pub(crate) fn target(path: &str, info: TargetInfo) -> Self {
        Self {
            path: info.file_path(path),
            max_bytes: info.length,
            length: Some(info.length),
            sha256: Some(info.sha256),
            may_be_missing: false,
        }
    }
}

/// What came of a request.
#[derive(Copy, Clone, Debug)]
pub enum Answer<'a> {
    /// The whole file as a mirror gave it.
    Bytes(&'a [u8]),
    /// The mirror says that there is no such file. A mirror that cannot be *reached* is not an answer.
    Missing,
}
