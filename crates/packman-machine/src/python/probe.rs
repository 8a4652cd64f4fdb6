//! Asking an interpreter what it is, once, and keeping the answer.
//!
//! The program runs with `-I -S -B`: isolated from the variables, the folder and the user's packages, without
//! `site`, so that neither installed packages nor `.pth` files run, and without writing beside the library.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use packman_names::{InterpreterFacts, Libc, MarkerEnvironment, PythonVersion, System, Tags, Target};
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Reader};

use super::{OLDEST, Paths, Python, PythonFailure, Pythons};
use crate::program::{self, ProgramFailure, ProgramReason};

const SCRIPT: &str = include_str!("probe.py");

/// Stands for the folder of a virtual environment in what the script answers.
const PLACE: char = '\u{1}';

/// A start from a cold network disk takes seconds.
const LIMIT: Duration = Duration::from_mins(1);

/// Where a virtual environment of an interpreter keeps things, from its folder on.
#[derive(Clone, Debug)]
pub(super) struct VenvPaths(Paths);

impl VenvPaths {
    pub(super) fn under(&self, folder: &Path, version: PythonVersion) -> Paths {
        let at = |path: &Path| match path.to_str().and_then(|path| path.strip_prefix(PLACE)) {
            // Collected, since joining nothing would leave a slash at the end.
            Some(rest) => folder.join(rest.trim_start_matches(['/', '\\'])).components().collect(),
            None => path.to_owned(),
        };
        let Paths { purelib, platlib, scripts, data, .. } = &self.0;
        Paths {
            purelib: at(purelib),
            platlib: at(platlib),
            scripts: at(scripts),
            data: at(data),
            // Where pip puts them; the scheme would name the folder of the interpreter's own.
            headers: folder.join(format!("include/site/python{}.{}", version.major, version.minor)),
        }
    }
}

impl Pythons<'_> {
    /// Whether what a program says of itself is kept, so that it does not have to be run.
    pub(super) fn is_known(&self, real: &Path) -> bool {
        key(real).is_some_and(|key| self.cache.derived(KIND, &key).is_some())
    }

    /// Asks a program that is not the interpreter of a virtual environment.
    pub(super) fn probe(&self, program: &Path) -> Result<Python, PythonFailure> {
        let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
        let key = key(&real);
        let kept = key.as_ref().and_then(|key| self.cache.derived(KIND, key));
        if let Some(mut python) = kept.and_then(|answer| understand(program, &answer).ok()) {
            program.clone_into(&mut python.executable);
            return Ok(python);
        }
        let arguments = ["-I", "-S", "-B", "-c", SCRIPT].map(OsStr::new);
        let answer = program::run(self.environ, program, &arguments, LIMIT, self.stop)?;
        let mut python = understand(program, &answer)?;
        // A shim is a program that starts one Python or another: what it said once is not what it is.
        if python.executable.canonicalize().is_ok_and(|executable| executable == real) {
            if let Some(key) = &key {
                self.cache.put_derived(KIND, key, &answer);
            }
            program.clone_into(&mut python.executable);
        }
        Ok(python)
    }
}

const KIND: &str = "python-1";

/// A key that changes with the program, with what we ask, and with the kernel, of which some markers tell.
fn key(real: &Path) -> Option<Sha256> {
    let about = real.metadata().ok()?;
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    let mut text =
        format!("{}\0{}\0{}\0{changed}\0", Sha256::of(SCRIPT.as_bytes()), real.to_str()?, about.len());
    #[cfg(unix)]
    {
        let kernel = rustix::system::uname();
        let (release, version) = (kernel.release().to_string_lossy(), kernel.version().to_string_lossy());
        let _ = write!(text, "{release}\0{version}");
    }
    Some(Sha256::of(text.as_bytes()))
}

fn understand(program: &Path, answer: &[u8]) -> Result<Python, PythonFailure> {
    let not_understood = |words: String| ProgramFailure::new(program, ProgramReason::NotUnderstood(words));
    let document =
        Document::parse(answer, &Limits::default()).map_err(|error| not_understood(error.to_string()))?;
    let python = read(Reader::root(&document)).map_err(not_understood)?;
    if python.version < OLDEST {
        return Err(PythonFailure::TooOld(program.to_owned(), python.version));
    }
    Ok(python)
}

fn read(answer: Reader<'_, '_>) -> Result<Python, String> {
    let text = |name: &str| answer.member(name).and_then(Reader::str).map_err(|error| error.to_string());
    let truth = |name: &str| answer.member(name).and_then(Reader::bool).map_err(|error| error.to_string());
    let version = PythonVersion::parse(text("version")?).map_err(|error| error.to_string())?;
    let markers = markers(answer).map_err(|error| error.to_string())?;
    let facts = InterpreterFacts {
        implementation: markers.get("implementation_name").cloned().unwrap_or_default(),
        python: version,
        free_threaded: truth("free_threaded")?,
        debug: truth("debug")?,
        extension_suffix: text("extension_suffix")?.to_owned(),
        system: System::parse(
            text("platform")?,
            truth("is_32_bit")?,
            Libc::parse(text("libc")?),
            text("mac_version")?,
            text("mac_machine")?,
        )
        .map_err(|error| error.to_string())?,
    };
    let markers = MarkerEnvironment::from_pairs(&markers).map_err(|error| error.to_string())?;
    Ok(Python {
        executable: PathBuf::from(text("executable")?),
        version,
        target: Target { markers, tags: Tags::of(&facts) },
        prefix: PathBuf::from(text("prefix")?),
        paths: paths(answer, "paths", text("include")?)?,
        stdlib: PathBuf::from(text("stdlib")?),
        venv: VenvPaths(paths(answer, "venv", "")?),
    })
}

fn markers(answer: Reader<'_, '_>) -> Result<BTreeMap<String, String>, packman_strict::json::ShapeError> {
    let members = answer.member("markers")?.members()?;
    members.map(|(name, value)| Ok((name.to_owned(), value.str()?.to_owned()))).collect()
}

fn paths(answer: Reader<'_, '_>, member: &str, headers: &str) -> Result<Paths, String> {
    let path = |name: &str| {
        let text = answer.member(member).and_then(|paths| paths.member(name)).and_then(Reader::str);
        text.map(PathBuf::from).map_err(|error| error.to_string())
    };
    Ok(Paths {
        purelib: path("purelib")?,
        platlib: path("platlib")?,
        scripts: path("scripts")?,
        data: path("data")?,
        headers: PathBuf::from(headers),
    })
}
