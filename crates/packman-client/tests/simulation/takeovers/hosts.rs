//! Mallory has a host, or what its name leads to, and no key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use packman_tuf::Role;

use super::{HONEST, Stage};
use crate::publisher::wheel;
use crate::user::{User, ended};
use crate::web::Files;

/// How an installation ends where bytes stand in the place of others: by their length, else by their hash.
const MISMATCH: [&str; 2] = ["3 length-mismatch", "3 hash-mismatch"];

/// The same files with some of them replaced.
fn with(files: &Files, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Files {
    let mut changed = BTreeMap::clone(files);
    change(&mut changed);
    Arc::new(changed)
}

#[test]
fn a_web_host_that_was_taken_over_serves_a_database_of_its_own() {
    let stage = Stage::new();
    let (url, mut mallory) = (stage.web.url("web"), stage.stranger());
    stage.web.serve("web", &mallory.publish(stage.now));
    assert_eq!(stage.installs(), "3 unexplained-change");
    assert_eq!(stage.ends(|client| client.trust_compare("web", stage.ann.number())), "0");
    assert_eq!(stage.installs(), "3 unexplained-change", "comparing what is remembered accepts nothing new");
    // Removing and adding again is no way round, with the old number or without one.
    stage.ben.at(stage.now, |client| client.trust_remove("web")).unwrap();
    for number in [None, Some(stage.ann.number())] {
        let added = stage.ben.adds(stage.now, &url, "web", number, None);
        assert_eq!(ended(&added), "3 unexplained-change");
    }
    stage.web.serve("web", &stage.ann.files());
    stage.ben.adds(stage.now, &url, "web", None, None).unwrap();
    assert_eq!(stage.installs(), HONEST);
}

/// A stranger has few roots. That he lacks those that are known is no reason to take him for a bad copy.
#[test]
fn a_web_host_that_was_taken_over_is_told_by_its_first_root_too() {
    let mut stage = Stage::new();
    stage.web.serve("web", &stage.ann.rotate(&Role::ALL, stage.now));
    assert_eq!(stage.installs(), HONEST);
    let carol = User::new();
    carol.adds(stage.now, &stage.web.url("web"), "web", Some(stage.ann.number()), None).unwrap();
    stage.web.serve("web", &stage.stranger().publish(stage.now));
    assert_eq!(stage.installs(), "3 unexplained-change");
    assert_eq!(carol.installs(stage.now, "tool"), "3 unexplained-change");
}

#[test]
fn a_name_that_leads_elsewhere_leads_no_newcomer_there_who_has_the_number() {
    let stage = Stage::without_ben();
    stage.web.serve("web", &stage.stranger().publish(stage.now));
    assert_eq!(ended(&stage.ben_trusts(None)), "3 number-mismatch");
    assert_eq!(stage.installs(), "1 not-vouched");
}

#[test]
fn a_name_that_leads_elsewhere_brings_other_wheels() {
    let stage = Stage::new();
    let swapped = with(&stage.ann.files(), |files| {
        for (_, bytes) in files.iter_mut().filter(|(path, _)| path.starts_with("blobs/")) {
            *bytes = wheel("tool", "1", "evil = 1");
        }
    });
    stage.web.serve("web", &swapped);
    assert_eq!(stage.installs(), "3 hash-mismatch");
}

#[test]
fn an_old_copy_is_played_again_signatures_and_all() {
    let mut stage = Stage::new();
    let old = stage.ann.files();
    stage.ann_mends();
    assert_eq!(stage.installs(), "0 tool 2");
    stage.web.serve("web", &old);
    assert_eq!(stage.installs(), "3 rollback");
}

#[test]
fn a_host_is_frozen_so_that_a_fix_never_comes() {
    let mut stage = Stage::new();
    let old = stage.ann.files();
    stage.ann_mends();
    stage.web.serve("web", &old);
    stage.days_pass(29);
    assert_eq!(stage.installs(), HONEST, "until then nobody can tell it from a host where nothing happened");
    stage.days_pass(1);
    assert_eq!(stage.installs(), "3 expired");
}

#[test]
fn parts_of_two_publications_are_mixed() {
    let mut stage = Stage::new();
    let old = stage.ann.files();
    let new = stage.ann_mends();
    for role in [Role::Snapshot, Role::Targets] {
        let (here, before) =
            (stage.ann.repository.path(role), role.file_path(stage.ann.repository.version(role) - 1));
        let mixed = with(&new, |files| drop(files.insert(here, old[&before].clone())));
        stage.web.serve("web", &mixed);
        assert!(MISMATCH.contains(&stage.installs().as_str()), "{role}");
    }
    let records = |files: &Files| {
        let found = files.iter().filter(|(path, _)| path.ends_with(".tool.json"));
        found.map(|(path, bytes)| (path.clone(), bytes.clone())).collect::<Vec<_>>()
    };
    let [(_, before)] = &records(&old)[..] else { panic!("one record") };
    let now = records(&new).into_iter().map(|(path, _)| path).find(|path| !old.contains_key(path)).unwrap();
    stage.web.serve("web", &with(&new, |files| drop(files.insert(now, before.clone()))));
    assert!(MISMATCH.contains(&stage.installs().as_str()), "a record");
}

#[test]
fn a_recall_is_kept_back_and_the_rest_is_shown() {
    let mut stage = Stage::new();
    let old = stage.ann.files();
    stage.ann.recall("tool", "1", stage.now);
    let new = stage.ann.publish_on(&stage.web, stage.now);
    let path = |files: &Files, others: &Files| {
        let new = |path: &&String| path.ends_with(".recalls.json") && !others.contains_key(*path);
        files.keys().find(new).cloned()
    };
    let (now, before) =
        (path(&new, &old).unwrap(), old.keys().find(|path| path.ends_with(".recalls.json")).unwrap());
    stage.web.serve("web", &with(&new, |files| drop(files.insert(now, old[before].clone()))));
    assert!(MISMATCH.contains(&stage.installs().as_str()));
    stage.web.serve("web", &new);
    assert_eq!(stage.installs(), "1 recalled", "with the recall");
}

#[test]
fn a_mirror_shows_two_faces() {
    let mut stage = Stage::new();
    let old = stage.ann.files();
    let new = stage.ann_mends();
    assert_eq!(stage.installs(), "0 tool 2");
    // Each question gets the other face: to Ben the old one is one that went back.
    let asked = AtomicUsize::new(0);
    let faces = [Files::clone(&new), Files::clone(&old)];
    stage.web.hold("web", move |path| {
        let turn = if path == "metadata/timestamp.json" { asked.fetch_add(1, Ordering::Relaxed) } else { 0 };
        faces[turn % 2].get(path).cloned()
    });
    assert_eq!(stage.installs(), "0 tool 2");
    assert_eq!(stage.installs(), "3 rollback");
    // Carol, who is only ever shown the old face, is kept back until it expires, and no longer.
    let carol = User::new();
    stage.web.serve("web", &old);
    carol.adds(stage.now, &stage.web.url("web"), "web", Some(stage.ann.number()), None).unwrap();
    assert_eq!(carol.installs(stage.now, "tool"), HONEST);
    stage.days_pass(30);
    assert_eq!(carol.installs(stage.now, "tool"), "3 expired");
}

#[test]
fn a_mirror_lies_while_the_databases_own_host_is_blocked() {
    let mut stage = Stage::new();
    stage.ann.about.mirrors = vec![stage.web.url("mirror")];
    let honest = stage.ann.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), HONEST);
    stage.web.take_down("web");
    for mallory in [&mut stage.stranger(), &mut stage.thief(&[])] {
        // His metadata, and Ann's own records and wheels.
        let own = mallory.publish(stage.now);
        let theirs = honest.iter().filter(|(path, _)| !path.starts_with("metadata/"));
        let theirs = theirs.map(|(path, bytes)| (path.clone(), bytes.clone()));
        stage.web.serve("mirror", &with(&own, |files| files.extend(theirs)));
        assert_eq!(stage.installs(), HONEST, "as if nobody were reached: what Ann said last is current");
        assert_eq!(stage.ben.installs(stage.now.plus_days(31), "tool"), "3 expired");
    }
}
