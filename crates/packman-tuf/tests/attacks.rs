//! Attacks on a refresh: each would succeed without the check that refuses it. *Good* never moves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::{NOW, replaced, resigned};
use insta::assert_snapshot;
use packman_tuf::{Hashes, Role, SnapshotDraft, TimestampDraft};
use testkit::repository::Repository;

const TIMESTAMP: &str = "metadata/timestamp.json";

/// Where a timestamp of these tests says its own version.
const VERSION: &str = "\"version\": 3,\n  \"meta\"";

/// A repository and a client that knows it; then an honest update; then the attack. Gives code and text.
#[track_caller]
fn check(attack: impl FnOnce(&mut Repository)) -> String {
    check_from(&mut repository(), attack)
}

#[track_caller]
fn check_from(repository: &mut Repository, attack: impl FnOnce(&mut Repository)) -> String {
    let memory = repository.remembered(NOW);
    let before: Vec<_> = memory.good().unwrap().versions().collect();
    repository.add_target("projects/flask.json", b"new");
    repository.publish();
    attack(repository);
    let outcome = repository.refreshed(memory, NOW);
    let refusal = outcome.refusal.expect("the attack is refused");
    let good = outcome.memory.good().unwrap();
    assert_eq!(good.versions().collect::<Vec<_>>(), before, "good never moves by a refusal");
    assert!(outcome.requests.iter().any(|path| path == refusal.path()), "the file is named: {refusal}");
    format!("{}: {refusal}", refusal.code())
}

fn repository() -> Repository {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"old");
    repository.publish();
    repository
}

/// Signs another file of the same version in place of the newest of a role, and the files that pin it anew.
fn replace_newest(repository: &mut Repository, role: Role, file: Vec<u8>) {
    let path = repository.path(role);
    repository.files_mut().insert(path, file);
    if role == Role::Targets {
        step_back(repository, Role::Snapshot);
        repository.publish_snapshot();
    }
    if role != Role::Timestamp {
        step_back(repository, Role::Timestamp);
        repository.publish_timestamp();
    }
}

fn step_back(repository: &mut Repository, role: Role) {
    *repository.versions.get_mut(&role).unwrap() -= 1;
}

fn edit_newest(repository: &mut Repository, role: Role, from: &str, to: &str) {
    let file = resigned(&replaced(&repository.file(role), from, to), &repository.signers(role));
    replace_newest(repository, role, file);
}

#[test]
fn refuses_versions_that_go_back() {
    let first_timestamp = Repository::new(NOW).file(Role::Timestamp);
    assert_snapshot!(
        check(|repository| { repository.files_mut().insert(TIMESTAMP.to_owned(), first_timestamp); }),
        @"rollback: `metadata/timestamp.json`: the timestamp went back to version 1, wanted at least 2"
    );
    assert_snapshot!(
        check(|repository| {
            repository.versions.insert(Role::Snapshot, 0);
            repository.refresh();
        }),
        @"rollback: `metadata/timestamp.json`: the snapshot it lists went back to version 1, wanted at least 2"
    );
    assert_snapshot!(
        check(|repository| {
            repository.versions.insert(Role::Targets, 0);
            repository.publish();
        }),
        @"rollback: `metadata/4.snapshot.json`: `targets.json` went back to version 1, wanted at least 2"
    );
}

#[test]
fn refuses_a_snapshot_from_which_a_role_disappears() {
    let mut repository = repository();
    let mut draft = SnapshotDraft::parse("", &repository.file(Role::Snapshot)).unwrap();
    draft.meta.insert("bin-0.json".to_owned(), repository.newest(Role::Targets));
    let file = draft.sign(&repository.signers(Role::Snapshot)).unwrap();
    replace_newest(&mut repository, Role::Snapshot, file);
    assert_snapshot!(check_from(&mut repository, |_| ()), @"rollback: `metadata/3.snapshot.json`: `bin-0.json` was listed before and is missing, wanted it listed");
}

#[test]
fn refuses_files_that_have_expired() {
    let mut texts = Vec::new();
    for role in Role::ALL {
        texts.push(check(|repository| {
            repository.expiry.insert(role, NOW);
            if role == Role::Root {
                repository.publish_root();
            }
            repository.publish();
        }));
    }
    assert_snapshot!(texts.join("\n"), @r"
    expired: `metadata/2.root.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    expired: `metadata/timestamp.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    expired: `metadata/4.snapshot.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    expired: `metadata/4.targets.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    ");
}

#[test]
fn refuses_signed_files_that_do_not_belong_together() {
    // The snapshot of another day, whose signatures hold, under the name of the new one.
    assert_snapshot!(
        check(|repository| {
            let old = repository.files()["metadata/2.snapshot.json"].clone();
            repository.files_mut().insert("metadata/3.snapshot.json".to_owned(), old);
        }),
        @"hash-mismatch: `metadata/3.snapshot.json`: found sha-256 041b743de0c71e3a128c25e09d0e30105715dd17f214c1fa08bebf9d1b505ef3, wanted 9568e37ff82c746334ae7342bcb20e21cfb50f85ae6edbbc139f2a1f49c0d0a1"
    );
    assert_snapshot!(
        check(|repository| {
            let old = repository.files()["metadata/2.targets.json"].clone();
            repository.files_mut().insert("metadata/3.targets.json".to_owned(), old);
        }),
        @"hash-mismatch: `metadata/3.targets.json`: found sha-256 e293fc94f4aca764bad29b2e5a663d3e8d2c02bab5839b556af04e512b4a2cd6, wanted 40aea2426158e58d158142bde618e668ec3bc58978bd40793f32947f6588ad4f"
    );
    // A timestamp without a digest: then only the version inside tells.
    assert_snapshot!(
        check(|repository| {
            let mut draft = TimestampDraft::parse("", &repository.file(Role::Timestamp)).unwrap();
            (draft.snapshot.length, draft.snapshot.hashes) = (None, Hashes::default());
            let file = draft.sign(&repository.signers(Role::Timestamp)).unwrap();
            let old = repository.files()["metadata/2.snapshot.json"].clone();
            repository.files_mut().insert(TIMESTAMP.to_owned(), file);
            repository.files_mut().insert("metadata/3.snapshot.json".to_owned(), old);
        }),
        @"wrong-version: `metadata/3.snapshot.json`: found version 2, wanted 3"
    );
    assert_snapshot!(
        check(|repository| {
            let old = repository.files()["metadata/2.targets.json"].clone();
            let path = repository.path(Role::Targets);
            repository.files_mut().insert(path, old);
            step_back(repository, Role::Snapshot);
            step_back(repository, Role::Timestamp);
            repository.refresh();
        }),
        @"wrong-version: `metadata/3.targets.json`: found version 2, wanted 3"
    );
}

#[test]
fn refuses_a_signature_by_somebody_else() {
    let mut texts = Vec::new();
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        texts.push(check(|repository| {
            let stranger = repository.new_key();
            *repository.signers_mut(role) = vec![stranger];
            repository.publish();
        }));
    }
    assert_snapshot!(texts.join("\n"), @r"
    bad-signature: `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1
    bad-signature: `metadata/4.snapshot.json`: signed by 0 of the `snapshot` keys, wanted 1
    bad-signature: `metadata/4.targets.json`: signed by 0 of the `targets` keys, wanted 1
    ");
}

#[test]
fn refuses_a_file_of_another_role_that_the_same_key_signed() {
    let mut repository = repository();
    let online = repository.signers(Role::Timestamp).into_iter().cloned().collect();
    *repository.signers_mut(Role::Snapshot) = online;
    repository.publish_root();
    repository.publish();
    assert_snapshot!(
        check_from(&mut repository, |repository| {
            let snapshot = repository.file(Role::Snapshot);
            repository.files_mut().insert(TIMESTAMP.to_owned(), snapshot);
        }),
        @"wrong-role: `metadata/timestamp.json`: found a file of role `snapshot`, wanted one of `timestamp`"
    );
}

#[test]
fn refuses_two_files_of_one_version_that_the_same_keys_signed() {
    let mut texts = Vec::new();
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        texts.push(check(|repository| {
            // Back to the version that the client has, with another expiry.
            step_back(repository, role);
            repository.expiry.insert(role, NOW.plus_days(29));
            match role {
                Role::Targets => {
                    step_back(repository, role);
                    repository.publish_targets();
                }
                Role::Snapshot => step_back(repository, role),
                _ => {
                    step_back(repository, role);
                    repository.publish_timestamp();
                    return;
                }
            }
            if role == Role::Snapshot {
                repository.publish_snapshot();
                repository.publish_timestamp();
            } else {
                repository.refresh();
            }
        }));
    }
    assert_snapshot!(texts.join("\n"), @r"
    contradiction: `metadata/timestamp.json`: two files of version 2 are signed: found signed part b04ee52bac450e1eeabd3deb2c44825446e37230846b7f81bc1ea53fe8ecfeef, remembered 8424457bea38574394a1f6d33b6c18d1979d7a6efffb8fcf4b93bc6b7845f8fe
    contradiction: `metadata/2.snapshot.json`: two files of version 2 are signed: found signed part 6d533ea91cdbdef913695ebf404348e2742994125f023e48994dbc1a1f71c413, remembered bd1bd09f566848e1ed62dd4083e7ea94318e9c97e27b4f933a96f7f6fdcf7f6a
    contradiction: `metadata/2.targets.json`: two files of version 2 are signed: found signed part 1743c37a380ee0142a9a48a69b7028dff4a35ad61c10f920bd9b77f1b234c06e, remembered 2bd0a9eb4a25ace4e0a7ba61a03d55a631ae0c6a08913570d563e40072e1d6b4
    ");
}

#[test]
fn a_file_of_the_same_version_that_says_the_same_is_none_of_two() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    let stranger = repository.new_key();
    let file = repository.file(Role::Timestamp);
    let file = packman_tuf::add_signature(TIMESTAMP, &file, &stranger).unwrap();
    repository.files_mut().insert(TIMESTAMP.to_owned(), file);
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!((outcome.refusal, outcome.changed), (None, false));
}

#[test]
fn refuses_files_that_are_too_long_cut_off_or_missing() {
    assert_snapshot!(
        check(|repository| {
            let mut file = repository.file(Role::Timestamp);
            file.resize(100_000, b' ');
            repository.files_mut().insert(TIMESTAMP.to_owned(), file);
        }),
        @"too-large: `metadata/timestamp.json`: found 100000 bytes, wanted at most 32768"
    );
    assert_snapshot!(
        check(|repository| {
            let mut file = repository.file(Role::Timestamp);
            file.truncate(100);
            repository.files_mut().insert(TIMESTAMP.to_owned(), file);
        }),
        @r#"bad-json: `metadata/timestamp.json`: byte 100: found the end of the document, wanted `"`"#
    );
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        let text = check(|repository| {
            let path = repository.path(role);
            repository.files_mut().remove(&path);
        });
        assert!(text.starts_with("missing-file: "), "{text}");
    }
}

#[test]
fn refuses_metadata_that_is_not_what_the_specification_says() {
    let cases = [
        (Role::Timestamp, VERSION, "\"version\": 0,\n  \"meta\""),
        (Role::Timestamp, VERSION, "\"version\": -3,\n  \"meta\""),
        (Role::Timestamp, VERSION, "\"version\": 3.0,\n  \"meta\""),
        (Role::Timestamp, VERSION, "\"version\": \"3\",\n  \"meta\""),
        (Role::Timestamp, VERSION, "\"version\": 3, \"version\": 3,\n  \"meta\""),
        (Role::Timestamp, "\"1.0.31\"", "\"2.0.0\""),
        (Role::Timestamp, "\"1.0.31\"", "\"1\""),
        (Role::Timestamp, "\"1.0.31\"", "\"1.0.x\""),
        (Role::Timestamp, "Z\"", ".5Z\""),
        (Role::Timestamp, "Z\"", "+00:00\""),
        (Role::Timestamp, "\"snapshot.json\"", "\"snap.json\""),
        (Role::Timestamp, "\"snapshot.json\": {", "\"targets.json\": {\"version\": 1}, \"snapshot.json\": {"),
        (Role::Snapshot, "\"length\"", "\"long\""),
        (Role::Snapshot, "\"sha256\"", "\"md5\""),
        (Role::Snapshot, "\"hashes\": {", "\"hashes\": {}, \"were\": {"),
        (Role::Snapshot, "\"targets.json\"", "\"bin.json\""),
        (Role::Targets, "projects/flask.json", "../projects/flask.json"),
        (Role::Targets, "projects/flask.json", "/etc/passwd"),
        (Role::Targets, "\"sha256\"", "\"sha512\""),
        (Role::Targets, "\"length\": 3", "\"length\": -3"),
    ];
    let mut texts = Vec::new();
    for (role, from, to) in cases {
        texts.push(check(|repository| edit_newest(repository, role, from, to)));
    }
    assert_snapshot!(texts.join("\n"), @"
    bad-metadata: `metadata/timestamp.json`: version: found the number `0`, wanted an integer of at least 1
    bad-metadata: `metadata/timestamp.json`: version: found the number `-3`, wanted an integer from 0 to 2^64-1
    bad-metadata: `metadata/timestamp.json`: number `3.0` has no canonical form, wanted an integer
    bad-metadata: `metadata/timestamp.json`: version: found the string `3`, wanted an integer from 0 to 2^64-1
    bad-json: `metadata/timestamp.json`: byte 263: found two members `version` in one object, wanted each name once
    bad-metadata: `metadata/timestamp.json`: spec_version: found the string `2.0.0`, wanted version 1 of the specification, as `1.x` or `1.x.y`
    bad-metadata: `metadata/timestamp.json`: spec_version: found the string `1`, wanted version 1 of the specification, as `1.x` or `1.x.y`
    bad-metadata: `metadata/timestamp.json`: spec_version: found the string `1.0.x`, wanted version 1 of the specification, as `1.x` or `1.x.y`
    bad-metadata: `metadata/timestamp.json`: expires: found the string `2030-01-31T00:00:00.5Z`, wanted a time as YYYY-MM-DDTHH:MM:SSZ
    bad-metadata: `metadata/timestamp.json`: expires: found the string `2030-01-31T00:00:00+00:00`, wanted a time as YYYY-MM-DDTHH:MM:SSZ
    bad-metadata: `metadata/timestamp.json`: meta: found no member `snapshot.json`, wanted one
    bad-metadata: `metadata/timestamp.json`: meta: found an object, wanted `snapshot.json` alone
    bad-metadata: `metadata/3.snapshot.json`: meta.targets.json: found a version alone, wanted `length` and a `sha256`
    bad-metadata: `metadata/3.snapshot.json`: meta.targets.json: found a version alone, wanted `length` and a `sha256`
    bad-metadata: `metadata/3.snapshot.json`: meta.`targets.json`.hashes: found an object, wanted a digest
    bad-metadata: `metadata/3.snapshot.json`: meta: found no member `targets.json`, wanted one
    bad-metadata: `metadata/3.targets.json`: target path `../projects/flask.json`: wanted a relative path without empty, `.` or `..` components, backslashes and control characters
    bad-metadata: `metadata/3.targets.json`: target path `/etc/passwd`: wanted a relative path without empty, `.` or `..` components, backslashes and control characters
    bad-metadata: `metadata/3.targets.json`: targets.`projects/flask.json`.hashes.sha512: found the string `11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437`, wanted 128 lower-case hexadecimal digits
    bad-metadata: `metadata/3.targets.json`: targets.`projects/flask.json`.length: found the number `-3`, wanted an integer from 0 to 2^64-1
    ");
}

#[test]
fn takes_members_that_it_does_not_know() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish();
    let note = "\"_type\": ";
    let more = "\"note\": {\"ключ\": [1, null, \"\\u00e9\\n\"]}, \"_type\": ";
    for role in [Role::Targets, Role::Snapshot, Role::Timestamp] {
        edit_newest(&mut repository, role, note, more);
    }
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal, None);
    let kept = outcome.memory.good().unwrap().bytes(Role::Targets);
    assert_eq!(kept, repository.file(Role::Targets));
}
