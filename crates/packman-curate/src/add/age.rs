//! What there is to say about age: releases that were passed over, and files of which it is not known.

use std::collections::BTreeMap;
use std::sync::Arc;

use packman_names::admits;
use packman_requirements::Asked;

use super::AddRequest;
use super::rules::Rules;
use super::supply::young;
use crate::curator::Note;
use crate::index::IndexClient;
use crate::listing::Candidate;

/// Says which newer releases were passed over because of their age, of what was asked for; and once that the index
/// does not say how old its files are.
pub(super) fn notes(
    request: &AddRequest,
    rules: &Rules,
    index: &IndexClient<'_>,
    open: &[&Asked],
    take: &[Arc<Candidate>],
) -> Vec<Note> {
    let unknown = take.iter().find(|file| rules.misses_age(file));
    let unknown = unknown.map(|file| Note::NoUploadTimes { project: file.name.project().clone() });
    let looked_at = open.iter().filter(|one| rules.looks_at_age(&one.requirement));
    unknown
        .into_iter()
        .chain(looked_at.filter_map(|one| passed_over(request, rules, index, one, take)))
        .collect()
}

/// The newest release that was passed over, where what is asked for admits one.
fn passed_over(
    request: &AddRequest,
    rules: &Rules,
    index: &IndexClient<'_>,
    one: &Asked,
    take: &[Arc<Candidate>],
) -> Option<Note> {
    let requirement = &one.requirement;
    let listing = index.listing(&requirement.name).ok().flatten()?;
    let of_project = take.iter().filter(|file| *file.name.project() == requirement.name);
    let taken = of_project.map(|file| file.name.version()).max().cloned();
    let mut passed_over = BTreeMap::new();
    for target in &request.targets {
        passed_over.extend(young(&listing, rules, target));
    }
    passed_over.retain(|version, _| {
        admits(&requirement.specifiers, version)
            && (requirement.names_prerelease() || !version.any_prerelease())
            && taken.as_ref().is_none_or(|taken| version > taken)
    });
    let (newer, uploaded) = passed_over.pop_last()?;
    let (project, min_age_days) = (requirement.name.clone(), rules.min_age_days);
    Some(Note::TooYoung { project, newer, uploaded, taken, min_age_days })
}
