//! What the arguments of a command ask for: requirements that were typed, and files that were named.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_machine::failure::DiskFailure;
use packman_machine::files;
use packman_machine::location::without_secrets;
use packman_names::{ExtraName, Requirement, Version, WheelName};
use packman_requirements::{Demand, FileKind, NotTaken, Parts, ReadFile, UnreadableFile, WhyNotTaken};
use packman_strict::quote::quoted;

use super::setting::Setting;
use crate::ending::Ending;
use crate::words::demand as words;

/// Where a command reads what is asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Sources<'a> {
    /// Requirements that were typed.
    pub(super) typed: &'a [String],
    /// Files (`-r`).
    pub(super) files: &'a [PathBuf],
    /// Files of constraints (`-c`).
    pub(super) constraints: &'a [PathBuf],
    /// Extras of those files.
    pub(super) extras: &'a [String],
    /// Dependency groups of those files.
    pub(super) groups: &'a [String],
    /// Whether all of a lock file is asked for.
    pub(super) whole_locks: bool,
    /// Whether what builds the projects of those files is asked for.
    pub(super) build_system: bool,
}

/// The largest file that is read: ten times the longest lock file known.
const LARGEST: u64 = 32 << 20;

impl Sources<'_> {
    /// Reads them all. Nothing is done yet, so whatever is wrong with a file leaves nothing behind.
    pub(super) fn read(self, setting: &Setting) -> Result<Demand, Ending> {
        let parts = self.parts()?;
        let streams = Streams::default();
        // The path is as it was typed, so that errors show it so.
        let read = |path: &Path| {
            let place = setting.environ.folder().join(path);
            let bytes = if self.is_named(path) {
                streams.read(path, &place)
            } else {
                files::read_file(&place, LARGEST)
            };
            match bytes {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err("is not there".to_owned()),
                Err(failure) => Err(failure.reason().to_string()),
            }
        };
        let mut demand =
            Demand::of(self.typed.iter().map(|text| typed(text)).collect::<Result<Vec<_>, _>>()?);
        for file in self.files {
            demand.extend(Demand::parse(file, &parts, &read).map_err(|error| unreadable(&error))?);
        }
        for file in self.constraints {
            demand.extend(constraints(file, &read)?);
        }
        match demand.unhashed() {
            None => Ok(demand),
            Some(unhashed) => Err(Ending::no("unhashed", unhashed.to_string()).hint(
                "`pip-compile --generate-hashes` or `uv pip compile --generate-hashes` writes all of them",
            )),
        }
    }

    /// Whether a file was named by whoever typed the command, and not by another file.
    fn is_named(&self, path: &Path) -> bool {
        self.files.iter().chain(self.constraints).any(|file| file == path)
    }

    fn parts(self) -> Result<Parts, Ending> {
        let names = |names: &[String]| {
            let parse =
                |name: &String| ExtraName::parse(name).map_err(|error| Ending::usage(error.to_string()));
            names.iter().map(parse).collect::<Result<Vec<_>, _>>()
        };
        let parts = Parts {
            extras: names(self.extras)?,
            groups: names(self.groups)?,
            whole_locks: self.whole_locks,
            build_system: self.build_system,
        };
        let has_parts = |file: &PathBuf| {
            FileKind::of(file).is_ok_and(|kind| matches!(kind, FileKind::PyProject | FileKind::PyLock))
        };
        if parts.is_named() && !self.files.iter().any(has_parts) {
            let what = "`--extra` and `--group` name parts of a `pyproject.toml` or `pylock.toml`, and none is given";
            return Err(Ending::usage(what).hint(
                "give one with `-r pyproject.toml`; an extra of a project is asked for as `name[extra]`",
            ));
        }
        Ok(parts)
    }
}

/// What was read of standard input and of pipes, such as a shell's `<(…)`: they give their bytes once only.
#[derive(Default)]
struct Streams(RefCell<BTreeMap<PathBuf, Vec<u8>>>);

impl Streams {
    fn read(&self, path: &Path, place: &Path) -> Result<Option<Vec<u8>>, DiskFailure> {
        if let Some(bytes) = self.0.borrow().get(path) {
            return Ok(Some(bytes.clone()));
        }
        let bytes = if path == Path::new("-") {
            Some(files::read_stream(&mut std::io::stdin().lock(), path, LARGEST)?)
        } else {
            files::read_file_or_stream(place, LARGEST)?
        };
        if let Some(bytes) = &bytes {
            self.0.borrow_mut().insert(path.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }
}

fn typed(text: &str) -> Result<Requirement, Ending> {
    if Path::new(text).extension().is_some_and(|ending| ending == "whl") && !text.contains(['@', ':']) {
        return Err(wheel(text));
    }
    let is_file = [".txt", ".in", ".toml", ".lock"].iter().any(|ending| text.ends_with(ending));
    if is_file && !text.contains('@') {
        let ending = Ending::usage(format!("{} is a file where a requirement is wanted", quoted(text)));
        return Err(ending.hint(format!("to read it: `-r {}`", crate::words::shell(text))));
    }
    if let Some(ending) = release(text) {
        return Err(ending);
    }
    match Requirement::parse(text) {
        Err(error) if !names_a_place(text) => Err(Ending::malformed(error.to_string())),
        Ok(requirement) if requirement.url.is_none() => Ok(requirement),
        _ => Err(place(text)),
    }
}

/// Whether what is no requirement names a place: an address, a checkout, a file or a folder.
fn names_a_place(text: &str) -> bool {
    text.contains(['/', '\\']) || text.starts_with(['.', '~']) || text.ends_with(".tar.gz")
}

/// A release as it is asked for elsewhere, `flask@3.0`: after the `@` stands what is no address and no path.
fn release(text: &str) -> Option<Ending> {
    let (name, wanted) = text.split_once('@')?;
    let (name, wanted) = (name.trim(), wanted.trim());
    let project = Requirement::parse(name).ok().filter(|project| project.specifiers.is_empty())?;
    if wanted.contains(['/', '\\', ':', '@']) || wanted.starts_with(['.', '~']) {
        return None;
    }
    let instead = match wanted.parse::<Version>() {
        Ok(version) => format!("`{project}=={version}` asks for that version"),
        Err(_) => format!("`{project}` asks for the newest that fits, `{project}==VERSION` for one version"),
    };
    Some(
        Ending::malformed(format!("{} is no requirement, wanted one such as `flask>=3`", quoted(text)))
            .hint(instead),
    )
}

fn place(text: &str) -> Ending {
    let what = quoted(&without_secrets(text)).to_string();
    let ending = format!("{what} is an address, a file or a folder, wanted a project, such as `flask>=3`");
    WhyNotTaken::Url.way_on().into_iter().fold(Ending::usage(ending), Ending::hint)
}

/// A wheel is believed by what a database says of it, wherever it lies: it is asked for by its project's name.
fn wheel(text: &str) -> Ending {
    let name = text.rsplit(['/', '\\']).next().and_then(|name| WheelName::parse(name).ok());
    let project = name.map_or_else(|| "NAME".to_owned(), |name| name.project().to_string());
    Ending::usage(format!("{} is a wheel, wanted a project, such as `flask>=3`", quoted(text)))
        .hint(format!(
            "ask for `{project}`: a wheel is believed by what a database that you trust says of it"
        ))
        .hint(format!(
            "to vouch for this one yourself: `packman curate add DIR {project} --from FOLDER --copy-files`"
        ))
}

fn constraints(file: &Path, read: ReadFile<'_>) -> Result<Demand, Ending> {
    Demand::parse_constraints(file, read).map_err(|error| unreadable(&error))
}

fn unreadable(error: &UnreadableFile) -> Ending {
    error.hint().into_iter().fold(Ending::usage(error.to_string()), Ending::hint)
}

/// For those who install: what PackMan does not take ends it, each thing with its line.
pub(super) fn refuse_left(demand: &Demand) -> Result<(), Ending> {
    let uv_lock =
        demand.files.iter().find(|file| FileKind::of(file).is_ok_and(|kind| kind == FileKind::UvLock));
    if let Some(file) = uv_lock {
        let what = format!("{} says what to lock, not what to install here", quoted(&file.to_string_lossy()));
        return Err(Ending::usage(what).hint(
            "`uv export --no-emit-project --format pylock.toml -o pylock.toml` writes what `-r` reads",
        ));
    }
    let checkout = |locked: &&packman_requirements::Locked| locked.version.is_none();
    let checkouts = demand.locks.releases.iter().filter(checkout).map(|locked| NotTaken {
        what: locked.name.to_string(),
        why: locked.left.clone().unwrap_or(WhyNotTaken::Path),
        place: locked.place.clone(),
    });
    let left: Vec<NotTaken> = demand.not_taken.iter().cloned().chain(checkouts).collect();
    match left.first() {
        None => Ok(()),
        // As on the command line.
        Some(first) if matches!(first.why, WhyNotTaken::Malformed(_)) => {
            Err(words::left(&left, Ending::malformed(String::new())))
        }
        Some(first) => Err(words::left(&left, Ending::no(first.why.code(), String::new()))),
    }
}

/// For those who curate: a line that says where packages come from ends it, before anything is taken from elsewhere,
/// unless the person named the index himself; then that is said. Says whether there was such a line.
pub(super) fn settle_index(
    setting: &Setting,
    demand: &mut Demand,
    named: Option<&str>,
) -> Result<bool, Ending> {
    let lines = demand.take_index_lines();
    match (lines.first(), named) {
        (None, _) => Ok(false),
        (Some(_), Some(named)) => {
            for line in &lines {
                setting.terminal.say(&words::index_line_passed_over(line, named));
            }
            Ok(true)
        }
        (Some(_), None) => Err(words::index_lines(&lines, Ending::no("index-option", String::new()))),
    }
}
