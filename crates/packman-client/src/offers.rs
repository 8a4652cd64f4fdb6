//! Offers: asks the gate for a project, and reads the record that the gate wants from the cache or a mirror.

use std::collections::BTreeMap;
use std::sync::Arc;

use packman_machine::location::Location;
use packman_machine::network::Fetched;
use packman_names::ProjectName;
use packman_resolve::OfferSource;
use packman_strict::quote::quoted;
use packman_trust::{Answer, Gate, Nobody, Offer, RecordWanted, Source};

use crate::client::Client;
use crate::error::{ClientError, Failed};
use crate::refresh::{further_mirrors, goes_on, one_too_many};

/// The form in which records are kept; another form has another number.
const FLAT: &str = "flat-1";

/// The offers of one run.
pub(crate) struct Offers<'c> {
    client: Client<'c>,
    gate: &'c Gate,
    nobody: BTreeMap<ProjectName, Nobody>,
}

impl<'c> Offers<'c> {
    pub(crate) fn new(client: Client<'c>, gate: &'c Gate) -> Self {
        Self { client, gate, nobody: BTreeMap::new() }
    }

    /// Whether nobody vouches for a project that was asked for.
    pub(crate) fn nobody(&self, project: &ProjectName) -> Option<Nobody> {
        self.nobody.get(project).cloned()
    }
}

/// The resolver chooses among what the gate offers, and sees nothing else.
impl OfferSource for Offers<'_> {
    type Failure = ClientError;

    fn offer(&mut self, project: &ProjectName) -> Result<Option<Arc<Offer>>, ClientError> {
        match self.gate.ask(project)? {
            Answer::Record(wanted) => Ok(Some(Arc::new(self.client.read_record(&wanted)?))),
            Answer::Nobody(nobody) => {
                self.nobody.insert(project.clone(), nobody);
                Ok(None)
            }
        }
    }
}

impl Client<'_> {
    /// Reads a record from the cache, else from the first mirror whose bytes have the signed hash.
    pub(crate) fn read_record(&self, wanted: &RecordWanted<'_>) -> Result<Offer, ClientError> {
        let target = wanted.target();
        let kept = |sha256| self.cache.summed(FLAT, &sha256, |bytes| wanted.cached_offer(bytes));
        if let Some(offer) = target.sha256().and_then(kept) {
            return Ok(offer);
        }
        let path = target.file_path(&wanted.path());
        let mut refused = None;
        let (mut why, mut hint) = (Vec::new(), None);
        for place in self.places_of(wanted.source())? {
            let fetched = match self.fetcher.get(&place, &path, target.length) {
                Err(failure) if goes_on(&failure) => Ok(Fetched::Bytes(one_too_many(target.length))),
                fetched => fetched,
            };
            match fetched {
                Ok(Fetched::Bytes(bytes)) => match wanted.offer(&bytes) {
                    Ok(offer) => {
                        if let Some(sha256) = target.sha256() {
                            self.cache.put_summed(FLAT, &sha256, &offer.to_cache());
                        }
                        return Ok(offer);
                    }
                    Err(refusal) => refused = Some(refusal),
                },
                Ok(Fetched::Missing) => why.push(format!("{place}: it has no such file")),
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
        Ok(places)
    }
}
