//! Reads `uv.lock`: every package of every group and platform it was locked for, with its wheels and their hashes, and
//! who needs whom.

use std::path::Path;

use packman_names::ExtraName;

use crate::table::{Part, TomlFile};
use crate::text::text_of;
use crate::{Demand, Edge, Locked, ReadFile, UnreadableFile, WhyNotTaken};

/// The version of the format that is known. Revisions of it only add.
const FORMAT: i64 = 1;

/// Parses a `uv.lock`.
pub(crate) fn parse(path: &Path, read: ReadFile<'_>) -> Result<Demand, UnreadableFile> {
    let text = text_of(path, read)?;
    let file = TomlFile::parse(path, &text)?;
    let root = file.root();
    match root.integer("version")? {
        Some(FORMAT) => {}
        Some(other) => return Err(root.error(&format!("format version {other} is not known, wanted 1"))),
        None => return Err(root.error("no `version`: wanted a `uv.lock`")),
    }
    let mut found = Demand::default();
    found.pythons.extend(root.python()?);
    if let Some(manifest) = root.part("manifest")? {
        // A script has no package of its own.
        found.locks.roots.extend(edges(&manifest, "requirements", None)?);
    }
    for package in root.parts("package")? {
        read_package(&package, &mut found)?;
    }
    Ok(found)
}

fn read_package(package: &Part<'_>, found: &mut Demand) -> Result<(), UnreadableFile> {
    let source = package.part("source")?.ok_or_else(|| package.error("no `source`"))?;
    let needs = needs(package)?;
    // The projects that were locked, which their own people work in: nobody has to vouch for those.
    if ["virtual", "editable", "directory"].iter().any(|kind| source.has(kind))
        && is_member(package, &source)?
    {
        found.locks.roots.extend(needs);
        return Ok(());
    }
    let left = match () {
        () if source.has("registry") => None,
        () if source.has("git") => Some(WhyNotTaken::VersionControl),
        () if source.has("url") => Some(WhyNotTaken::Url),
        () => Some(WhyNotTaken::Path),
    };
    let version = package.version()?;
    let listed = package.parts("wheels")?;
    let mut wheels = Vec::new();
    for wheel in listed.iter().filter(|_| left.is_none()) {
        // A wheel of a folder on the machine that locked has a path instead of an address.
        if wheel.has("url") {
            let hash = wheel.text("hash")?.ok_or_else(|| wheel.error("no `hash`"))?;
            let hex = hash.strip_prefix("sha256:").ok_or_else(|| wheel.error("`hash`: wanted `sha256:…`"))?;
            wheels.extend(wheel.wheel("filename", hex)?);
        }
    }
    let left = left.or(match (wheels.is_empty(), listed.is_empty()) {
        (false, _) => None,
        (true, true) => Some(WhyNotTaken::SourceOnly),
        (true, false) => Some(WhyNotTaken::Path),
    });
    if left.is_none() && version.is_none() {
        return Err(package.error("no `version`"));
    }
    let (name, place) = (package.project()?, package.place());
    found.locks.releases.push(Locked { name, version, wheels, left, marker: None, needs, place });
    Ok(())
}

/// Whether it is a project of the workspace that was locked: `virtual` ones are nothing else, and others say what they
/// were locked with.
fn is_member(package: &Part<'_>, source: &Part<'_>) -> Result<bool, UnreadableFile> {
    let here = |kind| Ok::<_, UnreadableFile>(source.text(kind)? == Some("."));
    Ok(source.has("virtual") || here("editable")? || here("directory")? || package.has("dev-dependencies"))
}

fn needs(package: &Part<'_>) -> Result<Vec<Edge>, UnreadableFile> {
    let mut needs = edges(package, "dependencies", None)?;
    if let Some(extras) = package.part("optional-dependencies")? {
        for key in extras.keys() {
            let extra = ExtraName::parse(key).map_err(|error| extras.error(&error.to_string()))?;
            needs.extend(edges(&extras, key, Some(&extra))?);
        }
    }
    if let Some(groups) = package.part("dev-dependencies")? {
        for key in groups.keys() {
            let edges = edges(&groups, key, None)?;
            needs.extend(edges.into_iter().map(|edge| Edge { is_base: key == "dev", ..edge }));
        }
    }
    Ok(needs)
}

fn edges(table: &Part<'_>, key: &str, of_extra: Option<&ExtraName>) -> Result<Vec<Edge>, UnreadableFile> {
    let edge = |edge: &Part<'_>| {
        Ok(Edge {
            of_extra: of_extra.cloned(),
            name: edge.project()?,
            version: edge.version()?,
            // The manifest of a script writes `extras`, everything else `extra`.
            extras: [edge.names("extra")?, edge.names("extras")?].concat(),
            marker: edge.marker("marker")?,
            is_base: of_extra.is_none(),
        })
    };
    table.parts(key)?.iter().map(edge).collect()
}
