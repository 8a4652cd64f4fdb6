//! Unpacked wheels in a cache: verified to the last byte, then linked into any number of environments.
//!
//! `<parent>/<sha256>/` holds the files of one wheel under their numbers, and the manifest; no name from a wheel
//! becomes a path there. It is made in a temporary folder beside it and renamed, so it is there whole or not at
//! all. Whatever is wrong with one is a miss: it is made again.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use packman_names::WheelName;
use packman_strict::Sha256;

use crate::contents::Content;
use crate::expected::{Expected, ExpectedMetadata};
use crate::failure::Failure;
use crate::folder::{Folder, Stamp};
use crate::layout::Area;
use crate::manifest::{Manifest, UnpackedFile};
use crate::refusal::WheelRefusal;
use crate::verify::Wheel;

const MANIFEST: &str = "manifest";

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

/// Why a wheel could not be unpacked. Nothing of it is left in the cache.
#[derive(Debug)]
pub enum UnpackError {
    /// A file of it is not what RECORD says.
    Refused(WheelRefusal),
    /// The cache could not be written.
    Failed(Failure),
}

impl UnpackError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl std::fmt::Display for UnpackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for UnpackError {}

impl From<WheelRefusal> for UnpackError {
    fn from(refusal: WheelRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failure> for UnpackError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Verifies the content of a wheel while unpacking it to `<parent>/<its sha256>/`, with up to `threads` threads.
/// The parent is made where it is missing; what was there under that name and is defective is replaced.
pub fn unpack(wheel: &Wheel<'_>, parent: &Path, threads: usize) -> Result<Unpacked, UnpackError> {
    fs::create_dir_all(parent).map_err(|error| Failure::new(parent, "made", error))?;
    let scratch = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(parent);
    let scratch = scratch.map_err(|error| Failure::new(parent, "written to", error))?;
    let folder =
        Folder::open(scratch.path()).map_err(|error| Failure::new(scratch.path(), "opened", error))?;
    let manifest = write_files(wheel, &folder, parent, threads)?;
    write(&folder, MANIFEST, false, &manifest.encode())
        .map_err(|error| Failure::new(parent, "written to", error))?;
    let path = parent.join(manifest.sha256.to_string());
    replace(&scratch, &path)?;
    Ok(Unpacked { path, manifest })
}

fn write_files(
    wheel: &Wheel<'_>,
    folder: &Folder,
    path: &Path,
    threads: usize,
) -> Result<Manifest, UnpackError> {
    let written = Mutex::new(Vec::with_capacity(wheel.file_count()));
    // RECORD is not kept, and numbers have no gap: what comes after it moves down by one.
    let record = wheel.listed().position(|(_, listed)| listed.is_record).unwrap_or(usize::MAX);
    let sha256 = wheel.each_content(threads, |content| {
        if content.listed.is_record {
            return Ok(());
        }
        let number = content.index - usize::from(content.index > record);
        let file =
            write_file(folder, number, content).map_err(|error| Failure::new(path, "written to", error))?;
        written.lock().unwrap_or_else(PoisonError::into_inner).push((number, file));
        Ok::<(), UnpackError>(())
    })?;
    let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.sort_unstable_by_key(|(number, _)| *number);
    Ok(Manifest {
        name: wheel.name().clone(),
        sha256,
        dist_info: wheel.layout.dist_info.clone(),
        root: wheel.layout.root,
        metadata: ExpectedMetadata::of(wheel.metadata()),
        scripts: wheel.entry_points.iter().filter(|point| point.is_script()).cloned().collect(),
        files: written.into_iter().map(|(_, file)| file).collect(),
    })
}

fn write_file(folder: &Folder, number: usize, content: &Content<'_>) -> io::Result<UnpackedFile> {
    let destination = content.listed.destination.clone();
    let script = destination.area == Area::Scripts;
    // What is packed on Windows has no executable bit, and a command without one is none.
    let executable = script || content.entry.is_executable();
    let stamp = write(folder, &number.to_string(), executable, content.bytes)?;
    let rewritten = script && content.bytes.starts_with(b"#!python");
    Ok(UnpackedFile { destination, executable, rewritten, sha256: content.digest, stamp })
}

fn write(folder: &Folder, name: &str, executable: bool, bytes: &[u8]) -> io::Result<Stamp> {
    let mut file = folder.create(name, executable)?;
    file.write_all(bytes)?;
    Stamp::of_file(&file)
}

/// Puts a finished folder in its place, unless a sound one got there first.
fn replace(scratch: &tempfile::TempDir, path: &Path) -> Result<(), Failure> {
    if read(path).is_some() {
        return Ok(());
    }
    // What is there and not sound is moved aside first: a folder cannot be replaced in one step.
    let aside = scratch.path().with_extension("defective");
    match fs::rename(path, &aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::new(path, "replaced", error));
        }
        _ => {}
    }
    let renamed = fs::rename(scratch.path(), path);
    // Whoever else made the same wheel at this moment made the same folder.
    let done = renamed.or_else(|error| read(path).map(drop).ok_or_else(|| Failure::new(path, "made", error)));
    let _ = fs::remove_dir_all(&aside);
    done
}

impl Unpacked {
    /// Opens an unpacked wheel and holds it against what was vouched for; `None` where it is not there or is
    /// not as it was made, down to the time each file was last written.
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

    /// Reads every file and compares its SHA-256; the numbers of those that differ are of interest to nobody,
    /// so it says only whether all are as they were.
    pub fn verify_contents(&self) -> Result<bool, Failure> {
        for (number, file) in self.manifest.files.iter().enumerate() {
            let bytes = self.read_file(number)?;
            if Sha256::of(&bytes) != file.sha256 {
                return Ok(false);
            }
        }
        Ok(true)
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
fn read(path: &Path) -> Option<Manifest> {
    let folder = Folder::open(path).ok()?;
    let mut bytes = Vec::new();
    folder.read(MANIFEST).ok()?.read_to_end(&mut bytes).ok()?;
    let manifest = Manifest::parse(&bytes)?;
    let sound = |(number, file): (usize, &UnpackedFile)| {
        folder.stamp(&number.to_string()).is_ok_and(|stamp| stamp == Some(file.stamp))
    };
    manifest.files.iter().enumerate().all(sound).then_some(manifest)
}
