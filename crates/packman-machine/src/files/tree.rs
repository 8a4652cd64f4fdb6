//! Listing and copying what a folder holds, for those who publish one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use packman_strict::path::SafePath;

use super::{Keeping, temporary};
use crate::failure::{Act, DiskFailure, DiskReason};

/// A plain file somewhere under a folder.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is, from that folder.
    pub path: SafePath,
    /// How long it is, in bytes.
    pub size: u64,
}

/// Lists every plain file under a folder, sorted; an empty list when there is no such folder.
///
/// Files still being written are left out. A symbolic link is a failure: what it points to can change under us,
/// and so is a name that would not be safe on every system.
pub fn list_tree(folder: &Path) -> Result<Vec<Listed>, DiskFailure> {
    let mut found = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(below) = waiting.pop() {
        let here = folder.join(&below);
        let failed = |error: io::Error| DiskFailure::new(Act::List, &here, &error);
        let entries = match fs::read_dir(&here) {
            Ok(entries) => entries,
            Err(error) if below.is_empty() && error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            list_one(&entry.map_err(failed)?, &below, &mut found, &mut waiting)?;
        }
    }
    found.sort_by(|one, other| one.path.as_str().cmp(other.path.as_str()));
    Ok(found)
}

/// The names in a folder, in no order, with those that are no text shown as well as can be; none where it is not there.
pub fn names(folder: &Path) -> Result<Vec<String>, DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::List, folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(failed)
}

/// Removes a folder with all that is in it, following no link; nothing of that name is as good.
pub fn remove_tree(folder: &Path) -> Result<(), DiskFailure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DiskFailure::new(Act::Remove, folder, &error))
        }
        _ => Ok(()),
    }
}

/// The first symbolic link at a place or anywhere below it: what is written there ends somewhere else.
pub fn first_link(place: &Path) -> Result<Option<PathBuf>, DiskFailure> {
    let mut waiting = vec![place.to_owned()];
    while let Some(here) = waiting.pop() {
        let failed = |error: io::Error| DiskFailure::new(Act::List, &here, &error);
        let about = match fs::symlink_metadata(&here) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        if about.is_symlink() {
            return Ok(Some(here));
        }
        if about.is_dir() {
            for entry in fs::read_dir(&here).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_dir() || kind.is_symlink() {
                    waiting.push(entry.path());
                }
            }
        }
    }
    Ok(None)
}

fn list_one(
    entry: &fs::DirEntry,
    below: &str,
    found: &mut Vec<Listed>,
    folders: &mut Vec<String>,
) -> Result<(), DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::List, entry.path(), &error);
    let about = entry.file_type().map_err(failed)?;
    let name = entry.file_name();
    let Some(name) = name.to_str() else { return Err(unsafe_name(&entry.path())) };
    if name.starts_with(super::TEMPORARY) {
        return Ok(());
    }
    let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
    if about.is_dir() {
        folders.push(path);
    } else if about.is_file() {
        let size = entry.metadata().map_err(failed)?.len();
        let path = SafePath::parse(&path).map_err(|_| unsafe_name(&entry.path()))?;
        found.push(Listed { path, size });
    } else {
        return Err(DiskFailure::because(Act::List, entry.path(), DiskReason::NotAFile));
    }
    Ok(())
}

fn unsafe_name(path: &Path) -> DiskFailure {
    DiskFailure::because(Act::List, path, DiskReason::UnsafeName)
}

/// Copies a plain file to a place whose folder is there, in one step; shares blocks where the file system can.
pub fn copy_file(from: &Path, to: &Path, keeping: Keeping) -> Result<(), DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::Write, to, &error);
    let unreadable = |error: io::Error| DiskFailure::new(Act::Read, from, &error);
    if !fs::metadata(from).map_err(unreadable)?.is_file() {
        return Err(DiskFailure::because(Act::Read, from, DiskReason::NotAFile));
    }
    let folder = to.parent().ok_or_else(|| DiskFailure::because(Act::Write, to, DiskReason::NotAFile))?;
    let mut source = fs::File::open(from).map_err(unreadable)?;
    let mut file = temporary(folder, keeping).map_err(failed)?;
    io::copy(&mut source, file.as_file_mut()).map_err(failed)?;
    if keeping == Keeping::Home {
        file.as_file().sync_all().map_err(failed)?;
    }
    file.persist(to).map(drop).map_err(|error| failed(error.error))
}
