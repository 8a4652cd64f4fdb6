//! Finds the words for what a proof rests on: the requirement that stands behind an edge of the solver, and the reason
//! why a project has no release left.

use std::collections::BTreeSet;

use packman_names::{ExtraName, ProjectName, Ranges, Version, ranges};

use super::Fact;
use super::leaves::{Edge, Leaves};
use crate::known::Known;
use crate::needed::Flaw;
use crate::package::Package;
use crate::policy::{counting, shown};
use crate::supply::{Supply, Unusable};
use crate::world::World;

/// How many requirements of one project on another are told apart.
const TOLD_APART: usize = 2;

/// What was found.
pub(super) struct Findings {
    /// Who asked for what and which release needs what, from the request on.
    pub(super) path: Vec<Fact>,
    /// What is not there.
    pub(super) ends: Vec<Fact>,
    /// Releases that are flawed.
    pub(super) flaws: Vec<Fact>,
    /// Whether it is requirements against each other, not only something that is missing.
    pub(super) contested: bool,
}

/// Finds the facts.
pub(super) fn find<S: Supply>(leaves: &Leaves, world: &World<'_, S>) -> Findings {
    let edges = from_the_request(&leaves.edges);
    let mut path = Vec::new();
    let mut words = Words::new();
    for edge in &edges {
        let text = match &edge.from {
            Package::Request => add_asked(edge, world, &mut path),
            from => add_needs(from, edge, world, &mut path),
        };
        words.extend(text.map(|text| (&edge.to, &edge.wanted, text)));
    }
    let path = collapse(path);
    let mut ends = Vec::new();
    let mut contested = false;
    for project in wanted_projects(&edges) {
        let incoming: Vec<&Edge> = edges.iter().copied().filter(|edge| comes_to(edge, project)).collect();
        let Some(empty) = leaves.empty.get(project) else {
            contested |= incoming.len() > 1 && has_rivals(&incoming);
            continue;
        };
        let Some(known) = world.reached(project) else { continue };
        let before = ends.len();
        let looked = Looked { known: &known, empty, incoming: &incoming, words: &words };
        add_ends(project, &looked, world, &mut ends);
        contested |= ends.len() == before && has_rivals(&incoming);
    }
    let flaws = flaws(leaves, world, path.is_empty() || !ends.is_empty());
    Findings { path, ends, flaws, contested }
}

/// The requirement that stands behind a wanted range.
type Words<'a> = Vec<(&'a Package, &'a Ranges<Version>, String)>;

/// Edges in the order in which they are reached from the request.
fn from_the_request(edges: &[Edge]) -> Vec<&Edge> {
    let mut ordered = Vec::with_capacity(edges.len());
    let mut seen = BTreeSet::from([&Package::Request]);
    let mut queue = std::collections::VecDeque::from([&Package::Request]);
    while let Some(package) = queue.pop_front() {
        for edge in edges.iter().filter(|edge| edge.from == *package) {
            ordered.push(edge);
            if seen.insert(&edge.to) {
                queue.push_back(&edge.to);
            }
        }
    }
    ordered
}

fn wanted_projects<'a>(edges: &[&'a Edge]) -> Vec<&'a ProjectName> {
    let mut projects = Vec::new();
    for project in edges.iter().filter_map(|edge| edge.to.project()) {
        if !projects.contains(&project) {
            projects.push(project);
        }
    }
    projects
}

/// An extra asks for its own project only in the version that it has itself.
fn comes_to(edge: &Edge, project: &ProjectName) -> bool {
    edge.to.project() == Some(project) && edge.from.project() != Some(project)
}

/// Says whether two different packages want different versions.
fn has_rivals(incoming: &[&Edge]) -> bool {
    incoming.iter().any(|one| incoming.iter().any(|other| one.from != other.from && one.wanted != other.wanted))
}

fn add_asked<S: Supply>(edge: &Edge, world: &World<'_, S>, path: &mut Vec<Fact>) -> Option<String> {
    let mut text = None;
    for asked in counting(world.request().requirements, world.environment()) {
        let requirement = &asked.requirement;
        let behind = Some(&requirement.name) == edge.to.project()
            && edge.to.extra().is_none_or(|extra| requirement.extras.contains(extra))
            && ranges(&requirement.specifiers) == edge.wanted;
        if !behind {
            continue;
        }
        let fact = Fact::Asked {
            project: requirement.name.clone(),
            requirement: shown(requirement),
            place: asked.place.clone(),
        };
        text = Some(shown(requirement));
        if !path.contains(&fact) {
            path.push(fact);
        }
    }
    text
}

fn add_needs<S: Supply>(
    from: &Package,
    edge: &Edge,
    world: &World<'_, S>,
    path: &mut Vec<Fact>,
) -> Option<String> {
    let (project, needed) = (from.project()?, edge.to.project()?);
    let mut text = None;
    if project == needed {
        return None;
    }
    for version in world.opened(project) {
        let Some(needs) = world.needed(from, &version).ok().filter(|_| edge.versions.contains(&version)) else {
            continue;
        };
        let behind = needs.base.iter().filter(|wanted| {
            let has_extra = |extra: &ExtraName| wanted.requirement.extras.contains(extra);
            wanted.project() == needed && wanted.admitted == edge.wanted && edge.to.extra().is_none_or(has_extra)
        });
        for wanted in behind {
            text = Some(wanted.text());
            add_release(path, from, &version, needed, wanted.text(), world);
        }
    }
    text
}

fn add_release<S: Supply>(
    path: &mut Vec<Fact>,
    from: &Package,
    release: &Version,
    to: &ProjectName,
    text: String,
    world: &World<'_, S>,
) {
    let Some(from_project) = from.project() else { return };
    let choices = world.reached(from_project).map_or(1, |known| known.candidates().count());
    for fact in &mut *path {
        if let Fact::Needs { project, extra, versions, every, needed, requirement, .. } = fact
            && (project == from_project && extra.as_ref() == from.extra() && needed == to && *requirement == text)
        {
            if !versions.contains(release) {
                versions.push(release.clone());
                versions.sort_unstable_by(|one, other| other.cmp(one));
                *every = versions.len() >= choices;
            }
            return;
        }
    }
    path.push(Fact::Needs {
        project: from_project.clone(),
        extra: from.extra().cloned(),
        versions: vec![release.clone()],
        every: choices <= 1,
        needed: to.clone(),
        requirement: text,
        others: 0,
    });
}

/// Where releases of a project need too many different ranges of another, tells of the highest release alone.
fn collapse(path: Vec<Fact>) -> Vec<Fact> {
    let key = |fact: &Fact| match fact {
        Fact::Needs { project, extra, needed, .. } => Some((project.clone(), extra.clone(), needed.clone())),
        _ => None,
    };
    let highest = |fact: &Fact| match fact {
        Fact::Needs { versions, .. } => versions.first().cloned(),
        _ => None,
    };
    let mut collapsed: Vec<Fact> = Vec::new();
    for fact in &path {
        let alike: Vec<&Fact> = path.iter().filter(|other| key(fact).is_some() && key(other) == key(fact)).collect();
        if alike.len() <= TOLD_APART {
            collapsed.push(fact.clone());
            continue;
        }
        if collapsed.iter().any(|told| key(told) == key(fact)) {
            continue;
        }
        let releases = |fact: &&Fact| match fact {
            Fact::Needs { versions, .. } => versions.len(),
            _ => 0,
        };
        let all: usize = alike.iter().map(releases).sum();
        let Some(mut told) = alike.into_iter().max_by_key(|fact| highest(fact)).cloned() else { continue };
        if let Fact::Needs { versions, others, .. } = &mut told {
            *others = all - versions.len();
        }
        collapsed.push(told);
    }
    collapsed
}

/// A project in which the solver looked and found nothing.
struct Looked<'a, F> {
    known: &'a Known<F>,
    empty: &'a Ranges<Version>,
    incoming: &'a [&'a Edge],
    words: &'a Words<'a>,
}

fn add_ends<S: Supply>(
    project: &ProjectName,
    looked: &Looked<'_, S::File>,
    world: &World<'_, S>,
    ends: &mut Vec<Fact>,
) {
    let Looked { known, empty, incoming, .. } = looked;
    let mut listed: Vec<Version> = known.candidates().map(|release| release.version.clone()).collect();
    let installed = world.installed(project).map(|package| package.version.clone());
    if let Some(nobody) = known.nobody {
        ends.push(Fact::Missing { project: project.clone(), nobody });
        ends.extend(installed.map(|version| Fact::Installed { project: project.clone(), version }));
        return;
    }
    listed.extend(installed.filter(|version| !listed.contains(version)));
    listed.sort_unstable_by(|one, other| other.cmp(one));
    let mut ranges: Vec<&Ranges<Version>> = Vec::new();
    for edge in *incoming {
        if !ranges.contains(&&edge.wanted) {
            ranges.push(&edge.wanted);
        }
    }
    let blocked = |range: &Ranges<Version>| {
        let in_both = |version: &Version| range.contains(version) && empty.contains(version);
        known.unusable.iter().filter(|(version, _)| in_both(version)).collect::<Vec<_>>()
    };
    let all_of_them = ranges.iter().fold(Ranges::full(), |all, range| all.intersection(range));
    let barren: Vec<_> =
        ranges.iter().filter(|range| !listed.iter().any(|version| range.contains(version))).collect();
    for range in &barren {
        let blocked = blocked(range);
        if blocked.is_empty() {
            let requirement = looked.requirement(project, range);
            let listed = if listed.is_empty() { versions(&known.unusable) } else { listed.clone() };
            ends.push(Fact::NoneFits { project: project.clone(), requirement, listed });
        } else {
            ends.extend(grouped(project, &blocked));
        }
    }
    let fits_all = listed.iter().any(|version| all_of_them.contains(version));
    if barren.is_empty() && ranges.len() > 1 && !all_of_them.is_empty() && !fits_all {
        let blocked = blocked(&all_of_them);
        if blocked.is_empty() {
            ends.push(Fact::NoneFitsAll { project: project.clone(), listed });
        } else {
            ends.extend(grouped(project, &blocked));
        }
    }
}

fn versions(unusable: &[(Version, Unusable)]) -> Vec<Version> {
    unusable.iter().map(|(version, _)| version.clone()).collect()
}

impl<F> Looked<'_, F> {
    fn requirement(&self, project: &ProjectName, range: &Ranges<Version>) -> String {
        let behind = |(to, wanted, _): &&(&Package, &Ranges<Version>, String)| {
            to.project() == Some(project) && *wanted == range
        };
        let found = self.words.iter().find(behind).map(|(_, _, text)| text.clone());
        found.unwrap_or_else(|| format!("{project} {}", packman_names::describe(range)))
    }
}

/// One fact for each kind of reason, about the highest release that it keeps away.
fn grouped(project: &ProjectName, blocked: &[&(Version, Unusable)]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for (version, reason) in blocked {
        let alike = facts.iter_mut().find_map(|fact| match fact {
            Fact::Unusable { why, others, .. } if why.code() == reason.code() => Some(others),
            _ => None,
        });
        match alike {
            Some(others) => *others += 1,
            None => facts.push(Fact::Unusable {
                project: project.clone(),
                version: version.clone(),
                why: reason.clone(),
                others: 0,
            }),
        }
    }
    facts
}

/// That an old release lacks an extra is told only where nothing else is.
fn flaws<S: Supply>(leaves: &Leaves, world: &World<'_, S>, extras_too: bool) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut flawed: Vec<(ProjectName, Version, &Flaw)> = Vec::new();
    for (project, set, flaw) in &leaves.flawed {
        if matches!(flaw, Flaw::NoExtra { .. }) && extras_too {
            continue;
        }
        let releases = world.opened(project).into_iter().filter(|version| set.contains(version));
        flawed.extend(releases.map(|version| (project.clone(), version, flaw)));
    }
    flawed.sort_by(|one, other| (&one.0, &other.1).cmp(&(&other.0, &one.1)));
    for (name, release, found) in flawed {
        match facts.last_mut() {
            Some(Fact::Flawed { project, others, .. }) if *project == name => *others += 1,
            _ => facts.push(Fact::Flawed { project: name, version: release, flaw: found.clone(), others: 0 }),
        }
    }
    facts
}
