//! What two releases say of themselves: dependencies, commands and plugins, who made them and with what.

use std::collections::{BTreeMap, BTreeSet};

use packman_names::Requirement;
use packman_strict::quote::quoted;
use packman_wheel::{EntryPoint, Wheel, WheelRefusal};

use super::finding::{About, Finding, Weight};

/// Compares what is said; without an older release all of it is new.
pub(super) fn compare(old: Option<&Wheel<'_>>, new: &Wheel<'_>) -> Result<Vec<Finding>, WheelRefusal> {
    let mut findings = dependencies(old, new);
    findings.extend(entry_points(old, new));
    if let Some(old) = old {
        findings.extend(fields(old, new));
        findings.extend(generator(old, new)?);
    }
    Ok(findings)
}

fn dependencies(old: Option<&Wheel<'_>>, new: &Wheel<'_>) -> Vec<Finding> {
    let of = |wheel: &Wheel<'_>| by_name(&wheel.metadata().requires_dist);
    let (before, now) = (old.map(of).unwrap_or_default(), of(new));
    let mut findings = Vec::new();
    for (name, lines) in &now {
        // What only an extra brings is not installed by who asks for the project alone.
        let is_always = lines.iter().any(|line| is_without_extra(line));
        let has_address = lines.iter().any(|line| line.contains('@'));
        let weight = |usual| if has_address { Weight::First } else { usual };
        match before.get(name) {
            None => {
                let usual = if is_always { Weight::Look } else { Weight::Know };
                let words = format!("new dependency: {}", shown(lines));
                findings.push(Finding::new(weight(usual), About::Dependency, words));
            }
            Some(were) if were != lines => {
                let words = format!("dependency changed: {}, was {}", shown(lines), shown(were));
                findings.push(Finding::new(weight(Weight::Know), About::Dependency, words));
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| !now.contains_key(*name)).map(|(_, lines)| {
        Finding::new(Weight::Know, About::Dependency, format!("dependency gone: {}", shown(lines)))
    });
    findings.extend(gone);
    findings
}

/// Whether a requirement counts for who names no extra; one that cannot be read does.
fn is_without_extra(line: &str) -> bool {
    Requirement::parse(line).map_or(true, |requirement| requirement.marker_extras().is_empty())
}

/// Requirements by the project that they name; one that cannot be read stands for itself.
fn by_name(lines: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = Requirement::parse_name(&line).map_or_else(|_| line.clone(), |name| name.to_string());
        names.entry(name).or_default().insert(line);
    }
    names
}

/// So many of a list are shown.
const SHOWN: usize = 4;

fn shown<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    let texts: Vec<&String> = texts.into_iter().collect();
    let mut words: Vec<String> = texts.iter().take(SHOWN).map(|text| quoted(text).to_string()).collect();
    if texts.len() > SHOWN {
        words.push(format!("and {} more", texts.len() - SHOWN));
    }
    words.join(", ")
}

fn entry_points(old: Option<&Wheel<'_>>, new: &Wheel<'_>) -> Vec<Finding> {
    let key = |point: &EntryPoint| (point.group.clone(), point.name.clone());
    let target = |point: &EntryPoint| match &point.attribute {
        Some(attribute) => format!("{}:{attribute}", point.module),
        None => point.module.clone(),
    };
    let before: BTreeMap<_, String> =
        old.iter().flat_map(|old| old.entry_points()).map(|point| (key(point), target(point))).collect();
    let mut findings = Vec::new();
    for point in new.entry_points() {
        let (now, was) = (target(point), before.get(&key(point)));
        if was == Some(&now) {
            continue;
        }
        let was = was.map_or_else(String::new, |was| format!(", was {}", quoted(was)));
        let (name, now) = (quoted(&point.name), quoted(&now));
        findings.push(if point.is_script() {
            let new = if was.is_empty() { "a new command" } else { "the command" };
            Finding::new(Weight::Look, About::Command, format!("{new} {name} calls {now}{was}"))
        } else {
            let new = if was.is_empty() { "a new plugin" } else { "the plugin" };
            let group = quoted(&point.group);
            let words =
                format!("{new} {name} of {group}: what looks for such plugins loads {now} by itself{was}");
            Finding::new(Weight::Look, About::Hook, words)
        });
    }
    findings
}

/// Fields of METADATA that say who made a release, and where it is at home.
const FIELDS: [&str; 8] = [
    "Author",
    "Author-email",
    "Maintainer",
    "Maintainer-email",
    "Home-page",
    "Download-URL",
    "Project-URL",
    "Requires-Python",
];

fn fields(old: &Wheel<'_>, new: &Wheel<'_>) -> Vec<Finding> {
    let (before, now) = (headers(old.metadata_bytes()), headers(new.metadata_bytes()));
    let none = BTreeSet::new();
    let changed = FIELDS.iter().filter_map(|field| {
        let (before, now) = (before.get(*field).unwrap_or(&none), now.get(*field).unwrap_or(&none));
        if before == now {
            return None;
        }
        let (came, went) = (shown(now.difference(before)), shown(before.difference(now)));
        let words = match (came.is_empty(), went.is_empty()) {
            (false, false) => format!("{field} is now {came}, was {went}"),
            (false, true) => format!("{field} is now {came} too"),
            _ => format!("{field} is no longer {went}"),
        };
        Some(Finding::new(Weight::Know, About::Metadata, words))
    });
    changed.collect()
}

/// The fields before the first empty line, folded lines left out: they are for the eye.
fn headers(bytes: &[u8]) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines().take_while(|line| !line.trim_end().is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if let Some(field) = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name)) {
            found.entry(field).or_default().insert(value.trim().to_owned());
        }
    }
    found
}

/// The longest `WHEEL` that is looked at.
const WHEEL: u64 = 1 << 20;

/// Another program than before packed it: by hand, say, where a pipeline did.
fn generator(old: &Wheel<'_>, new: &Wheel<'_>) -> Result<Option<Finding>, WheelRefusal> {
    let of = |wheel: &Wheel<'_>| -> Result<String, WheelRefusal> {
        let text = wheel.dist_info_text("WHEEL", WHEEL)?.unwrap_or_default();
        let line = text.lines().filter_map(|line| line.split_once(':'));
        let mut lines = line.filter(|(name, _)| name.eq_ignore_ascii_case("Generator"));
        // Its version changes with every release of it.
        let name = lines
            .next()
            .map(|(_, value)| value.trim().split([' ', '(']).next().unwrap_or_default().to_owned());
        Ok(name.unwrap_or_default())
    };
    let (before, now) = (of(old)?, of(new)?);
    Ok((before != now).then(|| {
        let words = format!("another program made the wheel: {}, was {}", quoted(&now), quoted(&before));
        Finding::new(Weight::Look, About::Metadata, words)
    }))
}
