//! Finds the words for what a proof rests on: the requirements that stand behind the edges of the solver, and what is
//! not there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use packman_names::{ProjectName, Ranges, Version, ranges};

use super::Fact;
use super::ends::{self, Looked};
use super::leaves::{Edge, Leaves};
use crate::needed::Flaw;
use crate::package::Package;
use crate::policy::{counting, shown};
use crate::supply::Supply;
use crate::world::{KEPT_APART, World, outline};

/// How many requirements of one project on another are told apart.
pub(super) const TOLD_APART: usize = 2;

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

/// The requirement that stands behind a range that is wanted of a project.
pub(super) type Words<'a> = Vec<(&'a ProjectName, &'a Ranges<Version>, String)>;

/// Finds the facts.
pub(super) fn find<S: Supply>(leaves: &Leaves, world: &World<'_, S>) -> Findings {
    let bundles = from_the_request(&leaves.edges);
    let mut path = Vec::new();
    let mut words = Words::new();
    for bundle in &bundles {
        match &bundle.from {
            Package::Request => bundle.add_asked(world, &mut path, &mut words),
            _ => bundle.add_needs(world, &mut path, &mut words),
        }
    }
    let mut ends = Vec::new();
    let mut contested = false;
    for project in wanted_projects(&bundles) {
        let incoming = || bundles.iter().filter(|bundle| bundle.comes_to(project));
        let edges: Vec<&Edge> = incoming().flat_map(|bundle| bundle.edges.iter().copied()).collect();
        let before = ends.len();
        if let (Some(empty), Some(known)) = (leaves.empty.get(project), world.reached(project)) {
            let looked = Looked { project, known: &known, empty, incoming: &edges, words: &words };
            ends::add(&looked, world, &mut ends);
        }
        contested |= ends.len() == before && incoming().count() > 1 && has_rivals(&edges);
    }
    Findings { path, ends, flaws: flaws(leaves), contested }
}

/// All that one package needs of another.
struct Bundle<'a> {
    from: &'a Package,
    to: &'a Package,
    edges: Vec<&'a Edge>,
}

/// Bundles edges, in the order in which they are reached from the request.
fn from_the_request(edges: &[Edge]) -> Vec<Bundle<'_>> {
    let mut leaving: BTreeMap<&Package, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        leaving.entry(&edge.from).or_default().push(edge);
    }
    let mut bundles: Vec<Bundle<'_>> = Vec::new();
    let mut seen = BTreeSet::from([&Package::Request]);
    let mut queue = VecDeque::from([&Package::Request]);
    while let Some(from) = queue.pop_front() {
        let first = bundles.len();
        for edge in leaving.get(from).into_iter().flatten() {
            let known = bundles.iter_mut().skip(first).find(|bundle| *bundle.to == edge.to);
            match known {
                Some(bundle) => bundle.edges.push(edge),
                None => bundles.push(Bundle { from, to: &edge.to, edges: vec![edge] }),
            }
            if seen.insert(&edge.to) {
                queue.push_back(&edge.to);
            }
        }
    }
    bundles
}

fn wanted_projects<'a>(bundles: &[Bundle<'a>]) -> Vec<&'a ProjectName> {
    let mut seen = BTreeSet::new();
    bundles.iter().filter_map(|bundle| bundle.to.project()).filter(|project| seen.insert(*project)).collect()
}

/// The edge that a requirement made. Where the solver saw many as one, it is the one that lies within.
fn edge_of<'a>(
    edges: impl Iterator<Item = &'a Edge> + Clone,
    admitted: &Ranges<Version>,
    merged: bool,
) -> Option<&'a Edge> {
    let same = |edge: &&Edge| edge.wanted == *admitted || edge.wanted == outline(admitted);
    edges.clone().find(same).or_else(|| edges.filter(|_| merged).find(|edge| edge.wanted.subset_of(admitted)))
}

/// Says whether different versions are wanted.
fn has_rivals(incoming: &[&Edge]) -> bool {
    let first = incoming.first();
    first.is_some_and(|first| incoming.iter().any(|edge| edge.wanted != first.wanted))
}

impl<'a> Bundle<'a> {
    /// An extra asks for its own project only in the version that it has itself.
    fn comes_to(&self, project: &ProjectName) -> bool {
        self.to.project() == Some(project) && self.from.project() != Some(project)
    }

    fn add_asked<S: Supply>(&self, world: &World<'_, S>, path: &mut Vec<Fact>, words: &mut Words<'a>) {
        let Some(project) = self.to.project() else { return };
        for asked in counting(world.request().requirements, world.environment()) {
            let requirement = &asked.requirement;
            let admitted = ranges(&requirement.specifiers);
            let has_extra = self.to.extra().is_none_or(|extra| requirement.extras.contains(extra));
            if requirement.name != *project || !has_extra {
                continue;
            }
            let Some(edge) = edge_of(self.edges.iter().copied(), &admitted, false) else { continue };
            words.push((project, &edge.wanted, shown(requirement)));
            let fact = Fact::Asked {
                project: project.clone(),
                requirement: shown(requirement),
                place: asked.place.clone(),
            };
            if !path.contains(&fact) {
                path.push(fact);
            }
        }
    }

    /// Tells which releases need what, those that need the same together. Of too many different needs only what the
    /// highest release needs is told.
    fn add_needs<S: Supply>(&self, world: &World<'_, S>, path: &mut Vec<Fact>, words: &mut Words<'a>) {
        let (Some(project), Some(needed)) = (self.from.project(), self.to.project()) else { return };
        if project == needed {
            return;
        }
        let mut told: Vec<(String, Vec<Version>)> = Vec::new();
        for (version, edges) in self.by_release(world.opened(project)) {
            let Ok(needs) = world.needed(self.from, &version) else { continue };
            let lines = || needs.base.iter().filter(|wanted| wanted.project() == needed);
            // Those that the solver saw as one are told as one.
            let count = lines().count();
            let merged = count > KEPT_APART;
            for wanted in lines().take(if merged { 1 } else { KEPT_APART }) {
                let extras = &wanted.requirement.extras;
                let has_extra = self.to.extra().is_none_or(|extra| extras.contains(extra));
                if !has_extra {
                    continue;
                }
                let Some(edge) = edge_of(edges.iter().copied(), &wanted.admitted, merged) else { continue };
                let text = wanted.text();
                let text = if merged { format!("{text} and {} more", count - 1) } else { text };
                match told.iter_mut().find(|(other, _)| *other == text) {
                    Some((_, versions)) if versions.contains(&version) => {}
                    Some((_, versions)) => versions.push(version.clone()),
                    None => {
                        words.push((needed, &edge.wanted, text.clone()));
                        told.push((text, vec![version.clone()]));
                    }
                }
            }
        }
        let choices = world.reached(project).map_or(1, |known| known.candidates().count());
        let kept = if told.len() > TOLD_APART { 1 } else { told.len() };
        let others = told.iter().skip(kept).map(|(_, versions)| versions.len()).sum();
        let facts = told.into_iter().take(kept).map(|(requirement, versions)| Fact::Needs {
            project: project.clone(),
            extra: self.from.extra().cloned(),
            every: versions.len() >= choices,
            versions,
            needed: needed.clone(),
            requirement,
            others,
        });
        // An extra and its project are two packages, and one requirement stands behind both.
        for fact in facts {
            if !path.contains(&fact) {
                path.push(fact);
            }
        }
    }

    /// The edges of each release, highest first. Most edges are of one release.
    fn by_release(&self, releases: Vec<Version>) -> Vec<(Version, Vec<&'a Edge>)> {
        let mut single: BTreeMap<&Version, Vec<&'a Edge>> = BTreeMap::new();
        let mut wide: Vec<&'a Edge> = Vec::new();
        for edge in &self.edges {
            match edge.versions.as_singleton() {
                Some(version) => single.entry(version).or_default().push(edge),
                None => wide.push(edge),
            }
        }
        let of = |version: Version| {
            let wide = wide.iter().copied().filter(|edge| edge.versions.contains(&version));
            let edges = single.get(&version).into_iter().flatten().copied().chain(wide).collect();
            (version, edges)
        };
        releases.into_iter().map(of).collect()
    }
}

/// One fact for each project, about its highest flawed release.
fn flaws(leaves: &Leaves) -> Vec<Fact> {
    let mut flawed: BTreeMap<&ProjectName, BTreeMap<&Version, &Flaw>> = BTreeMap::new();
    for (project, release, flaw) in &leaves.flawed {
        if let Some(version) = release.as_singleton() {
            flawed.entry(project).or_default().insert(version, flaw);
        }
    }
    let fact = |(project, mut releases): (&ProjectName, BTreeMap<&Version, &Flaw>)| {
        let (version, flaw) = releases.pop_last()?;
        let (version, flaw) = (version.clone(), flaw.clone());
        Some(Fact::Flawed { project: project.clone(), version, flaw, others: releases.len() })
    };
    flawed.into_iter().filter_map(fact).collect()
}
