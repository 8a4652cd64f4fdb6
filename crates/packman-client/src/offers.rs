//! Offers: asks the gate for a project, and reads the record that the gate wants from the cache, the pack or a mirror.

mod ahead;
mod packs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::Scope;

use packman_machine::location::Location;
use packman_machine::network::{Fetched, NetworkReason};
use packman_names::ProjectName;
use packman_resolve::OfferSource;
use packman_strict::quote::quoted;
use packman_trust::{Answer, Gate, Nobody, Offer, RecordWanted, Refused, Source};
use packman_tuf::TargetInfo;

use crate::client::Client;
use crate::error::{ClientError, Failed};
use crate::refresh::{further_mirrors, goes_on, one_too_many};

use ahead::Ahead;
pub(crate) use packs::Packs;

/// The form in which records are kept; another form has another number.
const FLAT: &str = "flat-1";

/// The offers of one resolution. What the resolver will probably ask for next is fetched while it works.
pub(crate) struct Offers<'scope, 'env> {
    client: Client<'env>,
    gate: &'env Gate,
    scope: &'scope Scope<'scope, 'env>,
    ahead: Arc<Ahead>,
    packs: Arc<Packs>,
    nobody: BTreeMap<ProjectName, Nobody>,
}

impl Offers<'_, '_> {
    /// Whether nobody vouches for a project that was asked for.
    pub(crate) fn nobody(&self, project: &ProjectName) -> Option<Nobody> {
        self.nobody.get(project).cloned()
    }

    /// A project that nobody was found to vouch for while what a database sent was refused, and that refusal.
    pub(crate) fn unlisted(&self) -> Option<(ProjectName, Refused)> {
        let refused = |nobody: &Nobody| Some((nobody.project.clone(), nobody.refused.clone()?));
        self.nobody.values().find_map(refused)
    }
}

/// The resolver chooses among what the gate offers, and sees nothing else.
impl OfferSource for Offers<'_, '_> {
    type Failure = ClientError;

    fn offer(&mut self, project: &ProjectName) -> Result<Option<Arc<Offer>>, ClientError> {
        if let Some(coming) = self.ahead.take(project) {
            return coming.map(|offer| Some(Arc::new(offer)));
        }
        match self.gate.ask(project)? {
            Answer::Record(wanted) => Ok(Some(Arc::new(self.client.read_record(&wanted, &self.packs)?))),
            Answer::Nobody(nobody) => {
                self.nobody.insert(project.clone(), nobody);
                Ok(None)
            }
        }
    }

    fn expect(&mut self, projects: &[ProjectName]) {
        for project in projects {
            let Ok(Answer::Record(wanted)) = self.gate.ask(project) else { continue };
            if !self.client.has_record(wanted.target()) {
                self.ahead.push(project);
            }
        }
        let (client, gate) = (self.client, self.gate);
        for _ in 0..self.ahead.workers_wanted() {
            let (ahead, packs) = (Arc::clone(&self.ahead), Arc::clone(&self.packs));
            self.scope.spawn(move || {
                ahead.work(|project| match gate.ask(project) {
                    Ok(Answer::Record(wanted)) => Some(client.read_record(&wanted, &packs)),
                    // It was asked before, and answered with a record.
                    Ok(Answer::Nobody(_)) | Err(_) => None,
                });
            });
        }
    }
}

impl Client<'_> {
    /// Does something that needs offers. Ends when nothing is fetched any more.
    pub(crate) fn with_offers<R>(&self, gate: &Gate, work: impl FnOnce(&mut Offers<'_, '_>) -> R) -> R {
        std::thread::scope(|scope| {
            let (ahead, packs) = (Arc::new(Ahead::default()), Arc::new(Packs::default()));
            let mut offers = Offers { client: *self, gate, scope, ahead, packs, nobody: BTreeMap::new() };
            let done = work(&mut offers);
            offers.ahead.end();
            done
        })
    }

    /// Reads a record from the cache, else from the pack, else from the first mirror whose bytes have the signed hash.
    pub(crate) fn read_record(&self, wanted: &RecordWanted<'_>, packs: &Packs) -> Result<Offer, ClientError> {
        if let Some(offer) = self.kept_record(wanted) {
            return Ok(offer);
        }
        let packed = packs.record(self, wanted).and_then(|bytes| wanted.offer(&bytes).ok());
        let offer = match packed {
            Some(offer) => offer,
            None => self.fetch_record(wanted)?,
        };
        if let Some(sha256) = wanted.target().sha256() {
            self.cache.put_summed(FLAT, &sha256, &offer.to_cache());
        }
        Ok(offer)
    }

    /// A record that is kept already, or comes with its database's whole pack. Nothing of it is kept but the pack.
    pub(crate) fn record_at_hand(&self, wanted: &RecordWanted<'_>, packs: &Packs) -> Option<Offer> {
        let packed = || packs.record_of_whole(self, wanted).and_then(|bytes| wanted.offer(&bytes).ok());
        self.kept_record(wanted).or_else(packed)
    }

    /// A record that is kept already.
    pub(crate) fn kept_record(&self, wanted: &RecordWanted<'_>) -> Option<Offer> {
        self.cache.summed(FLAT, &wanted.target().sha256()?, |bytes| wanted.cached_offer(bytes))
    }

    /// Whether the cache has a record, as far as can be seen without reading it.
    fn has_record(&self, target: &TargetInfo) -> bool {
        target.sha256().is_some_and(|sha256| self.cache.has_derived(FLAT, &sha256))
    }

    /// Fetches a record from the first mirror whose bytes have the signed hash.
    pub(crate) fn fetch_record(&self, wanted: &RecordWanted<'_>) -> Result<Offer, ClientError> {
        let target = wanted.target();
        let path = target.file_path(&wanted.path());
        let mut refused = None;
        let (mut why, mut hint) = (Vec::new(), None);
        let within = self.fetcher.within(self.fetcher.unhurried());
        for place in self.places_of(wanted.source())? {
            let fetched = match within.get(&place, &path, target.length) {
                Err(failure) if goes_on(&failure) => Ok(Fetched::Bytes(one_too_many(target.length))),
                fetched => fetched,
            };
            match fetched {
                Ok(Fetched::Bytes(bytes)) => match wanted.offer(&bytes) {
                    Ok(offer) => return Ok(offer),
                    Err(refusal) => refused = Some(refusal),
                },
                Ok(Fetched::Missing) => why.push(format!("{place}: it has no such file")),
                Err(failure) if *failure.reason() == NetworkReason::Stopped => {
                    return Err(ClientError::Stopped);
                }
                Err(failure) => {
                    hint = hint.or(failure.hint());
                    why.push(failure.to_string());
                }
            }
        }
        match refused {
            Some(refused) => Err(refused.into()),
            None => Err(Failed::Network { what: quoted(&path).to_string(), why, hint }.into()),
        }
    }

    /// The places that serve a database's own files.
    pub(crate) fn places_of(&self, source: &Source) -> Result<Vec<Location>, ClientError> {
        let mut places = vec![self.location(&source.url)?];
        places.extend(further_mirrors(&source.mirrors));
        Ok(self.fetcher.best_first(&places))
    }
}
