//! Refreshing: asks each database's mirrors for what is newer, and keeps only what verified.

mod drive;
mod evidence;
mod sights;

use packman_database::Kind;
use packman_machine::location::Location;
use packman_machine::network::Allowance;
use packman_names::ProjectName;
use packman_strict::quote::quoted;
use packman_strict::time::Time;
use packman_trust::{
    ATTACHED, ATTACHED_TO_LISTS, Age, Database, Entry, EntryName, Gate, List, Owner, Purpose, Refused, Ring,
    Standing, WhyRefused,
};
use packman_tuf::{Limits, Memory, Refresh};

use crate::client::{Client, Reach};
use crate::error::{ClientError, No, RefusedWhy};
use crate::host::Event;
use crate::memory::{RING, memory_file};
use crate::storing::Storing;

pub(crate) use drive::{Stuck, Witnessed, goes_on, one_too_many};
pub(crate) use sights::roots_of;

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

/// How every refresh went, in the order of the ring.
#[derive(Debug)]
pub struct RefreshReport {
    /// Each list with its outcome.
    pub lists: Vec<(EntryName, Refreshed)>,
    /// Each database with its outcome.
    pub databases: Vec<(EntryName, Refreshed)>,
}

impl RefreshReport {
    /// The lists, then the databases.
    pub fn all(&self) -> impl Iterator<Item = &(EntryName, Refreshed)> {
        self.lists.iter().chain(&self.databases)
    }
}

/// What becomes of something newer in a home that cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Unkept {
    /// It is used, and that it is not remembered is said.
    Told,
    /// The command is there to remember it.
    Fails,
}

/// One refresh of lists and databases, at one time.
struct Round {
    now: Time,
    /// The ring, with what was seen noted in it.
    ring: Ring,
    lists: Vec<Heard>,
    standings: Vec<(Standing, Refreshed)>,
    /// What verified and is newer, on its way to the disk.
    storing: Storing,
}

/// A list of the ring, as it stands at this run.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) entry: Entry,
    /// Its last good copy; where it is not to be believed now, why.
    pub(crate) list: Result<List, NotHeard>,
    pub(crate) outcome: Refreshed,
}

/// Why nothing is taken from a list now.
#[derive(Debug)]
pub(crate) enum NotHeard {
    /// It is not to be believed.
    Refused(Refused),
    /// Nothing of it is kept here, and it was not reached.
    Absent,
}

/// A good copy.
enum Opened {
    Database(Box<Database>),
    List(Box<List>),
}

/// How asking for one list or database ended.
struct Asked {
    /// What was remembered before, and what is now.
    before: Memory,
    memory: Memory,
    /// The good copy in it.
    opened: Result<Option<Opened>, Refused>,
    outcome: Refreshed,
    /// Whether there is something to store.
    changed: bool,
    /// A file that contradicts what was signed before.
    witnessed: Option<Witnessed>,
}

impl Client<'_> {
    /// Refreshes the ring and gives the gate over its databases as they stand then. All that is newer is stored.
    pub fn gate(&self, purpose: Purpose) -> Result<Gate, ClientError> {
        let (gate, storing) = self.gate_and_storing(purpose)?;
        storing.wait()?;
        Ok(gate)
    }

    /// The same, for who has something to do before it matters that what is newer is stored.
    pub(crate) fn gate_and_storing(&self, purpose: Purpose) -> Result<(Gate, Storing), ClientError> {
        let ring = self.ring()?;
        if purpose == Purpose::ActOnExpired && ring.policy().forbid_accept_expired {
            return Err(No::Policy { what: "`--accept-expired`" }.into());
        }
        let entries: Vec<Entry> = ring.all().cloned().collect();
        let Round { now, ring, standings, storing, .. } =
            self.round(ring, &entries, self.fetcher.hurried(), Unkept::Told)?;
        let standings = standings.into_iter().map(|(standing, _)| standing).collect();
        Ok((Gate::new(ring, standings, now, purpose), storing))
    }

    /// Refreshes every list and database of the ring and reports.
    pub fn refresh(&self) -> Result<RefreshReport, ClientError> {
        let ring = self.ring()?;
        let entries: Vec<Entry> = ring.all().cloned().collect();
        let Round { lists, standings, storing, .. } =
            self.round(ring, &entries, self.fetcher.unhurried(), Unkept::Fails)?;
        storing.wait()?;
        let lists = lists.into_iter().map(|heard| (heard.entry.name, heard.outcome)).collect();
        let databases = standings.into_iter().map(|(standing, how)| (standing.entry.name, how)).collect();
        Ok(RefreshReport { lists, databases })
    }

    /// Refreshes the lists of the ring and gives them as they stand then, with the ring.
    pub(crate) fn lists(&self) -> Result<(Ring, Vec<Heard>), ClientError> {
        let ring = self.ring()?;
        if ring.lists().is_empty() {
            return Ok((ring, Vec::new()));
        }
        let entries = ring.lists().to_vec();
        let Round { ring, lists, storing, .. } =
            self.round(ring, &entries, self.fetcher.unhurried(), Unkept::Fails)?;
        storing.wait()?;
        Ok((ring, lists))
    }

    /// All are asked at once, and each for so long at most: one that is slow delays no other.
    fn round(
        &self,
        ring: Ring,
        entries: &[Entry],
        allowance: Allowance,
        unkept: Unkept,
    ) -> Result<Round, ClientError> {
        let memories: Vec<Memory> =
            entries.iter().map(|entry| self.memory_of(entry)).collect::<Result<_, _>>()?;
        let now = self.time_after(&memories);
        let mut asked: Vec<Asked> = std::thread::scope(|scope| {
            let mut pairs = entries.iter().zip(memories);
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
        let (ring, storing) = self.store(ring, entries, &mut asked, (now, allowance), unkept)?;
        let (mut lists, mut standings) = (Vec::new(), Vec::new());
        for (entry, asked) in entries.iter().zip(asked) {
            // As it stands after what was seen.
            let entry = ring.entry(&entry.name).unwrap_or(entry).clone();
            match entry.kind {
                Kind::List => lists.push(self.heard(entry, asked, now)),
                Kind::Database => standings.push(self.standing(entry, asked, now)),
            }
        }
        Ok(Round { now, ring, lists, standings, storing })
    }

    /// Begins to store what is newer, also where the end was a refusal: the floor is never lowered; and what was seen of
    /// entries, in the ring.
    ///
    /// Two PackMans may refresh at once. Only the one whose beginning is still what is kept may keep its end; the
    /// other asks again from there.
    fn store(
        &self,
        ring: Ring,
        entries: &[Entry],
        asked: &mut [Asked],
        (now, allowance): (Time, Allowance),
        unkept: Unkept,
    ) -> Result<(Ring, Storing), ClientError> {
        let seen = loop {
            let seen = self.sights(&ring, entries, asked, now)?;
            let noted = seen.noted(&ring);
            if !asked.iter().any(|asked| asked.changed) && noted == ring && seen.evidence.is_empty() {
                seen.tell(self, &ring);
                return Ok((ring, Storing::default()));
            }
            let lock = match self.lock_home() {
                Err(error) if unkept == Unkept::Told && error.is_home_that_is_only_read() => {
                    seen.tell(self, &ring);
                    self.tell_unkept(entries, asked, &error);
                    return Ok((noted, Storing::default()));
                }
                lock => lock?,
            };
            let (mut files, mut moved) = (seen.evidence.clone(), Vec::new());
            for (entry, asked) in entries.iter().zip(&mut *asked).filter(|(_, asked)| asked.changed) {
                let kept = self.memory_of(entry)?;
                if kept.encode() == asked.before.encode() {
                    files.push((memory_file(&entry.chain), asked.memory.encode()));
                } else {
                    moved.push((entry, asked, kept));
                }
            }
            if moved.is_empty() {
                // The ring may have been changed meanwhile: what was seen is noted in what it is now.
                let kept = self.ring()?;
                let now_noted = seen.noted(&kept);
                if now_noted != kept {
                    files.push((RING.to_owned(), now_noted.encode().into_bytes()));
                }
                seen.tell(self, &ring);
                break (noted, Storing::begin(self.home, lock, files)?);
            }
            drop(lock);
            for (entry, asked, kept) in moved {
                *asked = self.ask(entry, kept, now, allowance)?;
            }
        };
        Ok(seen)
    }

    /// A home that cannot be written is somebody's wish, an image's say. What verified is used: it is newer than all that
    /// is remembered, and may take something back. That it is not remembered is said.
    fn tell_unkept(&self, entries: &[Entry], asked: &[Asked], why: &ClientError) {
        let newer = entries.iter().zip(asked).filter(|(_, asked)| asked.changed);
        let newer: Vec<String> = newer.map(|(entry, _)| quoted(entry.name.as_str()).to_string()).collect();
        let what = match &*newer {
            [] => "what was seen cannot be noted".to_owned(),
            names => format!(
                "what is newer of {} is used and cannot be remembered: an older copy that is current would be believed \
                 next time",
                names.join(" and ")
            ),
        };
        self.host.event(Event::Warning(format!("{what}: {why}")));
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

    /// Asks the mirrors of a list or database for what is newer than what is remembered.
    fn ask(
        &self,
        entry: &Entry,
        before: Memory,
        now: Time,
        allowance: Allowance,
    ) -> Result<Asked, ClientError> {
        let opened = open(entry, before.clone());
        if self.reach == Reach::Offline {
            let (memory, outcome) = (before.clone(), Refreshed::NotAsked);
            return Ok(Asked { before, memory, opened, outcome, changed: false, witnessed: None });
        }
        let locations = self.mirrors(entry, &opened)?;
        let attached = attached_to(entry.kind);
        let mut refresh = begin(before.clone(), now, attached);
        let mut witnessed = None;
        let end = self.drive(&mut refresh, &locations, allowance, &mut witnessed);
        let changed = refresh.changed();
        let memory = refresh.into_memory();
        let newest = if changed { Some(open(entry, memory.clone())) } else { None };
        if let Err(refused) = newest.as_ref().unwrap_or(&opened) {
            // Signed, and still nothing that can be answered from: the good copy before it stays.
            let outcome = Refreshed::Refused(refused.clone());
            return Ok(Asked { memory: before.clone(), before, opened, outcome, changed: false, witnessed });
        }
        let end = end.map_err(|stuck| self.explained(stuck, &memory, &locations, allowance, &mut witnessed));
        let outcome = outcome(entry, end, changed)?;
        Ok(Asked { before, memory, opened: newest.unwrap_or(opened), outcome, changed, witnessed })
    }

    pub(crate) fn memory_of(&self, entry: &Entry) -> Result<Memory, ClientError> {
        let database = entry.name.clone();
        let gone = || match entry.owner {
            Owner::Administrator => RefusedWhy::AdministratorLacks { database },
            Owner::User => RefusedWhy::MemoryGone { database },
        };
        Ok(self.memory(&entry.chain)?.ok_or_else(gone)?)
    }

    fn standing(&self, entry: Entry, asked: Asked, now: Time) -> (Standing, Refreshed) {
        let outcome = Self::stopped(&entry, asked.outcome);
        let mut standing = Standing { entry, database: None, refused: None, unreached: None };
        match &outcome {
            Refreshed::Refused(refused) => standing.refused = Some(refused.clone()),
            Refreshed::Unreached(why) => {
                let database = standing.entry.name.clone();
                self.host.event(Event::Unreached { database, why: why.clone() });
                standing.unreached = Some(why.clone());
            }
            Refreshed::NotAsked => standing.unreached = Some("the network was not asked".to_owned()),
            Refreshed::Newer | Refreshed::Same => {}
        }
        match asked.opened {
            Ok(Some(Opened::Database(database))) => {
                self.warn_before_expiry(&standing.entry, database.memory(), now);
                standing.database = Some(*database);
            }
            Ok(_) => {}
            Err(refused) => standing.refused = Some(refused),
        }
        (standing, outcome)
    }

    fn heard(&self, entry: Entry, asked: Asked, now: Time) -> Heard {
        let outcome = Self::stopped(&entry, asked.outcome);
        if let Refreshed::Unreached(why) = &outcome {
            self.host.event(Event::Unreached { database: entry.name.clone(), why: why.clone() });
        }
        let list = match (&outcome, asked.opened) {
            (Refreshed::Refused(refused), _) => Err(NotHeard::Refused(refused.clone())),
            (_, Err(refused)) => Err(NotHeard::Refused(refused)),
            (_, Ok(Some(Opened::List(list)))) => match list.age(now) {
                Age::Current => {
                    self.warn_before_expiry(&entry, list.memory(), now);
                    Ok(*list)
                }
                Age::Expired { role, since } => {
                    let why = WhyRefused::Expired { role, since };
                    Err(NotHeard::Refused(Refused { database: entry.name.clone(), why }))
                }
            },
            (_, Ok(_)) => Err(NotHeard::Absent),
        };
        if let Err(NotHeard::Refused(refused)) = &list {
            self.tell(refused);
        }
        Heard { entry, list, outcome }
    }

    /// What stands against an entry, whatever its mirrors gave: two heads, or that it was taken back.
    fn stopped(entry: &Entry, outcome: Refreshed) -> Refreshed {
        if matches!(outcome, Refreshed::Refused(_)) {
            return outcome;
        }
        let present = &entry.present;
        let why = match (&present.heads, &present.withdrawn) {
            (Some((role, version)), _) => WhyRefused::TwoHeads { role: *role, version: *version },
            (None, Some(taken)) if !taken.kept => {
                WhyRefused::Withdrawn { by: present.through.clone(), reason: taken.reason.clone() }
            }
            _ => return outcome,
        };
        Refreshed::Refused(Refused { database: entry.name.clone(), why })
    }

    /// Says what was refused and did not end the command; what ended it says so itself.
    pub(crate) fn tell_refused<T>(
        &self,
        refused: &[Refused],
        ended: Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let told = ended.as_ref().err().and_then(ClientError::refused_database);
        refused
            .iter()
            .filter(|refused| told != Some(&refused.database))
            .for_each(|refused| self.tell(refused));
        ended
    }

    fn tell(&self, refused: &Refused) {
        self.host.event(match refused.words() {
            Some(words) => Event::Changed { words, is_refusal: true },
            None => Event::RefreshRefused { database: refused.database.clone(), why: refused.because() },
        });
    }

    /// Says in one line when a role has under 14 days left.
    fn warn_before_expiry(&self, entry: &Entry, memory: &Memory, now: Time) {
        const WARN_DAYS: i64 = 14;
        let Some((role, expires)) = memory.good().map(packman_tuf::Good::earliest_expiry) else {
            return;
        };
        let days = (expires.seconds() - now.seconds()).div_euclid(24 * 60 * 60);
        if (0..WARN_DAYS).contains(&days) {
            let database = entry.name.clone();
            self.host.event(Event::ExpiresSoon { database, role: role.name(), days });
        }
    }

    /// The places that serve an entry: the one it was learnt from, then those it names itself.
    fn mirrors(
        &self,
        entry: &Entry,
        opened: &Result<Option<Opened>, Refused>,
    ) -> Result<Vec<Location>, ClientError> {
        let mut mirrors = vec![self.location(&entry.url)?];
        match opened {
            Ok(Some(Opened::Database(database))) => {
                mirrors.extend(further_mirrors(&database.about().mirrors));
            }
            Ok(Some(Opened::List(list))) => mirrors.extend(further_mirrors(&list.about().mirrors)),
            Ok(None) | Err(_) => {}
        }
        Ok(mirrors)
    }

    /// The location that a user or the ring names.
    pub(crate) fn location(&self, text: &str) -> Result<Location, ClientError> {
        Location::parse(text, self.environ.folder()).map_err(|error| ClientError::usage(error.to_string()))
    }
}

fn open(entry: &Entry, memory: Memory) -> Result<Option<Opened>, Refused> {
    Ok(match entry.kind {
        Kind::Database => Database::open(entry, memory)?.map(|database| Opened::Database(Box::new(database))),
        Kind::List => List::open(entry, memory)?.map(|list| Opened::List(Box::new(list))),
    })
}

/// A refresh that takes everything that offline answers need.
pub(crate) fn begin(memory: Memory, now: Time, attached: &'static [&'static str]) -> Refresh {
    Refresh::begin(memory, now, Limits::default()).with_bins().with_attached(attached)
}

/// The targets that move together with the good copy.
pub(crate) fn attached_to(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Database => &ATTACHED,
        Kind::List => &ATTACHED_TO_LISTS,
    }
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
