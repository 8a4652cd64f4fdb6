//! A list of the ring with a good copy.

use packman_database::About;
use packman_strict::time::Time;
use packman_tuf::{Memory, SafetyNumber};

use super::Listings;
use crate::ATTACHED_TO_LISTS;
use crate::age::Age;
use crate::gate::about_says;
use crate::refused::{Refused, WhyRefused};
use crate::ring::Entry;

/// A list with a good copy: what it says of itself and of databases is read.
#[derive(Debug)]
pub struct List {
    entry: Entry,
    memory: Memory,
    about: About,
    listings: Listings,
}

impl List {
    /// Opens the last good copy that `memory` holds; `None` where it holds none.
    pub fn open(entry: &Entry, memory: Memory) -> Result<Option<Self>, Refused> {
        let Some(good) = memory.good() else { return Ok(None) };
        let [about_path, databases_path] = ATTACHED_TO_LISTS;
        let malformed = |path: &str| {
            let path = path.to_owned();
            move |error| Refused { database: entry.name.clone(), why: WhyRefused::Malformed { path, error } }
        };
        let (Some(about), Some(listings)) = (good.attached(about_path), good.attached(databases_path)) else {
            return Ok(None);
        };
        let about = About::parse(about).map_err(malformed(about_path))?;
        about_says(entry, &about).map_err(malformed(about_path))?;
        let listings = Listings::parse(listings).map_err(malformed(databases_path))?;
        Ok(Some(Self { entry: entry.clone(), memory, about, listings }))
    }

    /// The entry of the ring that it is.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// What it says of databases.
    pub fn listings(&self) -> &Listings {
        &self.listings
    }

    /// What is remembered of it.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The safety number of its newest root.
    pub fn number(&self) -> SafetyNumber {
        self.memory.root().number()
    }

    /// Whether its word is current: one that is not is shown, and nothing is taken from it.
    pub fn age(&self, now: Time) -> Age {
        self.memory.good().map_or(Age::Current, |good| Age::of(good, now))
    }
}
