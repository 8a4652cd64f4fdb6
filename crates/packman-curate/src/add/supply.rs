//! The index as the resolver sees it: releases with a wheel that fits and that the rules admit.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use packman_database::{CoreMetadata, FileName};
use packman_names::{ProjectName, Target, Version};
use packman_resolve::{ListedWheel, Needs, Nobody, Releases, Supplied, Supply, Unusable, choose_wheels};
use packman_strict::time::Time;

use super::ahead::Ahead;
use super::fetch::Files;
use super::rules::{Rules, Verdict};
use crate::error::CurateError;
use crate::index::IndexClient;
use crate::listing::{Candidate, Listing};

/// The code of a release that is left out because of its age.
const CODE: &str = "too-young";

/// Supplies the resolver from the index, for one target.
pub(super) struct IndexSupply<'s> {
    pub(super) index: &'s IndexClient<'s>,
    pub(super) files: &'s Files<'s>,
    pub(super) ahead: &'s Ahead<'s>,
    pub(super) rules: &'s Rules,
    pub(super) target: &'s Target,
    /// Whether dependencies are looked at.
    pub(super) with_needs: bool,
    /// The only releases of a project that may be chosen, where that was decided before.
    pub(super) only: Option<(&'s ProjectName, &'s BTreeSet<Version>)>,
    /// What was told of each file that was reached.
    pub(super) told: BTreeMap<String, Arc<CoreMetadata>>,
}

impl Supply for IndexSupply<'_> {
    type File = Arc<Candidate>;
    type Failure = CurateError;

    fn releases(&mut self, project: &ProjectName) -> Result<Supplied<Self::File>, CurateError> {
        let Some(listing) = self.index.listing(project)? else { return Ok(Supplied::Nobody(Nobody::Lists)) };
        let mut releases = releases(&listing, self.rules, self.target);
        if let Some((_, only)) = self.only.filter(|(of, _)| *of == project) {
            releases.usable.retain(|release| only.contains(&release.version));
        }
        Ok(Supplied::Releases(releases))
    }

    fn needs<'a>(&'a mut self, _: &ProjectName, file: &'a Self::File) -> Result<Needs<'a>, CurateError> {
        if !self.with_needs {
            return Ok(Needs::default());
        }
        let metadata = self.files.metadata(file)?;
        self.ahead.guess_needs(&metadata.requires_dist, &[], self.target);
        let told = self.told.entry(file.name.as_str().to_owned()).or_insert(metadata);
        Ok(Needs {
            requires_dist: Cow::Borrowed(&told.requires_dist),
            provides_extra: Cow::Borrowed(&told.provides_extra),
        })
    }
}

/// The releases of a listing that fit the target and that the rules admit, and the others with the reason.
pub(super) fn releases(listing: &Listing, rules: &Rules, target: &Target) -> Releases<Arc<Candidate>> {
    let fine = listing.files.iter().filter(|file| rules.judge(file) == Verdict::Fine);
    let mut releases = choose_wheels(fine.filter_map(listed), target);
    let mut seen: BTreeSet<Version> = releases.usable.iter().map(|release| release.version.clone()).collect();
    // Whatever else is wrong with one: that it is young is what the user can do something about.
    let mut decided = Vec::new();
    for (version, uploaded) in young(listing, rules, target) {
        if seen.insert(version.clone()) {
            decided.push((version, too_young(uploaded, rules)));
        }
    }
    let other = listing.files.iter().filter(|file| rules.judge(file) == Verdict::OtherHash);
    for release in choose_wheels(other.filter_map(listed), target).usable {
        if seen.insert(release.version.clone()) {
            decided.push((release.version, other_hash(&release.file, rules)));
        }
    }
    let of: BTreeSet<&Version> = decided.iter().map(|(version, _)| version).collect();
    releases.unusable.retain(|(version, _)| !of.contains(version));
    drop(of);
    releases.unusable.extend(decided);
    seen.extend(releases.unusable.iter().map(|(version, _)| version.clone()));
    for file in &listing.files {
        if matches!(file.name, FileName::Sdist(_)) && seen.insert(file.name.version().clone()) {
            releases.unusable.push((file.name.version().clone(), Unusable::SourceOnly));
        }
    }
    releases
}

/// The releases that would fit if they were older, each with the time of the upload that would be chosen.
pub(super) fn young(listing: &Listing, rules: &Rules, target: &Target) -> BTreeMap<Version, Time> {
    let young =
        |file: &&Arc<Candidate>| matches!(rules.judge(file), Verdict::TooYoung(_)) && file.yanked.is_none();
    let fitting = choose_wheels(listing.files.iter().filter(young).filter_map(listed), target).usable;
    let uploaded = |file: &Candidate| file.uploaded.unwrap_or(Time::from_seconds(0));
    fitting.into_iter().map(|release| (release.version, uploaded(&release.file))).collect()
}

fn too_young(uploaded: Time, rules: &Rules) -> Unusable {
    let words = format!("was uploaded on {}, less than {} days ago", uploaded.date(), rules.min_age_days);
    Unusable::LeftOut { code: CODE, words }
}

fn other_hash(file: &Candidate, rules: &Rules) -> Unusable {
    let place = rules.named_by(file.name.project()).unwrap_or("the request");
    Unusable::LeftOut {
        code: "hash-mismatch",
        words: format!("has no wheel with a SHA-256 that {place} names"),
    }
}

pub(super) fn listed(file: &Arc<Candidate>) -> Option<ListedWheel<'_, Arc<Candidate>>> {
    Some(ListedWheel {
        name: file.name.wheel()?,
        requires_python: file.requires_python.as_deref(),
        yanked: file.yanked.as_deref(),
        file: Arc::clone(file),
    })
}
