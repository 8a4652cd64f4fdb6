//! Questions that are made to take for ever end, always at the same step; those that people ask are nowhere near.

use std::fmt::Write as _;

use insta::assert_snapshot;
use packman_resolve::MOST_WORK;

use crate::support::{cases, world};

/// One pigeon more than there are holes, and no two fit into one: a solver that learns from conflicts goes through
/// nearly all arrangements, of which each further pigeon makes several times as many.
fn pigeons(holes: usize) -> String {
    let mut text = String::new();
    for pigeon in 0..=holes {
        for hole in 0..holes {
            _ = writeln!(text, "pigeon{pigeon} {hole}: hole{hole}=={pigeon}\nhole{hole} {pigeon}");
        }
    }
    let all: Vec<String> = (0..=holes).map(|pigeon| format!("pigeon{pigeon}")).collect();
    format!("{text}ask {}", all.join(" | "))
}

#[test]
fn ends_a_question_that_takes_for_ever() {
    let asked = || world(&pigeons(40)).told_within(1_000_000);
    assert_snapshot!(asked(), @"
    error too-hard: found neither a set that fits nor that there is none in 329 steps:
    decided over and over again: `pigeon23`, `pigeon22`, `pigeon21`, `pigeon20`, `pigeon19`
    ");
    assert_eq!(asked(), asked());
}

#[test]
fn answers_the_same_question_where_it_is_small() {
    let told = world(&pigeons(4)).told();
    assert!(told.starts_with("error nothing-fits"), "{told}");
}

#[test]
fn what_people_ask_takes_a_ten_thousandth_of_what_there_is() {
    let tables = [
        include_str!("../cases/dependencies.txt"),
        include_str!("../cases/failures.txt"),
        include_str!("../cases/installed.txt"),
        include_str!("../cases/scenarios.txt"),
        include_str!("../cases/versions.txt"),
        include_str!("../cases/wheels.txt"),
    ];
    for mut case in tables.into_iter().flat_map(cases) {
        let told = case.world.told_within(MOST_WORK / 10_000);
        assert!(!told.starts_with("error too-hard"), "{}: {told}", case.name);
    }
}

#[test]
fn going_back_through_many_releases_is_not_too_hard() {
    let mut text = String::new();
    for version in 0..200 {
        _ = writeln!(text, "a {version}: c=={version}\nb {version}: c=={}\nc {version}", version + 200);
    }
    let told = world(&format!("{text}ask a | b")).told_within(MOST_WORK / 1_000);
    assert!(told.starts_with("error nothing-fits"), "{told}");
}
