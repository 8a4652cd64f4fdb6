//! What was reached: everything is asked of the supply when the solver comes to it, and once.

use std::rc::Rc;

use packman_names::{ExtraName, ProjectName, Version};
use pubgrub::Map;

use super::{Stopped, World};
use crate::known::Known;
use crate::needed::{Lines, Needed, Reading, Wanted};
use crate::package::Package;
use crate::supply::{Needs, Supply};

/// What was asked, and what was answered.
pub(super) struct Memory<F> {
    known: Map<ProjectName, Rc<Known<F>>>,
    needed: Map<(ProjectName, Version), Rc<Needed>>,
    extras: Map<(ProjectName, Version, ExtraName), Rc<Needed>>,
    lines: Lines,
}

impl<F> Default for Memory<F> {
    fn default() -> Self {
        let (known, needed, extras) = (Map::default(), Map::default(), Map::default());
        Self { known, needed, extras, lines: Lines::default() }
    }
}

impl<S: Supply> World<'_, S> {
    /// What is known of a project, if it was reached.
    pub(crate) fn reached(&self, project: &ProjectName) -> Option<Rc<Known<S::File>>> {
        self.memory.borrow().known.get(project).cloned()
    }

    /// The releases of a project whose needs were asked for, highest first.
    pub(crate) fn opened(&self, project: &ProjectName) -> Vec<Version> {
        let memory = self.memory.borrow();
        let mut versions: Vec<Version> = memory
            .needed
            .keys()
            .filter(|(one, _)| one == project)
            .map(|(_, version)| version.clone())
            .collect();
        versions.sort_unstable_by(|one, other| other.cmp(one));
        versions
    }

    /// Parses a line of METADATA, once.
    pub(crate) fn line(&self, line: &str) -> Result<Rc<Wanted>, String> {
        self.memory.borrow_mut().lines.read(line, self.environment())
    }

    /// What a release, or an extra of it, needs.
    pub(crate) fn needed(
        &self,
        package: &Package,
        version: &Version,
    ) -> Result<Rc<Needed>, Stopped<S::Failure>> {
        match package {
            Package::Request => Ok(Rc::default()),
            Package::Project(project) => self.base(project, version),
            Package::Extra(project, extra) => {
                let base = self.base(project, version)?;
                let mut memory = self.memory.borrow_mut();
                let Memory { extras, lines, .. } = &mut *memory;
                let reading = self.reading(project, version);
                let read = || Rc::new(lines.extra(&base, extra, reading, self.environment()));
                Ok(extras
                    .entry((project.clone(), version.clone(), extra.clone()))
                    .or_insert_with(read)
                    .clone())
            }
        }
    }

    /// Says whether a release has an extra.
    pub(crate) fn provides(&self, project: &ProjectName, version: &Version, extra: &ExtraName) -> bool {
        let mut memory = self.memory.borrow_mut();
        let Memory { needed, lines, .. } = &mut *memory;
        let needed = needed.get(&(project.clone(), version.clone()));
        needed.is_some_and(|needed| needed.provides(extra, lines, self.environment()))
    }

    fn reading(&self, project: &ProjectName, version: &Version) -> Reading {
        match self.installed_as(project, version) {
            Some(_) => Reading::Installed,
            None => Reading::Offered,
        }
    }

    fn base(&self, project: &ProjectName, version: &Version) -> Result<Rc<Needed>, Stopped<S::Failure>> {
        let key = (project.clone(), version.clone());
        if let Some(needed) = self.memory.borrow().needed.get(&key) {
            return Ok(Rc::clone(needed));
        }
        let reading = self.reading(project, version);
        let needed = if let Some(package) = self.installed_as(project, version) {
            let needs = Needs {
                requires_dist: (&package.requires_dist).into(),
                provides_extra: (&package.provides_extra).into(),
            };
            self.memory.borrow_mut().lines.needed(&needs, reading, self.environment())
        } else {
            let known = self.known(project)?;
            let Some(release) = known.release(version) else { return Ok(Rc::default()) };
            let mut supply = self.supply.borrow_mut();
            let needs = supply.needs(project, &release.file).map_err(Stopped::Supply)?;
            self.memory.borrow_mut().lines.needed(&needs, reading, self.environment())
        };
        let needed = Rc::new(needed);
        self.memory.borrow_mut().needed.insert(key, Rc::clone(&needed));
        Ok(needed)
    }

    /// Asks the supply for a project, once.
    pub(crate) fn known(&self, project: &ProjectName) -> Result<Rc<Known<S::File>>, Stopped<S::Failure>> {
        if let Some(known) = self.reached(project) {
            return Ok(known);
        }
        let supplied = self.supply.borrow_mut().releases(project).map_err(Stopped::Supply)?;
        let known = Rc::new(Known::of(project, supplied, &self.policy));
        self.memory.borrow_mut().known.insert(project.clone(), Rc::clone(&known));
        Ok(known)
    }
}
