//! The offer: the files of one project that exist for this user.
//!
//! Its fields are private and [`crate::Gate`] alone fills them, so that whoever holds an offer holds the proof that
//! every file in it passed the gate.
//!
//! ```compile_fail,E0451
//! fn forge(offer: packman_trust::Offer) -> packman_trust::Offer {
//!     packman_trust::Offer { ..offer }
//! }
//! ```

use std::sync::Arc;

use packman_database::{CoreMetadata, FileName, FileUrl, ProjectRecord, Recall, RecordedFile, Review};
use packman_names::{ProjectName, Version, WheelName};
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::SafetyNumber;

use crate::age::Age;
use crate::assurance::Assurance;
use crate::ring::EntryName;

/// Which database an offer comes from, and under which assurance.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The user's word for the database.
    pub database: EntryName,
    /// Its title, in its maintainer's words.
    pub title: String,
    /// What holds it and how we know.
    pub assurance: Assurance,
    /// The safety number of its root when it answered.
    pub number: SafetyNumber,
    /// Where it is refreshed from: the first place for files that stand beside the metadata.
    pub url: String,
    /// Further places that serve the same files.
    pub mirrors: Vec<String>,
    /// Whether its word was current when it answered.
    pub age: Age,
}

/// The files of one project that exist for this user.
#[derive(Clone, Debug)]
pub struct Offer {
    project: ProjectName,
    summary: Option<String>,
    source: Arc<Source>,
    files: Vec<OfferedFile>,
    left_out: Vec<LeftOut>,
}

impl Offer {
    /// Sorts the files of a verified record into those that exist for the user and those left out.
    pub(crate) fn of(
        record: ProjectRecord,
        source: Arc<Source>,
        recalled: impl Fn(&Sha256) -> Option<Recall>,
    ) -> Self {
        let mut files = Vec::new();
        let mut left_out = Vec::new();
        for file in record.files {
            let recall = recalled(&file.sha256).map(|recall| recall.reason).or_else(|| file.recalled.clone());
            let why = match (recall, &file.name) {
                (Some(reason), _) => Some(WhyNot::Recalled { reason }),
                (None, FileName::Sdist(_)) => Some(WhyNot::SourceDistribution),
                (None, FileName::Wheel(_)) => None,
            };
            match why {
                Some(why) => left_out.push(LeftOut { file, why }),
                None => files.push(OfferedFile { file: Arc::new(file), source: Arc::clone(&source) }),
            }
        }
        Self { project: record.name, summary: record.summary, source, files, left_out }
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// What it is, in one line.
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// Which database answers for it.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The wheels that may be installed.
    pub fn files(&self) -> &[OfferedFile] {
        &self.files
    }

    /// The files that may not, each with the reason.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// One wheel that passed the gate. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OfferedFile {
    file: Arc<RecordedFile>,
    source: Arc<Source>,
}

impl OfferedFile {
    /// The wheel's name. The gate offers wheels only.
    pub fn wheel(&self) -> Option<&WheelName> {
        self.file.name.wheel()
    }

    /// Its file name.
    pub fn filename(&self) -> &str {
        self.file.name.as_str()
    }

    /// The project it belongs to.
    pub fn project(&self) -> &ProjectName {
        self.file.name.project()
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        self.file.name.version()
    }

    /// What its METADATA says of its needs; the wheel must say the same.
    pub fn metadata(&self) -> &CoreMetadata {
        &self.file.metadata
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> &Sha256 {
        &self.file.sha256
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// Where it may be fetched, best first.
    pub fn urls(&self) -> &[FileUrl] {
        &self.file.urls
    }

    /// Why it was yanked at its source, where it was.
    pub fn yanked(&self) -> Option<&str> {
        self.file.yanked.as_deref()
    }

    /// Who looked inside, where somebody did.
    pub fn review(&self) -> Option<&Review> {
        self.file.review.as_ref()
    }

    /// When the scapegoat first recorded it.
    pub fn first_seen(&self) -> Time {
        self.file.first_seen
    }

    /// Which database vouches for it, and under which assurance.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// A file that is recorded and may not be installed.
#[derive(Clone, Debug)]
pub struct LeftOut {
    file: RecordedFile,
    why: WhyNot,
}

impl LeftOut {
    /// Its file name.
    pub fn filename(&self) -> &str {
        self.file.name.as_str()
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        self.file.name.version()
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> &Sha256 {
        &self.file.sha256
    }

    /// Why it may not.
    pub fn why(&self) -> &WhyNot {
        &self.why
    }
}

/// Why a recorded file does not exist for this user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyNot {
    /// Its scapegoat took it back.
    Recalled {
        /// In his words.
        reason: String,
    },
    /// It would have to be built, and building runs its code.
    SourceDistribution,
}

impl WhyNot {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Recalled { .. } => "recalled",
            Self::SourceDistribution => "sdist",
        }
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            Self::Recalled { reason } => format!("recalled: {}", reason.escape_debug()),
            Self::SourceDistribution => "a source distribution: building one runs its code".to_owned(),
        }
    }
}
