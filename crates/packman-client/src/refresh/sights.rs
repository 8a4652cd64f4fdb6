//! What was seen in one round, of each entry and of what lists say of databases: decided by `packman-trust`, noted in the
//! ring, told to the user.

use packman_database::Kind;
use packman_strict::time::Time;
use packman_trust::{Age, Effect, Entry, EntryName, List, Ring, Sight, Told};
use packman_tuf::{FirstUse, Limits, Memory, Refresh, SafetyNumber};

use super::{Asked, Opened, Refreshed, Stuck, evidence};
use crate::client::{Client, Reach};
use crate::error::ClientError;
use crate::host::Event;

/// What was seen in one round.
#[derive(Default)]
pub(super) struct Seen {
    sights: Vec<(EntryName, Sight)>,
    /// Roots that were seen to lead to the first that is remembered.
    earlier: Vec<(EntryName, SafetyNumber)>,
    /// Files of the home that keep what contradicts itself.
    pub(super) evidence: Vec<(String, Vec<u8>)>,
}

impl Seen {
    /// The ring with all of it noted. An entry that is gone meanwhile is noted no more.
    pub(super) fn noted(&self, ring: &Ring) -> Ring {
        let mut noted = ring.clone();
        for (name, number) in &self.earlier {
            let _gone = noted.leads_from(name, *number);
        }
        for (name, sight) in &self.sights {
            let _gone = noted.note(name, sight);
        }
        noted
    }

    /// Tells what there is to tell. What stops an entry is told with its outcome.
    pub(super) fn tell(&self, client: &Client<'_>, ring: &Ring) {
        let mut ring = ring.clone();
        for (name, sight) in &self.sights {
            let Ok(change) = ring.note(name, sight) else { continue };
            let words = change.words(name, sight).filter(|_| change.effect < Effect::NothingNew);
            if let Some(words) = words {
                client.host.event(Event::Changed { words, is_refusal: false });
            }
        }
        for (file, _) in &self.evidence {
            client
                .host
                .event(Event::Evidence { path: client.home.folder().join(file).display().to_string() });
        }
    }
}

impl Client<'_> {
    /// What was seen of each entry, in the order of the ring.
    pub(super) fn sights(
        &self,
        ring: &Ring,
        entries: &[Entry],
        asked: &[Asked],
        now: Time,
    ) -> Result<Seen, ClientError> {
        let mut seen = Seen::default();
        let pairs = || entries.iter().zip(asked);
        for (entry, asked) in pairs() {
            seen.sights.extend(of_itself(entry, asked).into_iter().map(|sight| (entry.name.clone(), sight)));
            seen.evidence.extend(evidence::file(self.home, entry, asked, now)?);
        }
        let lists: Vec<&List> = pairs().filter_map(|(entry, asked)| believed(entry, asked, now)).collect();
        for (entry, asked) in pairs().filter(|(entry, _)| entry.kind == Kind::Database) {
            for list in &lists {
                self.told(ring, list, entry, &asked.memory, &mut seen)?;
            }
        }
        Ok(seen)
    }

    /// What a list says of a database of the ring.
    fn told(
        &self,
        ring: &Ring,
        list: &List,
        entry: &Entry,
        memory: &Memory,
        seen: &mut Seen,
    ) -> Result<(), ClientError> {
        let by = &list.entry().name;
        let told = list.listings().told(&roots_of(entry, memory), &entry.url);
        let leads = match told {
            Told::Address(_, _, number) => self.leads(memory, number, &entry.url)?,
            _ => None,
        };
        if let (Told::Address(_, _, number), Some(true)) = (told, leads) {
            seen.earlier.push((entry.name.clone(), number));
        }
        let present = ring.entry(&entry.name).unwrap_or(entry);
        let is_own = present.present.through.as_ref() == Some(by);
        if let Some(what) = told.saying(leads, is_own) {
            // A list that is no longer silent about it takes nothing away from what it took back.
            let sight = Sight::Said { by: by.clone(), signed: true, what };
            seen.sights.push((entry.name.clone(), sight));
        }
        Ok(())
    }

    /// Whether the chain that has a root of this number, as the address serves it, and a remembered one lead to each
    /// other; `None` where that could not be asked.
    pub(crate) fn leads(
        &self,
        memory: &Memory,
        number: SafetyNumber,
        url: &str,
    ) -> Result<Option<bool>, ClientError> {
        if self.reach == Reach::Offline {
            return Ok(None);
        }
        let location = self.location(url)?;
        let mut machine = FirstUse::with_number(number, Limits::default());
        let met = match self.first_use(&mut machine, &location) {
            Ok(()) => machine.finish().ok(),
            Err(Stuck::Refused(_)) => None,
            Err(Stuck::Unreached(_)) => return Ok(None),
            Err(Stuck::Stopped) => return Err(ClientError::Stopped),
        };
        let Some(met) = met else { return Ok(Some(false)) };
        let mut refresh = Refresh::begin(met, self.now, Limits::default());
        // Only its roots matter: whatever is refused after them says nothing of where they lead.
        let _end = self.first_refresh(&mut refresh, &location);
        let (known, now) = (memory.numbers(), refresh.memory().numbers());
        Ok(Some(known.iter().any(|number| now.contains(number))))
    }
}

/// The numbers that stand for an entry's chain.
pub(crate) fn roots_of(entry: &Entry, memory: &Memory) -> Vec<SafetyNumber> {
    let chain = memory.numbers().into_iter().map(|(_, number)| number);
    chain.chain(entry.earlier.iter().copied()).collect()
}

/// What was seen of an entry itself.
fn of_itself(entry: &Entry, asked: &Asked) -> Vec<Sight> {
    let witnessed = asked.witnessed.iter().filter_map(|witnessed| Sight::of_refusal(&witnessed.refusal));
    let mut sights: Vec<Sight> = witnessed.collect();
    let (from, to) = (asked.before.root().version(), asked.memory.root().version());
    match &asked.outcome {
        Refreshed::Refused(refused) => sights.extend(refused.sight().filter(|sight| !sights.contains(sight))),
        Refreshed::Newer | Refreshed::Same => {
            let headed = entry.present.heads.and_then(|(role, _)| asked.memory.seen_version(role));
            sights.insert(0, Sight::Verified { from, to, headed });
        }
        Refreshed::Unreached(_) | Refreshed::NotAsked => {}
    }
    // The keys of a mirror that was lost half-way changed all the same.
    if to > from && !matches!(sights.first(), Some(Sight::Verified { .. })) {
        sights.insert(0, Sight::Verified { from, to, headed: None });
    }
    sights
}

/// A list that is to be believed now: nothing that it sent was refused, it is current, and has one head.
fn believed<'a>(entry: &Entry, asked: &'a Asked, now: Time) -> Option<&'a List> {
    let Ok(Some(Opened::List(list))) = &asked.opened else { return None };
    let is_refused = matches!(asked.outcome, Refreshed::Refused(_)) || asked.witnessed.is_some();
    let stands = entry.present.in_force() == Effect::Silent || heals(entry, asked);
    (!is_refused && stands && list.age(now) == Age::Current).then_some(list)
}

fn heals(entry: &Entry, asked: &Asked) -> bool {
    let Some((role, two)) = entry.present.heads else { return false };
    let is_online = matches!(role, packman_tuf::Role::Timestamp | packman_tuf::Role::Snapshot);
    is_online && asked.memory.seen_version(role).is_some_and(|now| now > two)
}
