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

use packman_database::{
    CoreMetadata, FileUrl, FlatFile, FlatRecord, MalformedRecord, RecordedFile, Review, record_path,
};
use packman_names::{ProjectName, Version, WheelName};
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::SafetyNumber;

use crate::age::Age;
use crate::assurance::Assurance;
use crate::quorum::Shortfall;
use crate::refused::{Refused, WhyRefused};
use crate::ring::{EntryName, Owner};

/// Which database an offer comes from, and under which assurance.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The user's word for the database.
    pub database: EntryName,
    /// Its title, in its maintainer's words.
    pub title: String,
    /// Whose entry of the ring it is.
    pub owner: Owner,
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

impl Source {
    /// What holds it, how we know, and whether it is the administrator's, in words.
    pub fn held(&self) -> String {
        format!("{}{}", self.assurance, self.owner.mark())
    }
}

/// The files of one project that exist for this user. What a file says is read when somebody asks for that file.
#[derive(Clone, Debug)]
pub struct Offer {
    record: Arc<FlatRecord>,
    source: Arc<Source>,
    /// The places in the record of what may be installed.
    offered: Vec<usize>,
    left_out: Vec<(usize, WhyNot)>,
}

impl Offer {
    /// Sorts the files of a verified record into those that exist for the user and those left out.
    pub(crate) fn of(
        record: Arc<FlatRecord>,
        source: Arc<Source>,
        mut why_not: impl FnMut(&FlatFile<'_>) -> Option<WhyNot>,
    ) -> Self {
        let mut offered = Vec::new();
        let mut left_out = Vec::new();
        for (place, file) in record.files().enumerate() {
            match why_not(&file) {
                Some(why) => left_out.push((place, why)),
                None => offered.push(place),
            }
        }
        Self { record, source, offered, left_out }
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        self.record.project()
    }

    /// What it is, in one line.
    pub fn summary(&self) -> Option<&str> {
        self.record.summary()
    }

    /// Which database answers for it.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The wheels that may be installed, as far as they can be told apart without reading them whole.
    pub fn wheels(&self) -> impl Iterator<Item = OfferedWheel<'_>> {
        let wheel = |place: usize| Some(OfferedWheel { place, file: self.record.file(place)? });
        self.offered.iter().filter_map(move |place| wheel(*place))
    }

    /// The same, those of the lowest version first. Their places are sorted, which costs far less than to compare versions.
    pub fn wheels_by_version(&self) -> impl Iterator<Item = OfferedWheel<'_>> {
        let mut order: Vec<(u32, usize)> =
            self.wheels().map(|wheel| (wheel.flat().version_place(), wheel.place)).collect();
        order.sort_unstable();
        let wheel = |(_, place)| Some(OfferedWheel { place, file: self.record.file(place)? });
        order.into_iter().filter_map(wheel)
    }

    /// The files that may not, each with the reason.
    pub fn left_out(&self) -> impl Iterator<Item = LeftOut<'_>> {
        self.left_out.iter().filter_map(|(place, why)| Some(LeftOut { file: self.record.file(*place)?, why }))
    }

    /// The wheels that may be installed, each read whole.
    pub fn files(&self) -> Result<Vec<OfferedFile>, Refused> {
        self.offered.iter().map(|place| self.file(WheelPlace(*place))).collect()
    }

    /// One of its wheels, read whole.
    pub fn file(&self, WheelPlace(place): WheelPlace) -> Result<OfferedFile, Refused> {
        let offered = self.offered.binary_search(&place).is_ok();
        match self.record.file(place).filter(|_| offered).and_then(|file| file.decode()) {
            Some(file) => Ok(OfferedFile { file: Arc::new(file), source: Arc::clone(&self.source) }),
            None => Err(self.malformed()),
        }
    }

    /// What one of its wheels needs.
    pub fn metadata(&self, WheelPlace(place): WheelPlace) -> CoreMetadata {
        self.record.file(place).map(|file| file.metadata()).unwrap_or_default()
    }

    /// Only a form that PackMan did not write is so; its sum holds, so somebody else made it.
    fn malformed(&self) -> Refused {
        let error = MalformedRecord::new("found a cached form that is not of this record".to_owned());
        let path = record_path(self.project());
        Refused { database: self.source.database.clone(), why: WhyRefused::Malformed { path, error } }
    }
}

/// Which wheel of an offer is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WheelPlace(usize);

/// One wheel of an offer, not yet read whole.
#[derive(Clone, Copy, Debug)]
pub struct OfferedWheel<'o> {
    place: usize,
    file: FlatFile<'o>,
}

impl<'o> OfferedWheel<'o> {
    /// What to ask its offer with for the whole of it.
    pub fn place(&self) -> WheelPlace {
        WheelPlace(self.place)
    }

    /// What tells it from others.
    pub fn flat(&self) -> &FlatFile<'o> {
        &self.file
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

    /// The SHA-256 of its RECORD, where the database vouches for that too.
    pub fn record_sha256(&self) -> Option<&Sha256> {
        self.file.record_sha256.as_ref()
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
#[derive(Clone, Copy, Debug)]
pub struct LeftOut<'o> {
    file: FlatFile<'o>,
    why: &'o WhyNot,
}

impl<'o> LeftOut<'o> {
    /// Its file name.
    pub fn filename(&self) -> &'o str {
        self.file.filename()
    }

    /// Its version.
    pub fn version(&self) -> &'o Version {
        self.file.version()
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> Sha256 {
        self.file.sha256()
    }

    /// Who looked inside, where somebody did.
    pub fn review(&self) -> Option<Review> {
        self.file.decode()?.review
    }

    /// The SHA-256 of its RECORD, where the database vouches for that too.
    pub fn record_sha256(&self) -> Option<Sha256> {
        self.file.decode()?.record_sha256
    }

    /// Why it may not.
    pub fn why(&self) -> &'o WhyNot {
        self.why
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
    /// Too few of the databases agree on it that have to.
    Quorum(Box<Shortfall>),
    /// No person looked inside it, and the policy wants that one has.
    Unreviewed {
        /// Whether a machine did.
        by_machine: bool,
    },
    /// No signature and no hash holds the database that lists it, and the policy forbids that.
    Unverified,
}

impl WhyNot {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Recalled { .. } => "recalled",
            Self::SourceDistribution => "sdist",
            Self::Quorum(_) => "quorum",
            Self::Unreviewed { .. } => "unreviewed",
            Self::Unverified => "unverified-forbidden",
        }
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            Self::Recalled { reason } => format!("recalled: {}", reason.escape_debug()),
            Self::SourceDistribution => "a source distribution: building one runs its code".to_owned(),
            Self::Quorum(shortfall) => shortfall.words(),
            Self::Unreviewed { by_machine } => {
                let by = if *by_machine { "only a machine has looked" } else { "nobody has looked" };
                format!("{by} inside it, and the policy wants that a person has")
            }
            Self::Unverified => "its database is unverified, and the policy forbids that".to_owned(),
        }
    }
}
