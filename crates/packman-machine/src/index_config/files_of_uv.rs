//! Where uv keeps its settings, the strongest first: the project's, the user's, the machine's.

use std::path::{Path, PathBuf};

use toml_edit::{Document, Table};

use super::IndexFailure;
use crate::environ::Environ;
use crate::files;

const LONGEST: u64 = 4 << 20;

/// The default index that the strongest file names, and that file.
pub(super) fn index(environ: &Environ) -> Result<Option<(String, PathBuf)>, IndexFailure> {
    if let Some(path) = environ.path("UV_CONFIG_FILE") {
        return Ok(of_file(&path, &[])?.flatten().map(|index| (index, path)));
    }
    if environ.variable("UV_NO_CONFIG").is_some() {
        return Ok(None);
    }
    if let Some((Some(index), path)) = of_project(environ.folder())? {
        return Ok(Some((index, path)));
    }
    for path in of_user(environ).into_iter().chain(of_machine(environ)) {
        if let Some(Some(index)) = of_file(&path, &[])? {
            return Ok(Some((index, path)));
        }
    }
    Ok(None)
}

/// The nearest settings up the folders; those further up do not count, as for uv.
fn of_project(folder: &Path) -> Result<Option<(Option<String>, PathBuf)>, IndexFailure> {
    for folder in folder.ancestors() {
        for (name, table) in [("uv.toml", &[][..]), ("pyproject.toml", &["tool", "uv"][..])] {
            let path = folder.join(name);
            if let Some(index) = of_file(&path, table)? {
                return Ok(Some((index, path)));
            }
        }
    }
    Ok(None)
}

/// What the settings of a file name, under a table of it; `None` when there are no settings.
#[expect(
    clippy::option_option,
    reason = "no settings, and settings without an index, end the search differently"
)]
fn of_file(path: &Path, table: &[&str]) -> Result<Option<Option<String>>, IndexFailure> {
    let Some(bytes) = files::read_file(path, LONGEST)? else { return Ok(None) };
    let unreadable = |words: &dyn ToString| IndexFailure::Unreadable(path.to_owned(), words.to_string());
    let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
    let document = Document::parse(text).map_err(|error| unreadable(&error.message()))?;
    let mut settings = document.as_table();
    for name in table {
        match settings.get(name).and_then(toml_edit::Item::as_table) {
            Some(inner) => settings = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(default_index(settings)))
}

fn default_index(settings: &Table) -> Option<String> {
    let text = |table: &Table, key: &str| Some(table.get(key)?.as_str()?.to_owned());
    let indexes = settings.get("index").and_then(toml_edit::Item::as_array_of_tables);
    let default = indexes
        .into_iter()
        .flatten()
        .find(|index| index.get("default").and_then(toml_edit::Item::as_bool) == Some(true));
    default
        .and_then(|index| text(index, "url"))
        .or_else(|| text(settings, "index-url"))
        .or_else(|| text(settings.get("pip")?.as_table()?, "index-url"))
}

fn of_user(environ: &Environ) -> Option<PathBuf> {
    let folder = if cfg!(windows) {
        environ.absolute("APPDATA")?
    } else {
        environ
            .absolute("XDG_CONFIG_HOME")
            .or_else(|| environ.user_home().map(|home| home.join(".config")))?
    };
    Some(folder.join("uv").join("uv.toml"))
}

fn of_machine(environ: &Environ) -> Vec<PathBuf> {
    if cfg!(windows) {
        let data = environ.absolute("ProgramData");
        return data.map(|data| data.join("uv").join("uv.toml")).into_iter().collect();
    }
    let shared = environ.text("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
    let shared = shared.split(':').filter(|folder| folder.starts_with('/'));
    shared
        .map(|folder| Path::new(folder).join("uv/uv.toml"))
        .chain([PathBuf::from("/etc/uv/uv.toml")])
        .collect()
}
