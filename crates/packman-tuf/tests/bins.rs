//! Targets in hash bins: how they are written, and what a client makes of them.
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
use packman_strict::time::Time;
use packman_tuf::{
    BinsDraft, Delegations, FirstUse, Limits, Memory, MetaInfo, Refresh, Refusal, Role, Step, TargetInfo,
    TargetPath, TargetsDraft,
};
use testkit::repository::Repository;

fn path(number: usize) -> TargetPath {
    TargetPath::parse(&format!("projects/p{number}.json")).unwrap()
}

/// Bins with that many targets, the one of that number with other bytes.
fn draft(repository: &Repository, targets: usize, changed: usize, expires: Time) -> BinsDraft {
    let bytes = |number| if number == changed { "changed" } else { "as it was" };
    let targets = (0..targets).map(|number| (path(number), TargetInfo::of(bytes(number).as_bytes())));
    BinsDraft::new(repository.bins("bin", 3), targets, expires, NOW.plus_days(90))
}

const NOBODY: usize = usize::MAX;

/// Writes bins, then the second draft over them; which bins are new, in which version.
#[track_caller]
fn check(edit: impl Fn(&mut Repository) -> BinsDraft) -> String {
    let mut repository = Repository::new(NOW);
    let first = draft(&repository, 20, NOBODY, NOW.plus_days(180));
    repository.delegations = Some(Delegations::Bins(first.bins().clone()));
    assert_eq!(repository.publish_bins(&first).len(), 8);
    let second = edit(&mut repository);
    let new = repository.publish_bins(&second);
    let version = |name: &String| format!("{name} {}", repository.listed[&format!("{name}.json")].version);
    new.iter().map(version).collect::<Vec<_>>().join(", ")
}

#[test]
fn only_bins_that_changed_are_signed_anew() {
    let later = NOW.plus_days(200);
    assert_eq!(check(|repository| draft(repository, 20, NOBODY, later)), "");
    let bins = Repository::new(NOW).bins("bin", 3);
    let wanted = |number: usize| format!("{} 2", bins.bin_of(path(number).as_str()).as_str());
    assert_eq!(check(|repository| draft(repository, 20, 7, later)), wanted(7));
    assert_eq!(check(|repository| draft(repository, 19, NOBODY, later)), wanted(19));
    assert_eq!(check(|repository| draft(repository, 21, NOBODY, later)), wanted(20));
}

#[test]
fn bins_that_end_too_early_or_that_other_keys_signed_are_signed_anew() {
    let all = "bin-0 2, bin-1 2, bin-2 2, bin-3 2, bin-4 2, bin-5 2, bin-6 2, bin-7 2";
    let ends = |days| {
        check(move |repository| {
            let mut again = draft(repository, 20, NOBODY, NOW.plus_days(300));
            again.keep_until = NOW.plus_days(days);
            again
        })
    };
    assert_eq!(ends(180), "");
    assert_eq!(ends(181), all);
    let rotated = check(|repository| {
        repository.rotate(Role::Targets);
        draft(repository, 20, NOBODY, NOW.plus_days(180))
    });
    assert_eq!(rotated, all);
}

#[test]
fn a_bin_whose_file_is_gone_or_is_another_goes_on_from_the_version_that_was_listed() {
    let bins = Repository::new(NOW).bins("bin", 3);
    let name = |number: usize| bins.bin_of(path(number).as_str());
    let (own, file) = (name(7).as_str().to_owned(), name(7).file_path(1, true));
    let other = (0..20).map(name).find(|name| name.as_str() != own).unwrap().file_path(1, true);
    let again = |edit: &dyn Fn(&mut Repository)| {
        check(|repository| {
            edit(repository);
            draft(repository, 20, NOBODY, NOW.plus_days(180))
        })
    };
    assert_eq!(again(&|repository| drop(repository.files_mut().remove(&file))), format!("{own} 2"));
    let exchanged = |repository: &mut Repository| {
        let other = repository.files()[&other].clone();
        repository.files_mut().insert(file.clone(), other);
    };
    assert_eq!(again(&exchanged), format!("{own} 2"));
    let listed = |repository: &mut Repository| {
        repository.listed.get_mut(&format!("{own}.json")).unwrap().version = 6;
    };
    assert_eq!(again(&listed), format!("{own} 7"));
}

#[test]
fn members_that_are_not_known_stay_in_a_bin_that_is_signed_anew() {
    let mut repository = Repository::new(NOW);
    let first = draft(&repository, 20, NOBODY, NOW.plus_days(180));
    repository.publish_bins(&first);
    let name = first.bins().bin_of(path(7).as_str()).file_path(1, true);
    let with_member =
        craft::replaced(&repository.files()[&name], "\"version\": 1", "\"version\": 1, \"x-more\": [1]");
    repository.files_mut().insert(name.clone(), with_member);
    repository.publish_bins(&draft(&repository, 20, 7, NOW.plus_days(180)));
    let after = &repository.files()[&name.replace("/1.", "/2.")];
    assert!(String::from_utf8_lossy(after).contains("\"x-more\""));
}

/// A repository of 20 targets in 8 bins.
fn published() -> Repository {
    let mut repository = Repository::new(NOW);
    let first = draft(&repository, 20, NOBODY, NOW.plus_days(180));
    repository.delegations = Some(Delegations::Bins(first.bins().clone()));
    repository.publish_bins(&first);
    repository.publish();
    repository
}

/// The same after one target changed; gives the bin of it.
fn changed() -> (Repository, String) {
    let mut repository = published();
    let second = draft(&repository, 20, 7, NOW.plus_days(180));
    let new = repository.publish_bins(&second);
    repository.publish();
    (repository, new[0].clone())
}

/// Refreshes with bins; what was asked for, and how it ended.
fn refresh(repository: &Repository, memory: Memory) -> (Memory, Vec<String>, Option<Refusal>) {
    let mut refresh = Refresh::begin(memory, NOW, Limits::default()).with_bins();
    let (mut requests, mut refusal) = (Vec::new(), None);
    while let (None, Step::Fetch(request)) = (&refusal, refresh.step()) {
        let ahead = refresh.ahead();
        refusal = refresh.answer(repository.serve(&request)).err();
        // What was announced is what is wanted then, in this order.
        match refresh.step() {
            Step::Fetch(next) if refusal.is_none() => assert!(ahead.is_empty() || ahead[0] == next),
            _ => assert!(refusal.is_some() || ahead.is_empty()),
        }
        requests.push(request.path.replace("metadata/", ""));
    }
    (refresh.into_memory(), requests, refusal)
}

fn begun(repository: &Repository) -> Memory {
    repository.first_use(FirstUse::remembering(Limits::default())).unwrap()
}

fn remembered(repository: &Repository) -> Memory {
    let (memory, _, refusal) = refresh(repository, begun(repository));
    assert_eq!(refusal, None);
    memory
}

#[test]
fn everything_in_bins_is_known_after_a_refresh_and_after_it_was_kept() {
    let repository = published();
    let memory = remembered(&repository);
    let again = Memory::parse(&memory.encode()).unwrap();
    assert_eq!(again.encode(), memory.encode());
    for memory in [memory, again] {
        let good = memory.good().unwrap();
        let mut listed: Vec<_> = good.targets().map(|(path, _)| path.to_owned()).collect();
        listed.sort_unstable();
        let mut wanted: Vec<_> = (0..20).map(|number| path(number).as_str().to_owned()).collect();
        wanted.sort_unstable();
        assert_eq!(listed, wanted);
        good.verify_target("projects/p3.json", b"as it was").unwrap();
        assert_eq!(good.verify_target("projects/p3.json", b"as it wos").unwrap_err().code(), "hash-mismatch");
        assert_eq!(good.verify_target("projects/p20.json", b"").unwrap_err().code(), "unknown-target");
        assert_eq!(good.bins().count(), 8);
    }
    // Whoever does not ask for them has none, and answers from the top-level targets alone.
    let without = repository.remembered(NOW);
    assert_eq!(without.good().unwrap().targets().count(), 0);
    assert_eq!(Memory::parse(&without.encode()).unwrap().good().unwrap().bins().count(), 0);
}

#[test]
fn a_change_of_one_target_is_one_bin_to_fetch() {
    let (repository, bin) = changed();
    let (memory, requests, refusal) = refresh(&repository, remembered(&published()));
    assert_eq!(refusal, None);
    let wanted = ["2.root.json", "timestamp.json", "3.snapshot.json", "3.targets.json"].map(str::to_owned);
    assert_eq!(requests, [wanted.as_slice(), &[format!("2.{bin}.json")]].concat());
    memory.good().unwrap().verify_target("projects/p7.json", b"changed").unwrap();
    let (memory, requests, _) = refresh(&repository, memory);
    assert_eq!(requests, ["2.root.json", "timestamp.json"], "nothing changed: two requests");
    assert_eq!(memory.good().unwrap().bins().count(), 8);
}

/// An honest publication that is followed by this one, as a client sees it that knows the first.
#[track_caller]
fn attack(edit: impl Fn(&mut Repository, &str)) -> String {
    let memory = remembered(&published());
    let (mut repository, bin) = changed();
    edit(&mut repository, &bin);
    let (after, _, refusal) = refresh(&repository, memory);
    let good = after.good().unwrap();
    assert_eq!((good.version(Role::Targets), good.bins().count()), (2, 8), "good moves whole or not at all");
    good.verify_target("projects/p7.json", b"as it was").unwrap();
    let refusal = refusal.unwrap();
    let text = refusal.to_string().replace(&bin, "BIN");
    assert_eq!(Memory::parse(&after.encode()).unwrap().encode(), after.encode());
    format!("{}: {text}", refusal.code())
}

#[test]
fn a_bin_that_is_not_the_one_of_the_snapshot_leaves_everything_as_it_was() {
    let serve = |from: u64, to: u64| {
        move |repository: &mut Repository, bin: &str| {
            let old = repository.files()[&format!("metadata/{from}.{bin}.json")].clone();
            repository.files_mut().insert(format!("metadata/{to}.{bin}.json"), old);
        }
    };
    let relist = |edit: fn(&mut Repository, &str)| {
        move |repository: &mut Repository, bin: &str| {
            edit(repository, bin);
            repository.refresh();
        }
    };
    let cases = [
        attack(serve(1, 2)),
        attack(|repository, bin| drop(repository.files_mut().remove(&format!("metadata/2.{bin}.json")))),
        // The keeper of the online key lists another bin than the targets keys signed.
        attack(relist(|repository, bin| {
            let file = repository.files()[&format!("metadata/1.{bin}.json")].clone();
            repository.listed.insert(format!("{bin}.json"), MetaInfo::of(2, &file));
            repository.files_mut().insert(format!("metadata/2.{bin}.json"), file);
        })),
        attack(relist(|repository, bin| {
            repository.listed.get_mut(&format!("{bin}.json")).unwrap().version = 0
        })),
        attack(relist(|repository, bin| {
            let file = craft::replaced(
                &repository.files()[&format!("metadata/2.{bin}.json")],
                "\"length\": 7",
                "\"length\": 8",
            );
            repository.listed.insert(format!("{bin}.json"), MetaInfo::of(2, &file));
            repository.files_mut().insert(format!("metadata/2.{bin}.json"), file);
        })),
        attack(relist(|repository, bin| {
            let info = repository.listed.get_mut(&format!("{bin}.json")).unwrap();
            info.length = None;
        })),
        attack(relist(|repository, bin| {
            assert!(repository.listed.remove(&format!("{bin}.json")).is_some());
        })),
        // Two files of one version, both signed by the targets keys.
        attack(|repository, bin| {
            let file = repository.files()[&format!("metadata/2.{bin}.json")].clone();
            let file = craft::resigned(
                &craft::replaced(&file, "\"version\": 2", "\"version\": 1"),
                &repository.signers(Role::Targets),
            );
            repository.listed.insert(format!("{bin}.json"), MetaInfo::of(1, &file));
            repository.files_mut().insert(format!("metadata/1.{bin}.json"), file);
            repository.refresh();
        }),
        attack(|repository, bin| {
            let file = repository.files()[&format!("metadata/2.{bin}.json")].clone();
            let file = craft::resigned(
                &craft::replaced(&file, "2030-06-30", "2030-01-01"),
                &repository.signers(Role::Targets),
            );
            repository.listed.insert(format!("{bin}.json"), MetaInfo::of(2, &file));
            repository.files_mut().insert(format!("metadata/2.{bin}.json"), file);
            repository.refresh();
        }),
    ];
    assert_snapshot!(cases.join("\n"), @"
    hash-mismatch: `metadata/2.BIN.json`: found sha-256 2795ea709fde8c6610877e635b5caab84a3ad07768b0c7bdf23f85803076338b, wanted 46b5079d93a2ab839d4c17abfce763c49d3690928f4248e9affbd0aa37750b51
    missing-file: `metadata/2.BIN.json`: the file is not there, wanted one
    wrong-version: `metadata/2.BIN.json`: found version 1, wanted 2
    bad-metadata: `metadata/4.snapshot.json`: meta.`BIN.json`.version: found the number `0`, wanted an integer of at least 1
    bad-signature: `metadata/2.BIN.json`: signed by 0 of the `bin` keys, wanted 1
    bad-metadata: `metadata/4.snapshot.json`: meta.`BIN.json`: found a version alone, wanted `length` and a `sha256`
    rollback: `metadata/4.snapshot.json`: `BIN.json` was listed before and is missing, wanted it listed
    contradiction: `metadata/1.BIN.json`: two files of version 1 are signed: found signed part 1ada615e820e4c0e5a8068de3280d4cb08472ba7ce01ea411548e8ad61cf8799, remembered ff5f8a73e17107c170eb96eab3589783531ce4f1b51bd30306a7e641246479b4
    expired: `metadata/2.BIN.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    ");
}

#[test]
fn bins_together_are_no_longer_than_one_targets_file_may_be() {
    let repository = published();
    let longest = repository.files().values().map(|file| file.len() as u64).max().unwrap();
    let limits = Limits { targets_bytes: longest + 100, ..Limits::default() };
    let mut refresh = Refresh::begin(begun(&repository), NOW, limits).with_bins();
    let refusal = loop {
        let Step::Fetch(request) = refresh.step() else { panic!("all of them were taken") };
        if let Err(refusal) = refresh.answer(repository.serve(&request)) {
            break refusal;
        }
    };
    assert_eq!(refusal.code(), "too-large");
}

/// A bin says what it likes of a target that belongs to another; nobody asks it.
#[test]
fn a_bin_answers_for_its_own_targets_alone() {
    let mut repository = published();
    let bins = repository.bins("bin", 3);
    let own = bins.bin_of("projects/p7.json");
    let other = (0..8).map(|number| bins.name(number)).find(|name| *name != own).unwrap();
    let stolen = [(path(7), TargetInfo::of(b"evil"))].into();
    let draft = TargetsDraft::new(2, NOW.plus_days(180), stolen);
    let key = repository.signers(Role::Targets)[0].clone();
    repository.publish_delegated(&other, &draft, &[&key]);
    repository.refresh();
    let memory = remembered(&repository);
    let good = memory.good().unwrap();
    assert_eq!(good.target("projects/p7.json"), Some(TargetInfo::of(b"as it was")));
    assert_eq!(good.targets().filter(|(path, _)| *path == "projects/p7.json").count(), 1);
}
