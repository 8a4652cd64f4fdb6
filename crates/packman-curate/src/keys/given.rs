//! Keys that were there before the database: a person's own, in a file or in the ssh-agent, and those of other keepers.

use std::path::{Path, PathBuf};

use packman_machine::files;
use packman_machine::ssh_agent::SshKey;
use packman_tuf::PublicKey;

use super::public::read_public;
use super::{KeyPlace, KeyRing, Signer, read_key};
use crate::error::{CurateError, No};

/// A key that was given.
#[derive(Clone)]
pub(crate) struct GivenKey {
    /// The public half.
    pub(crate) public: PublicKey,
    /// Who signs with it here; nobody where it is another keeper's.
    pub(crate) signer: Option<Signer>,
    /// Where it will be found.
    place: KeyPlace,
    /// What is written there, where it is not there already.
    text: Option<String>,
}

impl GivenKey {
    /// Reads a file that was named: a private key, or the public one of another keeper.
    pub(crate) fn read(ring: &mut KeyRing<'_>, role: &'static str, path: &Path) -> Result<Self, CurateError> {
        if let Some(theirs) = read_public(path)? {
            let place =
                KeyPlace { id: theirs.key.id().as_str().to_owned(), file: None, keeper: Some(theirs.keeper) };
            return Ok(Self { public: theirs.key, signer: None, place, text: None });
        }
        let missing = || No::KeyMissing { role, path: Some(path.to_owned()) };
        let signer = ring.unlock_file(&read_key(path)?.ok_or_else(missing)?, path)?;
        let (public, id) = (signer.public(), signer.id().as_str().to_owned());
        let place = KeyPlace { id, file: Some(path.to_owned()), keeper: None };
        Ok(Self { public, signer: Some(signer), place, text: None })
    }

    /// A key that the user's agent holds. Where it is found again is a file beside the database's other keys, which says no
    /// more than that.
    pub(crate) fn in_agent(signer: Signer, key: &SshKey) -> Self {
        let (public, id) = (signer.public(), signer.id().as_str().to_owned());
        let file = PathBuf::from(format!("ssh-agent-{}.pub", id.chars().take(12).collect::<String>()));
        let text = key.line();
        let place = KeyPlace { id, file: Some(file), keeper: None };
        Self { public, signer: Some(signer), place, text: Some(text) }
    }

    /// The same key, to be copied to the folder of the database's own keys: no settings may lead to others.
    pub(crate) fn copied(mut self, role: &str) -> Result<Self, CurateError> {
        if let (None, Some(file)) = (&self.text, &self.place.file) {
            // It was read as text a moment ago.
            let bytes = files::read_file(file, super::ring::LARGEST_KEY)?;
            self.text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let id: String = self.place.id.chars().take(12).collect();
            self.place.file = Some(PathBuf::from(format!("{role}-{id}.pem")));
        }
        Ok(self)
    }

    /// Where it will be found.
    pub(crate) fn place(&self) -> KeyPlace {
        self.place.clone()
    }

    /// What is to be written into the folder of the database's keys, and how it is called there.
    pub(crate) fn file(&self) -> Option<(&Path, &str)> {
        self.place.file.as_deref().zip(self.text.as_deref())
    }
}
