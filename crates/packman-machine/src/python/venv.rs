//! Virtual environments: reading one from its `pyvenv.cfg` (PEP 405), and making one.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use packman_names::PythonVersion;

use super::{Environment, Learnt, Python, PythonFailure, Pythons};
use crate::failure::{Act, DiskFailure};
use crate::files;
use crate::ini;
use crate::program;
use crate::stop::Commit;

const SETTINGS: &str = "pyvenv.cfg";

/// Stands in an environment while it is made: whoever finds it there, and nobody at work, finds half of one.
const UNFINISHED: &str = ".packman-unfinished";

const PROGRAM: &str = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };

/// The folder of the virtual environment that a program is the interpreter of, by Python's own rule: the file of
/// settings stands beside the program or one folder up.
pub(super) fn around(program: &Path) -> Option<PathBuf> {
    program.ancestors().skip(1).take(2).find(|folder| folder.join(SETTINGS).is_file()).map(Path::to_owned)
}

impl Pythons<'_> {
    /// Reads the environment in a folder. What lies in it is never run, however it was named: whoever only looks at an
    /// environment would run the intruder that he looks for. The Python below it is asked, once.
    pub(super) fn venv(&self, folder: &Path, learnt: Learnt) -> Result<Environment, PythonFailure> {
        let folder = tidy(&self.environ.folder().join(folder));
        let program = folder.join(PROGRAM);
        let none = || PythonFailure::NoEnvironment(folder.clone(), learnt);
        if folder.join(UNFINISHED).exists() {
            return Err(PythonFailure::Unfinished(folder));
        }
        if !program.exists() {
            return Err(match () {
                () if folder.join(SETTINGS).is_file() => {
                    let end = fs::read_link(&program)
                        .map_or_else(|_| program.clone(), |end| folder.join("bin").join(end));
                    PythonFailure::Broken(folder, end)
                }
                () if fs::symlink_metadata(&folder)
                    .is_err_and(|error| error.kind() == io::ErrorKind::NotFound) =>
                {
                    PythonFailure::NotThere(folder, learnt)
                }
                () => none(),
            });
        }
        let Some(settings) = files::read_file(&folder.join(SETTINGS), 64 << 10)? else {
            // An environment of conda is a whole Python of its own: `--python` names its program.
            if !self.may_run(&program, &folder, learnt) {
                return Err(PythonFailure::OwnProgram(folder));
            }
            let python = self.probe(&program)?;
            let own = python.prefix.canonicalize().ok() == folder.canonicalize().ok();
            return if own { Ok(Environment::of_base(python, learnt)) } else { Err(none()) };
        };
        let settings = String::from_utf8_lossy(&settings);
        let sees_base = ini::value(&settings, "", "include-system-site-packages")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let may_run = self.may_run(&program, &folder, learnt);
        let python = if may_run && is_named(&program, &settings) {
            self.under_venv(&program)?
        } else {
            match self.below(&folder, &settings, learnt) {
                // Settings may be older than the link: a Python that was replaced by a newer one, or moved.
                Err(PythonFailure::OwnProgram(_)) if may_run => self.under_venv(&program)?,
                python => python?,
            }
        };
        Ok(Environment::of_venv(&folder, program, python, sees_base, learnt))
    }

    /// The Python below an environment whose own program is not to be run: the one that its settings name, else the
    /// first of that version in `PATH`.
    fn below(&self, folder: &Path, settings: &str, learnt: Learnt) -> Result<Python, PythonFailure> {
        let value = |name: &str| ini::value(settings, "", name);
        let version = value("version").or_else(|| value("version_info"));
        let version = version.and_then(|version| {
            let mut numbers = version.trim().split('.');
            let short = format!("{}.{}", numbers.next()?, numbers.next()?);
            PythonVersion::parse(&short).ok()
        });
        let Some(version) = version else { return Err(PythonFailure::OwnProgram(folder.to_owned())) };
        let in_home = |home: String| {
            let named = format!("python{}.{}", version.major, version.minor);
            let names =
                if cfg!(windows) { vec!["python.exe".to_owned()] } else { vec![named, "python3".to_owned()] };
            names.into_iter().map(move |name| Path::new(&home).join(name))
        };
        let named = value("executable").map(PathBuf::from).into_iter();
        let named = named.chain(value("home").into_iter().flat_map(in_home));
        let mut asked = named
            .filter(|program| program.is_absolute() && self.may_run(program, folder, learnt))
            .filter_map(|program| self.under_venv(&program).ok());
        let is_it = |python: &Python| python.is(version);
        // Where the environment is activated, PATH leads into it first.
        let in_path =
            || self.base_where(Some(version), |program| self.is_outside(program, folder, learnt)).ok();
        asked.find(is_it).or_else(in_path).ok_or_else(|| PythonFailure::OwnProgram(folder.to_owned()))
    }

    /// Whether a program may be run because an environment leads to it. Whoever made the environment chose it, and may be
    /// whoever wrote a clone, or another user in whose folder we stand: so it lies outside, is called as a Python is, and
    /// no stranger could have put it there, save where PATH leads to the same. What is known already is not run.
    fn may_run(&self, program: &Path, environment: &Path, learnt: Learnt) -> bool {
        let Ok(real) = program.canonicalize() else { return false };
        let name = real.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_python = || ["python", "pypy", "graalpy"].iter().any(|kind| name.contains(kind));
        let in_path = || {
            let names = [name.as_str(), "python3", "python"].map(Path::new);
            let mut found = names.into_iter().filter_map(|name| program::find(self.environ, name));
            found.any(|found| found.canonicalize().is_ok_and(|found| found == real))
        };
        self.is_real_outside(&real, environment, learnt)
            && (learnt == Learnt::Made
                || self.is_known(&real)
                || is_python() && (!files::is_of_strangers(&real) || in_path()))
    }

    /// Whether a program lies outside an environment, and where nobody named that, outside the project that it belongs
    /// to, which is the folder that holds it. What lies inside may have come with a clone: it is not run. Nobody clones
    /// into the user's home itself, where some keep all their Pythons.
    fn is_outside(&self, program: &Path, environment: &Path, learnt: Learnt) -> bool {
        program.canonicalize().is_ok_and(|real| self.is_real_outside(&real, environment, learnt))
    }

    fn is_real_outside(&self, real: &Path, environment: &Path, learnt: Learnt) -> bool {
        let home = self.environ.user_home().and_then(|home| home.canonicalize().ok());
        let project = environment
            .parent()
            .filter(|_| learnt == Learnt::DotVenv)
            .map(Path::canonicalize)
            .filter(|project| project.as_ref().map_or(true, |project| home.as_ref() != Some(project)));
        let mut own = [Some(environment.canonicalize()), project].into_iter().flatten();
        own.all(|folder| folder.is_ok_and(|folder| !real.starts_with(folder)))
    }

    /// The Python below an environment: what its program is a link to, or the program itself where it is a copy.
    pub(super) fn under_venv(&self, program: &Path) -> Result<Python, PythonFailure> {
        let real = program.canonicalize().map_err(|error| DiskFailure::new(Act::Read, program, &error))?;
        self.probe(&real)
    }

    /// Makes a virtual environment without pip in a folder that is not there or empty, or where somebody who did so was
    /// killed; of several at once one makes it, and the others find it made. When that fails, or the user asks to stop,
    /// what was made is removed again.
    pub fn make_venv(&self, folder: &Path, python: &Python) -> Result<Environment, PythonFailure> {
        let folder = tidy(&self.environ.folder().join(folder));
        let claim = Claim::of(&folder)?;
        let commit = Commit::begin();
        let arguments = ["-I", "-S", "-m", "venv", "--without-pip", "--"]
            .map(OsStr::new)
            .into_iter()
            .chain([folder.as_os_str()]);
        let arguments: Vec<&OsStr> = arguments.collect();
        let limit = Duration::from_mins(5);
        let made = program::run(self.environ, &python.executable, &arguments, limit, self.stop)
            .map_err(PythonFailure::from)
            .and_then(|_| Ok(files::remove_file(&folder.join(UNFINISHED))?))
            .and_then(|()| self.venv(&folder, Learnt::Made));
        if made.is_err() {
            clear(&folder, !claim.is_made);
            commit.undone();
        }
        made
    }
}

/// Whether the settings of an environment name what its program is a link to: as `executable`, or as what lies in `home`,
/// itself or under the name that the link has for it.
fn is_named(program: &Path, settings: &str) -> bool {
    let Ok(real) = program.canonicalize() else { return false };
    let is_it = |path: PathBuf| path.canonicalize().is_ok_and(|path| path == real);
    let value = |name: &str| ini::value(settings, "", name).map(PathBuf::from);
    if value("executable").is_some_and(is_it) {
        return true;
    }
    let Some(home) = value("home") else { return false };
    let is_inside = home.canonicalize().is_ok_and(|home| real.parent() == Some(&home));
    let named = fs::read_link(program).ok().and_then(|link| link.file_name().map(|name| home.join(name)));
    is_inside || named.into_iter().chain([home.join("python3"), home.join("python")]).any(is_it)
}

/// An empty folder that nobody else makes an environment in while this lives.
struct Claim {
    /// Whether the folder was made for it.
    is_made: bool,
    /// As whoever changes an environment holds it.
    _lock: Option<fs::File>,
}

impl Claim {
    /// Makes the folder where it is not there, and waits for whoever makes an environment in it. Until that is whole it is
    /// marked.
    fn of(folder: &Path) -> Result<Self, PythonFailure> {
        let failed = |error: io::Error| DiskFailure::new(Act::Make, folder, &error);
        loop {
            let above = folder.ancestors().skip(1).find(|above| above.exists());
            if let Some(above) = above.filter(|above| !above.is_dir()) {
                return Err(PythonFailure::InTheWay(above.to_owned()));
            }
            if let Some(above) = folder.parent() {
                files::make_public_folder(above)?;
            }
            let is_made = match fs::create_dir(folder) {
                Ok(()) => true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
                Err(error) => return Err(failed(error).into()),
            };
            // Some systems open or lock no folders; there looking first has to do.
            let lock = fs::File::open(folder).ok().filter(|open| open.lock().is_ok());
            match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
                // Whoever held it took the folder away again, and perhaps made another.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(_) if lock.as_ref().is_some_and(|lock| !is_still(lock, folder)) => {}
                Ok(is_empty) if is_empty || lock.is_some() && folder.join(UNFINISHED).exists() => {
                    clear(folder, true);
                    let claim = Self { is_made, _lock: lock };
                    // In one step, that there is no moment when something else is there.
                    return fs::write(folder.join(UNFINISHED), "").map(|()| claim).map_err(|error| {
                        clear(folder, !is_made);
                        failed(error).into()
                    });
                }
                _ => return Err(PythonFailure::InTheWay(folder.to_owned())),
            }
        }
    }
}

/// Whether an open folder is the one of that name.
#[cfg(unix)]
fn is_still(open: &fs::File, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(open), Ok(named)) = (open.metadata(), fs::metadata(folder)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn is_still(_: &fs::File, _: &Path) -> bool {
    true
}

/// Whether a folder is none that an environment was made in: it is empty, or nobody came to the end of making one.
pub(super) fn is_unmade(folder: &Path) -> bool {
    folder.join(UNFINISHED).exists() || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The path as scripts are to name it: without `.`, and without `..` where there is something to ask.
fn tidy(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    let up = plain.components().any(|part| part == Component::ParentDir);
    if up { plain.canonicalize().unwrap_or(plain) } else { plain }
}

/// The first failure is the one to report: what cannot be removed stays.
fn clear(folder: &Path, keep_folder: bool) {
    if !keep_folder {
        let _ = fs::remove_dir_all(folder);
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let _ = if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
    }
}
