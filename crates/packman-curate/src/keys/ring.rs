//! Finding the keys that a database is signed with, and opening them.

use std::path::{Path, PathBuf};

use packman_machine::files;
use packman_machine::home::Home;
use packman_machine::ssh_agent::{AgentFailure, SshAgent, SshKey};
use packman_machine::stop::Stop;
use packman_strict::Sha256;
use packman_tuf::KeyId;
use pkcs8::der::zeroize::Zeroizing;

use super::Signer;
use super::pem::{KeyFile, NoKey, decode};
use crate::error::{CurateError, No, Refused};

/// A passphrase; wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what a person typed.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Never shows it.
impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Asks a person for passphrases.
pub trait Passphrases: Sync {
    /// A new passphrase for the keys that are being made; `None` where nobody is there to give one.
    fn new_passphrase(&self) -> Option<Passphrase>;
    /// The passphrase of a key that is there; `again` when the last one did not open it. `None` ends the asking.
    fn existing(&self, key: &Path, again: bool) -> Option<Passphrase>;
}

/// Where one key is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyPlace {
    /// The id of its public half, as metadata has it.
    pub id: String,
    /// Its file: relative to the folder of this database's keys in the home, or absolute. None for another keeper's.
    pub file: Option<PathBuf>,
    /// What its keeper is called, where it is another's.
    pub keeper: Option<String>,
}

impl KeyPlace {
    /// The key in words: who keeps it, and the beginning of its id.
    pub fn shown(&self) -> String {
        let id: String = self.id.chars().take(12).collect();
        match &self.keeper {
            Some(keeper) => format!("{} ({id}…)", crate::quoted(keeper)),
            None => format!("{id}…"),
        }
    }
}

/// How often a passphrase is asked for.
const TRIES: usize = 3;
/// A key file has a few hundred bytes.
pub(super) const LARGEST_KEY: u64 = 64 << 10;

/// The keys of one database, as far as they are on this machine.
pub(crate) struct KeyRing<'k> {
    folder: PathBuf,
    passphrases: &'k dyn Passphrases,
    agent: Result<SshAgent, AgentFailure>,
    stop: Stop,
    /// Keys that were named for this command alone.
    named: Vec<(Signer, String)>,
    /// What opened a key before: one passphrase for all is usual, and is asked for once.
    known: Vec<Passphrase>,
}

impl<'k> KeyRing<'k> {
    /// The keys of the database with this root chain.
    ///
    /// The folder follows from the chain that the database's signed roots prove, never from its settings: whoever can
    /// edit the settings of one database could else have its next signature made with the keys of another.
    pub(crate) fn of(
        home: &Home,
        chain: &Sha256,
        passphrases: &'k dyn Passphrases,
        (agent, stop): (&Result<SshAgent, AgentFailure>, &Stop),
    ) -> Result<Self, CurateError> {
        Ok(Self {
            folder: home.path(&keys_folder(chain))?,
            passphrases,
            agent: agent.clone(),
            stop: stop.clone(),
            named: Vec::new(),
            known: Vec::new(),
        })
    }

    /// Where a key is on this machine; nowhere where it is another keeper's.
    pub(crate) fn path(&self, place: &KeyPlace) -> Option<PathBuf> {
        place.file.as_ref().map(|file| self.folder.join(file))
    }

    /// Opens keys that were named for this command, to be taken before all others.
    pub(crate) fn name(&mut self, role: &'static str, files: &[PathBuf]) -> Result<(), CurateError> {
        for path in files {
            let missing = || No::KeyMissing { role, path: Some(path.clone()) };
            let signer = self.unlock_file(&read_key(path)?.ok_or_else(missing)?, path)?;
            self.named.push((signer, crate::error::shown(path)));
        }
        Ok(())
    }

    /// The same for a key in the user's agent; see [`KeyRing::in_agent`].
    pub(crate) fn name_in_agent(&mut self, which: &str) -> Result<(), CurateError> {
        let (signer, _) = self.in_agent(which)?;
        self.named.push((signer, "the ssh-agent".to_owned()));
        Ok(())
    }

    /// The keys that were named for this command, and in words where each is.
    pub(crate) fn named(&self) -> &[(Signer, String)] {
        &self.named
    }

    /// The key of the user's agent with that fingerprint or comment; with neither, the only one there is.
    pub(crate) fn in_agent(&self, which: &str) -> Result<(Signer, SshKey), CurateError> {
        let agent = self.agent.clone()?;
        let mut keys = agent.keys(&self.stop)?;
        let held = keys.iter().map(|key| (key.fingerprint(), key.comment.clone())).collect();
        keys.retain(|key| which.is_empty() || key.fingerprint() == which || key.comment == which);
        let [key] = keys.as_slice() else {
            return Err(No::AgentKey { which: which.to_owned(), held }.into());
        };
        let signer = Signer::Agent { agent, key: key.clone(), stop: self.stop.clone() };
        Ok((signer, key.clone()))
    }

    /// Opens the first keys of these that are here, as many as wanted. A key with another id is refused: signing
    /// with it would make a file that nobody can verify.
    pub(crate) fn open(
        &mut self,
        role: &'static str,
        places: &[KeyPlace],
        wanted: usize,
    ) -> Result<Vec<Signer>, CurateError> {
        let keys = self.at_hand(places, wanted)?;
        if keys.len() >= wanted {
            return Ok(keys);
        }
        let is_here = |place: &&KeyPlace| keys.iter().any(|key| key.id().as_str() == place.id);
        let missing = places.iter().find(|place| !is_here(place));
        Err(No::KeyMissing { role, path: missing.and_then(|place| self.path(place)) }.into())
    }

    /// The same, but however few of them are here.
    pub(crate) fn at_hand(&mut self, places: &[KeyPlace], wanted: usize) -> Result<Vec<Signer>, CurateError> {
        let mut keys = Vec::new();
        for place in places {
            if keys.len() == wanted {
                break;
            }
            if let Some((named, _)) = self.named.iter().find(|(named, _)| named.id().as_str() == place.id) {
                keys.push(named.clone());
            } else if let Some(path) = self.path(place)
                && let Some(file) = read_key(&path)?
            {
                let signer = self.unlock_file(&file, &path)?;
                verify_id(&signer.id(), &place.id, &path)?;
                keys.push(signer);
            }
        }
        Ok(keys)
    }

    /// Opens a key file, asking for its passphrase where it has one, or finds the key in the agent that it names.
    pub(crate) fn unlock_file(&mut self, file: &KeyFile, path: &Path) -> Result<Signer, CurateError> {
        match file {
            KeyFile::Open(key) => return Ok(Signer::Key((**key).clone())),
            KeyFile::InAgent(key) => return Ok(self.in_agent(&key.fingerprint())?.0),
            KeyFile::Locked(_) => {}
        }
        for passphrase in &self.known {
            if let Ok(key) = file.unlock(passphrase) {
                return Ok(Signer::Key(key));
            }
        }
        let mut given = false;
        for _ in 0..TRIES {
            let Some(passphrase) = self.passphrases.existing(path, given) else { break };
            given = true;
            match file.unlock(&passphrase) {
                Ok(key) => {
                    self.known.push(passphrase);
                    return Ok(Signer::Key(key));
                }
                Err(NoKey::Passphrase) => {}
                Err(NoKey::Malformed(why)) => return Err(Refused::Key { path: path.to_owned(), why }.into()),
            }
        }
        Err(No::Passphrase { path: path.to_owned(), given }.into())
    }
}

/// The folder in the home that holds the keys of a root chain.
pub(crate) fn keys_folder(chain: &Sha256) -> String {
    format!("keys/{chain}")
}

fn verify_id(found: &KeyId, wanted: &str, path: &Path) -> Result<(), CurateError> {
    if found.as_str() == wanted {
        return Ok(());
    }
    let why = format!("found the key {found}, wanted {}", crate::quoted(wanted));
    Err(Refused::Key { path: path.to_owned(), why }.into())
}

/// Reads a key file; `None` when it is not there.
pub(crate) fn read_key(path: &Path) -> Result<Option<KeyFile>, CurateError> {
    let Some(bytes) = files::read_file(path, LARGEST_KEY)? else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    let refused = |why: String| CurateError::from(Refused::Key { path: path.to_owned(), why });
    let text = std::str::from_utf8(&bytes).map_err(|_| refused("wanted a private key in PEM".to_owned()))?;
    match decode(text) {
        Ok(file) => Ok(Some(file)),
        Err(NoKey::Malformed(why)) => Err(refused(why)),
        Err(NoKey::Passphrase) => Err(No::Passphrase { path: path.to_owned(), given: false }.into()),
    }
}
