//! A user of a history: what he trusts and how he learnt it, and what he sees each time he comes.

use std::collections::BTreeMap;

use packman_client::{Compared, Event};
use packman_machine::location::Location;
use packman_machine::network::Fetched;
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_trust::{Answer, Gate, Nobody, Purpose, RecordWanted, Refused};

use crate::place::Place;
use crate::user::{User, changes, ended};

/// How a user learnt of the database `web`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Learnt {
    /// By a number, of whichever root he was told.
    Number,
    /// By its name in the list `city`.
    List,
    /// At first sight, from a folder: he agreed to remember it.
    Folder,
}

/// A user of a history.
pub(crate) struct Visitor {
    pub(crate) user: User,
    pub(crate) learnt: Learnt,
    /// By how many days his clock is wrong.
    clock: i64,
    pub(crate) away_until: Time,
    /// What he trusts, with the time until which what he saw last is good.
    known: BTreeMap<&'static str, Time>,
}

/// What a user saw, counted by what it was.
pub(crate) type Seen = Vec<String>;

/// Something that should not have been seen.
pub(crate) type Alarm = String;

impl Visitor {
    pub(crate) fn new(learnt: Learnt, clock: i64, now: Time) -> Self {
        let user = if learnt == Learnt::Folder { User::who_agrees() } else { User::new() };
        Self { user, learnt, clock, away_until: now, known: BTreeMap::new() }
    }

    /// What his clock says.
    pub(crate) fn time(&self, now: Time) -> Time {
        now.plus_days(self.clock)
    }

    /// The later of what the clocks say: what has ended by neither has to be believed.
    pub(crate) fn latest(&self, now: Time) -> Time {
        now.max(self.time(now))
    }

    /// The first time after which something may have ended for him.
    fn earliest(&self, now: Time) -> Time {
        now.min(self.time(now))
    }

    pub(crate) fn knows(&self, place: &Place) -> bool {
        self.known.contains_key(place.name)
    }

    /// Whether nothing that lists say is in the way of adding `web`: who has its number is only warned.
    pub(crate) fn may_add(&self, is_named: bool, is_reached: bool) -> bool {
        match self.learnt {
            Learnt::Number => true,
            Learnt::List => is_named && is_reached,
            Learnt::Folder => is_named,
        }
    }

    /// Adds a place that is up and current.
    pub(crate) fn adds(
        &mut self,
        place: &Place,
        (at, number, scope): (&str, Option<usize>, Option<&str>),
        now: Time,
    ) -> Result<(), Alarm> {
        let number = number.map(|root| place.numbers[root]);
        let added = self.user.adds(self.time(now), at, place.name, number, scope);
        if let Err(error) = &added {
            let (code, why) = (ended(&added), error.because());
            return Err(format!("adding `{}` ended with {code}: {error}: {why:?}", place.name));
        }
        self.known.insert(place.name, place.publisher.good_until());
        Ok(())
    }

    /// Takes a place out of his ring.
    pub(crate) fn removes(&mut self, place: &Place, now: Time) -> Result<(), Alarm> {
        let removed = self.user.at(self.time(now), |client| client.trust_remove(place.name));
        self.known.remove(place.name);
        removed.map(drop).map_err(|error| format!("removing: {error}"))
    }

    /// Compares a number that he was told with a place: of whichever root it is, it is that of what he knows.
    pub(crate) fn compares(&self, place: &Place, root: usize, now: Time) -> Result<(), Alarm> {
        let compared =
            self.user.at(self.time(now), |client| client.trust_compare(place.name, place.numbers[root]));
        match compared {
            Ok(Compared::Known { .. }) => Ok(()),
            Ok(Compared::Anew { .. }) => Err(format!("root {} was taken for another chain", root + 1)),
            Err(error) => Err(format!("comparing root {} ended with {error}", root + 1)),
        }
    }

    /// Keeps what its list took back.
    pub(crate) fn keeps(&self, place: &Place, now: Time) -> Result<(), Alarm> {
        let kept = self.user.at(self.time(now), |client| client.trust_keep(place.name));
        kept.map_err(|error| format!("keeping: {error}"))
    }

    /// Whether the list that it was learnt through took it back, and he has not decided.
    pub(crate) fn is_undecided(&self, place: &Place, now: Time) -> bool {
        let ring = self.user.at(self.time(now), |client| client.ring()).unwrap();
        let entry = ring.all().find(|entry| entry.name.as_str() == place.name);
        entry.and_then(|entry| entry.present.withdrawn.as_ref()).is_some_and(|taken| !taken.kept)
    }

    /// Comes by and asks who vouches for what. Gives what he saw, or the first thing that he should not have seen.
    pub(crate) fn visits(
        &mut self,
        databases: &[Place],
        lists: &[Place],
        now: Time,
        pick: usize,
    ) -> Result<Seen, Alarm> {
        self.user.heard();
        let gate = self.user.at(self.time(now), |client| client.gate(Purpose::Act));
        let gate = gate.map_err(|error| format!("{error}: {:?}", error.because()))?;
        let heard = self.user.heard();
        let mut seen = Seen::new();
        for event in &heard {
            seen.push(self.may_hear(event, databases, lists, now)?);
        }
        for place in databases {
            if self.knows(place) {
                seen.push(self.may_install(&gate, place, lists, now, pick)?);
            }
        }
        if !pick.is_multiple_of(5) {
            return Ok(seen);
        }
        let reports = self.user.at(self.time(now), |client| client.trust_list());
        let reports = reports.map_err(|error| format!("`trust list`: {error}"))?;
        if let Some(Err(unreported)) = reports.iter().find(|report| report.is_err()) {
            return Err(format!("`trust list`: {}", unreported.error));
        }
        Ok(seen)
    }

    /// What may be heard of an honest world: that keys changed with consent, that nobody was reached, that something
    /// ends or has ended, that a list took something back.
    fn may_hear(
        &self,
        event: &Event,
        databases: &[Place],
        lists: &[Place],
        now: Time,
    ) -> Result<String, Alarm> {
        let alarm = || Err(format!("heard {event:?}"));
        let place = |name: &str| databases.iter().chain(lists).find(|place| place.name == name);
        let has_ended = |name: &str| place(name).is_none_or(|place| !self.must_be_current(place, now));
        match event {
            Event::Changed { .. } => match changes(std::slice::from_ref(event)).first() {
                Some(&"signed rotation of") => Ok("told of a rotation".to_owned()),
                Some(&"WITHDRAWN:") => Ok("told of a withdrawal by another list".to_owned()),
                _ => alarm(),
            },
            Event::Unreached { database, .. } => match place(database.as_str()) {
                Some(place) if !place.is_up(now) && self.reads_web(place) => Ok("not reached".to_owned()),
                _ => alarm(),
            },
            Event::RefreshRefused { database, why }
                if why.contains("expired at") || why.contains("was good") =>
            {
                if has_ended(database.as_str()) {
                    Ok("a list has expired".to_owned())
                } else {
                    alarm()
                }
            }
            Event::ClockBehind { .. } if self.clock < 0 => Ok("the clock is behind".to_owned()),
            Event::ExpiresSoon { .. } => Ok("told that an end is near".to_owned()),
            _ => alarm(),
        }
    }

    /// What may be installed is what was vouched for last; and where that is not known any more, nothing new.
    fn may_install(
        &mut self,
        gate: &Gate,
        place: &Place,
        lists: &[Place],
        now: Time,
        pick: usize,
    ) -> Result<String, Alarm> {
        let projects: Vec<&String> = place.publisher.releases.keys().collect();
        let project = projects[pick % projects.len()];
        let is_here = !self.reads_web(place) || place.is_up(now);
        let must_be_current = self.must_be_current(place, now);
        if is_here {
            self.known.insert(place.name, place.publisher.good_until());
        }
        let entry = gate.ring().all().find(|entry| entry.name.as_str() == place.name);
        let withdrawn = entry.and_then(|entry| entry.present.withdrawn.as_ref());
        if self.must_be_withdrawn(place, lists, now) && withdrawn.is_none() {
            return Err(format!("its list took `{}` back, and nobody heard", place.name));
        }
        let answer = match gate.ask(&ProjectName::parse(project).unwrap()) {
            // Nobody, as far as can be believed: a command ends with what was refused.
            Ok(Answer::Nobody(Nobody { refused: Some(refused), .. })) => Err(refused),
            answer => answer,
        };
        match answer {
            Err(refused) => match refused.code() {
                "expired" if !must_be_current => Ok("expired".to_owned()),
                "withdrawn" if withdrawn.is_some_and(|taken| !taken.kept) => Ok("withdrawn".to_owned()),
                code => Err(format!("`{project}` is refused: {code}: {}", refused.because())),
            },
            Ok(_) if withdrawn.is_some_and(|taken| !taken.kept) => {
                Err(format!("`{}` was taken back, and answers", place.name))
            }
            Ok(_) if is_here && !place.is_current(self.earliest(now)) => {
                Err(format!("`{}` has ended, and answers", place.name))
            }
            Ok(Answer::Record(wanted)) if is_here => {
                let found = self.offered(&wanted, place, now)?;
                let wanted = place.publisher.offers(project);
                if found == wanted {
                    return Ok("installed what was vouched for last".to_owned());
                }
                Err(format!("found {found:?} of `{project}`, wanted {wanted:?}"))
            }
            Ok(Answer::Nobody(_)) if is_here => Err(format!("nobody vouches for `{project}`")),
            Ok(_) => Ok("answered from the good copy".to_owned()),
        }
    }

    fn offered(&self, wanted: &RecordWanted<'_>, place: &Place, now: Time) -> Result<Vec<String>, Alarm> {
        let own = wanted.own();
        let path = own.target().file_path(&own.path());
        let entry = self.user.at(self.time(now), |client| client.ring()).unwrap();
        let entry = entry.all().find(|entry| entry.name.as_str() == place.name).unwrap().clone();
        let location = Location::parse(&entry.url, std::path::Path::new("/")).unwrap();
        let fetched = self.user.at(now, |client| client.fetcher.get(&location, &path, 1 << 20));
        let Ok(Fetched::Bytes(bytes)) = fetched else { return Err(format!("`{path}` is not there")) };
        let told = |refused: Refused| format!("{refused}: {}", refused.because());
        let offer = wanted.offer(&own.verify(&bytes).map_err(told)?, &[]).map_err(told)?;
        Ok(offer.wheels().map(|wheel| wheel.flat().version().to_string()).collect())
    }

    /// Whether he has it from the web, where it can be out of reach.
    fn reads_web(&self, place: &Place) -> bool {
        self.learnt != Learnt::Folder || place.name != "web"
    }

    /// Whether a place's word has to count for him: what is there counts still, or where he does not get there, what he
    /// saw last.
    fn must_be_current(&self, place: &Place, now: Time) -> bool {
        let is_here = !self.reads_web(place) || place.is_up(now);
        let until = if is_here { place.publisher.good_until() } else { self.known[place.name] };
        until > self.latest(now)
    }

    /// Whether he has to hear that the list takes a database back.
    fn must_be_withdrawn(&self, place: &Place, lists: &[Place], now: Time) -> bool {
        let Some(list) = lists.iter().find(|list| list.name == "city") else { return false };
        let takes_back = list.publisher.listings.iter().any(|(_, listing)| listing.withdrawn.is_some());
        self.learnt == Learnt::List
            && place.name == "web"
            && takes_back
            && self.knows(list)
            && list.is_up(now)
            && self.must_be_current(list, now)
    }
}
