//! When signed files expire, when to say so, and what prolongs them.

use packman_strict::time::Time;
use packman_tuf::{Good, Role};

use crate::error::Failed;
use crate::folder::Lifetimes;

/// When the file of one role expires.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Expiry {
    /// The role.
    pub role: Role,
    /// The version of its file.
    pub version: u64,
    /// When it expires.
    pub expires: Time,
    /// How long it was meant to be good, in days.
    pub lifetime_days: i64,
}

/// How near the end is.
#[derive(Copy, Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Nearness {
    /// More than half of its life is left.
    Far,
    /// Half of its life is over.
    HalfOver,
    /// Fewer than 14 days are left.
    Soon,
    /// It has expired.
    Over,
}

/// From how many days before the end everybody is told.
const SOON_DAYS: i64 = 14;

/// When nobody had a PackMan yet to sign with: 2026-01-01.
const FIRST_DAY: Time = Time::from_seconds(1_767_225_600);

/// Verifies that the clock is not far behind: before this program was written, or before the last signature. What is
/// signed at such a time has expired for everybody else, or comes before what it follows.
pub(crate) fn verify_clock(now: Time, good: Option<&Good>) -> Result<(), Failed> {
    // Signed at the latest this long before it expires, whatever the settings said then.
    let signed = good.map(|good| good.expires(Role::Timestamp).plus_days(-Lifetimes::LONGEST_REFRESH));
    let at_least = signed.unwrap_or(FIRST_DAY).max(FIRST_DAY);
    if now < at_least { Err(Failed::Clock { now, at_least }) } else { Ok(()) }
}

impl Expiry {
    /// When each role of a signed set expires.
    pub(crate) fn of(good: &Good, lifetimes: &Lifetimes) -> Vec<Self> {
        let days = |role| match role {
            Role::Root => lifetimes.root_days,
            Role::Targets => lifetimes.targets_days,
            Role::Snapshot | Role::Timestamp => lifetimes.refresh_within_days,
        };
        let of = |role| Self {
            role,
            version: good.version(role),
            expires: good.expires(role),
            lifetime_days: days(role),
        };
        Role::ALL.into_iter().map(of).collect()
    }

    /// How near the end is. A life that is short from the beginning is half over before it ends soon.
    pub fn nearness(&self, now: Time) -> Nearness {
        let seconds_left = self.expires.seconds().saturating_sub(now.seconds());
        let days = |days: i64| days.saturating_mul(86_400);
        match seconds_left {
            left if left <= 0 => Nearness::Over,
            left if left < days(SOON_DAYS).min(days(self.lifetime_days) / 2) => Nearness::Soon,
            left if left < days(self.lifetime_days) / 2 => Nearness::HalfOver,
            _ => Nearness::Far,
        }
    }

    /// The command that prolongs it.
    pub fn prolonged_by(&self) -> &'static str {
        match self.role {
            Role::Root => "packman curate rotate",
            Role::Targets => "packman curate sign",
            Role::Snapshot | Role::Timestamp => "packman curate refresh",
        }
    }
}
