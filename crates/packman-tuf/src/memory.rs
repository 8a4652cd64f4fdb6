//! What is remembered of one repository between two refreshes.
//!
//! Two states (`seen` and `good`) and the chain of roots that leads to them. *Seen* is each role's newest file,
//! the floor below which nothing is believed again. *Good* is the last set that verified whole; only from it is
//! anything answered. How both are kept on disk is in `state_file.rs`.

use std::sync::Arc;

use packman_strict::Sha256;

use crate::root::{self, SelfSigned};
use crate::{
    Envelope, File, Good, Limits, Payload, Reason, Refusal, Role, Root, SafetyNumber, Snapshot, Targets,
    Timestamp, Verified,
};

/// What is remembered of one repository. Changed only by [`FirstUse`](crate::FirstUse) and
/// [`Refresh`](crate::Refresh), with files that verified.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Every root from the first that was believed, but for the newest.
    pub(crate) earlier: Vec<Arc<Verified<Root>>>,
    pub(crate) root: Arc<Verified<Root>>,
    pub(crate) seen: Seen,
    pub(crate) good: Option<Good>,
}

/// The newest file of each role below the root that verified under the newest root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) timestamp: Option<Arc<Verified<Timestamp>>>,
    pub(crate) snapshot: Option<Arc<Verified<Snapshot>>>,
    pub(crate) targets: Option<Arc<Verified<Targets>>>,
}

impl Memory {
    /// Begins with a root that is believed because of where it comes from: shipped with an application, say. It must
    /// still be whole, and signed by a threshold of its own keys.
    pub fn trusting(root: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let envelope = Envelope::parse("the first root", root, limits.root_bytes)?;
        let version = envelope.claim::<Root>()?.version();
        Ok(Self::beginning(SelfSigned::parse(root, version, limits)?))
    }

    /// Begins with the first root that is believed.
    pub(crate) fn beginning(first: SelfSigned) -> Self {
        Self { earlier: Vec::new(), root: Arc::new(first.believe()), seen: Seen::default(), good: None }
    }

    /// The newest root.
    pub fn root(&self) -> &Verified<Root> {
        &self.root
    }

    /// Every root of the chain, from the first that was believed to the newest.
    pub fn roots(&self) -> impl Iterator<Item = &Verified<Root>> {
        self.earlier.iter().chain([&self.root]).map(AsRef::as_ref)
    }

    /// The version and the safety number of every root of the chain.
    pub fn numbers(&self) -> Vec<(u64, SafetyNumber)> {
        self.roots().map(|root| (root.version(), root.number())).collect()
    }

    /// The SHA-256 of the canonical signed part of the first root that was believed: the name of this chain.
    pub fn chain_id(&self) -> Sha256 {
        self.earlier.first().unwrap_or(&self.root).signed_digest()
    }

    /// The version of a role that was seen last: below it nothing is believed.
    pub fn seen_version(&self, role: Role) -> Option<u64> {
        match role {
            Role::Root => Some(self.root.version()),
            Role::Timestamp => self.seen.timestamp.as_ref().map(|file| file.version()),
            Role::Snapshot => self.seen.snapshot.as_ref().map(|file| file.version()),
            Role::Targets => self.seen.targets.as_ref().map(|file| file.version()),
        }
    }

    /// The exact bytes of a role's file that was seen last.
    pub fn seen_bytes(&self, role: Role) -> Option<&[u8]> {
        match role {
            Role::Root => Some(self.root.bytes()),
            _ => self.seen.bytes(role),
        }
    }

    /// The last set that verified whole.
    pub const fn good(&self) -> Option<&Good> {
        self.good.as_ref()
    }

    /// What follows from a file that a mirror serves where the newest remembered root should stand: nothing where it is
    /// that root, or no root that its own keys signed; else the refusal that says whose it is not.
    pub fn other_root(&self, bytes: &[u8], limits: &Limits) -> Option<Refusal> {
        root::other(&self.root, bytes, limits)
    }

    /// The same for a mirror that has no such root, and may have begun anew: judges what it serves where the oldest
    /// remembered root should stand, or the one before that, which should lead to it. Nothing follows from other versions.
    pub fn other_beginning(&self, version: u64, bytes: &[u8], limits: &Limits) -> Option<Refusal> {
        let oldest = self.earlier.first().unwrap_or(&self.root);
        let refusal = if version == oldest.version() {
            root::other(oldest, bytes, limits)
        } else if version.saturating_add(1) == oldest.version() {
            let before = SelfSigned::parse(bytes, version, limits).ok()?.believe();
            root::not_after(&before, oldest, limits)
        } else {
            None
        };
        // Old keys that signed two roots long ago say nothing of those that are remembered now.
        refusal.filter(|refusal| matches!(refusal.reason(), Reason::UnexplainedChange { .. }))
    }

    /// Follows the chain by one root (5.3.3 to 5.3.8), and forgets what its rotation takes the ground from.
    pub(crate) fn accept_root<'a>(
        &mut self,
        file: impl Into<File<'a>>,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let version = self.root.version();
        if version >= limits.roots {
            let path = Role::Root.file_path(version.saturating_add(1));
            return Err(Refusal::new(path, Reason::TooManyRoots { limit: limits.roots }));
        }
        let next = root::successor(&self.root, file.into(), limits)?;
        self.seen.rotate(&self.root, &next);
        self.earlier.push(std::mem::replace(&mut self.root, Arc::new(next)));
        Ok(())
    }
}

impl Seen {
    /// 5.3.11, recovery from a fast-forward attack: who stole an online key may have signed versions so high that
    /// honest ones never reach them. A new root with other keys takes those floors away.
    ///
    /// Done once, between the two roots of a rotation, and never by comparing with a root from long ago: then
    /// every refresh would drop the floors again, and an old timestamp could be replayed. And only where it is
    /// needed: a file that the new keys still vouch for stays a floor.
    fn rotate(&mut self, before: &Root, after: &Root) {
        let snapshot_holds = still_signed(self.snapshot.as_deref(), before, after);
        // A timestamp is the floor of the snapshot's version too, so it stays only while the snapshot that it
        // lists is known to be one that the new keys vouch for.
        let same_keys = before.keys(Role::Snapshot) == after.keys(Role::Snapshot);
        let lists = |timestamp: &Verified<Timestamp>| {
            self.snapshot.as_ref().is_some_and(|snapshot| timestamp.snapshot().pins(snapshot))
        };
        let timestamp_holds = still_signed(self.timestamp.as_deref(), before, after)
            && (same_keys || (snapshot_holds && self.timestamp.as_deref().is_some_and(lists)));
        let targets_hold = still_signed(self.targets.as_deref(), before, after);
        self.timestamp = self.timestamp.take().filter(|_| timestamp_holds);
        self.snapshot = self.snapshot.take().filter(|_| snapshot_holds);
        self.targets = self.targets.take().filter(|_| targets_hold);
    }
}

/// Whether the keys of a new root vouch for a file that was seen under the root before.
fn still_signed<T: Payload>(file: Option<&Verified<T>>, before: &Root, after: &Root) -> bool {
    let keys = after.keys(T::ROLE);
    keys == before.keys(T::ROLE)
        || file.is_some_and(|file| {
            Envelope::parse(file.file_path(), file.bytes(), u64::MAX)
                .is_ok_and(|envelope| keys.threshold_met(&envelope).is_ok())
        })
}
