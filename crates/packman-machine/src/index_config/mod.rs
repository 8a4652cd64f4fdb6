//! Which package index a scapegoat draws from: the one that is configured for pip or uv already.
//!
//! The order: what the user names; the variables of uv, then of pip; the settings files of uv, then of pip; at
//! last pip itself is asked. No index is known here, and none is written here. Further indexes and find-links are
//! not used: with two indexes, whoever fills the less guarded one decides.

mod files_of_pip;
mod files_of_uv;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::environ::Environ;
use crate::failure::{DiskFailure, shown};
use crate::location::{Location, LocationError};
use crate::program::{self, ProgramFailure, ProgramReason};
use crate::stop::Stop;

/// An index and where we know it from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfiguredIndex {
    /// The folder that holds a page for each project.
    pub location: Location,
    /// Where we know it from.
    pub learnt: IndexSource,
}

/// Where an index was learnt from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IndexSource {
    /// The user named it.
    Option,
    /// A variable.
    Variable(&'static str),
    /// A settings file of uv or pip.
    File(PathBuf),
    /// pip said so, run by this Python.
    Pip(PathBuf),
}

/// Why no index is known.
#[derive(Clone, Debug)]
pub enum IndexFailure {
    /// What is configured is no address; where that stands.
    Address(IndexSource, LocationError),
    /// A settings file that is there cannot be read: the index it names must not be passed over.
    Disk(DiskFailure),
    /// A settings file that is there cannot be understood, and what is wrong with it.
    Unreadable(PathBuf, String),
    /// The machine is set up to use no index; where that stands.
    Forbidden(IndexSource),
    /// Nothing is configured, and no pip could be asked; what became of the last try.
    Unknown(Option<ProgramFailure>),
}

/// Variables that say that no index is to be used. Whoever set one means every tool of this machine.
const FORBIDDING: [&str; 2] = ["UV_NO_INDEX", "PIP_NO_INDEX"];

const VARIABLES: [&str; 3] = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"];

/// Finds the index that is configured; `named` is what the user said.
pub fn configured_index(
    environ: &Environ,
    named: Option<&str>,
    stop: &Stop,
) -> Result<ConfiguredIndex, IndexFailure> {
    if let Some(named) = named {
        return index(environ, named, IndexSource::Option);
    }
    for name in FORBIDDING {
        if environ.text(name).is_some_and(is_yes) {
            return Err(IndexFailure::Forbidden(IndexSource::Variable(name)));
        }
    }
    for name in VARIABLES {
        let Some(value) = environ.text(name) else { continue };
        if name.starts_with("PIP_") {
            refuse_forbidden_by_pip(environ)?;
        }
        return index(environ, without_name(value), IndexSource::Variable(name));
    }
    if let Some((value, path)) = files_of_uv::index(environ)? {
        return index(environ, without_name(&value), IndexSource::File(path));
    }
    refuse_forbidden_by_pip(environ)?;
    if let Some((value, path)) = files_of_pip::index(environ)? {
        return index(environ, without_name(&value), IndexSource::File(path));
    }
    let (value, program) = ask_pip(environ, stop)?;
    index(environ, &value, IndexSource::Pip(program))
}

/// Whether a flag is set, as pip reads one: what is no word for no is a yes.
fn is_yes(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    !["", "0", "false", "no", "n", "off", "f"].contains(&value.as_str())
}

/// What pip would take from its settings is not taken where they forbid an index; its variable comes before its files,
/// and uv goes by neither.
fn refuse_forbidden_by_pip(environ: &Environ) -> Result<(), IndexFailure> {
    if environ.text("PIP_NO_INDEX").is_some_and(|value| !value.trim().is_empty()) {
        return Ok(());
    }
    match files_of_pip::forbids(environ)? {
        Some(path) => Err(IndexFailure::Forbidden(IndexSource::File(path))),
        None => Ok(()),
    }
}

/// uv lets an index have a name, `lab=https://…`.
fn without_name(value: &str) -> &str {
    match value.split_once('=') {
        Some((name, address)) if !name.is_empty() && !name.contains([':', '/', '?', '.']) => address,
        _ => value,
    }
}

fn index(environ: &Environ, value: &str, learnt: IndexSource) -> Result<ConfiguredIndex, IndexFailure> {
    match Location::parse(value.trim(), environ.folder()) {
        Ok(location) => Ok(ConfiguredIndex { location, learnt }),
        Err(error) => Err(IndexFailure::Address(learnt, error)),
    }
}

/// Asks the pip of the first Python in `PATH` that has one; nothing else that is installed there is run.
fn ask_pip(environ: &Environ, stop: &Stop) -> Result<(String, PathBuf), IndexFailure> {
    let script = include_str!("ask.py");
    let mut last = None;
    for name in ["python3", "python"] {
        let Some(program) = program::find(environ, Path::new(name)) else { continue };
        let arguments = ["-I", "-S", "-B", "-c", script].map(OsStr::new);
        match program::run(environ, &program, &arguments, Duration::from_mins(2), stop) {
            Ok(answer) => {
                let answer = String::from_utf8_lossy(&answer).trim().to_owned();
                if !answer.is_empty() {
                    return Ok((answer, program));
                }
                let reason = ProgramReason::NotUnderstood("it named no index".to_owned());
                last = Some(ProgramFailure::new(&program, reason));
            }
            Err(failure) => last = Some(failure),
        }
    }
    Err(IndexFailure::Unknown(last))
}

impl IndexFailure {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address(..) | Self::Unknown(_) => Some("name an index with `--index URL`"),
            Self::Forbidden(_) => Some(
                "name one with `--index URL`, or take wheels of a folder: `packman curate add DIR NAME --from FOLDER --copy-files`",
            ),
            Self::Disk(failure) => failure.hint(),
            Self::Unreadable(..) => None,
        }
    }
}

impl From<DiskFailure> for IndexFailure {
    fn from(failure: DiskFailure) -> Self {
        Self::Disk(failure)
    }
}

impl fmt::Display for IndexSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => f.write_str("`--index`"),
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::File(path) => f.write_str(&shown(path)),
            Self::Pip(program) => write!(f, "the pip of {}", shown(program)),
        }
    }
}

impl fmt::Display for IndexFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(learnt, error) => write!(f, "the index named by {learnt}: {error}"),
            Self::Forbidden(learnt) => write!(f, "{learnt} says that no index is to be used"),
            Self::Disk(failure) => failure.fmt(f),
            Self::Unreadable(path, words) => write!(f, "{} is not understood: {words}", shown(path)),
            Self::Unknown(None) => {
                f.write_str("no package index is configured, and no Python is there to ask")
            }
            Self::Unknown(Some(failure)) => write!(f, "no package index is configured, and {failure}"),
        }
    }
}

impl std::error::Error for IndexFailure {}

#[cfg(test)]
mod tests;
