//! Why a project has no release left: there is no such project, nothing is in the range, or what is in it cannot be
//! chosen.

use packman_names::{ProjectName, Ranges, Version};

use super::Fact;
use super::facts::{TOLD_APART, Words};
use super::leaves::Edge;
use crate::known::Known;
use crate::supply::{Supply, Unusable};
use crate::world::World;

/// A project in which the solver looked and found nothing.
pub(super) struct Looked<'a, F> {
    pub(super) project: &'a ProjectName,
    pub(super) known: &'a Known<F>,
    /// The versions among which it looked.
    pub(super) empty: &'a Ranges<Version>,
    pub(super) incoming: &'a [&'a Edge],
    pub(super) words: &'a Words<'a>,
}

/// Adds what is not there, where that is the reason. Where it is not, the requirements themselves are in conflict.
pub(super) fn add<S: Supply>(looked: &Looked<'_, S::File>, world: &World<'_, S>, ends: &mut Vec<Fact>) {
    let Looked { project, known, .. } = looked;
    let installed = world.installed(project).map(|package| package.version.clone());
    if let Some(nobody) = known.nobody {
        ends.push(Fact::Missing { project: (*project).clone(), nobody });
        ends.extend(installed.map(|version| Fact::Installed { project: (*project).clone(), version }));
        return;
    }
    let mut listed: Vec<Version> = known.candidates().map(|release| release.version.clone()).collect();
    listed.extend(installed.filter(|version| !listed.contains(version)));
    listed.sort_unstable_by(|one, other| other.cmp(one));
    let ranges = looked.ranges();
    let fits = |range: &Ranges<Version>| listed.iter().any(|version| range.contains(version));
    let barren: Vec<&Ranges<Version>> = ranges.iter().copied().filter(|range| !fits(range)).collect();
    let all = ranges.iter().fold(Ranges::full(), |all, range| all.intersection(range));
    if !barren.is_empty() {
        looked.add_barren(&barren, &listed, ends);
    } else if ranges.len() > 1 && !all.is_empty() && !fits(&all) {
        let blocked = looked.blocked(&[&all]);
        if blocked.is_empty() {
            ends.push(Fact::NoneFitsAll { project: (*project).clone(), listed });
        }
        ends.extend(looked.grouped(&blocked));
    }
}

impl<F> Looked<'_, F> {
    /// The ranges that are wanted, each once, in the order of the path.
    fn ranges(&self) -> Vec<&Ranges<Version>> {
        let mut ranges: Vec<&Ranges<Version>> = Vec::new();
        for (project, range, _) in self.words {
            if *project == self.project && !ranges.contains(range) {
                ranges.push(range);
            }
        }
        if ranges.is_empty() {
            ranges.extend(self.incoming.iter().map(|edge| &edge.wanted));
        }
        ranges
    }

    /// Ranges in which nothing can be chosen: what is in them and why not, else that there is nothing in them.
    fn add_barren(&self, barren: &[&Ranges<Version>], listed: &[Version], ends: &mut Vec<Fact>) {
        let blocked = self.blocked(barren);
        let nothing: Vec<&Ranges<Version>> = barren
            .iter()
            .copied()
            .filter(|range| !blocked.iter().any(|(version, _)| range.contains(version)))
            .collect();
        let kept = if nothing.len() > TOLD_APART { 1 } else { nothing.len() };
        for range in nothing.iter().take(kept) {
            let unusable = self.known.unusable.iter().map(|(version, _)| version.clone());
            ends.push(Fact::NoneFits {
                project: self.project.clone(),
                requirement: self.requirement(range),
                others: nothing.len() - kept,
                listed: if listed.is_empty() { unusable.collect() } else { listed.to_vec() },
            });
        }
        ends.extend(self.grouped(&blocked));
    }

    /// Releases that would be in one of the ranges, and cannot be chosen.
    fn blocked(&self, ranges: &[&Ranges<Version>]) -> Vec<&(Version, Unusable)> {
        let wanted = |version: &Version| ranges.iter().any(|range| range.contains(version));
        let unusable = self.known.unusable.iter();
        unusable.filter(|(version, _)| self.empty.contains(version) && wanted(version)).collect()
    }

    /// One fact for each kind of reason, about the highest release that it keeps away.
    fn grouped(&self, blocked: &[&(Version, Unusable)]) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        for (version, reason) in blocked {
            let alike = facts.iter_mut().find_map(|fact| match fact {
                Fact::Unusable { why, others, .. } if why.code() == reason.code() => Some(others),
                _ => None,
            });
            match alike {
                Some(others) => *others += 1,
                None => facts.push(Fact::Unusable {
                    project: self.project.clone(),
                    version: version.clone(),
                    why: reason.clone(),
                    others: 0,
                }),
            }
        }
        facts
    }

    fn requirement(&self, range: &Ranges<Version>) -> String {
        let behind = |(project, wanted, _): &&(&ProjectName, &Ranges<Version>, String)| {
            *project == self.project && *wanted == range
        };
        let found = self.words.iter().find(behind).map(|(_, _, text)| text.clone());
        found.unwrap_or_else(|| format!("{} {}", self.project, packman_names::describe(range)))
    }
}
