//! The client: what every use case needs of the machine, in one place.

use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::network::Fetcher;
use packman_machine::stop::Stop;
use packman_strict::time::Time;

use crate::host::Host;

/// Whether the network may be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Databases are refreshed and files fetched.
    Online,
    /// Nothing is asked; what is kept here must do.
    Offline,
}

/// The user's side of PackMan.
#[derive(Clone, Copy)]
pub struct Client<'m> {
    /// The trust ring and what is remembered.
    pub home: &'m Home,
    /// What can be had again.
    pub cache: &'m Cache,
    /// Network and local files.
    pub fetcher: &'m Fetcher,
    /// Whether the user asked to stop.
    pub stop: &'m Stop,
    /// The environment variables and the folder of this run.
    pub environ: &'m Environ,
    /// The time of this run.
    pub now: Time,
    /// Whether the network may be asked.
    pub reach: Reach,
    /// Whether a database whose word has expired may answer all the same (`--accept-expired`).
    pub accept_expired: bool,
    /// Who hears what happens, and answers.
    pub host: &'m dyn Host,
}
