//! A comparison in words and as JSON. Names of files and lines of code are outside text, and shown escaped.

use std::collections::BTreeSet;
use std::path::Path;

use packman_curate::{Became, ChangedLine, CompareReport, Comparison, FileChange, Finding, Standing, Weight};
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};

use crate::output::cut;
use crate::words;

/// So many findings of one weight are shown, and so many files.
const FINDINGS: usize = 20;
const FILES: usize = 30;
/// So much of a changed line is shown, in characters.
const LINE: usize = 400;

/// A comparison for whoever decides: what matters first.
pub(crate) fn lines(report: &CompareReport, dir: &Path) -> Vec<String> {
    let project = &report.project;
    let (new, standing) = (&report.new.0, standing(report.new.1));
    let mut lines = vec![match &report.old {
        Some((old, was)) => format!("{project} {old} ({}) -> {new} ({standing})", self::standing(*was)),
        None => {
            format!("{project} {new} ({standing}): nothing of it was vouched for before, so all of it is new")
        }
    }];
    let mut told = BTreeSet::new();
    for wheel in &report.wheels {
        lines.extend(wheel_lines(wheel, &mut told));
    }
    for problem in &report.not_compared {
        lines.push(format!("not compared: {}", problem.why));
    }
    if report.wheels.iter().any(|wheel| wheel.findings.iter().any(|finding| !finding.hints.is_empty())) {
        lines.push("what new code does is guessed from words in it: hints are no verdict, and neither is their absence".to_owned());
    }
    lines.extend(next(report, dir));
    lines
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Signed => "vouched for",
        Standing::Staged => "staged",
        Standing::Elsewhere => "not recorded",
    }
}

/// How a review of what was seen is recorded, where there is something to record it of.
fn next(report: &CompareReport, dir: &Path) -> Option<String> {
    let wheel = report.wheels.first().filter(|_| report.new.1 != Standing::Elsewhere)?;
    let from =
        wheel.against.as_ref().map_or_else(String::new, |(_, sha256, _)| format!(" --delta-from {sha256}"));
    let (dir, file) = (words::shell_path(dir), words::shell(&wheel.file));
    Some(format!("who looked at it records that with: packman curate review {dir} {file} --by NAME{from}"))
}

fn wheel_lines(wheel: &Comparison, told: &mut BTreeSet<String>) -> Vec<String> {
    let beside = wheel.against.as_ref().map_or_else(String::new, |(file, _, size)| {
        format!(", beside {}, {}", escaped(file), words::size(*size))
    });
    let mut lines = vec![format!("{}, {}{beside}", escaped(&wheel.file), words::size(wheel.size))];
    for (weight, title, sign) in [
        (Weight::First, "look first", '!'),
        (Weight::Look, "look at", '?'),
        (Weight::Know, "good to know", '.'),
    ] {
        // Wheels of one release mostly differ in their native code alone.
        let (new, again): (Vec<&Finding>, Vec<&Finding>) = wheel
            .findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .partition(|finding| !told.contains(&finding.line()));
        if new.is_empty() && again.is_empty() {
            continue;
        }
        lines.push(format!("  {title}:"));
        lines.extend(new.iter().take(FINDINGS).map(|finding| format!("    {sign} {}", finding.line())));
        if new.len() > FINDINGS {
            lines.push(format!("    {} more, which `--json` lists", new.len() - FINDINGS));
        }
        if !again.is_empty() {
            lines.push(format!("    {} as above", words::count(again.len(), "finding", "findings")));
        }
    }
    told.extend(wheel.findings.iter().map(Finding::line));
    lines.extend(changes(wheel));
    lines
}

fn changes(wheel: &Comparison) -> Vec<String> {
    let count = |became| wheel.changes.iter().filter(|change| change.became == became).count();
    let mut lines = vec![format!(
        "  files: {} new, {} changed, {} gone, {} the same",
        count(Became::Added),
        count(Became::Changed),
        count(Became::Removed),
        wheel.same
    )];
    for change in wheel.changes.iter().take(FILES) {
        lines.push(format!("    {}", change_line(change)));
        lines.extend(change.text.iter().map(|line| format!("      {}", changed_line(line))));
    }
    let more = wheel.changes.len().saturating_sub(FILES);
    if more > 0 {
        lines.push(format!("    {more} more, which `--json` lists"));
    }
    lines
}

fn change_line(change: &FileChange) -> String {
    let sign = match change.became {
        Became::Added => '+',
        Became::Changed => '~',
        Became::Removed => '-',
    };
    let size = match change.became {
        Became::Added => words::size(change.size),
        Became::Removed => words::size(change.size_before),
        Became::Changed => format!("{} -> {}", words::size(change.size_before), words::size(change.size)),
    };
    let lines = change.lines.map_or_else(String::new, |(came, went)| format!(", lines +{came} -{went}"));
    format!("{sign} {}, {size}{lines}{}", quoted(&change.path), places(change))
}

/// Where lines changed.
fn places(change: &FileChange) -> String {
    const SHOWN: usize = 8;
    if change.became != Became::Changed || change.places.is_empty() {
        return String::new();
    }
    let place = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let places: Vec<String> = change.places.iter().take(SHOWN).map(place).collect();
    let more = if change.places.len() > SHOWN { ", …" } else { "" };
    format!(" at {}{more}", places.join(", "))
}

fn changed_line(line: &ChangedLine) -> String {
    let sign = if line.is_new { '+' } else { '-' };
    let text = escaped(&line.text).to_string();
    let shown = cut(&text, LINE);
    let hidden = line.text.chars().count().saturating_sub(LINE) as u64 + line.cut;
    let more = if shown == text && line.cut == 0 { String::new() } else { format!(" [{hidden} more]") };
    format!("{sign} {} | {shown}{more}", line.number)
}

/// The same as JSON.
pub(crate) fn to_json(report: &CompareReport) -> Object<'static> {
    let standing = |standing: Standing| match standing {
        Standing::Signed => "signed",
        Standing::Staged => "staged",
        Standing::Elsewhere => "not-recorded",
    };
    let side = |(version, stands): &(packman_names::Version, Standing)| {
        Value::from(Object::new().with("version", version.to_string()).with("standing", standing(*stands)))
    };
    let not_compared: Vec<Value<'static>> = report
        .not_compared
        .iter()
        .map(|problem| {
            Object::new()
                .with("what", problem.what.clone())
                .with("code", problem.why.code())
                .with("why", problem.why.to_string())
                .into()
        })
        .collect();
    Object::new()
        .with("project", report.project.as_str().to_owned())
        .with("old", report.old.as_ref().map_or(Value::Null, side))
        .with("new", side(&report.new))
        .with("wheels", report.wheels.iter().map(wheel_to_json).collect::<Vec<_>>())
        .with("not-compared", not_compared)
}

fn wheel_to_json(wheel: &Comparison) -> Value<'static> {
    let file = |file: &str, sha256: &packman_strict::Sha256, size: u64| {
        Object::new().with("file", file.to_owned()).with("sha256", sha256.to_string()).with("size", size)
    };
    let against =
        wheel.against.as_ref().map_or(Value::Null, |(name, sha256, size)| file(name, sha256, *size).into());
    let finding = |finding: &Finding| {
        let hints: Vec<Value<'static>> = finding.hints.iter().map(|hint| Value::from(hint.name())).collect();
        Value::from(
            Object::new()
                .with("weight", finding.weight.name())
                .with("about", finding.about.name())
                .with("path", finding.path.clone().map_or(Value::Null, Value::from))
                .with("line", finding.line.map_or(Value::Null, Value::from))
                .with("words", finding.words.clone())
                .with("hints", hints),
        )
    };
    file(&wheel.file, &wheel.sha256, wheel.size)
        .with("against", against)
        .with("findings", wheel.findings.iter().map(finding).collect::<Vec<_>>())
        .with("changes", wheel.changes.iter().map(change_to_json).collect::<Vec<_>>())
        .with("same", wheel.same as u64)
        .into()
}

fn change_to_json(change: &FileChange) -> Value<'static> {
    let (came, went) =
        change.lines.map_or((Value::Null, Value::Null), |(came, went)| (came.into(), went.into()));
    let place =
        |(first, last): &(u64, u64)| Value::from(Object::new().with("first", *first).with("last", *last));
    let line = |line: &ChangedLine| {
        Value::from(
            Object::new()
                .with("new", line.is_new)
                .with("number", line.number)
                .with("text", line.text.clone())
                .with("cut", line.cut),
        )
    };
    Object::new()
        .with("path", change.path.clone())
        .with("became", change.became.name())
        .with("code", change.is_code)
        .with("size-before", change.size_before)
        .with("size", change.size)
        .with("lines-added", came)
        .with("lines-removed", went)
        .with("places", change.places.iter().map(place).collect::<Vec<_>>())
        .with("lines", change.text.iter().map(line).collect::<Vec<_>>())
        .into()
}
