//! Files and folders: bounded reads, whole writes, listings.
//!
//! A file is written beside its place under a random name, and renamed over it: whoever reads sees the old
//! bytes or the new ones, never half of either, and nobody can prepare the temporary name.

mod exposure;
mod temporary;
mod tree;

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Act, DiskFailure, DiskReason};

pub use exposure::{
    Exposure, changeable_by_others_than_root, exposure, is_exposed, is_of_strangers, other_owner, owner,
    unwritable,
};
pub use temporary::{Scratch, clear_abandoned, clear_abandoned_below, clear_own_abandoned};
pub(crate) use temporary::{TEMPORARY, temporary};
pub use tree::{Listed, copy_file, first_link, list_tree, names, remove_tree};

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

/// The same of what somebody named himself: then it may be a pipe or a device, too, and is waited for.
pub fn read_file_or_stream(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, DiskFailure> {
    let is_stream = fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir());
    if !is_stream {
        return read_file(path, max_bytes);
    }
    let mut stream = fs::File::open(path).map_err(|error| DiskFailure::new(Act::Read, path, &error))?;
    read_stream(&mut stream, path, max_bytes).map(Some)
}

/// Reads at most so many bytes to their end; the path is for who is told that it failed.
pub fn read_stream(stream: &mut dyn Read, path: &Path, max_bytes: u64) -> Result<Vec<u8>, DiskFailure> {
    let mut bytes = Vec::new();
    let read = stream.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| DiskFailure::new(Act::Read, path, &error))?;
    let is_whole = bytes.len() as u64 <= max_bytes;
    is_whole
        .then_some(bytes)
        .ok_or_else(|| DiskFailure::because(Act::Read, path, DiskReason::TooLarge(max_bytes)))
}

/// Writes a whole file in one step, over whatever had its name; its folder must be there.
///
/// A [`Keeping::Home`] file costs one fsync; its folder is synced as well only where the name is new (a key that
/// was just made must not vanish in a power cut; of an old name, one of the two versions is always left).
pub fn write_file(path: &Path, bytes: &[u8], keeping: Keeping) -> Result<(), DiskFailure> {
    Prepared::write(path, bytes, keeping)?.place()
}

/// A file that is written whole and has not its name yet. Dropped, it is gone.
#[derive(Debug)]
pub struct Prepared {
    file: tempfile::NamedTempFile,
    path: PathBuf,
    is_durable: bool,
}

impl Prepared {
    /// Writes a file beside its place: what needs room is done before the first of several is put in its place.
    pub fn write(path: &Path, bytes: &[u8], keeping: Keeping) -> Result<Self, DiskFailure> {
        let failed = |error: io::Error| DiskFailure::new(Act::Write, path, &error);
        let folder =
            path.parent().ok_or_else(|| DiskFailure::because(Act::Write, path, DiskReason::NotAFile))?;
        let mut file = temporary(folder, keeping).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        let is_durable = keeping == Keeping::Home;
        if is_durable {
            file.as_file().sync_all().map_err(failed)?;
        }
        Ok(Self { file, path: path.to_owned(), is_durable })
    }

    /// Gives it its name, in one step, over whatever had it.
    pub fn place(self) -> Result<(), DiskFailure> {
        let failed = |error: io::Error| DiskFailure::new(Act::Write, &self.path, &error);
        let is_new = self.is_durable && !self.path.exists();
        self.file.persist(&self.path).map_err(|error| failed(error.error))?;
        match self.path.parent() {
            Some(folder) if is_new => sync_folder(folder).map_err(failed),
            _ => Ok(()),
        }
    }
}

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
