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
use packman_strict::time::Time;
use packman_tuf::{BinsDraft, Delegations, Role, TargetInfo, TargetPath};
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
