//! What cannot be stopped, and what there is to see of it: only who comes for the first time without a number or a second
//! list, and a threshold of root keys, or of targets keys with the online key.

use packman_tuf::Role;

use super::{Stage, TAKEN, keeper, subscribes};
use crate::user::{User, changes};

#[test]
fn unstopped_a_newcomer_without_a_number_or_a_second_list_remembers_a_database_that_was_replaced() {
    let mut stage = Stage::without_ben();
    stage.ben = User::who_agrees();
    let site = tempfile::tempdir().unwrap();
    for (path, bytes) in stage.stranger().publish(stage.now).iter() {
        let path = site.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let added = stage.ben.adds(stage.now, &site.path().display().to_string(), "web", None, None).unwrap();
    assert_eq!(
        added.assurance.to_string(),
        "signed, remembered 2026-01-01",
        "and it says so until it is compared"
    );
    assert_eq!(stage.installs(), TAKEN);
    assert_eq!(
        stage.ends(|client| client.trust_compare("web", stage.ann.number())),
        "3 number-mismatch",
        "Ann's number brings it to light"
    );
}

#[test]
fn unstopped_a_newcomer_without_a_number_or_a_second_list_is_led_by_a_list_that_was_replaced() {
    let stage = Stage::without_ben();
    let mut mallory = stage.stranger();
    stage.web.serve("web", &mallory.publish(stage.now));
    let city = keeper(&stage, "city", 8_000, mallory.number());
    assert_eq!(subscribes(&stage, &city), "0");
    stage.ben.adds(stage.now, "web", "web", None, None).unwrap();
    assert_eq!(stage.installs(), TAKEN);
    // A second list says so as soon as it is there.
    let land = keeper(&stage, "land", 4_000, stage.ann.number());
    assert_eq!(subscribes(&stage, &land), "0");
    stage.told();
    stage.installs();
    assert_eq!(stage.told(), ["CONTRADICTION in"]);
}

#[test]
fn unstopped_stolen_targets_and_online_keys_vouch_for_anything_until_they_are_changed() {
    let mut stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&[Role::Targets, Role::Snapshot, Role::Timestamp]));
    stage.web.serve("web", &mallory.publish(stage.now));
    assert_eq!(stage.installs(), TAKEN);
    // Ann changes them with her root key: whatever they signed, and however high they counted, counts no more.
    stage.ann.release("tool", "2", crate::publisher::wheel("tool", "2", "honest = 2"));
    stage.web.serve("web", &stage.ann.rotate(&[Role::Targets, Role::Snapshot, Role::Timestamp], stage.now));
    assert_eq!(stage.installs(), "0 tool 2");
    stage.web.serve("web", &mallory.prolong(stage.now));
    assert_eq!(stage.installs(), "3 bad-signature");
}

#[test]
fn unstopped_stolen_root_keys_at_the_threshold_change_every_key() {
    let stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&[Role::Root]));
    let files = mallory.rotate(&Role::ALL, stage.now);
    stage.web.serve("web", &files);
    stage.ben.heard();
    assert_eq!(stage.installs(), TAKEN);
    assert_eq!(changes(&stage.ben.heard()), ["signed rotation of"], "one line says that keys changed");
    // Ann begins anew: it looks like an attack, and her new number is the only way on.
    let mut anew = stage.ann.clone();
    anew.repository = testkit::repository::Repository::with_seed(stage.now, 7_000);
    stage.web.serve("web", &anew.publish(stage.now));
    assert_eq!(stage.installs(), "3 unexplained-change");
    assert_eq!(stage.ends(|client| client.trust_compare("web", anew.number())), "0");
    assert_eq!(stage.installs(), "0 tool 1");
}
