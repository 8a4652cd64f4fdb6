//! `curate rotate`: a new root, which prolongs the old one or gives roles new keys.
//!
//! Clients follow it by themselves: a threshold of the old root's keys signs the new root, and a threshold of its own.
//! What a role signed is signed anew when its key changed: with both keys where the old one is at hand, so that a
//! client that has not met the new root yet is served as well.

mod fresh;

use std::collections::BTreeMap;
use std::path::PathBuf;

use packman_machine::stop::Commit;
use packman_strict::time::Time;
use packman_tuf::{KeySet, MetaInfo, Role, Root, RootDraft, SafetyNumber, SigningKey, TargetPath, Verified};

use crate::bins::TargetsToSign;
use crate::curator::Curator;
use crate::error::{CurateError, Failed, No};
use crate::expiry::{Expiry, verify_clock};
use crate::folder::{Folder, Rotation, Settings, Shelf, Signed, verify_rotation};
use crate::keys::{self, KeyPlace, KeyRing, NewFiles, NewKey, Passphrase, Undecided};
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
        let before = signed.memory().root();
        let chain = signed.memory().chain_id();
        let mut ring = KeyRing::of(self.home, &chain, self.passphrases)?;
        let old = root_signers(&mut ring, before, folder.settings()?, &request.keys)?;
        let passphrase = self.passphrase_for(request)?;
        let fresh = Fresh::make(request, folder.settings()?.threshold)?;
        let root_expires = self.now.plus_days(folder.settings()?.lifetimes.root_days);
        let (version, root) = sign_root(&folder, before, &old, &fresh, root_expires)?;
        let settings = fresh.settings(folder.settings()?);
        let drafted = self.sign_anew(&folder, &signed, &mut ring, &fresh)?;
        let memory = verify(&folder, &signed, (version, &root), drafted.as_ref())?;
        let files = fresh.files(self.home, &chain, passphrase.as_ref())?;
        let spare = fresh.spare.as_ref().map(|spare| files.folder().join(&spare.file));
        let decided = rotation(version, &root, drafted.as_ref(), &settings)?;
        Undecided::clear(folder.path(), self.home, Some(folder.settings()?), spare.as_deref())?;
        self.stop.live()?;
        let commit = Commit::begin();
        files.write(folder.path(), &commit)?;
        write(&folder, drafted.as_ref()).inspect_err(|_| files.forget(folder.path(), &commit))?;
        decided.apply(&folder, &commit).inspect_err(|_| files.forget(folder.path(), &commit))?;
        NewFiles::are_named(folder.path(), &commit);
        Ok(RotateReport {
            version,
            number: memory.root().number(),
            root_expires,
            expiry: memory.good().map(|good| Expiry::of(good, &settings.lifetimes)).unwrap_or_default(),
            spare,
            retired: fresh.retired(folder.settings()?).map(|place| ring.path(place)).collect(),
        })
    }

    fn passphrase_for(&self, request: &RotateRequest) -> Result<Option<Passphrase>, CurateError> {
        let wanted = (request.root || request.targets) && !request.no_passphrase;
        wanted.then(|| self.new_passphrase()).transpose()
    }

    /// Signs anew what a role signed whose key changed.
    fn sign_anew(
        &self,
        folder: &Folder,
        signed: &Signed,
        ring: &mut KeyRing<'_>,
        fresh: &Fresh,
    ) -> Result<Option<Drafted>, CurateError> {
        let Some(good) = signed.good().filter(|_| fresh.targets.is_some() || fresh.online.is_some()) else {
            return Ok(None);
        };
        let settings = folder.settings()?;
        let mut drafted = Drafted::default();
        let mut pinned = MetaInfo::of(good.version(Role::Targets), good.bytes(Role::Targets));
        if let Some(new) = &fresh.targets {
            let old = at_hand(ring, "targets", &settings.targets)?;
            let mut listed = BTreeMap::new();
            for (path, info) in good.targets() {
                let path = TargetPath::parse(path).map_err(|error| Failed::Unsignable(error.to_string()))?;
                listed.insert(path, info);
            }
            let keys = replaced(signed.memory().root().keys(Role::Targets), new);
            let to_sign = TargetsToSign { folder, signed, listed, keys: &keys, now: self.now };
            (pinned, drafted) = to_sign.sign(&both(new, old.as_ref()), drafted)?;
        }
        let expires = self.now.plus_days(settings.lifetimes.refresh_within_days);
        let drafted = if let Some(new) = &fresh.online {
            let old = at_hand(ring, "online", &settings.online)?;
            draft_online(folder, signed, pinned, expires, &both(new, old.as_ref()), drafted)?
        } else {
            let keys = ring.open("online", std::slice::from_ref(&settings.online), 1)?;
            draft_online(folder, signed, pinned, expires, &keys.iter().collect::<Vec<_>>(), drafted)?
        };
        Ok(Some(drafted))
    }
}

/// Verifies the folder as it will be, as somebody who remembers it as it is. What has merely expired is what a
/// rotation may be for.
fn verify(
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

/// A threshold of the old root's keys: those that were named, then those of this machine.
fn root_signers(
    ring: &mut KeyRing<'_>,
    root: &Verified<Root>,
    settings: &Settings,
    named: &[PathBuf],
) -> Result<Vec<SigningKey>, CurateError> {
    let keys = root.keys(Role::Root);
    let wanted = usize::try_from(keys.threshold().get()).unwrap_or(usize::MAX);
    let mut signers: Vec<SigningKey> = Vec::new();
    for path in named {
        let file =
            keys::read_key(path)?.ok_or_else(|| No::KeyMissing { role: "root", path: path.clone() })?;
        let key = ring.unlock_file(&file, path)?;
        if !keys.distinct().contains(&key.public()) {
            let path = crate::error::shown(path);
            return Err(CurateError::usage(format!("{path} holds no root key of this database")));
        }
        if !signers.iter().any(|other| other.public() == key.public()) {
            signers.push(key);
        }
    }
    let is_named = |place: &&KeyPlace| signers.iter().any(|key| key.id().as_str() == place.id);
    let places = settings.root.iter().chain(&settings.spare).filter(|place| !is_named(place));
    let places: Vec<KeyPlace> = places.cloned().collect();
    let missing = wanted.saturating_sub(signers.len());
    signers.extend(ring.open("root", &places, missing)?);
    Ok(signers)
}

fn sign_root(
    folder: &Folder,
    before: &Verified<Root>,
    old: &[SigningKey],
    fresh: &Fresh,
    expires: Time,
) -> Result<(u64, Vec<u8>), CurateError> {
    let path = Role::Root.file_path(before.version());
    let mut draft = RootDraft::parse(&path, before.bytes()).map_err(refused(folder))?;
    draft.version = before.version().saturating_add(1);
    draft.expires = expires;
    let keys = &mut draft.keys;
    if !fresh.root.is_empty() {
        let new = fresh.root_keys().map(|new| new.key.public());
        keys.root = KeySet::of(Role::Root, new, keys.root.threshold());
    }
    if let Some(new) = &fresh.targets {
        keys.targets = replaced(&keys.targets, new);
    }
    if let Some(new) = &fresh.online {
        keys.snapshot = replaced(&keys.snapshot, new);
        keys.timestamp = replaced(&keys.timestamp, new);
    }
    let signers: Vec<&SigningKey> = old.iter().chain(fresh.root_keys().map(|new| &new.key)).collect();
    Ok((draft.version, draft.sign(&signers)?))
}

/// The keys of a role whose key changed.
fn replaced(old: &KeySet, new: &NewKey) -> KeySet {
    KeySet::of(old.role().clone(), [new.key.public()], old.threshold())
}

/// A key of this machine, where it is there and somebody can open it: a rotation may be because nobody can.
fn at_hand(
    ring: &mut KeyRing<'_>,
    role: &'static str,
    place: &KeyPlace,
) -> Result<Option<SigningKey>, CurateError> {
    match ring.open(role, std::slice::from_ref(place), 1) {
        Ok(keys) => Ok(keys.into_iter().next()),
        Err(CurateError::No(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn both<'k>(new: &'k NewKey, old: Option<&'k SigningKey>) -> Vec<&'k SigningKey> {
    [&new.key].into_iter().chain(old).collect()
}

/// Writes what nothing names yet.
fn write(folder: &Folder, drafted: Option<&Drafted>) -> Result<(), CurateError> {
    let files = drafted.iter().flat_map(|drafted| &drafted.files);
    files.into_iter().try_for_each(|(path, bytes)| folder.write(path, bytes))
}

/// What has to change in one step.
fn rotation(
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
