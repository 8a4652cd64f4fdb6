//! The gate: which database answers for a project, and which of its files exist for this user.
//!
//! It is asked for a project, says which record it wants read, and turns the bytes of that record into an
//! [`Offer`](crate::Offer). It fetches nothing.

mod record;
mod wanted;

use std::sync::Arc;

use packman_database::{About, MalformedRecord, Recalls, project_of_path, record_path};
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_tuf::{Good, Memory, SafetyNumber, TargetInfo};

use crate::ATTACHED;
use crate::age::Age;
use crate::assurance::Holds;
use crate::offer::Source;
use crate::quorum::{self, Dissent, Inherited};
use crate::refused::{Refused, WhyRefused};
use crate::ring::{Entry, EntryName, Owner, Ring};
use crate::scope::Scope;

pub use record::{Record, SignedRecord};
use wanted::RuleWanted;
pub use wanted::{RecordWanted, Witness};

/// A database with a good copy: what it says of itself and what it takes back are read.
#[derive(Debug)]
pub struct Database {
    entry: Entry,
    memory: Memory,
    good: Good,
    about: About,
    own_scope: Scope,
    recalls: Recalls,
}

impl Database {
    /// Opens the last good copy that `memory` holds; `None` where it holds none.
    pub fn open(entry: &Entry, memory: Memory) -> Result<Option<Self>, Refused> {
        let Some(good) = memory.good().cloned() else { return Ok(None) };
        let [about_path, recalls_path] = ATTACHED;
        let refused = |why| Refused { database: entry.name.clone(), why };
        let malformed = |path: &str| {
            let path = path.to_owned();
            move |error| refused(WhyRefused::Malformed { path, error })
        };
        // Without them nothing can be answered: a good copy that lacks one counts as none.
        let (Some(about), Some(recalls)) = (good.attached(about_path), good.attached(recalls_path)) else {
            return Ok(None);
        };
        let about = About::parse(about).map_err(malformed(about_path))?;
        about_says(entry, &about).map_err(malformed(about_path))?;
        let recalls = Recalls::parse(recalls).map_err(malformed(recalls_path))?;
        let own_scope = if about.scope.is_empty() {
            Scope::everything()
        } else {
            let unreadable = |error: crate::PatternError| MalformedRecord::new(error.to_string());
            Scope::parse(&about.scope).map_err(unreadable).map_err(malformed(about_path))?
        };
        Ok(Some(Self { entry: entry.clone(), memory, good, about, own_scope, recalls }))
    }

    /// The entry of the ring that it is.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// What is remembered of it.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The safety number of its newest root.
    pub fn number(&self) -> SafetyNumber {
        self.memory.root().number()
    }

    fn target(&self, project: &ProjectName) -> Option<TargetInfo> {
        if !self.own_scope.admits(project) {
            return None;
        }
        self.good.target(&record_path(project))
    }

    /// What it takes back.
    pub fn recalls(&self) -> &Recalls {
        &self.recalls
    }

    /// Its last good copy.
    pub fn good(&self) -> &Good {
        &self.good
    }

    /// What is said of it, by the entry of the ring as it stands at this run.
    fn source(&self, entry: &Entry, ring: &Ring, now: Time) -> Source {
        Source {
            database: entry.name.clone(),
            title: self.about.title.clone(),
            owner: entry.owner,
            assurance: ring.assurance(entry),
            number: self.number(),
            url: entry.url.clone(),
            mirrors: self.about.mirrors.clone(),
            age: Age::of(&self.good, now),
        }
    }
}

/// What was added as a database stays one, and what was added as a list a list: each has a power that the other has not.
pub(crate) fn about_says(entry: &Entry, about: &About) -> Result<(), MalformedRecord> {
    if about.kind == entry.kind {
        return Ok(());
    }
    let (found, wanted) = (about.kind.as_str(), entry.kind.as_str());
    Err(MalformedRecord::new(format!(
        "`kind`: found `{found}`, wanted `{wanted}`, as it was when it was added"
    )))
}

/// How a database of the ring stands at this run.
#[derive(Debug)]
pub struct Standing {
    /// The entry of the ring.
    pub entry: Entry,
    /// Its last good copy.
    pub database: Option<Database>,
    /// What it sent at this run and had to be refused.
    pub refused: Option<Refused>,
    /// Why it could not be reached at this run, where it could not.
    pub unreached: Option<String>,
}

/// What an answer is wanted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To act on it: a database that was refused at this run, or whose word has expired, may not answer.
    Act,
    /// The same, and the user accepts that a word has expired; every offer carries its age. Where the policy forbids
    /// that, it is [`Purpose::Act`].
    ActOnExpired,
    /// To bring back what a lock names: an expired word still counts, whatever the policy says of what is new.
    Restore,
    /// To show it: the last good copy answers, whatever befell it since; every offer carries its age.
    Look,
}

impl Purpose {
    /// Whether an answer may come from a database to which this happened.
    fn bears(self, refused: &Refused) -> bool {
        match self {
            Self::Act => false,
            Self::ActOnExpired | Self::Restore => refused.is_expiry(),
            Self::Look => true,
        }
    }

    /// Whether it may be said that a database does not list a project, although this happened to it. Showing what the
    /// last good copy has says when it was good; showing that it has nothing would hide what was refused since.
    /// A database that was taken back is as well known as before.
    fn bears_silence(self, refused: &Refused) -> bool {
        match self {
            _ if matches!(refused.why, WhyRefused::Withdrawn { .. }) => true,
            Self::Act | Self::ActOnExpired | Self::Restore => self.bears(refused),
            Self::Look => refused.is_expiry(),
        }
    }
}

/// The gate of one run.
#[derive(Debug)]
pub struct Gate {
    ring: Ring,
    standings: Vec<(Standing, Option<Arc<Source>>)>,
    /// For each rule of the ring the group of each database that it names.
    groups: Vec<Vec<usize>>,
    now: Time,
    purpose: Purpose,
}

/// What the gate says to a project.
#[derive(Debug)]
pub enum Answer<'g> {
    /// No database of the ring vouches for it.
    Nobody(Nobody),
    /// This record must be read to answer.
    Record(RecordWanted<'g>),
}

/// Why nobody answers for a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Nobody {
    /// The project.
    pub project: ProjectName,
    /// How many databases were asked, and how many the ring has.
    pub asked: usize,
    /// How many the ring has.
    pub known: usize,
    /// What befell the first of those asked that would not be believed now, where one would not: what it lists today
    /// is not known, so this nobody is not the last word.
    pub refused: Option<Refused>,
}

impl Gate {
    /// A gate over the databases as they stand.
    pub fn new(ring: Ring, standings: Vec<Standing>, now: Time, purpose: Purpose) -> Self {
        let with_source = |standing: Standing| {
            let source = standing
                .database
                .as_ref()
                .map(|database| Arc::new(database.source(&standing.entry, &ring, now)));
            (standing, source)
        };
        let standings: Vec<(Standing, Option<Arc<Source>>)> =
            standings.into_iter().map(with_source).collect();
        let groups = groups(&ring, &standings);
        let purpose = match purpose {
            Purpose::ActOnExpired if ring.policy().forbid_accept_expired => Purpose::Act,
            purpose => purpose,
        };
        Self { ring, standings, groups, now, purpose }
    }

    /// Asks who answers for `project`. The first database in order that lists it does; one that would have to and
    /// cannot (refused, expired, absent) keeps its place, and no lower one answers in its stead.
    pub fn ask(&self, project: &ProjectName) -> Result<Answer<'_>, Refused> {
        self.ask_under(project, &Inherited::default())
    }

    /// The same, where the project is needed by others whose rules it inherits.
    pub fn ask_under(&self, project: &ProjectName, inherited: &Inherited) -> Result<Answer<'_>, Refused> {
        let asked = self.ring.asked_for(project);
        let mut in_the_way = None;
        for entry in &asked {
            let Some((standing, source)) =
                self.standings.iter().find(|(one, _)| one.entry.name == entry.name)
            else {
                continue;
            };
            let Some(database) = &standing.database else {
                return Err(absent(standing, project));
            };
            let against = self.stands_against(standing, database);
            let Some(target) = database.target(project) else {
                in_the_way = in_the_way.or(against.filter(|why| !self.purpose.bears_silence(why)));
                continue;
            };
            if let Some(refused) = against.filter(|why| !self.purpose.bears(why)) {
                return Err(refused);
            }
            let Some(source) = source else { continue };
            let own = SignedRecord { database, source, project: project.clone(), target };
            let rules = self.rules_wanted(&own, inherited);
            return Ok(Answer::Record(RecordWanted { gate: self, own, rules }));
        }
        Ok(Answer::Nobody(Nobody {
            project: project.clone(),
            asked: asked.len(),
            known: self.ring.entries().len(),
            refused: in_the_way,
        }))
    }

    /// The rules that hold for a project, each with the databases that it names as they stand towards it.
    fn rules_wanted(&self, own: &SignedRecord<'_>, inherited: &Inherited) -> Vec<RuleWanted<'_>> {
        let rules = inherited.rules(&self.ring, &own.project).into_iter();
        let wanted = |(place, from): (usize, Option<&ProjectName>)| {
            let (rule, groups) = (self.ring.quorums().get(place)?, self.groups.get(place)?);
            let witness = |name: &EntryName| self.witness(name, rule.owner, &own.project);
            let voters = rule.of.iter().zip(groups).map(|(name, group)| (name, *group, witness(name)));
            let inherited_from = from.cloned();
            Some(RuleWanted { rule, voters: voters.collect(), inherited_from })
        };
        rules.filter_map(wanted).collect()
    }

    /// The record by which a database may be a witness for a project: one that is signed, current, in scope, and of which
    /// nothing was refused at this run, whatever the answer is wanted for.
    fn witness(
        &self,
        name: &EntryName,
        whose: Owner,
        project: &ProjectName,
    ) -> Result<SignedRecord<'_>, Dissent> {
        let named = self.standings.iter().find(|(one, _)| one.entry.name == *name);
        let (standing, source) = named.ok_or(Dissent::NotInRing)?;
        // An administrator counts on his own databases, not on one that a user gave the name of.
        if whose == Owner::Administrator && standing.entry.owner != Owner::Administrator {
            return Err(Dissent::NotInRing);
        }
        if standing.entry.learnt.holds != Holds::Signed {
            return Err(Dissent::NotSigned);
        }
        if !standing.entry.scope.admits(project) {
            return Err(Dissent::OutOfScope);
        }
        let (Some(database), Some(source)) = (&standing.database, source) else {
            return Err(standing
                .refused
                .as_ref()
                .map_or(Dissent::Absent, |why| Dissent::Refused(why.code())));
        };
        if let Some(against) = self.stands_against(standing, database) {
            return Err(match against.why {
                WhyRefused::Expired { since, .. } => Dissent::Expired(since),
                _ => Dissent::Refused(against.code()),
            });
        }
        if !database.own_scope.admits(project) {
            return Err(Dissent::OutOfScope);
        }
        let target = database.target(project).ok_or(Dissent::NotListed)?;
        Ok(SignedRecord { database, source, project: project.clone(), target })
    }

    /// The ring it stands over.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The databases, as they stand.
    pub fn standings(&self) -> impl Iterator<Item = &Standing> {
        self.standings.iter().map(|(standing, _)| standing)
    }

    /// The projects that some database lists and may answer for, each once, in their order.
    pub fn projects(&self) -> Vec<ProjectName> {
        let mut projects = Vec::new();
        for database in self.standings().filter_map(|standing| standing.database.as_ref()) {
            let listed = database.good.targets().filter_map(|(path, _)| project_of_path(path));
            let admits = |project: &ProjectName| {
                database.entry.scope.admits(project)
                    && database.own_scope.admits(project)
                    && self.ring.asked_for(project).iter().any(|entry| entry.name == database.entry.name)
            };
            projects.extend(listed.filter(admits));
        }
        projects.sort_unstable();
        projects.dedup();
        projects
    }

    /// What was refused at this run, in the order of the ring.
    pub fn refusals(&self) -> Vec<Refused> {
        self.standings().filter_map(|standing| standing.refused.clone()).collect()
    }

    /// What befell a database that would have to answer: what it sent was refused, or its word has expired.
    fn stands_against(&self, standing: &Standing, database: &Database) -> Option<Refused> {
        let expired = || match Age::of(&database.good, self.now) {
            Age::Current => None,
            Age::Expired { role, since } => Some(Refused {
                database: standing.entry.name.clone(),
                why: WhyRefused::Expired { role, since },
            }),
        };
        standing.refused.clone().or_else(expired)
    }
}

/// For each rule of the ring the group of each database that it names.
fn groups(ring: &Ring, standings: &[(Standing, Option<Arc<Source>>)]) -> Vec<Vec<usize>> {
    if ring.quorums().is_empty() {
        return Vec::new();
    }
    let databases = standings.iter().filter_map(|(standing, _)| standing.database.as_ref());
    let keys = databases.map(|one| (&one.entry.name, quorum::keys(&one.memory, &one.good))).collect();
    ring.quorums().iter().map(|rule| quorum::groups(rule, &keys)).collect()
}

fn absent(standing: &Standing, project: &ProjectName) -> Refused {
    standing.refused.clone().unwrap_or_else(|| Refused {
        database: standing.entry.name.clone(),
        why: WhyRefused::Absent {
            project: project.clone(),
            why: standing.unreached.clone().unwrap_or_else(|| "it was never refreshed".to_owned()),
        },
    })
}
