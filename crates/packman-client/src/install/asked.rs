//! From what files and the command line ask for to a request.

use packman_requirements::{Asked, Demand, Locked, Place};
use packman_wheel::LinkMode;

use super::{InstallRequest, Pins};
use crate::environment::WhichEnvironment;

impl InstallRequest {
    /// Asks for all of it. What PackMan does not take is not in it: whoever asks has to have refused that.
    pub fn of(demand: &Demand, which: WhichEnvironment) -> Self {
        let locked: Vec<Asked> = demand.locks.releases.iter().filter_map(Locked::asked).collect();
        let all = || demand.asked.iter().chain(&locked);
        let mut pins = Pins::new();
        for asked in all().chain(&demand.constraints).filter(|asked| !asked.hashes.is_empty()) {
            pins.entry(asked.requirement.name.clone()).or_default().extend(&asked.hashes);
        }
        Self {
            requirements: all().map(to_resolve).collect(),
            constraints: demand.constraints.iter().map(to_resolve).collect(),
            pins,
            // A lock names all that it needs: what it does not name was not meant.
            only_pinned: demand.names_hashes() || (demand.asked.is_empty() && !locked.is_empty()),
            pythons: demand.pythons.clone(),
            environments: demand.environments.clone(),
            which,
            compile_bytecode: false,
            link: LinkMode::default(),
        }
    }
}

fn to_resolve(asked: &Asked) -> packman_resolve::Asked {
    packman_resolve::Asked { requirement: asked.requirement.clone(), place: place(&asked.place) }
}

fn place(place: &Place) -> packman_resolve::Place {
    match place.line {
        0 => packman_resolve::Place::CommandLine,
        line => packman_resolve::Place::File { name: place.file.to_string_lossy().into_owned(), line },
    }
}
