//! What every command needs of the machine, captured once.

use packman_client::{Client, ClientError, Reach};
use packman_machine::cache::Cache;
use packman_machine::clock;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::network::{BUNDLED_DAYS, Fetcher, FetcherSettings};
use packman_machine::python::Pythons;
use packman_machine::ssh_agent::{AgentFailure, SshAgent};
use packman_machine::stop::Stop;
use packman_strict::time::Time;

use crate::args::{Common, EnvironmentArgs};
use crate::ending::Ending;
use crate::terminal::Terminal;
use crate::words;

/// When this source was released, in seconds since 1970: 2026-11-23. No honest clock is behind it.
pub(super) const RELEASED: Time = Time::from_seconds(1_795_392_000);

/// The machine as this run found it.
pub(crate) struct Setting {
    pub(crate) environ: Environ,
    pub(crate) home: Home,
    pub(crate) cache: Cache,
    pub(crate) fetcher: Fetcher,
    pub(crate) stop: Stop,
    /// The user's ssh-agent, or why there is none.
    pub(crate) agent: Result<SshAgent, AgentFailure>,
    pub(crate) terminal: Terminal,
    /// The time of the whole run.
    pub(crate) now: Time,
    reach: Reach,
}

impl Setting {
    /// Captures the environment and opens nothing yet.
    pub(crate) fn capture(common: &Common, yes: bool) -> Result<Self, Ending> {
        Self::of(Environ::capture()?, common, yes)
    }

    /// The same for given environment variables.
    pub(crate) fn of(environ: Environ, common: &Common, yes: bool) -> Result<Self, Ending> {
        let stop = Stop::on_signals(words::stopped::last_words)?;
        let home = Home::of(&environ)?;
        let cache = Cache::of(&environ, |warning| warn(&warning));
        let clock = clock::now();
        let settings = FetcherSettings {
            offline: common.offline,
            bundled_roots: clock < RELEASED.plus_days(BUNDLED_DAYS),
            warn,
            ..FetcherSettings::default()
        };
        let fetcher = Fetcher::new(&environ, settings, &stop);
        let agent = SshAgent::of(&environ);
        let reach = if common.offline { Reach::Offline } else { Reach::Online };
        let terminal = Terminal::new(&environ, common.quiet, yes, &stop);
        if clock < RELEASED {
            terminal.say_clock_behind(clock, RELEASED);
        }
        Ok(Self { environ, home, cache, fetcher, stop, agent, terminal, now: clock.max(RELEASED), reach })
    }

    /// An ending, save where the user asked to stop: then that is why.
    pub(crate) fn unless_stopped(&self, ending: Ending) -> Ending {
        self.stop.live().map_or_else(|stopped| ClientError::from(stopped).into(), |()| ending)
    }

    /// The interpreters of this machine.
    pub(crate) fn pythons(&self) -> Pythons<'_> {
        Pythons::new(&self.environ, &self.cache, &self.stop)
    }

    /// The user's side, at this moment.
    pub(crate) fn client(&self) -> Client<'_> {
        Client {
            home: &self.home,
            cache: &self.cache,
            fetcher: &self.fetcher,
            stop: &self.stop,
            environ: &self.environ,
            now: self.now,
            reach: self.reach,
            accept_expired: false,
            host: &self.terminal,
        }
    }
}

fn warn(warning: &dyn std::fmt::Display) {
    let _ = std::io::Write::write_fmt(&mut anstream::stderr(), format_args!("warning: {warning}\n"));
}

/// Which environment the arguments name.
pub(crate) fn which(arguments: &EnvironmentArgs) -> packman_client::WhichEnvironment {
    match (&arguments.venv, &arguments.python) {
        (Some(folder), _) => packman_client::WhichEnvironment::Venv(folder.clone()),
        (None, Some(program)) => packman_client::WhichEnvironment::Python(program.clone()),
        (None, None) => packman_client::WhichEnvironment::Usual,
    }
}
