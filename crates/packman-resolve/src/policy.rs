//! What the user's own words allow beyond the rule: pre-releases, yanked releases, and what constraints shut out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use packman_names::{MarkerEnvironment, Ranges, Version};
use packman_names::{ProjectName, Requirement, VersionSpecifier, ranges};

use crate::request::{Asked, Place, Request};
use crate::supply::Unusable;

/// A requirement that PackMan does not take: it names a URL, and what comes from a URL nobody vouched for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedRequirement {
    /// The requirement, as it was read.
    pub requirement: String,
    /// Where it was named.
    pub place: Place,
}

impl RefusedRequirement {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "url-requirement"
    }
}

impl fmt::Display for RefusedRequirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requirement, place } = self;
        write!(out, "`{requirement}`{place} names a URL, wanted a project that somebody vouches for")
    }
}

impl std::error::Error for RefusedRequirement {}

/// What requirements and constraints of the user say about single projects.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    constraints: BTreeMap<ProjectName, Vec<Constraint>>,
    prereleases: BTreeSet<ProjectName>,
    pins: BTreeMap<ProjectName, BTreeSet<Version>>,
}

#[derive(Debug)]
struct Constraint {
    admitted: Ranges<Version>,
    text: String,
    place: Place,
}

impl Policy {
    /// Reads requirements and constraints; those whose marker is false here say nothing.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, RefusedRequirement> {
        let mut policy = Self::default();
        let environment = &request.target.markers;
        for asked in counting(request.requirements, environment) {
            policy.note(asked)?;
        }
        for asked in counting(request.constraints, environment) {
            policy.note(asked)?;
            let Asked { requirement, place } = asked;
            policy.constraints.entry(requirement.name.clone()).or_default().push(Constraint {
                admitted: ranges(&requirement.specifiers),
                text: shown(requirement),
                place: place.clone(),
            });
        }
        Ok(policy)
    }

    /// Says whether the user named a pre-release of the project.
    pub(crate) fn allows_prereleases(&self, project: &ProjectName) -> bool {
        self.prereleases.contains(project)
    }

    /// Says whether the user asked for exactly this release, so that it may be a yanked one.
    pub(crate) fn pins(&self, project: &ProjectName, version: &Version) -> bool {
        self.pins.get(project).is_some_and(|pins| pins.contains(version))
    }

    /// Returns the constraint that shuts a release out.
    pub(crate) fn shuts_out(&self, project: &ProjectName, version: &Version) -> Option<Unusable> {
        let constraints = self.constraints.get(project)?;
        let shut = constraints.iter().find(|constraint| !constraint.admitted.contains(version))?;
        Some(Unusable::Constraint { constraint: shut.text.clone(), place: shut.place.to_string() })
    }

    fn note(&mut self, asked: &Asked) -> Result<(), RefusedRequirement> {
        let Asked { requirement, place } = asked;
        if requirement.url.is_some() {
            return Err(RefusedRequirement { requirement: shown(requirement), place: place.clone() });
        }
        if requirement.names_prerelease() {
            self.prereleases.insert(requirement.name.clone());
        }
        let mut specifiers = requirement.specifiers.iter();
        if let (Some(specifier), None) = (specifiers.next(), specifiers.next())
            && is_pin(specifier)
        {
            let pins = self.pins.entry(requirement.name.clone()).or_default();
            pins.insert(specifier.version().clone());
        }
        Ok(())
    }
}

/// Returns those whose marker is true here.
pub(crate) fn counting<'a>(
    asked: &'a [Asked],
    environment: &'a MarkerEnvironment,
) -> impl Iterator<Item = &'a Asked> {
    asked.iter().filter(|asked| asked.requirement.applies(environment, &[]))
}

/// Writes a requirement without its marker, which is true wherever it is shown. A URL of outside text is escaped.
pub(crate) fn shown(requirement: &Requirement) -> String {
    let mut text = requirement.name.to_string();
    if !requirement.extras.is_empty() {
        let extras: Vec<&str> = requirement.extras.iter().map(AsRef::as_ref).collect();
        _ = write!(text, "[{}]", extras.join(","));
    }
    let specifiers: Vec<String> = requirement.specifiers.iter().map(ToString::to_string).collect();
    text.push_str(&specifiers.join(","));
    if let Some(url) = &requirement.url {
        _ = write!(text, " @ {}", url.escape_debug());
    }
    text
}

fn is_pin(specifier: &VersionSpecifier) -> bool {
    let text = specifier.to_string();
    text.starts_with("==") && !text.ends_with(".*")
}
