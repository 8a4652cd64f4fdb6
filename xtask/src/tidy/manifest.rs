//! What a crate's manifest says of its dependencies.

use toml_edit::{DocumentMut, Item};

use super::source::Source;

/// One crate of the workspace.
pub(super) struct Crate {
    /// Its name.
    pub(super) name: String,
    /// What it is built with, tests aside.
    pub(super) dependencies: Vec<String>,
    /// What only its tests are built with.
    pub(super) dev_dependencies: Vec<String>,
}

/// Every crate of the workspace; a manifest that cannot be read is an error in words.
pub(super) fn crates(source: &Source) -> Result<Vec<Crate>, String> {
    let is_manifest = |path: &str| {
        // What the bench compares with is other people's, in workspaces of their own.
        path.ends_with("/Cargo.toml")
            && !path.starts_with("bench/peers/")
            && ["crates/", "xtask/", "bench/"].iter().any(|top| path.starts_with(top))
    };
    source
        .files
        .iter()
        .filter(|file| is_manifest(&file.path))
        .map(|file| parse(&file.path, &file.text))
        .collect()
}

fn parse(path: &str, text: &str) -> Result<Crate, String> {
    let document: DocumentMut = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let name = document.get("package").and_then(|package| package.get("name")).and_then(Item::as_str);
    let keys = |table: &str| {
        let table = document.get(table).and_then(Item::as_table_like);
        table.map(|table| table.iter().map(|(key, _)| key.to_owned()).collect()).unwrap_or_default()
    };
    Ok(Crate {
        name: name.ok_or_else(|| format!("{path}: no package name"))?.to_owned(),
        dependencies: keys("dependencies"),
        dev_dependencies: keys("dev-dependencies"),
    })
}
