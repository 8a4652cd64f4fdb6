//! Unpacked wheels in a cache: verified to the last byte, then linked into any number of environments.
//!
//! `<parent>/<sha256>/` holds the files of one wheel under their numbers, and the manifest; no name from a wheel
//! becomes a path there. It is there whole or not at all. Whatever is wrong with one is a miss: it is made again.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use packman_names::WheelName;
use packman_strict::Sha256;

use crate::expected::{Expected, ExpectedMetadata};
use crate::failure::Failure;
use crate::folder::{Folder, digest, touch};
use crate::manifest::{Manifest, UnpackedFile};
use crate::refusal::WheelRefusal;

pub(crate) const MANIFEST: &str = "manifest";

/// A wheel in a cache that was verified whole. Only such a wheel can be installed.
///
/// ```compile_fail
/// # fn f(manifest: packman_wheel::Unpacked) {
/// let unpacked = packman_wheel::Unpacked { ..manifest };
/// # }
/// ```
#[derive(Debug)]
pub struct Unpacked {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Unpacked {
    /// Opens an unpacked wheel and holds it against what was vouched for; `None` where it is not there or is
    /// not as it was made, down to the time each file was last written, its owner and its mode.
    pub fn open(
        parent: &Path,
        sha256: &Sha256,
        expected: &Expected<'_>,
    ) -> Result<Option<Self>, WheelRefusal> {
        let path = parent.join(sha256.to_string());
        let Some(manifest) = read(&path).filter(|manifest| manifest.sha256 == *sha256) else {
            return Ok(None);
        };
        // Verified as another file name, its structure was held against that name: verify it again.
        if manifest.name != *expected.name {
            return Ok(None);
        }
        if let Some(vouched) = &expected.metadata {
            vouched.verify(&manifest.metadata)?;
        }
        Ok(Some(Self { path, manifest }))
    }

    /// The file name it was verified for.
    pub fn name(&self) -> &WheelName {
        &self.manifest.name
    }

    /// The SHA-256 of the wheel.
    pub fn sha256(&self) -> Sha256 {
        self.manifest.sha256
    }

    /// What its METADATA says of dependencies.
    pub fn metadata(&self) -> &ExpectedMetadata {
        &self.manifest.metadata
    }

    /// How many files it has.
    pub fn file_count(&self) -> usize {
        self.manifest.files.len()
    }

    /// How many bytes its files have.
    pub fn installed_bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.stamp.size).sum()
    }

    /// Whether a wheel seems to be unpacked. Before it is used, [`Unpacked::open`] looks closely.
    pub fn is_there(parent: &Path, sha256: &Sha256) -> bool {
        parent.join(sha256.to_string()).join(MANIFEST).exists()
    }

    /// Whether a wheel is unpacked of which a file is not as it was made: somebody changed it. One without a manifest
    /// that can be read, as of another version of PackMan, is nobody's deed.
    pub fn is_changed(parent: &Path, sha256: &Sha256) -> bool {
        let path = parent.join(sha256.to_string());
        read_manifest(&path).is_some() && read(&path).is_none()
    }

    /// Reads every file and compares its SHA-256; the numbers of those that differ are of interest to nobody,
    /// so it says only whether all are as they were.
    pub fn verify_contents(&self) -> Result<bool, Failure> {
        for (number, file) in self.manifest.files.iter().enumerate() {
            let name = number.to_string();
            let read = self.open_folder().and_then(|folder| digest(folder.read(&name)?));
            let (sha256, _) = read.map_err(|error| Failure::new(self.path.join(name), "read", error))?;
            if sha256 != file.sha256 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes that it is used now, so that it is kept. A cache that cannot note it is not the worse for it.
    pub fn mark_used(&self) {
        let _ = touch(&self.path.join(MANIFEST));
    }

    /// Opens the folder with the numbered files. It is not kept open: a large environment has more wheels than a
    /// process may have open files.
    pub(crate) fn open_folder(&self) -> io::Result<Folder> {
        Folder::open(&self.path)
    }

    /// The bytes of one file.
    pub(crate) fn read_file(&self, number: usize) -> Result<Vec<u8>, Failure> {
        let name = number.to_string();
        let mut bytes = Vec::new();
        let read = self.open_folder().and_then(|folder| folder.read(&name)?.read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| Failure::new(self.path.join(name), "read", error))
    }
}

/// Opens an unpacked wheel; none where anything about it is not as it was made.
pub(crate) fn read(path: &Path) -> Option<Manifest> {
    let folder = Folder::open(path).ok()?;
    let manifest = manifest_in(&folder)?;
    let sound = |(number, file): (usize, &UnpackedFile)| {
        folder.stamp(&number.to_string()).is_ok_and(|stamp| stamp == Some(file.stamp))
    };
    manifest.files.iter().enumerate().all(sound).then_some(manifest)
}

/// What an unpacked wheel says of itself; its files are not looked at.
pub(crate) fn read_manifest(path: &Path) -> Option<Manifest> {
    manifest_in(&Folder::open(path).ok()?)
}

fn manifest_in(folder: &Folder) -> Option<Manifest> {
    let mut bytes = Vec::new();
    folder.read(MANIFEST).ok()?.read_to_end(&mut bytes).ok()?;
    Manifest::parse(&bytes)
}
