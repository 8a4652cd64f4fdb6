//! What was locked, in words and as JSON.

use std::path::Path;

use packman_client::{Lock, LockPackage};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use crate::words::count;

/// What was locked, in words.
pub(crate) fn lines(lock: &Lock, path: &Path) -> Vec<String> {
    let files = lock.packages.iter().map(|package| package.files.len()).sum();
    let mut lines = vec![format!(
        "locked {}, {}, in {}",
        count(lock.packages.len(), "release", "releases"),
        count(files, "file", "files"),
        quoted(&path.to_string_lossy())
    )];
    lines.extend(lock.environments.iter().map(|marker| format!("  for {marker}")));
    if let Some(python) = &lock.stood_in {
        let python = quoted(&python.to_string_lossy()).to_string();
        lines
            .push(format!("  there is no environment here: {python} said which Python has to be among them"));
    }
    lines
}

/// What was locked, as JSON.
pub(crate) fn to_json(lock: &Lock, path: &Path) -> Value<'static> {
    let package = |package: &LockPackage| {
        let files = package.files.iter().map(|file| {
            let file = Object::new()
                .with("file", file.filename().to_owned())
                .with("sha256", file.sha256().to_string())
                .with("size", file.size())
                .with("database", file.source().database.as_str().to_owned());
            Value::from(file)
        });
        Value::from(
            Object::new()
                .with("name", package.name.as_str().to_owned())
                .with("version", package.version.to_string())
                .with("marker", package.marker.clone().map_or(Value::Null, Value::from))
                .with("files", files.collect::<Vec<_>>()),
        )
    };
    let environments: Vec<Value<'static>> = lock.environments.iter().cloned().map(Value::from).collect();
    Object::new()
        .with("file", path.to_string_lossy().into_owned())
        .with("environments", environments)
        .with("packages", lock.packages.iter().map(package).collect::<Vec<_>>())
        .into()
}
