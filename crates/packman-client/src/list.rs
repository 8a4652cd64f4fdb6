//! What is installed in an environment. Never asks the network.

use std::collections::BTreeMap;

use packman_names::{ProjectName, Version};
use packman_trust::Ring;
use packman_wheel::Receipt;

use crate::client::Client;
use crate::environment::{Absent, WhichEnvironment};
use crate::error::ClientError;
use crate::lapsed::Lapsed;

/// One installed package.
#[derive(Clone, Debug)]
pub struct ListedPackage {
    /// Its project.
    pub name: ProjectName,
    /// Its version.
    pub version: Version,
    /// What installed it, as it says itself.
    pub installer: Option<String>,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Who vouched for it, where PackMan installed it.
    pub receipt: Option<Receipt>,
    /// Whether the ring has the database of the receipt now: under that name the chain with that safety number.
    pub is_trusted_now: bool,
}

/// What is installed in an environment.
#[derive(Clone, Debug)]
pub struct PackageList {
    /// The environment's folder.
    pub environment: String,
    /// Its packages, by name.
    pub packages: Vec<ListedPackage>,
    /// Those of them for which nobody vouches any more, as far as what is kept here tells.
    pub lapsed: Vec<Lapsed>,
}

impl Client<'_> {
    /// Lists what is installed.
    pub fn list(&self, which: &WhichEnvironment) -> Result<PackageList, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        let ring = self.ring().unwrap_or_default();
        let mut known = BTreeMap::new();
        let mut is_trusted = |receipt: &Receipt| {
            let named = (receipt.database.clone(), receipt.number.clone());
            *known.entry(named).or_insert_with(|| self.is_in_ring(&ring, receipt))
        };
        let mut packages: Vec<ListedPackage> = environment
            .inventory
            .installed
            .iter()
            .map(|installed| {
                let receipt = installed.receipt();
                ListedPackage {
                    name: installed.name.clone(),
                    version: installed.version.clone(),
                    installer: installed.installer(),
                    requested: installed.requested,
                    is_trusted_now: receipt.as_ref().is_some_and(&mut is_trusted),
                    receipt,
                }
            })
            .collect();
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        let lapsed = self.lapsed_by_memory(&environment);
        Ok(PackageList { environment: environment.folder(), packages, lapsed })
    }

    /// Whether a database that a receipt names is in the ring. Whatever can write into an environment can write a receipt,
    /// and who put it there may have had another ring; what cannot be read here is not trusted.
    fn is_in_ring(&self, ring: &Ring, receipt: &Receipt) -> bool {
        let Some(entry) = ring.entries().iter().find(|entry| entry.name.as_str() == receipt.database) else {
            return false;
        };
        let Ok(Some(memory)) = self.memory(&entry.chain) else { return false };
        let later = memory.numbers().into_iter().map(|(_, number)| number);
        entry.earlier.iter().copied().chain(later).any(|number| number.to_string() == receipt.number)
    }
}
