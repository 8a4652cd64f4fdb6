//! Public keys of others: what a keeper sends to whoever makes the database.

use std::path::Path;

use ed25519_dalek::pkcs8::{DecodePublicKey as _, PublicKeyBytes};
use packman_machine::files;
use packman_machine::ssh_agent::SshKey;
use packman_tuf::PublicKey;

use super::ring::LARGEST_KEY;
use crate::error::{CurateError, Refused};

/// A public key, and what its keeper is called: the comment of an SSH key, else the name of the file.
#[derive(Clone, Debug)]
pub(crate) struct PublicKeyFile {
    pub(crate) key: PublicKey,
    pub(crate) keeper: String,
}

/// Reads a file as a public key: `-----BEGIN PUBLIC KEY-----`, or a line as in `id_ed25519.pub`. `None` where it is
/// something else, such as a private key.
pub(crate) fn read_public(path: &Path) -> Result<Option<PublicKeyFile>, CurateError> {
    let Some(bytes) = files::read_file(path, LARGEST_KEY)? else { return Ok(None) };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(None) };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if text.starts_with("ssh-") {
        let refused = |why: String| CurateError::from(Refused::Key { path: path.to_owned(), why });
        let key = SshKey::parse_line(text).map_err(refused)?;
        let keeper = if key.comment.is_empty() { stem } else { key.comment };
        return Ok(Some(PublicKeyFile { key: PublicKey::ed25519(key.public), keeper: name(&keeper) }));
    }
    if !text.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") {
        return Ok(None);
    }
    let wrong = |_| Refused::Key { path: path.to_owned(), why: "wanted an Ed25519 public key".to_owned() };
    let key = PublicKeyBytes::from_public_key_pem(text.trim_start()).map_err(wrong)?;
    Ok(Some(PublicKeyFile { key: PublicKey::ed25519(key.to_bytes()), keeper: name(&stem) }))
}

/// A name for people, which stands in a file of settings: short, and without what speaks to a terminal.
fn name(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
