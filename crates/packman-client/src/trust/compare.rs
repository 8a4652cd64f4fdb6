//! Comparing a safety number: with the chain that is remembered, else with what the address serves now.
//!
//! It is the only way on from an unexplained change: the new number comes from the user, who had it by another way.

use packman_machine::home::Replaced;
use packman_machine::location::Channel;
use packman_strict::time::Time;
use packman_trust::{Entry, EntryName};
use packman_tuf::{Answer, Limits, Memory, Refresh, SafetyNumber};

use super::entry_name;
use crate::client::{Client, Reach};
use crate::error::{ClientError, Failed, RefusedWhy};

/// What a number turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Compared {
    /// That of a root in the chain that is remembered.
    Known {
        /// The root's version.
        root: u64,
    },
    /// That of another chain, which the address serves now and which counts from here on.
    Anew {
        /// The number of the newest root that was remembered before.
        before: SafetyNumber,
        /// The version of the root with the new number.
        root: u64,
    },
}

impl Client<'_> {
    /// Compares a number that the user had by another way with an entry. Where the remembered chain has no such root,
    /// and the address serves a chain that has and that does not lead to the remembered one, the entry stands for that
    /// chain from here on; what was remembered of the old one stays on disk.
    pub fn trust_compare(&self, name: &str, number: SafetyNumber) -> Result<Compared, ClientError> {
        let name = entry_name(name)?;
        let entry = self.ring()?.entry(&name)?.clone();
        let memory = self.memory_of(&entry)?;
        if let Some(root) = root_with(&memory, number) {
            self.change_ring(|ring| Ok(ring.compared(&name)?))?;
            return Ok(Compared::Known { root });
        }
        self.begin_anew(&name, &entry, &memory, number)
    }

    fn begin_anew(
        &self,
        name: &EntryName,
        entry: &Entry,
        before: &Memory,
        number: SafetyNumber,
    ) -> Result<Compared, ClientError> {
        let memory = self.served_now(name, entry, number)?;
        let root = root_with(&memory, number).unwrap_or_else(|| memory.root().version());
        // An old number of the very chain is no reason to forget what was seen of it.
        if leads_to(&memory, before, self.now) {
            self.change_ring(|ring| {
                ring.leads_from(name, number)?;
                Ok(ring.compared(name)?)
            })?;
            return Ok(Compared::Known { root });
        }
        let chain = memory.chain_id();
        self.change_ring(|ring| {
            ring.rekey(name, chain)?;
            let _: Replaced = self.keep_memory(&memory, &chain)?;
            Ok(())
        })?;
        Ok(Compared::Anew { before: before.root().number(), root })
    }
}

impl Client<'_> {
    /// What the address serves now, as far as that number leads. Where it cannot be asked, what is known here decides.
    fn served_now(
        &self,
        name: &EntryName,
        entry: &Entry,
        number: SafetyNumber,
    ) -> Result<Memory, ClientError> {
        let location = self.location(&entry.url)?;
        let unknown = |why: Vec<String>| {
            let (database, url) = (name.clone(), entry.url.clone());
            ClientError::from(RefusedWhy::NumberUnknown { database, url, why })
        };
        if self.reach == Reach::Offline && location.channel() != Channel::Local {
            return Err(unknown(vec!["`--offline` was given".to_owned()]));
        }
        let met = self.meet(&location, &entry.url, Some(number)).map_err(|error| match error {
            ClientError::Failed(failed) => match *failed {
                Failed::Network { why, .. } => unknown(why),
                other => other.into(),
            },
            other => other,
        })?;
        self.bring_up(&met, &location, &entry.url, Some(entry.kind))
    }
}

/// Whether a chain that was met leads to one that is remembered: they have a root in common, or the first that is remembered
/// is the next of the other.
pub(super) fn leads_to(met: &Memory, remembered: &Memory, now: Time) -> bool {
    let known = remembered.numbers();
    if met.numbers().iter().any(|number| known.contains(number)) {
        return true;
    }
    let Some(first) = remembered.roots().next() else { return false };
    let mut refresh = Refresh::begin(met.clone(), now, Limits::default());
    refresh.answer(Answer::Bytes(first.bytes())).is_ok()
}

/// The version of the root of a chain that has this number.
pub(super) fn root_with(memory: &Memory, number: SafetyNumber) -> Option<u64> {
    memory.numbers().into_iter().find(|(_, known)| *known == number).map(|(version, _)| version)
}
