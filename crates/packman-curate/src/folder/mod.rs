//! The folder of a database at its scapegoat's: what is staged, what is signed, and how it is to be signed.
//!
//! Nothing in it is secret, so it can be a git repository. See `docs/formats/curated-folder.md`. What a person edited
//! into nonsense is refused (`database-damaged`), and never repaired by guessing.

mod rotation;
mod settings;
mod signed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_database::{About, Kind, MalformedRecord, ProjectRecord, Recalls};
use packman_machine::files::{self, Keeping, Prepared};
use packman_machine::lock::{FileLock, LockWait};
use packman_machine::stop::Commit;
use packman_names::ProjectName;
use packman_trust::{DATABASES_PATH, Listings};

use crate::compare::NOTE;
use crate::curator::{Curator, Event};
use crate::error::{CurateError, No, Refused};
use crate::force::settings_after;
use crate::keys::Undecided;
use crate::proposal::Proposal;

pub(crate) use rotation::Rotation;
pub use settings::Lifetimes;
pub(crate) use settings::{Held, Settings};
pub(crate) use signed::{Shelf, Signed, verify_publication, verify_rotation, verify_successor};

/// The file that makes a folder a database's; written last when one is made.
pub(crate) const SETTINGS: &str = "curate.toml";
/// The file that is locked while the folder changes. Not one that is read: some systems let nobody read a locked one.
const LOCK: &str = ".packman-lock";
/// What git is told to leave out, where it is told nothing yet.
const IGNORED: &str = ".gitignore";
/// The largest staged file that is read, in bytes: as large as records are read anywhere.
const LARGEST: u64 = 64 << 20;

/// Records that can be read, and projects of which the record cannot.
pub(crate) type Records = (BTreeMap<ProjectName, ProjectRecord>, Vec<(ProjectName, CurateError)>);

/// A database's folder that was opened.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    held: Held,
}

impl Folder {
    /// Opens a folder that `init` made.
    pub(crate) fn open(path: &Path) -> Result<Self, CurateError> {
        let at = path.join(SETTINGS);
        let Some(mut bytes) = files::read_file(&at, LARGEST)? else {
            return Err(No::NoDatabase { folder: path.to_owned() }.into());
        };
        if let Some(settings) = Rotation::read(path)?.as_ref().and_then(|begun| begun.file(SETTINGS)) {
            bytes = settings.to_vec();
        }
        let held = std::str::from_utf8(&bytes)
            .map_err(|_| "wanted UTF-8 text".to_owned())
            .and_then(Held::parse)
            .map_err(|why| Refused::Folder { path: at, why })?;
        Ok(Self { path: path.to_owned(), held })
    }

    /// Opens a folder to change it: no other PackMan does so until the lock is dropped.
    pub(crate) fn open_locked(path: &Path, curator: &Curator<'_>) -> Result<(Self, FileLock), CurateError> {
        Self::open(path)?;
        let lock = lock(path, curator)?;
        // Whoever had it before may have given it other keys.
        let folder = Self::open(path)?;
        if let Held::Signed(_) = &folder.held {
            Rotation::finish_begun(&folder)?;
            Undecided::clear(folder.path(), curator.home, Some(&folder.all_settings()?), None)?;
        }
        Self::clear_abandoned(path);
        Ok((folder, lock))
    }

    /// Locks a folder that is to become a database's, and is made when it is not there. Whoever was killed while he made
    /// one there left keys, which are taken away.
    pub(crate) fn lock_new(
        path: &Path,
        spare: Option<&Path>,
        curator: &Curator<'_>,
    ) -> Result<FileLock, CurateError> {
        files::make_public_folder(path)?;
        let lock = lock(path, curator)?;
        if files::read_file(&path.join(SETTINGS), LARGEST)?.is_none() {
            Undecided::clear(path, curator.home, None, spare)?;
        }
        Self::clear_abandoned(path);
        Ok(lock)
    }

    /// Takes away a folder that was made for a database that did not come to be, unless something is in it.
    pub(crate) fn unmake(path: &Path) {
        let removed = files::remove_file(&path.join(LOCK));
        let _ = removed.and_then(|()| files::remove_empty_folder(path));
    }

    /// The settings with the keys, too, that a proposed root would bring.
    fn all_settings(&self) -> Result<Settings, CurateError> {
        let mut settings = self.settings()?.clone();
        if let Some(proposal) = Proposal::read(self)? {
            settings.root.extend(settings_after(self, &proposal)?.keys());
        }
        Ok(settings)
    }

    /// Removes what somebody was writing here who was killed.
    fn clear_abandoned(path: &Path) {
        files::clear_abandoned(path);
        for folder in ["projects", "metadata", "targets", "blobs", "proposed"] {
            files::clear_abandoned_below(&path.join(folder));
        }
    }

    /// Makes the files of a new database; the settings come last, so that half of one is none.
    pub(crate) fn make(
        path: &Path,
        settings: Settings,
        about: &About,
        root: impl FnOnce(&Self) -> Result<(), CurateError>,
    ) -> Result<Self, CurateError> {
        Self::make_held(path, Held::Signed(Box::new(settings)), about, root)
    }

    /// Makes the files of a new list that nobody signs.
    pub(crate) fn make_unsigned(path: &Path, about: &About) -> Result<Self, CurateError> {
        Self::make_held(path, Held::Unsigned, about, |_| Ok(()))
    }

    fn make_held(
        path: &Path,
        held: Held,
        about: &About,
        root: impl FnOnce(&Self) -> Result<(), CurateError>,
    ) -> Result<Self, CurateError> {
        let folder = Self { path: path.to_owned(), held };
        folder.write("about.json", &about.encode())?;
        match about.kind {
            Kind::List => folder.write(DATABASES_PATH, &Listings::default().encode())?,
            Kind::Database => {
                folder.write("recalls.json", &Recalls::default().encode())?;
                files::make_public_folder(&folder.join("projects"))?;
            }
        }
        root(&folder)?;
        if files::read_file(&folder.join(IGNORED), LARGEST)?.is_none() {
            folder.write(IGNORED, format!("{LOCK}\n{NOTE}\n").as_bytes())?;
        }
        folder.write(SETTINGS, folder.held.encode().as_bytes())?;
        Ok(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How it is signed; a list without keys is not.
    pub(crate) fn settings(&self) -> Result<&Settings, CurateError> {
        match &self.held {
            Held::Signed(settings) => Ok(settings),
            Held::Unsigned => Err(No::Unsigned { folder: self.path.clone() }.into()),
        }
    }

    /// Whether it is a list without keys.
    pub(crate) fn is_unsigned(&self) -> bool {
        self.held == Held::Unsigned
    }

    /// Refuses the verbs of the other kind: what a list holds is not a project, nor the other way round.
    pub(crate) fn must_be(&self, wanted: Kind) -> Result<(), CurateError> {
        let found = self.about()?.kind;
        if found == wanted {
            return Ok(());
        }
        let (folder, found, wanted) = (crate::error::shown(&self.path), found.as_str(), wanted.as_str());
        Err(CurateError::usage(format!("{folder} is a {found}, wanted a {wanted}")))
    }

    /// Where a file of it is or would be. The names come from this crate and from parsed project and file names.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file whole or not at all, with the folders it needs; touches nothing when it has these bytes.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CurateError> {
        Ok(self.prepare(name, bytes)?.map_or(Ok(()), Prepared::place)?)
    }

    /// Writes a file beside its place; nothing where it has these bytes.
    fn prepare(&self, name: &str, bytes: &[u8]) -> Result<Option<Prepared>, CurateError> {
        let path = self.join(name);
        if files::read_file(&path, u64::MAX)?.is_some_and(|old| old == bytes) {
            return Ok(None);
        }
        if let Some(parent) = path.parent() {
            files::make_public_folder(parent)?;
        }
        Ok(Some(Prepared::write(&path, bytes, Keeping::Published)?))
    }

    /// What the database says of itself, as staged.
    pub(crate) fn about(&self) -> Result<About, CurateError> {
        self.parsed("about.json", About::parse)
    }

    /// What it takes back, as staged.
    pub(crate) fn recalls(&self) -> Result<Recalls, CurateError> {
        self.parsed("recalls.json", Recalls::parse)
    }

    /// The databases of a list, as staged.
    pub(crate) fn listings(&self) -> Result<Listings, CurateError> {
        self.parsed(DATABASES_PATH, Listings::parse)
    }

    /// The staged record of a project.
    pub(crate) fn record(&self, project: &ProjectName) -> Result<Option<ProjectRecord>, CurateError> {
        let name = packman_database::record_path(project);
        let Some(bytes) = files::read_file(&self.join(&name), LARGEST)? else { return Ok(None) };
        let record = ProjectRecord::parse(project, &bytes).map_err(|error| self.damaged(&name, &error))?;
        Ok(Some(record))
    }

    /// Every staged record; the first that cannot be read is refused.
    pub(crate) fn records(&self) -> Result<BTreeMap<ProjectName, ProjectRecord>, CurateError> {
        let (records, damaged) = self.readable_records()?;
        match damaged.into_iter().next() {
            Some((_, why)) => Err(why),
            None => Ok(records),
        }
    }

    /// Every staged record that can be read, and why the others cannot.
    pub(crate) fn readable_records(&self) -> Result<Records, CurateError> {
        let (mut records, mut damaged) = (BTreeMap::new(), Vec::new());
        for file in files::list_tree(&self.join("projects"))? {
            let name = format!("projects/{}", file.path.as_str());
            // What a desktop or an editor leaves behind is nobody's record.
            if file.path.file_name().starts_with('.') || name.ends_with('~') {
                continue;
            }
            let project = packman_database::project_of_path(&name).ok_or_else(|| Refused::Folder {
                path: self.join(&name),
                why: "wanted a record, named `<project>.json` in the project's normalised spelling"
                    .to_owned(),
            })?;
            match self.record(&project) {
                Ok(record) => _ = record.map(|record| records.insert(project, record)),
                Err(why) => damaged.push((project, why)),
            }
        }
        Ok((records, damaged))
    }

    /// Stages records; one without files is taken away. Nothing is written that could not be read again, and then
    /// nothing at all: a hostile index must not leave a folder that no command can read. All that takes room is done before
    /// the first record changes.
    pub(crate) fn stage(&self, records: &[&ProjectRecord]) -> Result<(), CurateError> {
        let mut ready = Vec::new();
        for record in records {
            let bytes = record.encode();
            ProjectRecord::parse(&record.name, &bytes)
                .map_err(|error| Refused::Record { project: record.name.clone(), why: error.to_string() })?;
            ready.push((record, bytes));
        }
        let _commit = Commit::begin();
        let mut prepared = Vec::new();
        for (record, bytes) in ready.iter().filter(|(record, _)| !record.files.is_empty()) {
            prepared.extend(self.prepare(&packman_database::record_path(&record.name), bytes)?);
        }
        prepared.into_iter().try_for_each(Prepared::place)?;
        let empty = records.iter().filter(|record| record.files.is_empty());
        empty.into_iter().try_for_each(|record| self.unstage(&record.name))
    }

    /// Takes the record of a project away, whatever is in it.
    pub(crate) fn unstage(&self, project: &ProjectName) -> Result<(), CurateError> {
        Ok(files::remove_file(&self.join(&packman_database::record_path(project)))?)
    }

    fn parsed<T>(
        &self,
        name: &str,
        parse: fn(&[u8]) -> Result<T, MalformedRecord>,
    ) -> Result<T, CurateError> {
        let missing = || Refused::Folder { path: self.join(name), why: "it is not there".to_owned() };
        let bytes = files::read_file(&self.join(name), LARGEST)?.ok_or_else(missing)?;
        parse(&bytes).map_err(|error| self.damaged(name, &error))
    }

    fn damaged(&self, name: &str, error: &MalformedRecord) -> CurateError {
        Refused::Folder { path: self.join(name), why: error.to_string() }.into()
    }
}

/// Keeps every other PackMan from changing a folder.
fn lock(folder: &Path, curator: &Curator<'_>) -> Result<FileLock, CurateError> {
    let waiting = || curator.events.event(Event::Waiting);
    Ok(FileLock::take(&folder.join(LOCK), LockWait::default(), curator.stop, &waiting)?)
}

#[cfg(test)]
mod tests;
