//! What every signed part says, whatever its role: type, version of the specification, version, expiry.

use packman_strict::json::{Reader, ShapeError};
use packman_strict::time::Time;

use crate::{Reason, Refusal, Role, Verified};

/// The signed part of a role's file. Sealed: the roles of this crate are all there are.
pub trait Payload: Sized + sealed::Sealed {
    /// The role that signs such files, and what stands in their `_type`.
    const ROLE: Role;

    /// Reads a signed part.
    #[doc(hidden)]
    fn read(signed: Reader<'_, '_>) -> Result<Self, Reason>;

    /// Version and expiry.
    #[doc(hidden)]
    fn header(&self) -> Header;

    /// The version of the file, at least 1.
    fn version(&self) -> u64 {
        self.header().version
    }

    /// The moment from which on the file is not to be believed any more.
    fn expires(&self) -> Time {
        self.header().expires
    }

    /// Where this version of the file is published.
    fn file_path(&self) -> String {
        Self::ROLE.file_path(self.version())
    }
}

pub(crate) mod sealed {
    /// Keeps [`Payload`](super::Payload) to this crate.
    pub trait Sealed {}
}

impl<T: Payload> Verified<T> {
    /// The version of the file, at least 1.
    pub fn version(&self) -> u64 {
        self.header().version
    }

    /// The moment from which on the file is not to be believed any more.
    pub fn expires(&self) -> Time {
        self.header().expires
    }

    /// Refuses a file that has expired: `now` is its expiry or later (the checks for a freeze attack, sections
    /// 5.3.10, 5.4.4, 5.5.6 and 5.6.5).
    pub fn current_at(&self, now: Time) -> Result<&Self, Refusal> {
        let expires = self.expires();
        if now >= expires {
            return Err(Refusal::new(self.file_path(), Reason::Expired { expires, now }));
        }
        Ok(self)
    }
}

/// What every signed part says.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Header {
    pub(crate) version: u64,
    pub(crate) expires: Time,
}

impl Header {
    /// Reads the members that all roles share (section 4.3).
    pub(crate) fn read(signed: Reader<'_, '_>, wanted: Role) -> Result<Self, Reason> {
        let found = signed.member("_type")?.str()?;
        // One online key may sign for two roles; without this a snapshot could pass for a timestamp.
        if found != wanted.name() {
            return Err(Reason::WrongRole { found: found.to_owned(), wanted });
        }
        let specification = signed.member("spec_version")?;
        if !is_one_point(specification.str()?) {
            return Err(specification.wrong("version 1 of the specification, as `1.x` or `1.x.y`").into());
        }
        let expires = signed.member("expires")?;
        let expires =
            Time::parse(expires.str()?).map_err(|_| expires.wrong("a time as YYYY-MM-DDTHH:MM:SSZ"))?;
        Ok(Self { version: version(signed)?, expires })
    }
}

/// The member `version`: an integer of at least 1 (section 4.3).
pub(crate) fn version(of: Reader<'_, '_>) -> Result<u64, ShapeError> {
    let version = of.member("version")?;
    match version.u64()? {
        0 => Err(version.wrong("an integer of at least 1")),
        number => Ok(number),
    }
}

/// Whether a version of the specification is `1.x.y`, or `1.x` as old files write it.
fn is_one_point(text: &str) -> bool {
    let mut parts = text.split('.');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next() == Some("1") && matches!(text.split('.').count(), 2 | 3) && parts.all(number)
}

/// Whatever is not as its reader wants it makes the file bad metadata.
impl From<ShapeError> for Reason {
    fn from(error: ShapeError) -> Self {
        Self::BadMetadata(error.to_string())
    }
}
