//! Unpacks a wheel into a cache: verified to the last byte, in a temporary folder that is renamed when it is whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use packman_strict::Sha256;
use packman_strict::zip::ZipRefusal;

use crate::contents::{Item, Keeper};
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

impl From<ZipRefusal> for UnpackError {
    fn from(refusal: ZipRefusal) -> Self {
        Self::Refused(refusal.into())
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
    let record = wheel.listed().position(|(_, listed)| listed.is_record).unwrap_or(usize::MAX);
    let files = Files { folder: &folder, parent, stopped, record, written: Mutex::default() };
    wheel.keep_contents(crew, &files)?;
    let manifest = files.manifest(wheel);
    let written = folder.create(MANIFEST, false).and_then(|mut file| file.write_all(&manifest.encode()));
    written.map_err(|error| Failure::new(parent, "written to", error))?;
    let path = parent.join(manifest.sha256.to_string());
    replace(scratch, &path)?;
    Ok(Unpacked { path, manifest })
}

/// Writes the files of a wheel into a folder that nobody sees yet.
struct Files<'f> {
    folder: &'f Folder,
    parent: &'f Path,
    stopped: &'f (dyn Fn() -> bool + Sync),
    /// The place of RECORD in the archive.
    record: usize,
    written: Mutex<Vec<(usize, UnpackedFile)>>,
}

/// A file that is being written.
struct Writing {
    file: File,
    number: usize,
    executable: bool,
    rewritten: bool,
    is_begun: bool,
}

impl Keeper for Files<'_> {
    /// None for RECORD, which is made anew for every environment.
    type File = Option<Writing>;
    type Error = UnpackError;

    fn begin(&self, item: &Item<'_>) -> Result<Option<Writing>, UnpackError> {
        if item.listed.is_record {
            return Ok(None);
        }
        // Numbers have no gap: what comes after RECORD moves down by one.
        let number = item.index - usize::from(item.index > self.record);
        // What is packed on Windows has no executable bit, and a command without one is none.
        let executable = item.listed.destination.area == Area::Scripts || item.entry.is_executable();
        let file = self.folder.create(&number.to_string(), executable).map_err(|error| self.failed(error))?;
        Ok(Some(Writing { file, number, executable, rewritten: false, is_begun: false }))
    }

    fn take(&self, writing: &mut Option<Writing>, piece: &[u8]) -> Result<(), UnpackError> {
        let Some(writing) = writing else { return Ok(()) };
        if (self.stopped)() {
            return Err(UnpackError::Stopped);
        }
        if !writing.is_begun {
            writing.is_begun = true;
            writing.rewritten = piece.starts_with(b"#!python");
        }
        writing.file.write_all(piece).map_err(|error| self.failed(error))
    }

    fn finish(&self, writing: Option<Writing>, item: &Item<'_>, sha256: Sha256) -> Result<(), UnpackError> {
        let Some(Writing { file, number, executable, rewritten, .. }) = writing else { return Ok(()) };
        let stamp = Stamp::of_file(&file).map_err(|error| self.failed(error))?;
        let destination = item.listed.destination.clone();
        let rewritten = rewritten && destination.area == Area::Scripts;
        let file = UnpackedFile { destination, executable, rewritten, sha256, stamp };
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push((number, file));
        Ok(())
    }
}

impl Files<'_> {
    fn failed(&self, error: io::Error) -> UnpackError {
        Failure::new(self.parent, "written to", error).into()
    }

    /// What was written, once everything was.
    fn manifest(self, wheel: &Wheel<'_>) -> Manifest {
        let mut written = self.written.into_inner().unwrap_or_else(PoisonError::into_inner);
        written.sort_unstable_by_key(|(number, _)| *number);
        Manifest {
            name: wheel.name().clone(),
            sha256: wheel.sha256,
            dist_info: wheel.layout.dist_info.clone(),
            root: wheel.layout.root,
            metadata: ExpectedMetadata::of(wheel.metadata()),
            scripts: wheel.entry_points.iter().filter(|point| point.is_script()).cloned().collect(),
            files: written.into_iter().map(|(_, file)| file).collect(),
        }
    }
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
