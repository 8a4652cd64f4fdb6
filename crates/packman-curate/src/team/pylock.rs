//! Reads `pylock.toml` (PEP 751): the packages of a lock file, with their wheels and their hashes.

use std::path::Path;

use super::lock::{Lock, Part};
use super::{Locked, LockedWheel, NotTaken, Place, TeamFile, UnreadableFile, WhyNotTaken};

/// Parses a `pylock.toml`.
pub(super) fn parse(path: &Path, text: &str) -> Result<TeamFile, UnreadableFile> {
    let lock = Lock::parse(path, text)?;
    let root = lock.root();
    match root.text("lock-version")? {
        // A later minor version only adds (PEP 751).
        Some(version) if version.split('.').next() == Some("1") => {}
        Some(other) => {
            let found = packman_strict::quote::quoted(other);
            return Err(root.error(&format!("`lock-version` {found} is not known, wanted `1.0`")));
        }
        None => return Err(root.error("no `lock-version`: wanted a `pylock.toml`")),
    }
    let mut found = TeamFile::default();
    for package in root.parts("packages")? {
        read_package(&package, path, &mut found)?;
    }
    Ok(found)
}

fn read_package(package: &Part<'_>, path: &Path, found: &mut TeamFile) -> Result<(), UnreadableFile> {
    let (name, version) = package.release()?;
    let listed = package.parts("wheels")?;
    let mut wheels = Vec::new();
    let mut why = match () {
        () if package.has("vcs") => Some(WhyNotTaken::VersionControl),
        () if package.has("directory") => Some(WhyNotTaken::Path),
        () if package.has("archive") => Some(WhyNotTaken::Url),
        () if listed.is_empty() => Some(WhyNotTaken::SourceOnly),
        () => None,
    };
    for wheel in &listed {
        let Some(file) = wheel.file("name")? else { continue };
        let hashes = wheel.part("hashes")?.ok_or_else(|| wheel.error("no `hashes`"))?;
        match hashes.text("sha256")? {
            Some(hex) => wheels.push(LockedWheel { file, sha256: wheel.sha256(hex)? }),
            None => why = Some(WhyNotTaken::WeakHash),
        }
    }
    if why.is_none() && wheels.is_empty() {
        why = Some(WhyNotTaken::Path);
    }
    if let Some(why) = why {
        let place = Place { file: path.to_owned(), line: 0 };
        found.not_taken.push(NotTaken { what: name.to_string(), why, place });
        return Ok(());
    }
    let version = version.ok_or_else(|| package.error("no `version`"))?;
    found.locked.push(Locked { name, version, wheels });
    Ok(())
}
