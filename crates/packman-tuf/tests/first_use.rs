//! First use: with a safety number, and without.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::{NOW, replaced, resigned, unsigned};
use insta::assert_snapshot;
use packman_tuf::{Answer, FirstUse, Limits, Role, SafetyNumber, Step};
use testkit::repository::Repository;

/// Three roots, each with another root key.
fn repository() -> Repository {
    let mut repository = Repository::new(NOW);
    repository.rotate(Role::Root);
    repository.rotate(Role::Root);
    repository
}

fn with_number(repository: &Repository, number: SafetyNumber) -> Result<Vec<u64>, String> {
    check(repository, FirstUse::with_number(number, Limits::default()))
}

/// The versions of the chain that is believed, or code and text of the refusal.
fn check(repository: &Repository, first_use: FirstUse) -> Result<Vec<u64>, String> {
    match repository.first_use(first_use) {
        Ok(memory) => {
            assert!(memory.good().is_none(), "nothing is answered before a refresh");
            Ok(memory.numbers().into_iter().map(|(version, _)| version).collect())
        }
        Err(refusal) => Err(format!("{}: {refusal}", refusal.code())),
    }
}

#[test]
fn the_number_of_any_root_begins_there_and_follows_the_chain() {
    let repository = repository();
    for version in 1..=3 {
        let chain = with_number(&repository, repository.number(version));
        assert_eq!(chain.unwrap(), (version..=3).collect::<Vec<_>>());
    }
    let all = check(&repository, FirstUse::remembering(Limits::default()));
    assert_eq!(all.unwrap(), [1, 2, 3]);
}

#[test]
fn refuses_a_number_that_no_root_has() {
    let stranger = Repository::with_seed(NOW, 100).number(1);
    assert_snapshot!(with_number(&repository(), stranger).unwrap_err(), @"number-mismatch: `metadata/3.root.json`: none of the 3 roots up to this one has safety number 62620 16358 06214 62178 50122 57155 12867 60188 06441 78019 68974 65788");
    assert_snapshot!(with_number(&Repository::new(NOW), stranger).unwrap_err(), @"number-mismatch: `metadata/1.root.json`: found another safety number than 62620 16358 06214 62178 50122 57155 12867 60188 06441 78019 68974 65788");
}

#[test]
fn a_number_shuts_out_keys_that_were_retired_before_it() {
    // The key of root 1 was stolen after it was retired: the thief writes a chain of his own from root 1 on.
    let honest = repository();
    let mut forged = Repository::new(NOW);
    forged.new_key();
    forged.rotate(Role::Root);
    forged.publish();
    assert_snapshot!(with_number(&forged, honest.number(3)).unwrap_err(), @"number-mismatch: `metadata/2.root.json`: none of the 2 roots up to this one has safety number 02447 43437 29507 50809 58928 15190 00592 13313 19933 33732 54165 80711");
    // Who was given the number of root 1 cannot tell; that is why a rotation for a theft gives a new number.
    assert_eq!(with_number(&forged, honest.number(1)).unwrap(), [1, 2]);
}

#[test]
fn refuses_a_root_with_the_number_that_its_own_keys_did_not_sign() {
    let mut repository = Repository::new(NOW);
    let number = repository.number(1);
    let file = unsigned(&repository.file(Role::Root));
    repository.files_mut().insert("metadata/1.root.json".to_owned(), file);
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @"bad-signature: `metadata/1.root.json`: signed by 0 of the `root` keys, wanted 1");
    assert_snapshot!(check(&repository, FirstUse::remembering(Limits::default())).unwrap_err(), @"bad-signature: `metadata/1.root.json`: signed by 0 of the `root` keys, wanted 1");
}

#[test]
fn refuses_a_successor_of_the_numbered_root_that_its_keys_did_not_sign() {
    let mut repository = repository();
    let number = repository.number(1);
    let stranger = repository.new_key();
    let file = resigned(&repository.files()["metadata/2.root.json"], &[&stranger]);
    repository.files_mut().insert("metadata/2.root.json".to_owned(), file);
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @"bad-signature: `metadata/2.root.json`: signed by 0 of the `root` keys, wanted 1");
}

#[test]
fn refuses_where_there_is_no_root_or_another_file_in_its_place() {
    let mut repository = repository();
    let number = repository.number(1);
    let second = repository.files()["metadata/2.root.json"].clone();
    let first = repository.files_mut().insert("metadata/1.root.json".to_owned(), second).unwrap();
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @"wrong-version: `metadata/1.root.json`: found version 2, wanted 1");
    let snapshot = repository.file(Role::Snapshot);
    repository.files_mut().insert("metadata/1.root.json".to_owned(), snapshot);
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @"wrong-role: `metadata/1.root.json`: found a file of role `snapshot`, wanted one of `root`");
    repository.files_mut().insert("metadata/1.root.json".to_owned(), first[..200].to_vec());
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @r#"bad-json: `metadata/1.root.json`: byte 200: found the end of the document, wanted `"`"#);
    repository.files_mut().remove("metadata/1.root.json");
    assert_snapshot!(with_number(&repository, number).unwrap_err(), @"missing-file: `metadata/1.root.json`: the file is not there, wanted one");
}

#[test]
fn a_refusal_leaves_the_way_open_to_another_mirror() {
    let repository = repository();
    let mut first_use = FirstUse::with_number(repository.number(2), Limits::default());
    let broken = replaced(&repository.files()["metadata/1.root.json"], "\"version\": 1", "\"version\": 7");
    let mut wanted = Vec::new();
    while let Step::Fetch(request) = first_use.step() {
        let before = first_use.step();
        if request.path.ends_with("1.root.json") {
            first_use.answer(Answer::Bytes(&broken)).unwrap_err();
            assert_eq!(first_use.step(), before);
        }
        first_use.answer(repository.serve(&request)).unwrap();
        wanted.push(request.path);
    }
    assert_eq!(wanted, [1, 2, 3, 4].map(|version| format!("metadata/{version}.root.json")));
    assert_eq!(
        first_use.finish().unwrap().chain_id(),
        repository.remembered(NOW).roots().nth(1).unwrap().signed_digest()
    );
}

#[test]
fn gives_up_after_1_000_roots_none_of_which_has_the_number() {
    let mut repository = Repository::new(NOW);
    let stranger = Repository::with_seed(NOW, 100).number(1);
    (1..1_000).for_each(|_| repository.publish_root());
    let last = repository.number(1_000);
    assert_eq!(with_number(&repository, last).unwrap(), [1_000]);
    repository.publish_root();
    assert_snapshot!(with_number(&repository, stranger).unwrap_err(), @"number-mismatch: `metadata/1000.root.json`: none of the 1000 roots up to this one has safety number 62620 16358 06214 62178 50122 57155 12867 60188 06441 78019 68974 65788");
    assert_snapshot!(with_number(&repository, last).unwrap_err(), @"too-many-roots: `metadata/1001.root.json`: the chain of roots goes on, wanted at most 1000");
}

#[test]
fn finish_before_the_end_is_refused() {
    let first_use = FirstUse::remembering(Limits::default());
    assert_snapshot!(first_use.finish().unwrap_err(), @"`metadata/1.root.json`: the file is not there, wanted one");
}
