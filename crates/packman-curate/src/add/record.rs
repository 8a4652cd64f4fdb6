//! Holds new files against what is recorded, and stages the records.

use std::collections::BTreeMap;
use std::sync::Arc;

use packman_database::{FileUrl, MOST_ALSO, ProjectRecord, shortened};
use packman_names::ProjectName;
use packman_strict::Sha256;

use super::AddedFile;
use super::fetch::FetchedFile;
use crate::curator::Note;
use crate::error::{CurateError, Refused};
use crate::folder::{Folder, Signed};
use crate::listing::Candidate;
use crate::remove::Retired;

/// What is recorded: staged, signed, or once.
pub(super) struct Known<'k> {
    folder: &'k Folder,
    signed: Signed,
    retired: Retired,
    records: BTreeMap<ProjectName, ProjectRecord>,
}

/// How a file stands to what is recorded.
pub(super) enum Standing {
    /// It is recorded, with the hash that is promised now.
    Recorded,
    /// It is recorded, with another hash than is promised now.
    Changed(Refused),
    /// Its bytes have to be looked at.
    New,
}

impl<'k> Known<'k> {
    pub(super) fn read(folder: &'k Folder) -> Result<Self, CurateError> {
        let (signed, retired) = (Signed::read(folder.path())?, Retired::read(folder)?);
        Ok(Self { folder, signed, retired, records: BTreeMap::new() })
    }

    /// How a file stands, by what is promised of it. A name that was recorded never gets another hash.
    pub(super) fn standing(&mut self, candidate: &Candidate, copy: bool) -> Result<Standing, CurateError> {
        let file = candidate.name.as_str();
        let recorded = self.hash_of(candidate.name.project(), file)?;
        let (Some(recorded), Some(promise)) = (recorded, &candidate.promise) else {
            return Ok(Standing::New);
        };
        if recorded != promise.sha256 {
            return Ok(Standing::Changed(Refused::HashChanged {
                file: file.to_owned(),
                recorded,
                found: promise.sha256,
            }));
        }
        let staged = self.record(candidate.name.project())?.file(file);
        let whole = staged.is_some_and(|staged| !copy || staged.urls.contains(&FileUrl::Blob));
        Ok(if whole { Standing::Recorded } else { Standing::New })
    }

    /// The hash that a file has or had where it is recorded: staged, signed, or once.
    fn hash_of(&mut self, project: &ProjectName, file: &str) -> Result<Option<Sha256>, CurateError> {
        if let Some(staged) = self.record(project)?.file(file) {
            return Ok(Some(staged.sha256));
        }
        let signed = self.signed.record(self.folder.path(), project)?;
        let signed = signed.and_then(|record| record.file(file).map(|file| file.sha256));
        Ok(signed.or_else(|| self.retired.hash_of(file)))
    }

    /// What a staged file says that it needs.
    pub(super) fn needs(&mut self, project: &ProjectName, file: &str) -> Result<Vec<String>, CurateError> {
        let file = self.record(project)?.file(file);
        Ok(file.map(|file| file.metadata.requires_dist.to_vec()).unwrap_or_default())
    }

    /// Whether something of a project is staged.
    pub(super) fn has(&mut self, project: &ProjectName) -> Result<bool, CurateError> {
        Ok(!self.record(project)?.files.is_empty())
    }

    fn record(&mut self, project: &ProjectName) -> Result<&mut ProjectRecord, CurateError> {
        if !self.records.contains_key(project) {
            let record = self.folder.record(project)?.unwrap_or_else(|| ProjectRecord::new(project.clone()));
            self.records.insert(project.clone(), record);
        }
        Ok(self.records.entry(project.clone()).or_insert_with(|| ProjectRecord::new(project.clone())))
    }

    /// Takes over that a recorded file was yanked at its source since, or is no longer.
    pub(super) fn note_yank(&mut self, candidate: &Candidate) -> Option<Note> {
        let record = self.records.get_mut(candidate.name.project())?;
        let file = record.files.iter_mut().find(|file| file.name.as_str() == candidate.name.as_str())?;
        if file.yanked == candidate.yanked {
            return None;
        }
        file.yanked.clone_from(&candidate.yanked);
        Some(Note::YankChanged { file: candidate.name.as_str().to_owned(), yanked: candidate.yanked.clone() })
    }

    /// Takes over that a file which was recorded for lockers is meant for installing now.
    pub(super) fn note_use(&mut self, candidate: &Candidate) {
        let record = self.records.get_mut(candidate.name.project());
        let mut files = record.into_iter().flat_map(|record| &mut record.files);
        if let Some(file) = files.find(|file| file.name.as_str() == candidate.name.as_str()) {
            file.for_lock &= candidate.for_lock;
        }
    }

    /// Records a file that was fetched; `None` where it is recorded like that already. Refused where its name is
    /// recorded with another hash.
    pub(super) fn add(&mut self, fetched: FetchedFile) -> Result<Option<AddedFile>, CurateError> {
        let FetchedFile { mut file, summary } = fetched;
        let project = file.name.project().clone();
        if let Some(recorded) =
            self.hash_of(&project, file.name.as_str())?.filter(|recorded| *recorded != file.sha256)
        {
            return Err(crate::staged::hash_changed(&file, recorded));
        }
        let added = AddedFile {
            project: project.clone(),
            version: file.name.version().clone(),
            file: file.name.as_str().to_owned(),
            sha256: file.sha256,
            size: file.size,
            for_lock: file.for_lock,
        };
        let record = self.record(&project)?;
        // Files that say the same share it, in memory as in the record.
        if let Some(same) = record.files.iter().find(|other| other.metadata == file.metadata) {
            file.metadata = Arc::clone(&same.metadata);
        }
        if record.versions().last().is_none_or(|newest| **newest <= added.version) && summary.is_some() {
            record.summary = summary.map(shortened);
        }
        match record.files.iter_mut().find(|old| old.name.as_str() == added.file) {
            // The same bytes again, from another place: when they were first seen, and what was reviewed, stay.
            Some(old) => {
                old.for_lock &= file.for_lock;
                let urls = joined(&old.urls, file.urls);
                if old.urls == urls {
                    return Ok(None);
                }
                old.urls = urls;
            }
            None => record.files.push(file),
        }
        Ok(Some(added))
    }

    /// Writes the records, each in one step, and none where one could not be read again.
    pub(super) fn stage(&self) -> Result<(), CurateError> {
        let records: Vec<_> = self.records.values().filter(|record| !record.files.is_empty()).collect();
        self.folder.stage(&records)
    }
}

/// The places of both, the published copy first.
fn joined(old: &[FileUrl], new: Vec<FileUrl>) -> Vec<FileUrl> {
    let mut urls = old.to_vec();
    urls.extend(new.into_iter().filter(|url| !old.contains(url)));
    urls.sort_by_key(|url| *url != FileUrl::Blob);
    urls.truncate(MOST_ALSO + 1);
    urls
}
