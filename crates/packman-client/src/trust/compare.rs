//! Comparing a safety number: with the chain that is remembered, else with what the address serves now.
//!
//! It is the only way on from an unexplained change: the new number comes from the user, who had it by another way.

use packman_machine::home::Replaced;
use packman_machine::location::Channel;
use packman_trust::{Entry, EntryName};
use packman_tuf::{Memory, SafetyNumber};

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
    /// and the address serves a chain that has, the entry stands for that chain from here on; what was remembered of
    /// the old one stays on disk.
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
        let chain = memory.chain_id();
        self.change_ring(|ring| {
            ring.rekey(name, chain)?;
            let _: Replaced = self.keep_memory(&memory, &chain)?;
            Ok(())
        })?;
        let root = root_with(&memory, number).unwrap_or_else(|| memory.root().version());
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

/// The version of the root of a chain that has this number.
pub(super) fn root_with(memory: &Memory, number: SafetyNumber) -> Option<u64> {
    memory.numbers().into_iter().find(|(_, known)| *known == number).map(|(version, _)| version)
}
