//! Deciding what to install: reads the environment beside the refresh, and resolves over the offers.

use std::sync::Arc;

use packman_names::ProjectName;
use packman_resolve::{Asked, Chosen, Failure, InstalledPackage, Place, Request, Resolution};
use packman_trust::{Gate, Nobody, OfferedFile, Purpose};
use packman_wheel::Installed;

use super::{Goal, InstallRequest, Pins, Planned, PlannedStep, Wanted};
use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment};
use crate::error::{ClientError, No, RefusedWhy};
use crate::host::Event;
use crate::lapsed::lapsed_of;
use crate::offers::Offers;
use crate::storing::Storing;

impl Client<'_> {
    /// Plans an installation: reads the environment beside the refresh, then resolves. Changes nothing but the caches
    /// and what is remembered.
    pub fn plan_install(&self, request: &InstallRequest) -> Result<Planned, ClientError> {
        self.refuse_empty_ring(request)?;
        self.plan(&request.which, Absent::Offer, Goal::of(request))
    }

    /// Reads the environment beside the refresh and beside the first records, and plans while what the refresh brought is
    /// stored.
    pub(crate) fn plan(
        &self,
        which: &WhichEnvironment,
        absent: Absent,
        goal: Goal,
    ) -> Result<Planned, ClientError> {
        std::thread::scope(|scope| {
            let finding = scope.spawn(|| {
                let environment = self.environment(which, absent)?;
                Self::refuse_managed(&environment)?;
                Ok(environment)
            });
            let found = || finding.join().unwrap_or(Err(ClientError::Stopped));
            let (gate, storing) = match self.gate_and_storing(self.purpose_of(&goal)) {
                Ok(answered) => answered,
                // An environment that may not be changed is said before a database that may not answer.
                Err(error) => return Err(found().err().unwrap_or(error)),
            };
            let (refused, gate) = (gate.refusals(), Arc::new(gate));
            let planned = self.with_offers(&gate, |offers| {
                let environment = offers.beside(&goal.first(), found)?;
                self.plan_over(environment, &gate, offers, goal, &[])
            });
            storing.beside(self.tell_refused(&refused, planned)).map(Planned::beside)
        })
    }

    /// What was good when it was locked is not forgotten by time alone, whatever the policy says of new installations.
    fn purpose_of(&self, goal: &Goal) -> Purpose {
        match goal {
            Goal::Sync(_) => Purpose::Restore,
            Goal::Install(_) | Goal::Upgrade(_) if self.accept_expired => Purpose::ActOnExpired,
            Goal::Install(_) | Goal::Upgrade(_) => Purpose::Act,
        }
    }

    /// Plans for an environment as it was read. `warned` are the warnings that were given already.
    pub(crate) fn plan_in(
        &self,
        environment: Environment,
        gate: &Arc<Gate>,
        goal: Goal,
        warned: &[String],
    ) -> Result<Planned, ClientError> {
        self.with_offers(gate, |offers| self.plan_over(environment, gate, offers, goal, warned))
    }

    fn plan_over(
        &self,
        environment: Environment,
        gate: &Arc<Gate>,
        offers: &mut Offers<'_, '_>,
        goal: Goal,
        warned: &[String],
    ) -> Result<Planned, ClientError> {
        if let Goal::Sync(request) = &goal {
            let (steps, named) = self.sync_steps(&environment, gate, request)?;
            return Ok(Planned {
                environment,
                steps,
                elsewhere: Vec::new(),
                lapsed: Vec::new(),
                goal,
                named,
                gate: Arc::clone(gate),
                warned: Vec::new(),
                storing: Storing::default(),
            });
        }
        let wanted = goal.wanted(&environment)?;
        let installed = installed_packages(&environment);
        let asked = Request {
            requirements: &wanted.requirements,
            constraints: &wanted.constraints,
            target: &environment.found.target,
            installed: &installed,
            upgrade: &wanted.upgrade,
        };
        let resolution = loop {
            let resolution = packman_resolve::resolve_offers(&asked, offers)
                .map_err(|failure| resolve_error(failure, offers, &wanted.requirements))?;
            if !offers.inherit(&resolution) {
                break resolution;
            }
        };
        if let Some(nobody) = wanted.must_be_vouched.iter().find_map(|project| offers.nobody(project)) {
            return Err(nobody.into());
        }
        let is_kept = |chosen: &&Chosen<OfferedFile>| chosen.requested && chosen.action.file().is_none();
        let kept = resolution.chosen.iter().filter(is_kept).map(|chosen| &chosen.project);
        let lapsed = lapsed_of(&environment, kept, offers);
        let mut warnings: Vec<String> = resolution.warnings.iter().map(ToString::to_string).collect();
        for chosen in resolution.chosen.iter().filter(|chosen| chosen.action.file().is_none()) {
            warnings.extend(installed_pinned(&environment, &chosen.project, &wanted.pins)?);
        }
        for warning in warnings.iter().filter(|warning| !warned.contains(warning)) {
            self.host.event(Event::Warning(warning.clone()));
        }
        let mut steps = self.steps(&environment, resolution, &wanted)?;
        let named = match wanted.named {
            None => steps.iter().filter(|step| step.requested).map(|step| step.project.clone()).collect(),
            Some(named) => {
                for step in &mut steps {
                    let there = environment.inventory.project(&step.project);
                    step.requested = there.is_some_and(|installed| installed.requested);
                }
                named
            }
        };
        let applies = |asked: &&Asked| asked.requirement.applies(&environment.found.target.markers, &[]);
        // Of a file most readers know that it is for other machines too; where it asks for nothing else, it is said.
        let is_told = |asked: &&Asked| steps.is_empty() || asked.place == Place::CommandLine;
        let elsewhere = wanted.requirements.iter().filter(|asked| !applies(asked) && is_told(asked));
        let elsewhere = elsewhere.map(|asked| asked.requirement.to_string()).collect();
        let storing = Storing::default();
        let gate = Arc::clone(gate);
        Ok(Planned { environment, steps, elsewhere, lapsed, goal, named, gate, warned: warnings, storing })
    }

    fn steps(
        &self,
        environment: &Environment,
        resolution: Resolution<OfferedFile>,
        wanted: &Wanted,
    ) -> Result<Vec<PlannedStep>, ClientError> {
        let mut steps = Vec::new();
        for chosen in resolution.chosen {
            if let Some(file) = chosen.action.file() {
                refuse_unpinned(file, wanted)?;
            }
            let is_cached = match chosen.action.file() {
                Some(file) => self.is_unpacked(file),
                None => true,
            };
            let there = environment.inventory.project(&chosen.project);
            steps.push(PlannedStep::of(chosen, is_cached, there));
        }
        Ok(steps)
    }

    /// Who trusts nobody yet is told so before anything else, such as that there is no environment.
    fn refuse_empty_ring(&self, request: &InstallRequest) -> Result<(), ClientError> {
        match request.requirements.first() {
            Some(first) if self.ring()?.entries().is_empty() => {
                let project = first.requirement.name.clone();
                Err(No::NobodyVouches(Nobody { project, asked: 0, known: 0, refused: None }).into())
            }
            _ => Ok(()),
        }
    }
}

/// Holds what is installed and stays against the hashes that the user named. Of what came by other means nothing is
/// known: that is said.
fn installed_pinned(
    environment: &Environment,
    project: &ProjectName,
    pins: &Pins,
) -> Result<Option<String>, ClientError> {
    let (Some(hashes), Some(there)) = (pins.get(project), environment.inventory.project(project)) else {
        return Ok(None);
    };
    match there.receipt() {
        Some(receipt) if hashes.contains(&receipt.sha256) => Ok(None),
        Some(receipt) => Err(No::InstalledOther {
            project: project.clone(),
            version: there.version.clone(),
            file: receipt.file,
            found: receipt.sha256,
        }
        .into()),
        None => Ok(Some(format!(
            "`{project}` {} was installed by other means: whether it is a file that you named is not known",
            there.version
        ))),
    }
}

/// Hashes that the user named must agree with what was vouched for.
fn refuse_unpinned(file: &OfferedFile, wanted: &Wanted) -> Result<(), ClientError> {
    match wanted.pins.get(file.project()) {
        None if wanted.only_pinned => {
            Err(No::Unhashed { file: file.filename().to_owned(), vouched: *file.sha256() }.into())
        }
        Some(hashes) if !hashes.contains(file.sha256()) => {
            Err(No::NotPinned { file: file.filename().to_owned(), vouched: *file.sha256() }.into())
        }
        _ => Ok(()),
    }
}

pub(super) fn installed_packages(environment: &Environment) -> Vec<InstalledPackage> {
    let package = |installed: &Installed| InstalledPackage {
        name: installed.name.clone(),
        version: installed.version.clone(),
        requires_dist: installed.requires.clone(),
        provides_extra: installed.extras.clone(),
    };
    environment.inventory.installed.iter().map(package).collect()
}

/// Nobody vouching for the one thing that was asked for is said as that, not as a conflict.
pub(crate) fn resolve_error(
    failure: Failure<ClientError>,
    offers: &Offers<'_, '_>,
    asked: &[Asked],
) -> ClientError {
    match failure {
        Failure::Supply(error) => error,
        Failure::Requirement(refused) => No::Requirement(refused).into(),
        Failure::NoSolution(explanation) => {
            match asked.iter().find_map(|asked| offers.nobody(&asked.requirement.name)) {
                Some(nobody) => nobody.into(),
                None => match offers.unlisted().filter(|_| explanation.code() == "not-vouched") {
                    Some((project, refused)) => {
                        RefusedWhy::Unlisted { project, refused, needed: explanation.lines() }.into()
                    }
                    None => No::NothingFits(explanation).into(),
                },
            }
        }
    }
}
