//! The signing side: files are drafted, signed, read back and drafted again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use std::num::NonZeroU32;

use craft::{NOW, replaced};
use insta::assert_snapshot;
use packman_tuf::{
    KeySet, MetaInfo, Role, RootDraft, SigningKey, SnapshotDraft, TargetInfo, TargetPath, TargetsDraft,
    TimestampDraft,
};
use testkit::repository::Repository;

fn key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn text(file: Vec<u8>) -> String {
    String::from_utf8(file).unwrap()
}

#[test]
fn a_timestamp_looks_like_those_of_other_tools() {
    let draft = TimestampDraft::new(5, NOW.plus_days(30), MetaInfo::of(4, b"snapshot"));
    assert_snapshot!(text(draft.sign(&[&key()]).unwrap()), @r#"
    {
     "signatures": [
      {
       "keyid": "7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828b12",
       "sig": "84684bc4677b92950ff7d4e9a8d8611eb4cc674d68db945db2be0aa1ba075c9e855afef1ff17ee5104cfcc56742fdce2b1f4356dff04bc7b1043e7c4910d180b"
      }
     ],
     "signed": {
      "_type": "timestamp",
      "expires": "2030-01-31T00:00:00Z",
      "spec_version": "1.0.31",
      "version": 5,
      "meta": {
       "snapshot.json": {
        "version": 4,
        "length": 8,
        "hashes": {
         "sha256": "16a0eeb0791b6c92451fd284dd9f599e0a7dbe7f6ebea6e2d2d06c7f74aec112"
        }
       }
      }
     }
    }
    "#);
}

#[test]
fn a_key_has_the_id_that_other_tools_give_it() {
    // The public key of RFC 8032, 7.1, test 1; the id as securesystemslib computes it.
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
        0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];
    assert_snapshot!(SigningKey::from_seed(seed).id(), @"74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916");
}

#[test]
fn what_is_signed_is_drafted_again_as_it_was() {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"flask");
    repository.publish();
    let again = |role| {
        let (file, keys) = (repository.file(role), repository.signers(role));
        let signed = match role {
            Role::Root => RootDraft::parse("", &file).unwrap().sign(&keys),
            Role::Timestamp => TimestampDraft::parse("", &file).unwrap().sign(&keys),
            Role::Snapshot => SnapshotDraft::parse("", &file).unwrap().sign(&keys),
            Role::Targets => TargetsDraft::parse("", &file).unwrap().sign(&keys),
        };
        (text(signed.unwrap()), text(file))
    };
    for role in Role::ALL {
        let (signed, file) = again(role);
        assert_eq!(signed, file, "{role}");
    }
}

#[test]
fn members_that_nobody_here_knows_survive_at_every_level() {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"flask");
    repository.publish();
    let note = "\"note\": \"ключ\", ";
    for (role, before) in [
        (Role::Root, "\"_type\""),
        (Role::Root, "\"keytype\""),
        (Role::Root, "\"threshold\""),
        (Role::Root, "\"timestamp\": {"),
        (Role::Targets, "\"_type\""),
        (Role::Targets, "\"hashes\""),
        (Role::Targets, "\"sha256\""),
        (Role::Snapshot, "\"targets.json\": {"),
        (Role::Snapshot, "\"length\""),
        (Role::Timestamp, "\"_type\""),
        (Role::Timestamp, "\"length\""),
    ] {
        let (opening, member) = if before.ends_with('{') { (before, "") } else { ("", before) };
        let file = replaced(&repository.file(role), before, &format!("{opening}{note}{member}"));
        let signed = match role {
            Role::Root => RootDraft::parse("", &file).unwrap().sign(&[]),
            Role::Timestamp => TimestampDraft::parse("", &file).unwrap().sign(&[]),
            Role::Snapshot => SnapshotDraft::parse("", &file).unwrap().sign(&[]),
            Role::Targets => changed(&file).sign(&[]),
        };
        let count = |text: &str| text.matches("ключ").count();
        assert_eq!(
            count(&text(signed.unwrap())),
            count(std::str::from_utf8(&file).unwrap()),
            "{role}: {before}"
        );
    }
}

/// The draft of the file with one target more.
fn changed(file: &[u8]) -> TargetsDraft {
    let mut draft = TargetsDraft::parse("", file).unwrap();
    draft.targets.insert(TargetPath::parse("projects/new.json").unwrap(), TargetInfo::of(b"new"));
    draft.version += 1;
    draft
}

#[test]
fn other_digests_of_a_target_go_when_the_target_is_another() {
    let mut repository = Repository::new(NOW);
    repository.add_target("about.json", b"about");
    repository.publish();
    let file =
        replaced(&repository.file(Role::Targets), "\"sha256\":", "\"blake2b-256\": \"00\", \"sha256\":");
    let mut draft = TargetsDraft::parse("", &file).unwrap();
    assert!(text(draft.sign(&[]).unwrap()).contains("blake2b-256"));
    draft.targets.insert(TargetPath::parse("about.json").unwrap(), TargetInfo::of(b"other"));
    assert!(!text(draft.sign(&[]).unwrap()).contains("blake2b-256"));
}

#[test]
fn a_root_keeps_no_key_that_no_role_has() {
    let mut repository = Repository::new(NOW);
    let retired = repository.signers(Role::Targets)[0].id();
    let mut draft = RootDraft::parse("", &repository.file(Role::Root)).unwrap();
    draft.keys.targets = KeySet::of(Role::Targets, [repository.new_key().public()], NonZeroU32::MIN);
    assert!(!text(draft.sign(&[]).unwrap()).contains(retired.as_str()));
}

#[test]
fn refuses_to_sign_a_threshold_that_no_keys_can_reach() {
    let repository = Repository::new(NOW);
    let mut draft = RootDraft::parse("", &repository.file(Role::Root)).unwrap();
    let twice = [key().public(), key().public()];
    draft.keys.root = KeySet::of(Role::Root, twice, NonZeroU32::new(2).unwrap());
    assert_snapshot!(draft.sign(&[]).unwrap_err(), @"role `root` has 1 distinct keys, wanted at least its threshold of 2");
    // A key that verifies nothing reaches none either.
    let file = replaced(&repository.file(Role::Root), "\"keytype\": \"ed25519\"", "\"keytype\": \"ed448\"");
    assert_snapshot!(RootDraft::parse("", &file).unwrap().sign(&[]).unwrap_err(), @"role `root` has 0 distinct keys, wanted at least its threshold of 1");
}

#[test]
fn refuses_paths_of_targets_that_leave_their_folder() {
    for path in ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\nb", "a\0b"] {
        assert!(TargetPath::parse(path).is_err(), "{path:?}");
    }
    for path in ["a", "projects/aux.json", "a b", "...", "é", "a:b", ".hidden/x"] {
        assert_eq!(TargetPath::parse(path).unwrap().as_str(), path);
    }
    assert_snapshot!(TargetPath::parse("../a").unwrap_err(), @"target path `../a`: wanted a relative path without empty, `.` or `..` components, backslashes and control characters");
}

#[test]
fn a_signing_key_does_not_show_its_secret() {
    let shown = format!("{:?}", SigningKey::from_seed([0xab; 32]));
    assert!(!shown.contains("abababab") && !shown.contains("171, 171"), "{shown}");
}
