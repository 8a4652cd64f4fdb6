//! Delegations that led to the wrong role, or to a file that was not held to its delegation.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use packman_tuf::{
    Delegations, Hashes, KeySet, MetaInfo, PathPattern, SigningKey, SuccinctBins, TargetInfo, TargetPath,
    TargetsDraft,
};
use testkit::repository::Repository;

use crate::craft::{NOW, replaced};
use crate::{delegation, key, look, name, refused, roles};

/// Signs a delegated role that lists these targets, each of the length of its name, and delegates further.
fn publish(
    repository: &mut Repository,
    role: &str,
    targets: &[&str],
    further: Option<Delegations>,
    signer: &SigningKey,
) {
    let targets =
        targets.iter().map(|path| (TargetPath::parse(path).unwrap(), TargetInfo::of(role.as_bytes())));
    let mut draft = TargetsDraft::new(1, NOW.plus_days(30), targets.collect());
    draft.delegations = further;
    repository.publish_delegated(&name(role), &draft, &[signer]);
}

fn names(asked: &[String]) -> String {
    let name = |path: &String| path.trim_start_matches("metadata/1.").trim_end_matches(".json").to_owned();
    asked.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// CVE-2024-47534 of go-tuf: targets delegate to A and B, B to C, and C was asked before A.
#[test]
fn delegations_are_followed_in_the_order_in_which_they_stand() {
    for first in ["a", "z"] {
        let mut repository = Repository::new(NOW);
        repository.delegations = roles(&[delegation(first, "*", false), delegation("b", "*", false)]);
        publish(&mut repository, first, &["x"], None, &key(first));
        publish(&mut repository, "b", &[], roles(&[delegation("c-long", "*", false)]), &key("b"));
        publish(&mut repository, "c-long", &["x", "y"], None, &key("c-long"));
        repository.publish();
        let memory = repository.remembered(NOW);
        let look = |path| look(&repository, &memory, path).unwrap();
        assert_eq!((names(&look("x").0), look("x").1), (first.to_owned(), Some(1)));
        assert_eq!((names(&look("y").0), look("y").1), (format!("{first} b c-long"), Some(6)));
    }
}

/// CVE-2025-2886 of tough.
#[test]
fn nobody_after_a_terminating_delegation_is_asked() {
    let mut repository = Repository::new(NOW);
    repository.delegations = roles(&[delegation("a", "*", false), delegation("after", "*", false)]);
    let further = roles(&[delegation("last", "*", true), delegation("beside", "*", false)]);
    publish(&mut repository, "a", &[], further, &key("a"));
    for role in ["last", "beside", "after"] {
        publish(&mut repository, role, if role == "last" { &[] } else { &["x"] }, None, &key(role));
    }
    repository.publish();
    let (asked, found) = look(&repository, &repository.remembered(NOW), "x").unwrap();
    assert_eq!((names(&asked).as_str(), found), ("a last", None));
}

/// CVE-2025-2887 of tough: only the versions of the top-level targets were compared with those seen before.
#[test]
fn a_delegated_role_does_not_go_back_in_a_newer_snapshot() {
    let mut repository = Repository::new(NOW);
    repository.delegations = roles(&[delegation("a", "*", false)]);
    publish(&mut repository, "a", &[], None, &key("a"));
    let old = repository.listed["a.json"];
    let draft = TargetsDraft::new(2, NOW.plus_days(30), BTreeMap::new());
    repository.publish_delegated(&name("a"), &draft, &[&key("a")]);
    repository.publish();
    let memory = repository.remembered(NOW);
    for listed in [Some(old), None] {
        let mut forged = repository.clone();
        forged.listed.remove("a.json");
        forged.listed.extend(listed.map(|info| ("a.json".to_owned(), info)));
        forged.refresh();
        assert_eq!(refused(&forged, &memory), "rollback");
    }
}

/// CVE-2026-6967 of tough: expiry, length and digest were checked for the top-level targets alone.
#[test]
fn a_delegated_role_is_held_to_expiry_length_and_digest() {
    let check = |attack: &dyn Fn(&mut Repository)| {
        let mut repository = Repository::new(NOW);
        repository.delegations = roles(&[delegation("a", "*", false)]);
        publish(&mut repository, "a", &["x"], None, &key("a"));
        attack(&mut repository);
        repository.publish();
        let memory = repository.remembered(NOW);
        look(&repository, &memory, "x").unwrap_err().code()
    };
    let path = "metadata/1.a.json";
    let edit = |repository: &mut Repository, from: &str, to: &str| {
        let file = replaced(&repository.files()[path], from, to);
        repository.files_mut().insert(path.to_owned(), file);
    };
    let expired = check(&|repository| {
        let draft = TargetsDraft::new(1, NOW, BTreeMap::new());
        repository.publish_delegated(&name("a"), &draft, &[&key("a")]);
    });
    // White space is no part of what is signed, so the signatures hold over both.
    assert_eq!(expired, "expired");
    assert_eq!(check(&|repository| edit(repository, "\n", "\n ")), "length-mismatch");
    assert_eq!(check(&|repository| edit(repository, "\n  ", "\n\t ")), "hash-mismatch");
    let unpinned = |repository: &mut Repository| {
        let info = MetaInfo { version: 2, length: None, hashes: Hashes::default() };
        repository.listed.insert("a.json".to_owned(), info);
        let file = repository.files()[path].clone();
        repository.files_mut().insert("metadata/2.a.json".to_owned(), file);
    };
    assert_eq!(check(&unpinned), "wrong-version");
}

/// GHSA-qp9x-wp8f-qgjj of python-tuf: on Windows a pattern meant paths in other letters, and with the other slash.
#[test]
fn patterns_mean_the_same_paths_on_every_system() {
    let matches = |pattern: &str, path: &str| PathPattern::new(pattern).matches(path);
    assert!(matches("Lab/*.json", "Lab/a.json"));
    for path in ["lab/a.json", "LAB/a.json", "Lab/a.JSON", "Lab\\a.json", "Lab/a\\b/c.json", "Lab/a/b.json"] {
        assert!(!matches("Lab/*.json", path), "{path}");
    }
}

/// GHSA-77hh-43cm-v8j6 of python-tuf's lower interface: the keys of the bins verified a role of any name.
#[test]
fn the_keys_of_bins_sign_bins_and_no_other_role() {
    let mut repository = Repository::new(NOW);
    let keys = KeySet::of(name("bin"), [key("bin").public()], NonZeroU32::MIN);
    let bins = SuccinctBins::new(name("bin"), keys, 1).unwrap();
    repository.delegations = Some(Delegations::Bins(bins.clone()));
    for role in ["bin", "bin-2", "bin-00", "other"] {
        publish(&mut repository, role, &["x", "y", "z", "w"], None, &key("bin"));
    }
    for role in ["bin-0", "bin-1"] {
        publish(&mut repository, role, &[], None, &key("bin"));
    }
    repository.publish();
    let memory = repository.remembered(NOW);
    for path in ["x", "y", "z", "w"] {
        let (asked, found) = look(&repository, &memory, path).unwrap();
        assert_eq!((names(&asked).as_str(), found), (bins.bin_of(path).as_str(), None));
    }
}
