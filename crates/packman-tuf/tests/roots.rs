//! The chain of roots: following it, forging it, and what a rotation takes away.
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
use packman_tuf::{FirstUse, Limits, Memory, Refresh, Role, SigningKey, TimestampDraft};
use testkit::repository::{Outcome, Repository};

/// A client knows root 1; then `change` happens; then it refreshes. Gives the code and the text of the refusal.
#[track_caller]
fn check(change: impl FnOnce(&mut Repository)) -> String {
    let outcome = refreshed_after(change);
    let refusal = outcome.refusal.expect("the attack is refused");
    assert_eq!(outcome.memory.good().unwrap().version(Role::Timestamp), 1, "good never moves by a refusal");
    format!("{}: {refusal}", refusal.code())
}

fn refreshed_after(change: impl FnOnce(&mut Repository)) -> Outcome {
    let mut repository = Repository::new(NOW);
    let memory = repository.remembered(NOW);
    change(&mut repository);
    repository.refreshed(memory, NOW)
}

/// Publishes root 2, changed and signed again by who signs roots, old and new.
fn edited_root(repository: &mut Repository, from: &str, to: &str) {
    repository.publish_root();
    let file = resigned(&replaced(&repository.file(Role::Root), from, to), &repository.signers(Role::Root));
    repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
}

fn owned(keys: Vec<&SigningKey>) -> Vec<SigningKey> {
    keys.into_iter().cloned().collect()
}

#[test]
fn follows_a_rotation_of_every_role() {
    for role in Role::ALL {
        let outcome = refreshed_after(|repository| {
            repository.rotate(role);
            repository.publish();
        });
        assert_eq!(outcome.refusal, None, "{role}");
        assert_eq!(outcome.memory.root().version(), 2);
        assert_eq!(outcome.memory.good().unwrap().version(Role::Root), 2);
        assert!(outcome.changed);
    }
}

#[test]
fn good_moves_to_a_new_root_under_which_nothing_else_changed() {
    let outcome = refreshed_after(Repository::publish_root);
    assert_eq!(outcome.refusal, None);
    assert_eq!(outcome.requests, ["metadata/2.root.json", "metadata/3.root.json", "metadata/timestamp.json"]);
    assert_eq!(outcome.memory.good().unwrap().version(Role::Root), 2);
}

#[test]
fn an_expired_root_on_the_way_does_not_matter() {
    let outcome = refreshed_after(|repository| {
        let expiry = repository.expiry.insert(Role::Root, NOW.plus_days(-1)).unwrap();
        repository.publish_root();
        repository.expiry.insert(Role::Root, expiry);
        repository.publish_root();
    });
    assert_eq!(outcome.refusal, None);
    assert_eq!(outcome.memory.root().version(), 3);
}

/// What a client that knows root 1 makes of another file in its place.
fn in_the_place_of_root_1(file: &[u8]) -> Option<String> {
    let memory = Repository::new(NOW).remembered(NOW);
    memory.other_root(file, &Limits::default()).map(|refusal| format!("{}: {refusal}", refusal.code()))
}

#[test]
fn another_root_in_the_place_of_the_known_one_is_told_by_who_signed_it() {
    let own = Repository::new(NOW);
    assert_eq!(in_the_place_of_root_1(&own.file(Role::Root)), None, "it is that root");
    let stranger = Repository::with_seed(NOW, 7).file(Role::Root);
    assert_snapshot!(in_the_place_of_root_1(&stranger).unwrap(), @"unexplained-change: `metadata/1.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1");
    let expires = own.expiry[&Role::Root];
    let edited = replaced(&own.file(Role::Root), &expires.to_string(), &expires.plus_days(1).to_string());
    let twice = resigned(&edited, &own.signers(Role::Root));
    assert!(in_the_place_of_root_1(&twice).unwrap().starts_with("contradiction: "));
    assert_eq!(
        in_the_place_of_root_1(&edited),
        None,
        "its own keys did not sign it: a bad copy says nothing"
    );
    assert_eq!(in_the_place_of_root_1(b"nonsense"), None);
}

/// Whoever begins anew has a first root, and not yet the newest that is remembered.
#[test]
fn another_beginning_is_told_from_an_old_copy() {
    let mut own = Repository::new(NOW);
    let files: Vec<Vec<u8>> = std::iter::once(own.file(Role::Root))
        .chain((2..=3).map(|_| {
            own.rotate(Role::Root);
            own.file(Role::Root)
        }))
        .collect();
    own.publish();
    let since = |root| own.first_use(FirstUse::with_number(own.number(root), Limits::default())).unwrap();
    let stranger = Repository::with_seed(NOW, 100).file(Role::Root);
    let judged = |since_root: u64, version: u64, file: &[u8]| {
        let refusal = since(since_root).other_beginning(version, file, &Limits::default());
        refusal.map(|refusal| refusal.code())
    };
    for (since_root, version) in [(1, 1), (2, 1)] {
        assert_eq!(judged(since_root, version, &files[0]), None, "an old copy");
        assert_eq!(judged(since_root, version, &stranger), Some("unexplained-change"));
        assert_eq!(judged(since_root, version, b"nonsense"), None);
    }
    assert_eq!(judged(3, 1, &stranger), None, "nobody can tell where that leads");
}

#[test]
fn a_whole_root_that_the_old_keys_did_not_sign_is_an_unexplained_change() {
    assert_snapshot!(
        check(|repository| {
            let stranger = Repository::with_seed(NOW, 100);
            let file = replaced(&stranger.file(Role::Root), "\"version\": 1,", "\"version\": 2,");
            let file = resigned(&file, &stranger.signers(Role::Root));
            repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        }),
        @"unexplained-change: `metadata/2.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1"
    );
}

#[test]
fn refuses_a_root_that_is_not_the_next() {
    // The keys of root 1 sign a root 2 that they did not mean to hand over to: its own keys did not agree.
    assert_snapshot!(
        check(|repository| {
            let old = owned(repository.signers(Role::Root));
            repository.rotate(Role::Root);
            let file = resigned(&repository.file(Role::Root), &old.iter().collect::<Vec<_>>());
            repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        }),
        @"bad-signature: `metadata/2.root.json`: signed by 0 of the `root` keys, wanted 1"
    );
    // A copy that broke on the way: neither the old keys nor its own.
    assert_snapshot!(
        check(|repository| {
            repository.publish_root();
            let file = replaced(&repository.file(Role::Root), "\"threshold\": 1", "\"threshold\": 2");
            repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        }),
        @"bad-signature: `metadata/2.root.json`: signed by 0 of the `root` keys, wanted 1"
    );
    // Root 3 in the place of root 2, so that what root 2 retired stays unknown.
    assert_snapshot!(
        check(|repository| {
            repository.publish_root();
            repository.publish_root();
            let file = repository.files()["metadata/3.root.json"].clone();
            repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        }),
        @"wrong-version: `metadata/2.root.json`: found version 3, wanted 2"
    );
    assert_snapshot!(
        check(|repository| {
            let file = repository.files()["metadata/1.root.json"].clone();
            repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        }),
        @"rollback: `metadata/2.root.json`: the root went back to version 1, wanted at least 2"
    );
    assert_snapshot!(check(|repository| edited_root(repository, "\"_type\": \"root\"", "\"_type\": \"targets\"")), @"wrong-role: `metadata/2.root.json`: found a file of role `targets`, wanted one of `root`");
}

#[test]
fn refuses_a_root_that_is_not_what_the_specification_says() {
    let mut texts = Vec::new();
    for (from, to) in [
        ("\"threshold\": 1", "\"threshold\": 0"),
        ("\"threshold\": 1", "\"threshold\": -1"),
        ("\"threshold\": 1", "\"threshold\": 1.0"),
        ("\"threshold\": 1", "\"threshold\": 1e0"),
        ("\"threshold\": 1", "\"threshold\": true"),
        ("\"threshold\": 1", "\"threshold\": 4294967296"),
        ("\"threshold\": 1", "\"threshold\": null"),
        ("\"consistent_snapshot\": true", "\"consistent_snapshot\": false"),
        ("\"consistent_snapshot\"", "\"inconsistent_snapshot\""),
        ("\"snapshot\": {", "\"snap\": {"),
        ("\"keyval\": {", "\"keyval\": {\"secret\": 7}, \"was\": {"),
        ("\"public\": \"", "\"public\": 7, \"was\": \""),
        ("\"version\": 2", "\"version\": 18446744073709551616"),
    ] {
        texts.push(check(|repository| edited_root(repository, from, to)));
    }
    assert_snapshot!(texts.join("\n"), @"
    bad-metadata: `metadata/2.root.json`: roles.root.threshold: found the number `0`, wanted an integer from 1 to 2^32-1
    bad-metadata: `metadata/2.root.json`: roles.root.threshold: found the number `-1`, wanted an integer from 0 to 2^64-1
    bad-metadata: `metadata/2.root.json`: number `1.0` has no canonical form, wanted an integer
    bad-metadata: `metadata/2.root.json`: number `1e0` has no canonical form, wanted an integer
    bad-metadata: `metadata/2.root.json`: roles.root.threshold: found `true`, wanted an integer from 0 to 2^64-1
    bad-metadata: `metadata/2.root.json`: roles.root.threshold: found the number `4294967296`, wanted an integer from 1 to 2^32-1
    bad-metadata: `metadata/2.root.json`: roles.root.threshold: found null, wanted an integer from 0 to 2^64-1
    bad-metadata: `metadata/2.root.json`: consistent_snapshot: found `false` or nothing, wanted `true`
    bad-metadata: `metadata/2.root.json`: consistent_snapshot: found `false` or nothing, wanted `true`
    bad-metadata: `metadata/2.root.json`: roles: found no member `snapshot`, wanted one
    bad-metadata: `metadata/2.root.json`: keys.1e0ccde839bab0f6f522449b84112ac3bb0ce50709ad309f3142ed8438d077eb.keyval: found no member `public`, wanted one
    bad-metadata: `metadata/2.root.json`: keys.1e0ccde839bab0f6f522449b84112ac3bb0ce50709ad309f3142ed8438d077eb.keyval.public: found the number `7`, wanted a string
    bad-metadata: `metadata/2.root.json`: version: found the number `18446744073709551616`, wanted an integer from 0 to 2^64-1
    ");
}

#[test]
fn refuses_a_role_that_lists_a_key_twice() {
    assert_snapshot!(
        check(|repository| {
            let id = repository.signers(Role::Timestamp)[0].id();
            let once = format!("     \"{id}\"");
            edited_root(repository, &once, &format!("{once},{once}"));
        }),
        @"bad-metadata: `metadata/2.root.json`: roles.timestamp.keyids[1]: found the string `258689bdc6e273375988c25d0b733e899686e965788c90f050c2241e22cf5199`, wanted each key id once"
    );
}

/// What is changed of a key, and how, by name.
type Change = (&'static str, Box<dyn Fn(&str) -> String>);

/// Lists a second targets key in root 2, changed; then one of the two keys of that role signs.
fn with_a_changed_key(change: &dyn Fn(&str) -> String, signs: usize) -> Outcome {
    refreshed_after(|repository| {
        let spare = repository.new_key();
        repository.signers_mut(Role::Targets).push(spare.clone());
        repository.publish_root();
        let text = String::from_utf8(repository.file(Role::Root)).unwrap();
        let named = format!("\"{}\": {{", spare.id());
        let (before, after) = text.split_once(&named).unwrap();
        let (key, after) = after.split_at(after.match_indices('}').nth(1).unwrap().0);
        let changed = change(key);
        assert_ne!(changed, key);
        let file = format!("{before}{named}{changed}{after}");
        let file = resigned(file.as_bytes(), &repository.signers(Role::Root));
        repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
        let signer = repository.signers(Role::Targets)[signs].clone();
        *repository.signers_mut(Role::Targets) = vec![signer];
        repository.publish();
    })
}

/// A key of another kind than we know, and one that is none of its kind: neither locks anybody out who has enough others.
#[test]
fn a_key_that_cannot_be_used_is_listed_and_never_counts() {
    fn public(key: &str) -> String {
        key.split("\"public\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
    fn of_kind(keytype: &str, scheme: &str, key: &str) -> String {
        let key = key.replace("\"keytype\": \"ed25519\"", &format!("\"keytype\": \"{keytype}\""));
        key.replace("\"scheme\": \"ed25519\"", &format!("\"scheme\": \"{scheme}\""))
    }
    fn pem(key: &str, inside: &str) -> String {
        let pem = format!("-----BEGIN PUBLIC KEY-----\\n{inside}\\n-----END PUBLIC KEY-----\\n");
        key.replace(&public(key), &pem)
    }
    // An Ed25519 key where one on P-256 is wanted.
    let other = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let changes: [Change; 9] = [
        ("another kind", Box::new(|key| of_kind("ed448", "ed25519", key))),
        ("another scheme", Box::new(|key| of_kind("ed25519", "ed25519ph", key))),
        ("one byte more", Box::new(|key| key.replace(&public(key), &format!("00{}", public(key))))),
        ("upper case", Box::new(|key| key.replace(&public(key), &public(key).to_uppercase()))),
        ("nothing", Box::new(|key| key.replace(&public(key), ""))),
        (
            "no point of the curve",
            Box::new(|key| key.replace(&public(key), &format!("02{}", "00".repeat(31)))),
        ),
        ("hex for PEM", Box::new(|key| of_kind("ecdsa", "ecdsa-sha2-nistp256", key))),
        ("PEM of another kind", Box::new(|key| pem(&of_kind("ecdsa", "ecdsa-sha2-nistp256", key), other))),
        ("PEM of nothing", Box::new(|key| pem(&of_kind("rsa", "rsassa-pss-sha256", key), ""))),
    ];
    for (name, change) in changes {
        let refused = with_a_changed_key(&change, 1);
        assert_eq!(refused.memory.root().keys(Role::Targets).distinct().len(), 2, "{name}: the root is fine");
        let told = refused.refusal.unwrap_or_else(|| panic!("{name}: it counted")).to_string();
        assert_eq!(told, "`metadata/2.targets.json`: signed by 0 of the `targets` keys, wanted 1", "{name}");
        assert_eq!(with_a_changed_key(&change, 0).refusal, None, "{name}: the other key is enough");
    }
}

#[test]
fn a_chain_of_1_000_roots_is_followed_and_the_next_refused() {
    let mut repository = Repository::new(NOW);
    let memory = repository.remembered(NOW);
    (1..1_000).for_each(|_| repository.publish_root());
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal, None);
    assert_eq!(outcome.memory.root().version(), 1_000);
    repository.publish_root();
    let refusal = repository.refreshed(outcome.memory, NOW).refusal.unwrap();
    assert_snapshot!(format!("{}: {refusal}", refusal.code()), @"too-many-roots: `metadata/1001.root.json`: the chain of roots goes on, wanted at most 1000");
}

/// What a client that has refreshed from a thief's versions makes of the honest repository after a rotation.
#[track_caller]
fn recovers(stolen: &[Role], rotated: &[Role]) -> Option<String> {
    let mut repository = Repository::new(NOW);
    repository.publish();
    for role in stolen {
        repository.versions.insert(*role, 1 << 63);
    }
    repository.publish();
    let memory = repository.remembered(NOW);
    for role in rotated {
        repository.rotate(*role);
    }
    for role in stolen {
        repository.versions.insert(*role, 2);
    }
    repository.publish();
    let outcome = repository.refreshed(memory, NOW);
    if outcome.refusal.is_none() {
        assert_eq!(outcome.memory.seen_version(Role::Timestamp), Some(repository.version(Role::Timestamp)));
    }
    outcome.refusal.map(|refusal| refusal.code().to_owned())
}

#[test]
fn a_rotation_takes_back_what_a_thief_of_online_keys_counted_up() {
    use Role::{Snapshot, Targets, Timestamp};
    assert_eq!(recovers(&[Timestamp], &[Timestamp]), None);
    assert_eq!(recovers(&[Snapshot, Timestamp], &[Snapshot, Timestamp]), None);
    assert_eq!(recovers(&[Snapshot], &[Snapshot]), None);
    assert_eq!(recovers(&[Targets], &[Snapshot]), None);
    // Without the rotation, or with that of another role, the floors hold.
    assert_eq!(recovers(&[Timestamp], &[]).unwrap(), "rollback");
    assert_eq!(recovers(&[Timestamp], &[Targets]).unwrap(), "rollback");
    assert_eq!(recovers(&[Timestamp], &[Role::Root]).unwrap(), "rollback");
    assert_eq!(recovers(&[Snapshot], &[Targets]).unwrap(), "rollback");
    assert_eq!(recovers(&[Targets], &[Timestamp]).unwrap(), "rollback");
}

#[test]
fn a_snapshot_listed_by_a_thief_and_never_seen_is_taken_back_too() {
    let mut repository = Repository::new(NOW);
    let spare = repository.new_key();
    repository.signers_mut(Role::Snapshot).push(spare.clone());
    repository.publish_root();
    repository.publish();
    let memory = repository.remembered(NOW);
    // The honest timestamp lists what the thief of one snapshot key published; the client cannot fetch it.
    let mut draft = TimestampDraft::parse("", &repository.file(Role::Timestamp)).unwrap();
    (draft.version, draft.snapshot.version) = (9, 1 << 63);
    let file = draft.sign(&repository.signers(Role::Timestamp)).unwrap();
    let honest = repository.files_mut().insert("metadata/timestamp.json".to_owned(), file).unwrap();
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal.unwrap().code(), "missing-file");
    repository.files_mut().insert("metadata/timestamp.json".to_owned(), honest);
    // The stolen key goes, the other stays, and so does the signature under the snapshot that was seen.
    *repository.signers_mut(Role::Snapshot) = vec![spare];
    repository.publish_root();
    repository.publish();
    assert_eq!(repository.refreshed(outcome.memory, NOW).refusal, None);
}

#[test]
fn targets_of_a_retired_key_are_forgotten() {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"the thief's");
    repository.publish();
    let memory = repository.remembered(NOW);
    repository.rotate(Role::Targets);
    repository.add_target("projects/flask.json", b"honest");
    // The honest file has the version of the thief's: of two that the same keys signed it would be one.
    repository.versions.insert(Role::Targets, 1);
    repository.publish();
    let stopped = {
        let mut repository = repository.clone();
        repository.files_mut().remove("metadata/timestamp.json");
        repository.refreshed(memory.clone(), NOW)
    };
    assert_eq!(stopped.refusal.unwrap().code(), "missing-file");
    let kept = Memory::parse(&stopped.memory.encode()).unwrap();
    assert_eq!(kept.seen_version(Role::Targets), None);
    for memory in [memory, kept] {
        let outcome = repository.refreshed(memory, NOW);
        assert_eq!(outcome.refusal, None);
        outcome.memory.good().unwrap().verify_target("projects/flask.json", b"honest").unwrap();
    }
}

#[test]
fn a_key_that_is_added_does_not_drop_the_floors() {
    let mut repository = Repository::new(NOW);
    let old = repository.file(Role::Timestamp);
    repository.publish();
    let memory = repository.remembered(NOW);
    let spare = repository.new_key();
    repository.signers_mut(Role::Timestamp).push(spare);
    repository.publish_root();
    repository.files_mut().insert("metadata/timestamp.json".to_owned(), old);
    assert_eq!(repository.refreshed(memory, NOW).refusal.unwrap().code(), "rollback");
}

#[test]
fn an_old_timestamp_is_not_replayed_to_who_began_with_an_old_root() {
    // One that compares its keys with those of the root it shipped with drops its floors at every refresh.
    let mut repository = Repository::new(NOW);
    let shipped = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
    repository.rotate(Role::Timestamp);
    repository.publish();
    let old = repository.file(Role::Timestamp);
    let memory = repository.refreshed(shipped, NOW).memory;
    repository.publish();
    let memory = repository.refreshed(memory, NOW).memory;
    repository.files_mut().insert("metadata/timestamp.json".to_owned(), old);
    assert_eq!(repository.refreshed(memory, NOW).refusal.unwrap().code(), "rollback");
}

#[test]
fn an_expired_root_can_still_be_followed_by_a_new_one_of_another_mirror() {
    let mut repository = Repository::new(NOW);
    let memory = repository.remembered(NOW);
    let later = NOW.plus_days(400);
    let refusal = repository.refreshed(memory.clone(), later).refusal.unwrap();
    assert_eq!((refusal.code(), refusal.path()), ("expired", "metadata/1.root.json"));
    let mut refresh = Refresh::begin(memory, later, Limits::default());
    refresh.answer(packman_tuf::Answer::Missing).unwrap_err();
    for role in Role::ALL {
        repository.expiry.insert(role, later.plus_days(30));
    }
    repository.publish_root();
    refresh.answer(packman_tuf::Answer::Bytes(&repository.file(Role::Root))).unwrap();
    repository.publish();
    assert_eq!(repository.refreshed(refresh.into_memory(), later).refusal, None);
}
