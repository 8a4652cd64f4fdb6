//! Age: whether a database's word is still current.

use packman_strict::time::Time;
use packman_tuf::Good;

/// How old the last good copy of a database is allowed to be, and is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Age {
    /// Every role is within its life.
    Current,
    /// A role has expired: what it says may have been replaced since.
    Expired {
        /// Which role.
        role: &'static str,
        /// When its life ended.
        since: Time,
    },
}

impl Age {
    /// The age of a good copy at `now`: it has expired when its first role has.
    pub fn of(good: &Good, now: Time) -> Self {
        match good.expired_role(now) {
            Some((role, since)) => Self::Expired { role: role.name(), since },
            None => Self::Current,
        }
    }
}
