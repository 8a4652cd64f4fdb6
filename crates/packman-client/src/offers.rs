//! Offers: asks the gate for a project, and reads the record that the gate wants from the cache, the pack or a mirror.

mod ahead;
mod fetcher;
mod packs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::Scope;

use packman_machine::location::Location;
use packman_machine::network::{Fetched, NetworkReason};
use packman_names::ProjectName;
use packman_resolve::{OfferSource, Resolution};
use packman_strict::quote::quoted;
use packman_trust::{
    Answer, Gate, Inherited, Nobody, Offer, OfferedFile, Record, RecordWanted, Refused, SignedRecord, Source,
    Witness,
};
use packman_tuf::TargetInfo;

use crate::client::Client;
use crate::error::{ClientError, Failed};
use crate::refresh::{further_mirrors, goes_on, one_too_many};

use ahead::Ahead;
use fetcher::Fetcher;
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
    /// The rules that hold for projects because others need them.
    inherited: Arc<Inherited>,
    rounds: usize,
}

/// After how many resolutions every rule holds everywhere: a search for who inherits what must end.
const MOST_ROUNDS: usize = 50;

impl Offers<'_, '_> {
    /// Hands the rules of what was chosen on to what that needs. Says whether one holds anew: then what is offered is
    /// less than it was, and it has to be chosen again.
    pub(crate) fn inherit(&mut self, resolution: &Resolution<OfferedFile>) -> bool {
        let ring = self.gate.ring();
        let needed = resolution.chosen.iter().map(|chosen| (&chosen.project, &*chosen.required_by));
        let inherited = Arc::make_mut(&mut self.inherited);
        let mut anew = inherited.spread(ring, &needed);
        self.rounds += usize::from(anew);
        if anew && self.rounds > MOST_ROUNDS {
            anew = inherited.hold_everywhere(ring);
        }
        if anew {
            // What is on its way was asked for under fewer rules.
            self.ahead.end();
            self.ahead = Arc::default();
        }
        anew
    }

    /// The rules that hold for projects because others need them.
    pub(crate) fn inherited(&self) -> &Inherited {
        &self.inherited
    }

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
        match self.gate.ask_under(project, &self.inherited)? {
            Answer::Record(wanted) => Ok(Some(Arc::new(self.client.read_record(&wanted, &self.packs)?))),
            Answer::Nobody(nobody) => {
                self.nobody.insert(project.clone(), nobody);
                Ok(None)
            }
        }
    }

    fn expect(&mut self, projects: &[ProjectName]) {
        self.fetcher().expect(projects);
    }
}

impl<'scope, 'env> Offers<'scope, 'env> {
    /// Fetches what will be asked for first, and what that will probably need, while somebody finds out for what Python
    /// and platform. Returns what he finds.
    pub(crate) fn beside<R>(&mut self, first: &[ProjectName], work: impl FnOnce() -> R) -> R {
        self.ahead.guess();
        self.expect(first);
        let done = work();
        self.ahead.settle();
        done
    }

    fn fetcher(&self) -> Fetcher<'scope, 'env> {
        Fetcher {
            client: self.client,
            gate: self.gate,
            scope: self.scope,
            ahead: Arc::clone(&self.ahead),
            packs: Arc::clone(&self.packs),
            inherited: Arc::clone(&self.inherited),
        }
    }
}

impl Client<'_> {
    /// Does something that needs offers. Ends when nothing is fetched any more.
    pub(crate) fn with_offers<R>(&self, gate: &Gate, work: impl FnOnce(&mut Offers<'_, '_>) -> R) -> R {
        std::thread::scope(|scope| {
            let (ahead, packs) = (Arc::new(Ahead::default()), Arc::new(Packs::default()));
            let mut offers = Offers {
                client: *self,
                gate,
                scope,
                ahead,
                packs,
                nobody: BTreeMap::new(),
                inherited: Arc::default(),
                rounds: 0,
            };
            let done = work(&mut offers);
            offers.ahead.end();
            done
        })
    }

    /// Reads a record, and those that must agree with it, and has the gate make the offer.
    pub(crate) fn read_record(&self, wanted: &RecordWanted<'_>, packs: &Packs) -> Result<Offer, ClientError> {
        let own = self.read_signed(wanted.own(), packs)?;
        let witnesses = witnesses(wanted, |signed| self.read_signed(signed, packs))?;
        Ok(wanted.offer(&own, &witnesses)?)
    }

    /// Reads a record from the cache, else from the pack, else from the first mirror whose bytes have the signed hash.
    fn read_signed(&self, signed: &SignedRecord<'_>, packs: &Packs) -> Result<Record, ClientError> {
        if let Some(record) = self.kept_signed(signed) {
            return Ok(record);
        }
        let packed = packs.record(self, signed).and_then(|bytes| signed.verify(&bytes).ok());
        let record = match packed {
            Some(record) => record,
            None => self.fetch_signed(signed)?,
        };
        if let Some(sha256) = signed.target().sha256() {
            self.cache.put_summed(FLAT, &sha256, &record.to_cache());
        }
        Ok(record)
    }

    /// A record that is kept already, or comes with its database's whole pack, and those that must agree with it.
    /// Nothing of them is kept but the packs.
    pub(crate) fn record_at_hand(&self, wanted: &RecordWanted<'_>, packs: &Packs) -> Option<Offer> {
        let at_hand = |signed: &SignedRecord<'_>| {
            let packed = || packs.record_of_whole(self, signed).and_then(|bytes| signed.verify(&bytes).ok());
            self.kept_signed(signed).or_else(packed)
        };
        let witnesses = wanted.witnesses().into_iter();
        let witness = |signed: &SignedRecord<'_>| {
            Some(Witness { database: signed.database().clone(), record: Ok(at_hand(signed)?) })
        };
        let witnesses = witnesses.map(witness).collect::<Option<Vec<Witness>>>()?;
        wanted.offer(&at_hand(wanted.own())?, &witnesses).ok()
    }

    /// A record that is kept already, with those that must agree as far as they are.
    pub(crate) fn kept_record(&self, wanted: &RecordWanted<'_>) -> Option<Offer> {
        let own = self.kept_signed(wanted.own())?;
        let not_kept = || ClientError::usage("its record is not kept here");
        let witnesses = witnesses(wanted, |signed| self.kept_signed(signed).ok_or_else(not_kept)).ok()?;
        wanted.offer(&own, &witnesses).ok()
    }

    fn kept_signed(&self, signed: &SignedRecord<'_>) -> Option<Record> {
        self.cache.summed(FLAT, &signed.target().sha256()?, |bytes| signed.cached(bytes))
    }

    /// Whether the cache has a record, as far as can be seen without reading it.
    fn has_record(&self, target: &TargetInfo) -> bool {
        target.sha256().is_some_and(|sha256| self.cache.has_derived(FLAT, &sha256))
    }

    /// Fetches a record, and those that must agree with it. Nothing of them is kept.
    pub(crate) fn fetch_record(&self, wanted: &RecordWanted<'_>) -> Result<Offer, ClientError> {
        let own = self.fetch_signed(wanted.own())?;
        let read = |signed: &SignedRecord<'_>| {
            self.kept_signed(signed).map_or_else(|| self.fetch_signed(signed), Ok)
        };
        let witnesses = witnesses(wanted, read)?;
        Ok(wanted.offer(&own, &witnesses)?)
    }

    /// Fetches a record from the first mirror whose bytes have the signed hash.
    fn fetch_signed(&self, signed: &SignedRecord<'_>) -> Result<Record, ClientError> {
        let target = signed.target();
        let path = target.file_path(&signed.path());
        let mut refused = None;
        let (mut why, mut hint) = (Vec::new(), None);
        let within = self.fetcher.within(self.fetcher.unhurried());
        for place in self.places_of(signed.source())? {
            let fetched = match within.get(&place, &path, target.length) {
                Err(failure) if goes_on(&failure) => Ok(Fetched::Bytes(one_too_many(target.length))),
                fetched => fetched,
            };
            match fetched {
                Ok(Fetched::Bytes(bytes)) => match signed.verify(&bytes) {
                    Ok(record) => return Ok(record),
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

/// Reads the records that must agree. One that cannot be read agrees on nothing; it stands in nobody's way where enough
/// others do.
fn witnesses(
    wanted: &RecordWanted<'_>,
    mut read: impl FnMut(&SignedRecord<'_>) -> Result<Record, ClientError>,
) -> Result<Vec<Witness>, ClientError> {
    let mut witnesses = Vec::new();
    for signed in wanted.witnesses() {
        let record = match read(signed) {
            Err(ClientError::Stopped) => return Err(ClientError::Stopped),
            read => read.map_err(|error| error.to_string()),
        };
        witnesses.push(Witness { database: signed.database().clone(), record });
    }
    Ok(witnesses)
}
