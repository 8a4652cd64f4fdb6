//! The environment that a command works in: found, read, locked.

use std::path::PathBuf;
use std::time::Duration;

use packman_machine::failure::DiskReason;
use packman_machine::files;
use packman_machine::python::{Environment as Found, PythonFailure, Pythons, Wanted};
use packman_names::ProjectName;
use packman_strict::quote::quoted;
use packman_wheel::{ChangeError, EnvironmentLock, Installed, Inventory, Scheme, installed};

use crate::client::Client;
use crate::error::{ClientError, Failed, No};
use crate::host::{Decision, Event, Question};

/// Which environment the user named.
#[derive(Clone, Debug, Default)]
pub enum WhichEnvironment {
    /// The active one, else `./.venv`.
    #[default]
    Usual,
    /// `--venv DIR`.
    Venv(PathBuf),
    /// `--python EXE`.
    Python(PathBuf),
}

/// An environment and what is installed in it.
#[derive(Debug)]
pub struct Environment {
    /// What the machine found.
    pub(crate) found: Found,
    /// Its folders, as `packman-wheel` takes them.
    pub(crate) scheme: Scheme,
    /// What is installed in it.
    pub(crate) inventory: Inventory,
}

impl Environment {
    /// Its folder.
    pub fn folder(&self) -> String {
        self.found.prefix.display().to_string()
    }

    /// Everything that is installed under a project's name: mostly one, more where somebody left two records of it.
    pub(crate) fn all_of<'e>(&'e self, project: &'e ProjectName) -> impl Iterator<Item = &'e Installed> {
        self.inventory.installed.iter().filter(move |installed| installed.name == *project)
    }

    /// Verifies that this user may write here, as far as the system tells beforehand: better now than after a download.
    pub(crate) fn verify_writable(&self) -> Result<(), ClientError> {
        let root = packman_wheel::root(&self.scheme).map_err(change_error)?;
        let Some(reason) = files::unwritable(&root) else { return Ok(()) };
        let code = if reason == DiskReason::ReadOnly { "read-only" } else { "no-permission" };
        let owner = files::owner(&root).map(|owner| format!("it belongs to {}, and ", quoted(&owner)));
        Err(Failed::Environment {
            code,
            what: format!(
                "{} cannot be changed: {reason}; {}nothing was fetched or changed",
                quoted(&root.display().to_string()),
                owner.unwrap_or_default()
            ),
            hint: crate::error::environment_hint(code),
        }
        .into())
    }

    /// Its interpreter.
    pub fn interpreter(&self) -> &std::path::Path {
        &self.found.executable
    }
}

/// How long somebody who holds an environment is let be before he is looked for again.
const PAUSE: Duration = Duration::from_millis(50);

/// What is to be done where there is no environment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absent {
    /// It is made, when the user agrees.
    Offer,
    /// The answer is no.
    Refuse,
}

impl Client<'_> {
    /// Finds and reads the environment that is meant, for looking at it.
    pub(crate) fn environment(
        &self,
        which: &WhichEnvironment,
        absent: Absent,
    ) -> Result<Environment, ClientError> {
        let pythons = self.pythons();
        let wanted = match which {
            WhichEnvironment::Usual => Wanted::Usual,
            WhichEnvironment::Venv(folder) => Wanted::Venv(folder.clone()),
            WhichEnvironment::Python(program) => Wanted::Python(program.clone()),
        };
        let found = match pythons.discover(&wanted).map_err(|failure| self.python_error(&failure))? {
            Some(found) => found,
            None if absent == Absent::Offer => self.make_environment(&pythons)?,
            None => return Err(No::NoEnvironment.into()),
        };
        let scheme = scheme_of(&found);
        let mut inventory = installed(&scheme).map_err(change_error)?;
        if inventory.is_in_change {
            inventory = self.settled(&found, &scheme, inventory)?;
        }
        for broken in &inventory.broken {
            let path = broken.path.display().to_string();
            self.host.event(Event::Warning(format!("{}: {}", quoted(&path), broken.why)));
        }
        Ok(Environment { found, scheme, inventory })
    }

    /// What a killed run left is undone or completed before anybody goes by half of it; and while somebody moves files this
    /// very moment, he is waited for. Before he does so, and where this user may not, all is as it was.
    fn settled(
        &self,
        found: &Found,
        scheme: &Scheme,
        mut inventory: Inventory,
    ) -> Result<Inventory, ClientError> {
        // Files are moved in some milliseconds: what takes longer is told.
        const BRIEF: usize = 5;
        for round in 0.. {
            match EnvironmentLock::try_take(scheme) {
                Ok(Some(_lock)) => return installed(scheme).map_err(change_error),
                Err(error) if inventory.is_torn => return Err(torn(found, error)),
                Ok(None) if inventory.is_torn => {}
                Ok(None) | Err(_) => break,
            }
            if round == BRIEF {
                self.host.event(Event::Waiting { what: found.prefix.display().to_string() });
            }
            self.stop.wait(PAUSE)?;
            inventory = installed(scheme).map_err(change_error)?;
        }
        Ok(inventory)
    }

    /// The interpreters of this machine.
    pub(crate) fn pythons(&self) -> Pythons<'_> {
        Pythons::new(self.environ, self.cache, self.stop)
    }

    /// Sorts what stood against an interpreter by blame. Where the user asked to stop, that is why.
    pub(crate) fn python_error(&self, failure: &PythonFailure) -> ClientError {
        if self.stop.is_asked() {
            return ClientError::Stopped;
        }
        if let PythonFailure::OwnProgram(folder) = failure {
            return No::ProjectPython { folder: folder.display().to_string() }.into();
        }
        Failed::Python { hint: failure.hint(), what: failure.to_string() }.into()
    }

    fn make_environment(&self, pythons: &Pythons<'_>) -> Result<Found, ClientError> {
        let folder = self.environ.folder().join(".venv");
        let question = Question::MakeEnvironment { folder: folder.display().to_string() };
        match self.host.decide(&question) {
            Decision::Yes => {
                let python = pythons.base(None).map_err(|failure| self.python_error(&failure))?;
                let made = pythons.make_venv(&folder, &python);
                if let Ok(made) = &made {
                    self.host.event(Event::MadeEnvironment {
                        folder: made.prefix.display().to_string(),
                        python: python.executable.display().to_string(),
                        version: python.version.to_string(),
                    });
                }
                // Somebody else may have made it meanwhile.
                let found = match &made {
                    Err(PythonFailure::InTheWay(_)) => pythons.discover(&Wanted::Usual).ok().flatten(),
                    _ => None,
                };
                found.map_or(made, Ok).map_err(|failure| self.python_error(&failure))
            }
            Decision::No => Err(No::NoEnvironment.into()),
            Decision::NobodyThere => Err(No::ConsentNeeded {
                what: "there is no environment here, and nobody agreed to make one".to_owned(),
                flag: "`--yes` to make ./.venv, or `--venv DIR` to name one that is there".to_owned(),
            }
            .into()),
        }
    }

    /// Refuses an interpreter that belongs to somebody else's package manager (PEP 668).
    pub(crate) fn refuse_managed(environment: &Environment) -> Result<(), ClientError> {
        let Some(message) = environment.found.externally_managed() else { return Ok(()) };
        let message = Some(message).filter(|message| !message.is_empty());
        Err(No::ExternallyManaged { folder: environment.folder(), message }.into())
    }

    /// Locks the environment for a change, and reads again what is installed: somebody may have changed it since.
    pub(crate) fn lock_environment(
        &self,
        environment: &mut Environment,
    ) -> Result<EnvironmentLock, ClientError> {
        let mut told = false;
        let lock = loop {
            match EnvironmentLock::try_take(&environment.scheme).map_err(change_error)? {
                Some(lock) => break lock,
                None if !told => {
                    self.host.event(Event::Waiting { what: environment.folder() });
                    told = true;
                }
                None => self.stop.wait(PAUSE)?,
            }
        };
        // Where wheels were unpacked that the cache had no room for, by somebody who was killed.
        let prefix = environment.found.prefix.as_path();
        prefix.parent().into_iter().chain([prefix]).for_each(files::clear_abandoned);
        environment.inventory = installed(&environment.scheme).map_err(change_error)?;
        Ok(lock)
    }
}

/// Why nobody can go by what is in an environment: a change of it was cut off, and this user cannot put that right.
fn torn(found: &Found, error: ChangeError) -> ClientError {
    if matches!(error, ChangeError::Conflict(_)) {
        return change_error(error);
    }
    let owner = files::owner(&found.prefix).map(|owner| format!(" belongs to {} and", quoted(&owner)));
    let folder = found.prefix.display().to_string();
    Failed::Environment {
        code: "change-unfinished",
        what: format!(
            "{}{} was left in the middle of a change, and what is in it is not to be gone by: {error}",
            quoted(&folder),
            owner.unwrap_or_default()
        ),
        hint: Some(
            "the next `packman list` or other command of its owner there puts it right; `packman explain change-unfinished` says more",
        ),
    }
    .into()
}

fn scheme_of(found: &Found) -> Scheme {
    Scheme {
        prefix: found.prefix.clone(),
        purelib: found.paths.purelib.clone(),
        platlib: found.paths.platlib.clone(),
        scripts: found.paths.scripts.clone(),
        data: found.paths.data.clone(),
        headers: found.paths.headers.clone(),
        python: found.executable.clone(),
        version: found.version,
    }
}

/// Sorts what stood against a change by blame.
pub(crate) fn change_error(error: ChangeError) -> ClientError {
    match error {
        ChangeError::Conflict(conflict) if conflict.is_refusal() => {
            crate::error::RefusedWhy::Environment(conflict).into()
        }
        ChangeError::Conflict(conflict) => No::Environment(conflict).into(),
        ChangeError::Stopped => ClientError::Stopped,
        other => {
            let hint = crate::error::environment_hint(other.code());
            Failed::Environment { code: other.code(), what: other.to_string(), hint }.into()
        }
    }
}
