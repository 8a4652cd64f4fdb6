//! Older files that were believed, or that shut newer ones out.

use packman_tuf::{Memory, MetaInfo, Role, TimestampDraft};

use crate::craft::NOW;
use crate::{refused, repository};

/// CVE-2022-29173 of go-tuf: what had been believed before was not read before versions were compared.
#[test]
fn what_was_remembered_is_the_floor_of_every_role() {
    let mut repository = repository();
    let old = repository.clone();
    repository.publish();
    // Through the file, as a program does that begins anew.
    let memory = Memory::parse(&repository.remembered(NOW).encode()).unwrap();
    assert_eq!(refused(&old, &memory), "rollback", "all of it");
    let mut forged = repository.clone();
    forged.versions.insert(Role::Timestamp, 1);
    forged.publish_timestamp();
    assert_eq!(refused(&forged, &memory), "rollback", "the timestamp alone");
    // A new timestamp that lists the snapshot before, and a new snapshot that lists the targets before.
    let mut forged = repository.clone();
    forged.versions.insert(Role::Snapshot, 2);
    forged.publish_timestamp();
    assert_eq!(refused(&forged, &memory), "rollback", "the snapshot");
    let mut forged = repository;
    forged.versions.insert(Role::Targets, 2);
    forged.refresh();
    assert_eq!(refused(&forged, &memory), "rollback", "the targets");
}

/// CVE-2025-2888 of tough: a timestamp that was refused had been kept, and stood in the way of the next honest one.
#[test]
fn a_timestamp_that_lists_an_older_snapshot_is_not_seen() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    let older = MetaInfo { version: 1, ..repository.newest(Role::Snapshot) };
    let draft = TimestampDraft::new(u64::MAX, NOW.plus_days(30), older);
    let mut forged = repository.clone();
    let file = draft.sign(&repository.signers(Role::Timestamp)).unwrap();
    forged.files_mut().insert("metadata/timestamp.json".to_owned(), file);
    let outcome = forged.refreshed(memory, NOW);
    assert_eq!((outcome.refusal.unwrap().code(), outcome.changed), ("rollback", false));
    repository.publish();
    assert_eq!(repository.refreshed(outcome.memory, NOW).refusal, None, "an honest one follows");
}

/// Not published as an advisory: sigstore-tuf 0.12 mended that a floor was dropped when its file had expired.
#[test]
fn a_file_that_has_expired_is_still_the_floor() {
    let mut repository = repository();
    let old = repository.clone();
    repository.expiry.insert(Role::Timestamp, NOW.plus_days(1));
    repository.publish();
    let memory = repository.remembered(NOW);
    let later = NOW.plus_days(2);
    assert_eq!(repository.refreshed(memory.clone(), later).refusal.unwrap().code(), "expired");
    assert_eq!(old.refreshed(memory, later).refusal.unwrap().code(), "rollback");
}
