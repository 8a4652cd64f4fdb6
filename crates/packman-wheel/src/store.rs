//! All unpacked wheels of a cache, for whoever tidies it: how large, how sound, when last used, whether linked.
//!
//! What removes something is for who has the cache alone: an install that began must find what it has seen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use packman_strict::Sha256;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::unpack::UNPACKING;
use crate::unpacked::{MANIFEST, Unpacked, read, read_manifest};

/// An unpacked wheel in a cache, or what is left of one.
#[derive(Clone, Debug)]
pub struct KeptWheel {
    /// Its folder.
    path: PathBuf,
    /// Its file name; none where its manifest cannot be read.
    pub name: Option<String>,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// When it was unpacked or last linked into an environment.
    pub used: Option<SystemTime>,
}

/// Lists the unpacked wheels below a folder, sorted; none where it is not there. Left-over folders are not among
/// them, see [`sweep`].
pub fn kept_wheels(parent: &Path) -> Result<Vec<KeptWheel>, Failure> {
    let names = names(parent)?;
    let mut kept: Vec<KeptWheel> =
        names.iter().filter(|name| Sha256::parse(name).is_ok()).map(|name| look(parent.join(name))).collect();
    kept.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    Ok(kept)
}

fn look(path: PathBuf) -> KeptWheel {
    let used = fs::metadata(path.join(MANIFEST)).and_then(|about| about.modified()).ok();
    let manifest = read_manifest(&path);
    let files = manifest.as_ref().map_or(&[][..], |manifest| &manifest.files);
    KeptWheel {
        name: manifest.as_ref().map(|manifest| manifest.name.to_string()),
        files: files.len(),
        bytes: files.iter().map(|file| file.stamp.size).sum(),
        used,
        path,
    }
}

fn names(parent: &Path) -> Result<Vec<String>, Failure> {
    match Folder::open(parent).and_then(|folder| folder.names()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        names => names.map_err(|error| Failure::new(parent, "listed", error)),
    }
}

impl KeptWheel {
    /// The name of its folder: the SHA-256 of the wheel.
    pub fn folder_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Reads every file and says whether all of it is as it was unpacked, to the last byte.
    pub fn is_sound(&self) -> Result<bool, Failure> {
        let Some(manifest) = read(&self.path) else { return Ok(false) };
        let named = self.path.file_name().and_then(|name| name.to_str());
        if named != Some(&manifest.sha256.to_string()) {
            return Ok(false);
        }
        Unpacked { path: self.path.clone(), manifest }.verify_contents()
    }

    /// Whether some environment has a hard link to a file of it. Clones and copies do not show.
    pub fn is_linked(&self) -> Result<bool, Failure> {
        let failed = |error| Failure::new(&self.path, "read", error);
        let folder = Folder::open(&self.path).map_err(failed)?;
        for number in 0..self.files {
            if folder.is_linked(&number.to_string()).map_err(failed)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes it. Only for whoever has the cache alone.
    pub fn remove(&self) -> Result<(), Failure> {
        // Its manifest first: one that is killed in the middle leaves a miss, and never half a wheel.
        let manifest = self.path.join(MANIFEST);
        match fs::remove_file(&manifest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::new(manifest, "removed", error));
            }
            _ => {}
        }
        fs::remove_dir_all(&self.path).map_err(|error| Failure::new(&self.path, "removed", error))
    }
}

/// Removes folders in which wheels were being unpacked by processes that are gone, and says how many. Only for
/// whoever has the cache alone: then nobody is unpacking.
pub fn sweep(parent: &Path) -> Result<usize, Failure> {
    let left: Vec<String> = names(parent)?.into_iter().filter(|name| name.starts_with(UNPACKING)).collect();
    for name in &left {
        let path = parent.join(name);
        fs::remove_dir_all(&path).map_err(|error| Failure::new(path, "removed", error))?;
    }
    Ok(left.len())
}
