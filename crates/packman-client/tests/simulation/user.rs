//! A user: a home in memory, a person who answers every question alike, and what he hears and may install.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use packman_client::{
    AddRequest, Added, Client, ClientError, Decision, Event, Host, InstallRequest, Question, Reach, Typed,
    WhichEnvironment,
};
use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::network::{Fetcher, FetcherSettings, Patience};
use packman_machine::stop::Stop;
use packman_names::Requirement;
use packman_requirements::Demand;
use packman_strict::time::Time;
use packman_trust::{Class, Scope};
use packman_tuf::SafetyNumber;
use packman_wheel::LinkMode;
use tempfile::TempDir;

/// A user of a machine of his own.
pub(crate) struct User {
    folder: TempDir,
    environ: Environ,
    person: Person,
}

struct Person {
    answer: Decision,
    heard: Mutex<Vec<Event>>,
}

impl Host for Person {
    fn event(&self, event: Event) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    fn decide(&self, _: &Question) -> Decision {
        self.answer
    }

    fn type_in(&self, _: &Typed) -> Option<String> {
        None
    }
}

impl User {
    /// A user who agrees to nothing.
    pub(crate) fn new() -> Self {
        Self::who_answers(Decision::NobodyThere)
    }

    /// A user who agrees to whatever he is asked.
    pub(crate) fn who_agrees() -> Self {
        Self::who_answers(Decision::Yes)
    }

    fn who_answers(answer: Decision) -> Self {
        // A disk that is waited for at each of many thousand refreshes shows nothing more.
        let memory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = memory.unwrap();
        let variables = [
            ("PACKMAN_CACHE_DIR", folder.path().join("cache").into_os_string()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ];
        let environ = Environ::of(folder.path(), variables);
        Self { folder, environ, person: Person { answer, heard: Mutex::default() } }
    }

    /// What a command of his does at a time.
    pub(crate) fn at<T>(&self, now: Time, act: impl FnOnce(&Client<'_>) -> T) -> T {
        let stop = Stop::new();
        let home = Home::at(self.folder.path().join("home"));
        let cache = Cache::of(&self.environ, |_| {});
        // A host that breaks off is not asked again: nothing here waits.
        let patience = Patience { again: 0, ..Patience::default() };
        let settings = FetcherSettings { patience, ..FetcherSettings::default() };
        let fetcher = Fetcher::new(&self.environ, settings, &stop);
        act(&Client {
            home: &home,
            cache: &cache,
            fetcher: &fetcher,
            stop: &stop,
            environ: &self.environ,
            now,
            reach: Reach::Online,
            accept_expired: false,
            host: &self.person,
        })
    }

    /// What he heard since the last time.
    pub(crate) fn heard(&self) -> Vec<Event> {
        std::mem::take(&mut *self.person.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds what is at an address, or what a list has under a name.
    pub(crate) fn adds(
        &self,
        now: Time,
        place: &str,
        name: &str,
        number: Option<SafetyNumber>,
        scope: Option<&str>,
    ) -> Result<Added, ClientError> {
        let request = AddRequest {
            url: place.to_owned(),
            name: Some(name.to_owned()),
            number,
            scope: scope.map(|scope| Scope::parse(&[scope]).unwrap()),
        };
        self.at(now, |client| client.trust_add(&request))
    }

    /// How an installation of a project ends, as the command ends: the exit code, then what was installed, or the code.
    pub(crate) fn installs(&self, now: Time, project: &str) -> String {
        let venv = self.venv();
        let demand = Demand::of([Requirement::parse(project).unwrap()]);
        let which = WhichEnvironment::Venv(venv.clone());
        let request = InstallRequest { link: LinkMode::Copy, ..InstallRequest::of(&demand, which) };
        let done = self.at(now, |client| {
            let planned = client.plan_install(&request)?;
            client.install(planned, &request)
        });
        let said = ended(&done);
        let Ok(done) = done else {
            let left = self.at(now, |client| client.list(&request.which)).unwrap();
            assert!(left.packages.is_empty(), "a refusal leaves nothing behind");
            return said;
        };
        std::fs::remove_dir_all(venv).unwrap();
        let packages = done.steps.iter().map(|step| format!("{} {}", step.project, step.version));
        format!("{said} {}", packages.collect::<Vec<_>>().join(", "))
    }

    /// An environment without packages.
    fn venv(&self) -> PathBuf {
        let venv = self.folder.path().join("venv");
        if !venv.exists() {
            let mut python = std::process::Command::new("python3");
            let made = python.args(["-m", "venv", "--without-pip"]).arg(&venv).status();
            assert!(made.unwrap().success());
        }
        venv
    }
}

/// The exit code, and the stable code behind it.
pub(crate) fn ended<T>(done: &Result<T, ClientError>) -> String {
    let exit = match done {
        Ok(_) => return "0".to_owned(),
        Err(ClientError::No(_)) => 1,
        Err(ClientError::Usage(_)) => 2,
        Err(ClientError::Refused(_)) => 3,
        Err(ClientError::Failed(_)) => 4,
        Err(ClientError::Stopped) => 130,
    };
    let code = done.as_ref().err().map(ClientError::code).unwrap_or_default();
    format!("{exit} {code}")
}

const CLASSES: [Class; 7] = [
    Class::Refresh,
    Class::SignedRotation,
    Class::Addition,
    Class::Expired,
    Class::Withdrawn,
    Class::Unexplained,
    Class::Contradiction,
];

/// The first word, or words, of each change that was told.
pub(crate) fn changes(heard: &[Event]) -> Vec<&'static str> {
    let change = |event: &Event| match event {
        Event::Changed { words, .. } => {
            CLASSES.iter().map(|class| class.title()).find(|title| words.title.starts_with(title))
        }
        _ => None,
    };
    heard.iter().filter_map(change).collect()
}
