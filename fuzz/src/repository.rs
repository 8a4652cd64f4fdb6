//! Signed metadata: each file by itself, the state file, and the client's whole workflow against a hostile mirror.

use std::sync::OnceLock;

use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{
    Answer, Limits, Memory, Refresh, Role, RootDraft, SnapshotDraft, Step, TargetsDraft, TimestampDraft,
    TrustMap,
};
use testkit::repository::Repository;

use crate::choose;

fn now() -> Time {
    Time::parse("2026-06-01T00:00:00Z").expect("a time")
}

/// One file of metadata, of each role; and a map of several repositories.
pub fn metadata_file(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    match choice % 6 {
        0 => drop(RootDraft::parse("root", rest)),
        1 => drop(TimestampDraft::parse("timestamp", rest)),
        2 => drop(SnapshotDraft::parse("snapshot", rest)),
        3 => drop(TargetsDraft::parse("targets", rest)),
        4 => drop(Memory::trusting(rest, &Limits::default())),
        _ => drop(TrustMap::parse(rest)),
    }
}

/// The state file: one memory has one file. The digest of its first line is made right, or nothing would come past it.
pub fn state_file(bytes: &[u8]) {
    let body = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes, |end| &bytes[end + 1..]);
    let resealed = [format!("packman-state 1 {}\n", Sha256::of(body)).as_bytes(), body].concat();
    for bytes in [bytes, &resealed] {
        if let Ok(memory) = Memory::parse(bytes) {
            assert_eq!(memory.encode(), bytes, "one memory has two files");
        }
    }
}

/// The histories of one honest repository, oldest first, and what an honest client remembers of the first.
fn histories() -> &'static (Vec<Repository>, Memory) {
    static HISTORIES: OnceLock<(Vec<Repository>, Memory)> = OnceLock::new();
    HISTORIES.get_or_init(|| {
        let mut repository = Repository::new(now());
        repository.add_target("about.json", b"about");
        repository.publish();
        let first = repository.remembered(now());
        let mut histories = vec![repository.clone()];
        for step in 0..6_u8 {
            match step {
                1 => repository.rotate(Role::Timestamp),
                3 => repository.rotate(Role::Targets),
                5 => repository.rotate(Role::Root),
                _ => {}
            }
            repository.add_target(&format!("projects/{step}.json"), &[step; 9]);
            repository.publish();
            histories.push(repository.clone());
        }
        (histories, first)
    })
}

/// The whole workflow against a mirror that the fuzzer plays. Each answer is two bytes and what belongs to them: an honest
/// file of some moment, the same with one byte changed, a made-up one, or none.
///
/// Whatever it does, what is good is a set that the repository published, and nothing goes back.
pub fn repository(bytes: &[u8]) {
    let (histories, first) = histories();
    let mut script = bytes;
    let mut memory = first.clone();
    for _ in 0..4 {
        let before = versions(&memory);
        let mut refresh =
            Refresh::begin(memory, now().plus_days(1), Limits::default()).with_attached(&["about.json"]);
        for _ in 0..32 {
            let Step::Fetch(request) = refresh.step() else { break };
            let Some((how, rest)) = choose(script) else { break };
            let Some((which, rest)) = choose(rest) else { break };
            script = rest;
            let moment = histories.get(usize::from(which) % histories.len()).expect("a moment");
            let honest = match moment.serve(&request) {
                Answer::Bytes(bytes) => Some(bytes.to_vec()),
                Answer::Shared(bytes) => Some(bytes.to_vec()),
                Answer::Missing => None,
            };
            let answer = match (how % 4, honest) {
                (0 | 1, honest) => honest,
                (2, Some(mut honest)) => {
                    let place =
                        script.get(..2).map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]));
                    let length = honest.len().max(1);
                    if let Some(byte) = honest.get_mut(place % length) {
                        *byte ^= 1 << (how >> 5);
                    }
                    script = script.get(2..).unwrap_or_default();
                    Some(honest)
                }
                (2, None) => None,
                _ => {
                    let (made_up, rest) = script.split_at(script.len().min(usize::from(which)));
                    script = rest;
                    Some(made_up.to_vec())
                }
            };
            let _ = refresh.answer(answer.as_deref().map_or(Answer::Missing, Answer::Bytes));
            check(refresh.memory());
        }
        memory = refresh.into_memory();
        let after = versions(&memory);
        let rotated = after[0] > before[0];
        assert!(after[0] >= before[0], "the root went back");
        // Rotated keys take the floors away that the old ones set (5.3.11); nothing else does.
        assert!(
            rotated || after.iter().zip(&before).all(|(after, before)| after >= before),
            "{before:?} to {after:?}"
        );
        assert_eq!(
            Memory::parse(&memory.encode()).expect("what is written is read").encode(),
            memory.encode()
        );
    }
}

fn versions(memory: &Memory) -> [u64; 4] {
    [Role::Root, Role::Timestamp, Role::Snapshot, Role::Targets]
        .map(|role| memory.seen_version(role).unwrap_or(0))
}

/// Every byte that is believed was published by the repository.
fn check(memory: &Memory) {
    let published =
        |bytes: &[u8]| histories().0.iter().any(|moment| moment.files().values().any(|file| file == bytes));
    for role in Role::ALL {
        assert!(memory.seen_bytes(role).is_none_or(published), "{role} was never published");
    }
    if let Some(about) = memory.good().and_then(|good| good.attached("about.json")) {
        assert!(published(about));
    }
}
