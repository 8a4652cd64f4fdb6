//! `curate start`: from the file that a team has to a published database, in one go.
//!
//! Begun again after it was stopped, it goes on with the database that is there. The last step, the team's own trust
//! ring, is the client's.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use packman_machine::location::Location;
use packman_names::{ProjectName, Target};

use crate::add::{AddReport, AddRequest};
use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::{Folder, Lifetimes, Signed};
use crate::init::InitRequest;
use crate::keys::{Passphrase, Passphrases};
use crate::publish::{PublishReport, PublishRequest};
use crate::sign::{SignReport, SignRequest};
use crate::staged::Staged;
use crate::team::{NotTaken, TeamFile};

/// What to start from. Paths are absolute.
pub struct StartRequest<'r> {
    /// The team's file.
    pub file: PathBuf,
    /// The folder of the database.
    pub folder: PathBuf,
    /// The folder to publish to.
    pub site: PathBuf,
    /// The database's title.
    pub title: String,
    /// Its scapegoat.
    pub maintainer: String,
    /// What wheels are chosen for where the file leaves that open.
    pub targets: Vec<Target>,
    /// Whether files that the file names by hash are taken only where they fit one of the targets.
    pub only_targets: bool,
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
    /// What was recorded, and what was not.
    pub added: AddReport,
    /// What the file asks for and PackMan does not take, each with the way on.
    pub left: Vec<NotTaken>,
    /// How many requirements and releases the file pins.
    pub pinned: usize,
    /// The published database; `None` where a refusal, or having nothing to vouch for, ended it before it was signed.
    pub outcome: Option<Outcome>,
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

impl Curator<'_> {
    /// Makes a database of what a team's file asks for, signs and publishes it.
    pub fn start(&self, request: &StartRequest<'_>) -> Result<StartReport, CurateError> {
        // Read before anything is made: a file that cannot be read leaves nothing behind.
        let mut team = TeamFile::read(&request.file)?;
        let passphrases = Remembering { person: self.passphrases, last: Mutex::default() };
        let curator = Curator { passphrases: &passphrases, ..*self };
        curator.open_or_init(request)?;
        let left = std::mem::take(&mut team.not_taken);
        let pinned = team.locked.len() + team.asked.iter().filter(|asked| asked.pinned().is_some()).count();
        let added = curator.add(&AddRequest {
            with_dependencies: true,
            only_targets: request.only_targets,
            min_age_days: request.min_age_days,
            index: request.index.clone(),
            copy_files: request.copy_files,
            ..AddRequest::new(request.folder.clone(), team, request.targets.clone())
        })?;
        let refused = matches!(added.gravest(), Some(CurateError::Refused(_)));
        let nothing = added.added.is_empty() && added.already.is_empty();
        let outcome = if refused || nothing { None } else { Some(curator.sign_and_publish(request)?) };
        Ok(StartReport { added, left, pinned, outcome })
    }

    fn open_or_init(&self, request: &StartRequest<'_>) -> Result<(), CurateError> {
        match Folder::open(&request.folder) {
            Ok(_) => Ok(()),
            Err(CurateError::No(no)) if matches!(*no, No::NoDatabase { .. }) => self
                .init(&InitRequest {
                    folder: request.folder.clone(),
                    title: request.title.clone(),
                    maintainer: request.maintainer.clone(),
                    threshold: 1,
                    keys: Vec::new(),
                    spare: None,
                    // Whoever starts so has no cron yet that would refresh sooner.
                    lifetimes: Lifetimes {
                        refresh_within_days: Lifetimes::LONGEST_REFRESH,
                        ..Lifetimes::default()
                    },
                    no_passphrase: request.no_passphrase,
                })
                .map(drop),
            Err(error) => Err(error),
        }
    }

    fn sign_and_publish(&self, request: &StartRequest<'_>) -> Result<Outcome, CurateError> {
        let signed = self.sign(&SignRequest { folder: &request.folder, agree: request.agree })?;
        let to = request.site.clone();
        let published = self.publish(&PublishRequest { folder: request.folder.clone(), to })?;
        let projects = Signed::read(&request.folder)?.projects();
        Ok(Outcome { signed, published, projects })
    }
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

    fn existing(&self, key: &std::path::Path, again: bool) -> Option<Passphrase> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        last.or_else(|| self.person.existing(key, again))
    }
}
