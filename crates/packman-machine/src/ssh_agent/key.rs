//! Ed25519 public keys as SSH writes them (RFC 8709).

use packman_strict::Sha256;

use super::base64;
use super::wire::{Bytes, string};

/// The name of the only kind of key that is used.
pub(super) const KIND: &[u8] = b"ssh-ed25519";

/// An Ed25519 key of SSH: its public half, and what its owner calls it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshKey {
    /// The public half, as RFC 8032 has it.
    pub public: [u8; 32],
    /// What its owner calls it; outside text.
    pub comment: String,
}

impl SshKey {
    /// Reads a line as in `id_ed25519.pub`: kind, key, comment.
    pub fn parse_line(line: &str) -> Result<Self, String> {
        let mut words = line.trim().splitn(3, char::is_whitespace);
        let (kind, key, comment) = (words.next(), words.next(), words.next().unwrap_or_default());
        if kind.is_none_or(|kind| kind.as_bytes() != KIND) {
            return Err("wanted an Ed25519 key (`ssh-ed25519 …`), found one of another kind".to_owned());
        }
        let key = key.and_then(base64::decode).and_then(|blob| Self::of_blob(&blob, comment.trim()));
        key.ok_or_else(|| "wanted a public key of SSH, found something else after `ssh-ed25519`".to_owned())
    }

    /// The key of a blob; `None` for a key of another kind.
    pub(super) fn of_blob(blob: &[u8], comment: &str) -> Option<Self> {
        let mut parts = Bytes(blob);
        let kind = parts.string()?;
        let public = parts.string()?.try_into().ok()?;
        (kind == KIND && parts.0.is_empty()).then(|| Self { public, comment: comment.to_owned() })
    }

    pub(super) fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        string(&mut blob, KIND);
        string(&mut blob, &self.public);
        blob
    }

    /// The line of its file, as in `id_ed25519.pub`.
    pub fn line(&self) -> String {
        let comment: String = self.comment.chars().filter(|c| !c.is_control()).collect();
        format!("ssh-ed25519 {} {comment}\n", base64::encode(&self.blob()))
    }

    /// What `ssh-add -l` shows of it: `SHA256:` and 43 digits.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", base64::encode(Sha256::of(&self.blob()).as_bytes()))
    }
}
