//! `curate key`: a keeper's own key, made on the machine where he signs. What leaves it is the public half.

use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::PublicKeyBytes;
use ed25519_dalek::pkcs8::spki::EncodePublicKey as _;
use packman_machine::files::{self, Keeping};
use packman_machine::stop::Commit;
use packman_strict::Sha256;
use packman_tuf::PublicKey;
use pkcs8::LineEnding;

use super::public::read_public;
use super::ring::LARGEST_KEY;
use super::{NewKey, read_key};
use crate::curator::Curator;
use crate::error::{CurateError, Failed, No, shown};
use crate::folder::SETTINGS;

/// Which key. The path is absolute.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// The file of the private key, which is made where it is not there; or one of a public key, to be shown.
    pub file: PathBuf,
    /// Whether a new key shall have no passphrase.
    pub no_passphrase: bool,
}

/// A keeper's key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyReport {
    /// Its id, as metadata has it: what keepers compare.
    pub id: String,
    /// Whether it was made now.
    pub is_new: bool,
    /// Where the private half is; nowhere where a public one was asked about.
    pub private: Option<PathBuf>,
    /// Where the public half is, to be handed on.
    pub public: PathBuf,
}

impl Curator<'_> {
    /// Makes a key, or tells of one that is there, and sees that its public half lies beside it. No key is ever replaced.
    pub fn key(&self, request: &KeyRequest) -> Result<KeyReport, CurateError> {
        let file = &request.file;
        if let Some(theirs) = read_public(file)? {
            let id = theirs.key.id().as_str().to_owned();
            return Ok(KeyReport { id, is_new: false, private: None, public: file.clone() });
        }
        let place = file.with_extension("pub");
        let (key, is_new) = match read_key(file)? {
            Some(key) => (self.ring(&Sha256::of(b""))?.unlock_file(&key, file)?.public(), false),
            None => (self.make_key(request, &place)?, true),
        };
        let half = public_half(&key)?;
        match files::read_file(&place, LARGEST_KEY)? {
            Some(there) if there == half.as_bytes() => {}
            Some(_) => return Err(No::InTheWay { path: place }.into()),
            None => files::write_file(&place, half.as_bytes(), Keeping::Published)?,
        }
        let id = key.id().as_str().to_owned();
        Ok(KeyReport { id, is_new, private: Some(file.clone()), public: place })
    }

    fn make_key(&self, request: &KeyRequest, place: &Path) -> Result<PublicKey, CurateError> {
        verify_place(&request.file)?;
        // Before the key is there: one whose public half nobody gets is of no use.
        if files::read_file(place, LARGEST_KEY)?.is_some() {
            return Err(No::InTheWay { path: place.to_owned() }.into());
        }
        let passphrase = if request.no_passphrase { None } else { Some(self.new_passphrase()?) };
        let new = NewKey::generate(&request.file)?;
        let text = new.text(passphrase.as_ref())?;
        self.stop.live()?;
        let _commit = Commit::begin();
        files::write_file(&request.file, text.as_bytes(), Keeping::Home)?;
        Ok(new.key.public())
    }
}

/// The public half in PEM, as `curate init --key` takes it.
fn public_half(key: &PublicKey) -> Result<String, CurateError> {
    let bytes = key.as_ed25519().ok_or_else(|| Failed::Unsignable("wanted an Ed25519 key".to_owned()))?;
    let pem = PublicKeyBytes(bytes).to_public_key_pem(LineEnding::LF);
    Ok(pem.map_err(|error| Failed::Unsignable(error.to_string()))?)
}

/// A database's folder is carried about whole, and what is called `.pub` is handed to others.
fn verify_place(file: &Path) -> Result<(), CurateError> {
    if file.extension().is_some_and(|extension| extension == "pub") {
        let why = format!("{}: wanted another name: `.pub` is what the public half is called", shown(file));
        return Err(CurateError::usage(why));
    }
    for folder in file.ancestors().skip(1) {
        if files::read_file(&folder.join(SETTINGS), u64::MAX)?.is_some() {
            let why = format!("{}: no private key belongs into the folder of a database", shown(file));
            return Err(CurateError::usage(why));
        }
    }
    Ok(())
}
