//! Storing what a refresh verified, on a thread of its own: the disk is waited for while files are downloaded.
//!
//! Whoever changes something, or answers, waits for it before he does: a floor that is not on the disk holds nobody.

use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};

use packman_machine::failure::{Act, DiskFailure};
use packman_machine::home::{Home, Replaced};
use packman_machine::lock::FileLock;

use crate::error::ClientError;

/// What is being written at home, if anything is. Dropped, it is waited for, and how it went is lost.
#[must_use = "what could not be stored must not be acted on"]
#[derive(Debug, Default)]
pub(crate) struct Storing(Option<JoinHandle<Result<(), DiskFailure>>>);

impl Storing {
    /// Begins to give these files of a home their bytes. The lock is held until the last is stored: nobody reads what
    /// was there before, to build on it, while it is replaced.
    pub(crate) fn begin(
        home: &Home,
        lock: FileLock,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<Self, DiskFailure> {
        let (home, folder): (Home, PathBuf) = (home.clone(), home.folder().to_owned());
        let store = move || {
            let _lock = lock;
            files.iter().try_for_each(|(file, bytes)| home.replace(file, bytes).map(|_: Replaced| ()))
        };
        let thread =
            Builder::new().spawn(store).map_err(|error| DiskFailure::new(Act::Write, folder, &error))?;
        Ok(Self(Some(thread)))
    }

    /// Waits until all is stored.
    pub(crate) fn wait(mut self) -> Result<(), ClientError> {
        self.0
            .take()
            .map_or(Ok(()), |thread| thread.join().map_or(Err(ClientError::Stopped), |stored| Ok(stored?)))
    }

    /// Ends with what was done beside it, when that went well. Where it did not, what could not be stored is said first.
    pub(crate) fn beside<T>(self, done: Result<T, ClientError>) -> Result<(T, Self), ClientError> {
        match done {
            Ok(done) => Ok((done, self)),
            Err(error) => {
                self.wait()?;
                Err(error)
            }
        }
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        // The process may end next: what was begun is ended, not left to a thread that is killed.
        if let Some(thread) = self.0.take() {
            let _how: std::thread::Result<Result<(), DiskFailure>> = thread.join();
        }
    }
}
