//! The user's own state: the ring, what is remembered of databases, keys.
//!
//! Made only when something is written, for this user alone. What is damaged in it is for whoever reads it to
//! refuse; here it is only bytes.

use std::path::{Path, PathBuf};

use packman_strict::path::SafePath;

use crate::environ::Environ;
use crate::failure::{Act, DiskFailure, DiskReason};
use crate::files::{self, Exposure, Keeping};
use crate::lock::{FileLock, LockFailure, LockWait};
use crate::stop::Stop;

/// Longer than the longest memory that can be kept: 1,000 roots of 512 KiB and the rest of a good set. A longer file is
/// a mistake or a trap.
const LONGEST: u64 = 1 << 30;
/// The folder of what is remembered of databases.
const STATE: &str = "state";
const HINT: &str = "set PACKMAN_HOME to a folder that you can write";

/// Where whoever administers the machine keeps a home of his own, which comes before every user's. No environment variable
/// changes it: who can set one could take the administrator's rules away.
const ADMINISTRATORS: &str = if cfg!(target_os = "macos") {
    "/Library/Application Support/packman"
} else if cfg!(windows) {
    "C:\\ProgramData\\packman"
} else {
    "/etc/packman"
};

/// The folder that holds a user's state.
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
    /// The administrator's, where one counts.
    above: Option<PathBuf>,
}

/// Whether a file was written.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[must_use]
pub enum Replaced {
    /// It has other bytes now.
    Written,
    /// It had these bytes already, and was not touched.
    Unchanged,
}

impl Home {
    /// The folder named by `PACKMAN_HOME`, else the platform's for data; nothing is made yet.
    pub fn of(environ: &Environ) -> Result<Self, DiskFailure> {
        let folder = environ
            .path("PACKMAN_HOME")
            .or_else(|| data_folder(environ))
            .ok_or_else(|| DiskFailure::because(Act::Make, "packman", DiskReason::NoPlace).with_hint(HINT))?;
        Ok(Self { folder, above: Some(PathBuf::from(ADMINISTRATORS)) })
    }

    /// A given folder, with nobody above it.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), above: None }
    }

    /// The same with an administrator's above it: for who does not go by the machine's own.
    #[must_use]
    pub fn under(self, above: impl Into<PathBuf>) -> Self {
        Self { above: Some(above.into()), ..self }
    }

    /// The administrator's home, whether or not it is there.
    pub fn administrators(&self) -> Option<Self> {
        self.above.as_ref().map(Self::at)
    }

    /// Whether both are one folder, as when an administrator is at work on his own.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (std::fs::canonicalize(&self.folder), std::fs::canonicalize(&other.folder)) {
            (Ok(one), Ok(two)) => one == two,
            _ => false,
        }
    }

    /// What of a file of it, or of the way to it, somebody else than root can change.
    pub fn changeable_by_others_than_root(&self, name: &str) -> Result<Option<PathBuf>, DiskFailure> {
        files::changeable_by_others_than_root(&self.path(name)?)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of it is or would be; a name that leads out of the home is a failure.
    pub fn path(&self, name: &str) -> Result<PathBuf, DiskFailure> {
        let safe = SafePath::parse(name)
            .map_err(|_| DiskFailure::because(Act::Read, name, DiskReason::UnsafeName))?;
        Ok(self.folder.join(safe.as_str()))
    }

    /// Reads a file; `None` when it is not there.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DiskFailure> {
        files::read_file(&self.path(name)?, LONGEST)
    }

    /// Gives a file these bytes in one step that survives a power cut; touches nothing when it has them already.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<Replaced, DiskFailure> {
        let path = self.path(name)?;
        if files::read_file(&path, LONGEST)?.is_some_and(|old| old == bytes) {
            return Ok(Replaced::Unchanged);
        }
        let write = || {
            files::make_private_folder(path.parent().unwrap_or(&self.folder))?;
            files::write_file(&path, bytes, Keeping::Home)
        };
        write().map_err(hinted)?;
        Ok(Replaced::Written)
    }

    /// Removes a file; nothing of that name is as good.
    pub fn remove(&self, name: &str) -> Result<(), DiskFailure> {
        files::remove_file(&self.path(name)?).map_err(hinted)
    }

    /// The names of the plain files under a folder of the home, as [`Home::read`] takes them.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, DiskFailure> {
        let listed = files::list_tree(&self.path(folder)?)?;
        Ok(listed.into_iter().map(|file| format!("{folder}/{}", file.path.as_str())).collect())
    }

    /// Keeps every other PackMan from changing the home until the lock is dropped. Calls `waiting` once when
    /// somebody else holds it for a while.
    pub fn lock(&self, stop: &Stop, waiting: &dyn Fn()) -> Result<FileLock, LockFailure> {
        self.lock_within(LockWait::default(), stop, waiting)
    }

    /// The same, with times of its own.
    pub fn lock_within(
        &self,
        wait: LockWait,
        stop: &Stop,
        waiting: &dyn Fn(),
    ) -> Result<FileLock, LockFailure> {
        let lock = FileLock::take_in_new_folder(&self.folder.join(".lock"), wait, stop, waiting);
        let lock = lock.map_err(|failure| match failure {
            LockFailure::Disk(failure) => LockFailure::Disk(hinted(failure)),
            LockFailure::Stopped => LockFailure::Stopped,
        })?;
        for folder in [&self.folder, &self.folder.join(STATE)] {
            files::clear_abandoned(folder);
        }
        Ok(lock)
    }

    /// Who else could have written a file; `None` when it is not there.
    pub fn exposure(&self, name: &str) -> Result<Option<Exposure>, DiskFailure> {
        match files::exposure(&self.path(name)?) {
            Ok(exposure) => Ok(Some(exposure)),
            Err(failure) if *failure.reason() == DiskReason::Missing => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What of the home others can change, of these of its folders and files; itself first, as `.`.
    pub fn exposed(&self, names: &[String]) -> Vec<PathBuf> {
        let inside = names.iter().filter_map(|name| self.path(name).ok());
        std::iter::once(self.folder.clone()).chain(inside).filter(|path| files::is_exposed(path)).collect()
    }

    /// The other user whom a file of it, or else the folder of that file, belongs to.
    pub fn other_owner(&self, name: &str) -> Option<String> {
        self.path(name).ok().and_then(|path| files::other_owner(&path))
    }
}

fn hinted(failure: DiskFailure) -> DiskFailure {
    if failure.is_unwritable() { failure.with_hint(HINT) } else { failure }
}

fn data_folder(environ: &Environ) -> Option<PathBuf> {
    if cfg!(windows) {
        return environ.absolute("LOCALAPPDATA").map(|data| data.join("packman"));
    }
    let home = || environ.user_home();
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Application Support/packman"));
    }
    let data = environ.absolute("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local/share")));
    data.map(|data| data.join("packman"))
}
