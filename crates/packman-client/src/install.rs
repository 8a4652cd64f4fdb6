//! Installing: resolves over the offers, shows the plan, gets the wheels ready, and changes the environment whole.

mod plan;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use packman_machine::program;
use packman_names::{ProjectName, Version};
use packman_resolve::{Asked, Failure, InstalledPackage, Request, Resolution, Upgrade};
use packman_strict::Sha256;
use packman_trust::{Age, Nobody, OfferedFile, Purpose};
use packman_wheel::{
    Amendment, Change, EnvironmentLock, Flow, Install, Installed, LinkMode, Observer, Receipt, Step, Unpacked,
};

use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment, change_error};
use crate::error::{ClientError, No};
use crate::host::{Decision, Event, Question};
use crate::offers::Offers;

pub use plan::{Planned, PlannedStep, StepKind};

/// What is to be installed, and where.
#[derive(Clone, Debug)]
pub struct InstallRequest {
    /// What is asked for.
    pub requirements: Vec<Asked>,
    /// The files that a project may be, where the user named hashes for it.
    pub pins: Pins,
    /// Where.
    pub which: WhichEnvironment,
    /// Whether modules are compiled to bytecode.
    pub compile_bytecode: bool,
    /// How files get from the cache into the environment.
    pub link: LinkMode,
}

/// Which files a project may be, by SHA-256.
pub type Pins = BTreeMap<ProjectName, Vec<Sha256>>;

/// What was installed.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The environment's folder.
    pub environment: String,
    /// What was done.
    pub steps: Vec<PlannedStep>,
    /// How many files were made.
    pub files: usize,
}

impl Client<'_> {
    /// Plans an installation: reads the environment beside the refresh, then resolves. Changes nothing but the caches
    /// and what is remembered.
    pub fn plan_install(&self, request: &InstallRequest) -> Result<Planned, ClientError> {
        self.refuse_empty_ring(request)?;
        let (environment, gate) = std::thread::scope(|scope| {
            let purpose = if self.accept_expired { Purpose::ActOnExpired } else { Purpose::Act };
            let refresh = scope.spawn(move || self.gate(purpose));
            let environment = self.environment(&request.which, Absent::Offer);
            (environment, refresh.join().unwrap_or(Err(ClientError::Stopped)))
        });
        // An environment that may not be changed is said before a database that may not answer.
        let environment = environment?;
        Self::refuse_managed(&environment)?;
        let gate = gate?;
        let installed = installed_packages(&environment);
        let asked = Request {
            requirements: &request.requirements,
            constraints: &[],
            target: &environment.found.target,
            installed: &installed,
            upgrade: &Upgrade::Nothing,
        };
        let mut offers = Offers::new(*self, &gate);
        let resolution = packman_resolve::resolve_offers(&asked, &mut offers)
            .map_err(|failure| resolve_error(failure, &offers, &request.requirements))?;
        for warning in &resolution.warnings {
            self.host.event(Event::Warning(warning.to_string()));
        }
        self.planned(environment, resolution, &request.pins)
    }

    fn planned(
        &self,
        environment: Environment,
        resolution: Resolution<OfferedFile>,
        pins: &Pins,
    ) -> Result<Planned, ClientError> {
        let mut steps = Vec::new();
        for chosen in resolution.chosen {
            if let Some(file) = chosen.action.file() {
                refuse_unpinned(file, pins)?;
            }
            let is_cached = match chosen.action.file() {
                Some(file) => self.unpacked(file)?.is_some(),
                None => true,
            };
            steps.push(PlannedStep::of(chosen, is_cached));
        }
        Ok(Planned { environment, steps })
    }

    /// Who trusts nobody yet is told so before anything else, such as that there is no environment.
    fn refuse_empty_ring(&self, request: &InstallRequest) -> Result<(), ClientError> {
        match request.requirements.first() {
            Some(first) if self.ring()?.entries().is_empty() => {
                let project = first.requirement.name.clone();
                Err(No::NobodyVouches(Nobody { project, asked: 0, known: 0 }).into())
            }
            _ => Ok(()),
        }
    }

    /// Carries a plan out. A failure, or a stop, leaves the environment as it was.
    pub fn install(&self, planned: Planned, request: &InstallRequest) -> Result<Installation, ClientError> {
        let Planned { mut environment, steps } = planned;
        self.agree_to_replace(&steps)?;
        let files: Vec<OfferedFile> = steps.iter().filter_map(|step| step.file.clone()).collect();
        let ready = self.ready(&files)?;
        let lock = self.lock_environment(&mut environment)?;
        Self::refuse_changed(&environment, &steps)?;
        let change = self.change(&environment, &steps, ready, request.link);
        let report = apply(&lock, change, self)?;
        if request.compile_bytecode {
            self.compile(&environment, &report.modules);
            let installed = steps.iter().filter(|step| step.file.is_some()).map(|step| &step.project);
            apply(&lock, record_bytecode(&environment, installed)?, self)?;
        }
        Ok(Installation { environment: environment.folder(), steps, files: report.installed_files })
    }

    /// Asks before something is replaced that the command did not name.
    fn agree_to_replace(&self, steps: &[PlannedStep]) -> Result<(), ClientError> {
        let unnamed = steps.iter().filter(|step| !step.requested);
        let changes: Vec<(ProjectName, Version, Version)> = unnamed
            .filter_map(|step| Some((step.project.clone(), step.replaces()?.clone(), step.version.clone())))
            .collect();
        if changes.is_empty() || self.host.decide(&Question::Replace { changes }) == Decision::Yes {
            return Ok(());
        }
        Err(No::ConsentNeeded {
            what: "nothing was installed: nobody agreed to replace what the command did not name".to_owned(),
            flag: "`--yes`, after reading the plan".to_owned(),
        }
        .into())
    }

    /// The plan was made without the lock: what it goes by must still be there under the lock.
    fn refuse_changed(environment: &Environment, steps: &[PlannedStep]) -> Result<(), ClientError> {
        let changed = steps.iter().find(|step| {
            let mut there = environment.all_of(&step.project).map(|installed| &installed.version);
            match step.expects() {
                Some(expected) => !there.any(|version| version == expected),
                None => there.next().is_some(),
            }
        });
        match changed {
            Some(step) => Err(No::EnvironmentChanged { project: step.project.clone() }.into()),
            None => Ok(()),
        }
    }

    fn change(
        &self,
        environment: &Environment,
        steps: &[PlannedStep],
        ready: Vec<Unpacked>,
        link: LinkMode,
    ) -> Change {
        let there = |project: &ProjectName| environment.inventory.project(project).cloned();
        let installing = steps.iter().filter(|step| step.file.is_some());
        let install = installing
            .zip(ready)
            .map(|(step, unpacked)| Install {
                unpacked,
                requested: step.requested
                    || there(&step.project).is_some_and(|installed| installed.requested),
                receipt: step.file.as_ref().map(|file| self.receipt(file)),
            })
            .collect();
        let replaced = steps.iter().filter(|step| step.replaces().is_some());
        let remove: Vec<Installed> =
            replaced.flat_map(|step| environment.all_of(&step.project)).cloned().collect();
        let kept = steps.iter().filter(|step| step.kind == StepKind::Keep && step.requested);
        let unmarked = kept.filter_map(|step| there(&step.project)).filter(|installed| !installed.requested);
        let amend =
            unmarked.map(|installed| Amendment { installed, requested: true, bytecode: false }).collect();
        Change { install, remove, amend, link }
    }

    fn receipt(&self, file: &OfferedFile) -> Receipt {
        let source = file.source();
        let accepted = match source.age {
            Age::Current => Vec::new(),
            Age::Expired { .. } => vec!["accept-expired".to_owned()],
        };
        Receipt {
            database: source.database.to_string(),
            number: source.number.to_string(),
            assurance: source.assurance.to_string(),
            review: file
                .review()
                .map_or_else(|| "nobody reviewed".to_owned(), |review| format!("reviewed by {}", review.by)),
            accepted,
            file: file.filename().to_owned(),
            sha256: *file.sha256(),
            installed: self.now,
            by: concat!("packman ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    /// Compiles modules to bytecode, without running what is installed. A module that does not compile is the
    /// interpreter's to complain of, later.
    fn compile(&self, environment: &Environment, modules: &[PathBuf]) {
        const AT_ONCE: usize = 500;
        let options = ["-I", "-S", "-m", "compileall", "-q", "-f", "-j", "0"].map(OsStr::new);
        for some in modules.chunks(AT_ONCE) {
            let arguments: Vec<&OsStr> =
                options.into_iter().chain(some.iter().map(|path| path.as_os_str())).collect();
            let compiled =
                program::run(self.environ, environment.interpreter(), &arguments, Duration::from_mins(10));
            if let Err(why) = compiled {
                self.host.event(Event::Warning(format!("not every module was compiled: {why}")));
            }
        }
    }
}

/// Stops a change when the user asks to.
pub(crate) struct Watch<'s>(pub(crate) &'s packman_machine::stop::Stop);

impl Observer for Watch<'_> {
    fn step(&self, _: Step<'_>) -> Flow {
        if self.0.is_asked() { Flow::Stop } else { Flow::GoOn }
    }
}

fn apply(
    lock: &EnvironmentLock,
    change: Change,
    client: &Client<'_>,
) -> Result<packman_wheel::Report, ClientError> {
    let planned = packman_wheel::plan(lock, change).map_err(change_error)?;
    planned.apply(&Watch(client.stop)).map_err(change_error)
}

/// Adds a row for each file of bytecode: uv uninstalls only what has one.
fn record_bytecode<'p>(
    environment: &Environment,
    projects: impl Iterator<Item = &'p ProjectName>,
) -> Result<Change, ClientError> {
    let inventory = packman_wheel::installed(&environment.scheme).map_err(change_error)?;
    let amend = projects
        .filter_map(|project| inventory.project(project).cloned())
        .map(|installed| Amendment { installed, requested: false, bytecode: true })
        .collect();
    Ok(Change { amend, ..Change::default() })
}

/// Hashes that the user named must agree with what was vouched for.
fn refuse_unpinned(file: &OfferedFile, pins: &Pins) -> Result<(), ClientError> {
    match pins.get(file.project()) {
        Some(hashes) if !hashes.contains(file.sha256()) => {
            Err(No::NotPinned { file: file.filename().to_owned(), vouched: *file.sha256() }.into())
        }
        _ => Ok(()),
    }
}

fn installed_packages(environment: &Environment) -> Vec<InstalledPackage> {
    let package = |installed: &Installed| InstalledPackage {
        name: installed.name.clone(),
        version: installed.version.clone(),
        requires_dist: installed.requires.clone(),
        provides_extra: installed.extras.clone(),
    };
    environment.inventory.installed.iter().map(package).collect()
}

/// Nobody vouching for the one thing that was asked for is said as that, not as a conflict.
fn resolve_error(failure: Failure<ClientError>, offers: &Offers<'_>, asked: &[Asked]) -> ClientError {
    match failure {
        Failure::Supply(error) => error,
        Failure::Requirement(refused) => No::Requirement(refused).into(),
        Failure::NoSolution(explanation) => {
            match asked.iter().find_map(|asked| offers.nobody(&asked.requirement.name)) {
                Some(nobody) => No::NobodyVouches(nobody).into(),
                None => No::NothingFits(explanation).into(),
            }
        }
    }
}
