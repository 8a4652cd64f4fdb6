//! One legitimate history: about two years of two databases, two lists and the people who use them, by chance from a seed.
//!
//! Whatever honest people do happens: keys change, are lost and replaced by the spare; records come, go, are recalled and
//! move into bins; maintainers oversleep, hosts are down, mirrors and lists lag; users come late, rarely, with old numbers
//! and wrong clocks. What they see is held against what was published.

use std::collections::BTreeMap;

use packman_database::Kind;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{EntryName, Withdrawal};
use packman_tuf::Role;
use testkit::chance::Chance;

use crate::place::Place;
use crate::visitor::{Alarm, Learnt, Visitor};
use crate::web::Web;

/// How many times the world goes on by some days.
const STEPS: usize = 36;

/// What happened and what was seen, counted.
pub(crate) type Figures = BTreeMap<String, u64>;

/// A history as it goes.
struct History {
    chance: Chance,
    now: Time,
    web: Web,
    databases: Vec<Place>,
    lists: Vec<Place>,
    visitors: Vec<Visitor>,
    figures: Figures,
    /// How many releases there have been.
    releases: usize,
}

/// Plays the history of a seed to its end; the first alarm ends it.
pub(crate) fn play(seed: u64) -> Result<Figures, Alarm> {
    let below = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let mut history = History::begin(seed, below.path());
    for step in 0..STEPS {
        let done = history.step();
        done.map_err(|alarm| format!("history {seed}, step {step}, {}: {alarm}", history.now.date()))?;
    }
    Ok(history.figures)
}

impl History {
    fn begin(seed: u64, below: &std::path::Path) -> Self {
        let (web, now) = (Web::new(), Time::parse_date("2026-01-01").unwrap());
        let world = (&web, below, now);
        let mut databases = vec![
            Place::open(Kind::Database, "web", 1_000, world),
            Place::open(Kind::Database, "lab", 2_000, world),
        ];
        let lists = vec![
            Place::open(Kind::List, "city", 3_000, world),
            Place::open(Kind::List, "land", 4_000, world),
        ];
        for (place, project) in databases.iter_mut().zip(["tool", "lab-tool"]) {
            place.publisher.release(project, "1", b"the first".to_vec());
            place.publish(now);
        }
        let chance = Chance::new(seed);
        let (visitors, figures) = (Vec::new(), Figures::new());
        let mut history = Self { chance, now, web, databases, lists, visitors, figures, releases: 1 };
        history.show();
        for list in 0..2 {
            history.name_databases(list);
        }
        history.show();
        for learnt in [Learnt::Number, Learnt::List, Learnt::Folder] {
            history.newcomer(learnt).expect("all is well on the first day");
        }
        history
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.figures.entry(what.into()).or_default() += 1;
    }

    fn places(&mut self) -> impl Iterator<Item = &mut Place> {
        self.databases.iter_mut().chain(&mut self.lists)
    }

    fn show(&mut self) {
        let (web, now) = (&self.web, self.now);
        self.databases.iter_mut().chain(&mut self.lists).for_each(|place| place.show(web, now));
    }

    /// Some days pass, the maintainers do what they do, something happens, and some users come by.
    fn step(&mut self) -> Result<(), Alarm> {
        self.now = self.now.plus_days(self.chance.days(1, 29));
        let now = self.now;
        self.places().for_each(|place| place.keep_up(now));
        for _ in 0..self.chance.below(3) {
            self.happens();
        }
        for place in 0..self.databases.len() {
            if self.chance.percent(50) {
                self.databases[place].sync_mirror();
            }
        }
        self.show();
        for who in 0..self.visitors.len() {
            if now >= self.visitors[who].away_until && self.chance.percent(60) {
                self.visit(who)?;
                self.acts(who)?;
            }
        }
        if self.visitors.len() < 5 && self.chance.percent(8) {
            let learnt = [Learnt::Number, Learnt::List, Learnt::Folder][self.chance.below(3)];
            self.newcomer(learnt)?;
        }
        Ok(())
    }

    fn visit(&mut self, who: usize) -> Result<(), Alarm> {
        let pick = self.chance.below(1_000);
        let seen = self.visitors[who].visits(&self.databases, &self.lists, self.now, pick)?;
        self.count("visits of users");
        seen.into_iter().for_each(|seen| self.count(seen));
        Ok(())
    }

    /// Something happens to one of the places, unless its maintainer is asleep.
    fn happens(&mut self) {
        let (which, now) = (self.chance.below(4), self.now);
        if which >= 2 && self.chance.percent(50) {
            return self.list_happens(which - 2);
        }
        let what = self.chance.below(13);
        let days = self.chance.days(35, 130);
        let Some(place) = self.databases.iter_mut().chain(&mut self.lists).nth(which) else { return };
        if !place.is_awake(now) {
            return;
        }
        let online = [Role::Snapshot, Role::Timestamp];
        let what = match what {
            0 => return self.release(which),
            1 => return self.recall(which),
            2 => (place.rotate(&[Role::Root], now), "rotations of the root key").1,
            3 => (place.rotate(&[Role::Targets], now), "rotations of the targets key").1,
            4 => (place.rotate(&online, now), "rotations of the online key").1,
            5 => (place.rotate(&[Role::Timestamp], now), "rotations of the timestamp key alone").1,
            6 => (place.rotate(&Role::ALL, now), "rotations of all keys at once").1,
            7 => (place.lose_a_root_key(now), "lost root keys, replaced by the spare").1,
            8 => (place.share_the_root(now), "roots that two of three keys sign from then on").1,
            9 => (place.asleep_until = now.plus_days(days), "maintainers who oversleep").1,
            10 => (place.down_until = now.plus_days(days / 3), "hosts that are down").1,
            11 => (place.open_mirror(&self.web, now), "mirrors, which lag").1,
            _ => return self.bins(which),
        };
        self.count(what);
    }

    fn release(&mut self, which: usize) {
        let (now, releases, is_new) = (self.now, self.releases + 1, self.chance.percent(30));
        let Some(place) = self.databases.get_mut(which) else { return };
        let first = if place.name == "web" { "tool" } else { "lab-tool" };
        let project = if is_new { format!("{first}-{releases}") } else { first.to_owned() };
        let wheel = format!("{project} {releases}").into_bytes();
        place.publisher.release(&project, &releases.to_string(), wheel);
        place.publish(now);
        self.releases = releases;
        self.count("releases");
    }

    fn recall(&mut self, which: usize) {
        let now = self.now;
        let Some(place) = self.databases.get_mut(which) else { return };
        let newest = place.publisher.releases.iter().next_back();
        let Some((project, version)) = newest
            .and_then(|(project, versions)| Some((project.clone(), versions.keys().next_back()?.clone())))
        else {
            return;
        };
        place.publisher.recall(&project, &version, now);
        place.publish(now);
        self.count("recalls");
    }

    fn bins(&mut self, which: usize) {
        let now = self.now;
        let Some(place) = self.databases.get_mut(which) else { return };
        place.publisher.bits = Some(place.publisher.bits.map_or(2, |bits| (bits + 1).min(4)));
        place.publish(now);
        self.count("databases that go over to hash bins, or to more");
    }

    fn list_happens(&mut self, list: usize) {
        let now = self.now;
        if !self.lists[list].is_awake(now) {
            return;
        }
        let listings = &mut self.lists[list].publisher.listings;
        let name = EntryName::parse("web").unwrap();
        let is_withdrawn = listings.get(&name).is_some_and(|listing| listing.withdrawn.is_some());
        if is_withdrawn || self.chance.percent(60) {
            return self.name_databases(list);
        }
        let reason = format!("reason {}", self.chance.below(1_000));
        listings.withdraw(&name, Withdrawal { reason, at: now });
        self.lists[list].publish(now);
        self.count("withdrawals by a list");
    }

    /// A list names the databases, by a root that may be long past.
    fn name_databases(&mut self, list: usize) {
        for which in 0..self.databases.len() {
            let root = self.chance.below(self.databases[which].numbers.len());
            let place = &self.databases[which];
            let (name, url, number) = (place.name, self.web.url(&place.publisher.site), place.numbers[root]);
            self.lists[list].publisher.names(name, &url, number, "*");
        }
        self.lists[list].publish(self.now);
        self.count("lists that name the databases anew, by an old root or a new one");
    }

    /// Somebody comes for the first time, if all that he needs is there.
    fn newcomer(&mut self, learnt: Learnt) -> Result<(), Alarm> {
        let clock = [0, 0, 2, -2][self.chance.below(4)];
        let mut visitor = Visitor::new(learnt, clock, self.now);
        let list = if learnt == Learnt::List { "city" } else { "land" };
        let wants_it = learnt == Learnt::List || self.chance.percent(30);
        if wants_it && self.is_open(list, &visitor) {
            self.adds(&mut visitor, list)?;
        }
        let is_reached = learnt != Learnt::List || visitor.knows(self.place("city"));
        if self.is_open("web", &visitor) && visitor.may_add(self.is_named("web"), is_reached) {
            self.adds(&mut visitor, "web")?;
            if self.is_open("lab", &visitor) && self.chance.percent(50) {
                self.adds(&mut visitor, "lab")?;
            }
            self.visitors.push(visitor);
            self.count("users who came for the first time");
        }
        Ok(())
    }

    fn place(&self, name: &str) -> &Place {
        self.databases.iter().chain(&self.lists).find(|place| place.name == name).unwrap()
    }

    fn is_open(&self, name: &str, visitor: &Visitor) -> bool {
        let place = self.place(name);
        place.is_up(self.now) && place.is_current(visitor.latest(self.now).plus_days(2))
    }

    /// Whether the list that names it does so, and takes nothing back.
    fn is_named(&self, name: &str) -> bool {
        let name = EntryName::parse(name).unwrap();
        let is_withdrawn = |list: &Place| {
            list.publisher.listings.get(&name).is_some_and(|listing| listing.withdrawn.is_some())
        };
        !self.lists.iter().any(is_withdrawn)
    }

    fn adds(&mut self, visitor: &mut Visitor, name: &str) -> Result<(), Alarm> {
        let (url, folder) = {
            let place = self.place(name);
            (self.web.url(&place.publisher.site), place.folder().display().to_string())
        };
        let root = self.chance.below(self.place(name).numbers.len());
        let how = match (name, visitor.learnt) {
            ("web", Learnt::List) => ("web", None, Some("*")),
            ("web", Learnt::Folder) => (folder.as_str(), None, Some("*")),
            ("web", Learnt::Number) => (url.as_str(), Some(root), Some("*")),
            ("lab", _) => (url.as_str(), Some(root), Some("lab-*")),
            _ => (url.as_str(), Some(root), None),
        };
        visitor.adds(self.place(name), how, self.now)
    }

    /// What users do of themselves, now and then.
    fn acts(&mut self, who: usize) -> Result<(), Alarm> {
        let now = self.now;
        let (what, root) = (self.chance.below(12), self.chance.below(1_000));
        let is_open = self.is_open("web", &self.visitors[who]);
        let is_named = self.is_named("web");
        let is_reached = self.is_open("city", &self.visitors[who]);
        let web = &self.databases[0];
        let visitor = &mut self.visitors[who];
        let what = match what {
            0 if is_open && visitor.learnt != Learnt::Folder => {
                visitor.compares(web, root % web.numbers.len(), now)?;
                "numbers that were compared, of roots old and new"
            }
            1 | 2 if visitor.is_undecided(web, now) => {
                visitor.keeps(web, now)?;
                "entries that users kept all the same"
            }
            3 if is_open && visitor.may_add(is_named, is_reached) => {
                visitor.removes(web, now)?;
                let mut visitor = self.visitors.remove(who);
                self.adds(&mut visitor, "web")?;
                self.visitors.insert(who, visitor);
                "databases that were removed and added again"
            }
            4 if self.chance.percent(30) => {
                visitor.away_until = now.plus_days(self.chance.days(200, 800));
                "users who stay away for up to two years"
            }
            _ => return Ok(()),
        };
        self.count(what);
        Ok(())
    }
}

/// The same bytes for the same seed: what is random in a history is the seed alone.
pub(crate) fn fingerprint(figures: &Figures) -> Sha256 {
    Sha256::of(format!("{figures:?}").as_bytes())
}
