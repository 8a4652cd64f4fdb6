//! What a plan is for. It is kept with the plan, which is made again where somebody changes the environment meanwhile.

use std::collections::BTreeSet;

use packman_names::{ProjectName, Target};
use packman_requirements::{EnvironmentsAsked, PythonAsked};
use packman_resolve::{Asked, Upgrade};

use super::{InstallRequest, Pins};
use crate::environment::Environment;
use crate::error::{ClientError, No};
use crate::sync::SyncRequest;

/// What a plan is for.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// That what is asked for is there.
    Install(Box<InstallRequest>),
    /// That these projects, else all that PackMan installed, are the newest that fit.
    Upgrade(Vec<ProjectName>),
    /// That an environment is equal to a lock.
    Sync(Box<SyncRequest>),
}

/// What that means in one environment.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) requirements: Vec<Asked>,
    pub(crate) constraints: Vec<Asked>,
    pub(crate) upgrade: Upgrade,
    pub(crate) pins: Pins,
    /// Whether nothing is installed of which no file is named by its hash.
    pub(crate) only_pinned: bool,
    /// Projects for which somebody must vouch, although what is installed of them would do.
    pub(crate) must_be_vouched: Vec<ProjectName>,
    /// What may be replaced without a question, where that is not what is asked for; then nothing that is asked for
    /// was asked for by name.
    pub(crate) named: Option<BTreeSet<ProjectName>>,
}

impl Goal {
    pub(super) fn of(request: &InstallRequest) -> Self {
        Self::Install(Box::new(request.clone()))
    }

    /// What is asked for by name, whatever the environment: the first that the resolver will want to see.
    pub(super) fn first(&self) -> Vec<ProjectName> {
        match self {
            Self::Install(request) => {
                let unmarked =
                    request.requirements.iter().filter(|asked| asked.requirement.marker().is_none());
                unmarked.map(|asked| asked.requirement.name.clone()).collect()
            }
            Self::Upgrade(projects) => projects.clone(),
            Self::Sync(_) => Vec::new(),
        }
    }

    pub(super) fn wanted(&self, environment: &Environment) -> Result<Wanted, ClientError> {
        match self {
            Self::Install(request) => {
                refuse_other_python(&environment.found.target, &request.pythons)?;
                refuse_other_environment(environment, &request.environments)?;
                Ok(Wanted {
                    requirements: request.requirements.clone(),
                    constraints: request.constraints.clone(),
                    pins: request.pins.clone(),
                    only_pinned: request.only_pinned,
                    ..Wanted::default()
                })
            }
            Self::Upgrade(projects) => crate::upgrade::wanted(environment, projects),
            // Nothing of it is for the resolver to choose.
            Self::Sync(_) => Ok(Wanted::default()),
        }
    }
}

/// Refuses an environment whose Python is none that what is asked for is meant for.
pub(crate) fn refuse_other_python(target: &Target, pythons: &[PythonAsked]) -> Result<(), ClientError> {
    let python = target.markers.python();
    match pythons.iter().find(|asked| !asked.requires.admits(python)) {
        None => Ok(()),
        Some(asked) => Err(No::OtherPython {
            place: asked.place.to_string(),
            wanted: asked.text.clone(),
            found: python.to_string(),
        }
        .into()),
    }
}

/// Refuses an environment that a lock was not made for: what it names may not be what is needed there.
pub(crate) fn refuse_other_environment(
    environment: &Environment,
    asked: &[EnvironmentsAsked],
) -> Result<(), ClientError> {
    let markers = &environment.found.target.markers;
    match asked.iter().find(|asked| !asked.admit(markers)) {
        None => Ok(()),
        Some(asked) => {
            let wanted = asked.markers.iter().map(|marker| marker.as_str().to_owned()).collect();
            Err(No::OtherEnvironment { place: asked.place.to_string(), wanted }.into())
        }
    }
}
