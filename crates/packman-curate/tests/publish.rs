//! Signing what somebody edited, and publishing where somebody else did.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{SignRequest, StatusRequest, Together};
use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use world::{Index, World, sdist, wheel};

/// A database with one signed project, published to `site`.
fn published() -> (World, Index) {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[wheel(&WheelDraft::new("a", "1").file("a.py", ""))]);
    world.init();
    world.add(&world.request(&["a"], Some(&index)));
    world.sign().unwrap();
    world.publish("site").unwrap();
    (world, index)
}

fn add(world: &World, index: &Index, version: &str) {
    index.list("a", &[wheel(&WheelDraft::new("a", version).file("a.py", ""))]);
    assert_eq!(world.add(&world.request(&["a"], Some(index))).added.len(), 1);
}

/// Every file below a folder with its bytes.
fn contents(world: &World, name: &str) -> Vec<(String, Sha256)> {
    let hash = |path: &String| Sha256::of(&world.read(&format!("{name}/{path}")));
    world.tree(name).iter().map(|path| (path.clone(), hash(path))).collect()
}

#[test]
fn shows_what_is_to_be_signed_and_signs_only_what_was_agreed_to() {
    let (world, index) = published();
    add(&world, &index, "2");
    let folder = world.path("db");
    let before = contents(&world, "db/metadata");
    let refuse = world.curator().sign(&SignRequest {
        together: Together::default(),
        folder: &folder,
        agree: &|staged| {
            let new = &staged.new[0];
            let shown = format!(
                "{} {} {:?} days, after {:?}, reviewed {:?}",
                new.file.file,
                new.size > 0,
                new.age_days(world.now),
                new.replaces.as_ref().map(ToString::to_string),
                new.review
            );
            insta::assert_snapshot!(shown, @r#"a-2-py3-none-any.whl true Some(165) days, after Some("1"), reviewed None"#);
            false
        },
    });
    insta::assert_snapshot!(world.words(&refuse.unwrap_err()), @"consent-needed: nothing was signed: nobody agreed to it");
    assert_eq!(contents(&world, "db/metadata"), before);
}

#[test]
fn tells_every_kind_of_change() {
    let (world, index) = published();
    index.list("a", &[wheel(&WheelDraft::new("a", "2")), sdist("a-2.tar.gz")]);
    let mut request = world.request(&["a"], Some(&index));
    request.all_files = true;
    world.add(&request);
    world.sign().unwrap();
    index.list("b", &[wheel(&WheelDraft::new("b", "1"))]);
    world.add(&world.request(&["b"], Some(&index)));
    let a = vec![packman_names::Requirement::parse("a==1").unwrap()];
    world
        .curator()
        .remove(&packman_curate::RemoveRequest { folder: world.path("db"), requirements: a })
        .unwrap();
    world.edit("db/about.json", "Web tools", "Tools for the web");
    let hash = Sha256::of(&wheel(&WheelDraft::new("a", "2")).bytes);
    world.write(
        "db/recalls.json",
        format!(
            r#"{{"recalls":[{{"sha256":"{hash}","project":"a","version":"2","reason":"bad","at":"2026-06-14T00:00:00Z"}}]}}"#
        ),
    );
    let status = || world.curator().status(&StatusRequest { folder: world.path("db"), index: None }).unwrap();
    let staged = status().staged;
    let names =
        |files: &[packman_curate::StagedFile]| files.iter().map(|file| file.file.clone()).collect::<Vec<_>>();
    assert_eq!(
        staged.new.iter().map(|new| new.file.file.as_str()).collect::<Vec<_>>(),
        ["b-1-py3-none-any.whl"]
    );
    assert_eq!(names(&staged.gone), ["a-1-py3-none-any.whl"]);
    let recalled: Vec<&str> = staged.recalled.iter().map(|one| one.file.as_str()).collect();
    assert_eq!(recalled, ["a-2-py3-none-any.whl"]);
    assert!(staged.about && !staged.first && staged.changed.is_empty());
    world.sign().unwrap();
    assert!(status().staged.is_empty());
    let record = world.tree("db/targets").into_iter().rfind(|path| path.ends_with(".a.json")).unwrap();
    assert!(world.tree("db/targets/projects").len() >= 3, "{record}");
}

#[test]
fn refuses_a_folder_edited_into_nonsense() {
    let check = |file: &str, from: &str, to: &str| {
        let (world, _) = published();
        world.edit(file, from, to);
        let before = contents(&world, "db");
        let signed = world.words(&world.sign().unwrap_err());
        assert_eq!(contents(&world, "db"), before, "nothing is touched");
        signed
    };
    insta::assert_snapshot!(check("db/curate.toml", "format = 1", "format ="), @"database-damaged: `~/db/curate.toml`: string values must be quoted, expected literal string");
    insta::assert_snapshot!(check("db/about.json", "\"kind\"", "\"kin\""), @"database-damaged: `~/db/about.json`: the document: found no member `kind`, wanted one");
    insta::assert_snapshot!(check("db/recalls.json", "[]", "7"), @"database-damaged: `~/db/recalls.json`: recalls: found the number `7`, wanted an array");
    insta::assert_snapshot!(check("db/projects/a.json", "\"name\": \"a\"", "\"name\": \"b\""), @"database-damaged: `~/db/projects/a.json`: name: found the string `b`, wanted `a`");
    insta::assert_snapshot!(check("db/metadata/1.root.json", "\"threshold\": 1", "\"threshold\": 2"), @"bad-signature: `~/db`: `metadata/1.root.json`: signed by 0 of the `root` keys, wanted 2");
    insta::assert_snapshot!(check("db/metadata/timestamp.json", "2026", "2027"), @"bad-signature: `~/db`: `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1");
    let old = Sha256::of(&wheel(&WheelDraft::new("a", "1").file("a.py", "")).bytes).to_string();
    let hash = Sha256::of(b"evil").to_string();
    insta::assert_snapshot!(check("db/projects/a.json", &old, &hash), @"hash-changed: `a-1-py3-none-any.whl`: recorded with SHA-256 8e3dd8b113e0170101f535bfb91f5b3e65d7e636aaaf32d50a1547936d8bd9c9, found b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73");
}

#[test]
fn refuses_signed_records_that_were_edited() {
    let (world, _) = published();
    let record = world.tree("db/targets").into_iter().find(|path| path.ends_with(".a.json")).unwrap();
    let path = format!("db/targets/{record}");
    let size = world.read(&path).len();
    world.edit(&path, "a-1-py3", "a-9-py3");
    assert_eq!(world.read(&path).len(), size, "the same length, so that only the hash tells");
    assert_eq!(world.publish("site").unwrap_err().code(), "hash-mismatch");
    assert_eq!(world.sign().unwrap_err().code(), "hash-mismatch");
    world.remove(&path);
    assert_eq!(world.publish("site").unwrap_err().code(), "database-damaged");
}

#[test]
fn removing_what_is_not_recorded_changes_nothing() {
    let (world, _) = published();
    let before = contents(&world, "db");
    for what in [["a", "b"], ["a", "a==9"]] {
        let requirements = what.iter().map(|text| packman_names::Requirement::parse(text).unwrap()).collect();
        let request = packman_curate::RemoveRequest { folder: world.path("db"), requirements };
        assert_eq!(world.curator().remove(&request).unwrap_err().code(), "not-recorded");
        assert_eq!(contents(&world, "db"), before);
    }
}

#[test]
fn refuses_a_record_under_a_name_that_is_not_its_own() {
    let (world, _) = published();
    world.write("db/projects/A.json", world.read("db/projects/a.json"));
    insta::assert_snapshot!(world.words(&world.sign().unwrap_err()), @"database-damaged: `~/db/projects/A.json`: wanted a record, named `<project>.json` in the project's normalised spelling");
    world.remove("db/projects/A.json");
    world.write("db/projects/.a.json.swp", "an editor's");
    assert!(world.sign().unwrap().staged.is_empty());
}

#[test]
fn refuses_to_vouch_for_blobs_that_are_not_there() {
    let (world, index) = published();
    add(&world, &index, "2");
    let blob = world.tree("db/blobs").into_iter().find(|path| path.contains("a-2-")).unwrap();
    world.write(&format!("db/blobs/{blob}"), "other bytes");
    assert_eq!(world.sign().unwrap_err().code(), "database-damaged");
    world.remove(&format!("db/blobs/{blob}"));
    assert_eq!(world.sign().unwrap_err().code(), "database-damaged");
}

#[test]
fn publishes_nothing_that_a_client_would_refuse() {
    let (mut world, _) = published();
    let before = contents(&world, "site");
    let blob = world.tree("db/blobs").into_iter().find(|path| path.ends_with("RECORD")).unwrap();
    let bytes = world.read(&format!("db/blobs/{blob}"));
    world.write(&format!("db/blobs/{blob}"), "other bytes");
    assert_eq!(world.publish("site").unwrap_err().code(), "database-damaged");
    world.write(&format!("db/blobs/{blob}"), bytes);
    world.now = world.now.plus_days(31);
    insta::assert_snapshot!(world.words(&world.publish("site").unwrap_err()), @"expired: `metadata/timestamp.json`: expired at 2026-07-15T12:00:00Z, wanted later than 2026-07-16T12:00:00Z");
    assert_eq!(contents(&world, "site"), before);
    let fresh = World::new();
    fresh.init();
    insta::assert_snapshot!(fresh.words(&fresh.publish("site").unwrap_err()), @"nothing-signed: nothing in `~/db` was signed yet");
    assert!(!fresh.path("site").exists());
}

#[test]
fn refuses_a_folder_that_another_chain_was_published_to() {
    let (world, _) = published();
    let other = World::new();
    other.init();
    other.sign().unwrap();
    other.publish("site").unwrap();
    for path in other.tree("site") {
        world.write(&format!("other/{path}"), other.read(&format!("site/{path}")));
    }
    let before = contents(&world, "other");
    insta::assert_snapshot!(world.words(&world.publish("other").unwrap_err()), @"foreign-publication: `~/other` holds the publication of another root chain: its `metadata/1.root.json` is not ours");
    assert_eq!(contents(&world, "other"), before);
}

#[test]
fn a_database_is_not_published_into_itself() {
    let (world, index) = published();
    add(&world, &index, "1.1");
    let before = contents(&world, "db");
    for own in ["db", "db/../db"] {
        let error = world.publish(own).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"the database's own folder cannot be published to, wanted another");
        }
    }
    assert_eq!(contents(&world, "db"), before);
}

#[test]
fn refuses_to_go_back_behind_what_is_published() {
    let (world, index) = published();
    let old: Vec<(String, Vec<u8>)> =
        world.tree("db").into_iter().map(|path| (path.clone(), world.read(&format!("db/{path}")))).collect();
    add(&world, &index, "2");
    world.sign().unwrap();
    world.publish("site").unwrap();
    let before = contents(&world, "site");
    // Somebody restores an old copy of the folder, and publishes it.
    for path in world.tree("db") {
        world.remove(&format!("db/{path}"));
    }
    for (path, bytes) in &old {
        world.write(&format!("db/{path}"), bytes);
    }
    insta::assert_snapshot!(world.words(&world.publish("site").unwrap_err()), @"not-a-successor: `~/site`: `metadata/2.snapshot.json`: found version 2, wanted at most 1");
    // Or signs on top of it: the same version, with another content.
    world.edit("db/about.json", "Web tools", "Fork");
    world.sign().unwrap();
    insta::assert_snapshot!(world.words(&world.publish("site").unwrap_err()), @"not-a-successor: `~/site`: `metadata/2.snapshot.json`: found another version 2 than the one that is signed here");
    assert_eq!(contents(&world, "site"), before);
}

#[test]
fn repairs_what_was_damaged_in_the_published_folder_and_writes_nothing_twice() {
    let (world, _) = published();
    let whole = contents(&world, "site");
    assert_eq!(world.publish("site").unwrap().written, 0);
    for path in world.tree("site") {
        // A root that differs could be anybody's; that is not repaired.
        if path.ends_with("root.json") {
            continue;
        }
        let mut bytes = world.read(&format!("site/{path}"));
        bytes[0] ^= 1;
        world.write(&format!("site/{path}"), bytes);
        assert_eq!(world.publish("site").unwrap().written, 1, "{path}");
        assert_eq!(contents(&world, "site"), whole);
    }
}

#[test]
fn later_yanks_at_the_source_are_told() {
    let (world, index) = published();
    index.list("a", &[wheel(&WheelDraft::new("a", "1").file("a.py", "")).with("yanked", "\"broken\"")]);
    let request = StatusRequest { folder: world.path("db"), index: Some(index.location()) };
    let status = world.curator().status(&request).unwrap();
    assert_eq!(status.yanks.len(), 1);
    assert_eq!(status.yanks[0].yanked.as_deref(), Some("broken"));
    index.put("simple/a/", packman_machine::loopback::Answer::status(500));
    let status = world.curator().status(&request).unwrap();
    assert_eq!((status.yanks.len(), status.not_asked.len()), (0, 1));
}
