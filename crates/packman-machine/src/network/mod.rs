//! Fetching: bytes from a web server or a folder, within limits of size and time.
//!
//! Blocking, over one pool of kept connections. Nothing is believed here: whoever asked checks signatures or
//! hashes. What a hostile server can do is answer wrongly, which ends in a typed failure.

mod agents;
mod allowance;
mod body;
mod curl;
mod download;
mod exchange;
mod failure;
mod means;
mod names;
mod netrc;
mod proxy;
mod sink;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::environ::Environ;
use crate::failure::{Act, DiskFailure, DiskReason};
use crate::location::Location;
use crate::stop::Stop;

use agents::Agents;
use body::Pace;
use exchange::Asking;
use netrc::Netrc;

pub use allowance::{Allowance, Within};
pub use download::{Attempt, DownloadFailure, Downloaded, Expected, Fault};
pub use failure::{NetworkFailure, NetworkReason};
pub use means::{BUNDLED_DAYS, CHOICE, TlsMeans, TlsThere};
pub use proxy::ProxySetting;
pub use sink::{FileSink, Sink};

/// Fetches from web servers and folders.
#[derive(Debug)]
pub struct Fetcher {
    agents: Agents,
    netrc: Netrc,
    settings: FetcherSettings,
    stop: Stop,
    /// Where nobody answered in this run.
    unreached: Mutex<HashSet<String>>,
}

/// How a fetcher behaves.
#[derive(Clone, Debug)]
pub struct FetcherSettings {
    /// Refuse every request that needs the network, loopback included.
    pub offline: bool,
    /// What we call ourselves, `packman/VERSION`.
    pub user_agent: String,
    /// How long to wait for what.
    pub patience: Patience,
    /// Whether the root certificates that are built in are young enough to be used, where the platform has none.
    pub bundled_roots: bool,
    /// Is told what is wrong with the user's netrc, once.
    pub warn: fn(&dyn fmt::Display),
}

/// How long a fetch waits for what. A server that is merely slow must pass, one that holds us must not.
#[derive(Copy, Clone, Debug)]
pub struct Patience {
    /// For the address of a host, and for a connection with its TLS.
    pub connect: Duration,
    /// For the beginning of an answer, and between two pieces of it.
    pub idle: Duration,
    /// For all of a small answer (up to [`Patience::SMALL`] bytes).
    pub small: Duration,
    /// For all of a large one.
    pub large: Duration,
    /// After this time the whole transfer must have had `bytes_per_second`.
    pub grace: Duration,
    /// The least speed after the grace.
    pub bytes_per_second: u64,
    /// For all answers together of a database that a command can go on without.
    pub together: Duration,
    /// For the beginning of one of its answers, and between two pieces of it: another place may have it.
    pub beside: Duration,
    /// How often to ask again when a connection broke or a server was busy.
    pub again: u32,
    /// How long to wait before that; four times as long each time.
    pub pause: Duration,
}

/// What a fetch found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fetched {
    /// The file.
    Bytes(Vec<u8>),
    /// The host answered, and has no such file.
    Missing,
}

/// A page of an index.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it came from in the end, after redirects; its links count from here.
    pub location: Location,
    /// The media type, without parameters, in lower case.
    pub content_type: String,
    /// The page, unpacked.
    pub bytes: Vec<u8>,
}

impl Patience {
    /// The longest answer that must be there within [`Patience::small`], in bytes.
    pub const SMALL: u64 = 16 << 20;

    fn pace(self) -> Pace {
        Pace { grace: self.grace, bytes_per_second: self.bytes_per_second }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            small: Duration::from_mins(10),
            large: Duration::from_hours(12),
            grace: Duration::from_mins(1),
            bytes_per_second: 1024,
            together: Duration::from_secs(30),
            beside: Duration::from_secs(10),
            again: 2,
            pause: Duration::from_millis(300),
        }
    }
}

impl Default for FetcherSettings {
    fn default() -> Self {
        let user_agent = concat!("packman/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { offline: false, user_agent, patience: Patience::default(), bundled_roots: true, warn: |_| {} }
    }
}

impl Fetcher {
    /// A fetcher with the proxies and the netrc of the environment. When `stop` is asked its connections are closed, and every
    /// fetch ends with [`NetworkReason::Stopped`].
    pub fn new(environ: &Environ, settings: FetcherSettings, stop: &Stop) -> Self {
        Self {
            agents: Agents::new(environ, &settings, stop),
            netrc: Netrc::of(environ, settings.warn),
            settings,
            stop: stop.clone(),
            unreached: Mutex::default(),
        }
    }

    /// What there is to protect `https`, and what is used. Looked at once, when it is first needed.
    pub fn tls(&self) -> &TlsThere {
        self.agents.tls()
    }

    /// The proxies of the environment, without passwords.
    pub fn proxies(&self) -> Vec<ProxySetting> {
        self.agents.proxies()
    }

    /// Whether the network is left alone.
    pub fn is_offline(&self) -> bool {
        self.settings.offline
    }

    /// Fetches a file under a folder, of at most so many bytes.
    pub fn get(&self, folder: &Location, path: &str, max_bytes: u64) -> Result<Fetched, NetworkFailure> {
        self.get_in(folder, path, max_bytes, None)
    }

    fn get_in(
        &self,
        folder: &Location,
        path: &str,
        max_bytes: u64,
        within: Option<Allowance>,
    ) -> Result<Fetched, NetworkFailure> {
        // A folder that is gone is a mirror out of reach; one without the file is an answer.
        if let Some(here) = folder.as_path().filter(|here| !here.is_dir()) {
            let reason = if here.exists() { DiskReason::NotAFolder } else { DiskReason::Missing };
            let failure = DiskFailure::because(Act::Read, here, reason);
            return Err(NetworkFailure::new(folder, NetworkReason::Disk(failure)));
        }
        let location =
            folder.join(path).map_err(|error| NetworkFailure::new(folder, NetworkReason::Address(error)))?;
        self.whole(&location, max_bytes, within)
    }

    /// Fetches the file at a location, of at most so many bytes.
    pub fn get_whole(&self, location: &Location, max_bytes: u64) -> Result<Fetched, NetworkFailure> {
        self.whole(location, max_bytes, None)
    }

    fn whole(
        &self,
        location: &Location,
        max_bytes: u64,
        within: Option<Allowance>,
    ) -> Result<Fetched, NetworkFailure> {
        let asking = Asking { accept: "*/*", gzip: false, max_bytes, within };
        let page = self.fetch(location, &asking)?;
        Ok(page.map_or(Fetched::Missing, |page| Fetched::Bytes(page.bytes)))
    }

    /// Fetches a page of an index, of at most so many bytes when unpacked; `accept` is the header of that name.
    /// `None` when there is no such page.
    pub fn page(
        &self,
        location: &Location,
        accept: &str,
        max_bytes: u64,
    ) -> Result<Option<Page>, NetworkFailure> {
        self.fetch(location, &Asking { accept, gzip: true, max_bytes, within: None })
    }

    fn fetch(&self, location: &Location, asking: &Asking<'_>) -> Result<Option<Page>, NetworkFailure> {
        let fetched = self.again(location, || {
            let Some(reply) = self.open(location, asking)? else { return Ok(None) };
            let (location, content_type) = (reply.location.clone(), reply.content_type.clone());
            // What a server says of the length is no reason to set memory aside for it.
            let room = reply.length.unwrap_or(0).min(asking.max_bytes).min(1 << 20);
            let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
            reply.read(asking.max_bytes, self.settings.patience.pace(), &self.stop, |chunk| {
                bytes.extend_from_slice(chunk);
                Ok::<_, NetworkFailure>(())
            })?;
            Ok(Some(Page { location, content_type, bytes }))
        });
        if let (Err(failure), Some(origin)) = (&fetched, location.origin())
            && failure.is_unreachable()
            && !failure.is_forbidden()
        {
            self.unreached().insert(origin);
        }
        fetched
    }

    fn unreached(&self) -> MutexGuard<'_, HashSet<String>> {
        self.unreached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does it, and again when a connection broke: one that was kept may have been closed at the other end.
    fn again<R>(
        &self,
        location: &Location,
        work: impl Fn() -> Result<R, NetworkFailure>,
    ) -> Result<R, NetworkFailure> {
        let mut pause = self.settings.patience.pause;
        for _ in 0..self.settings.patience.again {
            match work() {
                Err(failure) if failure.is_passing() => {
                    self.stop.wait(pause).map_err(NetworkFailure::stopped(location))?;
                    pause = pause.saturating_mul(4);
                }
                result => return result,
            }
        }
        work()
    }
}

#[cfg(test)]
mod tests;
