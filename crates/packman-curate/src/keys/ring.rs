//! Finding the keys that a database is signed with, and opening them.

use std::path::{Path, PathBuf};

use packman_machine::files;
use packman_machine::home::Home;
use packman_strict::Sha256;
use packman_tuf::{KeyId, SigningKey};
use pkcs8::der::zeroize::Zeroizing;

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
    /// Its file: relative to the folder of this database's keys in the home, or absolute.
    pub file: PathBuf,
}

/// How often a passphrase is asked for.
const TRIES: usize = 3;
/// A key file has a few hundred bytes.
pub(super) const LARGEST_KEY: u64 = 64 << 10;

/// The keys of one database, as far as they are on this machine.
pub(crate) struct KeyRing<'k> {
    folder: PathBuf,
    passphrases: &'k dyn Passphrases,
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
    ) -> Result<Self, CurateError> {
        Ok(Self { folder: home.path(&keys_folder(chain))?, passphrases, known: Vec::new() })
    }

    /// Where a key is on this machine.
    pub(crate) fn path(&self, place: &KeyPlace) -> PathBuf {
        self.folder.join(&place.file)
    }

    /// Opens the first keys of these that are here, as many as wanted. A key with another id is refused: signing
    /// with it would make a file that nobody can verify.
    pub(crate) fn open(
        &mut self,
        role: &'static str,
        places: &[KeyPlace],
        wanted: usize,
    ) -> Result<Vec<SigningKey>, CurateError> {
        let mut keys = Vec::new();
        let mut missing = None;
        for place in places {
            if keys.len() == wanted {
                break;
            }
            match read_key(&self.path(place))? {
                Some(file) => keys.push(self.unlock(&file, place)?),
                None => missing = missing.or_else(|| Some(self.path(place))),
            }
        }
        match missing {
            Some(path) if keys.len() < wanted => Err(No::KeyMissing { role, path }.into()),
            _ => Ok(keys),
        }
    }

    fn unlock(&mut self, file: &KeyFile, place: &KeyPlace) -> Result<SigningKey, CurateError> {
        let path = self.path(place);
        let key = self.unlock_file(file, &path)?;
        verify_id(&key.id(), &place.id, &path)?;
        Ok(key)
    }

    /// Opens a key file, asking for its passphrase where it has one.
    pub(crate) fn unlock_file(&mut self, file: &KeyFile, path: &Path) -> Result<SigningKey, CurateError> {
        if let KeyFile::Open(key) = file {
            return Ok((**key).clone());
        }
        for passphrase in &self.known {
            if let Ok(key) = file.unlock(passphrase) {
                return Ok(key);
            }
        }
        let mut given = false;
        for _ in 0..TRIES {
            let Some(passphrase) = self.passphrases.existing(path, given) else { break };
            given = true;
            match file.unlock(&passphrase) {
                Ok(key) => {
                    self.known.push(passphrase);
                    return Ok(key);
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
