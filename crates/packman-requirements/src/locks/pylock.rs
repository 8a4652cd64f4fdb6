//! Reads `pylock.toml` (PEP 751): the packages of a lock file, with their wheels and their hashes.

use std::path::Path;

use packman_names::{ExtraName, Marker};
use packman_strict::quote::quoted;

use crate::table::{Part, TomlFile};
use crate::text::text_of;
use crate::{Demand, EnvironmentsAsked, Locked, Parts, ReadFile, UnreadableFile, WhyNotTaken};

/// Parses a `pylock.toml`, for the extras and groups that are asked for.
pub(crate) fn parse(path: &Path, parts: &Parts, read: ReadFile<'_>) -> Result<Demand, UnreadableFile> {
    let text = text_of(path, read)?;
    let file = TomlFile::parse(path, &text)?;
    let root = file.root();
    match root.text("lock-version")? {
        // A later minor version only adds (PEP 751).
        Some(version) if version.split('.').next() == Some("1") => {}
        Some(other) => {
            return Err(root.error(&format!("`lock-version` {} is not known, wanted `1.0`", quoted(other))));
        }
        None => return Err(root.error("no `lock-version`: wanted a `pylock.toml`")),
    }
    let chosen = Chosen::of(&root, parts)?;
    let mut found = Demand::default();
    found.pythons.extend(root.python()?);
    found.environments.extend(environments(&root)?);
    for package in root.parts("packages")? {
        // The project that was locked, which its own people work in: nobody has to vouch for that.
        if !(parts.whole_locks && is_here(&package)?) {
            found.locks.releases.push(read_package(&package, &chosen)?);
        }
    }
    Ok(found)
}

/// The environments that the lock was made for, where it says so.
fn environments(root: &Part<'_>) -> Result<Option<EnvironmentsAsked>, UnreadableFile> {
    let mut markers = Vec::new();
    let texts = root.texts("environments")?;
    let Some((_, place)) = texts.first().cloned() else { return Ok(None) };
    for (text, place) in texts {
        markers.push(Marker::parse(text).map_err(|error| UnreadableFile::new(place, error.to_string()))?);
    }
    Ok(Some(EnvironmentsAsked { markers, place }))
}

/// Whether a package is the project that the lock stands beside.
fn is_here(package: &Part<'_>) -> Result<bool, UnreadableFile> {
    let Some(directory) = package.part("directory")? else { return Ok(false) };
    Ok(matches!(directory.text("path")?, Some("." | "./")))
}

/// The extras and groups that count.
struct Chosen {
    extras: Vec<ExtraName>,
    groups: Vec<ExtraName>,
}

impl Chosen {
    fn of(root: &Part<'_>, parts: &Parts) -> Result<Self, UnreadableFile> {
        let (extras, groups) = (root.names("extras")?, root.names("dependency-groups")?);
        let mut defaults = root.names("default-groups")?;
        if parts.whole_locks {
            defaults.extend(groups);
            return Ok(Self { extras, groups: defaults });
        }
        refuse_absent(root, "extra", &parts.extras, &extras)?;
        refuse_absent(root, "dependency group", &parts.groups, &[groups, defaults.clone()].concat())?;
        defaults.extend(parts.groups.iter().cloned());
        Ok(Self { extras: parts.extras.clone(), groups: defaults })
    }

    fn settle(&self, marker: &Marker) -> Marker {
        marker.given(&self.extras, &self.groups)
    }
}

/// Refuses a name that the file does not have, and says which it has.
pub(crate) fn refuse_absent(
    file: &Part<'_>,
    kind: &str,
    asked: &[ExtraName],
    there: &[ExtraName],
) -> Result<(), UnreadableFile> {
    let Some(absent) = asked.iter().find(|name| !there.contains(name)) else { return Ok(()) };
    let names: Vec<String> = there.iter().map(|name| format!("`{}`", name.as_str())).collect();
    let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(file.error(&format!("has no {kind} `{}`; it has {has}", absent.as_str())))
}

fn read_package(package: &Part<'_>, chosen: &Chosen) -> Result<Locked, UnreadableFile> {
    let listed = package.parts("wheels")?;
    let mut wheels = Vec::new();
    let mut left = match () {
        () if package.has("vcs") => Some(WhyNotTaken::VersionControl),
        () if is_here(package)? => Some(WhyNotTaken::Editable),
        () if package.has("directory") => Some(WhyNotTaken::Path),
        () if package.has("archive") => Some(WhyNotTaken::Url),
        () if listed.is_empty() => Some(WhyNotTaken::SourceOnly),
        () => None,
    };
    for wheel in &listed {
        let hashes = wheel.part("hashes")?.ok_or_else(|| wheel.error("no `hashes`"))?;
        match hashes.text("sha256")? {
            Some(hex) => wheels.extend(wheel.wheel("name", hex)?),
            None => left = Some(WhyNotTaken::WeakHash),
        }
    }
    if left.is_none() && wheels.is_empty() {
        left = Some(WhyNotTaken::Path);
    }
    let version = package.version()?;
    if left.is_none() && version.is_none() {
        return Err(package.error("no `version`"));
    }
    let marker = package.marker("marker")?.map(|marker| chosen.settle(&marker));
    let (name, place) = (package.project()?, package.place());
    Ok(Locked { name, version, wheels, left, marker, needs: Vec::new(), place })
}
