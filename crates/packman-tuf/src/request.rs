//! What the state machines want next, and what they are answered: they read bytes, and fetch nothing.

use packman_strict::Sha256;

use crate::{Bytes, File, Memory, MetaInfo, Reason, Refusal, Role, Root, Snapshot, TargetInfo, Verified};

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
    /// The most delegated roles that are visited for one target (5.6.7.1).
    pub delegations: usize,
    /// What a repository has to keep beyond the specification.
    pub rules: Rules,
}

/// What a repository has to keep beyond the specification, which leaves each of these to it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Section 6.2 makes consistent snapshots optional. Without them a mirror that is being copied to serves parts of
    /// two publications.
    pub consistent_snapshots: bool,
    /// Section 4.4 lets a snapshot leave length and digest of the targets out where versions are unambiguous. That is
    /// the repository's word, and targets are what everything else is believed by.
    pub pinned_targets: bool,
    /// 5.4.3.1 discards a second timestamp of one version unread. Two different ones, both signed, prove that somebody
    /// lies; so do two snapshots or targets.
    pub no_contradictions: bool,
}

impl Rules {
    /// The specification's own: for repositories of others.
    pub const SPECIFICATION: Self =
        Self { consistent_snapshots: false, pinned_targets: false, no_contradictions: false };

    /// Everything: what PackMan's databases keep.
    pub const STRICT: Self =
        Self { consistent_snapshots: true, pinned_targets: true, no_contradictions: true };

    pub(crate) fn allow_root(self, root: &Verified<Root>) -> Result<(), Refusal> {
        if root.is_consistent() || !self.consistent_snapshots {
            return Ok(());
        }
        let why = "consistent_snapshot: found `false` or nothing, wanted `true`".to_owned();
        Err(Refusal::new(Role::Root.file_path(root.version()), Reason::BadMetadata(why)))
    }

    pub(crate) fn allow_snapshot(self, path: &str, snapshot: &Snapshot) -> Result<(), Refusal> {
        self.allow_pin(path, "targets.json", &snapshot.targets())
    }

    /// The same for a file of that name, already quoted where it is outside text, which a snapshot at `path` lists.
    pub(crate) fn allow_pin(self, path: &str, name: &str, info: &MetaInfo) -> Result<(), Refusal> {
        if !self.pinned_targets || info.length.is_some() && info.hashes.sha256.is_some() {
            return Ok(());
        }
        let why = format!("meta.{name}: found a version alone, wanted `length` and a `sha256`");
        Err(Refusal::new(path, Reason::BadMetadata(why)))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
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
            delegations: 32,
            rules: Rules::STRICT,
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
///
/// What it cannot verify is time: it has no clock while it waits. So whoever fetches owes two things against a mirror
/// that never ends: to read no more than `max_bytes` and one, and to give up where bytes come slower than a least
/// speed. PackMan's own fetcher asks for 1 KiB a second on the whole, after a minute.
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

    /// A metadata file that another file pins.
    pub(crate) fn metadata(path: String, info: &MetaInfo, max_bytes: u64) -> Self {
        Self {
            path,
            max_bytes: info.length.unwrap_or(max_bytes).min(max_bytes),
            length: info.length,
            sha256: info.hashes.sha256,
            may_be_missing: false,
        }
    }

    /// A target.
    pub(crate) fn target(path: &str, info: TargetInfo) -> Self {
        Self {
            path: info.file_path(path),
            max_bytes: info.length,
            length: Some(info.length),
            sha256: info.sha256(),
            may_be_missing: false,
        }
    }
}

/// What came of a request.
#[derive(Copy, Clone, Debug)]
pub enum Answer<'a> {
    /// The whole file as a mirror gave it.
    Bytes(&'a [u8]),
    /// The same, for a file that is to be kept without being copied.
    Shared(&'a Bytes),
    /// The mirror says that there is no such file. A mirror that cannot be *reached* is not an answer.
    Missing,
}

impl<'a> Answer<'a> {
    /// The file, if there is one.
    pub(crate) fn file(self) -> Option<File<'a>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.into()),
            Self::Shared(bytes) => Some(bytes.into()),
            Self::Missing => None,
        }
    }
}
