//! Two environments, file by file. What an installer writes itself is compared in meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Which file it is, how long, and when it was written, in seconds and nanoseconds: another one if anybody touched it.
pub(crate) type Stamp = (u64, u64, i64, i64);

/// Every file below a folder; a gigabyte of packages is not read for this.
pub(crate) fn listing(folder: &Path) -> BTreeMap<PathBuf, Stamp> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap().flatten() {
            let path = entry.path();
            let found = std::fs::symlink_metadata(&path).unwrap();
            if found.is_dir() {
                folders.push(path);
            } else {
                let stamp = (found.ino(), found.len(), found.mtime(), found.mtime_nsec());
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), stamp);
            }
        }
    }
    files
}

/// The projects that an environment says somebody asked for, as PEP 376's REQUESTED tells.
pub(crate) fn requested(venv: &Path) -> BTreeSet<String> {
    let files = listing(venv).into_keys().map(|path| path.to_string_lossy().into_owned());
    let folder = |path: String| {
        let (stem, _) = in_dist_info(&path).filter(|(_, name)| *name == "REQUESTED")?;
        Some(stem.split('-').next()?.to_ascii_lowercase().replace('_', "-"))
    };
    files.filter_map(folder).collect()
}

/// Where two environments differ, a line each.
pub(crate) fn differences(ours: &Path, theirs: &Path) -> Vec<String> {
    let (our_files, their_files) = (meanings(ours), meanings(theirs));
    let paths: BTreeSet<&String> = our_files.keys().chain(their_files.keys()).collect();
    let mut lines = Vec::new();
    for path in paths {
        match (our_files.get(path), their_files.get(path)) {
            (Some(_), None) => lines.push(format!("{path}: only PackMan has it")),
            // pip's wheel names no such command; uv makes one up, as pip does.
            (None, Some(_)) if path.starts_with("bin/pip3.") => {}
            (None, Some(_)) => lines.push(format!("{path}: only uv has it")),
            (Some(Meaning::Record(ours)), Some(Meaning::Record(theirs))) => {
                lines.extend(ours.symmetric_difference(theirs).map(|line| format!("{path}: one has {line}")));
            }
            (Some(ours), Some(theirs)) if ours != theirs => {
                lines.push(format!("{path}: differs\n  ours: {ours:?}\n  uv's: {theirs:?}"));
            }
            _ => {}
        }
    }
    lines
}

/// What a file is, as far as two installers must agree.
#[derive(Debug, Eq, PartialEq)]
enum Meaning {
    /// The same bytes, executable or not.
    Bytes { executable: bool, length: usize, digest: String },
    /// A command that calls this.
    Command(String),
    /// RECORD: each path with its hash and size, without what installers write themselves.
    Record(BTreeSet<String>),
}

fn meanings(venv: &Path) -> BTreeMap<String, Meaning> {
    let paths = listing(venv).into_keys().map(|path| path.to_string_lossy().into_owned());
    let paths: Vec<String> =
        paths.filter(|path| !is_of_the_installer(path) && !is_of_the_environment(path)).collect();
    let read = |path: &str| std::fs::read(venv.join(path)).unwrap();
    let in_bin = paths.iter().filter(|path| path.starts_with("bin/"));
    let commands: BTreeMap<&str, String> =
        in_bin.filter_map(|path| Some((path.as_str(), command(venv, &read(path))?))).collect();
    let meaning = |path: &String| {
        if let Some(command) = commands.get(path.as_str()) {
            return Meaning::Command(command.clone());
        }
        let mut bytes = read(path);
        if in_dist_info(path).is_some_and(|(_, name)| name == "RECORD") {
            return Meaning::Record(record(&bytes, &commands));
        }
        if path.starts_with("bin/") {
            bytes = without_folder(venv, &bytes);
        }
        let executable = std::fs::metadata(venv.join(path)).unwrap().mode() & 0o100 != 0;
        Meaning::Bytes {
            executable,
            length: bytes.len(),
            digest: packman_strict::Sha256::of(&bytes).to_string(),
        }
    };
    paths.iter().map(|path| (path.clone(), meaning(path))).collect()
}

/// INSTALLER, the receipt, bytecode: each installer's own. So is REQUESTED: uv writes it for everything, PackMan for
/// what the command named, as the specification has it.
fn is_of_the_installer(path: &str) -> bool {
    let name = in_dist_info(path).map(|(_, name)| name);
    let own = ["INSTALLER", "REQUESTED", "packman.json", "uv_cache.json"];
    path.contains("__pycache__/") || name.is_some_and(|name| own.contains(&name))
}

/// A file of an installed project's own `.dist-info`, in an environment or in RECORD; wheels carry those of others,
/// too, further down, and these are files like any other.
fn in_dist_info(path: &str) -> Option<(&str, &str)> {
    let (_, path) = path.split_once("/site-packages/").unwrap_or(("", path));
    let (folder, name) = path.split_once('/')?;
    Some((folder.strip_suffix(".dist-info")?, name)).filter(|(_, name)| !name.contains('/'))
}

/// What `python3 -m venv` made, and what installers keep beside it.
fn is_of_the_environment(path: &str) -> bool {
    path == "pyvenv.cfg"
        || path == "lib64"
        || path == ".lock"
        || path.starts_with(".packman/")
        || path.starts_with("bin/activate")
        || path.starts_with("bin/Activate")
        || path.starts_with("bin/python")
}

/// What a generated script calls, `module:function`; nothing where it is no such script.
fn command(venv: &Path, bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let own_python = format!("{}/bin/python", venv.display());
    let first = text.lines().next()?;
    if !first.starts_with("#!") || !(first.contains(&own_python) || first == "#!/bin/sh") || text.len() > 1500
    {
        return None;
    }
    let (module, imported) =
        text.lines().find_map(|line| line.strip_prefix("from ")?.split_once(" import "))?;
    let (imported, known_as) = imported.split_once(" as ").unwrap_or((imported, imported));
    let call = |line: &'static str| text.lines().find_map(move |text| text.trim().strip_prefix(line));
    let called = call("sys.exit(").or_else(|| call("raise SystemExit("))?.strip_suffix("())")?;
    let rest = called.strip_prefix(known_as)?;
    Some(format!("{module}:{imported}{rest}"))
}

/// A shipped script names the environment that it was installed into.
fn without_folder(venv: &Path, bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    text.replace(&venv.display().to_string(), "VENV")
        .replace("VENV/bin/python3\n", "VENV/bin/python\n")
        .into_bytes()
}

fn record(bytes: &[u8], commands: &BTreeMap<&str, String>) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let lines = text.lines().filter(|line| !line.is_empty());
    let path = |line: &str| line.rsplitn(3, ',').nth(2).unwrap_or(line).trim_matches('"').to_owned();
    lines
        .filter(|line| !is_of_the_installer(&path(line)) && !path(line).contains("/bin/pip3."))
        .map(|line| {
            let path = path(line);
            let name = path.trim_start_matches("../").to_owned();
            // The installer wrote it, or wrote into it: its hash is its own affair, that it is listed is not.
            if commands.contains_key(name.as_str())
                || name.starts_with("bin/")
                || in_dist_info(&path).is_some_and(|(_, name)| name == "RECORD")
            {
                name
            } else {
                line.replace('"', "")
            }
        })
        .collect()
}
