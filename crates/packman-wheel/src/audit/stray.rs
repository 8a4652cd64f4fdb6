//! Finds what nobody recorded, in the folders from which Python and shells take code.

use super::record::Recorded;
use super::{Audit, Noted, Wrong, known};
use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::{Folder, Kind, read_file, split};
use crate::scheme::{Places, join};

/// Python imports these whenever it starts, wherever they are found first.
const STARTUP: [&str; 2] = ["sitecustomize", "usercustomize"];

/// Looks through a folder, relative to the root.
pub(super) fn look(
    places: &Places,
    top: &str,
    recorded: &Recorded,
    audit: &mut Audit,
) -> Result<(), ChangeError> {
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (name, kind) in entries(places, &folder)? {
            let path = join(&folder, &name);
            let is_known = recorded.owner(&path).is_some() || recorded.is_told(&path);
            if is_known || known::is_own_command(places, &path) {
                continue;
            }
            let is_top = folder == top;
            if is_top && top != places.scripts && starts_with_python(&name) {
                look_at_start(places, &path, kind, audit);
            } else if kind != Kind::Folder {
                if is_bytecode_of_known(places, &path, recorded) {
                    audit.bytecode.insert(path);
                } else {
                    audit.find(path, None, Wrong::Unrecorded(1));
                }
            } else if recorded.has_below(&path) || name == "__pycache__" {
                waiting.push(path);
            } else {
                let files = count(places, &path)?;
                if files > 0 {
                    audit.find(format!("{path}/"), None, Wrong::Unrecorded(files));
                }
            }
        }
    }
    Ok(())
}

/// Whether a recorded file runs code whenever Python starts.
pub(super) fn runs_at_start(places: &Places, path: &str) -> bool {
    let below = |site: &str| path.strip_prefix(site).map(|rest| rest.trim_start_matches('/'));
    let Some(rest) = places.site_folders().into_iter().find_map(below) else { return false };
    match rest.split_once('/') {
        None if is_pth(rest) => start_text(places, path).is_none_or(|bytes| pth_runs_code(&bytes)),
        None => starts_with_python(rest),
        Some((package, module)) => STARTUP.contains(&package) && module.starts_with("__init__."),
    }
}

/// What Python reads whenever it starts, and nobody recorded.
fn look_at_start(places: &Places, path: &str, kind: Kind, audit: &mut Audit) {
    let bytes = if kind == Kind::Folder { Some(Vec::new()) } else { start_text(places, path) };
    let made = |bytes: &Vec<u8>| known::is_made_with_environment(split(path).1, bytes);
    if bytes.as_ref().is_some_and(made) {
        audit.note(path.to_owned(), None, Noted::MadeWithEnvironment);
        return;
    }
    let shown = if kind == Kind::Folder { format!("{path}/") } else { path.to_owned() };
    audit.find(shown, None, Wrong::Startup(!is_pth(path) || bytes.is_none_or(|bytes| pth_runs_code(&bytes))));
}

/// What Python reads when it starts; none where it cannot be read here, or is longer than anybody would write: who hides
/// something in that is not let pass.
fn start_text(places: &Places, path: &str) -> Option<Vec<u8>> {
    const MOST: u64 = 1 << 20;
    read_file(&places.root.join(path), MOST).ok()
}

fn starts_with_python(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    is_pth(name) || STARTUP.contains(&stem) || known::STEM == stem
}

fn is_pth(name: &str) -> bool {
    name.to_lowercase().ends_with(".pth")
}

/// `site` runs each line that begins so; other lines are folders to look for modules in.
fn pth_runs_code(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.trim_start_matches('\u{feff}')
        .lines()
        .any(|line| line.starts_with("import ") || line.starts_with("import\t"))
}

/// `__pycache__/STEM.TAG.pyc` of a module that is recorded, or was looked at itself.
fn is_bytecode_of_known(places: &Places, path: &str, recorded: &Recorded) -> bool {
    let (cache, name) = split(path);
    let Some(folder) = cache.strip_suffix("__pycache__") else { return false };
    let folder = folder.trim_end_matches('/');
    let Some(stem) = name.strip_suffix(".pyc") else { return false };
    let stems = stem.match_indices('.').filter_map(|(end, _)| stem.get(..end));
    let known = |stem: &str| {
        let source = join(folder, &format!("{stem}.py"));
        // A source that nobody recorded is a finding of its own, and its bytecode is none besides.
        recorded.owner(&source).is_some() || places.root.join(&source).is_file()
    };
    stems.into_iter().any(known)
}

fn entries(places: &Places, folder: &str) -> Result<Vec<(String, Kind)>, ChangeError> {
    let path = places.root.join(folder);
    let failed = |error| ChangeError::from(Failure::new(&path, "listed", error));
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let opened = Folder::open(&path).map_err(failed)?;
    let mut names = opened.names().map_err(failed)?;
    names.sort_unstable();
    names.into_iter().map(|name| Ok((name.clone(), opened.kind(&name).map_err(failed)?))).collect()
}

/// How many files are in a folder and below it.
pub(super) fn count(places: &Places, folder: &str) -> Result<usize, ChangeError> {
    let mut files = 0;
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (name, kind) in entries(places, &folder)? {
            match kind {
                Kind::Folder => waiting.push(join(&folder, &name)),
                _ => files += 1,
            }
        }
    }
    Ok(files)
}
