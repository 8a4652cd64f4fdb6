//! Driving a machine of `packman-tuf`: each question goes to the mirrors until one gives an answer that it takes.

use std::collections::HashMap;

use packman_machine::location::Location;
use packman_machine::network::{Allowance, Fetched, NetworkFailure, NetworkReason};
use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::{Stop, Stopped};
use packman_tuf::{Answer, FirstUse, Limits, Memory, Reason, Refresh, Refusal, Request, Role, Step};

use crate::client::Client;
use crate::download::DOWNLOADS;

/// Two files of one version that the remembered keys signed both: the one that a mirror gave now, and where.
#[derive(Clone, Debug)]
pub(crate) struct Witnessed {
    /// What is wrong with it: a contradiction.
    pub(crate) refusal: Refusal,
    /// Its bytes, as they came.
    pub(crate) bytes: Vec<u8>,
    /// Where it came from.
    pub(crate) from: String,
}

/// A machine of `packman-tuf` that asks for files one after the other.
pub(super) trait Asks {
    /// Whether a file that a mirror has not is always an answer. At first use it is: no such root, no such number. In a
    /// refresh a mirror that lacks a file it should have is one that cannot be asked.
    const MISSING_IS_AN_ANSWER: bool;
    fn step(&self) -> Step;
    /// What will be wanted after that, as far as it is known.
    fn ahead(&self) -> Vec<Request> {
        Vec::new()
    }
    fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal>;
}

impl Asks for Refresh {
    const MISSING_IS_AN_ANSWER: bool = false;
    fn step(&self) -> Step {
        Self::step(self)
    }
    fn ahead(&self) -> Vec<Request> {
        Self::ahead(self)
    }
    fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal> {
        Self::answer(self, answer)
    }
}

impl Asks for FirstUse {
    const MISSING_IS_AN_ANSWER: bool = true;
    fn step(&self) -> Step {
        Self::step(self)
    }
    fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal> {
        Self::answer(self, answer)
    }
}

/// Why a machine did not come to its end.
pub(crate) enum Stuck {
    /// No mirror gave an answer.
    Unreached(String),
    /// No mirror gave an answer that is believed; this was the last.
    Refused(Refusal),
    /// The user asked to stop.
    Stopped,
}

impl Client<'_> {
    /// A signature that nobody we know made: where an address serves another chain of roots altogether, that is what
    /// there is to say.
    pub(crate) fn explained(
        &self,
        stuck: Stuck,
        memory: &Memory,
        locations: &[Location],
        allowance: Allowance,
        witnessed: &mut Option<Witnessed>,
    ) -> Stuck {
        let Stuck::Refused(refusal) = stuck else { return stuck };
        if !matches!(refusal.reason(), Reason::BadSignature { .. }) {
            return Stuck::Refused(refusal);
        }
        let (path, limits) = (Role::Root.file_path(memory.root().version()), Limits::default());
        let other = locations.iter().find_map(|location| {
            match self.fetcher.within(allowance).get(location, &path, limits.root_bytes) {
                Ok(Fetched::Bytes(bytes)) => {
                    let other = memory.other_root(&bytes, &limits)?;
                    if let Reason::Contradiction { .. } = other.reason() {
                        let from = location.to_string();
                        *witnessed = Some(Witnessed { refusal: other.clone(), bytes, from });
                    }
                    Some(other)
                }
                // What is not there, or cannot be reached, explains nothing.
                Ok(Fetched::Missing) | Err(_) => None,
            }
        });
        let other = other.or_else(|| self.begun_anew(memory, locations.first()?, allowance));
        Stuck::Refused(other.unwrap_or(refusal))
    }

    /// What there is to say of an address that lost the newest remembered root: whoever begins anew has few roots yet.
    fn begun_anew(&self, memory: &Memory, own: &Location, allowance: Allowance) -> Option<Refusal> {
        let (limits, first) = (Limits::default(), memory.roots().next()?.version());
        [first, first.saturating_sub(1)].into_iter().filter(|version| *version > 0).find_map(|version| {
            let path = Role::Root.file_path(version);
            match self.fetcher.within(allowance).get(own, &path, limits.root_bytes) {
                Ok(Fetched::Bytes(bytes)) => memory.other_beginning(version, &bytes, &limits),
                Ok(Fetched::Missing) | Err(_) => None,
            }
        })
    }

    /// Drives first use.
    pub(crate) fn first_use(&self, machine: &mut FirstUse, location: &Location) -> Result<(), Stuck> {
        let mut witnessed = None;
        self.drive(machine, std::slice::from_ref(location), self.fetcher.unhurried(), &mut witnessed)
    }

    /// Refreshes a memory that belongs to no entry yet.
    pub(crate) fn first_refresh(&self, refresh: &mut Refresh, location: &Location) -> Result<(), Stuck> {
        let mut witnessed = None;
        self.drive(refresh, std::slice::from_ref(location), self.fetcher.unhurried(), &mut witnessed)
    }

    /// Answers a machine's questions from the first mirror whose answer it takes. A mirror that contradicts what another
    /// gave is witnessed, also where a third gives an answer that is taken.
    ///
    /// Only what the first place gives, an entry's own address, is refused in the end. A further mirror may lag behind,
    /// or have gone over to somebody else: while the own address is out of reach that is no more than one out of reach.
    pub(super) fn drive(
        &self,
        machine: &mut impl Asks,
        locations: &[Location],
        allowance: Allowance,
        witnessed: &mut Option<Witnessed>,
    ) -> Result<(), Stuck> {
        let (mut came, mut is_worth) = (HashMap::new(), true);
        loop {
            if self.stop.is_asked() {
                return Err(Stuck::Stopped);
            }
            let Step::Fetch(request) = machine.step() else { return Ok(()) };
            if came.is_empty() && is_worth {
                came = self.fetch_ahead(machine, &request, locations, allowance)?;
                // A mirror that has none of them is not asked twice for each.
                is_worth = !came.is_empty() || machine.ahead().is_empty();
            }
            let early = came.remove(&request.path);
            if early.is_none_or(|bytes| machine.answer(Answer::Bytes(&bytes)).is_err()) {
                self.answer(machine, &request, locations, allowance, witnessed)?;
            }
        }
    }

    /// Fetches at once what will be wanted one by one: at first use a mirror far away is asked for many bins. What does
    /// not come is asked for again when it is wanted, and told then.
    fn fetch_ahead(
        &self,
        machine: &impl Asks,
        next: &Request,
        locations: &[Location],
        allowance: Allowance,
    ) -> Result<HashMap<String, Vec<u8>>, Stuck> {
        let mut wanted = machine.ahead();
        let best = self.fetcher.best_first(locations);
        let (false, Some(location)) = (wanted.is_empty(), best.first()) else { return Ok(HashMap::new()) };
        wanted.truncate(AHEAD);
        wanted.push(next.clone());
        let fetch = |request: Request, _: &Stop| -> Result<_, Stopped> {
            match self.fetcher.within(allowance).get(location, &request.path, request.max_bytes) {
                Ok(Fetched::Bytes(bytes)) => Ok(Some((request.path, bytes))),
                Ok(Fetched::Missing) | Err(_) => Ok(None),
            }
        };
        let came =
            for_each_parallel(wanted, DOWNLOADS, self.stop, fetch).map_err(|_: Stopped| Stuck::Stopped)?;
        Ok(came.into_iter().flatten().collect())
    }

    fn answer<M: Asks>(
        &self,
        machine: &mut M,
        request: &Request,
        locations: &[Location],
        allowance: Allowance,
        witnessed: &mut Option<Witnessed>,
    ) -> Result<(), Stuck> {
        let mut stuck = Stuck::Unreached("no mirror is known".to_owned());
        let mut is_told = false;
        let may_be_missing = request.may_be_missing || M::MISSING_IS_AN_ANSWER;
        // An object store says so of the root after the last; whoever says it of the first lets nobody in.
        let may_be_forbidden = may_be_missing && request.path != Role::Root.file_path(1);
        for location in self.fetcher.best_first(locations) {
            let is_own = locations.first() == Some(&location);
            let fetched = self.fetcher.within(allowance).get(&location, &request.path, request.max_bytes);
            let fetched = match fetched {
                Ok(fetched) => fetched,
                Err(failure) if goes_on(&failure) => Fetched::Bytes(one_too_many(request.max_bytes)),
                Err(failure) if failure.is_forbidden() && may_be_forbidden => Fetched::Missing,
                // Whoever asked for the end is not told of a network that failed.
                Err(failure) if *failure.reason() == NetworkReason::Stopped => return Err(Stuck::Stopped),
                // What took the time says more than that there is none left.
                Err(failure) if *failure.reason() == NetworkReason::NoTimeLeft && is_told => break,
                Err(failure) => {
                    stuck = stuck.or_unreached(failure.to_string());
                    is_told = true;
                    continue;
                }
            };
            let answer = match &fetched {
                Fetched::Bytes(bytes) => Answer::Bytes(bytes),
                Fetched::Missing if may_be_missing => Answer::Missing,
                Fetched::Missing => {
                    stuck = stuck.or_unreached(format!("it has no `{}`", request.path));
                    continue;
                }
            };
            match machine.answer(answer) {
                Ok(()) => return Ok(()),
                Err(refusal) => {
                    if let (Reason::Contradiction { .. }, Answer::Bytes(bytes)) = (refusal.reason(), answer) {
                        let (bytes, from) = (bytes.to_vec(), location.to_string());
                        *witnessed = Some(Witnessed { refusal: refusal.clone(), bytes, from });
                    }
                    stuck = if is_own { Stuck::Refused(refusal) } else { stuck.beside(&location, &refusal) };
                }
            }
        }
        Err(stuck)
    }
}

/// How many files are fetched at once before the first of them is wanted.
const AHEAD: usize = 64;

/// Whether a host gave more than is read of that file. It was reached, and what it gives is to blame.
pub(crate) fn goes_on(failure: &NetworkFailure) -> bool {
    matches!(failure.reason(), NetworkReason::TooLarge(_))
}

/// What stands for a file that goes on: so many bytes and one more. Whoever verifies looks at the length first.
pub(crate) fn one_too_many(most: u64) -> Vec<u8> {
    vec![0; usize::try_from(most).unwrap_or_default().saturating_add(1)]
}

impl Stuck {
    /// What a further mirror gave and was refused says no more than that it is of no use now.
    fn beside(self, mirror: &Location, refusal: &Refusal) -> Self {
        let of_no_use = format!("its mirror {mirror} is of no use now: {refusal}");
        match self {
            Self::Unreached(why) => Self::Unreached(format!("{why}; {of_no_use}")),
            refused => refused,
        }
    }

    /// A refusal says more than a mirror that was not reached.
    fn or_unreached(self, why: String) -> Self {
        match self {
            Self::Unreached(_) => Self::Unreached(why),
            refused => refused,
        }
    }
}
