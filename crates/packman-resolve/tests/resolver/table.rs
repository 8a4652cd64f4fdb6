//! The table of cases: what is chosen, and what is said where nothing fits.

use std::fmt::Write as _;

/// Runs every case of a file and shows all that came out otherwise than written.
fn check(file: &str) {
    let mut wrong = String::new();
    for mut case in crate::support::cases(file) {
        let told = case.world.told();
        if told != case.expected {
            _ = write!(wrong, "\n== {}\n=>\n{told}-- expected\n{}", case.name, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn chooses_versions() {
    check(include_str!("../cases/versions.txt"));
}

#[test]
fn takes_what_comes_with_it() {
    check(include_str!("../cases/dependencies.txt"));
}

#[test]
fn keeps_what_is_there() {
    check(include_str!("../cases/installed.txt"));
}

#[test]
fn chooses_wheels() {
    check(include_str!("../cases/wheels.txt"));
}

#[test]
fn explains_why_nothing_fits() {
    check(include_str!("../cases/failures.txt"));
}

#[test]
fn meets_known_scenarios() {
    check(include_str!("../cases/scenarios.txt"));
}
