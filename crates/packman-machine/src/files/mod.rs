//! Files and folders: bounded reads, whole writes, listings.
//!
//! A file is written beside its place under a random name, and renamed over it: whoever reads sees the old
//! bytes or the new ones, never half of either, and nobody can prepare the temporary name.

mod exposure;
mod tree;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::failure::{Act, DiskFailure, DiskReason};

pub use exposure::{Exposure, exposure, is_exposed, other_owner};
pub use tree::{Listed, copy_file, first_link, list_tree, remove_tree};

/// What a file is for, which decides who may read it and what it survives.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Keeping {
    /// The user's own state: mode 0600, on the disk before it is renamed.
    Home,
    /// Can be made again: mode 0600, no fsync.
    Cache,
    /// Read by others, a web server say: the mode the umask leaves, no fsync; see [`settle`].
    Published,
}

/// Makes a folder and those above it that are missing, for this user alone (mode 0700).
pub fn make_private_folder(path: &Path) -> Result<(), DiskFailure> {
    make_folder(path, 0o700)
}

/// Makes a folder and those above it that are missing, as the umask leaves them.
pub fn make_public_folder(path: &Path) -> Result<(), DiskFailure> {
    make_folder(path, 0o777)
}

fn make_folder(path: &Path, mode: u32) -> Result<(), DiskFailure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    #[cfg(not(unix))]
    let _ = mode;
    match builder.create(path) {
        Ok(()) => Ok(()),
        // `mkdir -p` over a file says "exists", which would send a reader looking for the wrong fault.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(DiskFailure::because(Act::Make, path, DiskReason::NotAFolder))
        }
        Err(error) => Err(DiskFailure::new(Act::Make, path, &error)),
    }
}

/// Reads a plain file of at most so many bytes; `None` when nothing has that name.
pub fn read_file(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::Read, path, &error);
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Opening a pipe would wait for its writer, and a device never ends.
    if !about.is_file() {
        return Err(DiskFailure::because(Act::Read, path, DiskReason::NotAFile));
    }
    let too_large = || DiskFailure::because(Act::Read, path, DiskReason::TooLarge(max_bytes));
    if about.len() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(Some(bytes)) }
}

/// Writes a whole file in one step, over whatever had its name; its folder must be there.
///
/// A [`Keeping::Home`] file costs one fsync; its folder is synced as well only where the name is new (a key that
/// was just made must not vanish in a power cut; of an old name, one of the two versions is always left).
pub fn write_file(path: &Path, bytes: &[u8], keeping: Keeping) -> Result<(), DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::Write, path, &error);
    let folder = path.parent().ok_or_else(|| DiskFailure::because(Act::Write, path, DiskReason::NotAFile))?;
    let mut file = temporary(folder, keeping).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let durable = keeping == Keeping::Home;
    let new_name = durable && !path.exists();
    if durable {
        file.as_file().sync_all().map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    if new_name {
        sync_folder(folder).map_err(failed)?;
    }
    Ok(())
}

/// A folder of a random name, for this user alone; it is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Makes one in a folder that is there.
    pub fn in_folder(folder: &Path) -> Result<Self, DiskFailure> {
        let made = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder);
        made.map(Self).map_err(|error| DiskFailure::new(Act::Make, folder, &error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Opens a file of a random name in a folder; it is removed again unless it is renamed.
pub(crate) fn temporary(folder: &Path, keeping: Keeping) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    if keeping == Keeping::Published {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = keeping;
    builder.tempfile_in(folder)
}

/// How names of files begin that are being written; one that stays behind is of a process that was killed.
pub(crate) const TEMPORARY: &str = ".packman-tmp-";

/// Removes a file; nothing of that name is as good.
pub fn remove_file(path: &Path) -> Result<(), DiskFailure> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DiskFailure::new(Act::Remove, path, &error)),
    }
}

/// Removes a folder if nothing is in it; one that holds something, or is not there, is left alone.
pub fn remove_empty_folder(path: &Path) -> Result<(), DiskFailure> {
    match fs::remove_dir(path) {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Ok(())
        }
        Err(error) => Err(DiskFailure::new(Act::Remove, path, &error)),
    }
}

/// Waits until everything written so far to the file system of a folder is on the disk: one call for many
/// files, before the one is renamed that makes them visible.
pub fn settle(folder: &Path) -> Result<(), DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::Write, folder, &error);
    #[cfg(target_os = "linux")]
    {
        let open = fs::File::open(folder).map_err(failed)?;
        rustix::fs::syncfs(&open).map_err(|error| failed(error.into()))
    }
    #[cfg(not(target_os = "linux"))]
    sync_folder(folder).map_err(failed)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
