//! Mallory stole a key that is not enough.

use packman_tuf::Role;

use super::{HONEST, ONLINE, Stage, evidence};
use crate::user::{User, changes, ended};

#[test]
fn a_stolen_online_key_signs_a_record() {
    let stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    stage.web.serve("web", &mallory.publish(stage.now));
    assert_eq!(stage.installs(), "3 bad-signature");
}

#[test]
fn a_stolen_targets_key_without_the_online_key_reaches_nobody() {
    let stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&[Role::Targets]));
    stage.web.serve("web", &mallory.publish(stage.now));
    assert_eq!(stage.installs(), "3 bad-signature");
    // With Ann's own timestamp and snapshot, and his targets where hers should be.
    let mut files = (*stage.ann.files()).clone();
    let path = stage.ann.repository.path(Role::Targets);
    files.insert(path, mallory.repository.file(Role::Targets));
    stage.web.serve("web", &files.into());
    assert_eq!(stage.installs(), HONEST, "what Ben has seen is not asked for again");
    let carol = User::new();
    let added = carol.adds(stage.now, &stage.web.url("web"), "web", Some(stage.ann.number()), None);
    assert_eq!(ended(&added), "3 hash-mismatch");
}

#[test]
fn a_stolen_online_key_takes_the_records_back_to_older_ones() {
    let mut stage = Stage::new();
    let old = stage.ann.repository.version(Role::Targets);
    stage.ann_mends();
    assert_eq!(stage.installs(), "0 tool 2");
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    mallory.repository.versions.insert(Role::Targets, old);
    stage.web.serve("web", &mallory.prolong(stage.now));
    assert_eq!(stage.installs(), "3 rollback");
}

#[test]
fn a_stolen_online_key_keeps_an_old_copy_alive() {
    let mut stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    for _ in 0..4 {
        stage.days_pass(20);
        stage.web.serve("web", &mallory.prolong(stage.now));
        assert_eq!(stage.installs(), HONEST);
    }
    stage.days_pass(10);
    stage.web.serve("web", &mallory.prolong(stage.now));
    assert_eq!(stage.installs(), "3 expired", "no later than the targets, 90 days after Ann signed them");
}

#[test]
fn a_stolen_online_key_counts_so_far_that_honest_versions_never_come() {
    let mut stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    for role in ONLINE {
        mallory.repository.versions.insert(role, 1 << 52);
    }
    stage.web.serve("web", &mallory.prolong(stage.now));
    assert_eq!(stage.installs(), HONEST);
    stage.ann_mends();
    assert_eq!(stage.installs(), "3 rollback", "until Ann changes that key");
    stage.web.serve("web", &stage.ann.rotate(&ONLINE, stage.now));
    stage.told();
    assert_eq!(stage.installs(), "0 tool 2");
    assert_eq!(stage.told(), ["signed rotation of"]);
}

#[test]
fn two_faces_that_a_stolen_online_key_signed_leave_evidence() {
    let mut stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    stage.web.serve("web", &mallory.prolong(stage.now.plus_days(-1)));
    assert_eq!(stage.installs(), HONEST);
    let files = stage.ann.prolong(stage.now);
    stage.web.serve("web", &files);
    stage.ben.heard();
    assert_eq!(stage.installs(), "3 contradiction");
    assert_eq!(evidence(&stage.ben.heard()), 1);
    // The face that he has seen does not settle it; a higher version of the key's owner does.
    stage.web.serve("web", &mallory.files());
    assert_eq!(stage.installs(), "3 contradiction");
    let files = stage.ann.prolong(stage.now);
    stage.web.serve("web", &files);
    assert_eq!(stage.installs(), HONEST);
}

#[test]
fn two_faces_of_the_records_themselves_stop_until_a_person_compares() {
    let mut stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&Role::ALL));
    stage.ann_mends();
    assert_eq!(stage.installs(), "0 tool 2");
    mallory.repository.versions.insert(Role::Snapshot, 50);
    mallory.repository.versions.insert(Role::Timestamp, 50);
    stage.web.serve("web", &mallory.publish(stage.now));
    stage.ben.heard();
    assert_eq!(stage.installs(), "3 contradiction");
    assert_eq!(evidence(&stage.ben.heard()), 1);
    stage.ann.repository.versions.insert(Role::Snapshot, 60);
    stage.ann.repository.versions.insert(Role::Timestamp, 60);
    stage.ann_mends();
    assert_eq!(stage.installs(), "3 contradiction", "also where all goes on from one of them");
    assert_eq!(stage.ends(|client| client.trust_compare("web", stage.ann.number())), "0");
    assert_eq!(stage.installs(), "0 tool 2");
}

#[test]
fn a_retired_targets_key_hides_behind_the_root_that_still_had_it() {
    let mut stage = Stage::new();
    let stolen = stage.keys(&[Role::Targets, Role::Snapshot, Role::Timestamp]);
    let mut mallory = stage.thief(&stolen);
    let old = stage.ann.number();
    // Ann changes the targets key alone, and tells people the number that comes of it.
    stage.web.serve("web", &stage.ann.rotate(&[Role::Targets], stage.now));
    assert_eq!(stage.installs(), HONEST);
    assert_ne!(stage.ann.number(), old);
    mallory.repository.versions.insert(Role::Snapshot, 50);
    mallory.repository.versions.insert(Role::Timestamp, 50);
    stage.web.serve("web", &mallory.publish(stage.now));
    assert_eq!(stage.installs(), "3 bad-signature", "Ben has seen the new root");
    let carol = User::new();
    let added = carol.adds(stage.now, &stage.web.url("web"), "web", Some(stage.ann.number()), None);
    assert_eq!(ended(&added), "3 number-mismatch", "the new number shuts the old key out");
}

#[test]
fn a_root_key_below_the_threshold_signs_a_root() {
    let mut stage = Stage::new();
    let keys: Vec<_> = (0..3).map(|_| stage.ann.repository.new_key()).collect();
    *stage.ann.repository.signers_mut(Role::Root) = keys;
    stage.ann.repository.thresholds.insert(Role::Root, 2);
    stage.ann.next_root(stage.now);
    stage.ann.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), HONEST);
    let one = stage.keys(&[Role::Root])[0].clone();
    let mut mallory = stage.thief(&[one]);
    mallory.repository.thresholds.insert(Role::Root, 1);
    mallory.next_root(stage.now);
    stage.web.serve("web", &mallory.publish(stage.now));
    stage.ben.heard();
    let ended = stage.installs();
    assert!(["3 bad-signature", "3 unexplained-change"].contains(&ended.as_str()), "{ended}");
    assert!(!changes(&stage.ben.heard()).contains(&"signed rotation of"));
}
