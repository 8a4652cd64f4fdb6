//! Turns version specifiers (PEP 440) into ranges of versions, for the resolver and for markers: one meaning
//! for both.
//!
//! Ranges are over the plain order of versions, which lacks some rules of the specifiers, so the ends of a
//! range are versions that nobody releases:
//!
//! - A specifier without a local part admits every local build: `==1.0` ends before `1.0.post0.dev0`, the
//!   least version that sorts after all of `1.0+anything`.
//! - `<2` keeps out pre-releases of 2: it ends before `2.dev0`. `>1` keeps out post-releases of 1.
//! - `==1.2.*` is from `1.2.dev0` to before `1.3.dev0`; `~=1.2.3` from `1.2.3` to before `1.3.dev0`.
//! - `===1.0` is that version alone, with no local build of it; it compares as a version, not letter by letter.
//!
//! Whether a pre-release in a range may be chosen is not decided here, but by the resolver.

use std::fmt;

use pep440_rs::Operator;
use version_ranges::Ranges;

use crate::{Version, VersionSpecifier, VersionSpecifiers};

/// Returns the versions that all of the specifiers admit, pre-releases among them.
pub fn ranges(specifiers: &VersionSpecifiers) -> Ranges<Version> {
    intersection(specifiers.iter().map(range).collect())
}

/// Returns the versions that lie in every one of the ranges. They are taken two by two: one after the other, each would
/// walk again over all the holes that those before it made.
pub fn intersection<V: Clone + fmt::Debug + fmt::Display + Ord>(mut ranges: Vec<Ranges<V>>) -> Ranges<V> {
    while ranges.len() > 1 {
        let pair = |pair: &[Ranges<V>]| match pair {
            [one, other] => one.intersection(other),
            alone => alone.first().cloned().unwrap_or_else(Ranges::full),
        };
        ranges = ranges.chunks(2).map(pair).collect();
    }
    ranges.pop().unwrap_or_else(Ranges::full)
}

/// Says whether all of the specifiers admit the version. A pre-release counts like any other.
pub fn admits(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    specifiers.iter().all(|specifier| specifier_admits(specifier, version))
}

/// Says whether one specifier admits the version.
pub(crate) fn specifier_admits(specifier: &VersionSpecifier, version: &Version) -> bool {
    range(specifier).contains(version)
}

fn range(specifier: &VersionSpecifier) -> Ranges<Version> {
    let version = specifier.version().clone();
    match specifier.operator() {
        Operator::Equal => equal(version),
        Operator::NotEqual => equal(version).complement(),
        Operator::ExactEqual => Ranges::singleton(version),
        Operator::EqualStar => prefix(&version),
        Operator::NotEqualStar => prefix(&version).complement(),
        Operator::TildeEqual => compatible(version),
        Operator::GreaterThanEqual => Ranges::higher_than(version),
        Operator::LessThanEqual => Ranges::strictly_lower_than(after_locals(version)),
        Operator::GreaterThan if version.is_dev() || version.is_post() => {
            Ranges::higher_than(after_locals(version))
        }
        Operator::GreaterThan => Ranges::strictly_higher_than(version.with_max(Some(0))),
        Operator::LessThan if version.any_prerelease() => Ranges::strictly_lower_than(version),
        Operator::LessThan => Ranges::strictly_lower_than(version.with_dev(Some(0))),
    }
}

fn equal(version: Version) -> Ranges<Version> {
    if version.is_local() {
        Ranges::singleton(version)
    } else {
        Ranges::from_range_bounds(version.clone()..after_locals(version))
    }
}

fn prefix(version: &Version) -> Ranges<Version> {
    let low = family(version.epoch(), version.release());
    match next_family(version.epoch(), version.release()) {
        Some(high) => Ranges::from_range_bounds(low..high),
        None => Ranges::higher_than(low),
    }
}

fn compatible(version: Version) -> Ranges<Version> {
    let prefix = version.release().split_last().map_or(&[][..], |(_, prefix)| prefix);
    match next_family(version.epoch(), prefix) {
        Some(high) => Ranges::from_range_bounds(version..high),
        None => Ranges::higher_than(version),
    }
}

/// Returns the least version of a release: 1.2 gives 1.2.dev0.
fn family(epoch: u64, release: &[u64]) -> Version {
    Version::new(release).with_epoch(epoch).with_dev(Some(0))
}

/// Returns the least version after every version that begins with `prefix`: 1.2 gives 1.3.dev0. Outside text
/// may hold the largest number there is, so this carries: 1.18446744073709551615 gives 2.dev0.
pub(crate) fn next_family(epoch: u64, prefix: &[u64]) -> Option<Version> {
    let mut prefix = prefix;
    while let Some((last, rest)) = prefix.split_last() {
        if let Some(next) = last.checked_add(1) {
            let release: Vec<u64> = rest.iter().copied().chain([next]).collect();
            return Some(family(epoch, &release));
        }
        prefix = rest;
    }
    epoch.checked_add(1).map(|epoch| family(epoch, &[0]))
}

/// Returns the least version that sorts after the version and all of its local builds.
pub(crate) fn after_locals(version: Version) -> Version {
    let version = version.without_local();
    if let Some(dev) = version.dev() {
        version.with_dev(Some(dev.saturating_add(1)))
    } else {
        let post = version.post().map_or(0, |post| post.saturating_add(1));
        version.with_post(Some(post)).with_dev(Some(0))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;
    use std::fmt;

    use super::{Ranges, intersection};

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A version that counts how often it is compared.
    #[derive(Clone, Debug, Eq, PartialEq)]
    struct Counted(usize);

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl fmt::Display for Counted {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "{}", self.0)
        }
    }

    /// How many comparisons it takes to shut out so many versions.
    fn compared(holes: usize) -> usize {
        let before = COMPARED.get();
        let ranges =
            (0..holes).map(|hole| Ranges::<Counted>::singleton(Counted(hole)).complement()).collect();
        assert_eq!(intersection(ranges).iter().count(), holes + 1);
        COMPARED.get() - before
    }

    #[test]
    fn twice_the_holes_cost_little_more_than_twice_the_work() {
        assert!(compared(4_096) < 3 * compared(2_048), "{} and {}", compared(4_096), compared(2_048));
    }
}
