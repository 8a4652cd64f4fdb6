//! Which lines differ between two texts.
//!
//! Lines that stand once on both sides are anchors, as many of them as keep their order; what lies between two anchors is
//! looked at in the same way. The work is about that of sorting, however the texts were made: a quadratic comparison would
//! let whoever made a file keep its reader waiting.

use std::collections::HashMap;
use std::ops::Range;

/// Lines of the old text in whose place lines of the new one stand; one of the two may be none. Counted from 0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// How often what lies between two anchors is divided again.
const DEPTH: usize = 16;

/// The lines of a text, without their ends.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// What differs, in order.
pub(super) fn hunks(old: &[&[u8]], new: &[&[u8]]) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut work = vec![(Hunk { old: 0..old.len(), new: 0..new.len() }, DEPTH)];
    while let Some((hunk, depth)) = work.pop() {
        let hunk = trimmed(old, new, hunk);
        if hunk.old.is_empty() && hunk.new.is_empty() {
            continue;
        }
        let anchors = if depth == 0 || hunk.old.is_empty() || hunk.new.is_empty() {
            Vec::new()
        } else {
            anchors(old, new, &hunk)
        };
        if anchors.is_empty() {
            hunks.push(hunk);
            continue;
        }
        let (mut from_old, mut from_new) = (hunk.old.start, hunk.new.start);
        for (at_old, at_new) in anchors.into_iter().chain([(hunk.old.end, hunk.new.end)]) {
            work.push((Hunk { old: from_old..at_old, new: from_new..at_new }, depth - 1));
            (from_old, from_new) = (at_old + 1, at_new + 1);
        }
    }
    hunks.sort_unstable_by_key(|hunk| (hunk.new.start, hunk.old.start));
    hunks
}

/// The same without the lines at both ends that are equal.
fn trimmed(old: &[&[u8]], new: &[&[u8]], hunk: Hunk) -> Hunk {
    let Hunk { old: mut left, new: mut right } = hunk;
    while !left.is_empty() && !right.is_empty() && old.get(left.start) == new.get(right.start) {
        (left.start, right.start) = (left.start + 1, right.start + 1);
    }
    while !left.is_empty() && !right.is_empty() && old.get(left.end - 1) == new.get(right.end - 1) {
        (left.end, right.end) = (left.end - 1, right.end - 1);
    }
    Hunk { old: left, new: right }
}

/// Where a line stands, while it stands once.
#[derive(Clone, Copy, Default)]
struct Place {
    old: Option<usize>,
    new: Option<usize>,
    is_often: bool,
}

/// The lines that stand once on both sides, as many as keep their order.
fn anchors(old: &[&[u8]], new: &[&[u8]], hunk: &Hunk) -> Vec<(usize, usize)> {
    let mut places: HashMap<&[u8], Place> = HashMap::new();
    for (at, line) in hunk.old.clone().zip(old.get(hunk.old.clone()).unwrap_or_default()) {
        let place = places.entry(line).or_default();
        place.is_often |= place.old.replace(at).is_some();
    }
    for (at, line) in hunk.new.clone().zip(new.get(hunk.new.clone()).unwrap_or_default()) {
        // A line of the new text alone is no anchor.
        if let Some(place) = places.get_mut(line) {
            place.is_often |= place.new.replace(at).is_some();
        }
    }
    let once = places.values().filter(|place| !place.is_often);
    let mut once: Vec<(usize, usize)> = once.filter_map(|place| Some((place.old?, place.new?))).collect();
    once.sort_unstable_by_key(|(_, new)| *new);
    increasing(&once)
}

/// The longest part of which the first numbers grow too.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `ends[n]`: which pair ends the best part of n + 1 pairs so far.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    let old_of = |at: &usize| pairs.get(*at).map_or(0, |(old, _)| *old);
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| old_of(end) < *old);
        before.push(length.checked_sub(1).and_then(|last| ends.get(last).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut found = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(here) = at {
        found.extend(pairs.get(here));
        at = before.get(here).copied().flatten();
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::{hunks, split};

    fn check(old: &str, new: &str) -> String {
        let (old, new) = (split(old.as_bytes()), split(new.as_bytes()));
        let text = |lines: &[&[u8]]| String::from_utf8_lossy(&lines.join(&b"|"[..])).into_owned();
        let told = |hunk: super::Hunk| {
            format!("{}: {} -> {}", hunk.new.start + 1, text(&old[hunk.old]), text(&new[hunk.new]))
        };
        hunks(&old, &new).into_iter().map(told).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn finds_the_lines_that_differ() {
        for (old, new, found) in [
            ("", "", ""),
            ("a\nb\n", "a\nb", ""),
            ("a\r\nb\r\n", "a\nb\n", ""),
            ("", "a\nb\n", "1:  -> a|b"),
            ("a\nb\n", "", "1: a|b -> "),
            ("a\nb\nc\n", "a\nx\nc\n", "2: b -> x"),
            ("a\nb\nc\nd\n", "a\nc\nd\ne\n", "2: b -> ; 4:  -> e"),
            ("a\nb\nc\n", "x\na\nb\ny\nc\n", "1:  -> x; 4:  -> y"),
            // Moved lines: one of the two stays where it was.
            ("a\nb\nc\nd\n", "b\nc\nd\na\n", "1: a -> ; 4:  -> a"),
            // Lines that stand often are no anchors, and are found between anchors all the same.
            ("}\na\n}\nb\n}\n", "}\na\n}\nx\n}\nb\n}\n", "4:  -> x|}"),
        ] {
            assert_eq!(check(old, new), found, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_text_that_is_made_to_keep_its_reader_waiting_does_not() {
        // Reversed lines have one anchor at each depth; equal lines have none.
        let many: Vec<String> = (0..60_000).map(|line| line.to_string()).collect();
        let reversed: Vec<&str> = many.iter().rev().map(String::as_str).collect();
        assert!(!check(&many.join("\n"), &reversed.join("\n")).is_empty());
        let equal = "x\n".repeat(200_000);
        assert!(check(&equal, &format!("y\n{equal}z\n")).starts_with("1: "));
    }
}
