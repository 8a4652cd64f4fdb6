//! Each direct dependency has its line in `docs/dependencies.md`, and each line its dependency.

use std::collections::BTreeSet;

use super::manifest::crates;
use super::source::Source;

const PAGE: &str = "docs/dependencies.md";

pub(super) fn faults(source: &Source) -> Vec<String> {
    let crates = match crates(source) {
        Ok(crates) => crates,
        Err(error) => return vec![error],
    };
    let ours: BTreeSet<&str> = crates.iter().map(|found| found.name.as_str()).collect();
    let named = crates.iter().flat_map(|found| found.dependencies.iter().chain(&found.dev_dependencies));
    let used: BTreeSet<&str> = named.map(String::as_str).filter(|name| !ours.contains(name)).collect();
    let page = source.text(PAGE).unwrap_or_default();
    let told: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .collect();
    let untold = used.difference(&told).map(|name| format!("`{name}` has no line in {PAGE}"));
    let unused =
        told.difference(&used).map(|name| format!("{PAGE} has a line for `{name}`, which nothing uses"));
    untold.chain(unused).collect()
}
