//! `curate sign` and `curate refresh`: turns what is staged into what is vouched for, and prolongs what is.
//!
//! What was made is verified as the next refresh of a client would, before the one file is written that makes it count.

use std::collections::BTreeMap;
use std::path::Path;

use packman_database::PACK_PATH;
use packman_machine::files;
use packman_machine::stop::Commit;
use packman_strict::time::Time;
use packman_tuf::{
    Good, MetaInfo, Role, SafetyNumber, SigningKey, SnapshotDraft, TargetInfo, TargetPath, TimestampDraft,
};

use crate::bins::TargetsToSign;
use crate::blobs::{self, Blob};
use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::expiry::{Expiry, verify_clock};
use crate::folder::{Folder, Shelf, Signed, verify_successor};
use crate::keys::{KeyPlace, KeyRing};
use crate::packs;
use crate::staged::{Staged, Targets};

/// What to sign, and who agrees to it.
pub struct SignRequest<'r> {
    /// The database's folder.
    pub folder: &'r Path,
    /// Is shown what would be signed, and says whether it shall be. Not asked where signing only prolongs.
    pub agree: &'r dyn Fn(&Staged) -> bool,
}

/// What was signed.
#[derive(Clone, Debug)]
pub struct SignReport {
    /// What it changed; empty where it only prolonged.
    pub staged: Staged,
    /// The new version of the targets.
    pub version: u64,
    /// The safety number of the root it stands on.
    pub number: SafetyNumber,
    /// When each role expires now.
    pub expiry: Vec<Expiry>,
}

/// What was prolonged.
#[derive(Clone, Debug)]
pub struct RefreshReport {
    /// The new version of the timestamp.
    pub version: u64,
    /// When each role expires now.
    pub expiry: Vec<Expiry>,
}

/// Signed files that are not written yet, by path; the timestamp is apart, because it makes the others count.
#[derive(Default)]
pub(crate) struct Drafted {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What the next snapshot lists of bins.
    pub(crate) listed: BTreeMap<String, MetaInfo>,
    pub(crate) timestamp: Vec<u8>,
}

impl Curator<'_> {
    /// Signs what is staged; with nothing staged it prolongs the targets.
    pub fn sign(&self, request: &SignRequest<'_>) -> Result<SignReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(request.folder, self)?;
        folder.settings()?;
        let signed = Signed::read(folder.path())?;
        verify_clock(self.now, signed.good())?;
        let targets = Targets::gather(&folder, &signed)?;
        verify_new_blobs(&folder, &targets)?;
        if !targets.staged.is_empty() && !(request.agree)(&targets.staged) {
            return Err(
                No::ConsentNeeded { what: "nothing was signed: nobody agreed to it", flag: "--yes" }.into()
            );
        }
        let drafted = self.draft_all(&folder, &signed, &targets)?;
        let good = self.keep(&folder, &signed, &drafted)?;
        // Here nobody is in the middle of anything; what is published keeps the packs that are served.
        packs::remove_all_but(folder.path(), good.target(PACK_PATH));
        let expiry = Expiry::of(&good, &folder.settings()?.lifetimes);
        let (version, number) = (good.version(Role::Targets), good.root().number());
        Ok(SignReport { staged: targets.staged, version, number, expiry })
    }

    /// Prolongs snapshot and timestamp with the online key alone: no question, no passphrase, no record.
    pub fn refresh(&self, path: &Path) -> Result<RefreshReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(path, self)?;
        folder.settings()?;
        let signed = Signed::read(folder.path())?;
        let Some(good) = signed.good() else {
            return Err(No::NothingSigned { folder: path.to_owned() }.into());
        };
        verify_clock(self.now, Some(good))?;
        let version = good.version(Role::Targets);
        let pinned = MetaInfo::of(version, good.bytes(Role::Targets));
        let drafted = self.draft_online(&folder, &signed, pinned, Drafted::default())?;
        let good = self.keep(&folder, &signed, &drafted)?;
        let expiry = Expiry::of(&good, &folder.settings()?.lifetimes);
        Ok(RefreshReport { version: good.version(Role::Timestamp), expiry })
    }

    fn draft_all(&self, folder: &Folder, signed: &Signed, targets: &Targets) -> Result<Drafted, CurateError> {
        let mut listed = BTreeMap::new();
        let mut written = BTreeMap::new();
        for (path, bytes) in &targets.bytes {
            let info = TargetInfo::of(bytes);
            written.insert(info.file_path(path), bytes.clone());
            let path = TargetPath::parse(path)
                .map_err(|error| Refused::Folder { path: folder.join(path), why: error.to_string() })?;
            listed.insert(path, info);
        }
        let key = self.open_key(signed, "targets", &folder.settings()?.targets)?;
        let keys = signed.memory().root().keys(Role::Targets);
        let to_sign = TargetsToSign { folder, signed, listed, keys, now: self.now };
        let drafted = Drafted { files: written, ..Drafted::default() };
        let (pinned, drafted) = to_sign.sign(&[&key], drafted)?;
        self.draft_online(folder, signed, pinned, drafted)
    }

    fn draft_online(
        &self,
        folder: &Folder,
        signed: &Signed,
        targets: MetaInfo,
        drafted: Drafted,
    ) -> Result<Drafted, CurateError> {
        let expires = self.now.plus_days(folder.settings()?.lifetimes.refresh_within_days);
        let key = self.open_key(signed, "online", &folder.settings()?.online)?;
        draft_online(folder, signed, targets, expires, &[&key], drafted)
    }

    fn open_key(
        &self,
        signed: &Signed,
        role: &'static str,
        place: &KeyPlace,
    ) -> Result<SigningKey, CurateError> {
        let mut ring = KeyRing::of(self.home, &signed.memory().chain_id(), self.passphrases)?;
        let keys = ring.open(role, std::slice::from_ref(place), 1)?;
        let missing = || No::KeyMissing { role, path: ring.path(place) };
        keys.into_iter().next().ok_or_else(|| missing().into())
    }

    /// Verifies the new set as somebody who remembers the old one, and writes it; the timestamp last.
    fn keep(&self, folder: &Folder, signed: &Signed, drafted: &Drafted) -> Result<Good, CurateError> {
        let timestamp = Role::Timestamp.file_path(0);
        let mut laid = Shelf::of(folder.path()).with(timestamp.clone(), &drafted.timestamp);
        for (path, bytes) in &drafted.files {
            laid = laid.with(path.clone(), bytes);
        }
        let verified = verify_successor(signed.memory().clone(), &laid, self.now)?;
        let memory = verified.map_err(|refusal| unusable(refusal, folder.path()))?;
        let nothing = || No::NothingSigned { folder: folder.path().to_owned() };
        let good = memory.good().ok_or_else(nothing)?.clone();
        self.stop.live()?;
        let _commit = Commit::begin();
        for (path, bytes) in &drafted.files {
            folder.write(path, bytes)?;
        }
        files::settle(folder.path())?;
        folder.write(&timestamp, &drafted.timestamp)?;
        Ok(good)
    }
}

/// Drafts a snapshot of those targets and its timestamp, signed by these keys; both go on from what is signed.
pub(crate) fn draft_online(
    folder: &Folder,
    signed: &Signed,
    targets: MetaInfo,
    expires: Time,
    keys: &[&SigningKey],
    mut drafted: Drafted,
) -> Result<Drafted, CurateError> {
    let good = signed.good();
    let mut snapshot = match good {
        Some(good) => {
            SnapshotDraft::parse("snapshot", good.bytes(Role::Snapshot)).map_err(refused(folder))?
        }
        None => SnapshotDraft::new(0, expires, targets),
    };
    snapshot.version = snapshot.version.saturating_add(1);
    snapshot.expires = expires;
    snapshot.meta.insert("targets.json".to_owned(), targets);
    snapshot.meta.append(&mut drafted.listed);
    let bytes = snapshot.sign(keys)?;
    let pinned = MetaInfo::of(snapshot.version, &bytes);
    drafted.files.insert(Role::Snapshot.file_path(snapshot.version), bytes);
    let mut timestamp = match good {
        Some(good) => {
            TimestampDraft::parse("timestamp", good.bytes(Role::Timestamp)).map_err(refused(folder))?
        }
        None => TimestampDraft::new(0, expires, pinned),
    };
    timestamp.version = timestamp.version.saturating_add(1);
    timestamp.expires = expires;
    timestamp.snapshot = pinned;
    drafted.timestamp = timestamp.sign(keys)?;
    Ok(drafted)
}

/// Sorts a refusal of our own files: what has merely expired is nobody's attack.
pub(crate) fn unusable(refusal: packman_tuf::Refusal, folder: &Path) -> CurateError {
    if refusal.code() == "expired" {
        return No::Expired { refusal }.into();
    }
    Refused::Signed { folder: folder.to_owned(), refusal }.into()
}

pub(crate) fn refused(folder: &Folder) -> impl Fn(packman_tuf::Refusal) -> CurateError {
    let folder = folder.path().to_owned();
    move |refusal| Refused::Signed { folder: folder.clone(), refusal }.into()
}

/// Verifies that what new records name by hash is there: what nobody could fetch is not to be vouched for.
fn verify_new_blobs(folder: &Folder, targets: &Targets) -> Result<(), CurateError> {
    for new in &targets.staged.new {
        let record = targets.records.get(&new.file.project);
        let Some(file) = record.and_then(|record| record.file(&new.file.file)) else { continue };
        for blob in Blob::of(file) {
            blobs::verify(folder, &blob)?;
        }
    }
    Ok(())
}
