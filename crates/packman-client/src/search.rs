//! Searching the projects that the ring's databases vouch for.
//!
//! A search asks for no more than its answer needs: the records of projects whose names match, and of others what is
//! kept already or comes in one pack. Nothing that nobody asked for goes into the cache. A record that cannot be read
//! is told, and ends nothing: one database must not keep others from being searched.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::Stop;
use packman_names::{ProjectName, Version};
use packman_trust::{Answer, EntryName, Gate, Purpose};

use crate::client::Client;
use crate::download::DOWNLOADS;
use crate::error::ClientError;
use crate::offers::Packs;

/// How many records one search fetches by themselves. Those of names that match come first.
const SINGLE: usize = 64;

/// What a search found.
#[derive(Debug)]
pub struct Searched {
    /// The projects, names before summaries.
    pub found: Vec<Found>,
    /// Records that could not be read, by project.
    pub unread: Vec<Unread>,
    /// Of how many projects of each database the names alone were searched.
    pub names_only: BTreeMap<EntryName, usize>,
}

/// A project that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The project.
    pub project: ProjectName,
    /// What it is, in one line.
    pub summary: Option<String>,
    /// Its newest version with a wheel.
    pub newest: Newest,
    /// The database that answers for it.
    pub database: EntryName,
}

/// The newest version of a project that was found.
#[derive(Clone, Debug)]
pub enum Newest {
    /// That version, where it has one with a wheel.
    Known(Option<Version>),
    /// Its record was not read.
    NotRead,
}

/// A record that could not be read.
#[derive(Debug)]
pub struct Unread {
    /// The project.
    pub project: ProjectName,
    /// The database that would have to answer for it.
    pub database: EntryName,
    /// Why.
    pub why: ClientError,
    /// Whether the project's name matches: then the answer lacks it.
    pub is_wanted: bool,
}

/// One search.
struct Search<'s> {
    gate: &'s Gate,
    packs: Packs,
    single: AtomicUsize,
    unread: Mutex<Vec<Unread>>,
    names_only: Mutex<BTreeMap<EntryName, usize>>,
}

impl Client<'_> {
    /// Finds the projects whose name or summary has `word` in it, in any case; names come first.
    pub fn search(&self, word: &str) -> Result<Searched, ClientError> {
        let gate = self.gate(Purpose::Look)?;
        self.tell_refused(&gate.refusals(), self.search_in(word, &gate))
    }

    fn search_in(&self, word: &str, gate: &Gate) -> Result<Searched, ClientError> {
        let word = word.to_lowercase();
        let name_word = word.replace(['_', '.', ' '], "-");
        let search = Search {
            gate,
            packs: Packs::default(),
            single: AtomicUsize::new(SINGLE),
            unread: Mutex::default(),
            names_only: Mutex::default(),
        };
        let is_named = |project: &ProjectName| project.as_str().contains(&name_word);
        let (named, others): (Vec<ProjectName>, Vec<ProjectName>) =
            gate.projects().into_iter().partition(is_named);
        let mut found = self.look(&search, named, true)?;
        let in_summary =
            |found: &Found| found.summary.as_ref().is_some_and(|text| text.to_lowercase().contains(&word));
        found.extend(self.look(&search, others, false)?.into_iter().filter(in_summary));
        let Search { unread, names_only, .. } = &search;
        let mut unread = std::mem::take(&mut *lock(unread));
        unread.sort_by(|one, other| one.project.cmp(&other.project));
        let names_only = std::mem::take(&mut *lock(names_only));
        Ok(Searched { found, unread, names_only })
    }

    fn look(
        &self,
        search: &Search<'_>,
        projects: Vec<ProjectName>,
        is_wanted: bool,
    ) -> Result<Vec<Found>, ClientError> {
        let look = |project: ProjectName, _: &Stop| match self.look_at(search, &project, is_wanted) {
            Err((_, ClientError::Stopped)) => Err(ClientError::Stopped),
            Err((database, why)) => {
                lock(&search.unread).push(Unread { project, database, why, is_wanted });
                Ok(None)
            }
            Ok(found) => Ok(found),
        };
        Ok(for_each_parallel(projects, DOWNLOADS, self.stop, look)?.into_iter().flatten().collect())
    }

    fn look_at(
        &self,
        search: &Search<'_>,
        project: &ProjectName,
        is_wanted: bool,
    ) -> Result<Option<Found>, (EntryName, ClientError)> {
        let answer = search.gate.ask(project);
        let answer = answer.map_err(|refused| (refused.database.clone(), refused.into()))?;
        let Answer::Record(wanted) = answer else { return Ok(None) };
        let database = wanted.source().database.clone();
        let take = |left: usize| left.checked_sub(1);
        let offer = match self.record_at_hand(&wanted, &search.packs) {
            Some(offer) => Some(offer),
            None if search.single.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok() => {
                Some(self.fetch_record(&wanted).map_err(|why| (database.clone(), why))?)
            }
            None => None,
        };
        if let Some(offer) = offer {
            return Ok(Some(Found {
                project: project.clone(),
                summary: offer.summary().map(str::to_owned),
                newest: Newest::Known(offer.wheels().map(|wheel| wheel.flat().version()).max().cloned()),
                database,
            }));
        }
        *lock(&search.names_only).entry(database.clone()).or_default() += 1;
        Ok(is_wanted.then(|| Found {
            project: project.clone(),
            summary: None,
            newest: Newest::NotRead,
            database,
        }))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
