//! What is installed in an environment. Never asks the network.

use packman_names::{ProjectName, Version};
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
        let mut packages: Vec<ListedPackage> = environment
            .inventory
            .installed
            .iter()
            .map(|installed| ListedPackage {
                name: installed.name.clone(),
                version: installed.version.clone(),
                installer: installed.installer(),
                requested: installed.requested,
                receipt: installed.receipt(),
            })
            .collect();
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        let lapsed = self.lapsed_by_memory(&environment);
        Ok(PackageList { environment: environment.folder(), packages, lapsed })
    }
}
