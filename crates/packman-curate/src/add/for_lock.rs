//! What lockers need beside what is installed: they follow every branch of every marker that the named Pythons allow,
//! whatever platform it speaks of, and find no lock where one project is missing.
//!
//! Each project that such a branch names gets one release, the newest that will do, and of it a pure wheel, else one
//! wheel: its file is vouched for as any other, and marked `for-lock`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use packman_names::{
    ExtraName, Platform, ProjectName, PythonVersion, Requirement, RequiresPython, Target, Version, admits,
};

use super::choose::Choosing;
use super::rules::Verdict;
use crate::curator::Note;
use crate::error::CurateError;
use crate::listing::{Candidate, Listing};

/// A chain of needs may be endless, and is its index's.
const MOST_PROJECTS: usize = 10_000;

/// A project whose needs have to be followed, with the extras that are active.
type Step = (ProjectName, BTreeSet<ExtraName>);

/// Follows what the chosen releases need.
pub(super) struct Following<'f, 'c> {
    choosing: &'f Choosing<'c>,
    pythons: Vec<Target>,
    /// The releases that are there, chosen for a target or here, each with a file that tells its needs.
    found: BTreeMap<ProjectName, BTreeMap<Version, Option<Arc<Candidate>>>>,
    /// The extras of each project that were followed.
    done: BTreeMap<ProjectName, BTreeSet<ExtraName>>,
    /// The files that were taken here.
    pub(super) take: Vec<Arc<Candidate>>,
    pub(super) notes: Vec<Note>,
    noted: BTreeSet<ProjectName>,
}

impl<'f, 'c> Following<'f, 'c> {
    pub(super) fn new(choosing: &'f Choosing<'c>, chosen: &BTreeMap<ProjectName, BTreeSet<Version>>) -> Self {
        let mut pythons: Vec<Target> = Vec::new();
        for target in &choosing.request.targets {
            if !pythons.iter().any(|known| known.markers.python() == target.markers.python()) {
                pythons.push(target.clone());
            }
        }
        let versions =
            |versions: &BTreeSet<Version>| versions.iter().map(|one| (one.clone(), None)).collect();
        let found = chosen.iter().map(|(project, of)| (project.clone(), versions(of))).collect();
        let (done, take, notes) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { choosing, pythons, found, done, take, notes, noted: BTreeSet::new() }
    }

    /// Follows these requirements and whatever they lead to.
    pub(super) fn follow<'r>(
        &mut self,
        requirements: impl IntoIterator<Item = &'r Requirement>,
    ) -> Result<(), CurateError> {
        let mut steps = Vec::new();
        for requirement in requirements {
            self.require(requirement, &BTreeSet::new(), &mut steps)?;
        }
        while let Some((project, extras)) = steps.pop() {
            let versions: Vec<Version> =
                self.found.get(&project).into_iter().flat_map(|of| of.keys().cloned()).collect();
            for version in versions {
                let Some(file) = self.file_of(&project, &version)? else { continue };
                let Some(metadata) = self.told(&project, &file)? else { continue };
                for line in metadata.requires_dist.iter() {
                    // A line that cannot be read is the resolver's to tell, and the locker's.
                    if let Ok(requirement) = Requirement::parse(line) {
                        self.require(&requirement, &extras, &mut steps)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Sees to it that a requirement has a release, where some platform may need it.
    fn require(
        &mut self,
        requirement: &Requirement,
        extras: &BTreeSet<ExtraName>,
        steps: &mut Vec<Step>,
    ) -> Result<(), CurateError> {
        let extras: Vec<ExtraName> = extras.iter().cloned().collect();
        let counts = |python: &Target| requirement.may_apply(&python.markers, &extras);
        if requirement.url.is_some() || !self.pythons.iter().any(counts) || self.found.len() > MOST_PROJECTS {
            return Ok(());
        }
        let project = &requirement.name;
        let there = self
            .found
            .get(project)
            .is_some_and(|versions| versions.keys().any(|version| admits(&requirement.specifiers, version)));
        let mut is_new = false;
        if !there && let Some(file) = self.pick(requirement)? {
            let marked = Arc::new(Candidate { for_lock: true, ..Candidate::clone(&file) });
            self.take.push(Arc::clone(&marked));
            let version = marked.name.version().clone();
            self.found.entry(project.clone()).or_default().insert(version, Some(marked));
            is_new = true;
        }
        let known = self.done.get(project);
        let wanted: BTreeSet<ExtraName> =
            known.into_iter().flatten().chain(&requirement.extras).cloned().collect();
        if is_new || known != Some(&wanted) {
            self.done.insert(project.clone(), wanted.clone());
            steps.push((project.clone(), wanted));
        }
        Ok(())
    }

    /// The wheel of the newest release that will do: a pure one, else one that the named Pythons install somewhere.
    fn pick(&mut self, requirement: &Requirement) -> Result<Option<Arc<Candidate>>, CurateError> {
        let project = &requirement.name;
        let listing = match self.choosing.index.listing(project) {
            Ok(listing) => listing,
            Err(fatal @ CurateError::Stopped) => return Err(fatal),
            Err(_) => None,
        };
        let best = listing.as_deref().and_then(|listing| self.best(requirement, listing));
        if best.is_none() && self.noted.insert(project.clone()) {
            self.notes.push(Note::NotForLock { requirement: requirement.to_string() });
        }
        Ok(best)
    }

    fn best(&self, requirement: &Requirement, listing: &Listing) -> Option<Arc<Candidate>> {
        let usable = |file: &&Arc<Candidate>| {
            let version = file.name.version();
            file.name.wheel().is_some()
                && file.yanked.is_none()
                && admits(&requirement.specifiers, version)
                && (requirement.names_prerelease() || !version.any_prerelease())
                && self.choosing.rules.judge(file) == Verdict::Fine
                && self.pythons.iter().any(|python| runs_on(file, python.markers.python()))
        };
        let better = |one: &&Arc<Candidate>, other: &&Arc<Candidate>| {
            let order = |file: &Arc<Candidate>| (file.name.version().clone(), self.preference(file));
            order(one).cmp(&order(other)).then_with(|| other.name.as_str().cmp(one.name.as_str()))
        };
        listing.files.iter().filter(usable).max_by(better).cloned()
    }

    /// How well a wheel stands for its release: pure before those of known platforms before any other.
    fn preference(&self, file: &Candidate) -> (bool, usize) {
        let Some(wheel) = file.name.wheel() else { return (false, 0) };
        let pythons = || self.pythons.iter().map(|python| python.markers.python());
        let fits = |platform: Platform| {
            pythons().any(|python| Target::of(platform, python).tags.rank(wheel).is_some())
        };
        let platforms = Platform::all().filter(|platform| fits(*platform)).count();
        (wheel.platform_tags() == "any" && platforms > 0, platforms)
    }

    /// A file of a release that tells what it needs.
    fn file_of(
        &mut self,
        project: &ProjectName,
        version: &Version,
    ) -> Result<Option<Arc<Candidate>>, CurateError> {
        let known = self.found.get(project).and_then(|versions| versions.get(version)).cloned().flatten();
        if known.is_some() {
            return Ok(known);
        }
        let Some(listing) = self.choosing.index.listing(project)? else { return Ok(None) };
        let file = self
            .choosing
            .taking()
            .files(&listing, version)
            .into_iter()
            .find(|file| file.name.wheel().is_some());
        if let Some(place) = self.found.get_mut(project).and_then(|versions| versions.get_mut(version)) {
            place.clone_from(&file);
        }
        Ok(file)
    }

    /// What a file needs; nothing, with a note, where that cannot be found out.
    fn told(
        &mut self,
        project: &ProjectName,
        file: &Candidate,
    ) -> Result<Option<Arc<packman_database::CoreMetadata>>, CurateError> {
        match self.choosing.files.metadata(file) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(fatal @ CurateError::Stopped) => Err(fatal),
            Err(fatal) if super::is_disk(&fatal) => Err(fatal),
            Err(_) => {
                if self.noted.insert(project.clone()) {
                    self.notes.push(Note::NotForLock { requirement: project.to_string() });
                }
                Ok(None)
            }
        }
    }
}

fn runs_on(file: &Candidate, python: PythonVersion) -> bool {
    let wanted = file.requires_python.as_deref().map(RequiresPython::parse);
    wanted.is_none_or(|wanted| wanted.is_ok_and(|wanted| wanted.admits(python)))
}
