//! What is in an environment, and what was made, in words and as JSON.

use std::path::Path;

use packman_client::{Frozen, FrozenPackage, MadeVenv, Outdated, OutdatedPackage};
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_trust::Age;

use crate::output::columns;

/// What is behind, in words.
pub(crate) fn outdated(outdated: &Outdated) -> Vec<String> {
    let row = |package: &OutdatedPackage| {
        let source = &package.source;
        let age = match source.age {
            Age::Current => String::new(),
            Age::Expired { since, .. } => format!(", expired {}", since.date()),
        };
        vec![
            package.name.to_string(),
            format!("{} -> {}", package.version, package.newest),
            format!("{} {}, {}{age}", source.assurance.padlock().as_str(), source.database, source.held()),
            if package.ours { String::new() } else { "not installed by PackMan".to_owned() },
        ]
    };
    columns(&outdated.packages.iter().map(row).collect::<Vec<_>>())
}

/// Nothing is behind, in words.
pub(crate) fn nothing_newer(outdated: &Outdated) -> String {
    format!("nothing newer is vouched for that fits {}", escaped(&outdated.environment))
}

/// What is behind, as JSON.
pub(crate) fn outdated_to_json(outdated: &Outdated) -> Value<'static> {
    let package = |package: &OutdatedPackage| {
        let source = &package.source;
        Value::from(
            Object::new()
                .with("name", package.name.as_str().to_owned())
                .with("version", package.version.to_string())
                .with("newest", package.newest.to_string())
                .with("ours", package.ours)
                .with("database", source.database.as_str().to_owned())
                .with("assurance", source.assurance.to_string())
                .with("padlock", source.assurance.padlock().word())
                .with("number", source.number.to_string())
                .with("expired", source.age != Age::Current),
        )
    };
    Object::new()
        .with("environment", outdated.environment.clone())
        .with("packages", outdated.packages.iter().map(package).collect::<Vec<_>>())
        .with("lapsed", super::lapsed::to_json(&outdated.lapsed))
        .into()
}

/// What is pinned, as JSON.
pub(crate) fn frozen_to_json(frozen: &Frozen) -> Value<'static> {
    let package = |package: &FrozenPackage| {
        Value::from(
            Object::new()
                .with("name", package.name.as_str().to_owned())
                .with("version", package.version.to_string())
                .with("line", package.line.clone()),
        )
    };
    Object::new()
        .with("environment", frozen.environment.clone())
        .with("packages", frozen.packages.iter().map(package).collect::<Vec<_>>())
        .into()
}

/// What was made, in words; paths below the folder of the command are shown from there.
pub(crate) fn venv(made: &MadeVenv, here: &Path) -> Vec<String> {
    let shown = |path: &Path| {
        let near = path.strip_prefix(here).unwrap_or(path);
        escaped(&near.display().to_string()).to_string()
    };
    let base = quoted(&made.base.to_string_lossy()).to_string();
    let mut lines = vec![format!("made {} with Python {} of {base}", shown(&made.folder), made.version)];
    if made.folder == here.join(".venv") {
        lines.push("commands of packman that run here work in it".to_owned());
    }
    lines.push(format!("`. {}` activates it in a shell", shown(&made.scripts.join("activate"))));
    lines
}

/// What was made, as JSON.
pub(crate) fn venv_to_json(made: &MadeVenv) -> Value<'static> {
    Object::new()
        .with("environment", made.folder.display().to_string())
        .with("python", made.python.display().to_string())
        .with("base", made.base.display().to_string())
        .with("version", made.version.to_string())
        .into()
}
