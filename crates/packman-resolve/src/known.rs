//! What is known of one project: the releases that may be chosen, in the order of choice, and why the others may not.

use std::ops::{Bound, RangeBounds};

use packman_names::{ProjectName, Ranges, Version};

use crate::policy::Policy;
use crate::supply::{Nobody, Release, Releases, Supplied, Unusable};

/// One project as the supply and the policy leave it.
#[derive(Debug)]
pub(crate) struct Known<F> {
    /// Final releases, highest first.
    finals: Vec<Release<F>>,
    /// Pre-releases that may be chosen, highest first.
    prereleases: Vec<Release<F>>,
    /// What may not be chosen, highest first.
    pub(crate) unusable: Vec<(Version, Unusable)>,
    /// Why there is nothing at all, where there is nothing.
    pub(crate) nobody: Option<Nobody>,
}

impl<F> Known<F> {
    /// Sorts what a supply has.
    pub(crate) fn of(project: &ProjectName, supplied: Supplied<F>, policy: &Policy) -> Self {
        let (releases, nobody) = match supplied {
            Supplied::Releases(releases) => (releases, None),
            Supplied::Nobody(nobody) => (Releases::default(), Some(nobody)),
        };
        let mut known =
            Self { finals: Vec::new(), prereleases: Vec::new(), unusable: releases.unusable, nobody };
        let mut final_shut_out = false;
        for release in releases.usable {
            match not_allowed(project, &release, policy) {
                Some(why) => {
                    let shut_out = matches!(why, Unusable::Constraint { .. });
                    final_shut_out |= shut_out && !release.version.any_prerelease();
                    known.unusable.push((release.version, why));
                }
                None if release.version.any_prerelease() => known.prereleases.push(release),
                None => known.finals.push(release),
            }
        }
        if !policy.allows_prereleases(project) && (final_shut_out || known.lists_a_final()) {
            let left_out = known.prereleases.drain(..).map(|release| (release.version, Unusable::PreRelease));
            known.unusable.extend(left_out);
        }
        known.finals.sort_by(|one, other| other.version.cmp(&one.version));
        known.prereleases.sort_by(|one, other| other.version.cmp(&one.version));
        known.unusable.sort_by(|(one, _), (other, _)| other.cmp(one));
        known
    }

    /// What may be chosen, in the order of choice.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = &Release<F>> {
        self.finals.iter().chain(&self.prereleases)
    }

    /// The best release in a range: a pre-release only where no final one is.
    pub(crate) fn choose(&self, range: &Ranges<Version>) -> Option<&Version> {
        highest(&self.finals, range).or_else(|| highest(&self.prereleases, range))
    }

    /// The release of a version.
    pub(crate) fn release(&self, version: &Version) -> Option<&Release<F>> {
        let list = if version.any_prerelease() { &self.prereleases } else { &self.finals };
        let place = list.binary_search_by(|release| version.cmp(&release.version)).ok()?;
        list.get(place)
    }

    /// Says whether something final is listed that would do but for a decision of people: then a pre-release is not all
    /// there is. What cannot be installed here, or was yanked, does not count.
    fn lists_a_final(&self) -> bool {
        let decided = |why: &Unusable| matches!(why, Unusable::LeftOut { .. });
        let left_out = self.unusable.iter().any(|(version, why)| !version.any_prerelease() && decided(why));
        left_out || !self.finals.is_empty()
    }
}

/// The first of the releases, which are sorted highest first, that is in the range. Both are walked down together:
/// after a long way back a range has a hole for each release that was tried, and to search it for each release would
/// cost much more.
fn highest<'a, F>(releases: &'a [Release<F>], range: &Ranges<Version>) -> Option<&'a Version> {
    let segments: Vec<_> = range.iter().map(|(low, high)| (low.as_ref(), high.as_ref())).collect();
    let mut segments = segments.into_iter().rev().peekable();
    releases.iter().map(|release| &release.version).find(|version| {
        while segments.next_if(|(low, _)| !(*low, Bound::Unbounded).contains(*version)).is_some() {}
        segments.peek().is_some_and(|segment| segment.contains(*version))
    })
}

fn not_allowed<F>(project: &ProjectName, release: &Release<F>, policy: &Policy) -> Option<Unusable> {
    if let Some(shut_out) = policy.shuts_out(project, &release.version) {
        return Some(shut_out);
    }
    match &release.yanked {
        Some(reason) if !policy.pins(project, &release.version) => {
            Some(Unusable::Yanked { reason: reason.clone() })
        }
        _ => None,
    }
}
