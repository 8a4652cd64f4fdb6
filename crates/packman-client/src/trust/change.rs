//! Changes of the ring that need nothing but the ring.

use packman_machine::home::Replaced;
use packman_names::ProjectName;
use packman_trust::{Entry, Ring, Scope};

use super::entry_name;
use crate::client::Client;
use crate::error::ClientError;

/// An entry that was removed.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The entry.
    pub entry: Entry,
    /// Whether its keys are remembered: not where what was kept of them is gone or damaged.
    pub is_remembered: bool,
}

impl Client<'_> {
    /// Sets what an entry may answer for.
    pub fn trust_scope(&self, name: &str, scope: Scope) -> Result<(), ClientError> {
        let name = entry_name(name)?;
        self.change_ring(|ring| Ok(ring.rescope(&name, scope)?))
    }

    /// Lets an entry answer first, for these projects or for its whole scope.
    pub fn trust_prefer(&self, name: &str, projects: &[ProjectName]) -> Result<(), ClientError> {
        let name = entry_name(name)?;
        self.change_ring(|ring| Ok(ring.prefer(&name, projects)?))
    }

    /// Keeps an entry that the list it was learnt through took back.
    pub fn trust_keep(&self, name: &str) -> Result<(), ClientError> {
        let name = entry_name(name)?;
        self.change_ring(|ring| Ok(ring.keep(&name)?))
    }

    /// Takes an entry's power away. What is remembered of it stays, and whether that is there is told.
    pub fn trust_remove(&self, name: &str) -> Result<Removed, ClientError> {
        let name = entry_name(name)?;
        let entry = self.change_ring(|ring| Ok(ring.remove(&name)?))?;
        let is_remembered = matches!(self.memory(&entry.chain), Ok(Some(_)));
        Ok(Removed { entry, is_remembered })
    }

    /// Changes the ring under the home's lock. Nothing is kept unless the change is allowed.
    pub(super) fn change_ring<T>(
        &self,
        change: impl FnOnce(&mut Ring) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let _lock = self.lock_home()?;
        let mut ring = self.ring()?;
        let changed = change(&mut ring)?;
        let _: Replaced = self.keep_ring(&ring)?;
        Ok(changed)
    }
}
