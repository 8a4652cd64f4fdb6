//! Which releases are compared, and which of their files with which.

use std::sync::Arc;

use packman_database::{FileName, FileUrl, ProjectRecord, RecordedFile, blob_path};
use packman_names::{RequiresPython, Target, Version, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::Hashed;

use super::provenance::Publishers;
use super::{CompareRequest, Standing};
use crate::add::fetch::Files;
use crate::error::{CurateError, No, Refused};
use crate::folder::{Folder, Signed};
use crate::index::{CoreMetadataFile, IndexClient};
use crate::listing::{Candidate, Listing, Origin, Promise};

/// A release, with the files of it that count.
pub(super) struct Release {
    pub(super) version: Version,
    pub(super) standing: Standing,
    pub(super) files: Vec<Chosen>,
}

/// A file, and the places that may have it, the best first.
pub(super) struct Chosen {
    pub(super) name: FileName,
    pub(super) places: Vec<Candidate>,
    /// What the record says of where it was built; nothing where it is not recorded.
    recorded: Option<Publishers>,
}

/// Everything that is known of a project's releases.
pub(super) struct Releases<'r> {
    request: &'r CompareRequest,
    folder: &'r Folder,
    staged: ProjectRecord,
    signed: ProjectRecord,
    index: &'r IndexClient<'r>,
}

impl<'r> Releases<'r> {
    pub(super) fn read(
        folder: &'r Folder,
        index: &'r IndexClient<'r>,
        request: &'r CompareRequest,
    ) -> Result<Self, CurateError> {
        let project = &request.project;
        let none = || ProjectRecord::new(project.clone());
        let staged = folder.record(project)?.unwrap_or_else(none);
        let signed = Signed::read(folder.path())?.record(folder.path(), project)?.unwrap_or_else(none);
        Ok(Self { request, folder, staged, signed, index })
    }

    /// The release in question.
    pub(super) fn new_one(&self) -> Result<Release, CurateError> {
        let version = match &self.request.new {
            Some(version) => version.clone(),
            None => self.newest_unsigned()?,
        };
        let mut release = self.release(&version)?;
        // Files that were added to a release that is vouched for are what is new of it.
        let is_new = |file: &Chosen| self.signed.file(file.name.as_str()).is_none();
        if self.request.old.is_none() && release.files.iter().any(is_new) {
            release.files.retain(is_new);
            if release.standing == Standing::Signed {
                release.standing = Standing::Staged;
            }
        }
        Ok(release)
    }

    /// The release that it is compared with; none where nothing of the project is vouched for.
    pub(super) fn old_one(&self, new: &Release) -> Result<Option<Release>, CurateError> {
        if let Some(version) = &self.request.old {
            return self.release(version).map(Some);
        }
        let counts = |file: &&RecordedFile| {
            file.recalled.is_none()
                && file.name.wheel().is_some()
                && !new.files.iter().any(|new| new.name.as_str() == file.name.as_str())
        };
        let versions = || self.signed.files.iter().filter(counts).map(|file| file.name.version());
        let below = versions().filter(|version| **version <= new.version).max();
        let Some(version) = below.or_else(|| versions().min()).cloned() else { return Ok(None) };
        let files = self.signed.files.iter().filter(counts).filter(|file| *file.name.version() == version);
        let files = files.map(|file| self.recorded(file)).collect();
        Ok(Some(Release { version, standing: Standing::Signed, files }))
    }

    /// The newest release that is staged and not signed; else the newest of the index, above what is signed.
    fn newest_unsigned(&self) -> Result<Version, CurateError> {
        let is_new = |file: &&RecordedFile| {
            file.name.wheel().is_some() && self.signed.file(file.name.as_str()).is_none()
        };
        if let Some(version) = self.staged.files.iter().filter(is_new).map(|file| file.name.version()).max() {
            return Ok(version.clone());
        }
        let newest_signed = self.signed.versions().last().map(|version| (*version).clone());
        let listing = self.index.listing(&self.request.project)?;
        let files = listing.iter().flat_map(|listing| &listing.files);
        let newer = files.filter(|file| {
            file.name.wheel().is_some()
                && file.yanked.is_none()
                && !file.name.version().any_prerelease()
                && newest_signed.as_ref().is_none_or(|signed| signed < file.name.version())
        });
        let nothing = || No::NothingNew { project: self.request.project.clone() };
        Ok(newer.map(|file| file.name.version()).max().ok_or_else(nothing)?.clone())
    }

    /// A release as it is signed, staged, or listed.
    fn release(&self, version: &Version) -> Result<Release, CurateError> {
        let of = |record: &ProjectRecord| -> Vec<Chosen> {
            let files = record.files.iter().filter(|file| file.name.version() == version);
            files.map(|file| self.recorded(file)).collect()
        };
        let (staged, signed) = (of(&self.staged), of(&self.signed));
        let is_signed = staged.iter().all(|file| self.signed.file(file.name.as_str()).is_some());
        let (files, standing) = match (staged.is_empty(), signed.is_empty()) {
            (true, false) => (signed, Standing::Signed),
            (false, _) => (staged, if is_signed { Standing::Signed } else { Standing::Staged }),
            (true, true) => (self.listed(version)?, Standing::Elsewhere),
        };
        if files.iter().all(|file| file.name.wheel().is_none()) {
            let what = format!("{} {version}", self.request.project);
            return Err(No::NoWheel { what }.into());
        }
        Ok(Release { version: version.clone(), standing, files })
    }

    fn recorded(&self, file: &RecordedFile) -> Chosen {
        let promise = || Promise { sha256: file.sha256, by: "the record".to_owned() };
        let place = |url: &FileUrl| Candidate {
            name: file.name.clone(),
            origin: match url {
                FileUrl::Blob => {
                    Origin::Local(self.folder.join(&blob_path(&file.sha256, file.name.as_str())))
                }
                FileUrl::Absolute(url) => Origin::Web(url.clone()),
            },
            promise: Some(promise()),
            size: Some(file.size),
            requires_python: None,
            yanked: None,
            uploaded: None,
            for_lock: false,
            metadata: CoreMetadataFile::Absent,
            provenance: None,
        };
        Chosen {
            name: file.name.clone(),
            places: file.urls.iter().map(place).collect(),
            recorded: Some(Publishers(file.provenance.clone())),
        }
    }

    /// The wheels of a release that the index lists, as far as they are for the targets.
    fn listed(&self, version: &Version) -> Result<Vec<Chosen>, CurateError> {
        let project = &self.request.project;
        let not_there = || No::NotRecorded { what: format!("{project}=={version}") };
        let listing: Arc<Listing> = self.index.listing(project)?.ok_or_else(not_there)?;
        let of_version = listing.files.iter().filter(|file| file.name.version() == version);
        let wheels: Vec<_> = of_version.filter(|file| file.name.wheel().is_some()).collect();
        if wheels.is_empty() {
            return Err(not_there().into());
        }
        let fitting = wheels.iter().filter(|file| fits(file, &self.request.targets));
        let chosen = |file: &Arc<Candidate>| Chosen {
            name: file.name.clone(),
            places: vec![Candidate::clone(file)],
            recorded: None,
        };
        Ok(fitting.map(|file| chosen(file)).collect())
    }
}

fn fits(file: &Candidate, targets: &[Target]) -> bool {
    let Some(wheel) = file.name.wheel() else { return false };
    let python = file.requires_python.as_deref().and_then(|text| RequiresPython::parse(text).ok());
    let admits =
        |target: &Target| python.as_ref().is_none_or(|python| python.admits(target.markers.python()));
    targets.is_empty() || targets.iter().any(|target| target.tags.rank(wheel).is_some() && admits(target))
}

impl Release {
    /// The wheel that is most like one of this name: for the same platform, Python and ABI, as far as there is one.
    pub(super) fn nearest(&self, name: &WheelName) -> Option<(&Chosen, &WheelName)> {
        let likeness = |other: &WheelName| {
            let platform = usize::from(other.platform_tags() == name.platform_tags());
            let abi = usize::from(other.abi_tags() == name.abi_tags());
            let python = usize::from(other.python_tags() == name.python_tags());
            4 * platform + 2 * abi + python
        };
        let wheels = self.files.iter().filter_map(|file| Some((file, file.name.wheel()?)));
        // Of equals the first, as they are recorded.
        wheels.rev().max_by_key(|(_, other)| likeness(other))
    }
}

impl Chosen {
    /// Who is said to have built it: what is recorded, else what the index says now.
    pub(super) fn publishers(&self, files: &Files<'_>, sha256: &Sha256) -> Publishers {
        match &self.recorded {
            Some(recorded) => recorded.clone(),
            None => self.places.first().map(|place| files.publishers(place, sha256)).unwrap_or_default(),
        }
    }
}

/// The refusal of bytes that are not those that were promised.
pub(super) fn other_bytes(chosen: &Chosen, promise: &Promise, bytes: &Hashed) -> CurateError {
    Refused::Bytes {
        file: chosen.name.as_str().to_owned(),
        wanted: promise.sha256,
        found: Some(bytes.sha256()),
        sizes: None,
        promised_by: promise.by.clone(),
    }
    .into()
}
