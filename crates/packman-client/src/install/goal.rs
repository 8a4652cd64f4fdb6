//! What a plan is for. It is kept with the plan, which is made again where somebody changes the environment meanwhile.

use std::collections::BTreeSet;

use packman_names::ProjectName;
use packman_resolve::{Asked, Upgrade};

use super::{InstallRequest, Pins};
use crate::environment::Environment;
use crate::error::ClientError;

/// What a plan is for.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// That what is asked for is there.
    Install {
        /// What is asked for.
        requirements: Vec<Asked>,
        /// The files that a project may be.
        pins: Pins,
    },
    /// That these projects, else all that PackMan installed, are the newest that fit.
    Upgrade(Vec<ProjectName>),
}

/// What that means in one environment.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) requirements: Vec<Asked>,
    pub(crate) constraints: Vec<Asked>,
    pub(crate) upgrade: Upgrade,
    pub(crate) pins: Pins,
    /// Projects for which somebody must vouch, although what is installed of them would do.
    pub(crate) must_be_vouched: Vec<ProjectName>,
    /// What may be replaced without a question, where that is not what is asked for; then nothing that is asked for
    /// was asked for by name.
    pub(crate) named: Option<BTreeSet<ProjectName>>,
}

impl Goal {
    pub(super) fn of(request: &InstallRequest) -> Self {
        Self::Install { requirements: request.requirements.clone(), pins: request.pins.clone() }
    }

    pub(super) fn wanted(&self, environment: &Environment) -> Result<Wanted, ClientError> {
        match self {
            Self::Install { requirements, pins } => {
                Ok(Wanted { requirements: requirements.clone(), pins: pins.clone(), ..Wanted::default() })
            }
            Self::Upgrade(projects) => crate::upgrade::wanted(environment, projects),
        }
    }
}
