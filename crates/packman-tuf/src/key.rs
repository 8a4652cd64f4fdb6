//! Public keys: what they are, what they are called, and what makes two of them one.
//!
//! A key's *id* is a label that metadata gives it; its *material* is the key. Metadata may list one key under
//! many ids, so everything that counts keys compares material and never ids.

use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, LineEnding};
use packman_strict::Sha256;
use packman_strict::json::{Canonical, Object, Reader, ShapeError, Value, canonical};
use rsa::traits::PublicKeyParts as _;

use crate::hex;
use crate::message::Message;

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

/// Where further kinds of keys enter: a variant here, and its arms in this file. Each holds the one spelling of its
/// key that there is, so that equal keys are equal.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
enum Material {
    Ed25519([u8; 32]),
    /// The point, uncompressed (SEC 1, section 2.3.3).
    EcdsaP256(Vec<u8>),
    /// The `SubjectPublicKeyInfo` in DER (RFC 5280).
    RsaPss(Vec<u8>),
    /// A kind that this version cannot verify, or a value that is no key of its kind: it may be listed, and never counts
    /// as a signer. Held as the canonical form of the key object.
    Unusable(Vec<u8>),
}

impl PublicKey {
    /// Takes the 32 bytes of an Ed25519 public key. Bytes that are no point of the curve verify nothing.
    pub const fn ed25519(bytes: [u8; 32]) -> Self {
        Self(Material::Ed25519(bytes))
    }

    /// Reads a key object of metadata (section 4.2.1).
    ///
    /// A key that cannot be used here, because its kind is unknown or its value is no key of its kind, is kept and never
    /// counts: the threshold decides, and a slip in one key locks nobody out. Only what is no key object is refused.
    pub(crate) fn read(key: Reader<'_, '_>) -> Result<Self, ShapeError> {
        let kind = key.member("keytype")?.str()?;
        let scheme = key.member("scheme")?.str()?;
        let value = key.member("keyval")?;
        value.object()?;
        let usable: Option<fn(&str) -> Option<Self>> = match (kind, scheme) {
            ("ed25519", "ed25519") => Some(|public| hex::decode(public).map(Self::ed25519)),
            // The second is how older repositories name the first.
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => Some(Self::ecdsa_p256),
            ("rsa", "rsassa-pss-sha256") => Some(Self::rsa_pss),
            _ => None,
        };
        if let Some(read) = usable
            && let Some(known) = read(value.member("public")?.str()?)
        {
            return Ok(known);
        }
        let form = Canonical::of(key).map_err(|_| key.wrong("integers for numbers"))?;
        Ok(Self(Material::Unusable(form.to_vec())))
    }

    /// Whether it is a key that can count as a signer here.
    pub(crate) const fn is_usable(&self) -> bool {
        !matches!(self.0, Material::Unusable(_))
    }

    /// Takes an ECDSA key on the curve P-256, as PEM.
    pub fn ecdsa_p256(pem: &str) -> Option<Self> {
        let key = p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok()?;
        Some(Self(Material::EcdsaP256(key.to_sec1_point(false).as_bytes().to_vec())))
    }

    /// Takes an RSA key of 2,048 to 4,096 bits for signatures with RSASSA-PSS and SHA-256, as PEM. A longer one would
    /// let whoever publishes it choose how long a client computes.
    pub fn rsa_pss(pem: &str) -> Option<Self> {
        let key = rsa::PublicKey::from_public_key_pem(pem).ok()?;
        if !(256..=512).contains(&key.size()) {
            return None;
        }
        Some(Self(Material::RsaPss(key.to_public_key_der().ok()?.into_vec())))
    }

    /// The 32 bytes, where it is an Ed25519 key.
    pub const fn as_ed25519(&self) -> Option<[u8; 32]> {
        match self.0 {
            Material::Ed25519(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The id that we give the key: the SHA-256 of its canonical form (section 4.2.1).
    pub fn id(&self) -> KeyId {
        let form = match &self.0 {
            Material::Unusable(form) => form.clone(),
            _ => self.to_value().and_then(|value| canonical(&value).ok()).unwrap_or_default(),
        };
        KeyId(Sha256::of(&form).to_string())
    }

    /// The key object as we write it; none for one that cannot be used here.
    pub(crate) fn to_value(&self) -> Option<Value<'static>> {
        let (kind, scheme, public) = match &self.0 {
            Material::Ed25519(bytes) => ("ed25519", "ed25519", hex::encode(bytes)),
            Material::EcdsaP256(point) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
                ("ecdsa", "ecdsa-sha2-nistp256", key.to_public_key_pem(LineEnding::LF).ok()?)
            }
            Material::RsaPss(der) => {
                let key = rsa::PublicKey::from_public_key_der(der).ok()?;
                ("rsa", "rsassa-pss-sha256", key.to_public_key_pem(LineEnding::LF).ok()?)
            }
            Material::Unusable(_) => return None,
        };
        let value = Object::new().with("public", public);
        Some(Object::new().with("keytype", kind).with("keyval", value).with("scheme", scheme).into())
    }

    /// Whether this key made that signature, in metadata's spelling, over exactly these bytes.
    ///
    /// Strict for Ed25519: a key of small order or a signature in another spelling than the one its maker wrote does
    /// not hold. Of an ECDSA signature anybody can make a second one; nothing is decided by that, since keys are counted.
    pub(crate) fn verifies(&self, message: &Message<'_, '_>, signature: &str) -> bool {
        match &self.0 {
            Material::Ed25519(key) => verifies_ed25519(key, message, signature),
            Material::EcdsaP256(point) => verifies_ecdsa(point, message, signature),
            Material::RsaPss(der) => verifies_rsa(der, message, signature),
            Material::Unusable(_) => false,
        }
    }
}

fn verifies_ed25519(key: &[u8; 32], message: &Message<'_, '_>, signature: &str) -> bool {
    let Some(signature) = hex::decode(signature) else { return false };
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    let point = |bytes: &[u8; 32]| {
        ed25519_dalek::VerifyingKey::from_bytes(bytes).ok().filter(|point| !point.is_weak())
    };
    // What `verify_strict` asks beyond RFC 8032, which holds the whole message: neither the key nor the signature's R
    // is a point of small order.
    let (Some(key), Some(_)) = (point(key), point(signature.r_bytes())) else { return false };
    key.verify_stream(&signature).is_ok_and(|mut verifier| {
        message.write(&mut |piece| verifier.update(piece));
        verifier.finalize_and_verify().is_ok()
    })
}

fn verifies_ecdsa(point: &[u8], message: &Message<'_, '_>, signature: &str) -> bool {
    let signature =
        hex::decode_up_to(signature, 80).and_then(|der| p256::ecdsa::DerSignature::from_bytes(&der).ok());
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok();
    key.zip(signature)
        .is_some_and(|(key, signature)| key.verify_prehash(message.sha256().as_bytes(), &signature).is_ok())
}

/// With a salt of any length: signers differ in it, and it proves nothing.
fn verifies_rsa(der: &[u8], message: &Message<'_, '_>, signature: &str) -> bool {
    let signature = hex::decode_up_to(signature, 512)
        .and_then(|bytes| rsa::pss::Signature::try_from(bytes.as_slice()).ok());
    let key = rsa::PublicKey::from_public_key_der(der).ok();
    let Some((key, signature)) = key.zip(signature) else { return false };
    rsa::pss::VerifyingKey::<sha2::Sha256>::new_with_auto_salt_len(key)
        .verify_prehash(message.sha256().as_bytes(), &signature)
        .is_ok()
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519(bytes) => write!(f, "Ed25519({})", hex::encode(bytes)),
            Self::EcdsaP256(point) => write!(f, "EcdsaP256({})", hex::encode(point)),
            Self::RsaPss(der) => write!(f, "RsaPss({})", hex::encode(der)),
            Self::Unusable(form) => write!(f, "Unusable({})", String::from_utf8_lossy(form)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
    use packman_strict::json::{Canonical, Document, Limits, Reader};

    use super::verifies_ed25519;
    use crate::hex;
    use crate::message::Message;

    /// The verdict over pieces, which is that of the strict check over the whole message.
    #[track_caller]
    fn check(key: &[u8; 32], document: &str, signature: [u8; 64]) -> bool {
        let document = Document::parse(document.as_bytes(), &Limits::default()).unwrap();
        let form = Canonical::of(Reader::root(&document)).unwrap();
        let strict = VerifyingKey::from_bytes(key)
            .is_ok_and(|key| key.verify_strict(&form.to_vec(), &Signature::from_bytes(&signature)).is_ok());
        assert_eq!(verifies_ed25519(key, &Message::new(form), &hex::encode(&signature)), strict);
        strict
    }

    /// The points of small order that RFC 8032 lets be written, and some with coordinates that are not reduced.
    fn small_order() -> Vec<[u8; 32]> {
        let mut points = Vec::new();
        for (first, middle, last) in
            [(0, 0, 0), (1, 0, 0), (0xec, 0xff, 0x7f), (0xed, 0xff, 0x7f), (0xee, 0xff, 0x7f)]
        {
            for sign in [0, 0x80] {
                let mut point = [middle; 32];
                (point[0], point[31]) = (first, last | sign);
                points.push(point);
            }
        }
        for point in [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ] {
            points.push(hex::decode(point).unwrap());
        }
        points
    }

    #[test]
    fn a_message_in_pieces_is_verified_as_strictly_as_a_whole_one() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key().to_bytes();
        // Three pieces: gathered ones before and after a long one of the document.
        let long = format!(r#"{{"b":"{}","a":"\n"}}"#, "x".repeat(100_000));
        for document in ["{}", r#"{"b":1,"a":"é"}"#, &long] {
            let parsed = Document::parse(document.as_bytes(), &Limits::default()).unwrap();
            let form = Canonical::of(Reader::root(&parsed)).unwrap().to_vec();
            let good = key.sign(&form).to_bytes();
            assert!(check(&public, document, good));
            assert!(!check(&[8; 32], document, good));
            for place in 0..64 {
                let mut changed = good;
                changed[place] ^= 1;
                assert!(!check(&public, document, changed));
            }
            for point in small_order() {
                for scalar in [[0; 32], [1; 32]] {
                    let mut forged = [0; 64];
                    forged[..32].copy_from_slice(&point);
                    forged[32..].copy_from_slice(&scalar);
                    // By a key of small order anything is signed; without the check this one would hold.
                    assert!(small_order().iter().all(|key| !check(key, document, forged)));
                    assert!(!check(&public, document, forged));
                }
            }
        }
    }
}
