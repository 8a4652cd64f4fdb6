//! What changed within one file: how many lines and where, and what the new ones hint at.

use std::collections::HashMap;

use packman_strict::quote::quoted;

use super::content::Content;
use super::finding::{About, ChangedLine, Finding, Weight};
use super::lines::{Hunk, hunks, split};
use super::scan::{Found, Hint, Scanner};

/// So many changed lines are kept of one comparison where they are asked for.
pub(super) const MOST_LINES: usize = 50_000;
/// So many places of one file are kept.
const PLACES: usize = 64;
/// The longest line that is kept, in bytes.
const LINE: usize = 2_000;

/// What was found of the changes of a file.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) lines: Option<(u64, u64)>,
    pub(super) places: Vec<(u64, u64)>,
    pub(super) text: Vec<ChangedLine>,
    /// What the new lines hint at.
    pub(super) found: Found,
    /// The line of the first hint, where it was kept.
    pub(super) excerpt: Option<(u64, String)>,
}

/// Looks at what a file has that it had not.
pub(super) fn look(before: Option<&Content>, now: &Content, lines_left: usize) -> Looked {
    let Some(text) = now.text() else { return at_length(before, now) };
    let none: &[u8] = b"";
    // A file that was no text before, or too long, is new from its first line.
    let old = split(before.and_then(Content::text).unwrap_or(none));
    let new = split(text);
    let hunks = hunks(&old, &new);
    let mut scanner = Scanner::default();
    let (mut came, mut went, mut kept) = (0_u64, 0_u64, Vec::new());
    for hunk in &hunks {
        (came, went) = (came + hunk.new.len() as u64, went + hunk.old.len() as u64);
        for (at, line) in really_new(hunk, &old, &new) {
            scanner.line(at as u64 + 1, line);
        }
        keep(hunk, &old, &new, lines_left, &mut kept);
    }
    let mut found = scanner.finish();
    let named = before.map(Content::found).unwrap_or_default().hosts;
    found.hosts.retain(|host, _| !named.contains_key(host));
    let place = |hunk: &Hunk| (hunk.new.start as u64 + 1, hunk.new.end.max(hunk.new.start + 1) as u64);
    let excerpt = first_line(&found).and_then(|number| {
        let line = usize::try_from(number).ok().and_then(|number| new.get(number.checked_sub(1)?))?;
        let line = String::from_utf8_lossy(line.get(..LINE).unwrap_or(line)).trim().to_owned();
        Some((number, line))
    });
    Looked {
        lines: Some((came, went)),
        places: hunks.iter().take(PLACES).map(place).collect(),
        text: kept,
        found,
        excerpt,
    }
}

/// The new lines of a hunk, without those that only moved within it.
fn really_new<'n>(hunk: &Hunk, old: &[&[u8]], new: &[&'n [u8]]) -> Vec<(usize, &'n [u8])> {
    let mut before: HashMap<&[u8], usize> = HashMap::new();
    for line in old.get(hunk.old.clone()).unwrap_or_default() {
        *before.entry(line).or_default() += 1;
    }
    let lines = hunk.new.clone().zip(new.get(hunk.new.clone()).unwrap_or_default());
    let mut is_new = |line: &[u8]| match before.get_mut(line) {
        Some(times) if *times > 0 => {
            *times -= 1;
            false
        }
        _ => true,
    };
    lines.map(|(at, line)| (at, *line)).filter(|(_, line)| is_new(line)).collect()
}

/// A file that is no text, or one that is too long: what is met more often than before counts as new.
fn at_length(before: Option<&Content>, now: &Content) -> Looked {
    let (mut found, was) = (now.found(), before.map(Content::found).unwrap_or_default());
    found.hints.retain(|hint, (_, times)| was.hints.get(hint).is_none_or(|(_, before)| before < times));
    found.hosts.retain(|host, _| !was.hosts.contains_key(host));
    let excerpt = first_line(&found).map(|line| (line, String::new()));
    Looked { found, excerpt, ..Looked::default() }
}

/// Where the gravest hint stands.
fn first_line(found: &Found) -> Option<u64> {
    found.hints.values().next().map(|(line, _)| *line)
}

fn keep(hunk: &Hunk, old: &[&[u8]], new: &[&[u8]], most: usize, kept: &mut Vec<ChangedLine>) {
    for (is_new, range, lines) in [(false, &hunk.old, old), (true, &hunk.new, new)] {
        for (at, line) in range.clone().zip(lines.get(range.clone()).unwrap_or_default()) {
            if kept.len() >= most {
                return;
            }
            let shown = line.get(..LINE).unwrap_or(line);
            kept.push(ChangedLine {
                is_new,
                number: at as u64 + 1,
                text: String::from_utf8_lossy(shown).into_owned(),
                cut: (line.len() - shown.len()) as u64,
            });
        }
    }
}

/// What the new lines of a file hint at, as one finding; nothing where they hint at nothing.
pub(super) fn hint(path: &str, is_code: bool, is_test: bool, looked: &Looked) -> Option<Finding> {
    let found = &looked.found;
    let weight = weight(found, is_test)?;
    // What is no code is read by people, and names what it likes; only what reads like code is told.
    if !is_code && weight != Weight::First {
        return None;
    }
    let hints: Vec<Hint> = found.hints.keys().copied().collect();
    let mut words = Vec::new();
    if !hints.is_empty() {
        let verbs: Vec<&str> = hints.iter().map(|hint| hint.words()).collect();
        words.push(format!("new code {}", joined(&verbs)));
    }
    if !found.hosts.is_empty() {
        const SHOWN: usize = 4;
        let mut hosts: Vec<String> =
            found.hosts.keys().take(SHOWN).map(|host| quoted(host).to_string()).collect();
        if found.hosts.len() > SHOWN {
            hosts.push(format!("{} more", found.hosts.len() - SHOWN));
        }
        words.push(format!("newly names {}", hosts.join(", ")));
    }
    if !is_code {
        words.push("its name does not say that it is code".to_owned());
    }
    let excerpt = looked.excerpt.as_ref().filter(|(_, line)| !line.is_empty());
    let excerpt = excerpt.map_or_else(String::new, |(_, line)| format!(": {}", quoted(line)));
    let line = looked.excerpt.as_ref().map(|(line, _)| *line).or_else(|| found.hosts.values().min().copied());
    let fewer = u8::MAX.saturating_sub(u8::try_from(hints.len()).unwrap_or(u8::MAX));
    let words = format!("{}{excerpt}", words.join("; "));
    Some(Finding { fewer, line, hints, ..Finding::of(weight, About::Hint, path, words) })
}

/// How much what was found matters: what comes together is worse than its parts.
fn weight(found: &Found, is_test: bool) -> Option<Weight> {
    use Hint::{Blob, CallsNative, Decodes, Hides, Network, RunsText, Secrets, StartsPrograms, Stays};
    let has = |hint| found.has(hint);
    let any = |hints: &[Hint]| hints.iter().any(|hint| has(*hint));
    let is_address = |host: &String| host.trim_matches(['[', ']']).split(':').next().is_some_and(is_number);
    let grave = has(Hides)
        || (has(RunsText) && any(&[Decodes, Blob, Network, Secrets]))
        || (has(StartsPrograms) && any(&[Decodes, Network, Blob]))
        || (has(CallsNative) && any(&[Decodes, Network, Blob]))
        || (has(Decodes) && has(Blob))
        || (has(Stays) && any(&[StartsPrograms, RunsText, Network]));
    let weight = if grave {
        Weight::First
    } else if found.hints.len() > 1
        || any(&[RunsText, Blob, StartsPrograms, Stays])
        || found.hosts.keys().any(is_address)
    {
        Weight::Look
    } else if !found.hints.is_empty() || !found.hosts.is_empty() {
        Weight::Know
    } else {
        return None;
    };
    // Tests start programs, and hold bad data on purpose; what hides hides there too.
    Some(match weight {
        Weight::First if is_test && !has(Hides) => Weight::Look,
        Weight::Look if is_test => Weight::Know,
        weight => weight,
    })
}

/// Whether a host is an address in numbers.
fn is_number(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

fn joined(verbs: &[&str]) -> String {
    match verbs {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What a start-up file runs: its first line that does.
pub(super) fn start_up_words(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let is_run = |line: &&str| line.starts_with("import ") || line.starts_with("import\t");
    match text.lines().find(is_run) {
        Some(line) => format!(", and runs {}", quoted(line)),
        None => String::new(),
    }
}
