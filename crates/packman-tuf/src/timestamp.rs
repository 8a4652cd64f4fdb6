//! The timestamp: which snapshot is the newest.

use packman_strict::json::Reader;

use crate::payload::{Header, Payload, sealed};
use crate::{MetaInfo, Reason, Role};

/// What a timestamp says (section 4.6).
#[derive(Clone, Debug)]
pub struct Timestamp {
    header: Header,
    snapshot: MetaInfo,
}

impl Timestamp {
    /// The newest snapshot.
    pub const fn snapshot(&self) -> MetaInfo {
        self.snapshot
    }
}

impl sealed::Sealed for Timestamp {}

impl Payload for Timestamp {
    const ROLE: Role = Role::Timestamp;

    fn read(signed: Reader<'_, '_>) -> Result<Self, Reason> {
        let header = Header::read(signed, Role::Timestamp)?;
        let meta = signed.member("meta")?;
        let snapshot = MetaInfo::read(meta.member("snapshot.json")?)?;
        // Section 4.6: it describes the snapshot and nothing else.
        if meta.members()?.len() != 1 {
            return Err(meta.wrong("`snapshot.json` alone").into());
        }
        Ok(Self { header, snapshot })
    }

    fn header(&self) -> Header {
        self.header
    }
}
