//! Making files and folders relative to an open folder: the kernel then walks no long path for each.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::Outcome;

/// An open folder that knows which folders below it are there.
pub(crate) struct Folder {
    handle: OwnedFd,
    made: Mutex<HashSet<String>>,
}

impl Folder {
    /// Opens a folder, which is made where it is missing.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        let failed = |error: String| format!("{}: {error}", path.display());
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle =
            rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.to_string()))?;
        Ok(Self { handle, made: Mutex::default() })
    }

    /// Writes a new file, and the folders above it.
    pub(crate) fn write(&self, path: &str, bytes: &[u8], executable: bool) -> Outcome<()> {
        self.make_above(path)?;
        let mode = Mode::from_raw_mode(if executable { 0o755 } else { 0o644 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.handle, path, flags, mode)
            .map_err(|error| format!("{path}: {error}"))?;
        let mut left = bytes;
        while !left.is_empty() {
            let written = rustix::io::write(&file, left).map_err(|error| format!("{path}: {error}"))?;
            left = left.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Links a file of this folder into another one.
    pub(crate) fn link(&self, from: &str, folder: &Self, to: &str) -> Outcome<()> {
        folder.make_above(to)?;
        rustix::fs::linkat(&self.handle, from, &folder.handle, to, AtFlags::empty())
            .map_err(|error| format!("{from} to {to}: {error}"))
    }

    fn make_above(&self, path: &str) -> Outcome<()> {
        let Some((above, _)) = path.rsplit_once('/') else { return Ok(()) };
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(above) {
            return Ok(());
        }
        self.make_above(above)?;
        match rustix::fs::mkdirat(&self.handle, above, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(format!("{above}: {error}")),
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(above.to_owned());
        Ok(())
    }
}
