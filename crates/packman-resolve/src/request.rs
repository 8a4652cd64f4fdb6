//! What is asked of the resolver.

use std::collections::BTreeSet;
use std::fmt;

use packman_names::{ProjectName, Requirement, Target, Version};

/// All that the resolver decides by, beside the supply.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What is asked for.
    pub requirements: &'a [Asked],
    /// Versions that whatever is chosen must keep to; they ask for nothing themselves.
    pub constraints: &'a [Asked],
    /// What wheels are chosen for.
    pub target: &'a Target,
    /// What the environment holds, by whatever means it got there.
    pub installed: &'a [InstalledPackage],
    /// What is installed and may be replaced although it fits.
    pub upgrade: &'a Upgrade,
}

/// A requirement, and where it was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// What is asked for.
    pub requirement: Requirement,
    /// Where.
    pub place: Place,
}

impl Asked {
    /// A requirement of the command line.
    pub fn here(requirement: Requirement) -> Self {
        Self { requirement, place: Place::CommandLine }
    }
}

/// Where a requirement was named. Displays as nothing or as ` (FILE:LINE)`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// On the command line.
    CommandLine,
    /// In a file.
    File {
        /// Its name, as the user gave it.
        name: String,
        /// The line, counted from 1.
        line: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => Ok(()),
            Self::File { name, line } => write!(out, " ({}:{line})", name.escape_debug()),
        }
    }
}

/// A package that the environment holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstalledPackage {
    /// Its project.
    pub name: ProjectName,
    /// Its version.
    pub version: Version,
    /// `Requires-Dist` of its METADATA.
    pub requires_dist: Vec<String>,
    /// `Provides-Extra` of its METADATA.
    pub provides_extra: Vec<String>,
}

/// What is installed and may be replaced by something newer although it fits.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Upgrade {
    /// Nothing.
    #[default]
    Nothing,
    /// These projects.
    Only(BTreeSet<ProjectName>),
    /// Whatever is reached.
    Everything,
}

impl Upgrade {
    /// Says whether a project may be replaced although it fits.
    pub fn covers(&self, project: &ProjectName) -> bool {
        match self {
            Self::Nothing => false,
            Self::Only(projects) => projects.contains(project),
            Self::Everything => true,
        }
    }
}
