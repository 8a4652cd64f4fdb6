//! Where downloaded bytes go: memory, or a file that nobody sees before it is whole. Each is hashed as it comes.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use packman_strict::Sha256;
use packman_strict::digest::{Hashing, Sha256Stream};

use crate::failure::{Act, DiskFailure};
use crate::files::{self, Keeping};

/// Where downloaded bytes go.
pub trait Sink {
    /// Forgets what it was given: another host begins anew.
    fn restart(&mut self) -> Result<(), DiskFailure>;
    /// Takes the next bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure>;
    /// The SHA-256 of what it took since it began anew.
    fn sha256(&self) -> Sha256;
}

impl Sink for Hashing {
    fn restart(&mut self) -> Result<(), DiskFailure> {
        Self::restart(self);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        self.add(bytes);
        Ok(())
    }

    fn sha256(&self) -> Sha256 {
        Self::sha256(self)
    }
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> Result<(), DiskFailure> {
        self.clear();
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn sha256(&self) -> Sha256 {
        Sha256::of(self)
    }
}

/// A temporary file of a random name that takes bytes; it is gone unless it is kept.
#[derive(Debug)]
pub struct FileSink {
    file: tempfile::NamedTempFile,
    hash: Sha256Stream,
}

impl FileSink {
    /// Opens one in a folder.
    pub fn in_folder(folder: &Path) -> Result<Self, DiskFailure> {
        files::temporary(folder, Keeping::Cache)
            .map(|file| Self { file, hash: Sha256Stream::new() })
            .map_err(|error| DiskFailure::new(Act::Write, folder, &error))
    }

    /// Gives the file a name, over whatever had it, on the same file system.
    pub fn keep(self, path: &Path) -> Result<PathBuf, DiskFailure> {
        self.file.persist(path).map_err(|error| DiskFailure::new(Act::Write, path, &error.error))?;
        Ok(path.to_owned())
    }

    /// Where it is meanwhile.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

impl Sink for FileSink {
    fn restart(&mut self) -> Result<(), DiskFailure> {
        self.hash = Sha256Stream::new();
        let emptied = self.file.as_file_mut().set_len(0).and_then(|()| self.file.as_file_mut().rewind());
        emptied.map_err(|error| DiskFailure::new(Act::Write, self.file.path(), &error))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|error| DiskFailure::new(Act::Write, self.file.path(), &error))
    }

    fn sha256(&self) -> Sha256 {
        self.hash.clone().finish()
    }
}
