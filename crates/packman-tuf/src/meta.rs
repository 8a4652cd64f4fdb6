//! How one file pins another: version, and mostly length and SHA-256 (`METAFILES`, section 4.4).

use packman_strict::Sha256;
use packman_strict::json::{Object, Reader, Value};

use crate::payload::version;
use crate::{Payload, Reason, Refusal, Verified};

/// What a timestamp says of a snapshot, or a snapshot of targets.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct MetaInfo {
    /// The version of the file.
    pub version: u64,
    /// Its length in bytes.
    pub length: Option<u64>,
    /// Its SHA-256.
    pub sha256: Option<Sha256>,
}

impl MetaInfo {
    /// Pins a file by everything there is.
    pub fn of(version: u64, bytes: &[u8]) -> Self {
        Self { version, length: Some(bytes.len() as u64), sha256: Some(Sha256::of(bytes)) }
    }

    pub(crate) fn read(info: Reader<'_, '_>) -> Result<Self, Reason> {
        let length = info.optional("length")?.map(Reader::u64).transpose()?;
        let sha256 = match info.optional("hashes")? {
            Some(hashes) => read_sha256(hashes)?,
            None => None,
        };
        Ok(Self { version: version(info)?, length, sha256 })
    }

    /// Writes over `base`, so that members that we do not know stay.
    pub(crate) fn write(&self, base: Option<&Value<'static>>) -> Value<'static> {
        let mut info = base.and_then(Value::as_object).cloned().unwrap_or_default();
        info.insert("version", self.version);
        info.remove("length");
        info.remove("hashes");
        if let Some(length) = self.length {
            info.insert("length", length);
        }
        if let Some(sha256) = self.sha256 {
            info.insert("hashes", Object::new().with("sha256", sha256.to_string()));
        }
        info.into()
    }

    /// Refuses bytes of another length or digest than this says.
    ///
    /// 5.5.2 and 5.6.2: before the signatures, since the digest comes from a file that was verified, and
    /// hashing refuses faster than parsing.
    pub(crate) fn verify_bytes(&self, path: &str, bytes: &[u8]) -> Result<(), Refusal> {
        verify_length_and_sha256(path, bytes, self.length, self.sha256)
    }

    /// Whether a file that was verified before is the one that this pins.
    pub(crate) fn pins<T: Payload>(&self, file: &Verified<T>) -> bool {
        self.version == file.version() && self.verify_bytes("", file.bytes()).is_ok()
    }
}

/// Refuses bytes that are not the ones that were signed for, where length or digest were signed.
pub(crate) fn verify_length_and_sha256(
    path: &str,
    bytes: &[u8],
    length: Option<u64>,
    sha256: Option<Sha256>,
) -> Result<(), Refusal> {
    let found = bytes.len() as u64;
    if let Some(wanted) = length.filter(|length| *length != found) {
        return Err(Refusal::new(path, Reason::LengthMismatch { found, wanted }));
    }
    let Some(wanted) = sha256 else { return Ok(()) };
    match Sha256::of(bytes) {
        found if found == wanted => Ok(()),
        found => Err(Refusal::new(path, Reason::HashMismatch { found, wanted })),
    }
}

/// The SHA-256 of `hashes`, if it has one; digests of other kinds enter here.
pub(crate) fn read_sha256(hashes: Reader<'_, '_>) -> Result<Option<Sha256>, Reason> {
    let Some(hash) = hashes.optional("sha256")? else { return Ok(None) };
    let digest = Sha256::parse(hash.str()?).map_err(|_| hash.wrong("64 lower-case hexadecimal digits"))?;
    Ok(Some(digest))
}
