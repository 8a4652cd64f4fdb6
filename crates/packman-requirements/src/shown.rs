//! What a file asks for, in lines for tests to look at.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Demand, Parts};

/// Reads the first of these files; one line for everything that was found in it.
pub(crate) fn check(files: &[(&str, &str)]) -> String {
    check_parts(files, &Parts::default())
}

/// The same for some parts of it.
pub(crate) fn check_parts(files: &[(&str, &str)], parts: &Parts) -> String {
    let bytes: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    check_bytes(&bytes, parts)
}

/// The same for bytes.
pub(crate) fn check_bytes(files: &[(&str, Vec<u8>)], parts: &Parts) -> String {
    let by_name: BTreeMap<&str, &Vec<u8>> = files.iter().map(|(name, bytes)| (*name, bytes)).collect();
    let read = |path: &Path| {
        let bytes = by_name.get(path.to_str().unwrap().trim_start_matches("more/../"));
        bytes.map(|bytes| (*bytes).clone()).ok_or_else(|| "it is not there".to_owned())
    };
    match Demand::parse(Path::new(files[0].0), parts, &read) {
        Ok(found) => lines(&found).join("\n"),
        Err(error) => {
            let hint = error.hint().map_or(String::new(), |hint| format!("\n  hint: {hint}"));
            format!("{error}{hint}")
        }
    }
}

fn lines(found: &Demand) -> Vec<String> {
    let mut lines = Vec::new();
    for python in &found.pythons {
        lines.push(format!("Python {} ({})", python.text, python.place));
    }
    for (kind, list) in [("asks", &found.asked), ("narrows", &found.constraints)] {
        for asked in list {
            let pin = asked.pinned().map_or(String::new(), |version| format!(" pinned {version}"));
            let hashes: Vec<String> = asked.hashes.iter().map(|hash| format!(" #{}", short(hash))).collect();
            lines.push(format!("{kind} {}{pin}{} ({})", asked.requirement, hashes.concat(), asked.place));
        }
    }
    for locked in &found.locks.releases {
        let version = locked.version.as_ref().map_or("-".to_owned(), ToString::to_string);
        let left = locked.left.as_ref().map_or(String::new(), |why| format!(" leaves it: {}", why.words()));
        lines.push(format!("locks {} {version} ({}){left}", locked.name, locked.place));
        for wheel in &locked.wheels {
            let time = wheel.uploaded.map_or(String::new(), |time| format!(" {time}"));
            lines.push(format!("  #{} {} {:?}{time}", short(&wheel.sha256), wheel.url, wheel.size));
        }
    }
    for left in &found.not_taken {
        lines.push(format!("leaves {} ({}): {}", left.what, left.place, left.why.words()));
    }
    if let Some(unhashed) = found.unhashed() {
        lines.push(format!("refuses: {unhashed}"));
    }
    lines
}

fn short(hash: &packman_strict::Sha256) -> String {
    hash.to_string().chars().take(4).collect()
}
