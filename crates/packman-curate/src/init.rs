//! `curate init`: makes the keys of a new database and its first root.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use packman_database::{About, Kind};
use packman_machine::files;
use packman_machine::home::Home;
use packman_machine::stop::Commit;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{
    Answer, Envelope, FirstUse, KeySet, Limits, Memory, PublicKey, Role, RoleKeys, RootDraft, SafetyNumber,
};

use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::expiry::verify_clock;
use crate::folder::{Folder, Lifetimes, SETTINGS, Settings};
use crate::keys::{GivenKey, KeyRing, NewFiles, NewKey, Passphrase, Signer, sign_file};
use crate::proposal::{Missing, Proposal};

/// What a new database is to be. Paths are absolute.
#[derive(Clone, Debug)]
pub struct InitRequest {
    /// Whether it is a database of projects or a list of databases.
    pub kind: Kind,
    /// The folder to make it in.
    pub folder: PathBuf,
    /// Its title, for people.
    pub title: String,
    /// Its scapegoat, for people.
    pub maintainer: String,
    /// How many root keys must sign a root.
    pub threshold: u32,
    /// Key files to use as root keys instead of new ones: private ones, and public ones of other keepers.
    pub keys: Vec<PathBuf>,
    /// How many targets keys must sign.
    pub targets_threshold: u32,
    /// The same for targets keys.
    pub targets_keys: Vec<PathBuf>,
    /// A key in the ssh-agent to be a root key, and the targets key where no other is given: its fingerprint or comment;
    /// empty for the only one.
    pub agent: Option<String>,
    /// Where to write the spare root key; kept with the others when none is named.
    pub spare: Option<PathBuf>,
    /// How long signed files are good.
    pub lifetimes: Lifetimes,
    /// Whether the new keys shall have no passphrase.
    pub no_passphrase: bool,
}

/// A list that nobody signs, for a site that cannot. Its readers believe whoever serves it.
#[derive(Clone, Debug)]
pub struct UnsignedRequest {
    /// The folder to make it in.
    pub folder: PathBuf,
    /// Its title, for people.
    pub title: String,
    /// Its keeper, for people.
    pub maintainer: String,
}

/// A new database.
#[derive(Clone, Debug)]
pub struct InitReport {
    /// Its safety number.
    pub number: SafetyNumber,
    /// When its root expires.
    pub root_expires: Time,
    /// Where its private keys are.
    pub keys: PathBuf,
    /// Where the spare root key was written, to be taken elsewhere.
    pub spare: Option<PathBuf>,
    /// Whose signatures the first root lacks.
    pub missing: Vec<Missing>,
}

/// As many root keys as anybody could gather.
const MOST_KEYS: u32 = 100;

/// All keys of a new database.
struct NewKeys {
    /// Root keys that were there.
    given: Vec<GivenKey>,
    root: Vec<NewKey>,
    spare: Option<NewKey>,
    /// Targets keys that were there; else a new one.
    given_targets: Vec<GivenKey>,
    targets: Option<NewKey>,
    online: NewKey,
}

impl Curator<'_> {
    /// Makes a database. The keys are on the disk before anything names them.
    pub fn init(&self, request: &InitRequest) -> Result<InitReport, CurateError> {
        verify_request(request)?;
        self.refuse_home_in(&request.folder)?;
        verify_clock(self.now, None)?;
        let about = about(request.kind, &request.title, &request.maintainer)?;
        let is_new = |given: &[PathBuf]| given.is_empty() && request.agent.is_none();
        let wanted = is_new(&request.keys) || is_new(&request.targets_keys) || needs_spare(request);
        let passphrase = if request.no_passphrase || !wanted { None } else { Some(self.new_passphrase()?) };
        let new = self.gather_keys(request)?;
        let root_expires = self.now.plus_days(request.lifetimes.root_days);
        let (keys, root) = sign_root(&new, request, root_expires)?;
        let path = Role::Root.file_path(1);
        let refused =
            |refusal: packman_tuf::Refusal| Refused::Signed { folder: request.folder.clone(), refusal };
        let envelope = Envelope::parse(&path, &root, u64::MAX).map_err(refused)?;
        let chain = envelope.signed_digest().map_err(refused)?;
        let number = envelope.claimed_number().map_err(refused)?;
        let proposal = Proposal { files: [(path.clone(), root.clone())].into() };
        let needs = [(path.clone(), vec![keys.root])].into();
        let missing = proposal.missing(&needs, &new.settings(request).keys());
        if missing.is_empty() {
            believe_own(&root, &request.folder)?;
        }
        let begin = |folder: &Folder, commit: &Commit| {
            if missing.is_empty() { folder.write(&path, &root) } else { proposal.write(folder, commit) }
        };
        let files = new.files(self.home, &chain, passphrase.as_ref())?;
        let keys_folder = files.folder().to_owned();
        let spare = new.spare.as_ref().map(|spare| keys_folder.join(&spare.file));
        let was_there = request.folder.exists();
        self.make_locked(request, &files, spare.as_deref(), |commit| {
            Folder::make(&request.folder, new.settings(request), &about, |folder| begin(folder, commit))
        })
        .inspect_err(|_| {
            if !was_there {
                Folder::unmake(&request.folder);
            }
        })?;
        Ok(InitReport { number, root_expires, keys: keys_folder, spare, missing })
    }

    /// Writes the keys and the folder that names them, both or neither.
    fn make_locked(
        &self,
        request: &InitRequest,
        files: &NewFiles<'_>,
        spare: Option<&Path>,
        make: impl FnOnce(&Commit) -> Result<Folder, CurateError>,
    ) -> Result<(), CurateError> {
        let _lock = Folder::lock_new(&request.folder, spare, self)?;
        // Somebody else may have made one there meanwhile.
        verify_free(&request.folder)?;
        self.stop.live()?;
        let commit = Commit::begin();
        files.write(&request.folder, &commit)?;
        make(&commit).inspect_err(|_| files.forget(&request.folder, &commit))?;
        NewFiles::are_named(&request.folder, &commit);
        Ok(())
    }

    /// Makes a list without keys.
    pub fn init_unsigned(&self, request: &UnsignedRequest) -> Result<(), CurateError> {
        verify_free(&request.folder)?;
        self.refuse_home_in(&request.folder)?;
        let about = about(Kind::List, &request.title, &request.maintainer)?;
        let was_there = request.folder.exists();
        let make = || {
            let _lock = Folder::lock_new(&request.folder, None, self)?;
            verify_free(&request.folder)?;
            self.stop.live()?;
            Folder::make_unsigned(&request.folder, &about).map(drop)
        };
        make().inspect_err(|_| {
            if !was_there {
                Folder::unmake(&request.folder);
            }
        })
    }

    /// A database's folder and a publication are carried about whole; private keys must not lie in them.
    pub(crate) fn refuse_home_in(&self, folder: &Path) -> Result<(), CurateError> {
        if !self.home.folder().starts_with(folder) {
            return Ok(());
        }
        Err(CurateError::usage(format!(
            "{} would hold your private keys, which lie in {}",
            crate::error::shown(folder),
            crate::error::shown(self.home.folder())
        )))
    }

    pub(crate) fn new_passphrase(&self) -> Result<Passphrase, CurateError> {
        let needed = No::ConsentNeeded {
            what: "the new keys need a passphrase, and nobody gave one",
            flag: "--no-passphrase",
        };
        let given = self.passphrases.new_passphrase();
        self.stop.live()?;
        given.filter(|passphrase| !passphrase.is_empty()).ok_or_else(|| needed.into())
    }

    /// Opens the keys that were given and makes those that are missing: one more than the threshold in all.
    fn gather_keys(&self, request: &InitRequest) -> Result<NewKeys, CurateError> {
        let mut ring = self.ring(&Sha256::of(b""))?;
        let mut given = given_keys(&mut ring, "root", &request.keys)?;
        let mut given_targets = Vec::new();
        for key in given_keys(&mut ring, "targets", &request.targets_keys)? {
            given_targets.push(key.copied("targets")?);
        }
        if let Some(which) = &request.agent {
            let (signer, key) = ring.in_agent(which)?;
            let own = GivenKey::in_agent(signer, &key);
            if given_targets.is_empty() {
                given_targets.push(own.clone());
            }
            given.push(own);
        }
        let mut root = Vec::new();
        if given.is_empty() {
            for number in 1..=request.threshold {
                root.push(NewKey::generate(format!("root-{number}.pem"))?);
            }
        }
        let spare_file = request.spare.clone().unwrap_or_else(|| PathBuf::from("spare.pem"));
        let spare = if needs_spare(request) { Some(NewKey::generate(spare_file)?) } else { None };
        let targets = given_targets.is_empty().then(|| NewKey::generate("targets.pem")).transpose()?;
        let online = NewKey::generate("online.pem")?;
        Ok(NewKeys { given, root, spare, given_targets, targets, online })
    }
}

impl NewKeys {
    /// Their files, which are to be written. The online key has no passphrase: `refresh` runs without a person, and it
    /// signs no record.
    fn files<'h>(
        &self,
        home: &'h Home,
        chain: &Sha256,
        passphrase: Option<&Passphrase>,
    ) -> Result<NewFiles<'h>, CurateError> {
        let mut files = NewFiles::of(home, chain)?;
        for key in self.root.iter().chain(&self.spare).chain(&self.targets) {
            files.add(key, passphrase)?;
        }
        for key in self.given.iter().chain(&self.given_targets) {
            files.add_given(key)?;
        }
        files.add(&self.online, None)?;
        Ok(files)
    }
}

fn keys_given(request: &InitRequest) -> usize {
    request.keys.len() + usize::from(request.agent.is_some())
}

/// Keys that were named, each once.
pub(crate) fn given_keys(
    ring: &mut KeyRing<'_>,
    role: &'static str,
    files: &[PathBuf],
) -> Result<Vec<GivenKey>, CurateError> {
    let mut given: Vec<GivenKey> = Vec::new();
    for path in files {
        let key = GivenKey::read(ring, role, path)?;
        if given.iter().any(|other| other.public == key.public) {
            let path = crate::error::shown(path);
            return Err(CurateError::usage(format!("{path} holds a key that was given already")));
        }
        given.push(key);
    }
    Ok(given)
}

fn needs_spare(request: &InitRequest) -> bool {
    u32::try_from(keys_given(request)).is_ok_and(|given| given <= request.threshold)
}

fn verify_request(request: &InitRequest) -> Result<(), CurateError> {
    if request.threshold == 0 || request.threshold > MOST_KEYS {
        return Err(CurateError::usage(format!("threshold {}: wanted 1 to {MOST_KEYS}", request.threshold)));
    }
    let given = keys_given(request);
    if given > 0 && u32::try_from(given).is_ok_and(|given| given < request.threshold) {
        let keys = if given == 1 { "key is" } else { "keys are" };
        return Err(CurateError::usage(format!(
            "threshold {}: only {given} {keys} at hand",
            request.threshold
        )));
    }
    verify_targets_threshold(request.targets_threshold, request.targets_keys.len())?;
    if !(1..=Lifetimes::LONGEST_REFRESH).contains(&request.lifetimes.refresh_within_days) {
        let found = request.lifetimes.refresh_within_days;
        return Err(CurateError::usage(format!("`--refresh-within` {found}: wanted 1 to 90 days")));
    }
    match &request.spare {
        Some(_) if !needs_spare(request) => {
            return Err(CurateError::usage(
                "`--spare`: more keys were given than the threshold needs, so none is made",
            ));
        }
        // The folder may be pushed somewhere whole.
        Some(spare) if spare.starts_with(&request.folder) => {
            return Err(CurateError::usage(
                "`--spare`: no private key belongs into the folder of the database",
            ));
        }
        _ => {}
    }
    verify_free(&request.folder)
}

/// There must be no database in the folder yet.
fn verify_free(folder: &Path) -> Result<(), CurateError> {
    for name in [SETTINGS, "metadata/timestamp.json"] {
        let path = folder.join(name);
        if files::read_file(&path, u64::MAX)?.is_some() {
            return Err(No::InTheWay { path }.into());
        }
    }
    Ok(())
}

/// What the database says of itself, held against the rules that its readers have.
fn about(kind: Kind, title: &str, maintainer: &str) -> Result<About, CurateError> {
    let about = About {
        kind,
        title: title.to_owned(),
        maintainer: maintainer.to_owned(),
        home_page: None,
        mirrors: Vec::new(),
        scope: Vec::new(),
    };
    About::parse(&about.encode()).map_err(|error| CurateError::usage(error.to_string()))
}

/// A threshold of targets keys that nobody can meet would lock everybody out.
pub(crate) fn verify_targets_threshold(threshold: u32, given: usize) -> Result<(), CurateError> {
    if threshold >= 1 && usize::try_from(threshold).is_ok_and(|threshold| threshold <= given.max(1)) {
        return Ok(());
    }
    let most = given.max(1);
    Err(CurateError::usage(format!(
        "`--targets-threshold` {threshold}: wanted 1 to {most}, as many as there are targets keys (`--targets-key`)"
    )))
}

fn sign_root(
    new: &NewKeys,
    request: &InitRequest,
    expires: Time,
) -> Result<(RoleKeys, Vec<u8>), CurateError> {
    let one = NonZeroU32::MIN;
    let set = |role, keys: Vec<PublicKey>, threshold| {
        KeySet::of(role, keys, NonZeroU32::new(threshold).unwrap_or(one))
    };
    let made = |key: &NewKey| key.key.public();
    let online = || vec![new.online.key.public()];
    let root =
        new.given.iter().map(|key| key.public.clone()).chain(new.root.iter().chain(&new.spare).map(made));
    let targets = new.given_targets.iter().map(|key| key.public.clone()).chain(new.targets.iter().map(made));
    let keys = RoleKeys {
        root: set(Role::Root, root.collect(), request.threshold),
        timestamp: set(Role::Timestamp, online(), 1),
        snapshot: set(Role::Snapshot, online(), 1),
        targets: set(Role::Targets, targets.collect(), request.targets_threshold),
    };
    // Every root key that is here signs the first root, the spare too: that shows that each of them works.
    let file = RootDraft::new(1, expires, keys.clone()).sign(&[])?;
    let given = new.given.iter().filter_map(|key| key.signer.clone());
    let signers: Vec<Signer> = given.chain(new.root.iter().chain(&new.spare).map(NewKey::signer)).collect();
    Ok((keys, sign_file(&Role::Root.file_path(1), file, &signers)?))
}

/// Reads the root that was just signed as its first user will.
fn believe_own(root: &[u8], folder: &Path) -> Result<Memory, CurateError> {
    let mut first = FirstUse::remembering(Limits::default());
    let believed = first
        .answer(Answer::Bytes(root))
        .and_then(|()| first.answer(Answer::Missing))
        .and_then(|()| first.finish());
    believed.map_err(|refusal| Refused::Signed { folder: folder.to_owned(), refusal }.into())
}

impl NewKeys {
    fn settings(&self, request: &InitRequest) -> Settings {
        let given = self.given.iter().map(GivenKey::place);
        let targets = self.given_targets.iter().map(GivenKey::place);
        Settings {
            threshold: request.threshold,
            root: given.chain(self.root.iter().map(NewKey::place)).collect(),
            spare: self.spare.as_ref().map(NewKey::place),
            targets: targets.chain(self.targets.iter().map(NewKey::place)).collect(),
            targets_threshold: request.targets_threshold,
            online: self.online.place(),
            lifetimes: request.lifetimes,
        }
    }
}
