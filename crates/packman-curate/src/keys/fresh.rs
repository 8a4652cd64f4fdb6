//! New keys: made, written before anything names them, and taken away again where nothing came of it.

use std::path::{Path, PathBuf};

use packman_machine::files::{self, Keeping};
use packman_machine::home::Home;
use packman_tuf::SigningKey;
use pkcs8::der::zeroize::Zeroizing;

use super::{KeyPlace, Passphrase, encode, generate};
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

    /// Where it will be found.
    pub(crate) fn place(&self) -> KeyPlace {
        KeyPlace { id: self.key.id().as_str().to_owned(), file: self.file.clone() }
    }
}

/// The files of new keys, as far as they are written.
pub(crate) struct Kept {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Kept {
    /// Nothing yet, for keys in that folder.
    pub(crate) fn none(folder: PathBuf) -> Self {
        Self { folder, files: Vec::new() }
    }

    /// Writes a key, locked with the passphrase where there is one. Its place must be free: there may be another key.
    pub(crate) fn keep(
        &mut self,
        home: &Home,
        new: &NewKey,
        passphrase: Option<&Passphrase>,
    ) -> Result<(), CurateError> {
        let path = self.folder.join(&new.file);
        if files::read_file(&path, u64::MAX)?.is_some() {
            return Err(No::InTheWay { path }.into());
        }
        let text = encode(&new.seed, passphrase)?;
        self.files.push(path.clone());
        match path.strip_prefix(home.folder()) {
            Ok(name) => {
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                let _ = home.replace(&parts.join("/"), text.as_bytes())?;
            }
            Err(_) => files::write_file(&path, text.as_bytes(), Keeping::Home)?,
        }
        Ok(())
    }

    /// Takes the keys away again: those of a database that is not there would lie about for good. What cannot be taken
    /// away stays; there is a reason to tell already.
    pub(crate) fn forget(self) {
        for file in &self.files {
            let _ = files::remove_file(file);
        }
        let _ = files::remove_empty_folder(&self.folder);
    }

    /// The folder that they are in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}
