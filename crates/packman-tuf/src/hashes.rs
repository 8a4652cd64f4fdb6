//! The digests that signed metadata states of a file (`HASHES`, section 4.4).

use packman_strict::json::{Object, Reader, Value};
use packman_strict::{Sha256, Sha512};

use crate::{Reason, Refusal, Verified};

/// The digests of one file: those of kinds that we know, each of which must hold.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct Hashes {
    /// Its SHA-256, where it is stated.
    pub sha256: Option<Sha256>,
    /// Its SHA-512, where it is stated.
    pub sha512: Option<Sha512>,
    /// Whether digests of other kinds are stated. They prove nothing to us, and a file with no others is refused.
    has_others: bool,
}

impl Hashes {
    /// The digests that we state of a file: its SHA-256.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_sha256(Sha256::of(bytes))
    }

    pub(crate) const fn of_sha256(sha256: Sha256) -> Self {
        Self { sha256: Some(sha256), sha512: None, has_others: false }
    }

    /// Whether no digest at all is stated, not even of a kind that we do not know.
    pub const fn is_empty(&self) -> bool {
        self.sha256.is_none() && self.sha512.is_none() && !self.has_others
    }

    pub(crate) fn read(hashes: Reader<'_, '_>) -> Result<Self, Reason> {
        let mut found = Self::default();
        for (kind, hash) in hashes.members()? {
            match kind {
                "sha256" => {
                    let digest = Sha256::parse(hash.str()?);
                    found.sha256 = Some(digest.map_err(|_| hash.wrong("64 lower-case hexadecimal digits"))?);
                }
                "sha512" => {
                    let digest = Sha512::parse(hash.str()?);
                    found.sha512 = Some(digest.map_err(|_| hash.wrong("128 lower-case hexadecimal digits"))?);
                }
                _ => found.has_others = true,
            }
        }
        Ok(found)
    }

    /// Whether the member `hashes` of a file states these digests, and maybe some of other kinds.
    pub(crate) fn are_stated_by(&self, hashes: &Object<'_>) -> bool {
        let states = |kind: &str, digest: Option<String>| match (hashes.get(kind), digest) {
            (None, None) => true,
            (Some(stated), Some(digest)) => stated.as_str() == Some(&digest),
            _ => false,
        };
        states("sha256", self.sha256.map(|sha256| sha256.to_string()))
            && states("sha512", self.sha512.map(|sha512| sha512.to_string()))
    }

    pub(crate) fn to_value(self) -> Value<'static> {
        let mut hashes = Object::new();
        if let Some(sha256) = self.sha256 {
            hashes.insert("sha256", sha256.to_string());
        }
        if let Some(sha512) = self.sha512 {
            hashes.insert("sha512", sha512.to_string());
        }
        hashes.into()
    }

    /// What stands before the name of a file on a mirror with consistent snapshots (section 6.2.1).
    pub(crate) fn prefix(&self) -> Option<String> {
        self.sha256.map(|sha256| sha256.to_string()).or_else(|| self.sha512.map(|sha512| sha512.to_string()))
    }

    /// Whether these are digests of a file that verified, one of a kind that we know among them if there are any.
    pub(crate) fn pin<T>(&self, file: &Verified<T>) -> bool {
        let known = self.sha256.is_some() || self.sha512.is_some();
        (known || !self.has_others)
            && self.sha256.is_none_or(|sha256| sha256 == file.sha256())
            && self.sha512.is_none_or(|sha512| sha512 == Sha512::of(file.bytes()))
    }

    /// Refuses bytes with another digest than any that is stated, and bytes whose every digest is of a kind that
    /// we do not know.
    pub(crate) fn verify(&self, path: &str, bytes: &[u8]) -> Result<(), Refusal> {
        if self.sha256.is_none() && self.sha512.is_none() && self.has_others {
            return Err(Refusal::new(path, Reason::UnknownHash));
        }
        if let Some(wanted) = self.sha256 {
            let found = Sha256::of(bytes);
            if found != wanted {
                return Err(mismatch(path, &found, &wanted));
            }
        }
        if let Some(wanted) = self.sha512 {
            let found = Sha512::of(bytes);
            if found != wanted {
                return Err(mismatch(path, &found, &wanted));
            }
        }
        Ok(())
    }
}

fn mismatch(path: &str, found: &impl ToString, wanted: &impl ToString) -> Refusal {
    Refusal::new(path, Reason::HashMismatch { found: found.to_string(), wanted: wanted.to_string() })
}

/// Refuses bytes that are not the ones that were signed for, where length or digests were signed.
///
/// The length first: it refuses without reading them.
pub(crate) fn verify_bytes(
    path: &str,
    bytes: &[u8],
    length: Option<u64>,
    hashes: &Hashes,
) -> Result<(), Refusal> {
    let found = bytes.len() as u64;
    match length.filter(|length| *length != found) {
        Some(wanted) => Err(Refusal::new(path, Reason::LengthMismatch { found, wanted })),
        None => hashes.verify(path, bytes),
    }
}
