//! Changes of the ring that need nothing but the ring.

use packman_machine::home::Replaced;
use packman_names::ProjectName;
use packman_trust::{Entry, Ring, Scope};
use packman_tuf::SafetyNumber;

use super::entry_name;
use crate::client::Client;
use crate::error::{ClientError, RefusedWhy};

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

    /// Takes an entry's power away. What is remembered of it stays.
    pub fn trust_remove(&self, name: &str) -> Result<Entry, ClientError> {
        let name = entry_name(name)?;
        self.change_ring(|ring| Ok(ring.remove(&name)?))
    }

    /// Compares a safety number with the chain of an entry; says which root of it has that number.
    pub fn trust_compare(&self, name: &str, number: SafetyNumber) -> Result<u64, ClientError> {
        let name = entry_name(name)?;
        self.change_ring(|ring| {
            let entry = ring.entry(&name)?.clone();
            let memory = self.memory_of(&entry)?;
            let numbers = memory.numbers();
            let Some((version, _)) = numbers.iter().find(|(_, known)| *known == number) else {
                let remembered = memory.root().number();
                return Err(RefusedWhy::OtherRoot { url: entry.url, given: number, remembered }.into());
            };
            ring.compared(&name)?;
            Ok(*version)
        })
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
