//! One PackMan at a time: a lock on a file, held until it is dropped, and given up by the system when its
//! holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failure::{Act, DiskFailure, DiskReason};
use crate::files;
use crate::stop::{Stop, Stopped};

/// How long to wait for a lock, and after what time to say so.
#[derive(Copy, Clone, Debug)]
pub struct LockWait {
    /// When to say that we wait.
    pub say_after: Duration,
    /// When to give up.
    pub give_up_after: Duration,
}

impl Default for LockWait {
    /// Says so after half a second (a refresh takes less), gives up after ten minutes (a large install takes less).
    fn default() -> Self {
        Self { say_after: Duration::from_millis(500), give_up_after: Duration::from_mins(10) }
    }
}

/// A lock that is held.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
    path: PathBuf,
}

/// Why a lock was not had.
#[derive(Debug)]
pub enum LockFailure {
    /// The file could not be made or locked, or somebody held it for too long.
    Disk(DiskFailure),
    /// The wait was ended.
    Stopped,
}

impl FileLock {
    /// Locks a file, which is made when it is not there; its folder must be. Calls `waiting` once when that takes
    /// a while. A process that dies leaves the file but not the lock.
    pub fn take(path: &Path, wait: LockWait, stop: &Stop, waiting: &dyn Fn()) -> Result<Self, LockFailure> {
        Self::take_as(Self::try_alone, path, wait, stop, waiting)
    }

    /// Locks a file together with others who do the same: against whoever wants it alone.
    pub fn take_shared(
        path: &Path,
        wait: LockWait,
        stop: &Stop,
        waiting: &dyn Fn(),
    ) -> Result<Self, LockFailure> {
        Self::take_as(Self::try_shared, path, wait, stop, waiting)
    }

    /// Locks a file, alone; `None` where somebody holds it.
    pub fn try_alone(path: &Path) -> Result<Option<Self>, DiskFailure> {
        Self::try_as(path, File::try_lock)
    }

    fn try_shared(path: &Path) -> Result<Option<Self>, DiskFailure> {
        Self::try_as(path, File::try_lock_shared)
    }

    fn try_as(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<Self>, DiskFailure> {
        let failed = |error| DiskFailure::new(Act::Lock, path, &error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Some(Self { _file: file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn take_as(
        attempt: impl Fn(&Path) -> Result<Option<Self>, DiskFailure>,
        path: &Path,
        wait: LockWait,
        stop: &Stop,
        waiting: &dyn Fn(),
    ) -> Result<Self, LockFailure> {
        let since = Instant::now();
        let (mut pause, mut said) = (Duration::from_millis(2), false);
        loop {
            if let Some(lock) = attempt(path)? {
                return Ok(lock);
            }
            if since.elapsed() >= wait.give_up_after {
                return Err(LockFailure::Disk(DiskFailure::because(Act::Lock, path, DiskReason::Busy)));
            }
            if !said && since.elapsed() >= wait.say_after {
                said = true;
                waiting();
            }
            stop.wait(pause)?;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// The same, for a file whose folders may have to be made first.
    pub fn take_in_new_folder(
        path: &Path,
        wait: LockWait,
        stop: &Stop,
        waiting: &dyn Fn(),
    ) -> Result<Self, LockFailure> {
        if let Some(folder) = path.parent() {
            files::make_private_folder(folder)?;
        }
        Self::take(path, wait, stop, waiting)
    }

    /// The file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl From<DiskFailure> for LockFailure {
    fn from(failure: DiskFailure) -> Self {
        Self::Disk(failure)
    }
}

impl From<Stopped> for LockFailure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl std::fmt::Display for LockFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disk(failure) => failure.fmt(f),
            Self::Stopped => Stopped.fmt(f),
        }
    }
}

impl std::error::Error for LockFailure {}

#[cfg(test)]
mod tests {
    use super::{FileLock, LockFailure, LockWait};
    use crate::stop::Stop;
    use std::time::Duration;

    #[test]
    fn several_share_a_lock_that_one_has_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let no_wait = LockWait { say_after: Duration::ZERO, give_up_after: Duration::ZERO };
        let shared = || FileLock::take_shared(&path, no_wait, &Stop::new(), &|| ());
        let alone = || FileLock::try_alone(&path).unwrap();
        let (first, second) = (shared().unwrap(), shared().unwrap());
        assert!(alone().is_none());
        drop(first);
        assert!(alone().is_none());
        drop(second);
        let one = alone().unwrap();
        assert!(alone().is_none());
        assert!(matches!(shared(), Err(LockFailure::Disk(_))));
        drop(one);
        shared().unwrap();
    }
}
