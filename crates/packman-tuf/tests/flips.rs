//! Every byte of every metadata file, changed: either nothing that is believed changes, or the file is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::NOW;
use packman_tuf::{FirstUse, Limits, Memory, Refusal, Role, SafetyNumber};
use testkit::repository::Repository;

/// Two roots, two targets, and a signature on the timestamp more than its threshold asks for.
fn repository() -> Repository {
    let mut repository = Repository::new(NOW);
    repository.add_target("projects/flask.json", b"flask");
    repository.add_target("about.json", b"about");
    let spare = repository.new_key();
    repository.signers_mut(Role::Timestamp).push(spare);
    repository.publish_root();
    repository.publish();
    repository
}

/// What a client believes that comes with the number of the first root.
fn first_use(repository: &Repository, number: SafetyNumber) -> Result<Memory, Refusal> {
    let first_use = FirstUse::with_number(number, Limits::default());
    let outcome = repository.refreshed(repository.first_use(first_use)?, NOW);
    outcome.refusal.map_or(Ok(outcome.memory), Err)
}

/// Everything that is answered, in one text.
fn believed(memory: &Memory) -> String {
    let good = memory.good().unwrap();
    let versions: Vec<_> = good.versions().collect();
    let targets: Vec<_> = good.targets().collect();
    format!(
        "{:?} {:?} {versions:?} {targets:?} {:?}",
        memory.numbers(),
        memory.chain_id(),
        good.earliest_expiry()
    )
}

/// Changes each byte of a file in turn, and gives back how many changes left everything as it was.
#[track_caller]
fn check(path: &str, change: impl Fn(&mut Vec<u8>, usize)) -> usize {
    let mut repository = repository();
    let number = repository.number(1);
    let honest = believed(&first_use(&repository, number).unwrap());
    let file = repository.files()[path].clone();
    let mut harmless = 0;
    for place in 0..file.len() {
        let mut changed = file.clone();
        change(&mut changed, place);
        repository.files_mut().insert(path.to_owned(), changed);
        match first_use(&repository, number) {
            Ok(memory) => {
                assert_eq!(believed(&memory), honest, "byte {place} of {path}");
                harmless += 1;
            }
            Err(refusal) => assert_eq!(refusal.path(), path, "byte {place}: {refusal}"),
        }
    }
    harmless
}

#[test]
fn one_byte_of_a_root_is_refused_or_means_nothing() {
    for (path, bit) in [("metadata/1.root.json", 1), ("metadata/2.root.json", 0x20)] {
        check(path, |file, place| file[place] ^= bit);
    }
    assert_eq!(check("metadata/2.root.json", Vec::truncate), 1, "only the newline at the end may be missing");
}

#[test]
fn one_byte_of_a_timestamp_is_refused_or_means_nothing() {
    for bit in [1, 0x20] {
        let harmless = check("metadata/timestamp.json", |file, place| file[place] ^= bit);
        assert!(harmless > 100, "the surplus signature means nothing: {harmless}");
    }
    assert_eq!(check("metadata/timestamp.json", Vec::truncate), 1);
}

#[test]
fn one_byte_of_a_file_that_is_pinned_is_always_refused() {
    for path in ["metadata/2.snapshot.json", "metadata/2.targets.json"] {
        for bit in [1, 0x20] {
            assert_eq!(check(path, |file, place| file[place] ^= bit), 0);
        }
        assert_eq!(check(path, Vec::truncate), 0);
        assert_eq!(check(path, |file, place| file.insert(place, b' ')), 0);
    }
}

#[test]
fn one_byte_of_a_target_is_always_refused() {
    let repository = repository();
    let memory = first_use(&repository, repository.number(1)).unwrap();
    let good = memory.good().unwrap();
    for (path, info) in good.targets() {
        let file = &repository.files()[&info.file_path(path)];
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert_eq!(good.verify_target(path, &changed).unwrap_err().path(), info.file_path(path));
        }
        good.verify_target(path, file).unwrap();
    }
}
