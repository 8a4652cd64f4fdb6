//! The gate: which database answers for a project, and which of its files exist for this user.
//!
//! It is asked for a project, says which record it wants read, and turns the bytes of that record into an
//! [`Offer`]. It fetches nothing.

use std::sync::Arc;

use packman_database::{
    About, FlatRecord, MalformedRecord, PACK_PATH, Pack, ProjectRecord, Recalls, project_of_path, record_path,
};
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_tuf::{Good, Memory, SafetyNumber, TargetInfo};

use crate::ATTACHED;
use crate::age::Age;
use crate::offer::{Offer, Source};
use crate::refused::{Refused, WhyRefused};
use crate::ring::{Entry, Ring};
use crate::scope::Scope;

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

    /// Its last good copy.
    pub fn good(&self) -> &Good {
        &self.good
    }

    fn source(&self, ring: &Ring, now: Time) -> Source {
        Source {
            database: self.entry.name.clone(),
            title: self.about.title.clone(),
            assurance: ring.assurance(&self.entry),
            number: self.number(),
            url: self.entry.url.clone(),
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
    /// The same, and the user accepts that a word has expired; every offer carries its age.
    ActOnExpired,
    /// To show it: the last good copy answers, whatever befell it since; every offer carries its age.
    Look,
}

impl Purpose {
    /// Whether an answer may come from a database to which this happened.
    fn bears(self, refused: &Refused) -> bool {
        match self {
            Self::Act => false,
            Self::ActOnExpired => refused.is_expiry(),
            Self::Look => true,
        }
    }

    /// Whether it may be said that a database does not list a project, although this happened to it. Showing what the
    /// last good copy has says when it was good; showing that it has nothing would hide what was refused since.
    /// A database that was taken back is as well known as before.
    fn bears_silence(self, refused: &Refused) -> bool {
        match self {
            _ if matches!(refused.why, WhyRefused::Withdrawn { .. }) => true,
            Self::Act | Self::ActOnExpired => self.bears(refused),
            Self::Look => refused.is_expiry(),
        }
    }
}

/// The gate of one run.
#[derive(Debug)]
pub struct Gate {
    ring: Ring,
    standings: Vec<(Standing, Option<Arc<Source>>)>,
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
            let source = standing.database.as_ref().map(|database| Arc::new(database.source(&ring, now)));
            (standing, source)
        };
        let standings = standings.into_iter().map(with_source).collect();
        Self { ring, standings, now, purpose }
    }

    /// Asks who answers for `project`. The first database in order that lists it does; one that would have to and
    /// cannot (refused, expired, absent) keeps its place, and no lower one answers in its stead.
    pub fn ask(&self, project: &ProjectName) -> Result<Answer<'_>, Refused> {
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
            return Ok(Answer::Record(RecordWanted { database, source, project: project.clone(), target }));
        }
        Ok(Answer::Nobody(Nobody {
            project: project.clone(),
            asked: asked.len(),
            known: self.ring.entries().len(),
            refused: in_the_way,
        }))
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
                database.entry.scope.admits(project) && database.own_scope.admits(project)
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

fn absent(standing: &Standing, project: &ProjectName) -> Refused {
    standing.refused.clone().unwrap_or_else(|| Refused {
        database: standing.entry.name.clone(),
        why: WhyRefused::Absent {
            project: project.clone(),
            why: standing.unreached.clone().unwrap_or_else(|| "it was never refreshed".to_owned()),
        },
    })
}

/// A record that must be read before the gate can answer.
#[derive(Debug)]
pub struct RecordWanted<'g> {
    database: &'g Database,
    source: &'g Arc<Source>,
    project: ProjectName,
    target: TargetInfo,
}

impl RecordWanted<'_> {
    /// The target's path, `projects/<name>.json`.
    pub fn path(&self) -> String {
        record_path(&self.project)
    }

    /// The hash and length by which its bytes are believed.
    pub fn target(&self) -> &TargetInfo {
        &self.target
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The hash and length of the pack in which its database publishes all its records, where it does.
    pub fn pack(&self) -> Option<TargetInfo> {
        self.database.good.target(PACK_PATH)
    }

    /// Opens the pack, if the bytes have the signed hash. What is in it is held against its own hash when it is offered.
    pub fn open_pack(&self, bytes: &[u8]) -> Option<Pack> {
        let verified = self.database.good.verify_target(PACK_PATH, bytes).ok()?;
        Pack::open(verified.bytes())
    }

    /// The hash and length of every record that its database lists without delegating.
    pub fn siblings(&self) -> impl Iterator<Item = TargetInfo> {
        let targets = self.database.good.targets();
        targets.filter(|(path, _)| project_of_path(path).is_some()).map(|(_, target)| target)
    }

    /// The database that answers.
    pub fn source(&self) -> &Source {
        self.source
    }

    /// Verifies the record's bytes and makes the offer.
    pub fn offer(&self, bytes: &[u8]) -> Result<Offer, Refused> {
        let refused = |why| Refused { database: self.database.entry.name.clone(), why };
        let path = self.path();
        let good = &self.database.good;
        let verified =
            good.verify_target(&path, bytes).map_err(|refusal| refused(WhyRefused::Bytes(refusal)))?;
        let source = verified.sha256();
        let malformed = |error| refused(WhyRefused::Malformed { path: path.clone(), error });
        let record = ProjectRecord::parse(&self.project, verified.bytes()).map_err(malformed)?;
        let flat = FlatRecord::of(&record, &source);
        let unheard_of = || MalformedRecord::new("found more in it than 32 bits count".to_owned());
        flat.map(|flat| self.offer_of(flat)).ok_or_else(unheard_of).map_err(malformed)
    }

    /// Makes the offer from what [`Offer::to_cache`] gave for the very record that is wanted; `None` for anything else.
    ///
    /// The form is not signed. It is believed since it names the signed SHA-256, its sum holds, and it comes from a
    /// folder that only the user writes: whoever can forge it there can change the environment as well.
    pub fn cached_offer(&self, cached: Vec<u8>) -> Option<Offer> {
        let sha256 = self.target.sha256()?;
        FlatRecord::open(&self.project, &sha256, cached).map(|flat| self.offer_of(flat))
    }

    /// The only place where an offer is made.
    fn offer_of(&self, record: FlatRecord) -> Offer {
        let recalls = &self.database.recalls;
        Offer::of(record, Arc::clone(self.source), |sha256| recalls.of(sha256).cloned())
    }
}
