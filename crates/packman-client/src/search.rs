//! Searching the projects that the ring's databases vouch for.

use packman_machine::parallel::for_each_parallel;
use packman_names::{ProjectName, Version};
use packman_trust::{Answer, EntryName, Purpose};

use crate::client::Client;
use crate::download::DOWNLOADS;
use crate::error::ClientError;
use crate::offers::Packs;

/// A project that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The project.
    pub project: ProjectName,
    /// What it is, in one line.
    pub summary: Option<String>,
    /// Its newest version with a wheel, where it has one.
    pub newest: Option<Version>,
    /// The database that answers for it.
    pub database: EntryName,
}

impl Client<'_> {
    /// Finds the projects whose name or summary has `word` in it, in any case; names come first.
    pub fn search(&self, word: &str) -> Result<Vec<Found>, ClientError> {
        let gate = self.gate(Purpose::Look)?;
        let packs = Packs::default();
        let look =
            |project: ProjectName, _: &packman_machine::stop::Stop| -> Result<Option<Found>, ClientError> {
                let Answer::Record(wanted) = gate.ask(&project)? else { return Ok(None) };
                let offer = self.read_record(&wanted, &packs)?;
                let newest = offer.wheels().map(|wheel| wheel.flat().version()).max().cloned();
                let database = offer.source().database.clone();
                Ok(Some(Found { summary: offer.summary().map(str::to_owned), newest, database, project }))
            };
        let all = for_each_parallel(gate.projects(), DOWNLOADS, self.stop, look)?;
        let word = word.to_lowercase();
        let in_name = |found: &Found| found.project.as_str().contains(&word.replace(['_', '.', ' '], "-"));
        let in_summary =
            |found: &Found| found.summary.as_ref().is_some_and(|text| text.to_lowercase().contains(&word));
        let mut found: Vec<Found> =
            all.into_iter().flatten().filter(|one| in_name(one) || in_summary(one)).collect();
        found.sort_by_key(|one| (!in_name(one), one.project.clone()));
        Ok(found)
    }
}
