//! The targets: which files there are, by length and SHA-256. Delegations will be read here.

use std::collections::BTreeMap;

use packman_strict::Sha256;
use packman_strict::json::{Reader, Value};

use crate::meta::{read_sha256, verify_length_and_sha256};
use crate::payload::{Header, Payload, sealed};
use crate::{Reason, Refusal, Role, TargetPath};

/// What a targets file says (section 4.5).
#[derive(Clone, Debug)]
pub struct Targets {
    header: Header,
    targets: BTreeMap<TargetPath, TargetInfo>,
}

/// What is signed of one target.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct TargetInfo {
    /// The length in bytes.
    pub length: u64,
    /// The SHA-256 of the file.
    pub sha256: Sha256,
}

impl TargetInfo {
    /// Describes a file as it is.
    pub fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, sha256: Sha256::of(bytes) }
    }

    /// Where the target of that path is published: with its digest before its name, as consistent snapshots
    /// have it (section 6.2.1): `targets/projects/<sha256>.flask.json` for `projects/flask.json`.
    pub fn file_path(&self, path: &str) -> String {
        match path.rsplit_once('/') {
            Some((folder, name)) => format!("targets/{folder}/{}.{name}", self.sha256),
            None => format!("targets/{}.{path}", self.sha256),
        }
    }
}

/// A target whose bytes are the ones that were signed for.
///
/// Only [`Targets::verify_target`] makes one:
///
/// ```compile_fail
/// fn forge<'b>(path: &'b str, bytes: &'b [u8]) -> packman_tuf::VerifiedTarget<'b> {
///     packman_tuf::VerifiedTarget { path, bytes, sha256: packman_strict::Sha256::of(bytes) }
/// }
/// ```
#[derive(Copy, Clone, Debug)]
pub struct VerifiedTarget<'b> {
    path: &'b str,
    bytes: &'b [u8],
    sha256: Sha256,
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

    /// Their SHA-256.
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }
}

impl Targets {
    /// All targets with their paths, sorted by path.
    pub fn targets(&self) -> impl ExactSizeIterator<Item = (&str, TargetInfo)> {
        self.targets.iter().map(|(path, info)| (path.as_str(), *info))
    }

    /// What is signed of the target of that path.
    pub fn target(&self, path: &str) -> Option<TargetInfo> {
        self.targets.get(path).copied()
    }

    /// The targets themselves, for drafting them again.
    pub(crate) fn into_targets(self) -> BTreeMap<TargetPath, TargetInfo> {
        self.targets
    }

    /// Believes the bytes of a target: their length and SHA-256 are the signed ones (5.7.3).
    pub fn verify_target<'b>(&self, path: &'b str, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        let Some(info) = self.target(path) else {
            return Err(Refusal::new(format!("targets/{path}"), Reason::UnknownTarget));
        };
        verify_length_and_sha256(&info.file_path(path), bytes, Some(info.length), Some(info.sha256))?;
        Ok(VerifiedTarget { path, bytes, sha256: info.sha256 })
    }
}

impl sealed::Sealed for Targets {}

impl Payload for Targets {
    const ROLE: Role = Role::Targets;

    fn read(signed: &Value<'_>, _canonical: &[u8]) -> Result<Self, Reason> {
        let signed = Reader::root(signed);
        let header = Header::read(signed, Role::Targets)?;
        let targets = signed.member("targets")?.members()?.map(|(path, info)| {
            let path = TargetPath::parse(path).map_err(|error| Reason::BadMetadata(error.to_string()))?;
            Ok((path, read_target(info)?))
        });
        Ok(Self { header, targets: targets.collect::<Result<_, Reason>>()? })
    }

    fn header(&self) -> Header {
        self.header
    }
}

fn read_target(info: Reader<'_, '_>) -> Result<TargetInfo, Reason> {
    let length = info.member("length")?.u64()?;
    let hashes = info.member("hashes")?;
    let sha256 = read_sha256(hashes)?.ok_or_else(|| hashes.wrong("a `sha256`"))?;
    Ok(TargetInfo { length, sha256 })
}
