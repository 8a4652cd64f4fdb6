//! `curate start`: from the file that a team has to a published database, in one go.
//!
//! Begun again after it was stopped, it goes on with the database that is there. The last step, the team's own trust
//! ring, is the client's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use packman_database::FileName;
use packman_database::Kind;
use packman_machine::files;
use packman_machine::location::Location;
use packman_names::{ProjectName, Target, Version};
use packman_requirements::Demand;

use crate::add::{AddReport, AddRequest};
use crate::beside::refuse_others;
use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::{Folder, Lifetimes, Signed};
use crate::init::{InitReport, InitRequest};
use crate::keys::{Passphrase, Passphrases};
use crate::publish::{PublishReport, PublishRequest};
use crate::sign::{SignReport, SignRequest, Together};
use crate::staged::Staged;

/// What to start from. Paths are absolute.
pub struct StartRequest<'r> {
    /// What the team's files ask for.
    pub asked: Demand,
    /// The folder of the database.
    pub folder: PathBuf,
    /// The folder to publish to.
    pub site: PathBuf,
    /// The database's title.
    pub title: String,
    /// Its scapegoat.
    pub maintainer: String,
    /// What wheels are chosen for.
    pub targets: Vec<Target>,
    /// How old a release must be, in days, where the file does not pin it.
    pub min_age_days: u32,
    /// The index.
    pub index: Option<Location>,
    /// Whether the files themselves are published too.
    pub copy_files: bool,
    /// Whether the new keys shall have no passphrase.
    pub no_passphrase: bool,
    /// Is shown what would be signed, and says whether it shall be.
    pub agree: &'r dyn Fn(&Staged) -> bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct StartReport {
    /// What was recorded, and what was not, each with the reason.
    pub added: AddReport,
    /// How many requirements and releases that the files pin were taken.
    pub pinned: usize,
    /// What the database that was there already says of itself.
    pub kept: Option<Kept>,
    /// The database that was made for it, with where its private keys lie; `None` where one was there.
    pub made: Option<InitReport>,
    /// The published database; `None` where a refusal, or having nothing to vouch for, ended it before it was signed.
    pub outcome: Option<Outcome>,
}

/// What a database says of itself.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its title.
    pub title: String,
    /// Its scapegoat.
    pub maintainer: String,
}

/// A database that was signed and published.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was signed.
    pub signed: SignReport,
    /// What was published.
    pub published: PublishReport,
    /// The projects that it holds.
    pub projects: Vec<ProjectName>,
}

/// A database to start with.
enum Beginning {
    /// It was there.
    There(Kept),
    /// It was made a moment ago; whether the folder was there before.
    Made(InitReport, bool),
}

impl Curator<'_> {
    /// Makes a database of what a team's files ask for, signs and publishes it. Where nothing is signed, a database that
    /// was made for that is gone again: the next try would vouch for what this one left in it.
    pub fn start(&self, request: &StartRequest<'_>) -> Result<StartReport, CurateError> {
        let passphrases = Remembering { person: self.passphrases, last: Mutex::default() };
        let curator = Curator { passphrases: &passphrases, ..*self };
        refuse_links(request)?;
        refuse_others(&request.site)?;
        let beginning = curator.open_or_init(request)?;
        let report = curator.start_in(request);
        let was_signed = match &report {
            Ok(report) => report.outcome.is_some(),
            // The next try goes on from here.
            Err(CurateError::Failed(_) | CurateError::Stopped) => true,
            Err(_) => false,
        };
        match (beginning, was_signed) {
            (Beginning::There(kept), _) => Ok(StartReport { kept: Some(kept), ..report? }),
            (Beginning::Made(made, false), false) => {
                files::remove_tree(&request.folder)?;
                files::remove_tree(&made.keys)?;
                report
            }
            (Beginning::Made(made, _), _) => Ok(StartReport { made: Some(made), ..report? }),
        }
    }

    fn start_in(&self, request: &StartRequest<'_>) -> Result<StartReport, CurateError> {
        let added = self.add(&AddRequest {
            with_dependencies: true,
            min_age_days: request.min_age_days,
            index: request.index.clone(),
            copy_files: request.copy_files,
            ..AddRequest::new(request.folder.clone(), request.asked.clone(), request.targets.clone())
        })?;
        let refused = matches!(added.gravest(), Some(CurateError::Refused(_)));
        let nothing = added.added.is_empty() && added.already.is_empty();
        let outcome = if refused || nothing { None } else { Some(self.sign_and_publish(request)?) };
        Ok(StartReport { pinned: pinned(&request.asked, &added), added, kept: None, made: None, outcome })
    }

    fn open_or_init(&self, request: &StartRequest<'_>) -> Result<Beginning, CurateError> {
        match Folder::open(&request.folder) {
            Ok(folder) => {
                folder.must_be(Kind::Database)?;
                let about = folder.about()?;
                Ok(Beginning::There(Kept { title: about.title, maintainer: about.maintainer }))
            }
            Err(CurateError::No(no)) if matches!(*no, No::NoDatabase { .. }) => {
                let was_there = request.folder.exists();
                let made = self.init(&InitRequest {
                    kind: Kind::Database,
                    folder: request.folder.clone(),
                    title: request.title.clone(),
                    maintainer: request.maintainer.clone(),
                    threshold: 1,
                    keys: Vec::new(),
                    targets_threshold: 1,
                    targets_keys: Vec::new(),
                    agent: None,
                    spare: None,
                    // Whoever starts so has no cron yet that would refresh sooner.
                    lifetimes: Lifetimes {
                        refresh_within_days: Lifetimes::LONGEST_REFRESH,
                        ..Lifetimes::default()
                    },
                    no_passphrase: request.no_passphrase,
                })?;
                Ok(Beginning::Made(made, was_there))
            }
            Err(error) => Err(error),
        }
    }

    fn sign_and_publish(&self, request: &StartRequest<'_>) -> Result<Outcome, CurateError> {
        let signed = self.sign(&SignRequest {
            folder: &request.folder,
            agree: request.agree,
            together: Together::default(),
        })?;
        let to = request.site.clone();
        let published = self.publish(&PublishRequest {
            folder: request.folder.clone(),
            to,
            signed_only: false,
            beside_others: false,
        })?;
        let projects = Signed::read(&request.folder)?.projects();
        Ok(Outcome { signed, published, projects })
    }
}

/// Whoever starts in a folder that was cloned has not looked at all of it: a link there would have files written, and
/// published, where its author wants them.
fn refuse_links(request: &StartRequest<'_>) -> Result<(), CurateError> {
    for folder in [&request.folder, &request.site] {
        if let Some(path) = files::first_link(folder)? {
            return Err(No::Link { path }.into());
        }
    }
    Ok(())
}

/// How much of what is pinned was taken.
fn pinned(asked: &Demand, added: &AddReport) -> usize {
    let new = added.added.iter().map(|file| (file.project.clone(), file.version.clone()));
    let known = added.already.iter().filter_map(|file| FileName::parse(file).ok());
    let known = known.map(|file| (file.project().clone(), file.version().clone()));
    let taken: BTreeSet<(ProjectName, Version)> = new.chain(known).collect();
    let is_taken = |project: &ProjectName, version: Option<&Version>| {
        version.is_some_and(|version| taken.contains(&(project.clone(), version.clone())))
    };
    let asked_for = asked.asked.iter().filter(|asked| is_taken(&asked.requirement.name, asked.pinned()));
    let locked = asked.locks.releases.iter().filter(|locked| is_taken(&locked.name, locked.version.as_ref()));
    asked_for.count() + locked.count()
}

/// Gives the passphrase that was typed for the new keys when they are used a moment later.
struct Remembering<'p> {
    person: &'p dyn Passphrases,
    last: Mutex<Option<Passphrase>>,
}

impl Passphrases for Remembering<'_> {
    fn new_passphrase(&self) -> Option<Passphrase> {
        let given = self.person.new_passphrase();
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&given);
        given
    }

    fn existing(&self, key: &Path, again: bool) -> Option<Passphrase> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        last.or_else(|| self.person.existing(key, again))
    }
}
