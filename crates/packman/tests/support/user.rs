//! A user in the test's own process, for what needs many runs or a time of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use packman_client::{
    AddRequest, Added, Client, ClientError, InstallRequest, Planned, Reach, Refreshed, Silent,
    WhichEnvironment,
};
use packman_machine::cache::Cache;
use packman_machine::clock;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::network::{Fetcher, FetcherSettings, Patience};
use packman_machine::stop::Stop;
use packman_names::{ProjectName, Requirement};
use packman_requirements::Demand;
use packman_strict::time::Time;
use packman_tuf::{Memory, Role, SafetyNumber};
use tempfile::TempDir;
use testkit::world::{World, snapshot};

/// The user of a world, as its commands see him, in this process.
pub struct User {
    pub now: Time,
    own: Option<TempDir>,
    folder: PathBuf,
    environ: Environ,
    home: Home,
    cache: Cache,
    fetcher: Fetcher,
    stop: Stop,
}

impl User {
    /// The user of this world.
    pub fn of(world: &World) -> Self {
        Self::with_home(world, &world.home(), &world.cache())
    }

    /// Another user of the same machine. His home is in memory where there is a place for that: a disk that is waited
    /// for at each of a thousand refreshes shows nothing more.
    pub fn other(world: &World) -> Self {
        let memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let own = memory.expect("there is room for a test");
        let user = Self::with_home(world, &own.path().join("home"), &own.path().join("cache"));
        Self { own: Some(own), ..user }
    }

    /// The user of this world, whose commands wait for no database for longer.
    pub fn in_a_hurry(world: &World, together: Duration) -> Self {
        let user = Self::of(world);
        let patience = Patience { again: 0, together, ..Patience::default() };
        let settings = FetcherSettings { patience, ..FetcherSettings::default() };
        Self { fetcher: Fetcher::new(&user.environ, settings, &user.stop), ..user }
    }

    fn with_home(world: &World, home: &Path, cache: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let variables =
            [("PATH", path), ("HOME", world.folder().into()), ("PACKMAN_CACHE_DIR", cache.into())];
        let (environ, stop) = (Environ::of(world.folder(), variables), Stop::new());
        // A host that breaks off is not asked again: nothing here waits.
        let patience = Patience { again: 0, ..Patience::default() };
        let settings = FetcherSettings { patience, ..FetcherSettings::default() };
        Self {
            now: clock::now(),
            own: None,
            folder: cache.to_owned(),
            home: Home::at(home),
            cache: Cache::of(&environ, |warning| panic!("{warning}")),
            fetcher: Fetcher::new(&environ, settings, &stop),
            environ,
            stop,
        }
    }

    /// What a command of his works with.
    pub fn client(&self) -> Client<'_> {
        Client {
            home: &self.home,
            cache: &self.cache,
            fetcher: &self.fetcher,
            stop: &self.stop,
            environ: &self.environ,
            now: self.now,
            reach: Reach::Online,
            accept_expired: false,
            host: &Silent,
        }
    }

    /// Trusts what is at an address, as `web`.
    pub fn trust(&self, url: &str, number: SafetyNumber) -> Result<Added, ClientError> {
        let name = Some("web".to_owned());
        self.client().trust_add(&AddRequest { url: url.to_owned(), name, number: Some(number), scope: None })
    }

    /// Refreshes, and gives the first refusal.
    pub fn refresh(&self) -> Result<(), ClientError> {
        for (_, how) in self.client().refresh()?.databases {
            if let Refreshed::Refused(refused) = how {
                return Err(refused.into());
            }
        }
        Ok(())
    }

    /// Plans to install a requirement into an environment.
    pub fn plan(&self, requirement: &str, venv: &Path) -> Result<Planned, ClientError> {
        self.client().plan_install(&request(requirement, venv))
    }

    /// Installs a requirement into an environment.
    pub fn install(&self, requirement: &str, venv: &Path) -> Result<(), ClientError> {
        let planned = self.plan(requirement, venv)?;
        self.client().install(planned, &request(requirement, venv)).map(drop)
    }

    /// Uninstalls projects.
    pub fn uninstall(&self, projects: &[&str], venv: &Path) -> Result<(), ClientError> {
        let projects: Vec<_> = projects.iter().map(|name| ProjectName::parse(name).unwrap()).collect();
        self.client().uninstall(&projects, &WhichEnvironment::Venv(venv.to_owned())).map(drop)
    }

    /// Forgets what can be had again, but for what interpreters say of themselves: no mirror gave that.
    pub fn clear_cache(&self) {
        for part in ["blobs", "records/flat-1", "wheels", "downloads"] {
            let _ = std::fs::remove_dir_all(self.folder.join(part));
        }
    }

    /// The ring and the states, as they are on disk.
    pub fn kept(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = snapshot(self.home.folder());
        files.retain(|path, _| path.starts_with("ring.toml") || path.starts_with("state"));
        files
    }

    /// Puts the ring and the states back.
    pub fn restore(&self, kept: &BTreeMap<PathBuf, Vec<u8>>) {
        let there = self.kept();
        for path in there.keys().filter(|path| !kept.contains_key(*path)) {
            std::fs::remove_file(self.home.folder().join(path)).unwrap();
        }
        for (path, bytes) in kept.iter().filter(|(path, bytes)| there.get(*path) != Some(bytes)) {
            let path = self.home.folder().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

fn request(requirement: &str, venv: &Path) -> InstallRequest {
    let demand = Demand::of([Requirement::parse(requirement).unwrap()]);
    InstallRequest::of(&demand, WhichEnvironment::Venv(venv.to_owned()))
}

/// The *good* set of the one state among these files, byte for byte; `None` where nothing is good yet.
pub fn good(kept: &BTreeMap<PathBuf, Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    let mut states = kept.iter().filter(|(path, _)| path.starts_with("state"));
    let (_, bytes) = states.next()?;
    assert!(states.next().is_none(), "there is one state");
    good_of(&Memory::parse(bytes).expect("what was written can be read"))
}

/// The *good* set of a memory, byte for byte.
pub fn good_of(memory: &Memory) -> Option<Vec<Vec<u8>>> {
    let good = memory.good()?;
    let roles = Role::ALL.map(|role| good.bytes(role).to_vec());
    let attached =
        ["about.json", "recalls.json"].map(|path| good.attached(path).unwrap_or_default().to_vec());
    Some(roles.into_iter().chain(attached).collect())
}

/// A plan without what is true of this run only.
pub fn steps(planned: &Planned) -> Vec<String> {
    let step = |step: &packman_client::PlannedStep| {
        let file = step.file.as_ref();
        let file =
            file.map(|file| format!("{} {} {}", file.filename(), file.sha256(), file.source().assurance));
        format!("{:?} {} {} {file:?}", step.kind, step.project, step.version)
    };
    planned.steps.iter().map(step).collect()
}
