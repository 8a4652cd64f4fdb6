//! Public keys: what they are, what they are called, and what makes two of them one.
//!
//! A key's *id* is a label that metadata gives it; its *material* is the key. Metadata may list one key under
//! many ids, so everything that counts keys compares material and never ids.

use std::fmt;

use packman_strict::Sha256;
use packman_strict::json::{Object, Reader, ShapeError, Value, canonical};

use crate::hex;

/// A label for a key, as metadata writes it. Ours are the SHA-256 of the key (section 4.2.1); others are taken
/// as they come, as python-tuf does, since nothing is decided by them.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Takes any text: ids are compared for equality and never believed.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id as it stands in metadata.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A public key. Two are equal when their material is, whatever they are called.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct PublicKey(Material);

/// Where further kinds of keys enter: a variant here, and its arms in this file.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
enum Material {
    Ed25519([u8; 32]),
    /// A kind that this version cannot verify: it may be listed, and never counts as a signer.
    /// Held as the canonical form of the key object.
    Unknown(Vec<u8>),
}

impl PublicKey {
    /// Takes the 32 bytes of an Ed25519 public key. Bytes that are no point of the curve verify nothing.
    pub const fn ed25519(bytes: [u8; 32]) -> Self {
        Self(Material::Ed25519(bytes))
    }

    /// Reads a key object of metadata (section 4.2.1). An unknown kind is kept, a malformed known one refused.
    pub(crate) fn read(key: Reader<'_, '_>) -> Result<Self, ShapeError> {
        let kind = key.member("keytype")?.str()?;
        let scheme = key.member("scheme")?.str()?;
        let value = key.member("keyval")?;
        value.object()?;
        if (kind, scheme) != ("ed25519", "ed25519") {
            let form = canonical(key.value()).map_err(|_| key.wrong("integers for numbers"))?;
            return Ok(Self(Material::Unknown(form)));
        }
        let public = value.member("public")?;
        let bytes = hex::decode(public.str()?);
        bytes.map(Self::ed25519).ok_or_else(|| public.wrong("64 lower-case hexadecimal digits"))
    }

    /// The id that we give the key: the SHA-256 of its canonical form (section 4.2.1).
    pub fn id(&self) -> KeyId {
        let form = match &self.0 {
            Material::Ed25519(_) => {
                self.to_value().and_then(|value| canonical(&value).ok()).unwrap_or_default()
            }
            Material::Unknown(form) => form.clone(),
        };
        KeyId(Sha256::of(&form).to_string())
    }

    /// The key object as we write it; none for a kind that we cannot write.
    pub(crate) fn to_value(&self) -> Option<Value<'static>> {
        let Material::Ed25519(bytes) = &self.0 else { return None };
        let value = Object::new().with("public", hex::encode(bytes));
        Some(Object::new().with("keytype", "ed25519").with("keyval", value).with("scheme", "ed25519").into())
    }

    /// Whether this key made that signature, in metadata's spelling, over exactly these bytes.
    ///
    /// Strict: a key of small order or a signature in another spelling than the one its maker wrote does not
    /// hold, so that no third party can make a second valid signature out of a first.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Material::Ed25519(bytes) = &self.0 else { return false };
        let Some(signature) = hex::decode(signature) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        ed25519_dalek::VerifyingKey::from_bytes(bytes)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519(bytes) => write!(f, "Ed25519({})", hex::encode(bytes)),
            Self::Unknown(form) => write!(f, "Unknown({})", String::from_utf8_lossy(form)),
        }
    }
}
