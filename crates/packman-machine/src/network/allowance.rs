//! Time that several fetches have together: one hostile or broken host is not to hold up whoever asks many.

use std::time::{Duration, Instant};

use super::{Fetched, Fetcher, NetworkFailure};
use crate::location::Location;

/// The time that some fetches have together, and how long each may wait for a sign of life.
#[derive(Copy, Clone, Debug)]
pub struct Allowance {
    until: Option<Instant>,
    pub(super) idle: Duration,
}

/// A fetcher that keeps to an [`Allowance`].
#[derive(Copy, Clone, Debug)]
pub struct Within<'f> {
    fetcher: &'f Fetcher,
    allowance: Allowance,
}

impl Allowance {
    fn from_now(whole: Duration, idle: Duration) -> Self {
        // No end is as good as one that no clock reaches.
        Self { until: Instant::now().checked_add(whole), idle }
    }

    /// What is left of it; `None` where it is spent.
    pub(super) fn left(self) -> Option<Duration> {
        let Some(until) = self.until else { return Some(Duration::MAX) };
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

impl Fetcher {
    /// What all questions to one database have together where the command can go on without an answer.
    pub fn hurried(&self) -> Allowance {
        let patience = &self.settings.patience;
        Allowance::from_now(patience.together, patience.beside)
    }

    /// The same where the answer is what was asked for.
    pub fn unhurried(&self) -> Allowance {
        let patience = &self.settings.patience;
        Allowance::from_now(patience.small, patience.beside)
    }

    /// A fetcher that keeps to an allowance.
    pub fn within(&self, allowance: Allowance) -> Within<'_> {
        Within { fetcher: self, allowance }
    }

    /// The same places, those last that could not be reached before in this run.
    pub fn best_first(&self, places: &[Location]) -> Vec<Location> {
        let unreached = self.unreached();
        let (last, first): (Vec<_>, Vec<_>) = places
            .iter()
            .cloned()
            .partition(|place| place.origin().is_some_and(|origin| unreached.contains(&origin)));
        first.into_iter().chain(last).collect()
    }
}

impl Within<'_> {
    /// Fetches a file under a folder, of at most so many bytes.
    pub fn get(&self, folder: &Location, path: &str, max_bytes: u64) -> Result<Fetched, NetworkFailure> {
        self.fetcher.get_in(folder, path, max_bytes, Some(self.allowance))
    }
}
