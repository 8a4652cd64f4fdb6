//! Which files of a chosen release are taken.

use std::sync::Arc;

use packman_database::FileName;
use packman_names::{RequiresPython, Target, Version};

use super::AddRequest;
use super::rules::{Rules, Verdict};
use crate::listing::{Candidate, Listing};

/// Takes files by the words of one request.
#[derive(Copy, Clone)]
pub(super) struct Taking<'t> {
    pub(super) request: &'t AddRequest,
    pub(super) rules: &'t Rules,
}

impl Taking<'_> {
    /// Takes of one release the wheels that some target can install; all of them with `--all-files`. Where hashes are
    /// named, only files that have one.
    pub(super) fn files(self, listing: &Listing, version: &Version) -> Vec<Arc<Candidate>> {
        let of_release = listing.files.iter().filter(|file| file.name.version() == version);
        let taken = of_release.filter(|file| self.wants(file) && self.rules.judge(file) == Verdict::Fine);
        taken.map(|file| self.promised(file)).collect()
    }

    fn wants(self, file: &Candidate) -> bool {
        match &file.name {
            FileName::Sdist(_) => self.request.all_files,
            FileName::Wheel(_) => self.request.all_files || self.fits_some_target(file),
        }
    }

    /// The file with the promise of whoever named its hash, which counts before the index's.
    fn promised(self, file: &Arc<Candidate>) -> Arc<Candidate> {
        match self.rules.promise(file) {
            None => Arc::clone(file),
            promise => Arc::new(Candidate { promise, ..Candidate::clone(file) }),
        }
    }

    fn fits_some_target(self, file: &Candidate) -> bool {
        let Some(wheel) = file.name.wheel() else { return false };
        let python = file.requires_python.as_deref().map(RequiresPython::parse);
        let admitted = |target: &Target| match &python {
            None => true,
            Some(Ok(python)) => python.admits(target.markers.python()),
            Some(Err(_)) => false,
        };
        self.request.targets.iter().any(|target| target.tags.rank(wheel).is_some() && admitted(target))
    }
}
