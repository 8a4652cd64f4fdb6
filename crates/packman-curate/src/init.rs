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
    Answer, FirstUse, KeySet, Limits, Memory, PublicKey, Role, RoleKeys, RootDraft, SafetyNumber, SigningKey,
};

use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::expiry::verify_clock;
use crate::folder::{Folder, Lifetimes, SETTINGS, Settings};
use crate::keys::{self, KeyPlace, KeyRing, NewFiles, NewKey, Passphrase};

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
    /// Key files to use as root keys instead of new ones.
    pub keys: Vec<PathBuf>,
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
}

/// As many root keys as anybody could gather.
const MOST_KEYS: u32 = 100;

/// All keys of a new database.
struct NewKeys {
    /// Root keys that were there, each with its file.
    given: Vec<(SigningKey, PathBuf)>,
    root: Vec<NewKey>,
    spare: Option<NewKey>,
    targets: NewKey,
    online: NewKey,
}

impl Curator<'_> {
    /// Makes a database. The keys are on the disk before anything names them.
    pub fn init(&self, request: &InitRequest) -> Result<InitReport, CurateError> {
        verify_request(request)?;
        self.refuse_home_in(&request.folder)?;
        verify_clock(self.now, None)?;
        let about = about(request.kind, &request.title, &request.maintainer)?;
        let passphrase = if request.no_passphrase { None } else { Some(self.new_passphrase()?) };
        let new = self.gather_keys(request)?;
        let root_expires = self.now.plus_days(request.lifetimes.root_days);
        let root = sign_root(&new, request.threshold, root_expires)?;
        let memory = believe_own(&root, &request.folder)?;
        let files = new.files(self.home, &memory.chain_id(), passphrase.as_ref())?;
        let keys_folder = files.folder().to_owned();
        let spare = new.spare.as_ref().map(|spare| keys_folder.join(&spare.file));
        let was_there = request.folder.exists();
        self.make_locked(request, &files, spare.as_deref(), || {
            Folder::make(&request.folder, new.settings(request), &about, &root)
        })
        .inspect_err(|_| {
            if !was_there {
                Folder::unmake(&request.folder);
            }
        })?;
        Ok(InitReport { number: memory.root().number(), root_expires, keys: keys_folder, spare })
    }

    /// Writes the keys and the folder that names them, both or neither.
    fn make_locked(
        &self,
        request: &InitRequest,
        files: &NewFiles<'_>,
        spare: Option<&Path>,
        make: impl FnOnce() -> Result<Folder, CurateError>,
    ) -> Result<(), CurateError> {
        let _lock = Folder::lock_new(&request.folder, spare, self)?;
        // Somebody else may have made one there meanwhile.
        verify_free(&request.folder)?;
        self.stop.live()?;
        let commit = Commit::begin();
        files.write(&request.folder, &commit)?;
        make().inspect_err(|_| files.forget(&request.folder, &commit))?;
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
        let mut ring = KeyRing::of(self.home, &Sha256::of(b""), self.passphrases)?;
        let mut given: Vec<(SigningKey, PathBuf)> = Vec::new();
        for path in &request.keys {
            let file =
                keys::read_key(path)?.ok_or_else(|| No::KeyMissing { role: "root", path: path.clone() })?;
            let key = ring.unlock_file(&file, path)?;
            if given.iter().any(|(other, _)| other.public() == key.public()) {
                return Err(CurateError::usage(format!(
                    "{} holds a key that was given already",
                    crate::error::shown(path)
                )));
            }
            given.push((key, path.clone()));
        }
        let mut root = Vec::new();
        if given.is_empty() {
            for number in 1..=request.threshold {
                root.push(NewKey::generate(format!("root-{number}.pem"))?);
            }
        }
        let spare_file = request.spare.clone().unwrap_or_else(|| PathBuf::from("spare.pem"));
        let spare = if needs_spare(request) { Some(NewKey::generate(spare_file)?) } else { None };
        let (targets, online) = (NewKey::generate("targets.pem")?, NewKey::generate("online.pem")?);
        Ok(NewKeys { given, root, spare, targets, online })
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
        for key in self.root.iter().chain(&self.spare).chain([&self.targets]) {
            files.add(key, passphrase)?;
        }
        files.add(&self.online, None)?;
        Ok(files)
    }
}

fn needs_spare(request: &InitRequest) -> bool {
    u32::try_from(request.keys.len()).is_ok_and(|given| given <= request.threshold)
}

fn verify_request(request: &InitRequest) -> Result<(), CurateError> {
    if request.threshold == 0 || request.threshold > MOST_KEYS {
        return Err(CurateError::usage(format!("threshold {}: wanted 1 to {MOST_KEYS}", request.threshold)));
    }
    let given = request.keys.len();
    if given > 0 && u32::try_from(given).is_ok_and(|given| given < request.threshold) {
        let keys = if given == 1 { "key is" } else { "keys are" };
        return Err(CurateError::usage(format!(
            "threshold {}: only {given} {keys} at hand",
            request.threshold
        )));
    }
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

fn sign_root(new: &NewKeys, threshold: u32, expires: Time) -> Result<Vec<u8>, CurateError> {
    let signers: Vec<&SigningKey> = new.root_keys().collect();
    let one = NonZeroU32::MIN;
    let set = |role, key: PublicKey, threshold| KeySet::of(role, [key], threshold);
    let keys = RoleKeys {
        root: KeySet::of(
            Role::Root,
            signers.iter().map(|key| key.public()),
            NonZeroU32::new(threshold).unwrap_or(one),
        ),
        timestamp: set(Role::Timestamp, new.online.key.public(), one),
        snapshot: set(Role::Snapshot, new.online.key.public(), one),
        targets: set(Role::Targets, new.targets.key.public(), one),
    };
    // Every root key signs the first root, the spare too: that shows that each of them works.
    Ok(RootDraft::new(1, expires, keys).sign(&signers)?)
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
    fn root_keys(&self) -> impl Iterator<Item = &SigningKey> {
        let made = self.root.iter().chain(&self.spare).map(|new| &new.key);
        self.given.iter().map(|(key, _)| key).chain(made)
    }

    fn settings(&self, request: &InitRequest) -> Settings {
        let given = self
            .given
            .iter()
            .map(|(key, file)| KeyPlace { id: key.id().as_str().to_owned(), file: file.clone() });
        Settings {
            threshold: request.threshold,
            root: given.chain(self.root.iter().map(NewKey::place)).collect(),
            spare: self.spare.as_ref().map(NewKey::place),
            targets: self.targets.place(),
            online: self.online.place(),
            lifetimes: request.lifetimes,
        }
    }
}
