//! The project record: one project's releases, files, hashes, dependencies and reviews.
//!
//! It is PEP 691 JSON (with the fields of PEPs 592, 658, 700 and 714), so it is also the page of a simple index.
//! What PEP 691 lacks stands under `_packman`. See `docs/formats/database.md`.

mod malformed;
mod read;
mod review;
mod write;

use std::sync::Arc;

use packman_names::{ProjectName, SdistName, Version, WheelName};
use packman_strict::Sha256;
use packman_strict::time::Time;

use crate::FileUrl;

pub use malformed::MalformedRecord;
pub use read::MOST_ALSO;
pub use review::{Review, ReviewBasis, Reviewer};

/// One project's record: every file that was vouched for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRecord {
    /// The project.
    pub name: ProjectName,
    /// What it is, in one line, as its newest recorded METADATA says.
    pub summary: Option<String>,
    /// Its files, in the order in which they were recorded.
    pub files: Vec<RecordedFile>,
}

impl ProjectRecord {
    /// A record without files.
    pub fn new(name: ProjectName) -> Self {
        Self { name, summary: None, files: Vec::new() }
    }

    /// The recorded file of this name.
    pub fn file(&self, filename: &str) -> Option<&RecordedFile> {
        self.files.iter().find(|file| file.name.as_str() == filename)
    }

    /// The distinct versions of its files, lowest first.
    pub fn versions(&self) -> Vec<&Version> {
        let mut versions: Vec<&Version> = self.files.iter().map(|file| file.name.version()).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}

/// One file that was vouched for: exactly these bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFile {
    /// Its name, which says project, version and, of a wheel, what it fits.
    pub name: FileName,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Where it may be fetched, best first; never empty.
    pub urls: Vec<FileUrl>,
    /// The SHA-256 of the wheel's METADATA.
    pub metadata_sha256: Option<Sha256>,
    /// The SHA-256 of the wheel's RECORD.
    pub record_sha256: Option<Sha256>,
    /// What the wheel's METADATA says of its needs; shared by files that say the same.
    pub metadata: Arc<CoreMetadata>,
    /// When the source index says it was uploaded.
    pub uploaded: Option<Time>,
    /// When the scapegoat first recorded it.
    pub first_seen: Time,
    /// Whether it is there for lockers: on no platform that was named, and recorded so that a lock for every platform
    /// finds its project.
    pub for_lock: bool,
    /// Why it was yanked at the source (PEP 592), where it was; may be empty.
    pub yanked: Option<String>,
    /// Where it was built, as its index says (PEP 740): a publisher each. Nobody verified it; for whoever compares releases.
    pub provenance: Vec<String>,
    /// Who looked inside, where somebody did.
    pub review: Option<Review>,
    /// Why it was recalled, where it was; derived from `recalls.json` when signing.
    pub recalled: Option<String>,
}

/// What decides whether a release can be used and what it needs, as METADATA has it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct CoreMetadata {
    /// `Requires-Dist`, each as it stands, parsed when the resolver reaches it; files of one version share it.
    pub requires_dist: Arc<[String]>,
    /// `Requires-Python`, as it stands.
    pub requires_python: Option<String>,
    /// `Provides-Extra`, each as it stands; files of one version share it.
    pub provides_extra: Arc<[String]>,
}

/// The name of a recorded file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileName {
    /// A wheel, which can be installed.
    Wheel(WheelName),
    /// A source distribution: listed, never installed, since building one runs its code.
    Sdist(SdistName),
}

impl FileName {
    /// Parses the name of a wheel or a source distribution.
    pub fn parse(text: &str) -> Result<Self, MalformedRecord> {
        let malformed =
            || MalformedRecord::found("filename", text, "the name of a wheel or source distribution");
        if text.to_ascii_lowercase().ends_with(".whl") {
            return WheelName::parse(text).map(Self::Wheel).map_err(|_| malformed());
        }
        SdistName::parse(text).map(Self::Sdist).map_err(|_| malformed())
    }

    /// The name as it was published.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Wheel(name) => name.as_str(),
            Self::Sdist(name) => name.as_str(),
        }
    }

    /// The project it names.
    pub fn project(&self) -> &ProjectName {
        match self {
            Self::Wheel(name) => name.project(),
            Self::Sdist(name) => name.project(),
        }
    }

    /// The version it names.
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(name) => name.version(),
            Self::Sdist(name) => name.version(),
        }
    }

    /// The wheel's name, where it is one.
    pub fn wheel(&self) -> Option<&WheelName> {
        match self {
            Self::Wheel(name) => Some(name),
            Self::Sdist(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
