//! Mallory is in the ring already, or an address that is remembered became his.

use packman_database::Kind;
use packman_tuf::Role;

use super::{HONEST, Stage};
use crate::publisher::{Publisher, wheel};
use crate::user::ended;

/// A second database of the ring, Mallory's, which was added for those names.
fn low(stage: &Stage, scope: &str) -> Publisher {
    let mut low = Publisher::new(Kind::Database, "low", 5_000, stage.now);
    low.release("tool", "9", wheel("tool", "9", "evil = 9"));
    low.release("low-tool", "1", wheel("low-tool", "1", "low = 1"));
    low.publish_on(&stage.web, stage.now);
    let url = stage.web.url("low");
    stage.ben.adds(stage.now, &url, "low", Some(low.number()), Some(scope)).unwrap();
    low
}

#[test]
fn a_low_database_answers_for_the_names_of_a_high_one_that_is_blocked() {
    let mut stage = Stage::new();
    let mut low = low(&stage, "*");
    assert_eq!(stage.installs(), HONEST, "the order decides, not the version");
    stage.web.take_down("web");
    assert_eq!(stage.installs(), HONEST, "her word is here, and so is her wheel, which he had before");
    assert_eq!(
        stage.ben.installs(stage.now, "low-tool"),
        "0 low-tool 1",
        "what she never listed is not held up"
    );
    stage.days_pass(31);
    low.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), "3 expired");
    stage.web.serve("web", &stage.stranger().publish(stage.now));
    assert_eq!(stage.installs(), "3 unexplained-change");
}

#[test]
fn a_database_answers_for_more_than_it_was_given() {
    let stage = Stage::without_ben();
    let low = low(&stage, "low-*");
    assert!(low.about.scope.is_empty(), "it says itself that it answers for everything");
    assert_eq!(stage.installs(), "1 not-vouched");
    assert_eq!(stage.ben.installs(stage.now, "low-tool"), "0 low-tool 1");
}

#[test]
fn an_address_that_is_remembered_has_another_owner() {
    let stage = Stage::new();
    stage.ben.at(stage.now, |client| client.trust_remove("web")).unwrap();
    let mut mallory = stage.stranger();
    stage.web.serve("web", &mallory.publish(stage.now));
    let url = stage.web.url("web");
    for number in [None, Some(stage.ann.number())] {
        let added = stage.ben.adds(stage.now, &url, "web", number, None);
        assert_eq!(ended(&added), "3 unexplained-change");
    }
    assert_eq!(stage.installs(), "1 not-vouched");
}

#[test]
fn an_old_number_is_no_way_round_what_was_seen() {
    let mut stage = Stage::without_ben();
    let first = stage.ann.number();
    // Ben begins with the second root, so that the first is none of those that he remembers.
    stage.web.serve("web", &stage.ann.rotate(&[Role::Root], stage.now));
    stage.ben_trusts(None).unwrap();
    let behind = stage.ann.files();
    stage.ann_mends();
    assert_eq!(stage.installs(), "0 tool 2");
    assert_eq!(stage.ends(|client| client.trust_compare("web", first)), "0");
    stage.web.serve("web", &behind);
    assert_eq!(stage.installs(), "3 rollback", "the number was compared, what was seen stays seen");
    let url = stage.web.url("web");
    stage.ben.at(stage.now, |client| client.trust_remove("web")).unwrap();
    assert_eq!(ended(&stage.ben.adds(stage.now, &url, "web", Some(first), None)), "3 rollback");
}
