//! Refreshing: asks each database's mirrors for what is newer, and keeps only what verified.

use std::collections::HashMap;

use packman_machine::location::Location;
use packman_machine::network::{Allowance, Fetched, NetworkFailure, NetworkReason};
use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::{Stop, Stopped};
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_trust::{
    ATTACHED, Database, Entry, EntryName, Gate, Purpose, Refused, Ring, Standing, WhyRefused,
};
use packman_tuf::{Answer, FirstUse, Limits, Memory, Reason, Refresh, Refusal, Request, Role, Step};

use crate::client::{Client, Reach};
use crate::download::DOWNLOADS;
use crate::error::{ClientError, RefusedWhy};
use crate::host::Event;
use crate::memory::memory_file;
use crate::storing::Storing;

/// How one database's refresh went.
#[derive(Debug)]
pub enum Refreshed {
    /// Something newer verified.
    Newer,
    /// There was nothing newer.
    Same,
    /// No mirror could be reached.
    Unreached(String),
    /// What came was refused.
    Refused(Refused),
    /// The network was not asked.
    NotAsked,
}

/// How every database's refresh went, in the order of the ring.
#[derive(Debug)]
pub struct RefreshReport {
    /// Each database with its outcome.
    pub databases: Vec<(EntryName, Refreshed)>,
}

/// One refresh of all databases, at one time.
struct Round {
    now: Time,
    standings: Vec<(Standing, Refreshed)>,
    /// What verified and is newer, on its way to the disk.
    storing: Storing,
}

/// How asking for one database ended.
struct Asked {
    /// What was remembered before, and what is now.
    before: Memory,
    memory: Memory,
    /// The good copy in it.
    database: Result<Option<Database>, Refused>,
    outcome: Refreshed,
    /// Whether there is something to store.
    changed: bool,
}

/// A machine of `packman-tuf` that asks for files one after the other.
trait Asks {
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
    /// Refreshes every database of the ring and gives the gate over them as they stand then. All that is newer is stored.
    pub fn gate(&self, purpose: Purpose) -> Result<Gate, ClientError> {
        let (gate, storing) = self.gate_and_storing(purpose)?;
        storing.wait()?;
        Ok(gate)
    }

    /// The same, for who has something to do before it matters that what is newer is stored.
    pub(crate) fn gate_and_storing(&self, purpose: Purpose) -> Result<(Gate, Storing), ClientError> {
        let ring = self.ring()?;
        let Round { now, standings, storing } = self.round(&ring, self.fetcher.hurried())?;
        let standings = standings.into_iter().map(|(standing, _)| standing).collect();
        Ok((Gate::new(ring, standings, now, purpose), storing))
    }

    /// Refreshes every database of the ring and reports.
    pub fn refresh(&self) -> Result<RefreshReport, ClientError> {
        let ring = self.ring()?;
        let Round { standings, storing, .. } = self.round(&ring, self.fetcher.unhurried())?;
        storing.wait()?;
        Ok(RefreshReport {
            databases: standings.into_iter().map(|(standing, how)| (standing.entry.name, how)).collect(),
        })
    }

    /// All databases are asked at once, and each for so long at most: one that is slow delays no other.
    fn round(&self, ring: &Ring, allowance: Allowance) -> Result<Round, ClientError> {
        let memories: Vec<Memory> =
            ring.entries().iter().map(|entry| self.memory_of(entry)).collect::<Result<_, _>>()?;
        let now = self.time_after(&memories);
        let mut asked: Vec<Asked> = std::thread::scope(|scope| {
            let mut pairs = ring.entries().iter().zip(memories);
            // Most rings have one database: it needs no thread besides this one.
            let own = pairs.next_back();
            let running: Vec<_> = pairs
                .map(|(entry, memory)| scope.spawn(move || self.ask(entry, memory, now, allowance)))
                .collect();
            let own = own.map(|(entry, memory)| self.ask(entry, memory, now, allowance));
            running
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err(ClientError::Stopped)))
                .chain(own)
                .collect::<Result<_, _>>()
        })?;
        let storing = self.store(ring, &mut asked, now, allowance)?;
        let pairs = ring.entries().iter().zip(asked);
        let standings = pairs.map(|(entry, asked)| self.standing(entry, asked, now)).collect();
        Ok(Round { now, standings, storing })
    }

    /// Begins to store what is newer, also where the end was a refusal: the floor is never lowered.
    ///
    /// Two PackMans may refresh at once. Only the one whose beginning is still what is kept may keep its end; the
    /// other asks again from there.
    fn store(
        &self,
        ring: &Ring,
        asked: &mut [Asked],
        now: Time,
        allowance: Allowance,
    ) -> Result<Storing, ClientError> {
        while asked.iter().any(|asked| asked.changed) {
            let lock = self.lock_home()?;
            let (mut files, mut moved) = (Vec::new(), Vec::new());
            for (entry, asked) in ring.entries().iter().zip(&mut *asked).filter(|(_, asked)| asked.changed) {
                let kept = self.memory_of(entry)?;
                if kept.encode() == asked.before.encode() {
                    files.push((memory_file(&entry.chain), asked.memory.encode()));
                } else {
                    moved.push((entry, asked, kept));
                }
            }
            if moved.is_empty() {
                return Ok(Storing::begin(self.home, lock, files)?);
            }
            drop(lock);
            for (entry, asked, kept) in moved {
                *asked = self.ask(entry, kept, now, allowance)?;
            }
        }
        Ok(Storing::default())
    }

    /// The time of this run: the clock's, or the newest at which a refresh verified and was current, where that is
    /// later. A clock that was set back brings no expired copy back to life. One that was far ahead does no harm:
    /// nothing verifies as current after it has expired, so the floor is never beyond what was signed.
    pub(crate) fn time_after(&self, memories: &[Memory]) -> Time {
        let verified = memories.iter().filter_map(Memory::good).map(packman_tuf::Good::verified_at).max();
        let Some(floor) = verified.filter(|floor| *floor > self.now) else { return self.now };
        self.host.event(Event::ClockBehind { clock: self.now, floor });
        floor
    }

    /// Asks a database's mirrors for what is newer than what is remembered.
    fn ask(
        &self,
        entry: &Entry,
        before: Memory,
        now: Time,
        allowance: Allowance,
    ) -> Result<Asked, ClientError> {
        let opened = Database::open(entry, before.clone());
        if self.reach == Reach::Offline {
            let (memory, outcome) = (before.clone(), Refreshed::NotAsked);
            return Ok(Asked { before, memory, database: opened, outcome, changed: false });
        }
        let locations = self.mirrors(entry, &opened)?;
        let mut refresh = begin(before.clone(), now);
        let end = self.drive(&mut refresh, &locations, allowance);
        let changed = refresh.changed();
        let memory = refresh.into_memory();
        let newest = if changed { Some(Database::open(entry, memory.clone())) } else { None };
        if let Err(refused) = newest.as_ref().unwrap_or(&opened) {
            // Signed, and still nothing that can be answered from: the good copy before it stays.
            let outcome = Refreshed::Refused(refused.clone());
            return Ok(Asked { memory: before.clone(), before, database: opened, outcome, changed: false });
        }
        let end = end.map_err(|stuck| self.explained(stuck, &memory, &locations, allowance));
        let outcome = outcome(entry, end, changed)?;
        Ok(Asked { before, memory, database: newest.unwrap_or(opened), outcome, changed })
    }

    pub(crate) fn memory_of(&self, entry: &Entry) -> Result<Memory, ClientError> {
        self.memory(&entry.chain)?
            .ok_or_else(|| RefusedWhy::MemoryGone { database: entry.name.clone() }.into())
    }

    fn standing(&self, entry: &Entry, asked: Asked, now: Time) -> (Standing, Refreshed) {
        let Asked { before, memory, database, outcome, .. } = asked;
        let (from, to) = (before.root().version(), memory.root().version());
        if to > from {
            self.host.event(Event::Rotated { database: entry.name.clone(), from, to });
        }
        let mut standing = Standing { entry: entry.clone(), database: None, refused: None, unreached: None };
        match &outcome {
            Refreshed::Refused(refused) => {
                standing.refused = Some(refused.clone());
            }
            Refreshed::Unreached(why) => {
                self.host.event(Event::Unreached { database: entry.name.clone(), why: why.clone() });
                standing.unreached = Some(why.clone());
            }
            Refreshed::NotAsked => standing.unreached = Some("the network was not asked".to_owned()),
            Refreshed::Newer | Refreshed::Same => {}
        }
        match database {
            Ok(database) => {
                if let Some(database) = &database {
                    self.warn_before_expiry(database, now);
                }
                standing.database = database;
            }
            Err(refused) => standing.refused = Some(refused),
        }
        (standing, outcome)
    }

    /// Says in one line what was refused and did not end the command; what ended it says so itself.
    pub(crate) fn tell_refused<T>(
        &self,
        refused: &[Refused],
        ended: Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let told = ended.as_ref().err().and_then(ClientError::refused_database);
        for refused in refused.iter().filter(|refused| told != Some(&refused.database)) {
            let why = refused.because();
            self.host.event(Event::RefreshRefused { database: refused.database.clone(), why });
        }
        ended
    }

    /// Says in one line when a role has under 14 days left.
    fn warn_before_expiry(&self, database: &Database, now: Time) {
        const WARN_DAYS: i64 = 14;
        let Some((role, expires)) = database.memory().good().map(packman_tuf::Good::earliest_expiry) else {
            return;
        };
        let days = (expires.seconds() - now.seconds()).div_euclid(24 * 60 * 60);
        if (0..WARN_DAYS).contains(&days) {
            let database = database.entry().name.clone();
            self.host.event(Event::ExpiresSoon { database, role: role.name(), days });
        }
    }

    /// The places that serve a database: the one it was learnt from, then those it names itself.
    fn mirrors(
        &self,
        entry: &Entry,
        opened: &Result<Option<Database>, Refused>,
    ) -> Result<Vec<Location>, ClientError> {
        let mut mirrors = vec![self.location(&entry.url)?];
        if let Ok(Some(database)) = opened {
            mirrors.extend(further_mirrors(&database.about().mirrors));
        }
        Ok(mirrors)
    }

    /// The location that a user or the ring names.
    pub(crate) fn location(&self, text: &str) -> Result<Location, ClientError> {
        Location::parse(text, self.environ.folder()).map_err(|error| ClientError::usage(error.to_string()))
    }

    /// A signature that nobody we know made: where an address serves another chain of roots altogether, that is what
    /// there is to say.
    pub(crate) fn explained(
        &self,
        stuck: Stuck,
        memory: &Memory,
        locations: &[Location],
        allowance: Allowance,
    ) -> Stuck {
        let Stuck::Refused(refusal) = stuck else { return stuck };
        if !matches!(refusal.reason(), Reason::BadSignature { .. }) {
            return Stuck::Refused(refusal);
        }
        let (path, limits) = (Role::Root.file_path(memory.root().version()), Limits::default());
        let other = locations.iter().find_map(|location| {
            match self.fetcher.within(allowance).get(location, &path, limits.root_bytes) {
                Ok(Fetched::Bytes(bytes)) => memory.other_root(&bytes, &limits),
                // What is not there, or cannot be reached, explains nothing.
                Ok(Fetched::Missing) | Err(_) => None,
            }
        });
        Stuck::Refused(other.unwrap_or(refusal))
    }

    /// Drives first use.
    pub(crate) fn first_use(&self, machine: &mut FirstUse, location: &Location) -> Result<(), Stuck> {
        self.drive(machine, std::slice::from_ref(location), self.fetcher.unhurried())
    }

    /// Refreshes a memory that belongs to no entry yet.
    pub(crate) fn first_refresh(&self, refresh: &mut Refresh, location: &Location) -> Result<(), Stuck> {
        self.drive(refresh, std::slice::from_ref(location), self.fetcher.unhurried())
    }

    /// Answers a machine's questions from the first mirror whose answer it takes.
    fn drive(
        &self,
        machine: &mut impl Asks,
        locations: &[Location],
        allowance: Allowance,
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
                self.answer(machine, &request, locations, allowance)?;
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
    ) -> Result<(), Stuck> {
        let mut stuck = Stuck::Unreached("no mirror is known".to_owned());
        let mut is_told = false;
        for location in self.fetcher.best_first(locations) {
            let fetched = self.fetcher.within(allowance).get(&location, &request.path, request.max_bytes);
            let fetched = match fetched {
                Ok(fetched) => fetched,
                Err(failure) if goes_on(&failure) => Fetched::Bytes(one_too_many(request.max_bytes)),
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
                Fetched::Missing if request.may_be_missing || M::MISSING_IS_AN_ANSWER => Answer::Missing,
                Fetched::Missing => {
                    stuck = stuck.or_unreached(format!("it has no `{}`", request.path));
                    continue;
                }
            };
            match machine.answer(answer) {
                Ok(()) => return Ok(()),
                Err(refusal) => stuck = Stuck::Refused(refusal),
            }
        }
        Err(stuck)
    }
}

/// A refresh that takes everything that offline answers need.
pub(crate) fn begin(memory: Memory, now: Time) -> Refresh {
    Refresh::begin(memory, now, Limits::default()).with_bins().with_attached(&ATTACHED)
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

fn outcome(entry: &Entry, end: Result<(), Stuck>, changed: bool) -> Result<Refreshed, ClientError> {
    Ok(match end {
        Ok(()) if changed => Refreshed::Newer,
        Ok(()) => Refreshed::Same,
        Err(Stuck::Stopped) => return Err(ClientError::Stopped),
        Err(Stuck::Unreached(why)) => Refreshed::Unreached(why),
        Err(Stuck::Refused(refusal)) => {
            Refreshed::Refused(Refused { database: entry.name.clone(), why: WhyRefused::Bytes(refusal) })
        }
    })
}

impl Stuck {
    /// A refusal says more than a mirror that was not reached.
    fn or_unreached(self, why: String) -> Self {
        match self {
            Self::Unreached(_) => Self::Unreached(why),
            refused => refused,
        }
    }
}

/// How many of the mirrors that a database names are ever asked: it may name hundreds that never answer.
const MIRRORS: usize = 8;

/// The first mirrors that a database names: an address that is none is passed over.
pub(crate) fn further_mirrors(named: &[String]) -> impl Iterator<Item = Location> {
    named.iter().filter_map(|mirror| Location::parse_link(mirror).ok()).take(MIRRORS)
}

/// The projects that a memory's good copy lists.
pub(crate) fn listed_projects(memory: &Memory) -> Vec<ProjectName> {
    let Some(good) = memory.good() else { return Vec::new() };
    good.targets().filter_map(|(path, _)| packman_database::project_of_path(path)).collect()
}

/// The time at which a role of the good copy ends its life first.
pub(crate) fn good_until(memory: &Memory) -> Option<Time> {
    memory.good().map(|good| good.earliest_expiry().1)
}
