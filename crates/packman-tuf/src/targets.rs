//! The targets: which files there are, by length and digest, and to whom more of them are delegated.

use std::collections::BTreeMap;

use packman_strict::Sha256;
use packman_strict::json::Reader;

use crate::hashes::verify_bytes;
use crate::payload::{Header, Payload, sealed};
use crate::sorted::Sorted;
use crate::{Delegations, Hashes, Reason, Refusal, Role, TargetPath};

/// What a targets file says (section 4.5).
#[derive(Clone, Debug)]
pub struct Targets {
    header: Header,
    listed: Sorted<Listed>,
    delegations: Option<Delegations>,
}

/// What is signed of one target, in little room: nearly all have a SHA-256 and nothing else.
#[derive(Clone, Debug)]
struct Listed {
    length: u64,
    hashes: ListedHashes,
}

#[derive(Clone, Debug)]
enum ListedHashes {
    Sha256(Sha256),
    Others(Box<Hashes>),
}

impl Listed {
    fn info(&self) -> TargetInfo {
        let hashes = match &self.hashes {
            ListedHashes::Sha256(sha256) => Hashes::of_sha256(*sha256),
            ListedHashes::Others(hashes) => **hashes,
        };
        TargetInfo { length: self.length, hashes }
    }
}

/// What is signed of one target.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct TargetInfo {
    /// The length in bytes.
    pub length: u64,
    /// The digests of the file.
    pub hashes: Hashes,
}

impl TargetInfo {
    /// Describes a file as it is.
    pub fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, hashes: Hashes::of(bytes) }
    }

    /// The SHA-256 of the file, where one is signed.
    pub const fn sha256(&self) -> Option<Sha256> {
        self.hashes.sha256
    }

    /// Where the target of that path is published: with its digest before its name, as consistent snapshots
    /// have it (section 6.2.1): `targets/projects/<sha256>.flask.json` for `projects/flask.json`.
    pub fn file_path(&self, path: &str) -> String {
        match (self.hashes.prefix(), path.rsplit_once('/')) {
            (Some(digest), Some((folder, name))) => format!("targets/{folder}/{digest}.{name}"),
            (Some(digest), None) => format!("targets/{digest}.{path}"),
            (None, _) => format!("targets/{path}"),
        }
    }

    /// Believes the bytes of the target of that path: their length and digests are the signed ones (5.7.3).
    pub(crate) fn verify<'b>(&self, path: &'b str, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        verify_bytes(&self.file_path(path), bytes, Some(self.length), &self.hashes)?;
        Ok(VerifiedTarget { path, bytes, sha256: self.sha256() })
    }
}

/// A target whose bytes are the ones that were signed for.
///
/// Only [`Targets::verify_target`] makes one:
///
/// ```compile_fail
/// fn forge<'b>(path: &'b str, bytes: &'b [u8]) -> packman_tuf::VerifiedTarget<'b> {
///     packman_tuf::VerifiedTarget { path, bytes, sha256: None }
/// }
/// ```
#[derive(Copy, Clone, Debug)]
pub struct VerifiedTarget<'b> {
    path: &'b str,
    bytes: &'b [u8],
    sha256: Option<Sha256>,
}

impl<'b> VerifiedTarget<'b> {
    /// The path of the target, such as `projects/flask.json`.
    pub const fn path(&self) -> &'b str {
        self.path
    }

    /// The bytes that were signed for.
    pub const fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Their SHA-256; computed here where another digest was signed.
    pub fn sha256(&self) -> Sha256 {
        self.sha256.unwrap_or_else(|| Sha256::of(self.bytes))
    }
}

impl Targets {
    /// All targets with their paths, sorted by path.
    pub fn targets(&self) -> impl ExactSizeIterator<Item = (&str, TargetInfo)> {
        self.listed.iter().map(|(path, listed)| (path, listed.info()))
    }

    /// What is signed of the target of that path.
    pub fn target(&self, path: &str) -> Option<TargetInfo> {
        self.listed.find(path).map(Listed::info)
    }

    /// Whom more targets are delegated to.
    pub const fn delegations(&self) -> Option<&Delegations> {
        self.delegations.as_ref()
    }

    /// The targets and delegations themselves, for drafting them again.
    pub(crate) fn into_parts(self) -> (BTreeMap<TargetPath, TargetInfo>, Option<Delegations>) {
        let paths = self.targets().filter_map(|(path, info)| Some((TargetPath::parse(path).ok()?, info)));
        (paths.collect(), self.delegations)
    }

    /// Believes the bytes of a target: their length and SHA-256 are the signed ones (5.7.3).
    pub fn verify_target<'b>(&self, path: &'b str, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        let Some(info) = self.target(path) else {
            return Err(Refusal::new(format!("targets/{path}"), Reason::UnknownTarget));
        };
        info.verify(path, bytes)
    }
}

impl sealed::Sealed for Targets {}

impl Payload for Targets {
    const ROLE: Role = Role::Targets;

    fn read(signed: Reader<'_, '_>) -> Result<Self, Reason> {
        let header = Header::read(signed, Role::Targets)?;
        let targets = signed.member("targets")?.members()?;
        let read = |(path, info)| {
            TargetPath::verify(path).map_err(|error| Reason::BadMetadata(error.to_string()))?;
            Ok::<_, Reason>((path, read_target(info)?))
        };
        let listed = Sorted::of_members(targets.len(), targets.map(read))?;
        let delegations = signed.optional("delegations")?.map(Delegations::read).transpose()?;
        Ok(Self { header, listed, delegations })
    }

    fn header(&self) -> Header {
        self.header
    }
}

fn read_target(info: Reader<'_, '_>) -> Result<Listed, Reason> {
    let length = info.member("length")?.u64()?;
    let stated = info.member("hashes")?;
    let hashes = Hashes::read(stated)?;
    if hashes.is_empty() {
        return Err(stated.wrong("a digest").into());
    }
    let hashes = match hashes.sha256 {
        Some(sha256) if hashes == Hashes::of_sha256(sha256) => ListedHashes::Sha256(sha256),
        _ => ListedHashes::Others(Box::new(hashes)),
    };
    Ok(Listed { length, hashes })
}
