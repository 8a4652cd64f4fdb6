//! Interpreters and environments: what there is, what each can install, and where it keeps it.
//!
//! Asking an interpreter runs nothing that is installed beside it: no package, no `.pth` file, no
//! `sitecustomize`. Which environment is meant is decided here by the rules users know; whether it may be changed
//! is for the caller, who is told when it is marked as managed by others.

mod compile;
mod environment;
mod probe;
mod venv;

use std::fmt;
use std::path::{Path, PathBuf};

use packman_names::{PythonVersion, Target};

use crate::cache::Cache;
use crate::environ::Environ;
use crate::failure::{DiskFailure, shown};
use crate::program::{self, ProgramFailure};
use crate::stop::Stop;

pub use compile::{CompiledModule, Compiler};
pub use environment::{Environment, Learnt, Paths, Wanted};

/// The oldest Python that wheels are installed for.
pub const OLDEST: PythonVersion = PythonVersion::new(3, 8);

/// Finds and asks the interpreters of a machine.
#[derive(Debug)]
pub struct Pythons<'a> {
    environ: &'a Environ,
    cache: &'a Cache,
    stop: &'a Stop,
}

/// An interpreter that is not inside a virtual environment.
#[derive(Clone, Debug)]
pub struct Python {
    /// Its program.
    pub executable: PathBuf,
    /// Its version, with the patch.
    pub version: PythonVersion,
    /// What wheels are chosen for.
    pub target: Target,
    /// The folder it is installed under, `sys.prefix`.
    pub prefix: PathBuf,
    /// Where it keeps what is installed.
    pub paths: Paths,
    stdlib: PathBuf,
    venv: probe::VenvPaths,
}

/// Why there is no environment or interpreter.
#[derive(Clone, Debug)]
pub enum PythonFailure {
    /// A program could not be asked.
    Program(ProgramFailure),
    /// A file or folder is at fault.
    Disk(DiskFailure),
    /// The folder is no environment; how we came to it.
    NoEnvironment(PathBuf, Learnt),
    /// The folder is not there; how we came to it.
    NotThere(PathBuf, Learnt),
    /// The folder is an environment whose own interpreter, of this path, is gone or cannot be reached.
    Broken(PathBuf, PathBuf),
    /// There is no such interpreter.
    NoInterpreter(PathBuf),
    /// No `python3` or `python` in `PATH` will do; the version that was asked for.
    NoneFound(Option<PythonVersion>),
    /// The interpreter is older than 3.8.
    TooOld(PathBuf, PythonVersion),
    /// Nothing but a program that lies in the environment, came with the project, or may be a stranger's, tells what the
    /// environment is.
    OwnProgram(PathBuf),
    /// Whoever makes the environment is at it, or was killed.
    Unfinished(PathBuf),
    /// Something stands where a new environment is wanted.
    InTheWay(PathBuf),
}

impl<'a> Pythons<'a> {
    /// Looks with the variables and folder of an environment; keeps what interpreters say of themselves in the cache.
    pub fn new(environ: &'a Environ, cache: &'a Cache, stop: &'a Stop) -> Self {
        Self { environ, cache, stop }
    }

    /// The environment that is meant: the wanted one, else `VIRTUAL_ENV`, else `./.venv`; `None` when nothing is
    /// named and there is no `./.venv`, or nothing in it yet.
    pub fn discover(&self, wanted: &Wanted) -> Result<Option<Environment>, PythonFailure> {
        match wanted {
            Wanted::Venv(folder) => self.venv(folder, Learnt::Option).map(Some),
            Wanted::Python(program) => self.environment_of(program).map(Some),
            Wanted::Usual => {
                if let Some(folder) = self.environ.path("VIRTUAL_ENV") {
                    return self.venv(&folder, Learnt::Variable).map(Some);
                }
                let folder = self.environ.folder().join(".venv");
                if !folder.is_dir() || venv::is_unmade(&folder) {
                    return Ok(None);
                }
                self.venv(&folder, Learnt::DotVenv).map(Some)
            }
        }
    }

    /// The first interpreter in `PATH` that will do, of a version where one is asked for.
    pub fn base(&self, version: Option<PythonVersion>) -> Result<Python, PythonFailure> {
        self.base_where(version, |_| true)
    }

    /// The same, of the programs that may be run.
    fn base_where(
        &self,
        version: Option<PythonVersion>,
        may_run: impl Fn(&Path) -> bool,
    ) -> Result<Python, PythonFailure> {
        let first = version.map(|version| format!("python{}.{}", version.major, version.minor));
        let names = first.as_deref().into_iter().chain(["python3", "python"]);
        names
            .filter_map(|name| program::find(self.environ, Path::new(name)))
            .filter(|program| may_run(program))
            .filter_map(|program| self.base_of(&program).ok())
            .find(|python| version.is_none_or(|wanted| python.is(wanted)))
            .ok_or(PythonFailure::NoneFound(version))
    }

    /// The interpreter itself, also where the program given is that of a virtual environment.
    pub fn base_of(&self, program: &Path) -> Result<Python, PythonFailure> {
        let program = self.find(program)?;
        match venv::around(&program) {
            Some(_) => self.under_venv(&program),
            None => self.probe(&program),
        }
    }

    /// The environment that a program is the interpreter of.
    fn environment_of(&self, program: &Path) -> Result<Environment, PythonFailure> {
        let program = self.find(program)?;
        match venv::around(&program) {
            Some(folder) => self.venv(&folder, Learnt::Option),
            None => Ok(Environment::of_base(self.probe(&program)?, Learnt::Option)),
        }
    }

    fn find(&self, program: &Path) -> Result<PathBuf, PythonFailure> {
        program::find(self.environ, program).ok_or_else(|| PythonFailure::NoInterpreter(program.to_owned()))
    }
}

impl Python {
    fn is(&self, wanted: PythonVersion) -> bool {
        (self.version.major, self.version.minor) == (wanted.major, wanted.minor)
            && wanted.patch.is_none_or(|patch| self.version.patch == Some(patch))
    }
}

impl PythonFailure {
    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoEnvironment(_, Learnt::Variable) | Self::NotThere(_, Learnt::Variable) => {
                Some("VIRTUAL_ENV names it; `deactivate` takes that away")
            }
            Self::Broken(..) => Some(
                "bring its Python back, or move the folder away, make it anew with `packman venv DIR` and install again",
            ),
            Self::NoEnvironment(..) | Self::NotThere(..) => Some("`packman venv DIR` makes one"),
            Self::Unfinished(_) => Some("`packman venv DIR` waits for whoever makes it, or makes it anew"),
            Self::OwnProgram(_) => Some("`packman venv DIR` makes one whose Python lies outside"),
            Self::NoneFound(_) => Some("name one with `--python`"),
            Self::NoInterpreter(_) | Self::Program(_) => {
                Some("`--python` takes the path of an interpreter, or a name in PATH such as `python3`")
            }
            Self::Disk(failure) => failure.hint(),
            _ => None,
        }
    }
}

impl From<ProgramFailure> for PythonFailure {
    fn from(failure: ProgramFailure) -> Self {
        Self::Program(failure)
    }
}

impl From<DiskFailure> for PythonFailure {
    fn from(failure: DiskFailure) -> Self {
        Self::Disk(failure)
    }
}

impl fmt::Display for PythonFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(failure) => failure.fmt(f),
            Self::Disk(failure) => failure.fmt(f),
            Self::NoEnvironment(folder, _) => {
                write!(f, "{} is no virtual environment: found no `pyvenv.cfg` with a Python", shown(folder))
            }
            Self::NotThere(folder, _) => {
                write!(f, "{} is not there, wanted a virtual environment", shown(folder))
            }
            Self::Broken(folder, program) => write!(
                f,
                "{} is a virtual environment whose Python, {}, is not there or cannot be reached",
                shown(folder),
                shown(program)
            ),
            Self::NoInterpreter(program) => write!(f, "{} is not there, wanted a Python", shown(program)),
            Self::NoneFound(Some(version)) => write!(f, "PATH holds no Python {version}"),
            Self::NoneFound(None) => write!(f, "PATH holds no Python, wanted {OLDEST} or newer"),
            Self::TooOld(program, version) => {
                write!(f, "{} is Python {version}, wanted {OLDEST} or newer", shown(program))
            }
            Self::OwnProgram(folder) => write!(
                f,
                "{} has no Python that you or this machine put there: only a stranger's program could say what it is",
                shown(folder)
            ),
            Self::Unfinished(folder) => {
                write!(f, "{} is a virtual environment that is not made to its end yet", shown(folder))
            }
            Self::InTheWay(folder) => {
                write!(f, "{} is there already, wanted a place for a new environment", shown(folder))
            }
        }
    }
}

impl std::error::Error for PythonFailure {}

#[cfg(test)]
mod tests;
