//! The lock of an environment: who holds it may change it, alone.
//!
//! It is a lock on the environment's own folder (where a file system locks no folders, on a file in it), so that
//! it leaves no file behind and ends with the process, however that ends. Taking it finishes or undoes what a killed change left.

use std::io;

use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::{Folder, Lock};
use crate::journal::{self, Recovered};
use crate::scheme::{Places, Scheme};

/// A locked environment, in which no change is half made.
///
/// ```compile_fail
/// # fn f(lock: &packman_wheel::EnvironmentLock) {
/// let second = packman_wheel::EnvironmentLock::clone(lock);
/// # }
/// ```
#[derive(Debug)]
pub struct EnvironmentLock {
    pub(crate) scheme: Scheme,
    pub(crate) places: Places,
    recovered: Recovered,
    _lock: Lock,
}

impl EnvironmentLock {
    /// Locks an environment, waiting for whoever holds it.
    pub fn take(scheme: &Scheme) -> Result<Self, ChangeError> {
        let lock = Self::lock(scheme, true)?;
        // Waiting ends with the lock or an error.
        lock.ok_or_else(|| {
            Failure::new(&scheme.prefix, "locked", io::Error::from(io::ErrorKind::WouldBlock)).into()
        })
    }

    /// Locks an environment; `None` where somebody else holds it.
    pub fn try_take(scheme: &Scheme) -> Result<Option<Self>, ChangeError> {
        Self::lock(scheme, false)
    }

    /// What was found of a change that was killed.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The environment's folders.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    fn lock(scheme: &Scheme, wait: bool) -> Result<Option<Self>, ChangeError> {
        let places = Places::of(scheme)?;
        let folder =
            Folder::open(&places.root).map_err(|error| Failure::new(&places.root, "opened", error))?;
        let lock = folder.lock(wait).map_err(|error| Failure::new(&places.root, "locked", error))?;
        let Some(lock) = lock else { return Ok(None) };
        let recovered = journal::recover(&places.root)?;
        Ok(Some(Self { scheme: scheme.clone(), places, recovered, _lock: lock }))
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
