//! In which order projects are decided: what is pinned first, then what is much in conflict, then as they were met,
//! which is breadth first. uv decides in the same order, so that both find the same set where several fit.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

use packman_names::{ProjectName, Ranges, Version, VersionSpecifier, VersionSpecifiers, ranges};
use pubgrub::Map;

use crate::package::Package;

/// From how many conflicts on a project is decided before others.
const CONTESTED: u32 = 5;

/// The highest is decided first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Priority {
    tier: Tier,
    /// The earlier a project was met, the earlier it is decided; its extras before itself.
    met: Reverse<usize>,
    extra: bool,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Tier {
    /// An extra of it got in conflict after the project had been decided: now whoever asks for the extra goes first.
    Late,
    Ordinary,
    Contested,
    Pinned,
    Request,
}

/// What the solver has shown of where it stands.
#[derive(Debug, Default)]
pub(crate) struct Order {
    met: Map<ProjectName, usize>,
    standing: Map<ProjectName, Ranges<Version>>,
    late: BTreeSet<ProjectName>,
}

impl Order {
    /// Notes that a project was met.
    pub(crate) fn meet(&mut self, project: &ProjectName) {
        let next = self.met.len();
        self.met.entry(project.clone()).or_insert(next);
    }

    /// The versions that a project may have as far as the solver has come. It tells of every change before it asks for
    /// the next choice, save of a project that nothing needs any more: so this orders choices, and proves nothing.
    pub(crate) fn standing(&self, project: &ProjectName) -> Option<&Ranges<Version>> {
        self.standing.get(project)
    }

    /// Notes that a project was decided.
    pub(crate) fn decided(&mut self, project: &ProjectName, version: Option<&Version>) {
        if let Some(version) = version {
            self.standing.insert(project.clone(), Ranges::singleton(version.clone()));
        }
    }

    /// From now on decides a project after the others.
    pub(crate) fn decide_late(&mut self, project: &ProjectName) {
        self.late.insert(project.clone());
    }

    /// Says when a package is to be decided, and notes how far it is narrowed.
    pub(crate) fn prioritize(
        &mut self,
        package: &Package,
        range: &Ranges<Version>,
        conflicts: u32,
    ) -> Priority {
        let Some(project) = package.project() else {
            return Priority { tier: Tier::Request, met: Reverse(0), extra: false };
        };
        let extra = package.extra().is_some();
        if !extra {
            self.standing.insert(project.clone(), range.clone());
        }
        let tier = if !extra && self.late.contains(project) {
            Tier::Late
        } else if is_one_version(range) {
            Tier::Pinned
        } else if conflicts >= CONTESTED {
            Tier::Contested
        } else {
            Tier::Ordinary
        };
        let met = self.met.get(project).copied().unwrap_or(usize::MAX);
        Priority { tier, met: Reverse(met), extra }
    }
}

/// Says whether a range is what `==` or `===` of one version makes.
fn is_one_version(range: &Ranges<Version>) -> bool {
    let mut segments = range.iter();
    let (Some((Bound::Included(low), high)), None) = (segments.next(), segments.next()) else { return false };
    match high {
        Bound::Unbounded => false,
        Bound::Included(high) => low == high,
        Bound::Excluded(_) => {
            let pin: VersionSpecifiers =
                [VersionSpecifier::equals_version(low.clone())].into_iter().collect();
            ranges(&pin) == *range
        }
    }
}
