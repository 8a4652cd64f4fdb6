//! Says a range of versions in words of specifiers, for explanations: the way back from [`ranges`](crate::ranges).
//!
//! The ends of ranges are versions that nobody releases; here they become what a person wrote. What has no short
//! form is said as parts with `or` between.

use std::ops::Bound;

use version_ranges::Ranges;

use crate::Version;
use crate::ranges::{after_locals, next_family};

/// Returns the ranges in words of specifiers, as in `>=1.2, !=1.5, <2 or ==3.0`.
pub fn describe(ranges: &Ranges<Version>) -> String {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (low, high) in ranges.iter() {
        match parts.last_mut() {
            Some(part) if let Some(hole) = exactly(&flipped(part.high), &flipped(low)) => {
                part.holes.push(hole);
                part.high = high;
            }
            _ => parts.push(Part { low, high, holes: Vec::new() }),
        }
    }
    match parts.as_slice() {
        [] => "no version".to_owned(),
        parts => parts.iter().map(Part::describe).collect::<Vec<_>>().join(" or "),
    }
}

/// Versions from one end to another, save holes that `!=` can say.
struct Part<'a> {
    low: &'a Bound<Version>,
    high: &'a Bound<Version>,
    holes: Vec<String>,
}

impl Part<'_> {
    fn describe(&self) -> String {
        if self.holes.is_empty()
            && let Some(one) = exactly(self.low, self.high)
        {
            return format!("=={one}");
        }
        let low = match self.low {
            Bound::Unbounded => None,
            Bound::Excluded(version) => Some(format!(">{}", version.clone().with_max(None))),
            Bound::Included(version) => Some(match before_locals(version) {
                Some(before) => format!(">{before}"),
                None => format!(">={}", without_floor(version)),
            }),
        };
        let high = match self.high {
            Bound::Unbounded => None,
            Bound::Included(version) => Some(format!("<={version}")),
            Bound::Excluded(version) => Some(match before_locals(version) {
                Some(before) => format!("<={before}"),
                None => format!("<{}", without_floor(version)),
            }),
        };
        let holes = self.holes.iter().map(|hole| format!("!={hole}"));
        let words: Vec<String> = low.into_iter().chain(holes).chain(high).collect();
        if words.is_empty() { "any version".to_owned() } else { words.join(", ") }
    }
}

/// Returns what stands after the `==` that admits exactly what is between the two ends.
fn exactly(low: &Bound<Version>, high: &Bound<Version>) -> Option<String> {
    match (low, high) {
        (Bound::Included(low), Bound::Included(high)) if low == high => Some(low.to_string()),
        (Bound::Included(low), Bound::Excluded(high)) if after_locals(low.clone()) == *high => {
            Some(low.to_string())
        }
        (Bound::Included(low), Bound::Excluded(high))
            if is_floor(low) && next_family(low.epoch(), low.release()).as_ref() == Some(high) =>
        {
            Some(format!("{}.*", without_floor(low)))
        }
        _ => None,
    }
}

/// Returns the end of the hole that begins where a part ends.
fn flipped(bound: &Bound<Version>) -> Bound<Version> {
    match bound {
        Bound::Included(version) => Bound::Excluded(version.clone()),
        Bound::Excluded(version) => Bound::Included(version.clone()),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Returns the version that [`after_locals`] makes `bound` of.
fn before_locals(bound: &Version) -> Option<Version> {
    match (bound.dev()?, bound.post()) {
        (0, Some(0)) => Some(bound.clone().with_post(None).with_dev(None)),
        (0, Some(post)) => Some(bound.clone().with_post(Some(post - 1)).with_dev(None)),
        (0, None) => None,
        (dev, _) => Some(bound.clone().with_dev(Some(dev - 1))),
    }
}

/// Says whether the version is the `.dev0` that stands for the beginning of a release.
fn is_floor(version: &Version) -> bool {
    version.dev() == Some(0) && version.pre().is_none() && version.post().is_none()
}

fn without_floor(version: &Version) -> Version {
    if is_floor(version) { version.clone().with_dev(None) } else { version.clone() }
}
