//! An honest refresh: what it asks for, what it writes, and what it makes of more than one mirror.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::NOW;
use insta::assert_snapshot;
use packman_strict::Sha256;
use packman_tuf::{Answer, FirstUse, Limits, Memory, Refresh, Refusal, Role, Step, TargetInfo};
use testkit::repository::Repository;

fn repository() -> Repository {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"flask");
    repository.add_target("about.json", b"about");
    repository.publish();
    repository
}

/// What a refresh asks for, and whether there is anything to write.
#[track_caller]
fn check(repository: &Repository, memory: Memory) -> (String, Memory) {
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal, None);
    (format!("{} changed: {}", outcome.requests.join(" "), outcome.changed), outcome.memory)
}

#[test]
fn asks_for_what_changed_and_for_nothing_else() {
    let mut repository = repository();
    let memory = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
    let (first, memory) = check(&repository, memory);
    assert_snapshot!(first, @"metadata/2.root.json metadata/timestamp.json metadata/2.snapshot.json metadata/2.targets.json changed: true");
    let (again, memory) = check(&repository, memory);
    assert_snapshot!(again, @"metadata/2.root.json metadata/timestamp.json changed: false");
    repository.publish_timestamp();
    let (timestamp, memory) = check(&repository, memory);
    assert_snapshot!(timestamp, @"metadata/2.root.json metadata/timestamp.json changed: true");
    repository.refresh();
    let (snapshot, memory) = check(&repository, memory);
    assert_snapshot!(snapshot, @"metadata/2.root.json metadata/timestamp.json metadata/3.snapshot.json changed: true");
    repository.publish();
    let (targets, memory) = check(&repository, memory);
    assert_snapshot!(targets, @"metadata/2.root.json metadata/timestamp.json metadata/4.snapshot.json metadata/3.targets.json changed: true");
    repository.rotate(Role::Targets);
    repository.publish();
    assert_snapshot!(check(&repository, memory).0, @"metadata/2.root.json metadata/3.root.json metadata/timestamp.json metadata/5.snapshot.json metadata/4.targets.json changed: true");
}

#[test]
fn asks_with_lengths_and_digests_where_they_are_signed() {
    let repository = repository();
    let memory = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
    let mut refresh = Refresh::begin(memory, NOW, Limits::default());
    let mut requests = Vec::new();
    while let Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
        let digest = request
            .sha256
            .is_some_and(|sha256| Some(&sha256) == digest_of(&repository, &request.path).as_ref());
        let length = request.length.is_some_and(|length| length == request.max_bytes);
        requests.push(format!("{} length: {length} sha-256: {digest}", request.path));
    }
    assert_snapshot!(requests.join("\n"), @r"
    metadata/2.root.json length: false sha-256: false
    metadata/timestamp.json length: false sha-256: false
    metadata/2.snapshot.json length: true sha-256: true
    metadata/2.targets.json length: true sha-256: true
    ");
}

fn digest_of(repository: &Repository, path: &str) -> Option<Sha256> {
    repository.files().get(path).map(|bytes| Sha256::of(bytes))
}

#[test]
fn answers_about_targets_from_the_good_set() {
    let memory = repository().remembered(NOW);
    let good = memory.good().unwrap();
    assert_eq!(
        good.targets().map(|(path, _)| path).collect::<Vec<_>>(),
        ["about.json", "projects/flask.json"]
    );
    let info = good.target("projects/flask.json").unwrap();
    assert_eq!(info, TargetInfo::of(b"flask"));
    let digest = Sha256::of(b"flask");
    assert_eq!(info.file_path("projects/flask.json"), format!("targets/projects/{digest}.flask.json"));
    assert_eq!(info.file_path("about.json"), format!("targets/{digest}.about.json"));
    let verified = good.verify_target("projects/flask.json", b"flask").unwrap();
    assert_eq!(
        (verified.path(), verified.bytes(), verified.sha256()),
        ("projects/flask.json", &b"flask"[..], digest)
    );
}

#[test]
fn refuses_targets_that_are_not_what_was_signed() {
    let memory = repository().remembered(NOW);
    let good = memory.good().unwrap();
    let text = |refusal: Refusal| format!("{}: {refusal}", refusal.code());
    assert_snapshot!(text(good.verify_target("projects/flask.json", b"flusk").unwrap_err()), @"hash-mismatch: `targets/projects/b87aa5270772708aeaed24ad65681618c398f238e7b3bed393af852738243377.flask.json`: found sha-256 ea2850aca63e3d22ba8f4274da4cd9aab39493fff9427c5b87ed05d94804f259, wanted b87aa5270772708aeaed24ad65681618c398f238e7b3bed393af852738243377");
    assert_snapshot!(text(good.verify_target("projects/flask.json", b"flask ").unwrap_err()), @"length-mismatch: `targets/projects/b87aa5270772708aeaed24ad65681618c398f238e7b3bed393af852738243377.flask.json`: found 6 bytes, wanted 5");
    assert_snapshot!(text(good.verify_target("projects/other.json", b"flask").unwrap_err()), @"unknown-target: `targets/projects/other.json`: the file is not among the signed targets");
}

#[test]
fn another_mirror_may_answer_after_a_refusal() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.rotate(Role::Snapshot);
    repository.add_target("about.json", b"more about");
    repository.publish();
    let mut refresh = Refresh::begin(memory, NOW, Limits::default()).with_attached(&["about.json"]);
    while let Step::Fetch(request) = refresh.step() {
        let before = refresh.memory().encode();
        for wrong in [&b""[..], b"{}", b"{\"signatures\": [], \"signed\": {}}"] {
            refresh.answer(Answer::Bytes(wrong)).unwrap_err();
        }
        if !request.may_be_missing {
            assert_eq!(refresh.answer(Answer::Missing).unwrap_err().code(), "missing-file");
        }
        assert_eq!(refresh.step(), Step::Fetch(request.clone()), "the same is wanted again");
        assert_eq!(refresh.memory().encode(), before);
        refresh.answer(repository.serve(&request)).unwrap();
    }
    let good = refresh.memory().good().unwrap();
    assert_eq!(good.version(Role::Targets), 3);
    assert_eq!(good.attached("about.json"), Some(&b"more about"[..]));
}

#[test]
fn what_was_seen_before_a_refusal_stays_seen() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish();
    let honest = repository.clone();
    repository.files_mut().remove("metadata/3.targets.json");
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal.unwrap().code(), "missing-file");
    assert!(outcome.changed);
    let seen = Role::ALL.map(|role| outcome.memory.seen_version(role).unwrap());
    assert_eq!(seen, [1, 3, 3, 2]);
    let good = outcome.memory.good().unwrap();
    assert_eq!(good.versions().map(|(_, version)| version).collect::<Vec<_>>(), [1, 2, 2, 2]);
    // Kept on disk, it is the floor of the next refresh, which wants only what is missing.
    let memory = Memory::parse(&outcome.memory.encode()).unwrap();
    assert_snapshot!(check(&honest, memory).0, @"metadata/2.root.json metadata/timestamp.json metadata/3.targets.json changed: true");
}

#[test]
fn an_expired_file_is_not_seen() {
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        let mut repository = repository();
        let memory = repository.remembered(NOW);
        repository.expiry.insert(role, NOW);
        repository.publish();
        let outcome = repository.refreshed(memory, NOW);
        assert_eq!(outcome.refusal.unwrap().code(), "expired");
        assert_eq!(outcome.memory.seen_version(role), Some(2));
        assert_eq!(outcome.changed, role != Role::Timestamp, "what was current before it is seen");
    }
}

#[test]
fn a_file_that_expired_since_it_was_seen_is_refused_too() {
    for role in [Role::Snapshot, Role::Targets] {
        let mut repository = repository();
        repository.expiry.insert(role, NOW.plus_days(5));
        repository.publish();
        let memory = repository.remembered(NOW);
        repository.publish_timestamp();
        let refusal = repository.refreshed(memory, NOW.plus_days(6)).refusal.unwrap();
        assert_eq!((refusal.code(), refusal.path()), ("expired", repository.path(role).as_str()));
    }
}

#[test]
fn expiry_counts_to_the_second() {
    let mut repository = repository();
    repository.expiry.insert(Role::Targets, NOW.plus_seconds(10));
    repository.publish();
    let memory = repository.remembered(NOW.plus_seconds(9));
    let good = memory.good().unwrap();
    assert_eq!(good.earliest_expiry(), (Role::Targets, NOW.plus_seconds(10)));
    assert_eq!(good.expired_role(NOW.plus_seconds(9)), None);
    assert_eq!(good.expired_role(NOW.plus_seconds(10)), Some((Role::Targets, NOW.plus_seconds(10))));
    let refused = |seconds| repository.refreshed(memory.clone(), NOW.plus_seconds(seconds)).refusal;
    assert_eq!(refused(9), None);
    assert_eq!(refused(10).unwrap().path(), "metadata/3.targets.json");
    assert_eq!(refused(-1_000_000_000_000), None, "a clock before all expiries");
}

#[test]
fn attached_targets_move_with_the_set_or_not_at_all() {
    let mut repository = repository();
    let wanted: &[&str] = &["about.json", "projects/flask.json"];
    let memory = repository.remembered(NOW);
    let refresh = |repository: &Repository, memory: &Memory| {
        let mut refresh = Refresh::begin(memory.clone(), NOW, Limits::default()).with_attached(wanted);
        let mut requests = Vec::new();
        while let Step::Fetch(request) = refresh.step() {
            requests.push(request.path.clone());
            if let Err(refusal) = refresh.answer(repository.serve(&request)) {
                return (requests, refresh.into_memory(), Some(refusal));
            }
        }
        (requests, refresh.into_memory(), None)
    };
    let (requests, memory, refusal) = refresh(&repository, &memory);
    assert_eq!((requests.len(), refusal), (4, None), "what is not there yet is asked for");
    assert_eq!(memory.good().unwrap().attached("projects/flask.json"), Some(&b"flask"[..]));
    let (requests, memory, _) = refresh(&repository, &memory);
    assert_eq!(requests.len(), 2, "what is there is not");
    repository.add_target("projects/flask.json", b"newer");
    repository.publish();
    let path = TargetInfo::of(b"newer").file_path("projects/flask.json");
    let right = repository.files_mut().insert(path.clone(), b"wrong".to_vec()).unwrap();
    let (_, kept, refusal) = refresh(&repository, &memory);
    assert_eq!(refusal.unwrap().path(), path);
    assert_eq!(kept.good().unwrap().version(Role::Targets), 2);
    assert_eq!(kept.good().unwrap().attached("projects/flask.json"), Some(&b"flask"[..]));
    repository.files_mut().insert(path, right);
    assert_eq!(
        refresh(&repository, &kept).1.good().unwrap().attached("projects/flask.json"),
        Some(&b"newer"[..])
    );
    repository.remove_target("projects/flask.json");
    repository.publish();
    assert_snapshot!(refresh(&repository, &kept).2.unwrap(), @"`targets/projects/flask.json`: the file is not among the signed targets");
}

#[test]
fn what_was_attached_to_other_targets_before_a_refusal_is_not_kept() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    let mut refresh = Refresh::begin(memory, NOW, Limits::default()).with_attached(&["about.json"]);
    while let Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
    }
    // One mirror has the old timestamp: `about.json` is there, `recalls.json` is not listed yet.
    let old = repository.clone();
    repository.add_target("about.json", b"newer");
    repository.add_target("recalls.json", b"recalls");
    repository.publish();
    let mut refresh = Refresh::begin(refresh.into_memory(), NOW, Limits::default())
        .with_attached(&["about.json", "recalls.json"]);
    refresh.answer(Answer::Missing).unwrap();
    assert_eq!(
        refresh.answer(Answer::Bytes(&old.file(Role::Timestamp))).unwrap_err().code(),
        "unknown-target"
    );
    while let Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
    }
    assert_eq!(refresh.memory().good().unwrap().attached("about.json"), Some(&b"newer"[..]));
}
