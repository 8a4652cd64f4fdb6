//! `curate compare`: a release beside the one that is vouched for, what matters first.
//!
//! Wheels are fetched and verified as `curate add` does it, and only looked into: nothing is unpacked, and nothing of them
//! runs. What is told are facts (a file that Python reads when it starts) and hints (words in code); hints are no verdict,
//! and their absence is none either.

mod changed;
mod choose;
mod content;
mod finding;
mod kind;
mod lines;
mod note;
mod provenance;
mod scan;
mod told;
mod wheels;

use std::path::PathBuf;

use packman_database::{FileName, Kind};
use packman_machine::location::Location;
use packman_names::{ProjectName, Target, Version, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_wheel::Wheel;

use crate::add::Problem;
use crate::add::fetch::{Files, refused, verified};
use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::Folder;
use crate::index::IndexClient;

use choose::{Chosen, Release, Releases};
use wheels::Compared;

pub use finding::{About, Became, ChangedLine, FileChange, Finding, Weight};
pub(crate) use note::{NOTE, Notes};
pub(crate) use provenance::Publishers;
pub use scan::Hint;

/// What to compare.
#[derive(Clone, Debug)]
pub struct CompareRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// The project.
    pub project: ProjectName,
    /// The release that is vouched for; the newest signed one that is not newer than the other where none is named.
    pub old: Option<Version>,
    /// The release in question; the newest staged one that is not signed, else the newest of the index, where none is named.
    pub new: Option<Version>,
    /// What wheels of a release that is not recorded are taken for; all of them where there is none.
    pub targets: Vec<Target>,
    /// The index, for releases that are not recorded.
    pub index: Option<Location>,
    /// A folder of wheels that stand in the place of the index's.
    pub from: Option<PathBuf>,
    /// Whether the changed lines themselves are wanted.
    pub with_lines: bool,
}

/// How a release stands to the database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is vouched for.
    Signed,
    /// It is recorded, and not signed.
    Staged,
    /// It is not recorded.
    Elsewhere,
}

/// What was compared, and found.
#[derive(Clone, Debug)]
pub struct CompareReport {
    /// The project.
    pub project: ProjectName,
    /// The release that it was compared with, and how that stands; none where nothing was vouched for before.
    pub old: Option<(Version, Standing)>,
    /// The release in question, and how it stands.
    pub new: (Version, Standing),
    /// Each of its wheels.
    pub wheels: Vec<Comparison>,
    /// What of it was not compared, and why. The command ends as the gravest of them says.
    pub not_compared: Vec<Problem>,
}

/// One wheel that was compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The file name.
    pub file: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// What it was compared with: the file name, its SHA-256 and its size.
    pub against: Option<(String, Sha256, u64)>,
    /// What was found, what matters first.
    pub findings: Vec<Finding>,
    /// The files that are not the same.
    pub changes: Vec<FileChange>,
    /// How many files are the same.
    pub same: usize,
}

impl Curator<'_> {
    /// Compares a release with the last one that was vouched for. Nothing is recorded by it but a note, for whoever signs
    /// here, that it was done.
    pub fn compare(&self, request: &CompareRequest) -> Result<CompareReport, CurateError> {
        let folder = Folder::open(&request.folder)?;
        folder.must_be(Kind::Database)?;
        let index = IndexClient::new(self, request.index.as_ref());
        if let Some(from) = &request.from {
            crate::add::local::put(from, &index)?;
        }
        let files = Files::new(self, &folder, false);
        let releases = Releases::read(&folder, &index, request)?;
        let new = releases.new_one()?;
        let old = releases.old_one(&new)?;
        let mut report = CompareReport {
            project: request.project.clone(),
            old: old.as_ref().map(|old| (old.version.clone(), old.standing)),
            new: (new.version.clone(), new.standing),
            wheels: Vec::new(),
            not_compared: Vec::new(),
        };
        for chosen in &new.files {
            self.stop.live()?;
            match self.compare_file(&files, chosen, old.as_ref(), request.with_lines) {
                Ok(comparison) => report.wheels.push(comparison),
                Err(CurateError::Stopped) => return Err(CurateError::Stopped),
                Err(why) => {
                    report.not_compared.push(Problem { what: chosen.name.as_str().to_owned(), why });
                }
            }
        }
        self.note(request, &report)?;
        Ok(report)
    }

    fn compare_file(
        &self,
        files: &Files<'_>,
        chosen: &Chosen,
        old: Option<&Release>,
        with_lines: bool,
    ) -> Result<Comparison, CurateError> {
        let FileName::Wheel(name) = &chosen.name else {
            return Err(No::SourceNotCompared { file: chosen.name.as_str().to_owned() }.into());
        };
        let bytes = self.fetch(files, chosen)?;
        let wheel = whole(&bytes, name)?;
        let nearest = old.and_then(|old| old.nearest(name));
        let (compared, against) = match nearest {
            Some((before, before_name)) => {
                let before_bytes = self.fetch(files, before)?;
                let against = whole(&before_bytes, before_name)?;
                let compared = compare_wheels(Some(&against), &wheel, name, with_lines)?;
                let size = before_bytes.bytes().len() as u64;
                let built = before.publishers(files, &before_bytes.sha256());
                let against = (before_name.as_str().to_owned(), before_bytes.sha256(), size);
                (compared, Some((against, built)))
            }
            None => (compare_wheels(None, &wheel, name, with_lines)?, None),
        };
        let mut findings = compared.findings;
        let (against, built) = against.unzip();
        findings.extend(provenance::compare(built, &chosen.publishers(files, &bytes.sha256())));
        findings.sort();
        Ok(Comparison {
            file: name.as_str().to_owned(),
            sha256: bytes.sha256(),
            size: bytes.bytes().len() as u64,
            against,
            findings,
            changes: compared.changes,
            same: compared.same,
        })
    }

    /// Fetches a file from the first of its places that has it.
    fn fetch(&self, files: &Files<'_>, chosen: &Chosen) -> Result<Hashed, CurateError> {
        let mut failure = None;
        for place in &chosen.places {
            match files.bytes(place, self.stop) {
                Ok(bytes) => match &place.promise {
                    Some(promise) if promise.sha256 != bytes.sha256() => {
                        failure = Some(choose::other_bytes(chosen, promise, &bytes));
                    }
                    _ => return Ok(bytes),
                },
                Err(CurateError::Stopped) => return Err(CurateError::Stopped),
                Err(why) => failure = Some(why),
            }
        }
        Err(failure.unwrap_or_else(|| No::NoWheel { what: chosen.name.as_str().to_owned() }.into()))
    }

    /// Notes what was compared with what was vouched for.
    fn note(&self, request: &CompareRequest, report: &CompareReport) -> Result<(), CurateError> {
        let is_vouched = matches!(report.old, None | Some((_, Standing::Signed)));
        if !is_vouched || report.wheels.is_empty() {
            return Ok(());
        }
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        let compared = report.wheels.iter().map(|one| {
            let against = one.against.as_ref().map(|(_, sha256, _)| *sha256);
            (one.sha256, against)
        });
        Notes::add(&folder, compared, self.now)
    }
}

/// A wheel of which every file was held against its RECORD: files with the same hash there are the same.
fn whole<'b>(bytes: &'b Hashed, name: &WheelName) -> Result<Wheel<'b>, CurateError> {
    let wheel = verified(bytes, name, None)?;
    wheel.verify_contents(1).map_err(|refusal| refused(name, refusal))?;
    Ok(wheel)
}

fn compare_wheels(
    old: Option<&Wheel<'_>>,
    new: &Wheel<'_>,
    name: &WheelName,
    with_lines: bool,
) -> Result<Compared, CurateError> {
    wheels::compare(old, new, with_lines).map_err(|refusal| refused(name, refusal))
}

#[cfg(test)]
mod tests;
