//! The lock of an environment: who holds it may change it, alone.
//!
//! It is a lock on the environment's own folder, so that it leaves no file behind and ends with the process,
//! however that ends. Taking it finishes or undoes what a killed change left.

use std::io;

use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::journal::{self, Recovered};
use crate::scheme::{Places, Scheme};

/// A locked environment, in which no change is half made.
#[derive(Debug)]
pub struct EnvironmentLock {
    pub(crate) scheme: Scheme,
    pub(crate) places: Places,
    recovered: Recovered,
    /// Holds the lock.
    _folder: Folder,
}

impl EnvironmentLock {
    /// Locks an environment, waiting for whoever holds it.
    pub fn take(scheme: &Scheme) -> Result<Self, ChangeError> {
        let (places, folder) = Self::open(scheme)?;
        folder.lock().map_err(|error| Failure::new(&places.root, "locked", error))?;
        Self::locked(scheme, places, folder)
    }

    /// Locks an environment; `None` where somebody else holds it.
    pub fn try_take(scheme: &Scheme) -> Result<Option<Self>, ChangeError> {
        let (places, folder) = Self::open(scheme)?;
        if folder.try_lock().map_err(|error| Failure::new(&places.root, "locked", error))? {
            return Self::locked(scheme, places, folder).map(Some);
        }
        Ok(None)
    }

    /// What was found of a change that was killed.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The environment's folders.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    fn open(scheme: &Scheme) -> Result<(Places, Folder), ChangeError> {
        let places = Places::of(scheme)?;
        let folder =
            Folder::open(&places.root).map_err(|error| Failure::new(&places.root, "opened", error))?;
        Ok((places, folder))
    }

    fn locked(scheme: &Scheme, places: Places, folder: Folder) -> Result<Self, ChangeError> {
        let recovered = journal::recover(&places.root)?;
        Ok(Self { scheme: scheme.clone(), places, recovered, _folder: folder })
    }
}

/// Finishes or undoes what a killed change left in an environment, waiting for its lock.
pub fn recover(scheme: &Scheme) -> Result<Recovered, ChangeError> {
    match EnvironmentLock::take(scheme) {
        Ok(lock) => Ok(lock.recovered),
        // Where nothing is, nothing was interrupted.
        Err(ChangeError::Failed(failure)) if failure.error().kind() == io::ErrorKind::NotFound => {
            Ok(Recovered::Nothing)
        }
        Err(error) => Err(error),
    }
}
