//! `curate recall`: takes files back, for everybody who has them and for everybody who would.
//!
//! It is decided in `recalls.json`; signing derives what records say of it. What was recorded once can be recalled, also
//! after it was removed: the files are still where they were installed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use packman_database::{FileName, Kind, ProjectRecord, RECALLS_PATH, Recall, Recalls};
use packman_names::{Requirement, admits};
use packman_strict::Sha256;

use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::{Folder, Signed};
use crate::remove::{Retired, refuse_parts};

/// What to recall, or to recall no longer.
#[derive(Clone, Debug)]
pub struct RecallRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// A project, some of its releases, a file name, or the SHA-256 of a file.
    pub what: String,
    /// What to do.
    pub act: RecallAct,
}

/// Whether files are taken back, or a recall was a mistake.
#[derive(Clone, Debug)]
pub enum RecallAct {
    /// Take them back.
    Recall {
        /// Why, for everybody to read.
        reason: String,
        /// What whoever has them should do now.
        advice: Option<String>,
    },
    /// Recall them no longer.
    Undo,
}

/// What is recalled, or no longer, from the next signature on.
#[derive(Clone, Debug, Default)]
pub struct RecallReport {
    /// The names of the files.
    pub files: Vec<String>,
}

impl Curator<'_> {
    /// Stages the recall of files, or its end. Nothing that was never recorded can be recalled.
    pub fn recall(&self, request: &RecallRequest) -> Result<RecallReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.must_be(Kind::Database)?;
        let meant = meant(&folder, &request.what)?;
        let mut recalls = folder.recalls()?;
        let mut report = RecallReport::default();
        for (name, sha256) in meant {
            let is_changed = match &request.act {
                RecallAct::Recall { reason, advice } => {
                    let recall = Recall {
                        project: name.project().clone(),
                        version: name.version().to_string(),
                        reason: reason.clone(),
                        advice: advice.clone(),
                        at: self.now,
                    };
                    recalls.insert(sha256, recall);
                    true
                }
                RecallAct::Undo => recalls.remove(&sha256).is_some(),
            };
            report.files.extend(is_changed.then(|| name.as_str().to_owned()));
        }
        if report.files.is_empty() {
            return Err(No::NotRecalled { what: request.what.clone() }.into());
        }
        let bytes = recalls.encode();
        Recalls::parse(&bytes).map_err(|error| CurateError::usage(error.to_string()))?;
        folder.write(RECALLS_PATH, &bytes)?;
        Ok(report)
    }
}

/// Every file that was ever recorded and is meant, by name.
fn meant(folder: &Folder, what: &str) -> Result<Vec<(FileName, Sha256)>, CurateError> {
    let known = known(folder)?.into_iter();
    let found: Vec<(FileName, Sha256)> = if let Ok(wanted) = Sha256::parse(what) {
        known.filter(|(_, sha256)| *sha256 == wanted).collect()
    } else if let Ok(file) = FileName::parse(what) {
        known.filter(|(name, _)| name.as_str() == file.as_str()).collect()
    } else {
        let requirement = Requirement::parse(what).map_err(|error| CurateError::usage(error.to_string()))?;
        refuse_parts(&requirement)?;
        let is_meant = |name: &FileName| {
            *name.project() == requirement.name && admits(&requirement.specifiers, name.version())
        };
        known.filter(|(name, _)| is_meant(name)).collect()
    };
    if found.is_empty() {
        return Err(No::NotRecorded { what: what.to_owned() }.into());
    }
    Ok(found)
}

/// Every file that is staged, is signed, or was recorded once.
fn known(folder: &Folder) -> Result<Vec<(FileName, Sha256)>, CurateError> {
    let signed = Signed::read(folder.path())?;
    let mut known: BTreeMap<String, (FileName, Sha256)> = BTreeMap::new();
    let mut take = |name: &FileName, sha256: Sha256| {
        known.entry(name.as_str().to_owned()).or_insert_with(|| (name.clone(), sha256));
    };
    let mut take_record =
        |record: &ProjectRecord| record.files.iter().for_each(|file| take(&file.name, file.sha256));
    folder.readable_records()?.0.values().for_each(&mut take_record);
    for project in signed.projects() {
        signed.record(folder.path(), &project)?.iter().for_each(&mut take_record);
    }
    for (name, sha256) in Retired::read(folder)?.iter() {
        // Written by PackMan, so that each is the name of a file; a person may have edited it.
        if let Ok(name) = FileName::parse(name) {
            take(&name, sha256);
        }
    }
    Ok(known.into_values().collect())
}
