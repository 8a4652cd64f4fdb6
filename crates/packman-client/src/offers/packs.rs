//! Packs: many missing records are fetched as one file.
//!
//! A pack is only a way to carry records: it is held against its own signed hash, and each record out of it against
//! that record's. One that is missing, wrong or no pack is passed over, and its records are fetched one by one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use packman_database::{PACK_PATH, Pack};
use packman_machine::network::Fetched;
use packman_strict::Sha256;
use packman_trust::SignedRecord;
use packman_tuf::TargetInfo;

use crate::client::Client;

/// From how many missing records on a pack is thought of.
const MANY: u64 = 8;

/// How many bytes of a pack each missing record is worth: about what asking for it alone costs.
const WORTH: u64 = 64 << 10;

/// How many records are looked for in the cache to guess how many it lacks.
const SAMPLE: usize = 32;

/// The packs of one run, by hash.
#[derive(Default)]
pub(crate) struct Packs {
    known: Mutex<HashMap<Sha256, Arc<Known>>>,
}

#[derive(Default)]
struct Known {
    missed: AtomicU64,
    lacking: OnceLock<u64>,
    kept: OnceLock<bool>,
    pack: OnceLock<Option<Pack>>,
}

impl Packs {
    /// A record out of the pack of the database that answers for it, if there is one and it is worth its bytes. Who
    /// comes while it is being fetched waits for it.
    pub(super) fn record(&self, client: &Client<'_>, wanted: &SignedRecord<'_>) -> Option<Vec<u8>> {
        let (known, target) = self.known(wanted)?;
        let missed = known.missed.fetch_add(1, Ordering::Relaxed) + 1;
        if known.pack.get().is_none() && !known.is_worth(client, wanted, &target, missed) {
            return None;
        }
        let pack = known.pack.get_or_init(|| read(client, wanted, &target)).as_ref()?;
        pack.record(wanted.project())
    }

    /// The same for who wants to see all records of a database: its pack is fetched whatever else is kept.
    pub(super) fn record_of_whole(&self, client: &Client<'_>, wanted: &SignedRecord<'_>) -> Option<Vec<u8>> {
        let (known, target) = self.known(wanted)?;
        let pack = known.pack.get_or_init(|| read(client, wanted, &target)).as_ref()?;
        pack.record(wanted.project())
    }

    fn known(&self, wanted: &SignedRecord<'_>) -> Option<(Arc<Known>, TargetInfo)> {
        let target = wanted.pack().filter(|target| target.length <= Pack::LONGEST)?;
        let sha256 = target.sha256()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Some((Arc::clone(known.entry(sha256).or_default()), target))
    }
}

impl Known {
    fn is_worth(
        &self,
        client: &Client<'_>,
        wanted: &SignedRecord<'_>,
        target: &TargetInfo,
        missed: u64,
    ) -> bool {
        let lacking = || *self.lacking.get_or_init(|| lacking(client, wanted));
        let many = if missed < MANY && lacking() > MANY { MANY } else { missed };
        (many >= MANY && target.length <= many.saturating_mul(WORTH))
            || *self.kept.get_or_init(|| target.sha256().is_some_and(|sha256| client.cache.has_blob(&sha256)))
    }
}

/// About how many records of the database the cache lacks.
fn lacking(client: &Client<'_>, wanted: &SignedRecord<'_>) -> u64 {
    let listed = wanted.siblings().count();
    let step = listed.div_ceil(SAMPLE).max(1);
    let lacking = wanted.siblings().step_by(step).filter(|target| !client.has_record(target)).count();
    (lacking * step) as u64
}

/// Opens the pack that is kept, or fetches it from the first mirror that has it whole.
fn read(client: &Client<'_>, wanted: &SignedRecord<'_>, target: &TargetInfo) -> Option<Pack> {
    let sha256 = target.sha256()?;
    if let Some(bytes) = client.cache.blob(&sha256) {
        return wanted.open_pack(&bytes);
    }
    let path = target.file_path(PACK_PATH);
    let within = client.fetcher.within(client.fetcher.unhurried());
    for place in client.places_of(wanted.source()).ok()? {
        let Ok(Fetched::Bytes(bytes)) = within.get(&place, &path, target.length) else { continue };
        if let Some(pack) = wanted.open_pack(&bytes) {
            client.cache.put_known_blob(&sha256, &bytes);
            return Some(pack);
        }
    }
    None
}
