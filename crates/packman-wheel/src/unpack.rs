//! Unpacks a wheel into a cache: verified to the last byte, in a temporary folder that is renamed when it is whole.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::contents::Content;
use crate::crew::Crew;
use crate::expected::ExpectedMetadata;
use crate::failure::Failure;
use crate::folder::{Folder, Stamp};
use crate::layout::Area;
use crate::manifest::{Manifest, UnpackedFile};
use crate::refusal::WheelRefusal;
use crate::unpacked::{MANIFEST, Unpacked, read};
use crate::verify::Wheel;

/// How the names of folders begin in which a wheel is being unpacked.
pub(crate) const UNPACKING: &str = ".unpacking-";

/// Why a wheel could not be unpacked. Nothing of it is left in the cache.
#[derive(Debug)]
pub enum UnpackError {
    /// A file of it is not what RECORD says.
    Refused(WheelRefusal),
    /// The cache could not be written.
    Failed(Failure),
    /// It was asked to stop.
    Stopped,
}

impl UnpackError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Failed(failure) => failure.code(),
            Self::Stopped => "stopped",
        }
    }
}

impl std::fmt::Display for UnpackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
            Self::Stopped => f.write_str("unpacking: stopped"),
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

/// Verifies the content of a wheel while unpacking it to `<parent>/<its sha256>/`, with the hands of a crew; ends
/// early when `stopped` says so. The parent must be there; what was there under that name and is defective is
/// replaced.
pub fn unpack(
    wheel: &Wheel<'_>,
    parent: &Path,
    crew: &Crew,
    stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Unpacked, UnpackError> {
    let scratch = tempfile::Builder::new().prefix(UNPACKING).tempdir_in(parent);
    let scratch = scratch.map_err(|error| Failure::new(parent, "written to", error))?;
    let folder =
        Folder::open(scratch.path()).map_err(|error| Failure::new(scratch.path(), "opened", error))?;
    let manifest = Files { folder: &folder, parent, stopped }.write(wheel, crew)?;
    write(&folder, MANIFEST, false, &manifest.encode())
        .map_err(|error| Failure::new(parent, "written to", error))?;
    let path = parent.join(manifest.sha256.to_string());
    replace(scratch, &path)?;
    Ok(Unpacked { path, manifest })
}

/// Where the files of a wheel are written.
struct Files<'f> {
    folder: &'f Folder,
    parent: &'f Path,
    stopped: &'f (dyn Fn() -> bool + Sync),
}

impl Files<'_> {
    fn write(&self, wheel: &Wheel<'_>, crew: &Crew) -> Result<Manifest, UnpackError> {
        let written = Mutex::new(Vec::with_capacity(wheel.file_count()));
        // RECORD is not kept, and numbers have no gap: what comes after it moves down by one.
        let record = wheel.listed().position(|(_, listed)| listed.is_record).unwrap_or(usize::MAX);
        wheel.each_content(crew, |content| {
            if (self.stopped)() {
                return Err(UnpackError::Stopped);
            }
            if content.listed.is_record {
                return Ok(());
            }
            let number = content.index - usize::from(content.index > record);
            let file = write_file(self.folder, number, content)
                .map_err(|error| Failure::new(self.parent, "written to", error))?;
            written.lock().unwrap_or_else(PoisonError::into_inner).push((number, file));
            Ok(())
        })?;
        let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        written.sort_unstable_by_key(|(number, _)| *number);
        Ok(Manifest {
            name: wheel.name().clone(),
            sha256: wheel.sha256,
            dist_info: wheel.layout.dist_info.clone(),
            root: wheel.layout.root,
            metadata: ExpectedMetadata::of(wheel.metadata()),
            scripts: wheel.entry_points.iter().filter(|point| point.is_script()).cloned().collect(),
            files: written.into_iter().map(|(_, file)| file).collect(),
        })
    }
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
fn replace(scratch: tempfile::TempDir, path: &Path) -> Result<(), Failure> {
    if read(path).is_some() {
        return Ok(());
    }
    // What is there and not sound is moved aside first: a folder cannot be replaced in one step.
    let aside = scratch.path().with_extension("defective");
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Failure::new(path, "replaced", error)),
        Ok(()) => drop(fs::remove_dir_all(&aside)),
    }
    match fs::rename(scratch.path(), path) {
        // Its name is gone; there is nothing left to remove.
        Ok(()) => drop(scratch.keep()),
        // Whoever else made the same wheel at this moment made the same folder.
        Err(error) => read(path).map(drop).ok_or_else(|| Failure::new(path, "made", error))?,
    }
    Ok(())
}
