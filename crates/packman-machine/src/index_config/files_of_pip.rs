//! Where pip keeps its settings, the strongest first: the file named by `PIP_CONFIG_FILE`, the environment's own,
//! the user's, the machine's.

use std::path::{Path, PathBuf};

use super::IndexFailure;
use crate::environ::Environ;
use crate::files;
use crate::ini;

const NAME: &str = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
const NOWHERE: &str = if cfg!(windows) { "nul" } else { "/dev/null" };
const LONGEST: u64 = 1 << 20;

/// The index that the strongest file names, and that file.
pub(super) fn index(environ: &Environ) -> Result<Option<(String, PathBuf)>, IndexFailure> {
    for path in paths(environ) {
        let Some(bytes) = files::read_file(&path, LONGEST)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let sections = ["download", "global"];
        let keys = ["index-url", "index_url"];
        let value =
            sections.iter().find_map(|section| keys.iter().find_map(|key| ini::value(&text, section, key)));
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            return Ok(Some((value, path)));
        }
    }
    Ok(None)
}

/// The file that says that no index is to be used, if the strongest that speaks of it says so.
pub(super) fn forbids(environ: &Environ) -> Result<Option<PathBuf>, IndexFailure> {
    for path in paths(environ) {
        let Some(bytes) = files::read_file(&path, LONGEST)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let keys = ["no-index", "no_index"];
        let value = ["download", "global"]
            .iter()
            .find_map(|section| keys.iter().find_map(|key| ini::value(&text, section, key)));
        if let Some(value) = value {
            return Ok(super::is_yes(&value).then_some(path));
        }
    }
    Ok(None)
}

fn paths(environ: &Environ) -> Vec<PathBuf> {
    let named = environ.path("PIP_CONFIG_FILE");
    // This is how pip is told to read none at all.
    if named.as_deref() == Some(Path::new(NOWHERE)) {
        return Vec::new();
    }
    let of_venv = environ.path("VIRTUAL_ENV").map(|folder| folder.join(NAME));
    // pip reads no user's file where it was named another.
    let of_user =
        if named.as_ref().is_some_and(|path| path.exists()) { Vec::new() } else { of_user(environ) };
    named.into_iter().chain(of_venv).chain(of_user).chain(of_machine(environ)).collect()
}

fn of_user(environ: &Environ) -> Vec<PathBuf> {
    if cfg!(windows) {
        return environ.absolute("APPDATA").map(|data| data.join("pip").join(NAME)).into_iter().collect();
    }
    let Some(home) = environ.user_home() else { return Vec::new() };
    let mut paths = Vec::new();
    if cfg!(target_os = "macos") {
        paths.push(home.join("Library/Application Support/pip").join(NAME));
    }
    let settings = environ.absolute("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    paths.extend([settings.join("pip").join(NAME), home.join(".pip").join(NAME)]);
    paths
}

fn of_machine(environ: &Environ) -> Vec<PathBuf> {
    if cfg!(windows) {
        return environ.absolute("ProgramData").map(|data| data.join("pip").join(NAME)).into_iter().collect();
    }
    if cfg!(target_os = "macos") {
        return vec![Path::new("/Library/Application Support/pip").join(NAME)];
    }
    let shared = environ.text("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
    let shared = shared.split(':').filter(|folder| folder.starts_with('/')).rev();
    [Path::new("/etc").join(NAME)]
        .into_iter()
        .chain(shared.map(|folder| Path::new(folder).join("pip").join(NAME)))
        .collect()
}
