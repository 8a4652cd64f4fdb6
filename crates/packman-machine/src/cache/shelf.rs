//! The cache as whoever tidies it sees it: which plain files it keeps, how large, and when each was last of use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use packman_strict::Sha256;

use super::Cache;
use crate::failure::{Act, DiskFailure};
use crate::files::{self, TEMPORARY};

/// The folders of plain files in the cache, and what people call them.
pub const KEPT_FILES: [(&str, &str); 3] =
    [("blobs", "downloaded files"), ("records", "records"), ("downloads", "unfinished downloads")];

/// The plain files of one folder of the cache.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// Each of them, in no order.
    pub files: Vec<Shelved>,
}

/// A plain file in the cache.
#[derive(Clone, Debug)]
pub struct Shelved {
    path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, or read, as far as the file system notes that.
    pub used: SystemTime,
}

impl Cache {
    /// Lists one folder of plain files; empty where it is not there.
    pub fn shelf(&self, name: &str) -> Result<Shelf, DiskFailure> {
        let mut shelf = Shelf::default();
        if let Some(folder) = self.existing().map(|cache| cache.join(name)) {
            collect(&folder, &mut shelf)?;
        }
        Ok(shelf)
    }
}

fn collect(folder: &Path, shelf: &mut Shelf) -> Result<(), DiskFailure> {
    let failed = |error: io::Error| DiskFailure::new(Act::List, folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let about = match entry.metadata() {
            // Somebody who uses the cache removed it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            about => about.map_err(failed)?,
        };
        if about.is_dir() {
            collect(&entry.path(), shelf)?;
        } else if about.is_file() {
            let written = about.modified().map_err(failed)?;
            let used = about.accessed().map_or(written, |read| read.max(written));
            shelf.files.push(Shelved { path: entry.path(), size: about.len(), used });
        }
    }
    Ok(())
}

impl Shelf {
    /// The sum of the sizes, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

impl Shelved {
    /// Whether it was of no use for so long, or was left by a process that was killed while writing it. Only for
    /// whoever has the cache alone.
    pub fn is_idle(&self, now: SystemTime, longer_than: Duration) -> bool {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(TEMPORARY) || now.duration_since(self.used).is_ok_and(|unused| unused >= longer_than)
    }

    /// Whether a file that is kept under its hash still has it; `None` where it is kept under another name.
    pub fn has_its_hash(&self) -> Result<Option<bool>, DiskFailure> {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Ok(wanted) = Sha256::parse(name) else { return Ok(None) };
        let bytes = files::read_file(&self.path, u64::MAX)?;
        // What is gone is not wrong.
        Ok(Some(bytes.is_none_or(|bytes| Sha256::of(&bytes) == wanted)))
    }

    /// Removes it.
    pub fn remove(&self) -> Result<(), DiskFailure> {
        files::remove_file(&self.path)
    }
}
