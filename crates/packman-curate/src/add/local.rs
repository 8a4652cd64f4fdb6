//! `--from FOLDER`: wheels of this machine, in the place of what the index has of their projects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use packman_database::FileName;
use packman_machine::failure::{Act, DiskFailure, DiskReason};
use packman_machine::files;
use packman_names::{ProjectName, Requirement};
use packman_requirements::{Asked, Demand, Place};
use packman_strict::digest::Hashed;
use packman_strict::quote::quoted;
use packman_wheel::WheelLimits;

use super::AddRequest;
use super::fetch::verified;
use crate::error::{CurateError, No};
use crate::index::{CoreMetadataFile, IndexClient};
use crate::listing::{Candidate, Listing, Origin};

/// Puts the wheels of the folder in the place of the index's; gives what is asked for: with nothing named, every wheel
/// that is there, by its exact version.
pub(super) fn stand_in(request: &AddRequest, index: &IndexClient<'_>) -> Result<Demand, CurateError> {
    let mut asked = request.asked.clone();
    let Some(folder) = &request.from else { return Ok(asked) };
    if !folder.is_dir() {
        return Err(DiskFailure::because(Act::List, folder, DiskReason::Missing).into());
    }
    let wheels = wheels_of(folder)?;
    let named_nothing = asked.asked.is_empty() && asked.locks.releases.is_empty();
    if named_nothing && wheels.is_empty() {
        let folder = quoted(&folder.to_string_lossy()).to_string();
        return Err(CurateError::usage(format!("{folder} holds no wheel")));
    }
    for (project, files) in wheels {
        for file in &files {
            if !request.copy_files {
                return Err(No::CopyNeeded { file: file.name.as_str().to_owned() }.into());
            }
            let requirement = Requirement::exactly(project.clone(), file.name.version().clone());
            if named_nothing && !asked.asked.iter().any(|asked| asked.requirement == requirement) {
                asked.asked.push(Asked { requirement, hashes: Vec::new(), place: Place::default() });
            }
        }
        index.put(project, Listing { files });
    }
    Ok(asked)
}

/// Puts the wheels of a folder in the place of the index's, and nothing more.
pub(crate) fn put(folder: &Path, index: &IndexClient<'_>) -> Result<(), CurateError> {
    for (project, files) in wheels_of(folder)? {
        index.put(project, Listing { files });
    }
    Ok(())
}

fn wheels_of(folder: &Path) -> Result<BTreeMap<ProjectName, Vec<Arc<Candidate>>>, CurateError> {
    let mut wheels: BTreeMap<ProjectName, Vec<Arc<Candidate>>> = BTreeMap::new();
    for listed in files::list_tree(folder)? {
        let is_wheel = listed.path.as_str().to_ascii_lowercase().ends_with(".whl");
        if !is_wheel || listed.path.components().count() > 1 {
            continue;
        }
        let name =
            FileName::parse(listed.path.as_str()).map_err(|error| CurateError::usage(error.to_string()))?;
        let path = folder.join(listed.path.as_str());
        let requires_python = requires_python(&name, &path)?;
        wheels.entry(name.project().clone()).or_default().push(Arc::new(Candidate {
            name,
            origin: Origin::Local(path),
            promise: None,
            size: Some(listed.size),
            requires_python,
            yanked: None,
            uploaded: None,
            for_lock: false,
            metadata: CoreMetadataFile::Absent,
            provenance: None,
        }));
    }
    Ok(wheels)
}

/// What the wheel itself says of the Pythons that it runs on: a folder has no page that would.
fn requires_python(name: &FileName, path: &Path) -> Result<Option<String>, CurateError> {
    let Some(wheel) = name.wheel() else { return Ok(None) };
    let bytes = files::read_file(path, WheelLimits::default().zip.archive_bytes)?.unwrap_or_default();
    let bytes = Hashed::of(bytes);
    // One that is malformed is refused, with its reason, when it is taken.
    let read = verified(&bytes, wheel, None);
    Ok(read.ok().and_then(|wheel| wheel.metadata().requires_python.clone()))
}
