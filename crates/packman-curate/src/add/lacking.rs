//! What was added without its dependencies: which of it nobody can install from this database alone.

use std::collections::{BTreeMap, BTreeSet};

use packman_names::{ProjectName, Requirement, Target};

use super::AddedFile;
use super::record::Known;
use crate::curator::Note;
use crate::error::CurateError;

/// A note for each project of which something was added now and that needs a project which is not recorded.
pub(super) fn notes(
    added: &[AddedFile],
    known: &mut Known<'_>,
    targets: &[Target],
) -> Result<Vec<Note>, CurateError> {
    let mut lacking: BTreeMap<ProjectName, BTreeSet<ProjectName>> = BTreeMap::new();
    for file in added.iter().filter(|file| !file.for_lock) {
        for need in known.needs(&file.project, &file.file)? {
            let Ok(need) = Requirement::parse(&need) else { continue };
            let counts = targets.iter().any(|target| need.applies(&target.markers, &[]));
            if counts && !known.has(&need.name)? {
                lacking.entry(file.project.clone()).or_default().insert(need.name);
            }
        }
    }
    let note = |(project, needs): (ProjectName, BTreeSet<ProjectName>)| Note::Lacks {
        project,
        needs: needs.into_iter().collect(),
    };
    Ok(lacking.into_iter().map(note).collect())
}
