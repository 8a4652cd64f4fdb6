//! Reads `uv.lock`: every package of every group and platform it was locked for, with its wheels and their hashes.

use std::path::Path;

use super::lock::{Lock, Part};
use super::{Locked, LockedWheel, NotTaken, Place, TeamFile, UnreadableFile, WhyNotTaken};

/// The version of the format that is known. Revisions of it only add.
const FORMAT: i64 = 1;

/// Parses a `uv.lock`.
pub(super) fn parse(path: &Path, text: &str) -> Result<TeamFile, UnreadableFile> {
    let lock = Lock::parse(path, text)?;
    let root = lock.root();
    match root.integer("version")? {
        Some(FORMAT) => {}
        Some(other) => return Err(root.error(&format!("format version {other} is not known, wanted 1"))),
        None => return Err(root.error("no `version`: wanted a `uv.lock`")),
    }
    let mut found = TeamFile::default();
    for package in root.parts("package")? {
        read_package(&package, path, &mut found)?;
    }
    Ok(found)
}

fn read_package(package: &Part<'_>, path: &Path, found: &mut TeamFile) -> Result<(), UnreadableFile> {
    let (name, version) = package.release()?;
    let source = package.part("source")?.ok_or_else(|| package.error("no `source`"))?;
    // The project that was locked, where it is no package itself: there is nothing to install.
    if source.has("virtual") {
        return Ok(());
    }
    let not_taken =
        |why| NotTaken { what: name.to_string(), why, place: Place { file: path.to_owned(), line: 0 } };
    let why = match () {
        () if source.has("registry") => None,
        () if source.has("git") => Some(WhyNotTaken::VersionControl),
        () if source.has("url") => Some(WhyNotTaken::Url),
        () => Some(WhyNotTaken::Path),
    };
    if let Some(why) = why {
        found.not_taken.push(not_taken(why));
        return Ok(());
    }
    let version = version.ok_or_else(|| package.error("no `version`"))?;
    let listed = package.parts("wheels")?;
    let mut wheels = Vec::new();
    for wheel in &listed {
        // A wheel of a folder on the machine that locked has a path instead of an address.
        if let Some(file) = wheel.file("filename")? {
            let hash = wheel.text("hash")?.ok_or_else(|| wheel.error("no `hash`"))?;
            let hex = hash.strip_prefix("sha256:").ok_or_else(|| wheel.error("`hash`: wanted `sha256:…`"))?;
            wheels.push(LockedWheel { file, sha256: wheel.sha256(hex)? });
        }
    }
    match (wheels.is_empty(), listed.is_empty()) {
        (false, _) => found.locked.push(Locked { name, version, wheels }),
        (true, true) => found.not_taken.push(not_taken(WhyNotTaken::SourceOnly)),
        (true, false) => found.not_taken.push(not_taken(WhyNotTaken::Path)),
    }
    Ok(())
}
