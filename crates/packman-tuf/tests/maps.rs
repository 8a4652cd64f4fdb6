//! TAP 4 over whole repositories: each refreshed and searched by itself, and believed together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use std::collections::BTreeMap;

use craft::NOW;
use packman_tuf::{
    Agreement, FirstUse, FoundTarget, Limits, Lookup, Refusal, Role, Step, TargetPath, TrustMap,
};
use testkit::repository::Repository;

const MAP: &[u8] = br#"{
    "repositories": {"anna": ["https://a.example"], "bert": ["https://b.example"], "carl": ["https://c.example"]},
    "mapping": [
        {"paths": ["app/*"], "repositories": ["anna", "bert", "carl"], "threshold": 2, "terminating": true}
    ]
}"#;

/// Three repositories with keys of their own, each with what it says `app/tool` is.
fn repositories(said: [&'static [u8]; 3]) -> BTreeMap<&'static str, Repository> {
    let names = ["anna", "bert", "carl"].into_iter().zip(1_u16..).zip(said);
    let made = names.map(|((name, seed), bytes)| {
        let mut repository = Repository::with_seed(NOW, seed * 40);
        repository.add_target("app/tool", bytes);
        repository.publish();
        (name, repository)
    });
    made.collect()
}

/// What one of them says, refreshed from nothing.
fn ask(repository: &Repository, path: &TargetPath) -> Result<Option<FoundTarget>, Refusal> {
    let memory = repository.first_use(FirstUse::remembering(Limits::default()))?;
    let outcome = repository.refreshed(memory, NOW);
    if let Some(refusal) = outcome.refusal {
        return Err(refusal);
    }
    let mut lookup = Lookup::begin(outcome.memory.good().unwrap(), path.clone(), NOW, Limits::default())?;
    while let Step::Fetch(request) = lookup.step() {
        lookup.answer(repository.serve(&request))?;
    }
    Ok(lookup.finish())
}

/// The verdict on `app/tool`, and where it was fetched from in the end.
fn check(repositories: &BTreeMap<&'static str, Repository>) -> String {
    let (map, path) = (TrustMap::parse(MAP).unwrap(), TargetPath::parse("app/tool").unwrap());
    match map.decide(&path, |name| ask(&repositories[name], &path)) {
        Err(refusal) => format!("{}: {refusal}", refusal.code()),
        Ok(Agreement::Agreed(agreed)) => {
            let fetched = agreed.requests().map(|(name, request)| {
                let bytes = &repositories[name].files()[&request.path];
                let verified = agreed.verify(bytes).unwrap();
                assert_eq!(verified.path(), "app/tool");
                format!("{} from {name}", String::from_utf8_lossy(verified.bytes()))
            });
            let fetched: Vec<_> = fetched.collect();
            assert_eq!(agreed.verify(b"evil").unwrap_err().code(), "hash-mismatch");
            fetched.join(", ")
        }
        Ok(other) => format!("{other:?}"),
    }
}

#[test]
fn a_repository_that_was_taken_over_convinces_nobody_alone() {
    assert_eq!(check(&repositories([b"tool", b"tool", b"tool"])), "tool from anna, tool from bert");
    assert_eq!(check(&repositories([b"evil", b"tool", b"tool"])), "tool from bert, tool from carl");
    assert_eq!(check(&repositories([b"evil", b"tool", b"bad!"])), "Disagreed { found: 1, wanted: 2 }");
}

/// Else whoever stands between could choose who answers.
#[test]
fn a_repository_that_is_refused_is_none_that_has_no_such_target() {
    let mut all = repositories([b"tool", b"tool", b"tool"]);
    let anna = all.get_mut("anna").unwrap();
    anna.expiry.insert(Role::Timestamp, NOW);
    anna.publish_timestamp();
    assert_eq!(
        check(&all),
        "expired: `metadata/timestamp.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z"
    );
    let mut all = repositories([b"tool", b"tool", b"tool"]);
    let anna = all.get_mut("anna").unwrap();
    anna.remove_target("app/tool");
    anna.publish();
    assert_eq!(check(&all), "tool from bert, tool from carl");
}
