//! What lock files name: releases with their files, and which of them an environment needs.

use std::collections::BTreeSet;

use packman_names::{ExtraName, Marker, MarkerEnvironment, ProjectName, Requirement, Version};
use packman_strict::Sha256;
use packman_strict::time::Time;

use crate::{Asked, Place, WhyNotTaken};

/// The releases of lock files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Locks {
    /// The releases, in the order of the files.
    pub releases: Vec<Locked>,
    /// What the locked projects themselves ask for, where the lock says who needs whom.
    pub roots: Vec<Edge>,
}

/// One release that a lock file names.
#[derive(Clone, Debug, PartialEq)]
pub struct Locked {
    /// The project.
    pub name: ProjectName,
    /// The version; a checkout may have none.
    pub version: Option<Version>,
    /// Its wheels, with the hash that the lock file demands of each.
    pub wheels: Vec<LockedWheel>,
    /// Why nothing of it can be taken, where nothing can.
    pub left: Option<WhyNotTaken>,
    /// Where it counts.
    pub marker: Option<Marker>,
    /// What it needs, where the lock says so.
    pub needs: Vec<Edge>,
    /// Where it stands.
    pub place: Place,
}

/// One wheel that a lock file names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LockedWheel {
    /// Its file name, where the lock says it; else its address ends with it.
    pub name: Option<String>,
    /// Its address.
    pub url: String,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// When it was uploaded.
    pub uploaded: Option<Time>,
    /// The hash that the lock file demands.
    pub sha256: Sha256,
}

/// That one release of a lock needs another.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The extra of the needing release that it belongs to.
    pub of_extra: Option<ExtraName>,
    /// The project that is needed.
    pub name: ProjectName,
    /// The version, where the lock has several.
    pub version: Option<Version>,
    /// The extras that are needed with it.
    pub extras: Vec<ExtraName>,
    /// Where it counts.
    pub marker: Option<Marker>,
    /// Whether it is what the project needs to run, not what some group of its developers does.
    pub is_base: bool,
}

impl Edge {
    fn applies(&self, environment: &MarkerEnvironment, extra: Option<&ExtraName>) -> bool {
        // What a marker says of extras stands for choices between them, which are not known here: all count.
        let counts = |marker: &Marker| !marker.extras().is_empty() || marker.applies(environment, &[]);
        self.of_extra.as_ref() == extra && self.marker.as_ref().is_none_or(counts)
    }

    fn leads_to(&self, locked: &Locked) -> bool {
        self.name == locked.name && (self.version.is_none() || self.version == locked.version)
    }
}

impl Locks {
    /// Adds those of another file.
    pub(crate) fn extend(&mut self, other: Self) {
        self.releases.extend(other.releases);
        self.roots.extend(other.roots);
    }

    /// The releases that an environment needs: by their own markers, and by who needs them where the lock says that.
    pub fn needed(&self, environment: &MarkerEnvironment) -> Vec<&Locked> {
        let reached = self.reached(environment);
        let counts = |locked: &Locked| match &locked.marker {
            Some(marker) => marker.applies(environment, &[]),
            None => true,
        };
        let numbered = self.releases.iter().enumerate();
        numbered
            .filter(|(at, locked)| {
                counts(locked) && reached.as_ref().is_none_or(|reached| reached.contains(at))
            })
            .map(|(_, locked)| locked)
            .collect()
    }

    /// The releases that can be reached from the roots; `None` where the lock has none.
    fn reached(&self, environment: &MarkerEnvironment) -> Option<BTreeSet<usize>> {
        if self.roots.is_empty() {
            return None;
        }
        let mut seen: BTreeSet<(usize, Option<ExtraName>)> = BTreeSet::new();
        let mut open: Vec<(usize, Option<ExtraName>)> = Vec::new();
        let root = |edge: &&Edge| edge.applies(environment, edge.of_extra.as_ref());
        self.roots.iter().filter(root).for_each(|edge| self.follow(edge, &mut open));
        while let Some(next) = open.pop() {
            if !seen.insert(next.clone()) {
                continue;
            }
            let (at, extra) = next;
            let needs = self.releases.get(at).map_or(&[][..], |locked| &locked.needs);
            let counting = needs.iter().filter(|edge| edge.applies(environment, extra.as_ref()));
            counting.for_each(|edge| self.follow(edge, &mut open));
        }
        Some(seen.into_iter().map(|(at, _)| at).collect())
    }

    fn follow(&self, edge: &Edge, open: &mut Vec<(usize, Option<ExtraName>)>) {
        for (at, _) in self.releases.iter().enumerate().filter(|(_, locked)| edge.leads_to(locked)) {
            open.push((at, None));
            open.extend(edge.extras.iter().map(|extra| (at, Some(extra.clone()))));
        }
    }
}

impl Locked {
    /// The release as a requirement, with the hashes of its wheels; `None` for a checkout without a version.
    pub fn asked(&self) -> Option<Asked> {
        let requirement = Requirement::exactly(self.name.clone(), self.version.clone()?);
        Some(Asked {
            requirement: requirement.only_where(self.marker.clone()),
            hashes: self.wheels.iter().map(|wheel| wheel.sha256).collect(),
            place: self.place.clone(),
        })
    }
}
