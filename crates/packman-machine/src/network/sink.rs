//! Where downloaded bytes go: memory, or a file that nobody sees before it is whole.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Act, DiskFailure};
use crate::files::{self, Keeping};

/// Where downloaded bytes go.
pub trait Sink {
    /// Forgets what it was given: another host begins anew.
    fn restart(&mut self) -> Result<(), DiskFailure>;
    /// Takes the next bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure>;
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
}

/// A temporary file of a random name that takes bytes; it is gone unless it is kept.
#[derive(Debug)]
pub struct FileSink(tempfile::NamedTempFile);

impl FileSink {
    /// Opens one in a folder.
    pub fn in_folder(folder: &Path) -> Result<Self, DiskFailure> {
        files::temporary(folder, Keeping::Cache)
            .map(Self)
            .map_err(|error| DiskFailure::new(Act::Write, folder, &error))
    }

    /// Gives the file a name, over whatever had it, on the same file system.
    pub fn keep(self, path: &Path) -> Result<PathBuf, DiskFailure> {
        self.0.persist(path).map_err(|error| DiskFailure::new(Act::Write, path, &error.error))?;
        Ok(path.to_owned())
    }

    /// Where it is meanwhile.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Sink for FileSink {
    fn restart(&mut self) -> Result<(), DiskFailure> {
        let emptied = self.0.as_file_mut().set_len(0).and_then(|()| self.0.as_file_mut().rewind());
        emptied.map_err(|error| DiskFailure::new(Act::Write, self.0.path(), &error))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        self.0.write_all(bytes).map_err(|error| DiskFailure::new(Act::Write, self.0.path(), &error))
    }
}
