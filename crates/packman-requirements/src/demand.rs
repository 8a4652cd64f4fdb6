//! What is asked for, from all files and the command line together.

use std::fmt;
use std::path::{Path, PathBuf};

use packman_names::{Marker, MarkerEnvironment, Requirement, RequiresPython, Version, VersionSpecifier};
use packman_strict::Sha256;
use packman_strict::quote::quoted;

use crate::{
    FileKind, Locks, NotTaken, Parts, Place, ReadFile, UnreadableFile, WhyNotTaken, locks, pyproject,
    requirements,
};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demand {
    /// Requirements, pinned or open, in the order of the files.
    pub asked: Vec<Asked>,
    /// What has to be there to build the projects themselves, where that was asked for: a set of its own for each file,
    /// since each project is built in an environment of its own.
    pub build: Vec<Asked>,
    /// Requirements that only narrow what else is asked for (`-c`).
    pub constraints: Vec<Asked>,
    /// Releases that lock files name with their files; whoever locked them resolved them already.
    pub locks: Locks,
    /// What is asked for and PackMan does not take.
    pub not_taken: Vec<NotTaken>,
    /// The Pythons that it is meant for.
    pub pythons: Vec<PythonAsked>,
    /// The environments that lock files were made for.
    pub environments: Vec<EnvironmentsAsked>,
    /// The files that were read as wholes.
    pub files: Vec<PathBuf>,
    /// Where a file says that everything must have a hash, though nothing has one.
    pub hashes_required: Option<Place>,
}

/// One requirement, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is asked for.
    pub requirement: Requirement,
    /// The SHA-256 of the files that will do; empty for any.
    pub hashes: Vec<Sha256>,
    /// Where it stands.
    pub place: Place,
}

/// The Pythons that a file says it is meant for.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonAsked {
    /// As written.
    pub text: String,
    /// As understood.
    pub requires: RequiresPython,
    /// Where it stands.
    pub place: Place,
}

/// The environments that a lock file says it was made for (PEP 751): one of the markers must be true.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentsAsked {
    /// The markers.
    pub markers: Vec<Marker>,
    /// Where they stand.
    pub place: Place,
}

impl EnvironmentsAsked {
    /// Whether this is one of them.
    pub fn admit(&self, environment: &MarkerEnvironment) -> bool {
        self.markers.iter().any(|marker| marker.applies(environment, &[]))
    }
}

impl Asked {
    /// The one version it asks for with `==` or `===`, where it does.
    pub fn pinned(&self) -> Option<&Version> {
        pinned(&self.requirement)
    }
}

/// The one version that a requirement names with `==` or `===`, where it does.
pub fn pinned(requirement: &Requirement) -> Option<&Version> {
    let exact = |specifier: &&VersionSpecifier| {
        let operator = specifier.operator().to_string();
        operator == "==" && !specifier.to_string().ends_with(".*") || operator == "==="
    };
    requirement.specifiers.iter().find(exact).map(VersionSpecifier::version)
}

impl Demand {
    /// What a person asks for on the command line.
    pub fn of(requirements: impl IntoIterator<Item = Requirement>) -> Self {
        let asked = |requirement| Asked { requirement, hashes: Vec::new(), place: Place::default() };
        Self { asked: requirements.into_iter().map(asked).collect(), ..Self::default() }
    }

    /// Parses the file at `path`; its name says which kind it is. `read` gives the bytes of it and of those it names.
    pub fn parse(path: &Path, parts: &Parts, read: ReadFile<'_>) -> Result<Self, UnreadableFile> {
        let mut found = match FileKind::of(path)? {
            FileKind::Requirements => requirements::parse(path, requirements::Mode::Requirements, read),
            FileKind::PyProject => pyproject::parse(path, parts, read),
            FileKind::PyLock => locks::pylock(path, parts, read),
            FileKind::UvLock => locks::uv_lock(path, read),
        }?;
        let builds = parts.build_system && FileKind::of(path)? == FileKind::PyProject;
        if found.is_empty() && found.constraints.is_empty() && !builds {
            return Err(UnreadableFile::new(Place::of(path), "asks for nothing"));
        }
        found.files.push(path.to_owned());
        Ok(found)
    }

    /// Parses a file of constraints (`-c`): lines of requirements that ask for nothing themselves.
    pub fn parse_constraints(path: &Path, read: ReadFile<'_>) -> Result<Self, UnreadableFile> {
        match FileKind::of(path)? {
            FileKind::Requirements => requirements::parse(path, requirements::Mode::Constraints, read),
            _ => Err(UnreadableFile::new(
                Place::of(path),
                "is no file of constraints: wanted lines of requirements",
            )),
        }
    }

    /// Adds what another file asks for.
    pub fn extend(&mut self, other: Self) {
        self.asked.extend(other.asked);
        self.build.extend(other.build);
        self.constraints.extend(other.constraints);
        self.locks.extend(other.locks);
        self.not_taken.extend(other.not_taken);
        self.pythons.extend(other.pythons);
        self.environments.extend(other.environments);
        self.files.extend(other.files);
        self.hashes_required = self.hashes_required.take().or(other.hashes_required);
    }

    /// Whether it asks for nothing, not even for something that is not taken.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
            && self.build.is_empty()
            && self.locks.releases.is_empty()
            && self.not_taken.is_empty()
    }

    /// Takes out the lines that say where packages come from, for whoever was told that by a person.
    pub fn take_index_lines(&mut self) -> Vec<NotTaken> {
        self.not_taken.extract_if(.., |left| left.why == WhyNotTaken::Index).collect()
    }

    /// Whether somebody named hashes: then every requirement must have some (pip's rule), for one that has none could be
    /// any file.
    pub fn names_hashes(&self) -> bool {
        self.hashes_required.is_some() || self.hashed().is_some()
    }

    /// The first requirement without a hash where hashes are named, if there is one.
    pub fn unhashed(&self) -> Option<Unhashed<'_>> {
        let because = self.hashes_required.as_ref().or_else(|| self.hashed().map(|asked| &asked.place))?;
        let constrained = |asked: &Asked| {
            let same = |other: &&Asked| other.requirement.name == asked.requirement.name;
            self.constraints.iter().filter(same).any(|other| !other.hashes.is_empty())
        };
        let without = |asked: &&Asked| asked.hashes.is_empty() && !constrained(asked);
        Some(Unhashed { asked: self.asked.iter().find(without)?, because })
    }

    fn hashed(&self) -> Option<&Asked> {
        self.asked.iter().find(|asked| !asked.hashes.is_empty())
    }
}

/// A requirement without a hash where another one has some.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unhashed<'d> {
    /// It.
    pub asked: &'d Asked,
    /// Where hashes are named, or demanded.
    pub because: &'d Place,
}

impl fmt::Display for Unhashed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, because } = self;
        let what = asked.requirement.to_string();
        write!(f, "{} ({}) has no hash, and {because} names hashes: all or none", quoted(&what), asked.place)
    }
}
