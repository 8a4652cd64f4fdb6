//! Rules that no compiler knows. Each is one file; each says what it found, all of it, and what to do.

mod arrows;
mod attacks;
mod codes;
mod dependencies;
mod hosts;
mod invariants;
mod manifest;
mod sizes;
mod source;

use crate::Outcome;
use source::Source;

/// A rule: what of the source breaks it, each in one line.
type Rule = fn(&Source) -> Vec<String>;

/// Holds the checkout against every rule.
pub(crate) fn tidy() -> Outcome {
    let source = Source::read()?;
    let rules: [(&str, Rule); 7] = [
        ("arrows between crates", arrows::faults),
        ("sizes of files", sizes::faults),
        ("texts of codes", codes::faults),
        ("lines of dependencies", dependencies::faults),
        ("names of hosts", hosts::faults),
        ("keepers of invariants", invariants::faults),
        ("tests of known attacks", attacks::faults),
    ];
    let mut count = 0;
    for (name, faults) in rules {
        for fault in faults(&source) {
            eprintln!("tidy: {name}: {fault}");
            count += 1;
        }
    }
    if count > 0 {
        return Err(format!("tidy found {count} faults"));
    }
    println!("tidy: {} files hold {} rules", source.files.len(), rules.len());
    Ok(())
}
