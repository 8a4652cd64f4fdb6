//! Small worlds made at random, each solved by trying everything too: the resolver finds a set if and only if there is
//! one, and what it finds is one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use packman_names::{Requirement, Version, admits, parse_version};
use packman_resolve::Failure;

const PROJECTS: [&str; 5] = ["a", "b", "c", "d", "e"];
const VERSIONS: [&str; 3] = ["1.0", "2.0", "3.0"];

/// A generator that is the same everywhere (Numerical Recipes' constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }

    fn requirement(&mut self) -> String {
        let extra = self.of(&["", "", "[x]", "[y]", "[x,y]"]);
        let range = self.of(&["", "", "<2", "<3", ">=2", ">=3", "!=2.0", "==1.0", "==3.0"]);
        format!("{}{extra}{range}", self.of(&PROJECTS))
    }
}

type Releases = BTreeMap<(&'static str, &'static str), Vec<String>>;

struct Small {
    text: String,
    releases: Releases,
    asked: Vec<String>,
}

fn small(seed: u64) -> Small {
    let mut dice = Dice(seed);
    let mut releases = Releases::new();
    let mut text = String::new();
    for project in PROJECTS {
        for version in VERSIONS.iter().take(1 + dice.below(3)) {
            let mut lines = Vec::new();
            for _ in 0..dice.below(4) {
                let marker = dice.of(&["", "", " ; extra == 'x'", " ; extra == 'y'"]);
                let requirement = dice.requirement();
                // What a release wants of itself in another version is a rule of its own, with its own cases.
                if !requirement.starts_with(project) || !requirement.contains(['<', '>', '=']) {
                    lines.push(format!("{requirement}{marker}"));
                }
            }
            _ = writeln!(text, "{project} {version} {{extras x y}}: {}", lines.join(" | "));
            releases.insert((project, *version), lines);
        }
    }
    let asked: Vec<String> = (0..=dice.below(3)).map(|_| dice.requirement()).collect();
    _ = writeln!(text, "ask {}", asked.join(" | "));
    Small { text, releases, asked }
}

/// The set that comes of an assignment of versions, if it fits: which projects, with which extras.
fn closure(
    small: &Small,
    assigned: &BTreeMap<String, Version>,
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut lines: Vec<String> = small.asked.clone();
    while let Some(line) = lines.pop() {
        let requirement = Requirement::parse(&line).unwrap();
        let project = requirement.name.to_string();
        let version = assigned.get(&project)?;
        if !admits(&requirement.specifiers, version) {
            return None;
        }
        let mut wanted: BTreeSet<String> = requirement.extras.iter().map(ToString::to_string).collect();
        let known = reached.get(&project).cloned();
        wanted.extend(known.clone().unwrap_or_default());
        if known.as_ref() == Some(&wanted) {
            continue;
        }
        let key = |(name, text): &(&'static str, &'static str)| {
            *name == project && parse_version(text).unwrap() == *version
        };
        let (_, needs) = small.releases.iter().find(|(release, _)| key(release)).unwrap();
        for need in needs {
            let extra = need.split_once("extra == '").map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
            if extra.is_none_or(|extra| wanted.contains(&extra)) {
                lines.push(need.split(" ; ").next().unwrap().to_owned());
            }
        }
        reached.insert(project, wanted);
    }
    Some(reached)
}

/// Tries every assignment.
fn has_solution(small: &Small) -> bool {
    let mut assignments: Vec<BTreeMap<String, Version>> = vec![BTreeMap::new()];
    for project in PROJECTS {
        let versions: Vec<&str> =
            small.releases.keys().filter(|(name, _)| *name == project).map(|(_, version)| *version).collect();
        let with = |assigned: &BTreeMap<String, Version>, version: &str| {
            let mut assigned = assigned.clone();
            assigned.insert(project.to_owned(), parse_version(version).unwrap());
            assigned
        };
        assignments = assignments
            .iter()
            .flat_map(|assigned| versions.iter().map(move |version| with(assigned, version)))
            .collect();
    }
    assignments.iter().any(|assigned| closure(small, assigned).is_some())
}

#[test]
fn finds_a_set_exactly_where_there_is_one() {
    let mut found = 0;
    for seed in 0..400 {
        let small = small(seed);
        let mut world = crate::support::world(&small.text);
        match world.resolve() {
            Ok(resolution) => {
                found += 1;
                let assigned = resolution
                    .chosen
                    .iter()
                    .map(|one| (one.project.to_string(), one.version.clone()))
                    .collect();
                let set: BTreeMap<String, BTreeSet<String>> = resolution
                    .chosen
                    .iter()
                    .map(|one| {
                        (one.project.to_string(), one.extras.iter().map(ToString::to_string).collect())
                    })
                    .collect();
                assert_eq!(closure(&small, &assigned), Some(set), "seed {seed}\n{}", small.text);
            }
            Err(Failure::NoSolution(explanation)) => {
                assert!(!has_solution(&small), "seed {seed}\n{}{explanation}", small.text);
                assert!(!explanation.facts().is_empty(), "seed {seed}\n{}", small.text);
            }
            Err(Failure::Requirement(_) | Failure::Supply(_)) => panic!("seed {seed}"),
        }
    }
    // The worlds are neither too easy nor too hard to show anything.
    assert!((80..320).contains(&found), "{found}");
}
