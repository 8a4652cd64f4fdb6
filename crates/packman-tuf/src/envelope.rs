//! The one place where signatures are counted, and the evidence that they were.
//!
//! An [`Envelope`] is a claim: a file whose signatures were read and not believed. [`KeySet::verify`] makes
//! [`Verified`] out of it, the only evidence there is that a threshold of distinct keys signed those bytes.
//! Roots, timestamps, snapshots, targets and delegated targets all go through it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use packman_strict::Sha256;
use packman_strict::json::{self, Canonical, Document, Reader, ShapeError};

use crate::message::Message;
use crate::payload::Payload;
use crate::{Bytes, File, KeyId, PublicKey, Reason, Refusal, RoleName, Root, SafetyNumber};

/// No file has more signatures than this: reading them is work that anybody on the way can order.
const MOST_SIGNATURES: usize = 1_000;

/// A metadata file whose signatures are seen and not believed.
pub struct Envelope<'a> {
    path: String,
    file: File<'a>,
    /// Parsed once: the signatures are over the canonical form of the very value that is read afterwards.
    document: Document<'a>,
    signatures: BTreeMap<KeyId, String>,
}

impl<'a> Envelope<'a> {
    /// Reads a file of at most `max_bytes` bytes; `path` is its place in the repository, for refusals.
    pub fn parse(
        path: impl Into<String>,
        file: impl Into<File<'a>>,
        max_bytes: u64,
    ) -> Result<Self, Refusal> {
        let (path, file) = (path.into(), file.into());
        match Self::read(file.bytes(), max_bytes) {
            Ok((document, signatures)) => Ok(Self { path, file, document, signatures }),
            Err(reason) => Err(Refusal::new(path, reason)),
        }
    }

    fn read(bytes: &'a [u8], max_bytes: u64) -> Result<Parts<'a>, Reason> {
        let length = bytes.len() as u64;
        if length > max_bytes {
            return Err(Reason::TooLarge { found: length, wanted: max_bytes });
        }
        // The length was decided by `max_bytes`; a second limit must not contradict it.
        let limits = json::Limits { bytes: bytes.len(), ..json::Limits::default() };
        let file = Document::parse(bytes, &limits).map_err(|error| Reason::BadJson(error.to_string()))?;
        let signatures = read_signatures(Reader::root(&file))?;
        let signed = Reader::root(&file).member("signed")?.object()?;
        Canonical::of(signed).map_err(|error| Reason::BadMetadata(error.to_string()))?;
        Ok((file, signatures))
    }

    /// Reads the signed part as a role's, believing nothing: only for a root that must say itself who signs it.
    pub(crate) fn claim<T: Payload>(&self) -> Result<T, Refusal> {
        T::read(self.signed()?).map_err(|reason| self.refusal(reason))
    }

    /// The signed part, of which nothing is believed.
    pub(crate) fn signed(&self) -> Result<Reader<'_, 'a>, Refusal> {
        let signed = Reader::root(&self.document).member("signed");
        signed.map(Reader::as_root).map_err(|error| self.refusal(error.into()))
    }

    /// What the signatures are over.
    pub(crate) fn message(&self) -> Result<Message<'_, 'a>, Refusal> {
        let form = Canonical::of(self.signed()?);
        form.map(Message::new).map_err(|error| self.refusal(Reason::BadMetadata(error.to_string())))
    }

    pub(crate) const fn signatures(&self) -> &BTreeMap<KeyId, String> {
        &self.signatures
    }

    /// The SHA-256 of the canonical signed part: equal for two files that say the same, whoever signed them.
    pub fn signed_digest(&self) -> Result<Sha256, Refusal> {
        Ok(self.message()?.sha256())
    }

    /// The safety number of the root that this is, if it is one. Nothing is believed of it: whoever signs a root must be able
    /// to say its number before anybody can verify it.
    pub fn claimed_number(&self) -> Result<SafetyNumber, Refusal> {
        Ok(self.claim::<Root>()?.number())
    }

    /// What a signature is made over: the canonical form of the signed part.
    pub fn to_sign(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        self.message()?.write(&mut |piece| bytes.extend_from_slice(piece));
        Ok(bytes)
    }

    /// The ids of the keys that the file says are its signers'. Nothing is believed of them: see [`KeySet::holding`].
    pub fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.signatures.keys()
    }

    pub(crate) fn refusal(&self, reason: Reason) -> Refusal {
        Refusal::new(self.path.clone(), reason)
    }
}

type Parts<'a> = (Document<'a>, BTreeMap<KeyId, String>);

/// Section 4.2: an id stands in `signatures` at most once. The text of a signature is not looked at before a
/// key that counts asks for it: keepers of other keys may leave it empty, or sign in ways that are not ours.
fn read_signatures(file: Reader<'_, '_>) -> Result<BTreeMap<KeyId, String>, ShapeError> {
    let list = file.member("signatures")?;
    let elements = list.elements()?;
    if elements.len() > MOST_SIGNATURES {
        return Err(list.wrong("at most 1,000 signatures"));
    }
    let mut signatures = BTreeMap::new();
    for element in elements {
        let id = element.member("keyid")?;
        let signature = element.member("sig")?.str()?.to_owned();
        if signatures.insert(KeyId::new(id.str()?), signature).is_some() {
            return Err(id.wrong("each key id once"));
        }
    }
    Ok(signatures)
}

/// The keys of a role, and how many of them must sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeySet {
    role: RoleName,
    /// Shared with the other roles that have the same keys: 16,384 bins do.
    keys: Arc<BTreeMap<KeyId, PublicKey>>,
    threshold: NonZeroU32,
}

impl KeySet {
    /// Takes the keys of a role under the ids that metadata gives them.
    pub(crate) fn new(role: RoleName, keys: BTreeMap<KeyId, PublicKey>, threshold: NonZeroU32) -> Self {
        Self { role, keys: Arc::new(keys), threshold }
    }

    /// Takes the keys of a role, each under its own id, for signing.
    pub fn of(
        role: impl Into<RoleName>,
        keys: impl IntoIterator<Item = PublicKey>,
        threshold: NonZeroU32,
    ) -> Self {
        Self::new(role.into(), keys.into_iter().map(|key| (key.id(), key)).collect(), threshold)
    }

    /// The same keys and threshold for another role: bins that the targets keys sign, say.
    pub fn for_role(&self, role: impl Into<RoleName>) -> Self {
        Self { role: role.into(), ..self.clone() }
    }

    /// The role that the keys sign for.
    pub const fn role(&self) -> &RoleName {
        &self.role
    }

    /// The keys with their ids; one key may stand under several.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&KeyId, &PublicKey)> {
        self.keys.iter()
    }

    /// The keys, each once.
    pub fn distinct(&self) -> BTreeSet<&PublicKey> {
        self.keys.values().collect()
    }

    /// How many distinct keys must sign.
    pub const fn threshold(&self) -> NonZeroU32 {
        self.threshold
    }

    /// Believes a file that a threshold of these keys signed, and reads it as what its role writes.
    ///
    /// Carries out "check for an arbitrary software attack" of sections 5.3 to 5.6. The signed part is read
    /// only after its signatures hold.
    pub fn verify<T: Payload>(&self, envelope: &Envelope<'_>) -> Result<Verified<T>, Refusal> {
        self.threshold_met(envelope)?;
        let payload = envelope.claim()?;
        Ok(Verified {
            payload,
            bytes: envelope.file.keep(),
            sha256: OnceLock::new(),
            signed: OnceLock::new(),
        })
    }

    /// The keys of this set whose signature under the file holds, by every id that they have here: for keepers who sign one
    /// after the other, and want to know whose signature is missing. Whether a file is to be believed is for
    /// [`KeySet::verify`].
    pub fn holding(&self, envelope: &Envelope<'_>) -> BTreeSet<&KeyId> {
        let Ok(message) = envelope.message() else { return BTreeSet::new() };
        let holds = |id: &KeyId, key: &PublicKey| {
            envelope.signatures.get(id).is_some_and(|signature| key.verifies(&message, signature))
        };
        self.keys.iter().filter(|(id, key)| holds(id, key)).map(|(id, _)| id).collect()
    }

    /// Refuses a file that too few of these keys signed.
    pub(crate) fn threshold_met(&self, envelope: &Envelope<'_>) -> Result<(), Refusal> {
        let (found, wanted) = (self.signers(envelope)?, self.threshold.get());
        if found >= usize::try_from(wanted).unwrap_or(usize::MAX) {
            return Ok(());
        }
        Err(envelope.refusal(Reason::BadSignature { found, wanted, role: self.role.clone() }))
    }

    /// Counts the distinct keys of this set that signed: by material, so one key under two ids is one key.
    ///
    /// The work is bounded by the ids of the *role*, never by what the file brings along: other signatures are
    /// not looked at, and counting stops at the threshold.
    pub(crate) fn signers(&self, envelope: &Envelope<'_>) -> Result<usize, Refusal> {
        let message = envelope.message()?;
        Ok(self.signers_by(envelope, |key, signature| key.verifies(&message, signature)))
    }

    fn signers_by(
        &self,
        envelope: &Envelope<'_>,
        mut verifies: impl FnMut(&PublicKey, &str) -> bool,
    ) -> usize {
        let enough = usize::try_from(self.threshold.get()).unwrap_or(usize::MAX);
        let mut signers = BTreeSet::new();
        for (id, key) in self.keys.iter() {
            let Some(signature) = envelope.signatures.get(id) else { continue };
            if !signers.contains(key) && verifies(key, signature) {
                signers.insert(key);
            }
            if signers.len() >= enough {
                break;
            }
        }
        signers.len()
    }
}

/// A file that a threshold of distinct keys signed: its exact bytes, and what they say.
///
/// Only [`KeySet::verify`] makes one:
///
/// ```compile_fail
/// use packman_tuf::{Timestamp, Verified};
/// fn forge(payload: Timestamp, bytes: Vec<u8>) -> Verified<Timestamp> {
///     Verified { payload, bytes: bytes.into(), sha256: Default::default(), signed: Default::default() }
/// }
/// ```
#[derive(Clone)]
pub struct Verified<T> {
    payload: T,
    bytes: Bytes,
    /// Digests of the file and of its signed part, each computed when it is first asked for.
    sha256: OnceLock<Sha256>,
    signed: OnceLock<Sha256>,
}

impl<T> Verified<T> {
    /// The file as it came, byte for byte: what is kept, and where unknown members survive.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of the file.
    pub(crate) fn sha256(&self) -> Sha256 {
        *self.sha256.get_or_init(|| Sha256::of(&self.bytes))
    }

    /// The SHA-256 of the canonical signed part: equal for two files that say the same, whoever signed them.
    pub fn signed_digest(&self) -> Sha256 {
        *self.signed.get_or_init(|| {
            let envelope = Envelope::parse("", &self.bytes, u64::MAX);
            let digest = envelope.and_then(|envelope| Ok(envelope.message()?.sha256()));
            // They verified, so they have one. A digest of the bytes would tell too much apart, never too little.
            digest.unwrap_or_else(|_| self.sha256())
        })
    }
}

/// What the file says, without its bytes.
impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.payload).finish()
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroU32;

    use super::{Envelope, KeySet};
    use crate::{KeyId, PublicKey, Role};

    /// How many signatures are verified, and how many signers are found, where `holds` says which signatures hold.
    fn work(ids: &[(usize, u8)], threshold: u32, signed: usize, holds: bool) -> (usize, usize) {
        let keys = ids.iter().map(|(id, key)| (KeyId::new(&id.to_string()), PublicKey::ed25519([*key; 32])));
        let keys: BTreeMap<_, _> = keys.collect();
        let set = KeySet::new(Role::Targets.into(), keys, NonZeroU32::new(threshold).unwrap());
        let entries: Vec<_> =
            (0..signed).map(|id| format!("{{\"keyid\":\"{id}\",\"sig\":\"00\"}}")).collect();
        let file = format!("{{\"signatures\":[{}],\"signed\":{{}}}}", entries.join(","));
        let envelope = Envelope::parse("x", file.as_bytes(), u64::MAX).unwrap();
        let mut verified = 0;
        let signers = set.signers_by(&envelope, |_, _| {
            verified += 1;
            holds
        });
        (verified, signers)
    }

    #[test]
    fn a_flood_of_signatures_costs_no_more_verifications_than_the_role_has_ids() {
        let three = [(7, 1), (8, 2), (9, 3)];
        assert_eq!(work(&three, 2, 1_000, false), (3, 0), "others are not looked at");
        assert_eq!(work(&three, 2, 1_000, true), (2, 2), "counting stops at the threshold");
        assert_eq!(work(&[(2_000, 1)], 1, 1_000, true), (0, 0), "nobody of the role signed");
        let fifty: Vec<_> = (0..50).map(|id| (id, 1)).collect();
        assert_eq!(
            work(&fifty, 2, 1_000, true),
            (1, 1),
            "a key that counted is not verified under its other ids"
        );
    }
}
