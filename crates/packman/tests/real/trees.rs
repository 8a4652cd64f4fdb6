//! Two environments, file by file. What an installer writes itself is compared in meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use testkit::world::snapshot;

/// The projects that an environment says somebody asked for, as PEP 376's REQUESTED tells.
pub(crate) fn requested(venv: &Path) -> BTreeSet<String> {
    let files = snapshot(venv).into_keys().map(|path| path.to_string_lossy().into_owned());
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
    let files = snapshot(venv);
    let commands: BTreeSet<String> = files
        .iter()
        .filter_map(|(path, bytes)| Some(path).filter(|_| command(venv, bytes).is_some()))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let mut meanings = BTreeMap::new();
    for (path, bytes) in files {
        let text = path.to_string_lossy().into_owned();
        if is_of_the_installer(&text) || is_of_the_environment(&text) {
            continue;
        }
        let meaning = if in_dist_info(&text).is_some_and(|(_, name)| name == "RECORD") {
            Meaning::Record(record(&bytes, &commands))
        } else if let Some(command) = command(venv, &bytes) {
            Meaning::Command(command)
        } else {
            let mode = std::fs::metadata(venv.join(&path)).map_or(0, |file| file.permissions().mode());
            let bytes = without_folder(venv, &bytes);
            let digest = packman_strict::Sha256::of(&bytes).to_string();
            Meaning::Bytes { executable: mode & 0o100 != 0, length: bytes.len(), digest }
        };
        meanings.insert(text, meaning);
    }
    meanings
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

fn record(bytes: &[u8], commands: &BTreeSet<String>) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let lines = text.lines().filter(|line| !line.is_empty());
    let path = |line: &str| line.rsplitn(3, ',').nth(2).unwrap_or(line).trim_matches('"').to_owned();
    lines
        .filter(|line| !is_of_the_installer(&path(line)) && !path(line).contains("/bin/pip3."))
        .map(|line| {
            let path = path(line);
            let name = path.trim_start_matches("../").to_owned();
            // The installer wrote it, or wrote into it: its hash is its own affair, that it is listed is not.
            if commands.contains(&name)
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
