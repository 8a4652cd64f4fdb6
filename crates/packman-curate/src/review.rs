//! `curate review`: says of files that somebody looked inside, and how much of them.
//!
//! A review is of exactly these bytes: it stands with their SHA-256, and one that is found beside another counts for
//! nobody. It is signed with the database, and says what the scapegoat says, not what he did.

use std::collections::BTreeMap;
use std::path::PathBuf;

use packman_database::{FileName, Kind, ProjectRecord, RecordedFile, Review, ReviewBasis, Reviewer};
use packman_names::{ProjectName, Requirement, admits};
use packman_strict::Sha256;
use packman_strict::quote::quoted;

use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::{Folder, Signed};
use crate::remove::{Retired, refuse_parts};

/// What was looked into.
#[derive(Clone, Debug)]
pub struct ReviewRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// File names, SHA-256 sums, or releases such as `flask==3.0`, of what is recorded.
    pub what: Vec<String>,
    /// What is said of them.
    pub act: ReviewAct,
}

/// What is said of files.
#[derive(Clone, Debug)]
pub enum ReviewAct {
    /// Somebody looked inside.
    Record {
        /// Who.
        by: String,
        /// A person or a program.
        kind: Reviewer,
        /// The whole, or what differs from another file.
        basis: ReviewBasis,
        /// What there was to say.
        notes: Option<String>,
    },
    /// Nobody did.
    Undo,
}

/// Of which files something else is said now.
#[derive(Clone, Debug, Default)]
pub struct ReviewReport {
    /// The files, by name, each with the SHA-256 of the bytes that are meant.
    pub files: Vec<(String, Sha256)>,
}

/// The longest name of a reviewer, and the longest notes, in bytes.
const LONGEST_NAME: usize = 200;
const LONGEST_NOTES: usize = 4_096;

impl Curator<'_> {
    /// Stages a review of files that are recorded, or takes one back. All or nothing.
    pub fn review(&self, request: &ReviewRequest) -> Result<ReviewReport, CurateError> {
        verify_words(&request.act)?;
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.must_be(Kind::Database)?;
        let mut records = folder.records()?;
        let mut report = ReviewReport::default();
        for what in &request.what {
            let meant = meant(&records, what)?;
            for (project, name) in meant {
                let review = self.review_of(&folder, &request.act, &project)?;
                let files = records.get_mut(&project).into_iter().flat_map(|record| &mut record.files);
                let Some(file) = files.into_iter().find(|file| file.name.as_str() == name) else { continue };
                if let Some(from) = basis(review.as_ref())
                    && from == file.sha256
                {
                    let name = quoted(&name);
                    return Err(CurateError::usage(format!(
                        "`--delta-from`: {name} has this SHA-256 itself"
                    )));
                }
                if review.is_none() && file.review.is_none() {
                    return Err(No::NotReviewed { file: name }.into());
                }
                file.review = review;
                report.files.push((name, file.sha256));
            }
        }
        let touched = records.values().filter(|record| {
            record.files.iter().any(|file| report.files.iter().any(|(name, _)| name == file.name.as_str()))
        });
        folder.stage(&touched.collect::<Vec<_>>())?;
        Ok(report)
    }

    fn review_of(
        &self,
        folder: &Folder,
        act: &ReviewAct,
        project: &ProjectName,
    ) -> Result<Option<Review>, CurateError> {
        let ReviewAct::Record { by, kind, basis, notes } = act else { return Ok(None) };
        if let ReviewBasis::Delta(from) = basis {
            verify_known(folder, project, from)?;
        }
        Ok(Some(Review { by: by.clone(), at: self.now, kind: *kind, basis: *basis, notes: notes.clone() }))
    }
}

fn basis(review: Option<&Review>) -> Option<Sha256> {
    match review?.basis {
        ReviewBasis::Delta(from) => Some(from),
        ReviewBasis::Full => None,
    }
}

/// What a person types is held against what a record may say, before anything is touched.
fn verify_words(act: &ReviewAct) -> Result<(), CurateError> {
    let ReviewAct::Record { by, notes, .. } = act else { return Ok(()) };
    if by.trim().is_empty() || by.len() > LONGEST_NAME || by.chars().any(char::is_control) {
        let wanted = format!("wanted a name of 1 to {LONGEST_NAME} bytes in one line");
        return Err(CurateError::usage(format!("`--by`: found {}, {wanted}", quoted(by))));
    }
    let is_too_long = notes.as_ref().is_some_and(|notes| notes.len() > LONGEST_NOTES);
    if is_too_long {
        return Err(CurateError::usage(format!("`--notes`: wanted at most {LONGEST_NOTES} bytes")));
    }
    Ok(())
}

/// The recorded files that are meant, by project and name.
fn meant(
    records: &BTreeMap<ProjectName, ProjectRecord>,
    what: &str,
) -> Result<Vec<(ProjectName, String)>, CurateError> {
    let files = || records.values().flat_map(|record| &record.files);
    let found: Vec<&RecordedFile> = if let Ok(sha256) = Sha256::parse(what) {
        files().filter(|file| file.sha256 == sha256).collect()
    } else if let Ok(name) = FileName::parse(what) {
        files().filter(|file| file.name.as_str() == name.as_str()).collect()
    } else {
        let requirement = Requirement::parse(what).map_err(|error| CurateError::usage(error.to_string()))?;
        refuse_parts(&requirement)?;
        let of_it = |file: &&RecordedFile| {
            *file.name.project() == requirement.name && admits(&requirement.specifiers, file.name.version())
        };
        files().filter(of_it).collect()
    };
    if found.is_empty() {
        return Err(No::NotRecorded { what: what.to_owned() }.into());
    }
    Ok(found.into_iter().map(|file| (file.name.project().clone(), file.name.as_str().to_owned())).collect())
}

/// A difference is one from a file that was recorded: from any other nobody could say what was looked at.
fn verify_known(folder: &Folder, project: &ProjectName, from: &Sha256) -> Result<(), CurateError> {
    let has = |record: Option<ProjectRecord>| {
        record.is_some_and(|record| record.files.iter().any(|file| file.sha256 == *from))
    };
    let is_known = has(folder.record(project)?)
        || has(Signed::read(folder.path())?.record(folder.path(), project)?)
        || Retired::read(folder)?.iter().any(|(name, sha256)| {
            sha256 == *from && FileName::parse(name).is_ok_and(|name| name.project() == project)
        });
    if is_known {
        return Ok(());
    }
    Err(No::NotRecorded { what: format!("a file of {project} with SHA-256 {from}") }.into())
}
