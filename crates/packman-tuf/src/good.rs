//! The last set of files that verified whole: the only thing from which anything is answered.

use std::sync::Arc;

use packman_strict::time::Time;

use crate::bytes::same_bytes;
use crate::{
    Delegations, MetaInfo, Reason, Refusal, Role, Root, Snapshot, TargetInfo, Targets, Timestamp, Verified,
    VerifiedTarget,
};

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
    /// Every succinct bin that the targets delegate to, by number; none where the refresh was not asked for them.
    pub(crate) bins: Vec<Arc<Verified<Targets>>>,
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
            // What a bin lists is believed for as long as the bin is.
            Role::Targets => {
                self.bins.iter().map(|bin| bin.expires()).fold(self.targets.expires(), Time::min)
            }
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

    /// All targets with their paths: those of the top-level targets, then those of the bins that belong to the set.
    pub fn targets(&self) -> impl Iterator<Item = (&str, TargetInfo)> {
        let in_bins = self.bins.iter().flat_map(|bin| {
            // What a bin says of another's targets, or of the delegating role's, nobody ever asks it.
            bin.targets().filter(|(path, _)| {
                self.targets.target(path).is_none()
                    && self.bin_of(path).is_some_and(|own| Arc::ptr_eq(own, bin))
            })
        });
        self.targets.targets().chain(in_bins)
    }

    /// What is signed of the target of that path by the top-level targets, or by the bin that it belongs to, where the
    /// refresh was asked for bins. A [`Lookup`](crate::Lookup) asks everybody they delegate to.
    pub fn target(&self, path: &str) -> Option<TargetInfo> {
        self.targets.target(path).or_else(|| self.bin_of(path)?.target(path))
    }

    fn bin_of(&self, path: &str) -> Option<&Arc<Verified<Targets>>> {
        // Without bins there is nothing to hash a path for.
        let shape = self.targets.delegations().filter(|_| !self.bins.is_empty())?.bins()?;
        self.bins.get(usize::try_from(shape.number_of(path)).ok()?)
    }

    /// Whom the top-level targets delegate to.
    pub fn delegations(&self) -> Option<&Delegations> {
        self.targets.delegations()
    }

    /// What the snapshot lists: every targets file by name, `targets.json` and `<role>.json`.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = (&str, MetaInfo)> {
        self.snapshot.meta()
    }

    /// The files of the bins that belong to the set: where each is published, and its exact bytes.
    pub fn bins(&self) -> impl Iterator<Item = (String, &[u8])> {
        let shape = self.targets.delegations().and_then(Delegations::bins);
        let consistent = self.root.is_consistent();
        shape.into_iter().flat_map(move |shape| {
            let path = move |(number, bin): (u64, &Arc<Verified<Targets>>)| {
                shape.name(number).file_path(bin.version(), consistent)
            };
            (0..).zip(&self.bins).map(move |(number, bin)| (path((number, bin)), bin.bytes()))
        })
    }

    /// The bytes of a target that the refresh was asked to attach: verified, and kept with the set.
    pub fn attached(&self, path: &str) -> Option<&[u8]> {
        self.attached.iter().find(|(attached, _)| attached == path).map(|(_, bytes)| &**bytes)
    }

    /// Believes the bytes of a target: their length and SHA-256 are the signed ones (5.7.3).
    pub fn verify_target<'b>(&self, path: &'b str, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        let unknown = || Refusal::new(format!("targets/{path}"), Reason::UnknownTarget);
        self.target(path).ok_or_else(unknown)?.verify(path, bytes)
    }

    /// Whether the other is made of the very same bytes.
    pub(crate) fn same_files(&self, other: &Self) -> bool {
        Role::ALL.into_iter().all(|role| same_bytes(self.bytes(role), other.bytes(role)))
            && self.bins.iter().map(|bin| bin.bytes()).eq(other.bins.iter().map(|bin| bin.bytes()))
            && self.attached == other.attached
    }
}
