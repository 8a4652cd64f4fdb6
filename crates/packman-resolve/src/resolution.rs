//! What was found: the set that fits, in an order in which it can be installed, and what people should know of it.

mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use packman_names::{ExtraName, ProjectName, Version};
use pubgrub::SelectedDependencies;

use crate::package::Package;
use crate::policy::counting;
use crate::supply::Supply;
use crate::world::{Stopped, World};

pub use warnings::Warning;

/// A set of releases that fits.
#[derive(Clone, Debug)]
pub struct Resolution<F> {
    /// Each project once, dependencies before what depends on them; within a cycle the order is arbitrary but fixed.
    pub chosen: Vec<Chosen<F>>,
    /// What fits and should be known all the same.
    pub warnings: Vec<Warning>,
}

/// One project of the set.
#[derive(Clone, Debug)]
pub struct Chosen<F> {
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
    /// What is to be done with it.
    pub action: Action<F>,
    /// The extras that are active.
    pub extras: Vec<ExtraName>,
    /// Whether the request names it.
    pub requested: bool,
    /// The projects of the set that need it, by name.
    pub required_by: Vec<ProjectName>,
}

/// What is to be done with a chosen release.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action<F> {
    /// It is installed already.
    Keep,
    /// The file is to be installed; no version of it is there.
    Install(F),
    /// The file is to be installed in place of what is there.
    Replace {
        /// The version that is there.
        old: Version,
        /// The file.
        file: F,
    },
}

impl<F> Action<F> {
    /// The file that is to be installed.
    pub fn file(&self) -> Option<&F> {
        match self {
            Self::Keep => None,
            Self::Install(file) | Self::Replace { file, .. } => Some(file),
        }
    }
}

impl<F> Resolution<F> {
    /// Names files by something else, which may fail.
    pub fn try_map<G, E>(self, mut name: impl FnMut(F) -> Result<G, E>) -> Result<Resolution<G>, E> {
        let mut map = |chosen: Chosen<F>| {
            let Chosen { project, version, action, extras, requested, required_by } = chosen;
            let action = match action {
                Action::Keep => Action::Keep,
                Action::Install(file) => Action::Install(name(file)?),
                Action::Replace { old, file } => Action::Replace { old, file: name(file)? },
            };
            Ok(Chosen { project, version, action, extras, requested, required_by })
        };
        let chosen = self.chosen.into_iter().map(&mut map).collect::<Result<_, E>>()?;
        Ok(Resolution { chosen, warnings: self.warnings })
    }
}

/// What the solver selected, by project.
pub(crate) struct Selected {
    projects: BTreeMap<ProjectName, Selection>,
}

struct Selection {
    version: Version,
    extras: BTreeSet<ExtraName>,
    needs: Vec<ProjectName>,
}

impl Selected {
    pub(crate) fn of<S: Supply>(
        solution: SelectedDependencies<Package, Version>,
        world: &World<'_, S>,
    ) -> Result<Self, Stopped<S::Failure>> {
        let packages: BTreeMap<Package, Version> = solution.into_iter().collect();
        let mut projects = BTreeMap::new();
        // A project sorts before its extras.
        for (package, version) in packages {
            let Some(project) = package.project() else { continue };
            let needed = world.needed(&package, &version)?;
            let selection = projects.entry(project.clone()).or_insert_with(|| Selection {
                version: version.clone(),
                extras: BTreeSet::new(),
                needs: Vec::new(),
            });
            selection.extras.extend(package.extra().cloned());
            for wanted in &needed.base {
                if wanted.project() != project && !selection.needs.contains(wanted.project()) {
                    selection.needs.push(wanted.project().clone());
                }
            }
        }
        Ok(Self { projects })
    }

    /// Says what is to be done with each project.
    pub(crate) fn resolution<S: Supply>(&self, world: &World<'_, S>) -> Resolution<S::File> {
        let asked = counting(world.request().requirements, world.environment());
        let asked: Vec<&ProjectName> = asked.map(|asked| &asked.requirement.name).collect();
        let mut required_by: BTreeMap<&ProjectName, Vec<ProjectName>> = BTreeMap::new();
        for (project, selection) in &self.projects {
            for need in &selection.needs {
                required_by.entry(need).or_default().push(project.clone());
            }
        }
        let chosen = |project: &ProjectName| {
            let selection = self.projects.get(project)?;
            Some(Chosen {
                project: project.clone(),
                version: selection.version.clone(),
                action: action(world, project, &selection.version)?,
                extras: selection.extras.iter().cloned().collect(),
                requested: asked.contains(&project),
                required_by: required_by.get(project).cloned().unwrap_or_default(),
            })
        };
        let chosen = self.in_order(&asked).into_iter().filter_map(chosen).collect();
        Resolution { chosen, warnings: self.warnings(world) }
    }

    /// Depth first, without recursion: a chain of dependencies may be as long as its maker likes.
    fn in_order<'a>(&'a self, asked: &[&'a ProjectName]) -> Vec<&'a ProjectName> {
        let mut done = Vec::with_capacity(self.projects.len());
        let mut seen = BTreeSet::new();
        for start in asked.iter().copied().chain(self.projects.keys()) {
            let mut path = Vec::new();
            if seen.insert(start) {
                path.push((start, self.needs(start)));
            }
            while let Some((project, rest)) = path.last_mut() {
                match rest.next() {
                    Some(need) if seen.insert(need) => path.push((need, self.needs(need))),
                    Some(_) => {}
                    None => {
                        done.push(*project);
                        path.pop();
                    }
                }
            }
        }
        done
    }

    fn needs<'a>(&'a self, project: &ProjectName) -> std::slice::Iter<'a, ProjectName> {
        self.projects.get(project).map(|selection| selection.needs.iter()).unwrap_or_default()
    }
}

fn action<S: Supply>(
    world: &World<'_, S>,
    project: &ProjectName,
    version: &Version,
) -> Option<Action<S::File>> {
    if world.installed_as(project, version).is_some() {
        return Some(Action::Keep);
    }
    let file = world.reached(project)?.release(version)?.file.clone();
    Some(match world.installed(project) {
        Some(package) => Action::Replace { old: package.version.clone(), file },
        None => Action::Install(file),
    })
}
