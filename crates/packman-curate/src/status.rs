//! `curate status`: what is staged, what is signed, what expires, what is yanked at its source since.

use std::path::PathBuf;

use packman_database::{About, Kind, ProjectRecord};
use packman_machine::files;
use packman_machine::location::Location;
use packman_trust::Listings;
use packman_tuf::SafetyNumber;

use crate::add::Problem;
use crate::curator::Curator;
use crate::error::CurateError;
use crate::expiry::Expiry;
use crate::folder::{Folder, Signed};
use crate::index::IndexClient;
use crate::keys::KeyRing;
use crate::listing::Listing;
use crate::proposal::{Claims, Missing, Proposal};
use crate::staged::{Staged, Targets};

/// What to look at.
#[derive(Clone, Debug)]
pub struct StatusRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// The index to ask for later yanks; without one nobody is asked.
    pub index: Option<Location>,
}

/// How a database stands.
#[derive(Clone, Debug)]
pub struct StatusReport {
    /// Its title.
    pub title: String,
    /// Its scapegoat.
    pub maintainer: String,
    /// Whether it is a database of projects or a list of databases.
    pub kind: Kind,
    /// Its safety number; a list without keys has none.
    pub number: Option<SafetyNumber>,
    /// The databases of a list, as staged.
    pub databases: Listings,
    /// How many projects are staged.
    pub projects: usize,
    /// How many files are staged.
    pub files: usize,
    /// What signing would change.
    pub staged: Staged,
    /// Staged records that cannot be read; until they are restored or removed nothing can be signed.
    pub damaged: Vec<Problem>,
    /// When each role expires; empty before the first signature.
    pub expiry: Vec<Expiry>,
    /// Where the spare root key is, while it is still on this machine.
    pub spare_is_here: Option<PathBuf>,
    /// Whose signatures are missing under what is proposed; empty where nothing is.
    pub missing: Vec<Missing>,
    /// The roles whose keys are not on this machine.
    pub keys_missing: Vec<&'static str>,
    /// Files that were yanked at their source since they were recorded, or are no longer.
    pub yanks: Vec<Yank>,
    /// Projects that the index could not be asked about.
    pub not_asked: Vec<Problem>,
}

/// A file of which its source says something else than is recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Yank {
    /// The file name.
    pub file: String,
    /// The reason, where it is yanked now; it may be empty.
    pub yanked: Option<String>,
}

impl Curator<'_> {
    /// Looks at a database. Changes nothing.
    pub fn status(&self, request: &StatusRequest) -> Result<StatusReport, CurateError> {
        let folder = Folder::open(&request.folder)?;
        let about = folder.about()?;
        if folder.is_unsigned() {
            return unsigned_status(&folder, about);
        }
        let signed = Signed::read(folder.path())?;
        let lifetimes = &folder.settings()?.lifetimes;
        let (targets, damaged) = Targets::gather_readable(&folder, &signed)?;
        let damaged = damaged.into_iter().map(|(project, why)| Problem { what: project.to_string(), why });
        let records: Vec<&ProjectRecord> = targets.records.values().collect();
        let (yanks, not_asked) = self.yanks(&records, request.index.as_ref())?;
        let keys = self.ring(&signed.memory().chain_id())?;
        Ok(StatusReport {
            kind: about.kind,
            databases: match about.kind {
                Kind::List => folder.listings()?,
                Kind::Database => Listings::default(),
            },
            title: about.title,
            maintainer: about.maintainer,
            number: Some(signed.memory().root().number()),
            projects: records.len(),
            files: records.iter().map(|record| record.files.len()).sum(),
            expiry: signed.good().map(|good| Expiry::of(good, lifetimes)).unwrap_or_default(),
            spare_is_here: spare_is_here(&folder, &keys)?,
            missing: missing(&folder, &signed)?,
            keys_missing: keys_missing(&folder, &keys)?,
            staged: targets.staged,
            damaged: damaged.collect(),
            yanks,
            not_asked,
        })
    }

    /// Asks the index about every recorded project.
    fn yanks(
        &self,
        records: &[&ProjectRecord],
        index: Option<&Location>,
    ) -> Result<(Vec<Yank>, Vec<Problem>), CurateError> {
        let (mut yanks, mut not_asked) = (Vec::new(), Vec::new());
        if index.is_none() {
            return Ok((yanks, not_asked));
        }
        let client = IndexClient::new(self, index);
        for record in records {
            self.stop.live()?;
            match client.listing(&record.name) {
                Ok(Some(listing)) => yanks.extend(differences(record, &listing)),
                // A wheel of one's own is on no index.
                Ok(None) => {}
                Err(CurateError::Stopped) => return Err(CurateError::Stopped),
                Err(why) => not_asked.push(Problem { what: record.name.to_string(), why }),
            }
        }
        Ok((yanks, not_asked))
    }
}

/// How a list stands that nobody signs: nothing of it can expire, and what is staged is published as it stands.
fn unsigned_status(folder: &Folder, about: About) -> Result<StatusReport, CurateError> {
    Ok(StatusReport {
        kind: about.kind,
        title: about.title,
        maintainer: about.maintainer,
        number: None,
        databases: folder.listings()?,
        projects: 0,
        files: 0,
        staged: Staged::default(),
        damaged: Vec::new(),
        expiry: Vec::new(),
        spare_is_here: None,
        missing: Vec::new(),
        keys_missing: Vec::new(),
        yanks: Vec::new(),
        not_asked: Vec::new(),
    })
}

/// The files of a record of which the index says another yank.
fn differences(record: &ProjectRecord, listing: &Listing) -> Vec<Yank> {
    let yank = |file: &std::sync::Arc<crate::listing::Candidate>| {
        let recorded = record.file(file.name.as_str())?;
        let yank = Yank { file: file.name.as_str().to_owned(), yanked: file.yanked.clone() };
        (recorded.yanked != file.yanked).then_some(yank)
    };
    listing.files.iter().filter_map(yank).collect()
}

fn missing(folder: &Folder, signed: &Signed) -> Result<Vec<Missing>, CurateError> {
    let Some(proposal) = Proposal::read(folder)? else { return Ok(Vec::new()) };
    let claims = Claims::read(&proposal, folder, Some(signed))?;
    Ok(proposal.missing(&claims.needs, &folder.settings()?.keys()))
}

fn spare_is_here(folder: &Folder, keys: &KeyRing<'_>) -> Result<Option<PathBuf>, CurateError> {
    let Some(spare) = &folder.settings()?.spare else { return Ok(None) };
    let Some(path) = keys.path(spare) else { return Ok(None) };
    Ok(files::read_file(&path, u64::MAX)?.map(|_| path))
}

fn keys_missing(folder: &Folder, keys: &KeyRing<'_>) -> Result<Vec<&'static str>, CurateError> {
    let settings = folder.settings()?;
    let wanted = usize::try_from(settings.threshold).unwrap_or(usize::MAX);
    let roles = [
        ("root", settings.root.as_slice(), wanted),
        (
            "targets",
            settings.targets.as_slice(),
            usize::try_from(settings.targets_threshold).unwrap_or(usize::MAX),
        ),
        ("online", std::slice::from_ref(&settings.online), 1),
    ];
    let mut missing = Vec::new();
    for (role, places, wanted) in roles {
        let mut here = 0;
        for place in places {
            let Some(path) = keys.path(place) else { continue };
            here += usize::from(files::read_file(&path, u64::MAX)?.is_some());
        }
        // Those of others are not missing here.
        let others = places.iter().filter(|place| place.file.is_none()).count();
        if here + others < wanted {
            missing.push(role);
        }
    }
    Ok(missing)
}
