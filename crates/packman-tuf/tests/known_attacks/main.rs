//! Every published advisory on a TUF client that we know of, as an attack on this one. `docs/known-attacks.md` lists
//! them with what stops each here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

#[path = "../craft/mod.rs"]
mod craft;
mod delegations;
mod names;
mod rollback;
mod roots;
mod signatures;

use std::num::NonZeroU32;

use packman_tuf::{
    DelegatedPaths, DelegatedRole, Delegations, KeySet, Limits, Lookup, Memory, PathPattern, Refusal,
    RoleName, SigningKey, Step, TargetPath,
};
use testkit::repository::Repository;

fn repository() -> Repository {
    let mut repository = Repository::new(craft::NOW);
    repository.add_target("flask", b"flask");
    repository.publish();
    repository
}

/// Refreshes, is refused, and stays with what was good. Gives the code.
#[track_caller]
fn refused(repository: &Repository, memory: &Memory) -> &'static str {
    let outcome = repository.refreshed(memory.clone(), craft::NOW);
    let versions = |memory: &Memory| memory.good().map(|good| good.versions().collect::<Vec<_>>());
    assert_eq!(versions(&outcome.memory), versions(memory));
    outcome.refusal.expect("the attack is refused").code()
}

fn name(role: &str) -> RoleName {
    RoleName::delegated(role).unwrap()
}

/// A key by its name.
fn key(of: &str) -> SigningKey {
    SigningKey::from_seed(*packman_strict::Sha256::of(of.as_bytes()).as_bytes())
}

/// A delegation to a role, signed by the key of its name.
fn delegation(to: &str, pattern: &str, terminating: bool) -> DelegatedRole {
    let paths = DelegatedPaths::Patterns(vec![PathPattern::new(pattern)]);
    let keys = KeySet::of(name(to), [key(to).public()], NonZeroU32::MIN);
    DelegatedRole { name: name(to), keys, paths, terminating }
}

#[allow(clippy::unnecessary_wraps, reason = "what is assigned may be none")]
fn roles(roles: &[DelegatedRole]) -> Option<Delegations> {
    Some(Delegations::Roles(roles.to_vec()))
}

/// Looks a target up: the files of the roles that were asked for, and the length of what was found.
fn look(repository: &Repository, memory: &Memory, path: &str) -> Result<(Vec<String>, Option<u64>), Refusal> {
    let target = TargetPath::parse(path).unwrap();
    let mut lookup = Lookup::begin(memory.good().unwrap(), target, craft::NOW, Limits::default())?;
    let mut asked = Vec::new();
    while let Step::Fetch(request) = lookup.step() {
        lookup.answer(repository.serve(&request))?;
        asked.push(request.path);
    }
    Ok((asked, lookup.finish().map(|found| found.info().length)))
}
