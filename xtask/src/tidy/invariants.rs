//! ARCHITECTURE.md numbers what always holds; each invariant names the test, or the tidy rule, that keeps it.

use super::source::Source;

const PAGE: &str = "ARCHITECTURE.md";

pub(super) fn faults(source: &Source) -> Vec<String> {
    let Some(page) = source.text(PAGE) else { return vec![format!("{PAGE} is not there")] };
    let mut faults = Vec::new();
    let mut wanted = 1;
    for invariant in invariants(page) {
        if invariant.number != wanted {
            faults.push(format!("{PAGE}: after {} comes {}", wanted - 1, invariant.number));
        }
        wanted = invariant.number + 1;
        if invariant.keepers.is_empty() {
            faults.push(format!("{PAGE}: invariant {} names nothing that keeps it", invariant.number));
        }
        for keeper in invariant.keepers.iter().filter(|keeper| !exists(source, keeper)) {
            faults.push(format!(
                "{PAGE}: invariant {} is kept by `{keeper}`, which is not there",
                invariant.number
            ));
        }
    }
    if wanted == 1 {
        faults.push(format!("{PAGE} has no numbered invariants"));
    }
    faults
}

struct Invariant {
    number: usize,
    keepers: Vec<String>,
}

/// Paragraphs that begin `N. `; what stands in backticks after `Kept by` are its keepers.
fn invariants(page: &str) -> Vec<Invariant> {
    let section =
        page.split("\n## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let numbered = |paragraph: &str| {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let paragraph = words.join(" ");
        let (number, text) = paragraph.split_once(". ")?;
        let (_, keepers) = text.split_once("Kept by").unwrap_or_default();
        let keepers = keepers.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some(Invariant { number: number.parse().ok()?, keepers })
    };
    section.split("\n\n").filter_map(numbered).collect()
}

/// A keeper is a test (`fn NAME(`), a lint or ban (a word of a manifest or `clippy.toml`), or a file of the project.
pub(super) fn exists(source: &Source, keeper: &str) -> bool {
    let test = format!("fn {keeper}(");
    source.rust().any(|file| file.text.contains(&test))
        || source.files.iter().any(|file| {
            file.path == keeper
                || (file.path.ends_with("Cargo.toml") && file.text.contains(&format!("{keeper} =")))
        })
}
