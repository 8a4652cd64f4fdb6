//! Why nothing fits, in words a person can follow.
//!
//! The solver proves that nothing fits by a tree of facts. Told step by step such a proof is longer than its matter, so
//! what is told here is what the proof rests on: who asked for what, which release needs what, and what is not there.

mod ends;
mod facts;
mod leaves;
mod tell;

use std::fmt;

use packman_names::{ExtraName, ProjectName, Ranges, Version};
use pubgrub::DerivationTree;

use crate::needed::Flaw;
use crate::package::Package;
use crate::request::Place;
use crate::supply::{Nobody, Supply, Unusable};
use crate::world::World;

/// Why nothing fits. Displays as a headline and a line for each fact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    code: &'static str,
    headline: String,
    facts: Vec<Fact>,
    hints: Vec<Hint>,
}

/// One thing that the answer rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The user asked for it.
    Asked {
        /// The project.
        project: ProjectName,
        /// The requirement, without its marker.
        requirement: String,
        /// Where it was named.
        place: Place,
    },
    /// Releases of a project, or an extra of them, need another project.
    Needs {
        /// The project that needs.
        project: ProjectName,
        /// The extra that needs, if it is one.
        extra: Option<ExtraName>,
        /// The releases, highest first; never empty.
        versions: Vec<Version>,
        /// Whether these are all that could be chosen.
        every: bool,
        /// The project that is needed.
        needed: ProjectName,
        /// What of it is needed, without a marker.
        requirement: String,
        /// How many releases besides need other versions of it, which do not fit either.
        others: usize,
    },
    /// There is no such project for this user.
    Missing {
        /// The project.
        project: ProjectName,
        /// Why.
        nobody: Nobody,
    },
    /// What is installed does not fit.
    Installed {
        /// The project.
        project: ProjectName,
        /// The version that is there.
        version: Version,
    },
    /// A release would fit, and cannot be chosen.
    Unusable {
        /// The project.
        project: ProjectName,
        /// The highest such release.
        version: Version,
        /// Why it cannot be chosen.
        why: Unusable,
        /// How many other releases cannot be for a reason of the same kind.
        others: usize,
    },
    /// No release that is listed is in the range that is needed.
    NoneFits {
        /// The project.
        project: ProjectName,
        /// What is needed of it.
        requirement: String,
        /// In how many other ranges that are needed there is nothing either.
        others: usize,
        /// The releases that there are, highest first.
        listed: Vec<Version>,
    },
    /// Each of the ranges that are needed has releases, and no release is in all of them.
    NoneFitsAll {
        /// The project.
        project: ProjectName,
        /// The releases that there are, highest first.
        listed: Vec<Version>,
    },
    /// What was decided over and over again, until there were too many steps.
    Contested {
        /// The projects that were decided most often.
        projects: Vec<ProjectName>,
    },
    /// A release cannot be chosen for what its METADATA says.
    Flawed {
        /// The project.
        project: ProjectName,
        /// The highest such release.
        version: Version,
        /// What is wrong with it.
        flaw: Flaw,
        /// How many other releases are flawed.
        others: usize,
    },
}

/// What the user can do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hint {
    /// Ask for a pre-release.
    PreRelease {
        /// The project.
        project: ProjectName,
        /// A pre-release that would fit.
        version: Version,
    },
    /// Ask for a yanked release by its exact version.
    Yanked {
        /// The project.
        project: ProjectName,
        /// The yanked release.
        version: Version,
    },
}

impl Explanation {
    /// The stable code: `not-vouched` or `not-listed` where that is all, `no-wheel`, `requires-python`, `sdist`,
    /// `only-yanked`, `only-prereleases` or the supply's own code where it is that alone; `too-hard` where no answer was
    /// found; else `nothing-fits`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The answer in one line.
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// What it rests on, in an order in which it can be told.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The facts in words, a line each; at most a dozen.
    pub fn lines(&self) -> Vec<String> {
        tell::lines(&self.facts)
    }

    /// What the user can do about it.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.headline)?;
        let lines = self.lines();
        if !lines.is_empty() {
            out.write_str(":")?;
        }
        lines.iter().try_for_each(|line| write!(out, "\n  {line}"))
    }
}

impl std::error::Error for Explanation {}

/// Explains the proof that nothing fits.
pub(crate) fn explain<S: Supply>(
    proof: DerivationTree<Package, Ranges<Version>, Flaw>,
    world: &World<'_, S>,
) -> Explanation {
    let leaves = leaves::Leaves::of(proof);
    let facts::Findings { path, ends, flaws, contested } = facts::find(&leaves, world);
    let hints = hints(&ends);
    let code = if contested { "nothing-fits" } else { code(&ends) };
    let missing = ends.iter().find_map(|end| match end {
        Fact::Missing { project, nobody } if !contested => Some((project, *nobody)),
        _ => None,
    });
    let Some((project, nobody)) = missing else {
        let facts = path.into_iter().chain(ends).chain(flaws).collect();
        return Explanation { code, headline: "nothing fits".to_owned(), facts, hints };
    };
    let headline = tell::missing(project, nobody, &path);
    let told = Fact::Missing { project: project.clone(), nobody };
    let mut facts: Vec<Fact> = path.into_iter().chain(ends).filter(|fact| *fact != told).collect();
    if let [Fact::Asked { place: Place::CommandLine, .. }] = facts.as_slice() {
        facts.clear();
    }
    Explanation { code, headline, facts, hints }
}

/// Says that no answer was found in so many steps.
pub(crate) fn too_hard<S: Supply>(world: &World<'_, S>) -> Explanation {
    const TOLD: usize = 5;
    let effort = world.effort();
    let headline =
        format!("found neither a set that fits nor that there is none in {} steps", effort.steps());
    let facts = vec![Fact::Contested { projects: effort.most_decided(TOLD) }];
    Explanation { code: "too-hard", headline, facts, hints: Vec::new() }
}

/// The one code that all ends share.
fn code(ends: &[Fact]) -> &'static str {
    let mut codes = ends.iter().filter_map(|end| match end {
        Fact::Missing { nobody: Nobody::Vouches, .. } => Some("not-vouched"),
        Fact::Missing { nobody: Nobody::Lists, .. } => Some("not-listed"),
        Fact::Unusable { why, .. } => Some(why.code()),
        Fact::Installed { .. } => None,
        _ => Some("nothing-fits"),
    });
    let first = codes.next().unwrap_or("nothing-fits");
    if codes.all(|code| code == first) { first } else { "nothing-fits" }
}

impl Unusable {
    /// The stable code of a request that fails for this reason alone.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoWheel { .. } => "no-wheel",
            Self::RequiresPython { .. } => "requires-python",
            Self::SourceOnly => "sdist",
            Self::Yanked { .. } => "only-yanked",
            Self::PreRelease => "only-prereleases",
            Self::Constraint { .. } => "nothing-fits",
            Self::LeftOut { code, .. } => code,
        }
    }
}

fn hints(ends: &[Fact]) -> Vec<Hint> {
    let hint = |end: &Fact| match end {
        Fact::Unusable { project, version, why: Unusable::PreRelease, .. } => {
            Some(Hint::PreRelease { project: project.clone(), version: version.clone() })
        }
        Fact::Unusable { project, version, why: Unusable::Yanked { .. }, .. } => {
            Some(Hint::Yanked { project: project.clone(), version: version.clone() })
        }
        _ => None,
    };
    ends.iter().filter_map(hint).collect()
}
