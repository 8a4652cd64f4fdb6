//! What the solver sees: which release to try next, and what it depends on.

mod effort;
mod order;
mod reached;
mod together;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use packman_names::{ExtraName, MarkerEnvironment, ProjectName, Ranges, Version};
use pubgrub::{Dependencies, DependencyProvider, PackageResolutionStatistics};

use crate::needed::Flaw;
use crate::package::Package;
use crate::policy::{Policy, RefusedRequirement, counting};
use crate::request::{InstalledPackage, Request};
use crate::supply::Supply;

use effort::Effort;
pub use effort::MOST_WORK;
use order::Order;
pub(crate) use order::Priority;
use reached::Memory;
use together::together;
pub(crate) use together::{KEPT_APART, outline};

/// One resolution's view of the supply.
pub(crate) struct World<'r, S: Supply> {
    request: Request<'r>,
    policy: Policy,
    installed: BTreeMap<&'r ProjectName, &'r InstalledPackage>,
    supply: RefCell<&'r mut S>,
    memory: RefCell<Memory<S::File>>,
    order: RefCell<Order>,
    effort: Effort,
}

/// Why the solver stops before its end: what it passes on.
pub(crate) enum Stopped<E> {
    /// The supply failed.
    Supply(E),
    /// It has taken more steps than any honest request needs.
    OutOfSteps,
}

impl<E> fmt::Debug for Stopped<E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Stopped")
    }
}

impl<E> fmt::Display for Stopped<E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supply(_) => out.write_str("the supply failed"),
            Self::OutOfSteps => out.write_str("it takes too many steps"),
        }
    }
}

impl<E> std::error::Error for Stopped<E> {}

type Dependency = (Package, Ranges<Version>);

impl<'r, S: Supply> World<'r, S> {
    pub(crate) fn new(
        request: &Request<'r>,
        supply: &'r mut S,
        most_work: u64,
    ) -> Result<Self, RefusedRequirement> {
        Ok(Self {
            policy: Policy::read(request)?,
            installed: request.installed.iter().map(|package| (&package.name, package)).collect(),
            request: *request,
            supply: RefCell::new(supply),
            memory: RefCell::default(),
            order: RefCell::default(),
            effort: Effort::of(most_work),
        })
    }

    /// The only version of the request itself.
    pub(crate) fn root() -> Version {
        Version::new([0])
    }

    pub(crate) fn request(&self) -> &Request<'r> {
        &self.request
    }

    pub(crate) fn installed(&self, project: &ProjectName) -> Option<&'r InstalledPackage> {
        self.installed.get(project).copied()
    }

    /// What is installed of a project, if it is this version.
    pub(crate) fn installed_as(
        &self,
        project: &ProjectName,
        version: &Version,
    ) -> Option<&'r InstalledPackage> {
        self.installed(project).filter(|package| package.version == *version)
    }

    /// What the solver spent its steps on.
    pub(crate) fn effort(&self) -> &Effort {
        &self.effort
    }

    pub(crate) fn environment(&self) -> &'r MarkerEnvironment {
        &self.request.target.markers
    }

    /// What is installed stays if it fits. Where it may be upgraded it is one candidate among others, and the highest
    /// is taken; so nothing is ever downgraded by an upgrade.
    fn choose(
        &self,
        project: &ProjectName,
        range: &Ranges<Version>,
    ) -> Result<Option<Version>, Stopped<S::Failure>> {
        let fits = |package: &&InstalledPackage| {
            range.contains(&package.version) && self.policy.shuts_out(project, &package.version).is_none()
        };
        let installed = self.installed(project).filter(fits).map(|package| package.version.clone());
        if installed.is_some() && !self.request.upgrade.covers(project) {
            return Ok(installed);
        }
        let offered = self.known(project)?.choose(range).cloned();
        Ok(installed.max(offered))
    }

    /// An extra follows its project: the version that the project has, or the best that the project may still have.
    /// If there is none the extra is in conflict, and the solver learns so from any version of it.
    fn choose_for_extra(
        &self,
        project: &ProjectName,
        range: &Ranges<Version>,
    ) -> Result<Option<Version>, Stopped<S::Failure>> {
        let shared = self
            .order
            .borrow()
            .standing(project)
            .map_or_else(|| range.clone(), |may| may.intersection(range));
        match self.choose(project, &shared)? {
            Some(version) => Ok(Some(version)),
            None => self.choose(project, range),
        }
    }

    fn asked_for(&self) -> Vec<Dependency> {
        let mut dependencies = Vec::new();
        for asked in counting(self.request.requirements, self.environment()) {
            let admitted = packman_names::ranges(&asked.requirement.specifiers);
            self.depend(&asked.requirement.name, &asked.requirement.extras, &admitted, &mut dependencies);
        }
        dependencies
    }

    /// Tells the supply what will be asked for next, as far as what is installed does not do.
    fn expect(&self, dependencies: &[Dependency]) {
        let asked_for = |project: &ProjectName, range: &Ranges<Version>| {
            let stays = self.installed(project).is_some_and(|package| range.contains(&package.version));
            self.reached(project).is_none() && (!stays || self.request.upgrade.covers(project))
        };
        let expected: Vec<ProjectName> = dependencies
            .iter()
            .filter_map(|(package, range)| package.project().filter(|project| asked_for(project, range)))
            .cloned()
            .collect();
        if !expected.is_empty() {
            self.supply.borrow_mut().expect(&expected);
        }
    }

    fn depend(
        &self,
        project: &ProjectName,
        extras: &[ExtraName],
        admitted: &Ranges<Version>,
        dependencies: &mut Vec<Dependency>,
    ) {
        self.order.borrow_mut().meet(project);
        let extra = |extra: &ExtraName| (Package::Extra(project.clone(), extra.clone()), outline(admitted));
        dependencies.extend(extras.iter().map(extra));
        dependencies.push((Package::Project(project.clone()), admitted.clone()));
    }

    /// What a release depends on.
    fn dependencies_of(
        &self,
        package: &Package,
        project: &ProjectName,
        version: &Version,
    ) -> Result<Result<Vec<Dependency>, Flaw>, Stopped<S::Failure>> {
        let needed = self.needed(package, version)?;
        if let Some(flaw) = needed.flaw.clone().or_else(|| self.lacks_extra(package, version)) {
            return Ok(Err(flaw));
        }
        let itself = Ranges::singleton(version.clone());
        let mut dependencies = Vec::new();
        if package.extra().is_some() {
            dependencies.push((Package::Project(project.clone()), itself.clone()));
        }
        for wanted in &needed.base {
            let extras = &wanted.requirement.extras;
            if wanted.project() == project {
                if !wanted.admitted.contains(version) {
                    return Ok(Err(Flaw::Itself { requirement: wanted.text() }));
                }
                let others = extras.iter().filter(|extra| package.extra() != Some(*extra));
                let others = others.map(|extra| Package::Extra(project.clone(), extra.clone()));
                dependencies.extend(others.map(|other| (other, itself.clone())));
            } else {
                self.depend(wanted.project(), extras, &wanted.admitted, &mut dependencies);
            }
        }
        Ok(Ok(dependencies))
    }

    /// An extra that no release has is passed over with a warning. One that a newer release has must not be lost by
    /// going back to a release from before there was such an extra.
    fn lacks_extra(&self, package: &Package, version: &Version) -> Option<Flaw> {
        let Package::Extra(project, extra) = package else { return None };
        if self.installed_as(project, version).is_some() || self.provides(project, version, extra) {
            return None;
        }
        let newer = self.opened(project).into_iter().take_while(|other| other > version);
        let lost = newer.into_iter().any(|other| self.provides(project, &other, extra));
        lost.then(|| Flaw::NoExtra { extra: extra.clone() })
    }
}

impl<S: Supply> DependencyProvider for World<'_, S> {
    type P = Package;
    type V = Version;
    type VS = Ranges<Version>;
    type Priority = Priority;
    type M = Flaw;
    type Err = Stopped<S::Failure>;

    fn should_cancel(&self) -> Result<(), Stopped<S::Failure>> {
        if self.effort.step() { Ok(()) } else { Err(Stopped::OutOfSteps) }
    }

    fn prioritize(
        &self,
        package: &Package,
        range: &Ranges<Version>,
        statistics: &PackageResolutionStatistics,
    ) -> Priority {
        self.effort.look(range);
        self.order.borrow_mut().prioritize(package, range, statistics.conflict_count())
    }

    fn choose_version(
        &self,
        package: &Package,
        range: &Ranges<Version>,
    ) -> Result<Option<Version>, Stopped<S::Failure>> {
        match package {
            Package::Request => Ok(Some(Self::root())),
            Package::Project(project) => {
                let chosen = self.choose(project, range)?;
                self.effort.decide(project);
                self.order.borrow_mut().decided(project, chosen.as_ref());
                Ok(chosen)
            }
            Package::Extra(project, _) => self.choose_for_extra(project, range),
        }
    }

    fn get_dependencies(
        &self,
        package: &Package,
        version: &Version,
    ) -> Result<Dependencies<Package, Ranges<Version>, Flaw>, Stopped<S::Failure>> {
        let dependencies = match package.project() {
            None => Ok(self.asked_for()),
            Some(project) => self.dependencies_of(package, project, version)?,
        };
        Ok(match dependencies {
            Ok(dependencies) => {
                let dependencies = together(dependencies);
                self.expect(&dependencies);
                Dependencies::Available(dependencies.into_iter().collect())
            }
            Err(flaw) => Dependencies::Unavailable(flaw),
        })
    }
}
