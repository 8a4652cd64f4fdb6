//! Which files may be chosen: old enough, and with a hash that was named where hashes were.

use std::collections::{BTreeMap, BTreeSet};

use packman_database::RecordedFile;
use packman_names::{ProjectName, Requirement, Version};
use packman_requirements::{Demand, pinned};
use packman_strict::Sha256;
use packman_strict::time::Time;

use super::AddRequest;
use crate::error::{CurateError, Refused};
use crate::listing::{Candidate, Origin, Promise};

/// The rules of one request.
pub(super) struct Rules {
    /// Files uploaded after this are too young.
    newest: Option<Time>,
    pub(super) min_age_days: u32,
    /// Versions that were named exactly: their age is not looked at.
    exact: BTreeMap<ProjectName, BTreeSet<Version>>,
    /// The hashes that were named, each with the place.
    hashes: BTreeMap<ProjectName, BTreeMap<Sha256, String>>,
}

/// What the rules say of a file.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It may be chosen.
    Fine,
    /// It was uploaded too short a time ago.
    TooYoung(Time),
    /// Hashes were named for its project, and it has none of them.
    OtherHash,
}

impl Rules {
    pub(super) fn of(request: &AddRequest, asked: &Demand, now: Time) -> Self {
        let newest = (request.min_age_days > 0).then(|| now.plus_days(-i64::from(request.min_age_days)));
        let (mut exact, mut hashes) =
            (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, BTreeMap<_, _>>::new());
        for one in asked.asked.iter().chain(&asked.constraints) {
            let name = &one.requirement.name;
            if let Some(version) = pinned(&one.requirement) {
                exact.entry(name.clone()).or_default().insert(version.clone());
            }
            for hash in &one.hashes {
                hashes.entry(name.clone()).or_default().insert(*hash, one.place.to_string());
            }
        }
        for locked in &asked.locks.releases {
            exact.entry(locked.name.clone()).or_default().extend(locked.version.clone());
        }
        Self { newest, min_age_days: request.min_age_days, exact, hashes }
    }

    /// Says whether a file may be chosen.
    pub(super) fn judge(&self, candidate: &Candidate) -> Verdict {
        let project = candidate.name.project();
        if let Some(named) = self.hashes.get(project) {
            return match &candidate.promise {
                Some(promise) if !named.contains_key(&promise.sha256) => Verdict::OtherHash,
                // Where its source names no hash, the bytes will tell: see [`Rules::verify_hash`].
                _ => Verdict::Fine,
            };
        }
        let exact =
            self.exact.get(project).is_some_and(|versions| versions.contains(candidate.name.version()));
        match (candidate.uploaded, self.newest) {
            // Each file by its own age: a wheel slipped into an old release is as young as it is.
            (Some(uploaded), Some(newest)) if !exact && uploaded > newest => Verdict::TooYoung(uploaded),
            _ => Verdict::Fine,
        }
    }

    /// The promise that a person made for a file by naming its hash; it counts before the index's.
    pub(super) fn promise(&self, candidate: &Candidate) -> Option<Promise> {
        let named = self.hashes.get(candidate.name.project())?;
        let (sha256, by) = match &candidate.promise {
            Some(promised) => named.get_key_value(&promised.sha256)?,
            None if named.len() == 1 => named.first_key_value()?,
            None => return None,
        };
        Some(Promise { sha256: *sha256, by: by.clone() })
    }

    /// Verifies that a file whose source names no hash has one that was named, where hashes were.
    pub(super) fn verify_hash(&self, file: &RecordedFile) -> Result<(), CurateError> {
        let Some(named) = self.hashes.get(file.name.project()) else { return Ok(()) };
        if named.contains_key(&file.sha256) {
            return Ok(());
        }
        Err(other_hash(file.name.as_str(), file.sha256, named).into())
    }

    /// The refusal of a file that a source lists with another hash than any that was named for its project.
    pub(super) fn refusal(&self, candidate: &Candidate) -> Option<Refused> {
        let named = self.hashes.get(candidate.name.project())?;
        Some(other_hash(candidate.name.as_str(), candidate.promise.as_ref()?.sha256, named))
    }

    /// Where hashes were named for a project, in words.
    pub(super) fn named_by(&self, project: &ProjectName) -> Option<&str> {
        self.hashes.get(project)?.values().next().map(String::as_str)
    }

    /// Whether the age of a file should be looked at, and its source does not say it.
    pub(super) fn misses_age(&self, candidate: &Candidate) -> bool {
        let project = candidate.name.project();
        let exact =
            self.exact.get(project).is_some_and(|versions| versions.contains(candidate.name.version()));
        let from_web = matches!(candidate.origin, Origin::Web(_));
        self.newest.is_some()
            && from_web
            && candidate.uploaded.is_none()
            && !exact
            && !self.names_hashes(project)
    }

    /// Whether hashes were named for a project.
    pub(super) fn names_hashes(&self, project: &ProjectName) -> bool {
        self.hashes.contains_key(project)
    }

    /// Whether age is looked at for what a requirement asks for.
    pub(super) fn looks_at_age(&self, requirement: &Requirement) -> bool {
        self.newest.is_some() && pinned(requirement).is_none() && !self.names_hashes(&requirement.name)
    }
}

fn other_hash(file: &str, found: Sha256, named: &BTreeMap<Sha256, String>) -> Refused {
    Refused::OtherHash {
        file: file.to_owned(),
        found,
        wanted: named.keys().copied().collect(),
        named_by: named.values().next().cloned().unwrap_or_default(),
    }
}
