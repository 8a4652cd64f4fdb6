//! Signing: keys that sign, and files made out of what is to be signed.

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::Signer as _;
use packman_strict::json::{CanonicalError, Object, Value, canonical};

use crate::{Envelope, KeyId, Payload, PublicKey, Reason, Refusal, hex};

/// A private Ed25519 key. Wiped from memory when it is dropped; where it is kept is for others to decide.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Makes the key of a 32-byte seed (RFC 8032); the seed must come from a source of randomness.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::ed25519(self.0.verifying_key().to_bytes())
    }

    /// The id of the key, as metadata lists it.
    pub fn id(&self) -> KeyId {
        self.public().id()
    }

    fn sign(&self, message: &[u8]) -> String {
        hex::encode(&self.0.sign(message).to_bytes())
    }
}

/// Shows the public half only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {:?}", self.public())
    }
}

/// A draft that nobody could verify once it was signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsignable {
    why: String,
}

impl Unsignable {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

impl fmt::Display for Unsignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unsignable {}

/// A number that has no canonical form, among the members that were kept from an older file.
impl From<CanonicalError> for Unsignable {
    fn from(error: CanonicalError) -> Self {
        Self::new(error.to_string())
    }
}

/// A metadata file with that signed part, signed by those keys. With none it is a file to be signed elsewhere.
pub(crate) fn sign_part(signed: Object<'static>, keys: &[&SigningKey]) -> Result<Vec<u8>, Unsignable> {
    let signed = Value::from(signed);
    let message = canonical(&signed)?;
    let signatures = keys.iter().map(|key| (key.id(), key.sign(&message))).collect();
    Ok(write_file(&signed, &signatures))
}

/// Adds the signature of one key more to a file, so that the keepers of a threshold can sign one after the
/// other, each on a machine of their own. An earlier signature under the same key id is replaced.
///
/// The signatures that are there are kept unread: who counts them is who verifies the file.
pub fn add_signature(path: &str, file: &[u8], key: &SigningKey) -> Result<Vec<u8>, Refusal> {
    let envelope = Envelope::parse(path, file, u64::MAX)?;
    let (mut message, mut signatures) = (Vec::new(), envelope.signatures().clone());
    envelope.message()?.write(&mut |piece| message.extend_from_slice(piece));
    signatures.insert(key.id(), key.sign(&message));
    Ok(write_file(&envelope.signed()?.value().into_owned(), &signatures))
}

/// Adds a signature that was made elsewhere, by an agent that holds the key, say, over [`Envelope::to_sign`]. Refused where
/// it does not verify: a file must never leave with a signature that nobody can believe.
pub fn put_signature(
    path: &str,
    file: &[u8],
    key: &PublicKey,
    signature: &[u8; 64],
) -> Result<Vec<u8>, Refusal> {
    let envelope = Envelope::parse(path, file, u64::MAX)?;
    let mut signatures = envelope.signatures().clone();
    let signature = hex::encode(signature);
    if !key.verifies(&envelope.message()?, &signature) {
        let why = format!("the signature that was made for key {} does not verify", key.id());
        return Err(Refusal::new(path, Reason::BadMetadata(why)));
    }
    signatures.insert(key.id(), signature);
    Ok(write_file(&envelope.signed()?.value().into_owned(), &signatures))
}

/// One file with the signatures of two that say the same; `None` where they do not. Of a key that signed both, the
/// signature of `ours` stays.
pub fn merge_signatures(path: &str, ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let ours = Envelope::parse(path, ours, u64::MAX)?;
    let theirs = Envelope::parse(path, theirs, u64::MAX)?;
    if ours.signed_digest()? != theirs.signed_digest()? {
        return Ok(None);
    }
    let mut signatures = theirs.signatures().clone();
    signatures.extend(ours.signatures().clone());
    Ok(Some(write_file(&ours.signed()?.value().into_owned(), &signatures)))
}

/// Reads the signed part of a file of our own, to be drafted again: what it says, and all its members, those too that
/// we do not know. Its signatures are not looked at.
pub(crate) fn read_part<T: Payload>(path: &str, file: &[u8]) -> Result<(T, Object<'static>), Refusal> {
    let envelope = Envelope::parse(path, file, u64::MAX)?;
    match envelope.signed()?.value().into_owned() {
        Value::Object(object) => Ok((envelope.claim()?, object)),
        _ => Err(Refusal::new(path, Reason::BadMetadata("the signed part is not an object".to_owned()))),
    }
}

fn write_file(signed: &Value<'static>, signatures: &BTreeMap<KeyId, String>) -> Vec<u8> {
    let signatures: Value<'_> = signatures
        .iter()
        .map(|(id, signature)| Object::new().with("keyid", id.as_str()).with("sig", signature.as_str()))
        .collect();
    Value::from(Object::new().with("signatures", signatures).with("signed", signed.clone())).to_pretty()
}
