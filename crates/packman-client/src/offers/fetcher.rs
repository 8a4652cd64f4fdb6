//! Fetches offers before they are asked for: what the resolver expects, and, before it has begun, what is probable.

use std::sync::Arc;
use std::thread::Scope;

use packman_names::{ProjectName, Requirement};
use packman_trust::{Answer, Gate, Inherited, Offer};

use super::{Ahead, Packs};
use crate::client::Client;
use crate::error::ClientError;

/// What fetches offers before they are asked for.
#[derive(Clone)]
pub(super) struct Fetcher<'scope, 'env> {
    pub(super) client: Client<'env>,
    pub(super) gate: &'env Gate,
    pub(super) scope: &'scope Scope<'scope, 'env>,
    pub(super) ahead: Arc<Ahead>,
    pub(super) packs: Arc<Packs>,
    pub(super) inherited: Arc<Inherited>,
}

impl Fetcher<'_, '_> {
    /// Begins to fetch what of these the cache lacks.
    pub(super) fn expect(&self, projects: &[ProjectName]) {
        for project in projects {
            let Ok(Answer::Record(wanted)) = self.gate.ask_under(project, &self.inherited) else { continue };
            let mut records = wanted.witnesses().into_iter().chain([wanted.own()]);
            if records.any(|record| !self.client.has_record(record.target())) {
                self.ahead.push(project);
            }
        }
        for _ in 0..self.ahead.workers_wanted() {
            let fetcher = self.clone();
            self.scope.spawn(move || fetcher.ahead.work(|project| fetcher.fetch(project)));
        }
    }

    fn fetch(&self, project: &ProjectName) -> Option<Result<Offer, ClientError>> {
        match self.gate.ask_under(project, &self.inherited) {
            Ok(Answer::Record(wanted)) => {
                let came = self.client.read_record(&wanted, &self.packs);
                if let Some(offer) = came.as_ref().ok().filter(|_| self.ahead.is_guessing()) {
                    self.expect(&probable_needs(offer));
                }
                Some(came)
            }
            // It was asked before, and answered with a record.
            Ok(Answer::Nobody(_)) | Err(_) => None,
        }
    }
}

/// What the newest release needs whatever the Python and the platform: a guess, of which nothing is believed.
fn probable_needs(offer: &Offer) -> Vec<ProjectName> {
    let newest = offer.wheels_by_version().last().map(|wheel| wheel.place());
    let lines = newest.map(|place| offer.metadata(place).requires_dist).unwrap_or_default();
    let always = lines.iter().filter(|line| !line.contains(';'));
    always.filter_map(|line| Some(Requirement::parse(line).ok()?.name)).collect()
}
