//! What a team has already: a `requirements.txt`, a `uv.lock` or a `pylock.toml`, read as what it asks for.
//!
//! Decides what such a file pins, and what in it cannot be taken. Leaves to `add` what to take for what it leaves open.
//! Nothing that stands in the file is carried out: an option of a requirements file that changes where packages come
//! from is reported, not followed.

mod lock;
mod pylock;
mod requirements;
mod uv_lock;

use std::fmt;
use std::path::{Path, PathBuf};

use packman_machine::files;
use packman_names::{ProjectName, Requirement, Version};
use packman_strict::Sha256;
use packman_strict::quote::quoted;

use crate::error::CurateError;
use crate::index::IndexFile;

pub use requirements::ReadFile;

/// What a team's file asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TeamFile {
    /// Requirements, pinned or open, in the order of the file.
    pub asked: Vec<Asked>,
    /// Requirements that only narrow what else is asked for (`-c`).
    pub constraints: Vec<Asked>,
    /// Releases that a lock file names with their files; whoever locked them resolved them already.
    pub locked: Vec<Locked>,
    /// What it asks for and PackMan does not take.
    pub not_taken: Vec<NotTaken>,
    /// The file that it was read from, where it was.
    pub file: Option<PathBuf>,
}

impl TeamFile {
    /// What a person asks for on the command line.
    pub fn of(requirements: impl IntoIterator<Item = Requirement>) -> Self {
        let asked = |requirement| Asked { requirement, hashes: Vec::new(), place: Place::default() };
        Self { asked: requirements.into_iter().map(asked).collect(), ..Self::default() }
    }

    /// Adds what another file asks for.
    pub fn extend(&mut self, other: Self) {
        self.asked.extend(other.asked);
        self.constraints.extend(other.constraints);
        self.locked.extend(other.locked);
        self.not_taken.extend(other.not_taken);
        self.file = self.file.take().or(other.file);
    }
}

/// One requirement of a requirements file.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is asked for.
    pub requirement: Requirement,
    /// The SHA-256 of the files that will do; empty for any.
    pub hashes: Vec<Sha256>,
    /// Where it stands.
    pub place: Place,
}

impl Asked {
    /// The one version it asks for with `==` or `===`, where it does.
    pub fn pinned(&self) -> Option<&Version> {
        pinned(&self.requirement)
    }
}

/// The one version that a requirement names with `==` or `===`, where it does.
pub(crate) fn pinned(requirement: &Requirement) -> Option<&Version> {
    use packman_names::VersionSpecifier;
    let exact = |specifier: &&VersionSpecifier| {
        let operator = specifier.operator().to_string();
        operator == "==" && !specifier.to_string().ends_with(".*") || operator == "==="
    };
    requirement.specifiers.iter().find(exact).map(VersionSpecifier::version)
}

/// One release that a lock file names.
#[derive(Clone, Debug, PartialEq)]
pub struct Locked {
    /// The project.
    pub name: ProjectName,
    /// The version.
    pub version: Version,
    /// Its wheels, with the hash that the lock file demands of each.
    pub wheels: Vec<LockedWheel>,
}

/// One wheel that a lock file names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LockedWheel {
    /// Where it is and what is said of it.
    pub file: IndexFile,
    /// The hash that the lock file demands.
    pub sha256: Sha256,
}

/// Something a file asks for that PackMan does not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotTaken {
    /// What was asked for, as it stands in the file.
    pub what: String,
    /// Why not.
    pub why: WhyNotTaken,
    /// Where it stands.
    pub place: Place,
}

/// Why something is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyNotTaken {
    /// There is only a source distribution, and building one runs its code.
    SourceOnly,
    /// It is a checkout of a version control system.
    VersionControl,
    /// It is a folder or file of this machine.
    Path,
    /// It is an address of its own instead of a project of the index.
    Url,
    /// It is an option that PackMan does not follow.
    Option,
    /// It names a variable of the environment.
    Variable,
    /// It cannot be read.
    Malformed(String),
    /// It names no strong hash where hashes are named.
    WeakHash,
}

impl WhyNotTaken {
    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceOnly => "sdist",
            Self::VersionControl => "version-control",
            Self::Path => "path",
            Self::Url => "url",
            Self::Option => "option",
            Self::Variable => "variable",
            Self::Malformed(_) => "malformed",
            Self::WeakHash => "weak-hash",
        }
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            Self::SourceOnly => {
                "there is no wheel, and building a source distribution runs its code".to_owned()
            }
            Self::VersionControl => "it is a checkout of a version control system".to_owned(),
            Self::Path => "it is a file or folder of this machine".to_owned(),
            Self::Url => "it comes from an address of its own, not from the index".to_owned(),
            Self::Option => "PackMan does not follow this option".to_owned(),
            Self::Variable => "it names a variable of the environment".to_owned(),
            Self::Malformed(what) => what.clone(),
            Self::WeakHash => "it names no SHA-256".to_owned(),
        }
    }

    /// The way on, where there is one.
    pub fn way_on(&self) -> Option<&'static str> {
        match self {
            Self::SourceOnly | Self::VersionControl | Self::Path | Self::Url => Some(
                "build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER \
                 --copy-files`",
            ),
            Self::Option => Some("give an index with `--index`, and other choices to `packman curate add`"),
            Self::WeakHash => Some("lock again with SHA-256 hashes"),
            Self::Variable | Self::Malformed(_) => None,
        }
    }
}

/// A place in a file that a person wrote.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", quoted(&self.file.to_string_lossy()))?;
        if self.line > 0 { write!(f, ", line {}", self.line) } else { Ok(()) }
    }
}

/// A file that is not what its name says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnreadableFile {
    place: Place,
    what: String,
}

impl UnreadableFile {
    pub(crate) fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into() }
    }
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for UnreadableFile {}

impl TeamFile {
    /// Reads the file at `path` and those that it names.
    pub fn read(path: &Path) -> Result<Self, CurateError> {
        let read = |path: &Path| match files::read_file(path, LARGEST_TEAM_FILE) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err("it is not there".to_owned()),
            Err(failure) => Err(failure.to_string()),
        };
        Self::parse(path, &read).map_err(|error| CurateError::usage(error.to_string()))
    }

    /// Parses the file at `path`; its name says which kind it is. `read` gives the bytes of it and of those it names.
    pub fn parse(path: &Path, read: ReadFile<'_>) -> Result<Self, UnreadableFile> {
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let is_lock = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        let mut found = match name.as_str() {
            "uv.lock" => uv_lock::parse(path, &text_of(path, read)?),
            name if is_lock && name.starts_with("pylock.") => pylock::parse(path, &text_of(path, read)?),
            _ if is_lock => Err(UnreadableFile::new(
                Place { file: path.to_owned(), line: 0 },
                "wanted a `requirements.txt`, a `uv.lock`, or a `pylock.toml`",
            )),
            _ => requirements::parse(path, read),
        }?;
        found.file = Some(path.to_owned());
        Ok(found)
    }
}

/// The largest file that is read: ten times the longest lock file known.
const LARGEST_TEAM_FILE: u64 = 32 << 20;

fn text_of(path: &Path, read: ReadFile<'_>) -> Result<String, UnreadableFile> {
    let place = Place { file: path.to_owned(), line: 0 };
    let bytes = read(path).map_err(|what| UnreadableFile::new(place.clone(), what))?;
    let text = String::from_utf8(bytes).map_err(|_| UnreadableFile::new(place, "wanted UTF-8 text"))?;
    // Editors of one system write a mark that the formats have no place for.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests;
