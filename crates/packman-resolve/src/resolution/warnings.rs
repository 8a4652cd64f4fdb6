//! What fits by the rules, and may still not be what the user expects.

use std::fmt;

use packman_names::{ExtraName, ProjectName, Requirement, Version};

use super::Selected;
use crate::package::Package;
use crate::request::InstalledPackage;
use crate::supply::Supply;
use crate::words::escaped;
use crate::world::World;

/// Something to tell the user about a set that fits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Warning {
    /// A package that is installed and stays says that it does not work with what is to be installed.
    NotMadeFor {
        /// The package that stays.
        project: ProjectName,
        /// Its version.
        version: Version,
        /// What it needs.
        requirement: String,
        /// The project that it needs.
        needed: ProjectName,
        /// What it would get.
        found: Version,
    },
    /// The release has no such extra.
    NoSuchExtra {
        /// The project.
        project: ProjectName,
        /// Its chosen version.
        version: Version,
        /// The extra that was asked for.
        extra: ExtraName,
    },
    /// The release was yanked, and asked for by its exact version.
    Yanked {
        /// The project.
        project: ProjectName,
        /// Its chosen version.
        version: Version,
        /// In the words of its maintainer; may be empty.
        reason: String,
    },
    /// A package that is installed has a dependency that cannot be read, and was passed over.
    Unreadable {
        /// The package.
        project: ProjectName,
        /// Its version.
        version: Version,
        /// The line of its METADATA.
        line: String,
    },
}

impl Warning {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotMadeFor { .. } => "not-made-for",
            Self::NoSuchExtra { .. } => "no-such-extra",
            Self::Yanked { .. } => "yanked",
            Self::Unreadable { .. } => "unreadable-dependency",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMadeFor { project, version, requirement, needed, found } => {
                write!(out, "`{project}` {version} needs `{requirement}`: ")?;
                write!(out, "it was not made to work with `{needed}` {found}")
            }
            Self::NoSuchExtra { project, version, extra } => {
                write!(out, "`{project}` {version} has no extra `{extra}`")
            }
            Self::Yanked { project, version, reason } if reason.trim().is_empty() => {
                write!(out, "`{project}` {version} was yanked")
            }
            Self::Yanked { project, version, reason } => {
                write!(out, "`{project}` {version} was yanked: `{}`", escaped(reason))
            }
            Self::Unreadable { project, version, line } => {
                write!(out, "`{project}` {version}, as installed, has a dependency that cannot be read: ")?;
                write!(out, "`{}`", escaped(line))
            }
        }
    }
}

impl Selected {
    /// All warnings, by project.
    pub(super) fn warnings<S: Supply>(&self, world: &World<'_, S>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (project, selection) in &self.projects {
            let version = &selection.version;
            let missing = selection.extras.iter().filter(|extra| !world.provides(project, version, extra));
            warnings.extend(missing.map(|extra| Warning::NoSuchExtra {
                project: project.clone(),
                version: version.clone(),
                extra: extra.clone(),
            }));
            match world.installed_as(project, version) {
                Some(package) => warnings.extend(unreadable(world, package)),
                None => warnings.extend(yanked(world, project, version)),
            }
        }
        let untouched = world.request().installed.iter().filter(|one| !self.projects.contains_key(&one.name));
        for package in untouched {
            warnings
                .extend(package.requires_dist.iter().filter_map(|line| self.breaks(world, package, line)));
        }
        warnings
    }

    /// Says whether a dependency of a package that is not touched fits what is there now, if it did so far, and not
    /// what is to be there.
    fn breaks<S: Supply>(
        &self,
        world: &World<'_, S>,
        package: &InstalledPackage,
        line: &str,
    ) -> Option<Warning> {
        // Only the name is read of the many lines that are about something else.
        let selection = self.projects.get(&Requirement::parse_name(line).ok()?)?;
        let wanted = world.line(line).ok().filter(|wanted| wanted.counts())?;
        let fits = |version: &Version| wanted.admitted.contains(version);
        let fitted = world.installed(wanted.project()).is_none_or(|package| fits(&package.version));
        (fitted && !fits(&selection.version)).then(|| Warning::NotMadeFor {
            project: package.name.clone(),
            version: package.version.clone(),
            requirement: wanted.text(),
            needed: wanted.project().clone(),
            found: selection.version.clone(),
        })
    }
}

fn yanked<S: Supply>(world: &World<'_, S>, project: &ProjectName, version: &Version) -> Option<Warning> {
    let known = world.reached(project)?;
    let reason = known.release(version)?.yanked.clone()?;
    Some(Warning::Yanked { project: project.clone(), version: version.clone(), reason })
}

fn unreadable<S: Supply>(world: &World<'_, S>, package: &InstalledPackage) -> Vec<Warning> {
    let needed = world.needed(&Package::Project(package.name.clone()), &package.version);
    let lines = needed.map(|needed| needed.passed_over.clone()).unwrap_or_default();
    let warning =
        |line| Warning::Unreadable { project: package.name.clone(), version: package.version.clone(), line };
    lines.into_iter().map(warning).collect()
}
