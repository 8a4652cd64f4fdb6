//! Compares the files of a project with its RECORD.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use packman_names::ProjectName;
use packman_strict::Sha256;

use super::{Audit, Noted, Wrong, stray};
use crate::base64;
use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::{digest_file, split};
use crate::installed::Installed;
use crate::record;
use crate::removal::{InstalledRecord, may_own, place};
use crate::scheme::{Places, join};

/// What the RECORDs of an environment name, links resolved, relative to its root.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    files: BTreeMap<String, ProjectName>,
    folders: BTreeSet<String>,
    /// The folders of facts whose files are not known, which is said already.
    told: BTreeSet<String>,
    /// The files that each RECORD names, by the folder that it lies in.
    rows: HashMap<String, Vec<String>>,
    /// The digest of each file that was read.
    digests: HashMap<String, Sha256>,
    /// Where each folder really is.
    real: HashMap<String, Option<String>>,
}

impl Recorded {
    /// Whose a file is.
    pub(super) fn owner(&self, path: &str) -> Option<&ProjectName> {
        self.files.get(path)
    }

    /// Whether it is said already that what is in a folder is not known.
    pub(super) fn is_told(&self, folder: &str) -> bool {
        self.told.contains(folder)
    }

    /// Remembers that this is said.
    pub(super) fn tell(&mut self, folder: &str) {
        self.told.insert(folder.to_owned());
    }

    /// Whether something in a folder is recorded.
    pub(super) fn has_below(&self, folder: &str) -> bool {
        self.folders.contains(folder)
    }

    /// The files that the RECORD in a folder names.
    pub(super) fn rows_of(&self, dist_info: &str) -> Vec<String> {
        self.rows.get(dist_info).cloned().unwrap_or_default()
    }

    /// The digest of a file, where it was read for its row.
    pub(super) fn digest(&self, path: &str) -> Option<Sha256> {
        self.digests.get(path).copied()
    }

    /// Compares a project's files, and remembers them.
    pub(super) fn compare(
        &mut self,
        places: &Places,
        installed: &Installed,
        audit: &mut Audit,
    ) -> Result<(), ChangeError> {
        let project = Some(&installed.name);
        let folder = super::relative(places, &installed.dist_info);
        let shown = join(&folder, "RECORD");
        let read = match InstalledRecord::read(places, installed) {
            Ok(read) => read,
            Err(ChangeError::Conflict(conflict)) => {
                self.tell(&folder);
                audit.find(shown, project, Wrong::Unreadable(conflict.to_string()));
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        let rows = match record::parse(&read.text) {
            Ok(rows) => rows,
            Err(fault) => {
                self.tell(&folder);
                audit.find(shown, project, Wrong::Unreadable(fault.to_string()));
                return Ok(());
            }
        };
        for row in rows {
            let named = place(places, &read.site, &row.path).filter(|path| may_own(places, path));
            let Some(path) = named.and_then(|path| self.resolved(places, &path)) else {
                audit.find(row.path.into_owned(), project, Wrong::Escapes);
                continue;
            };
            self.remember(&path, &installed.name);
            self.rows.entry(folder.clone()).or_default().push(path.clone());
            if let Some(digest) = compare_file(places, &path, &row.hash, &installed.name, audit)? {
                self.digests.insert(path, digest);
            }
        }
        Ok(())
    }

    fn remember(&mut self, path: &str, project: &ProjectName) {
        self.files.insert(path.to_owned(), project.clone());
        let mut folder = split(path).0;
        while !folder.is_empty() && self.folders.insert(folder.to_owned()) {
            folder = split(folder).0;
        }
    }

    /// The path with the links of its folder resolved; none where they lead out of the environment.
    pub(super) fn resolved(&mut self, places: &Places, path: &str) -> Option<String> {
        let (folder, name) = split(path);
        let real = self.real.entry(folder.to_owned()).or_insert_with(|| real_folder(&places.root, folder));
        real.as_deref().map(|folder| join(folder, name))
    }
}

/// Compares a file with its row; gives its digest where it could be read.
fn compare_file(
    places: &Places,
    path: &str,
    hash: &str,
    project: &ProjectName,
    audit: &mut Audit,
) -> Result<Option<Sha256>, ChangeError> {
    let full = places.root.join(path);
    // What it leads to may be changed by whoever has nothing to do with the environment.
    if fs::symlink_metadata(&full).is_ok_and(|about| about.is_symlink()) {
        audit.find(path.to_owned(), Some(project), Wrong::Linked);
        return Ok(None);
    }
    let found = match digest_file(&full) {
        Ok((found, _)) => found,
        // Bytecode may be removed by anybody: Python makes it again.
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_bytecode(path) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            audit.find(path.to_owned(), Some(project), Wrong::Missing);
            return Ok(None);
        }
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => return Ok(None),
        Err(error) => return Err(Failure::new(&full, "read", error).into()),
    };
    if stray::runs_at_start(places, path) {
        audit.note(path.to_owned(), Some(project), Noted::RunsAtStart);
    }
    let Some((algorithm, digest)) = hash.split_once('=') else {
        // RECORD cannot name its own hash, and bytecode is made after RECORD.
        if !hash.is_empty() || !(path.ends_with("/RECORD") || is_bytecode(path)) {
            let found = if hash.is_empty() { "none" } else { hash };
            audit.find(path.to_owned(), Some(project), Wrong::NoHash(found.to_owned()));
        } else if is_bytecode(path) {
            audit.bytecode.insert(path.to_owned());
        }
        return Ok(Some(found));
    };
    audit.compared += 1;
    let what = match algorithm {
        // Some tools of old padded it.
        "sha256" if digest.trim_end_matches('=') == base64::encode(&found) => return Ok(Some(found)),
        "sha256" => Wrong::Differs,
        other => Wrong::NoHash(other.to_owned()),
    };
    audit.find(path.to_owned(), Some(project), what);
    Ok(Some(found))
}

/// A folder that is not there stays as it is named: its files are missing, and that is said.
fn real_folder(root: &Path, folder: &str) -> Option<String> {
    let real: PathBuf = match root.join(folder).canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(folder.to_owned()),
        Err(_) => return None,
    };
    real.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

pub(super) fn is_bytecode(path: &str) -> bool {
    path.strip_suffix(".pyc").is_some() && path.contains("__pycache__/")
}
