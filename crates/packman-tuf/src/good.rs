//! The last set of files that verified whole: the only thing from which anything is answered.

use std::sync::Arc;

use packman_strict::time::Time;

use crate::{Refusal, Role, Root, Snapshot, TargetInfo, Targets, Timestamp, Verified, VerifiedTarget};

/// A target that is kept with the set: its path and its bytes.
pub(crate) type Attached = (String, Arc<[u8]>);

/// A root, timestamp, snapshot and targets that belong together, none of them expired when they were verified.
///
/// It may have expired since: that is [`Good::expired_role`]'s to say and its caller's to weigh.
#[derive(Clone, Debug)]
pub struct Good {
    pub(crate) root: Arc<Verified<Root>>,
    pub(crate) timestamp: Arc<Verified<Timestamp>>,
    pub(crate) snapshot: Arc<Verified<Snapshot>>,
    pub(crate) targets: Arc<Verified<Targets>>,
    pub(crate) attached: Vec<Attached>,
    pub(crate) verified_at: Time,
}

impl Good {
    /// The version of a role's file.
    pub fn version(&self, role: Role) -> u64 {
        match role {
            Role::Root => self.root.version(),
            Role::Timestamp => self.timestamp.version(),
            Role::Snapshot => self.snapshot.version(),
            Role::Targets => self.targets.version(),
        }
    }

    /// The versions of all roles.
    pub fn versions(&self) -> impl Iterator<Item = (Role, u64)> {
        Role::ALL.into_iter().map(|role| (role, self.version(role)))
    }

    /// When a role's file expires.
    pub fn expires(&self, role: Role) -> Time {
        match role {
            Role::Root => self.root.expires(),
            Role::Timestamp => self.timestamp.expires(),
            Role::Snapshot => self.snapshot.expires(),
            Role::Targets => self.targets.expires(),
        }
    }

    /// The role that expires first, and when.
    pub fn earliest_expiry(&self) -> (Role, Time) {
        let root = (Role::Root, self.expires(Role::Root));
        Role::ALL
            .into_iter()
            .map(|role| (role, self.expires(role)))
            .fold(root, |first, next| if next.1 < first.1 { next } else { first })
    }

    /// The role that has expired at `now`, and when; the one that expired first, if there are several.
    pub fn expired_role(&self, now: Time) -> Option<(Role, Time)> {
        Some(self.earliest_expiry()).filter(|(_, expires)| now >= *expires)
    }

    /// The time of the refresh at which this set was first verified whole. It was current then, so this is never
    /// later than what was signed, whatever the clock said.
    pub const fn verified_at(&self) -> Time {
        self.verified_at
    }

    /// The root under which the set was verified.
    pub fn root(&self) -> &Verified<Root> {
        &self.root
    }

    /// The exact bytes of a role's file.
    pub fn bytes(&self, role: Role) -> &[u8] {
        match role {
            Role::Root => self.root.bytes(),
            Role::Timestamp => self.timestamp.bytes(),
            Role::Snapshot => self.snapshot.bytes(),
            Role::Targets => self.targets.bytes(),
        }
    }

    /// All targets with their paths, sorted by path.
    pub fn targets(&self) -> impl ExactSizeIterator<Item = (&str, TargetInfo)> {
        self.targets.targets()
    }

    /// What the top-level targets sign of the target of that path. A [`Lookup`](crate::Lookup) asks whom they delegate
    /// to, too.
    pub fn target(&self, path: &str) -> Option<TargetInfo> {
        self.targets.target(path)
    }

    /// The bytes of a target that the refresh was asked to attach: verified, and kept with the set.
    pub fn attached(&self, path: &str) -> Option<&[u8]> {
        self.attached.iter().find(|(attached, _)| attached == path).map(|(_, bytes)| &**bytes)
    }

    /// Believes the bytes of a target: their length and SHA-256 are the signed ones (5.7.3).
    pub fn verify_target<'b>(&self, path: &'b str, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        self.targets.verify_target(path, bytes)
    }

    /// Whether the other is made of the very same bytes.
    pub(crate) fn same_files(&self, other: &Self) -> bool {
        Role::ALL.into_iter().all(|role| self.bytes(role) == other.bytes(role))
            && self.attached == other.attached
    }
}
