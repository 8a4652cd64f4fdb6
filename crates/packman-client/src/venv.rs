//! Making a virtual environment, by the interpreter's own `venv`, so that every tool takes it for what it is.

use std::path::PathBuf;

use packman_machine::python::{OLDEST, PythonFailure};
use packman_names::PythonVersion;

use crate::client::Client;
use crate::error::{ClientError, No};

/// Which environment is to be made.
#[derive(Clone, Debug)]
pub struct VenvRequest {
    /// Where: a folder that is not there, or empty.
    pub folder: PathBuf,
    /// Of which interpreter; the first in `PATH` that will do, where none is named.
    pub python: WhichPython,
}

/// Which interpreter is meant.
#[derive(Clone, Debug, Default)]
pub enum WhichPython {
    /// The first in `PATH` that will do.
    #[default]
    Usual,
    /// The first in `PATH` of this version.
    Version(PythonVersion),
    /// The first in `PATH` of this line, such as 3, of which there is one.
    Line(u64),
    /// This program.
    Program(PathBuf),
}

/// An environment that was made.
#[derive(Clone, Debug)]
pub struct MadeVenv {
    /// Its folder.
    pub folder: PathBuf,
    /// Its interpreter.
    pub python: PathBuf,
    /// The Python that it was made of.
    pub base: PathBuf,
    /// The version of that.
    pub version: PythonVersion,
    /// Where its programs are.
    pub scripts: PathBuf,
}

impl Client<'_> {
    /// Makes a virtual environment. What is there already is left as it is, and the answer is no.
    pub fn venv(&self, request: &VenvRequest) -> Result<MadeVenv, ClientError> {
        let pythons = self.pythons();
        let python = match &request.python {
            WhichPython::Usual | WhichPython::Line(3) => pythons.base(None),
            WhichPython::Version(version) => pythons.base(Some(*version)),
            WhichPython::Line(line) => {
                return Err(ClientError::usage(format!("found Python {line}, wanted {OLDEST} or newer")));
            }
            WhichPython::Program(program) => pythons.base_of(program),
        };
        let python = python.map_err(|failure| self.python_error(&failure))?;
        let made = pythons.make_venv(&request.folder, &python).map_err(|failure| match failure {
            PythonFailure::InTheWay(folder) => {
                // One whose Python is gone is of no use to anybody.
                let programs = ["bin/python", "Scripts/python.exe"];
                let is_environment = folder.join("pyvenv.cfg").is_file()
                    && programs.iter().any(|program| folder.join(program).exists());
                No::InTheWay { folder: folder.display().to_string(), is_environment }.into()
            }
            other => self.python_error(&other),
        })?;
        Ok(MadeVenv {
            folder: made.prefix,
            python: made.executable,
            base: python.executable,
            version: made.version,
            scripts: made.paths.scripts,
        })
    }
}
