//! New keys: made, written before anything names them, and taken away again where nothing came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_machine::files::{self, Keeping};
use packman_machine::home::Home;
use packman_machine::stop::Commit;
use packman_strict::Sha256;
use packman_tuf::SigningKey;
use pkcs8::der::zeroize::Zeroizing;

use super::{GivenKey, KeyPlace, Passphrase, Signer, Undecided, encode, generate, keys_folder};
use crate::error::{CurateError, No};

/// A key that was made, and the name of its file.
pub(crate) struct NewKey {
    seed: Zeroizing<[u8; 32]>,
    /// The key.
    pub(crate) key: SigningKey,
    /// Its file: relative to the folder of the database's keys, or absolute where a person named it.
    pub(crate) file: PathBuf,
}

impl NewKey {
    /// Makes a key.
    pub(crate) fn generate(file: impl Into<PathBuf>) -> Result<Self, CurateError> {
        let seed = generate()?;
        Ok(Self { key: SigningKey::from_seed(*seed), seed, file: file.into() })
    }

    /// What its file holds: locked with the passphrase where there is one.
    pub(crate) fn text(&self, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, CurateError> {
        Ok(encode(&self.seed, passphrase)?)
    }

    /// Who signs with it.
    pub(crate) fn signer(&self) -> Signer {
        Signer::Key(self.key.clone())
    }

    /// Where it will be found.
    pub(crate) fn place(&self) -> KeyPlace {
        KeyPlace { id: self.key.id().as_str().to_owned(), file: Some(self.file.clone()), keeper: None }
    }
}

/// The files of new keys, until something names them.
pub(crate) struct NewFiles<'h> {
    home: &'h Home,
    folder: PathBuf,
    texts: BTreeMap<PathBuf, Zeroizing<String>>,
}

impl<'h> NewFiles<'h> {
    /// None yet, for the keys of that chain.
    pub(crate) fn of(home: &'h Home, chain: &Sha256) -> Result<Self, CurateError> {
        Ok(Self { home, folder: home.path(&keys_folder(chain))?, texts: BTreeMap::new() })
    }

    /// Adds a key, locked with the passphrase where there is one. Nothing is written yet.
    pub(crate) fn add(&mut self, new: &NewKey, passphrase: Option<&Passphrase>) -> Result<(), CurateError> {
        self.texts.insert(self.folder.join(&new.file), new.text(passphrase)?);
        Ok(())
    }

    /// Adds what a key that was given is found again by, where it is not there already: one key may have several roles.
    pub(crate) fn add_given(&mut self, given: &GivenKey) -> Result<(), CurateError> {
        let Some((file, text)) = given.file() else { return Ok(()) };
        let path = self.folder.join(file);
        if files::read_file(&path, u64::MAX)?.as_deref() != Some(text.as_bytes()) {
            self.texts.insert(path, Zeroizing::new(text.to_owned()));
        }
        Ok(())
    }

    /// Writes them, with a note in the database's folder of which they are. Their places must be free: there may be
    /// other keys. Where not all can be written none is left.
    pub(crate) fn write(&self, database: &Path, commit: &Commit) -> Result<(), CurateError> {
        for path in self.texts.keys() {
            if files::read_file(path, u64::MAX)?.is_some() {
                return Err(No::InTheWay { path: path.clone() }.into());
            }
        }
        let files = self.texts.iter().map(|(path, text)| (path.as_path(), text.as_bytes()));
        Undecided::of(self.home, files).write(database)?;
        let written = self.texts.iter().try_for_each(|(path, text)| self.write_one(path, text));
        written.inspect_err(|_| self.forget(database, commit))
    }

    fn write_one(&self, path: &Path, text: &str) -> Result<(), CurateError> {
        match path.strip_prefix(self.home.folder()) {
            Ok(name) => {
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                let _ = self.home.replace(&parts.join("/"), text.as_bytes())?;
            }
            Err(_) => files::write_file(path, text.as_bytes(), Keeping::Home)?,
        }
        Ok(())
    }

    /// What names them is written: they are keys like others.
    pub(crate) fn are_named(database: &Path, _: &Commit) {
        // Whoever comes next finds them named, and takes the note away.
        let _ = Undecided::remove(database);
    }

    /// Takes the keys away again: those of a database that is not there would lie about for good. What cannot be taken
    /// away stays; there is a reason to tell already.
    pub(crate) fn forget(&self, database: &Path, _: &Commit) {
        let removed: Vec<_> = self.texts.keys().map(|path| files::remove_file(path)).collect();
        let _ = files::remove_empty_folder(&self.folder);
        if removed.iter().all(Result::is_ok) {
            let _ = Undecided::remove(database);
        }
    }

    /// The folder that those are in that were not given another place.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}
