//! An environment: an interpreter with the folders that packages go to.

use std::path::{Path, PathBuf};

use packman_names::{PythonVersion, Target};

use super::Python;
use crate::files;
use crate::ini;

/// Which environment the user asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// `--venv DIR`.
    Venv(PathBuf),
    /// `--python EXE`: a path, or a name to be found in `PATH`.
    Python(PathBuf),
    /// Whatever is usual here.
    Usual,
}

/// How an environment became the one that is meant.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Learnt {
    /// The user named it.
    Option,
    /// `VIRTUAL_ENV` names it.
    Variable,
    /// It is `./.venv`.
    DotVenv,
    /// It was just made.
    Made,
}

/// Where an environment keeps what is installed (the schemes of the wheel format).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paths {
    /// Python code.
    pub purelib: PathBuf,
    /// Code with parts for one platform.
    pub platlib: PathBuf,
    /// Programs.
    pub scripts: PathBuf,
    /// Anything else, by its own paths.
    pub data: PathBuf,
    /// C headers; each project has a folder of its own below.
    pub headers: PathBuf,
}

/// A place that packages are installed to.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its folder, `sys.prefix`.
    pub prefix: PathBuf,
    /// Its interpreter, as scripts name it in their first line.
    pub executable: PathBuf,
    /// The interpreter that was asked what it is: its own, or that of the Python below.
    pub asked: PathBuf,
    /// The version of its Python, with the patch.
    pub version: PythonVersion,
    /// What wheels are chosen for.
    pub target: Target,
    /// Where things go.
    pub paths: Paths,
    /// Folders of packages that are seen from here, but belong to the Python below.
    pub also_sees: Vec<PathBuf>,
    /// Whether it is a virtual environment.
    pub is_venv: bool,
    /// How we came to it.
    pub learnt: Learnt,
    stdlib: PathBuf,
}

impl Environment {
    pub(super) fn of_base(python: Python, learnt: Learnt) -> Self {
        let Python { executable, version, target, prefix, paths, stdlib, .. } = python;
        Self {
            prefix,
            asked: executable.clone(),
            executable,
            version,
            target,
            paths,
            also_sees: Vec::new(),
            is_venv: false,
            learnt,
            stdlib,
        }
    }

    pub(super) fn of_venv(
        folder: &Path,
        executable: PathBuf,
        python: Python,
        sees_base: bool,
        learnt: Learnt,
    ) -> Self {
        let mut also_sees = Vec::new();
        if sees_base {
            also_sees = vec![python.paths.purelib, python.paths.platlib];
            also_sees.dedup();
        }
        Self {
            prefix: folder.to_owned(),
            asked: python.executable,
            executable,
            version: python.version,
            paths: python.venv.under(folder, python.version),
            target: python.target,
            also_sees,
            is_venv: true,
            learnt,
            stdlib: python.stdlib,
        }
    }

    /// What the one who manages this Python says to those who would install into it (PEP 668); `None` for a virtual
    /// environment, and where nobody else manages it.
    pub fn externally_managed(&self) -> Option<String> {
        if self.is_venv {
            return None;
        }
        let marker = self.stdlib.join("EXTERNALLY-MANAGED");
        let text = match files::read_file(&marker, 64 << 10) {
            Ok(None) => return None,
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            // It is there, and that is what counts.
            Err(_) => String::new(),
        };
        Some(ini::value(&text, "externally-managed", "error").unwrap_or_default())
    }
}
