//! `curate sign` and `curate refresh`: turns what is staged into what is vouched for, and prolongs what is.
//!
//! What was made is verified as the next refresh of a client would, before the one file is written that makes it count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_database::PACK_PATH;
use packman_machine::files;
use packman_machine::stop::Commit;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{
    Good, KeySet, MetaInfo, Role, SafetyNumber, SnapshotDraft, TargetInfo, TargetPath, TimestampDraft,
};

use crate::bins::TargetsToSign;
use crate::blobs::{self, Blob};
use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::expiry::{Expiry, verify_clock};
use crate::folder::{Folder, Lifetimes, Settings, Shelf, Signed, verify_successor};
use crate::force::settings_after;
use crate::keys::{KeyPlace, KeyRing, Signer, sign_file};
use crate::packs;
use crate::proposal::{Claims, Missing, Piece, Proposal};
use crate::staged::{Staged, Targets};

/// What to sign, and who agrees to it.
pub struct SignRequest<'r> {
    /// The database's folder.
    pub folder: &'r Path,
    /// Is shown what would be signed, and says whether it shall be. Not asked where signing only prolongs.
    pub agree: &'r dyn Fn(&Staged) -> bool,
    /// What it takes where several keepers sign.
    pub together: Together,
}

/// What signing takes where several keepers do. Paths are absolute.
#[derive(Clone, Debug, Default)]
pub struct Together {
    /// Files of private keys to sign with, beside those of this machine's home.
    pub keys: Vec<PathBuf>,
    /// A key in the ssh-agent to sign with: its fingerprint or comment; empty for the only one.
    pub agent: Option<String>,
    /// A file that another keeper handed over.
    pub import: Option<PathBuf>,
    /// Where to write the file to be handed on.
    pub export: Option<PathBuf>,
    /// Whether what is proposed is dropped, and what is staged is proposed in its place.
    pub anew: bool,
}

impl Together {
    fn name(&self, ring: &mut KeyRing<'_>) -> Result<(), CurateError> {
        ring.name("named", &self.keys)?;
        self.agent.as_ref().map_or(Ok(()), |which| ring.name_in_agent(which))
    }
}

/// What was signed.
#[derive(Clone, Debug)]
pub struct SignReport {
    /// What it changed; empty where it only prolonged.
    pub staged: Staged,
    /// The new version of the targets; 0 where they stay as they are.
    pub version: u64,
    /// The version of the new root, where one was signed.
    pub root: Option<u64>,
    /// The safety number of the root it stands on.
    pub number: SafetyNumber,
    /// When each role expires now; empty while it is not in force.
    pub expiry: Vec<Expiry>,
    /// Whose signatures are missing: while there are some, nothing of it is in force.
    pub missing: Vec<Missing>,
    /// Whether nothing is missing but whoever has the online key.
    pub waits_for_online: bool,
}

impl SignReport {
    pub(crate) fn of(good: &Good, staged: Staged, lifetimes: &Lifetimes) -> Self {
        Self {
            staged,
            version: good.version(Role::Targets),
            root: None,
            number: good.root().number(),
            expiry: Expiry::of(good, lifetimes),
            missing: Vec::new(),
            waits_for_online: false,
        }
    }
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
    /// Signs what is staged; with nothing staged it prolongs the targets. Where other keepers must sign too, or did
    /// already, it signs what is proposed, and puts it in force once a threshold of keys signed it.
    pub fn sign(&self, request: &SignRequest<'_>) -> Result<SignReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(request.folder, self)?;
        folder.settings()?;
        let signed = Signed::begun(&folder)?;
        verify_clock(self.now, signed.as_ref().and_then(Signed::good))?;
        let proposal = proposed(&folder, signed.as_ref(), &request.together)?;
        match (proposal, signed) {
            (Some(proposal), signed) if !request.together.anew => {
                self.sign_proposal(&folder, signed, proposal, request)
            }
            (dropped, Some(signed)) => {
                let above = dropped.as_ref().map(version_above).transpose()?.unwrap_or_default();
                self.sign_staged(&folder, &signed, above, request)
            }
            (_, None) => Err(CurateError::usage(
                "`--anew`: the first root is not signed yet, wanted signatures for it",
            )),
        }
    }

    fn sign_staged(
        &self,
        folder: &Folder,
        signed: &Signed,
        above: u64,
        request: &SignRequest<'_>,
    ) -> Result<SignReport, CurateError> {
        let targets = Targets::gather(folder, signed)?;
        verify_new_blobs(folder, &targets)?;
        if !targets.staged.is_empty() && !(request.agree)(&targets.staged) {
            return Err(nobody_agreed());
        }
        let mut ring = self.ring(&signed.memory().chain_id())?;
        request.together.name(&mut ring)?;
        let settings = folder.settings()?;
        let signers = ring.at_hand(&settings.targets, usize::MAX)?;
        if signers.is_empty() {
            ring.open("targets", &settings.targets, 1)?;
        }
        let keys = signed.memory().root().keys(Role::Targets);
        let (pinned, drafted) = self.draft_targets(folder, signed, &targets, (keys, above), &signers)?;
        let mut proposal = Proposal { files: drafted.files.clone() };
        let is_signed = |path: &&str| Piece::of(path).is_some_and(|piece| piece.is_signed());
        let paths = drafted.files.keys().map(String::as_str).filter(is_signed);
        let needs = paths.map(|path| (path.to_owned(), vec![keys.clone()])).collect();
        let missing = proposal.missing(&needs, &settings.keys());
        if missing.is_empty() {
            let drafted = self.draft_online(folder, signed, pinned, drafted)?;
            let good = self.keep(folder, signed, &drafted)?;
            Proposal::remove(folder)?;
            // Here nobody is in the middle of anything; what is published keeps the packs that are served.
            packs::remove_all_but(folder.path(), good.target(PACK_PATH));
            return Ok(SignReport::of(&good, targets.staged, &settings.lifetimes));
        }
        // What the folder has already the others have, too.
        proposal.files.retain(|path, bytes| {
            is_signed(&path.as_str())
                || !files::read_file(&folder.join(path), u64::MAX)
                    .is_ok_and(|old| old.as_ref() == Some(bytes))
        });
        proposal.write(folder, &Commit::begin())?;
        hand_on(folder, &proposal, &drafted.files, &signed.memory().chain_id(), &request.together)?;
        let number = signed.memory().root().number();
        let version = needs.keys().find_map(|path| targets_version(path)).unwrap_or_default();
        Ok(SignReport {
            staged: targets.staged,
            version,
            root: None,
            number,
            expiry: Vec::new(),
            missing,
            waits_for_online: false,
        })
    }

    /// Signs what lies in the folder as a proposal, or was handed over.
    fn sign_proposal(
        &self,
        folder: &Folder,
        signed: Option<Signed>,
        mut proposal: Proposal,
        request: &SignRequest<'_>,
    ) -> Result<SignReport, CurateError> {
        let claims = Claims::read(&proposal, folder, signed.as_ref())?;
        let chain = signed.as_ref().map(|signed| signed.memory().chain_id()).or(claims.first_root);
        let chain = chain.ok_or_else(|| No::NothingSigned { folder: folder.path().to_owned() })?;
        let mut ring = self.ring(&chain)?;
        request.together.name(&mut ring)?;
        let after = settings_after(folder, &proposal)?;
        let signers = keepers_here(&mut ring, &claims, &[folder.settings()?, &after])?;
        if proposal.wants(&claims.needs, &signers) {
            if !(request.agree)(&claims.staged) {
                return Err(nobody_agreed());
            }
            proposal.sign(&claims.needs, &signers)?;
        }
        let keepers = [folder.settings()?.keys(), after.keys()].concat();
        let missing = proposal.missing(&claims.needs, &keepers);
        // Before it is in force here: whoever signed last has what the others lack.
        hand_on(folder, &proposal, &claims.contents, &chain, &request.together)?;
        if missing.is_empty()
            && let Some(mut report) =
                self.put_in_force(folder, signed.as_ref(), &proposal, (&claims, &after), &mut ring)?
        {
            report.staged = claims.staged;
            Proposal::remove(folder)?;
            return Ok(report);
        }
        proposal.write(folder, &Commit::begin())?;
        let number = claims.staged.root.as_ref().map(|root| root.number);
        let number = number.or(signed.map(|signed| signed.memory().root().number()));
        let number = number.ok_or_else(|| No::NothingSigned { folder: folder.path().to_owned() })?;
        let (version, waits_for_online) = (claims.targets.unwrap_or_default(), missing.is_empty());
        Ok(SignReport {
            staged: claims.staged,
            version,
            root: claims.root,
            number,
            expiry: Vec::new(),
            missing,
            waits_for_online,
        })
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

    fn draft_targets(
        &self,
        folder: &Folder,
        signed: &Signed,
        targets: &Targets,
        (keys, above): (&KeySet, u64),
        signers: &[Signer],
    ) -> Result<(MetaInfo, Drafted), CurateError> {
        let mut listed = BTreeMap::new();
        let mut drafted = Drafted::default();
        for (path, bytes) in &targets.bytes {
            let info = TargetInfo::of(bytes);
            drafted.files.insert(info.file_path(path), bytes.clone());
            let path = TargetPath::parse(path)
                .map_err(|error| Refused::Folder { path: folder.join(path), why: error.to_string() })?;
            listed.insert(path, info);
        }
        let to_sign = TargetsToSign { folder, signed, listed, keys, now: self.now, above };
        to_sign.sign(signers, drafted)
    }

    fn draft_online(
        &self,
        folder: &Folder,
        signed: &Signed,
        targets: MetaInfo,
        drafted: Drafted,
    ) -> Result<Drafted, CurateError> {
        let expires = self.now.plus_days(folder.settings()?.lifetimes.refresh_within_days);
        let mut ring = self.ring(&signed.memory().chain_id())?;
        let keys = ring.open("online", std::slice::from_ref(&folder.settings()?.online), 1)?;
        draft_online(folder, signed, targets, expires, &keys, drafted)
    }

    /// Verifies the new set as somebody who remembers the old one, and writes it; the timestamp last.
    pub(crate) fn keep(
        &self,
        folder: &Folder,
        signed: &Signed,
        drafted: &Drafted,
    ) -> Result<Good, CurateError> {
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

/// Writes the file that is to be handed on, where one was asked for.
fn hand_on(
    folder: &Folder,
    proposal: &Proposal,
    contents: &BTreeMap<String, Vec<u8>>,
    chain: &Sha256,
    together: &Together,
) -> Result<(), CurateError> {
    let Some(to) = &together.export else { return Ok(()) };
    if to.starts_with(folder.path()) {
        return Err(CurateError::usage(
            "`--export`: wanted a file outside the database's folder, which holds it already",
        ));
    }
    // A keeper may have an older copy of the folder: the file holds all that he has to see.
    let mut whole = Proposal { files: contents.clone() };
    whole.files.extend(proposal.files.clone());
    whole.export(chain, to)
}

/// The proposal that is to be signed: the one that lies in the folder, the one that was handed over, or both together.
fn proposed(
    folder: &Folder,
    signed: Option<&Signed>,
    together: &Together,
) -> Result<Option<Proposal>, CurateError> {
    let here = Proposal::read(folder)?;
    let Some(from) = &together.import else { return Ok(here) };
    let chain = signed.map(|signed| signed.memory().chain_id());
    let handed = Proposal::import(from, chain.as_ref())?;
    let Some(here) = here else { return Ok(Some(handed)) };
    here.merged(&handed, |why| Refused::Proposal { path: from.clone(), why }).map(Some)
}

fn targets_version(path: &str) -> Option<u64> {
    match Piece::of(path) {
        Some(Piece::Targets(version)) => Some(version),
        _ => None,
    }
}

/// The version above which something else may be signed than what was proposed.
fn version_above(dropped: &Proposal) -> Result<u64, CurateError> {
    if dropped.files.keys().any(|path| matches!(Piece::of(path), Some(Piece::Root(_)))) {
        return Err(CurateError::usage(
            "`--anew`: a root is proposed, whose version must not be signed twice: have it signed, or remove `proposed` if nobody signed it",
        ));
    }
    Ok(dropped.files.keys().filter_map(|path| targets_version(path)).max().unwrap_or_default())
}

/// What of the keys that count is on this machine, or was named.
fn keepers_here(
    ring: &mut KeyRing<'_>,
    claims: &Claims,
    settings: &[&Settings],
) -> Result<Vec<Signer>, CurateError> {
    let counts =
        |id: &str| claims.needs.values().flatten().any(|set| set.keys().any(|(key, _)| key.as_str() == id));
    let mut places: Vec<KeyPlace> = Vec::new();
    for place in settings.iter().flat_map(|settings| settings.root.iter().chain(&settings.targets)) {
        if counts(&place.id) && places.iter().all(|other| other.id != place.id) {
            places.push(place.clone());
        }
    }
    let mut signers = ring.at_hand(&places, usize::MAX)?;
    for (named, place) in ring.named() {
        if !counts(named.id().as_str()) {
            return Err(CurateError::usage(format!("{place} holds no key that counts for what is proposed")));
        }
        signers.push(named.clone());
    }
    Ok(signers)
}

fn nobody_agreed() -> CurateError {
    No::ConsentNeeded { what: "nothing was signed: nobody agreed to it", flag: "--yes" }.into()
}

/// Drafts a snapshot of those targets and its timestamp, signed by these keys; both go on from what is signed.
pub(crate) fn draft_online(
    folder: &Folder,
    signed: &Signed,
    targets: MetaInfo,
    expires: Time,
    keys: &[Signer],
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
    let path = Role::Snapshot.file_path(snapshot.version);
    let bytes = sign_file(&path, snapshot.sign(&[])?, keys)?;
    let pinned = MetaInfo::of(snapshot.version, &bytes);
    drafted.files.insert(path, bytes);
    let mut timestamp = match good {
        Some(good) => {
            TimestampDraft::parse("timestamp", good.bytes(Role::Timestamp)).map_err(refused(folder))?
        }
        None => TimestampDraft::new(0, expires, pinned),
    };
    timestamp.version = timestamp.version.saturating_add(1);
    timestamp.expires = expires;
    timestamp.snapshot = pinned;
    drafted.timestamp = sign_file(&Role::Timestamp.file_path(0), timestamp.sign(&[])?, keys)?;
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
