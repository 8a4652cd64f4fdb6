//! The state file: it says what was remembered, or that it is damaged; never something else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::{NOW, replaced};
use insta::assert_snapshot;
use packman_strict::Sha256;
use packman_tuf::{Memory, Payload as _, Refresh, Role};
use testkit::repository::Repository;

/// A memory in which every kind of section stands: two roots, a good set of the older one, a newer timestamp.
fn memory() -> Memory {
    let mut repository = Repository::new(NOW);
    repository.add_target("about.json", b"{\n\"about\": 1}");
    repository.publish();
    let memory =
        repository.first_use(packman_tuf::FirstUse::remembering(packman_tuf::Limits::default())).unwrap();
    let mut refresh =
        Refresh::begin(memory, NOW, packman_tuf::Limits::default()).with_attached(&["about.json"]);
    while let packman_tuf::Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
    }
    repository.publish_root();
    repository.refresh();
    repository.files_mut().remove("metadata/3.snapshot.json");
    let outcome = repository.refreshed(refresh.into_memory(), NOW);
    assert_eq!(outcome.refusal.unwrap().code(), "missing-file");
    outcome.memory
}

/// The file with the digest of its first line made right again: what only an edit on purpose leaves.
fn edited(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let edited = replaced(file, from, to);
    let end = edited.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut file = format!("packman-state 1 {}\n", Sha256::of(&edited[end..])).into_bytes();
    file.extend_from_slice(&edited[end..]);
    file
}

#[track_caller]
fn check(file: &[u8]) -> String {
    let damaged = Memory::parse(file).expect_err("the file is refused");
    assert_eq!(damaged.code(), "state-damaged");
    damaged.to_string()
}

#[test]
fn a_memory_comes_back_as_it_was() {
    let memory = memory();
    let file = memory.encode();
    let back = Memory::parse(&file).unwrap();
    assert_eq!(back.encode(), file);
    assert_eq!(back.numbers(), memory.numbers());
    assert_eq!(back.chain_id(), memory.chain_id());
    for role in Role::ALL {
        assert_eq!(back.seen_version(role), memory.seen_version(role), "{role}");
        assert_eq!(back.good().unwrap().bytes(role), memory.good().unwrap().bytes(role), "{role}");
    }
    let good = back.good().unwrap();
    assert_eq!(good.versions().map(|(_, version)| version).collect::<Vec<_>>(), [1, 2, 2, 2]);
    assert_eq!((back.root().version(), back.seen_version(Role::Timestamp)), (2, Some(3)));
    assert_eq!(good.verified_at(), NOW);
    assert_eq!(good.attached("about.json"), Some(&b"{\n\"about\": 1}"[..]));
}

#[test]
fn the_lines_of_the_file_are_those_of_its_format() {
    let file = String::from_utf8(memory().encode()).unwrap();
    let kinds = ["packman-state", "good", "root", "both", "seen", "attached"];
    let lines = file.lines().filter(|line| kinds.contains(&line.split(' ').next().unwrap()));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    packman-state 1 4bf8f7ae7a6244b1bf95f43a9e4e6f5326cf62360d7b14f68cbd68264ed29d07
    good 1 2030-01-01T00:00:00Z
    root 1 1913
    root 2 1913
    seen timestamp 559
    good timestamp 559
    both snapshot 557
    both targets 538
    attached about.json 13
    ");
}

#[test]
fn refuses_every_file_that_is_cut_off() {
    let file = memory().encode();
    for length in 0..file.len() {
        check(&file[..length]);
    }
    check(&[&file[..], b"\n"].concat());
}

#[test]
fn refuses_every_file_with_one_byte_changed() {
    let mut file = memory().encode();
    for place in 0..file.len() {
        for bit in [1, 0x20, 0x80] {
            file[place] ^= bit;
            check(&file);
            file[place] ^= bit;
        }
    }
    Memory::parse(&file).unwrap();
}

#[test]
fn refuses_what_only_an_edit_on_purpose_leaves() {
    let file = memory().encode();
    assert_eq!(edited(&file, "good 1", "good 1"), file, "an edit that changes nothing changes nothing");
    let cases = [
        ("good 1 2030", "good 7 2030"),
        ("good 1 2030-01-01T00:00:00Z", "good none"),
        ("good 1 2030-01-01T00:00:00Z", "good"),
        ("\nroot 1 ", "\nroot 01 "),
        ("\nroot 1 ", "\nroot 2 "),
        ("\nroot 1 ", "\nseen root "),
        ("\nseen timestamp ", "\nseen snapshot "),
        ("\nseen timestamp ", "\nseen nonsense "),
        ("\nboth snapshot ", "\nseen snapshot "),
        ("\ngood timestamp ", "\nseen timestamp "),
        ("\"version\": 3", "\"version\": 4"),
        ("\"about\": 1", "\"about\": 2"),
        ("attached about.json", "attached recalls.json"),
        ("attached about.json 13", "attached about.json 12"),
        ("attached about.json 13", "attached about.json 99999999999999999999"),
    ];
    let texts: Vec<_> = cases.iter().map(|(from, to)| check(&edited(&file, from, to))).collect();
    assert_snapshot!(texts.join("\n"), @r"
    state file damaged: found no root of its good set
    state file damaged: found another order than ours
    state file damaged: found sections that do not fit its format
    state file damaged: found another order than ours
    state file damaged: found another order than ours
    state file damaged: found no root of its good set
    state file damaged: `seen snapshot`: signed by 0 of the `snapshot` keys, wanted 1
    state file damaged: found another order than ours
    state file damaged: found no `snapshot` of its good set
    state file damaged: found no `timestamp` of its good set
    state file damaged: `seen timestamp`: signed by 0 of the `timestamp` keys, wanted 1
    state file damaged: `targets/ca54c4512092a26776b9ecbafb48e83347f2a248f3030eb09d28eaff3c2dbacd.about.json`: found sha-256 38549d2a51015fc401601faa9dc9f0186c05d648bcc670a007a9fc1e7b1caaad, wanted ca54c4512092a26776b9ecbafb48e83347f2a248f3030eb09d28eaff3c2dbacd
    state file damaged: `targets/recalls.json`: the file is not among the signed targets
    state file damaged: found sections that do not fit its format
    state file damaged: found sections that do not fit its format
    ");
}

#[test]
fn refuses_a_good_set_mixed_from_two() {
    let file = edited(&memory().encode(), "\ngood timestamp ", "\nthen timestamp ");
    let file = edited(&file, "\nseen timestamp ", "\ngood timestamp ");
    assert_snapshot!(check(&edited(&file, "\nthen timestamp ", "\nseen timestamp ")), @"state file damaged: found a good set that does not belong together");
}

#[test]
fn refuses_files_that_are_no_state_files() {
    let nothing = format!("packman-state 1 {}\n", Sha256::of(b""));
    let empty = format!("packman-state 1 {}\ngood none\n", Sha256::of(b"good none\n"));
    let texts: Vec<_> = ["", "\n", "{}", "packman-state 2 00\n", "packman-state 1 00\n", &nothing, &empty]
        .iter()
        .map(|file| check(file.as_bytes()))
        .collect();
    assert_snapshot!(texts.join("\n"), @r"
    state file damaged: found another beginning than `packman-state 1`
    state file damaged: found another beginning than `packman-state 1`
    state file damaged: found another beginning than `packman-state 1`
    state file damaged: found another beginning than `packman-state 1`
    state file damaged: found another sha-256 than its first line says
    state file damaged: found sections that do not fit its format
    state file damaged: found no root
    ");
}

#[test]
fn a_state_signed_by_a_stranger_is_one_of_another_repository() {
    // Who can write the file can put another repository there, whole; mixing two is what is refused.
    let stranger = Repository::with_seed(NOW, 100).remembered(NOW);
    let ours = memory();
    assert_ne!(Memory::parse(&stranger.encode()).unwrap().chain_id(), ours.chain_id());
    let section = |root: &[u8]| format!("root 1 {}\n{}\n", root.len(), std::str::from_utf8(root).unwrap());
    let (old, new) = (ours.roots().next().unwrap(), stranger.root());
    assert_eq!(old.file_path(), new.file_path());
    let mixed = edited(&ours.encode(), &section(old.bytes()), &section(new.bytes()));
    assert_snapshot!(check(&mixed), @"state file damaged: `metadata/2.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1");
}
