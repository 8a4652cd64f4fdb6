//! In which order projects are decided: what is pinned first, then what is much in conflict, then as they were met,
//! which is breadth first. uv decides in the same order, so that both find the same set where several fit.

use std::cmp::Reverse;
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
        let tier = if is_one_version(range) {
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

#[cfg(test)]
mod tests {
    use packman_names::{ExtraName, parse_specifiers};

    use super::*;

    /// Whether the first package is decided before the second; each as `NAME[EXTRA] RANGE CONFLICTS`.
    fn check(first: &str, second: &str) {
        let mut order = Order::default();
        for project in ["a", "b", "c"] {
            order.meet(&ProjectName::parse(project).unwrap());
        }
        let mut priority = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            let (name, extra) =
                words[0].split_once('[').map_or((words[0], None), |(name, extra)| (name, Some(extra)));
            let project = ProjectName::parse(name).unwrap();
            let package = match extra {
                Some(extra) => {
                    Package::Extra(project, ExtraName::parse(extra.trim_end_matches(']')).unwrap())
                }
                None => Package::Project(project),
            };
            let range = ranges(&parse_specifiers(words[1].trim_start_matches('*')).unwrap());
            order.prioritize(&package, &range, words[2].parse().unwrap())
        };
        assert!(priority(first) > priority(second), "{first} before {second}");
    }

    #[test]
    fn decides_in_the_order_of_meeting() {
        check("a >=1 0", "b * 0");
        check("b * 1", "c * 4");
    }

    #[test]
    fn decides_pins_first() {
        check("c ==1.0 0", "a * 0");
        check("c ===1.0 0", "a * 9");
        check("a ==1.0.* 0", "c >=1,<1.1 0");
        check("c ==1.0+cpu 0", "a !=1.0 0");
    }

    #[test]
    fn decides_what_is_much_in_conflict_before_the_rest() {
        check("c * 5", "a * 4");
        check("a * 5", "b * 50");
    }

    #[test]
    fn decides_an_extra_before_its_project() {
        check("a[x] * 0", "a * 0");
        check("a * 0", "b[x] * 0");
    }
}
