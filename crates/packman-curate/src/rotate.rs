//! `curate rotate`: a new root, which prolongs the old one or gives roles new keys.
//!
//! Clients follow it by themselves: a threshold of the old root's keys signs the new root, and a threshold of its own.
//! What a role signed is signed anew when its key changed: with both keys where the old one is at hand, so that a
//! client that has not met the new root yet is served as well.

mod fresh;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_machine::stop::Commit;
use packman_strict::time::Time;
use packman_tuf::{
    Envelope, KeySet, MetaInfo, Role, RoleKeys, Root, RootDraft, SafetyNumber, TargetPath, Verified,
};

use crate::bins::TargetsToSign;
use crate::curator::Curator;
use crate::error::{CurateError, Failed, No};
use crate::expiry::{Expiry, verify_clock};
use crate::folder::{Folder, Rotation, Settings, Shelf, Signed, verify_rotation};
use crate::keys::{KeyPlace, KeyRing, NewFiles, NewKey, Passphrase, Signer, Undecided, sign_file};
use crate::proposal::{Missing, Needs, Proposal};

use crate::sign::{Drafted, draft_online, refused, unusable};
use fresh::Fresh;

/// What to rotate. Paths are absolute.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
pub struct RotateRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// Whether the root gets new keys.
    pub root: bool,
    /// Whether the targets get a new key.
    pub targets: bool,
    /// Whether snapshot and timestamp get a new key.
    pub online: bool,
    /// Files of root keys that are kept elsewhere: the spare, say.
    pub keys: Vec<PathBuf>,
    /// Key files for the root's new keys instead of made ones: private ones, and public ones of other keepers.
    pub root_keys: Vec<PathBuf>,
    /// How many root keys must sign from now on, with `root`; as many as before where that is not said.
    pub threshold: Option<u32>,
    /// The same for the targets.
    pub targets_keys: Vec<PathBuf>,
    /// How many targets keys must sign from now on, with `targets`.
    pub targets_threshold: Option<u32>,
    /// A key in the ssh-agent to be the new key of `root` and `targets`, or to sign with where neither gets new ones: its
    /// fingerprint or comment; empty for the only one.
    pub agent: Option<String>,
    /// Where to write the new spare root key.
    pub spare: Option<PathBuf>,
    /// Whether the new keys shall have no passphrase.
    pub no_passphrase: bool,
}

/// A new root.
#[derive(Clone, Debug)]
pub struct RotateReport {
    /// Its version.
    pub version: u64,
    /// Its safety number.
    pub number: SafetyNumber,
    /// When it expires.
    pub root_expires: Time,
    /// When each role expires now; empty before the first signature.
    pub expiry: Vec<Expiry>,
    /// The new spare root key, to be taken elsewhere.
    pub spare: Option<PathBuf>,
    /// Key files that sign nothing any more.
    pub retired: Vec<PathBuf>,
    /// Whose signatures are missing: while there are some, nothing of it is in force.
    pub missing: Vec<Missing>,
}

impl Curator<'_> {
    /// Makes a new root, signed by the old one's keys and its own. Whatever ends it before it is decided leaves the
    /// folder as it was; what ends it after that is finished by the next command.
    pub fn rotate(&self, request: &RotateRequest) -> Result<RotateReport, CurateError> {
        verify_request(request)?;
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.settings()?;
        let signed = Signed::read(folder.path())?;
        verify_clock(self.now, signed.good())?;
        if Proposal::read(&folder)?.is_some() {
            return Err(No::InTheWay { path: Proposal::place(&folder) }.into());
        }
        let before = signed.memory().root();
        let chain = signed.memory().chain_id();
        let mut ring = self.ring(&chain)?;
        ring.name("root", &request.keys)?;
        if let (Some(which), false, false) = (&request.agent, request.root, request.targets) {
            ring.name_in_agent(which)?;
        }
        let old = root_signers(&mut ring, before, folder.settings()?)?;
        let fresh = Fresh::make(request, folder.settings()?, &mut ring)?;
        let passphrase = self.passphrase_for(request, &fresh)?;
        let root_expires = self.now.plus_days(folder.settings()?.lifetimes.root_days);
        let (draft, root) = sign_root(&folder, before, &old, &fresh, root_expires)?;
        let version = draft.version;
        let settings = fresh.settings(folder.settings()?);
        let targets = self.targets_anew(&folder, &signed, &mut ring, &fresh, &draft.keys)?;
        let (proposal, needs) = proposal(before, &draft, &root, &settings, targets.as_ref());
        let keepers = [folder.settings()?.keys(), settings.keys()].concat();
        let missing = proposal.missing(&needs, &keepers);
        let files = fresh.files(self.home, &chain, passphrase.as_ref())?;
        let spare = fresh.spare.as_ref().map(|spare| files.folder().join(&spare.file));
        let retired = fresh.retired(folder.settings()?).filter_map(|place| ring.path(place)).collect();
        let mut report = RotateReport {
            version,
            number: claimed_number(&root)?,
            root_expires,
            expiry: Vec::new(),
            spare,
            retired,
            missing,
        };
        if !report.missing.is_empty() {
            self.write_anew(&folder, &files, report.spare.as_deref(), |commit| {
                proposal.write(&folder, commit)
            })?;
            return Ok(report);
        }
        let drafted = self.online_anew(&folder, &signed, &mut ring, &fresh, targets)?;
        let memory = verify(&folder, &signed, (version, &root), drafted.as_ref())?;
        let decided = rotation(version, &root, drafted.as_ref(), &settings)?;
        self.write_anew(&folder, &files, report.spare.as_deref(), |commit| {
            write(&folder, drafted.as_ref())?;
            decided.apply(&folder, commit)
        })?;
        report.expiry = memory.good().map(|good| Expiry::of(good, &settings.lifetimes)).unwrap_or_default();
        Ok(report)
    }

    /// Writes new keys and what names them, both or neither.
    fn write_anew(
        &self,
        folder: &Folder,
        files: &NewFiles<'_>,
        spare: Option<&Path>,
        write: impl FnOnce(&Commit) -> Result<(), CurateError>,
    ) -> Result<(), CurateError> {
        Undecided::clear(folder.path(), self.home, Some(folder.settings()?), spare)?;
        self.stop.live()?;
        let commit = Commit::begin();
        files.write(folder.path(), &commit)?;
        write(&commit).inspect_err(|_| files.forget(folder.path(), &commit))?;
        NewFiles::are_named(folder.path(), &commit);
        Ok(())
    }

    fn passphrase_for(
        &self,
        request: &RotateRequest,
        fresh: &Fresh,
    ) -> Result<Option<Passphrase>, CurateError> {
        let wanted = fresh.has_secrets() && !request.no_passphrase;
        wanted.then(|| self.new_passphrase()).transpose()
    }

    /// Signs targets and bins anew where their keys changed.
    fn targets_anew(
        &self,
        folder: &Folder,
        signed: &Signed,
        ring: &mut KeyRing<'_>,
        fresh: &Fresh,
        keys: &RoleKeys,
    ) -> Result<Option<(MetaInfo, Drafted)>, CurateError> {
        let Some(good) = signed.good().filter(|_| fresh.has_targets()) else { return Ok(None) };
        let mut signers = fresh.targets_signers();
        signers.extend(at_hand(ring, &folder.settings()?.targets)?);
        let mut listed = BTreeMap::new();
        for (path, info) in good.targets() {
            let path = TargetPath::parse(path).map_err(|error| Failed::Unsignable(error.to_string()))?;
            listed.insert(path, info);
        }
        let to_sign = TargetsToSign { folder, signed, listed, keys: &keys.targets, now: self.now, above: 0 };
        to_sign.sign(&signers, Drafted::default()).map(Some)
    }

    /// Signs snapshot and timestamp anew, where their keys changed, or the targets did.
    fn online_anew(
        &self,
        folder: &Folder,
        signed: &Signed,
        ring: &mut KeyRing<'_>,
        fresh: &Fresh,
        targets: Option<(MetaInfo, Drafted)>,
    ) -> Result<Option<Drafted>, CurateError> {
        let Some(good) = signed.good().filter(|_| targets.is_some() || fresh.online.is_some()) else {
            return Ok(None);
        };
        let settings = folder.settings()?;
        let as_it_was = || MetaInfo::of(good.version(Role::Targets), good.bytes(Role::Targets));
        let (pinned, drafted) = targets.unwrap_or_else(|| (as_it_was(), Drafted::default()));
        let expires = self.now.plus_days(settings.lifetimes.refresh_within_days);
        let old = std::slice::from_ref(&settings.online);
        let keys = match &fresh.online {
            Some(new) => [vec![new.signer()], at_hand(ring, old)?].concat(),
            None => ring.open("online", old, 1)?,
        };
        draft_online(folder, signed, pinned, expires, &keys, drafted).map(Some)
    }
}

fn claimed_number(root: &[u8]) -> Result<SafetyNumber, CurateError> {
    let number = Envelope::parse("root", root, u64::MAX).and_then(|envelope| envelope.claimed_number());
    Ok(number.map_err(|error| Failed::Unsignable(error.to_string()))?)
}

/// What keepers have to sign of a rotation, and who.
fn proposal(
    before: &Root,
    draft: &RootDraft,
    root: &[u8],
    settings: &Settings,
    targets: Option<&(MetaInfo, Drafted)>,
) -> (Proposal, Needs) {
    let path = Role::Root.file_path(draft.version);
    let mut proposal = Proposal::default();
    let mut needs = Needs::new();
    needs.insert(path.clone(), vec![before.keys(Role::Root).clone(), draft.keys.root.clone()]);
    proposal.files.insert(path, root.to_vec());
    proposal.files.insert(crate::folder::SETTINGS.to_owned(), settings.encode().into_bytes());
    for (path, file) in targets.iter().flat_map(|(_, drafted)| &drafted.files) {
        needs.insert(path.clone(), vec![draft.keys.targets.clone()]);
        proposal.files.insert(path.clone(), file.clone());
    }
    (proposal, needs)
}

/// Verifies the folder as it will be, as somebody who remembers it as it is. What has merely expired is what a
/// rotation may be for.
pub(crate) fn verify(
    folder: &Folder,
    signed: &Signed,
    (version, root): (u64, &[u8]),
    drafted: Option<&Drafted>,
) -> Result<packman_tuf::Memory, CurateError> {
    let mut laid = Shelf::of(folder.path()).with(Role::Root.file_path(version), root);
    for (path, bytes) in drafted.iter().flat_map(|drafted| &drafted.files) {
        laid = laid.with(path.clone(), bytes);
    }
    if let Some(drafted) = drafted {
        laid = laid.with(Role::Timestamp.file_path(0), &drafted.timestamp);
    }
    let verified = verify_rotation(signed.memory(), &laid)?;
    verified.map_err(|refusal| unusable(refusal, folder.path()))
}

fn verify_request(request: &RotateRequest) -> Result<(), CurateError> {
    if !request.root && (!request.root_keys.is_empty() || request.threshold.is_some()) {
        return Err(CurateError::usage(
            "`--root-key` and `--threshold`: wanted with `--root`, which gives the root new keys",
        ));
    }
    if !request.targets && (!request.targets_keys.is_empty() || request.targets_threshold.is_some()) {
        return Err(CurateError::usage(
            "`--targets-key` and `--targets-threshold`: wanted with `--targets`, which gives the targets new keys",
        ));
    }
    match &request.spare {
        Some(_) if !request.root => {
            Err(CurateError::usage("`--spare`: wanted with `--root`, which makes new root keys"))
        }
        // The folder may be pushed somewhere whole.
        Some(spare) if spare.starts_with(&request.folder) => {
            Err(CurateError::usage("`--spare`: no private key belongs into the folder of the database"))
        }
        _ => Ok(()),
    }
}

/// A threshold of the old root's keys: those that were named, then those of this machine. Where there are fewer, other
/// keepers sign as well; where there are none nobody knows whether the keys are only lost.
fn root_signers(
    ring: &mut KeyRing<'_>,
    root: &Verified<Root>,
    settings: &Settings,
) -> Result<Vec<Signer>, CurateError> {
    let keys = root.keys(Role::Root);
    if let Some((_, place)) =
        ring.named().iter().find(|(named, _)| !keys.distinct().contains(&named.public()))
    {
        return Err(CurateError::usage(format!("{place} holds no root key of this database")));
    }
    let wanted = usize::try_from(keys.threshold().get()).unwrap_or(usize::MAX);
    let mut signers: Vec<Signer> = Vec::new();
    for (named, _) in ring.named() {
        if signers.iter().all(|other| other.id() != named.id()) {
            signers.push(named.clone());
        }
    }
    let is_named = |place: &&KeyPlace| signers.iter().any(|key| key.id().as_str() == place.id);
    let places = settings.root.iter().chain(&settings.spare).filter(|place| !is_named(place));
    let places: Vec<KeyPlace> = places.cloned().collect();
    let missing = wanted.saturating_sub(signers.len());
    let is_shared = places.iter().any(|place| place.file.is_none());
    let more = if is_shared { ring.at_hand(&places, missing)? } else { ring.open("root", &places, missing)? };
    signers.extend(more);
    if signers.is_empty() {
        ring.open("root", &places, wanted)?;
    }
    Ok(signers)
}

fn sign_root(
    folder: &Folder,
    before: &Verified<Root>,
    old: &[Signer],
    fresh: &Fresh,
    expires: Time,
) -> Result<(RootDraft, Vec<u8>), CurateError> {
    let path = Role::Root.file_path(before.version());
    let mut draft = RootDraft::parse(&path, before.bytes()).map_err(refused(folder))?;
    draft.version = before.version().saturating_add(1);
    draft.expires = expires;
    let keys = &mut draft.keys;
    if fresh.has_root() {
        keys.root = KeySet::of(Role::Root, fresh.root_public(), fresh.threshold);
    }
    if fresh.has_targets() {
        keys.targets = KeySet::of(Role::Targets, fresh.targets_public(), fresh.targets_threshold);
    }
    if let Some(new) = &fresh.online {
        keys.snapshot = replaced(&keys.snapshot, new);
        keys.timestamp = replaced(&keys.timestamp, new);
    }
    let signers: Vec<Signer> = old.iter().cloned().chain(fresh.root_signers()).collect();
    let file = sign_file(&Role::Root.file_path(draft.version), draft.sign(&[])?, &signers)?;
    Ok((draft, file))
}

/// The keys of a role whose key changed.
fn replaced(old: &KeySet, new: &NewKey) -> KeySet {
    KeySet::of(old.role().clone(), [new.key.public()], old.threshold())
}

/// The keys of this machine, as far as they are there and somebody can open them: a rotation may be because nobody can.
fn at_hand(ring: &mut KeyRing<'_>, places: &[KeyPlace]) -> Result<Vec<Signer>, CurateError> {
    match ring.at_hand(places, usize::MAX) {
        Err(CurateError::No(_)) => Ok(Vec::new()),
        keys => keys,
    }
}

/// Writes what nothing names yet.
pub(crate) fn write(folder: &Folder, drafted: Option<&Drafted>) -> Result<(), CurateError> {
    let files = drafted.iter().flat_map(|drafted| &drafted.files);
    files.into_iter().try_for_each(|(path, bytes)| folder.write(path, bytes))
}

/// What has to change in one step.
pub(crate) fn rotation(
    version: u64,
    root: &[u8],
    drafted: Option<&Drafted>,
    settings: &Settings,
) -> Result<Rotation, CurateError> {
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map(str::to_owned);
        text.map_err(|error| Failed::Unsignable(error.to_string()))
    };
    let timestamp = drafted.map(|drafted| text(&drafted.timestamp)).transpose()?;
    let timestamp = timestamp.map(|text| (Role::Timestamp.file_path(0), text));
    let fixed = [
        (Role::Root.file_path(version), text(root)?),
        (crate::folder::SETTINGS.to_owned(), settings.encode()),
    ];
    Ok(Rotation::of(fixed.into_iter().chain(timestamp)))
}
