//! No file that nobody dares to open.

use super::source::Source;

/// The most lines a Rust file may have. Files aim at 250.
const LIMIT: usize = 600;

pub(super) fn faults(source: &Source) -> Vec<String> {
    let lines = source.rust().map(|file| (&file.path, file.text.lines().count()));
    lines
        .filter(|(_, lines)| *lines > LIMIT)
        .map(|(path, lines)| format!("{path} has {lines} lines; split it by concept, {LIMIT} are the most"))
        .collect()
}
