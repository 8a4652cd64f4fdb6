//! The trust ring's use cases: add, list, scope, prefer, remove, compare.

mod add;
mod change;
mod compare;
mod evidence;
mod listed;
mod old;
mod rules;

use packman_database::Kind;
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_trust::{Age, Assurance, Database, Entry, EntryName, List, Listing, Pattern, Ring};
use packman_tuf::SafetyNumber;

use crate::client::Client;
use crate::error::ClientError;
use crate::refresh::{good_until, listed_projects};

pub use add::{AddRequest, Added};
pub use change::Removed;
pub use compare::Compared;
pub use evidence::EvidenceReport;
pub use rules::Rules;

/// One entry of the ring, with what is remembered of it.
#[derive(Debug)]
pub struct EntryReport {
    /// The entry.
    pub entry: Entry,
    /// What holds it and how we know.
    pub assurance: Assurance,
    /// Its title, where a good copy is kept.
    pub title: Option<String>,
    /// Its scapegoat, where a good copy is kept.
    pub maintainer: Option<String>,
    /// Further addresses that serve it, as it says itself.
    pub mirrors: Vec<String>,
    /// The patterns for which it answers before the others, by the user's wish.
    pub preferred: Vec<Pattern>,
    /// The safety numbers of its chain, oldest root first.
    pub numbers: Vec<(u64, SafetyNumber)>,
    /// The projects that its good copy lists.
    pub projects: Vec<ProjectName>,
    /// The databases that a list's good copy names, those that it has taken back too.
    pub databases: Vec<(EntryName, Listing)>,
    /// When the good copy verified and was current.
    pub verified_at: Option<Time>,
    /// Until when the good copy is current.
    pub good_until: Option<Time>,
    /// Whether it is.
    pub age: Option<Age>,
}

/// An entry with what is remembered of it, or why that cannot be told.
pub type ListedEntry = Result<EntryReport, Box<Unreported>>;

/// An entry of the ring of which nothing can be told but what the ring says.
#[derive(Debug)]
pub struct Unreported {
    /// The entry.
    pub entry: Entry,
    /// Why.
    pub error: ClientError,
}

impl Client<'_> {
    /// Reports every entry of the ring, in order; of one that cannot be reported it says why. Reads only what is kept
    /// here.
    pub fn trust_list(&self) -> Result<Vec<ListedEntry>, ClientError> {
        let ring: Ring = self.ring()?;
        let listed = |entry: &Entry| {
            let unreported = |error| Box::new(Unreported { entry: entry.clone(), error });
            self.report(&ring, entry).map_err(unreported)
        };
        Ok(ring.all().map(listed).collect())
    }

    /// Reports one entry of the ring.
    pub fn trust_show(&self, name: &str) -> Result<EntryReport, ClientError> {
        let ring = self.ring()?;
        self.report(&ring, ring.entry(&entry_name(name)?)?)
    }

    fn report(&self, ring: &Ring, entry: &Entry) -> Result<EntryReport, ClientError> {
        let memory = self.memory_of(entry)?;
        let (numbers, projects, good_until) =
            (memory.numbers(), listed_projects(&memory), good_until(&memory));
        let age = memory.good().map(|good| Age::of(good, self.now));
        let verified_at = memory.good().map(packman_tuf::Good::verified_at);
        let (about, databases) = match entry.kind {
            Kind::Database => {
                (Database::open(entry, memory)?.map(|database| database.about().clone()), Vec::new())
            }
            Kind::List => match List::open(entry, memory)? {
                Some(list) => {
                    let named = list.listings().iter();
                    let named = named.map(|(name, listing)| (name.clone(), listing.clone())).collect();
                    (Some(list.about().clone()), named)
                }
                None => (None, Vec::new()),
            },
        };
        let about = about.as_ref();
        Ok(EntryReport {
            entry: entry.clone(),
            assurance: ring.assurance(entry),
            title: about.map(|about| about.title.clone()),
            maintainer: about.map(|about| about.maintainer.clone()),
            mirrors: about.map(|about| about.mirrors.clone()).unwrap_or_default(),
            preferred: ring.preferred(&entry.name).into_iter().cloned().collect(),
            numbers,
            projects,
            databases,
            verified_at,
            good_until,
            age,
        })
    }
}

/// The name of an entry, as a user typed it.
fn entry_name(text: &str) -> Result<EntryName, ClientError> {
    EntryName::parse(text).map_err(|error| ClientError::usage(error.to_string()))
}
