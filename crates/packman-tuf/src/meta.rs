//! How one file pins another: version, and mostly length and digests (`METAFILES`, section 4.4).

use packman_strict::json::{Reader, Value};

use crate::hashes::verify_bytes;
use crate::payload::version;
use crate::{Hashes, Payload, Reason, Refusal, Verified};

/// What a timestamp says of a snapshot, or a snapshot of targets.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct MetaInfo {
    /// The version of the file.
    pub version: u64,
    /// Its length in bytes.
    pub length: Option<u64>,
    /// Its digests.
    pub hashes: Hashes,
}

impl MetaInfo {
    /// Pins a file by everything there is.
    pub fn of(version: u64, bytes: &[u8]) -> Self {
        Self { version, length: Some(bytes.len() as u64), hashes: Hashes::of(bytes) }
    }

    pub(crate) fn read(info: Reader<'_, '_>) -> Result<Self, Reason> {
        let length = info.optional("length")?.map(Reader::u64).transpose()?;
        let stated = info.optional("hashes")?;
        let hashes = stated.map(Hashes::read).transpose()?.unwrap_or_default();
        // "One or more": none at all is said by leaving the member out, and is no digest that was lost on the way.
        if let Some(stated) = stated.filter(|_| hashes.is_empty()) {
            return Err(stated.wrong("a digest").into());
        }
        Ok(Self { version: version(info)?, length, hashes })
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
        if !self.hashes.is_empty() {
            info.insert("hashes", self.hashes.to_value());
        }
        info.into()
    }

    /// Refuses bytes of another length or digest than this says.
    ///
    /// 5.5.2 and 5.6.2: before the signatures, since the digest comes from a file that was verified, and
    /// hashing refuses faster than parsing.
    pub(crate) fn verify_bytes(&self, path: &str, bytes: &[u8]) -> Result<(), Refusal> {
        verify_bytes(path, bytes, self.length, &self.hashes)
    }

    /// Whether a file that was verified before is the one that this pins.
    pub(crate) fn pins<T: Payload>(&self, file: &Verified<T>) -> bool {
        self.version == file.version()
            && self.hashes.pin(file)
            && self.length.is_none_or(|length| length == file.bytes().len() as u64)
    }
}
