//! Installing: resolves over the offers, shows the plan, gets the wheels ready, and changes the environment whole.

mod asked;
mod decide;
mod goal;
mod plan;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use packman_database::Review;
use packman_machine::lock::FileLock;
use packman_machine::program;
use packman_machine::stop::{Commit, Stop};
use packman_names::{ProjectName, Version};
use packman_requirements::{EnvironmentsAsked, PythonAsked};
use packman_resolve::Asked;
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_trust::{Age, OfferedFile};
use packman_wheel::{
    Amendment, Change, EnvironmentLock, Flow, Install, Installed, LinkMode, Observer, Receipt, Step, Unpacked,
};

use crate::client::Client;
use crate::download::Ready;
use crate::download::cores;
use crate::environment::{Environment, WhichEnvironment, change_error};
use crate::error::{ClientError, No};
use crate::host::{Decision, Event, Question};
use crate::uninstall::in_pieces;

use decide::installed_packages;
pub(crate) use decide::resolve_error;
pub(crate) use goal::{Goal, Wanted, refuse_other_environment, refuse_other_python};
pub use plan::{Planned, PlannedStep, StepKind};

/// What is to be installed, and where.
#[derive(Clone, Debug)]
pub struct InstallRequest {
    /// What is asked for.
    pub requirements: Vec<Asked>,
    /// What narrows it.
    pub constraints: Vec<Asked>,
    /// The files that a project may be, where the user named hashes for it.
    pub pins: Pins,
    /// Whether nothing is installed of which no file is named by its hash.
    pub only_pinned: bool,
    /// The Pythons that what is asked for is meant for.
    pub pythons: Vec<PythonAsked>,
    /// The environments that a lock among it was made for.
    pub environments: Vec<EnvironmentsAsked>,
    /// Where.
    pub which: WhichEnvironment,
    /// Whether modules are compiled to bytecode.
    pub compile_bytecode: bool,
    /// How files get from the cache into the environment.
    pub link: LinkMode,
}

/// Which files a project may be, by SHA-256.
pub type Pins = BTreeMap<ProjectName, Vec<Sha256>>;

/// How a plan is carried out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Whether modules are compiled to bytecode.
    pub compile_bytecode: bool,
    /// How files get from the cache into the environment.
    pub link: LinkMode,
}

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
    /// Carries a plan out. A failure, or a stop, leaves the environment as it was.
    ///
    /// The plan was made without the environment's lock. Where somebody changed what is installed since, it is made
    /// again under the lock, from what is there now and from the same offers, and that one is carried out.
    pub fn install(&self, planned: Planned, request: &InstallRequest) -> Result<Installation, ClientError> {
        self.carry_out(planned, Manner { compile_bytecode: request.compile_bytecode, link: request.link })
    }

    /// Carries any plan out, as [`install`](Self::install) does. Nothing is changed before what the plan goes by is stored.
    pub fn carry_out(&self, mut planned: Planned, manner: Manner) -> Result<Installation, ClientError> {
        if changes_nothing(&planned) {
            planned.settle()?;
            return Ok(Installation {
                environment: planned.environment.folder(),
                steps: planned.steps,
                files: 0,
            });
        }
        let got_ready = self.agreed_and_ready(&planned);
        planned.settle()?;
        let (mut ready, _in_use) = got_ready?;
        let Planned { mut environment, mut steps, goal, gate, warned, .. } = planned;
        let before = installed_packages(&environment);
        let lock = self.lock_environment(&mut environment)?;
        if installed_packages(&environment) != before {
            let again = self.plan_in(environment, &gate, goal, &warned)?;
            self.host
                .event(Event::PlannedAnew { folder: again.environment.folder(), steps: again.steps.clone() });
            self.agree_to_replace(&again, &steps)?;
            ready = self.ready_for(&again.steps, &again.environment)?;
            Planned { environment, steps, .. } = again;
        }
        refuse_pieces(&environment, &steps)?;
        let change = self.change(&environment, &steps, std::mem::take(&mut ready.wheels), manner.link);
        let report = apply(&lock, change, self.stop)?;
        if report.copied_instead {
            let way = if manner.link == LinkMode::Clone { "clone" } else { "hard link" };
            self.host.event(Event::Warning(format!(
                "files were copied into {}: the file system lets nobody make a {way} there of what the cache has",
                quoted(&environment.folder())
            )));
        }
        if manner.compile_bytecode {
            self.compile(&environment, &report.modules);
            let installed = steps.iter().filter(|step| step.file.is_some()).map(|step| &step.project);
            // Whoever asks to stop now finds all installed: then what was compiled is recorded, too.
            apply(&lock, record_bytecode(&environment, installed)?, &Stop::new())?;
        }
        Ok(Installation { environment: environment.folder(), steps, files: report.installed_files })
    }

    /// Asks what has to be asked, and gets the wheels ready. The cache is in use from then on.
    fn agreed_and_ready(&self, planned: &Planned) -> Result<(Ready, Option<FileLock>), ClientError> {
        self.agree_to_replace(planned, &[])?;
        planned.environment.verify_writable()?;
        let in_use = self.use_cache()?;
        Ok((self.ready_for(&planned.steps, &planned.environment)?, in_use))
    }

    fn ready_for(&self, steps: &[PlannedStep], environment: &Environment) -> Result<Ready, ClientError> {
        let files: Vec<OfferedFile> = steps.iter().filter_map(|step| step.file.clone()).collect();
        self.ready(&files, &environment.found.prefix)
    }

    /// Asks before something is replaced that the command did not name, and that was not agreed to before.
    fn agree_to_replace(&self, planned: &Planned, agreed: &[PlannedStep]) -> Result<(), ClientError> {
        let is_agreed = |step: &PlannedStep| {
            agreed.iter().any(|old| {
                (&old.project, &old.version, &old.kind) == (&step.project, &step.version, &step.kind)
            })
        };
        let is_named = |step: &PlannedStep| planned.named.contains(&step.project);
        let unnamed = planned.steps.iter().filter(|step| !is_named(step) && !is_agreed(step));
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

    fn change(
        &self,
        environment: &Environment,
        steps: &[PlannedStep],
        ready: Vec<Unpacked>,
        link: LinkMode,
    ) -> Change {
        let there = |project: &ProjectName| environment.inventory.project(project);
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
        let replaced = steps.iter().filter(|step| step.takes_away());
        let remove: Vec<Installed> =
            replaced.flat_map(|step| environment.all_of(&step.project)).cloned().collect();
        let amend = unmarked(environment, steps)
            .map(|installed| Amendment { installed: installed.clone(), requested: true, bytecode: false })
            .collect();
        Change { install, remove, amend, link, more_threads: cores().get() - 1, ..Change::default() }
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
            assurance: source.held(),
            padlock: source.assurance.padlock().word().to_owned(),
            review: Review::told(file.review()),
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
            let (python, limit) = (&environment.found.asked, Duration::from_mins(10));
            if let Err(why) = program::run(self.environ, python, &arguments, limit, self.stop) {
                self.host.event(Event::Warning(format!("not every module was compiled: {why}")));
            }
        }
    }
}

/// Refuses to install over what is there in pieces: of its files nobody knows which, and they would be in the way. Said
/// under the lock: without it these may be the pieces that somebody else is just moving.
fn refuse_pieces(environment: &Environment, steps: &[PlannedStep]) -> Result<(), ClientError> {
    let mut new = steps.iter().filter(|step| matches!(step.kind, StepKind::Install { .. }));
    match new.find_map(|step| in_pieces(&environment.inventory, &step.project)) {
        Some(no) => Err(no.into()),
        None => Ok(()),
    }
}

/// What is there already, was asked for now, and is not marked so yet.
fn unmarked<'e>(
    environment: &'e Environment,
    steps: &'e [PlannedStep],
) -> impl Iterator<Item = &'e Installed> {
    let kept = steps.iter().filter(|step| step.kind == StepKind::Keep && step.requested);
    let there = kept.filter_map(|step| environment.inventory.project(&step.project));
    there.filter(|installed| !installed.requested)
}

/// Says whether a plan finds all as it should be, and no killed change waits for whoever takes the lock: then the lock
/// is not taken, and what is installed not read again.
fn changes_nothing(planned: &Planned) -> bool {
    let Planned { environment, steps, .. } = planned;
    let settled =
        steps.iter().all(|step| step.kind == StepKind::Keep) && unmarked(environment, steps).next().is_none();
    settled && !environment.inventory.is_in_change
}

/// Stops a change when the user asks to.
struct Watch<'s>(&'s Stop);

impl Observer for Watch<'_> {
    fn step(&self, _: Step<'_>) -> Flow {
        if self.0.is_asked() { Flow::Stop } else { Flow::GoOn }
    }
}

fn apply(lock: &EnvironmentLock, change: Change, stop: &Stop) -> Result<packman_wheel::Report, ClientError> {
    carry_through(packman_wheel::plan(lock, change).map_err(change_error)?, stop)
}

/// Changes an environment as planned; a failure, or a stop, leaves nothing of it.
pub(crate) fn carry_through(
    planned: packman_wheel::Planned,
    stop: &Stop,
) -> Result<packman_wheel::Report, ClientError> {
    let commit = Commit::begin();
    match planned.apply(&Watch(stop)) {
        Ok(report) => Ok(report),
        Err(error) => {
            commit.undone();
            Err(change_error(error))
        }
    }
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
