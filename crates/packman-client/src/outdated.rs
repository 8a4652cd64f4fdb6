//! What is installed and has a newer release that somebody in the ring vouches for.

use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::Stop;
use packman_names::{ProjectName, Target, Version};
use packman_resolve::choose_offered;
use packman_trust::{Answer, Gate, Offer, Purpose, Source};
use packman_wheel::Installed;

use crate::client::Client;
use crate::download::DOWNLOADS;
use crate::environment::{Absent, Environment, WhichEnvironment};
use crate::error::ClientError;
use crate::lapsed::Lapsed;
use crate::offers::Packs;

/// What is behind in an environment.
#[derive(Clone, Debug)]
pub struct Outdated {
    /// The environment's folder.
    pub environment: String,
    /// The packages that are behind, by name.
    pub packages: Vec<OutdatedPackage>,
    /// What is installed and nobody vouches for any more.
    pub lapsed: Vec<Lapsed>,
}

/// A package of which a newer release is vouched for.
#[derive(Clone, Debug)]
pub struct OutdatedPackage {
    /// Its project.
    pub name: ProjectName,
    /// The version that is installed.
    pub version: Version,
    /// The newest that could be.
    pub newest: Version,
    /// Who vouches for that.
    pub source: Source,
    /// Whether PackMan installed it.
    pub ours: bool,
}

impl Client<'_> {
    /// Compares what is installed with what is offered for this Python. What others installed counts too.
    pub fn outdated(&self, which: &WhichEnvironment) -> Result<Outdated, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        let gate = self.gate(Purpose::Look)?;
        self.tell_refused(&gate.refusals(), self.outdated_in(&environment, &gate))
    }

    fn outdated_in(&self, environment: &Environment, gate: &Gate) -> Result<Outdated, ClientError> {
        let (target, packs) = (&environment.found.target, Packs::default());
        let look = |installed: &Installed, _: &Stop| {
            let lapsed = self.lapsed_now(gate, &packs, installed);
            self.newer(gate, &packs, installed, target).map(|newer| (newer, lapsed))
        };
        let installed: Vec<&Installed> = environment.inventory.installed.iter().collect();
        let found = for_each_parallel(installed, DOWNLOADS, self.stop, look)?;
        let (packages, lapsed): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Ok(Outdated {
            environment: environment.folder(),
            packages: packages.into_iter().flatten().collect(),
            lapsed: lapsed.into_iter().flatten().collect(),
        })
    }

    fn newer(
        &self,
        gate: &Gate,
        packs: &Packs,
        installed: &Installed,
        target: &Target,
    ) -> Result<Option<OutdatedPackage>, ClientError> {
        let Answer::Record(wanted) = gate.ask(&installed.name)? else { return Ok(None) };
        let offer = self.read_record(&wanted, packs)?;
        let newest = newest(&offer, target, installed.version.any_prerelease());
        Ok(newest.filter(|newest| *newest > installed.version).map(|newest| OutdatedPackage {
            name: installed.name.clone(),
            version: installed.version.clone(),
            newest,
            source: offer.source().clone(),
            ours: installed.receipt().is_some(),
        }))
    }
}

/// The newest release that an installation would take: one that fits, was not yanked, and is final, unless what is
/// installed is none either.
fn newest(offer: &Offer, target: &Target, prereleases: bool) -> Option<Version> {
    let usable = choose_offered(offer, target).usable.into_iter();
    usable
        .filter(|release| release.yanked.is_none() && (prereleases || !release.version.any_prerelease()))
        .map(|release| release.version)
        .max()
}
