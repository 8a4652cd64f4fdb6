//! PKCS#8 in PEM: what a key file holds.

use ed25519_dalek::pkcs8::KeypairBytes;
use packman_machine::ssh_agent::SshKey;
use packman_tuf::SigningKey;
use pkcs8::der::pem::PemLabel;
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::{
    DecodePrivateKey, EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef,
    SecretDocument,
};

use super::Passphrase;
use crate::error::Failed;

/// The seed of a new key, from the system's source of randomness.
pub(crate) fn generate() -> Result<Zeroizing<[u8; 32]>, Failed> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| Failed::Randomness(error.to_string()))?;
    Ok(seed)
}

/// Writes a key: encrypted where there is a passphrase. The public half is left out, as OpenSSL does: it follows.
pub(crate) fn encode(seed: &[u8; 32], passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>, Failed> {
    let pair = KeypairBytes { secret_key: *seed, public_key: None };
    let written = match passphrase {
        None => pair.to_pkcs8_pem(LineEnding::LF),
        Some(passphrase) => pair.to_pkcs8_encrypted_pem(passphrase.as_bytes(), LineEnding::LF),
    };
    written.map_err(|error| Failed::Randomness(error.to_string()))
}

/// A key file that was read, and may have to be opened.
pub(crate) enum KeyFile {
    /// It has no passphrase.
    Open(Box<SigningKey>),
    /// It has one.
    Locked(SecretDocument),
    /// It names a key that the user's ssh-agent holds.
    InAgent(SshKey),
}

/// Why a key file gives no key.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum NoKey {
    /// It is no PKCS#8 file, or holds a key of another kind.
    Malformed(String),
    /// The passphrase does not open it.
    Passphrase,
}

/// Reads a key file.
pub(crate) fn decode(text: &str) -> Result<KeyFile, NoKey> {
    let malformed = |what: &str| NoKey::Malformed(what.to_owned());
    if text.starts_with("ssh-") {
        return SshKey::parse_line(text).map(KeyFile::InAgent).map_err(NoKey::Malformed);
    }
    let (label, document) = SecretDocument::from_pem(text.trim_start())
        .map_err(|_| malformed("wanted a private key in PEM (`-----BEGIN PRIVATE KEY-----`)"))?;
    match label {
        label if label == EncryptedPrivateKeyInfoRef::PEM_LABEL => Ok(KeyFile::Locked(document)),
        label if label == PrivateKeyInfoRef::PEM_LABEL => {
            signing_key(document.as_bytes()).map(|key| KeyFile::Open(Box::new(key)))
        }
        _ => Err(malformed("wanted a PKCS#8 private key, found another kind of PEM")),
    }
}

impl KeyFile {
    /// Opens it with a passphrase.
    pub(crate) fn unlock(&self, passphrase: &Passphrase) -> Result<SigningKey, NoKey> {
        let document = match self {
            Self::Open(key) => return Ok((**key).clone()),
            Self::Locked(document) => document,
            Self::InAgent(_) => return Err(NoKey::Passphrase),
        };
        let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
            .map_err(|error| NoKey::Malformed(error.to_string()))?;
        let opened = encrypted.decrypt(passphrase.as_bytes()).map_err(|_| NoKey::Passphrase)?;
        // A wrong passphrase can leave a padding that looks right, one time in 256; what is inside is no key then.
        signing_key(opened.as_bytes()).map_err(|_| NoKey::Passphrase)
    }
}

fn signing_key(der: &[u8]) -> Result<SigningKey, NoKey> {
    let pair = KeypairBytes::from_pkcs8_der(der)
        .map_err(|_| NoKey::Malformed("wanted an Ed25519 private key".to_owned()))?;
    let key = SigningKey::from_seed(pair.secret_key);
    match pair.public_key {
        // A file whose halves disagree would sign with a key that its owner never published.
        Some(public) if packman_tuf::PublicKey::ed25519(public.to_bytes()) != key.public() => {
            Err(NoKey::Malformed("its public half belongs to another key".to_owned()))
        }
        _ => Ok(key),
    }
}
