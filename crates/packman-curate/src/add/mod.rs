//! `curate add`: chooses releases, fetches their files, and stages what they are.
//!
//! What an index says is only where to look: every hash is computed, every METADATA and RECORD read from the wheel
//! itself. Downloads are kept in the cache by hash and records are written at the end, each in one step, so a run that
//! is killed loses nothing and leaves nothing half done.

mod age;
mod ahead;
mod build;
mod choose;
pub(crate) mod fetch;
mod for_lock;
mod lacking;
pub(crate) mod local;
mod metadata;
mod record;
mod rules;
mod sdist;
mod supply;
mod take;

use std::path::PathBuf;
use std::sync::Arc;

use packman_machine::location::{Location, without_secrets};
use packman_machine::parallel::for_each_parallel;
use packman_names::{ProjectName, Target, Version};
use packman_requirements::Demand;
use packman_strict::Sha256;

use crate::curator::{Curator, Note};
use crate::error::{CurateError, No};
use crate::folder::Folder;
use crate::index::IndexClient;
use crate::listing::{Candidate, Origin, Promise};

use choose::Selection;
use fetch::Files;
use record::{Known, Standing};
use rules::Rules;

/// What to add, and from where.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command, and each combination has a meaning"
)]
pub struct AddRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// What is asked for.
    pub asked: Demand,
    /// What wheels are chosen for; the first one decides where only one can.
    pub targets: Vec<Target>,
    /// Whether what the chosen releases depend on is added too.
    pub with_dependencies: bool,
    /// Whether what builds the asked project and the chosen releases is added, with what that needs.
    pub build_backends: bool,
    /// Whether what is needed on other platforms than these is left out, although lockers look for it.
    pub this_platform_only: bool,
    /// Whether every release that fits is added, not only the newest.
    pub all_versions: bool,
    /// Whether every wheel of a chosen release is added, and its source distribution as a listed, refused file.
    pub all_files: bool,
    /// How old a release must be, in days, unless it is named exactly.
    pub min_age_days: u32,
    /// The index.
    pub index: Option<Location>,
    /// A folder of wheels that stand in the place of the index's.
    pub from: Option<PathBuf>,
    /// Whether the files themselves are published too.
    pub copy_files: bool,
}

impl AddRequest {
    /// How old a release must be unless the user says otherwise.
    pub const MIN_AGE_DAYS: u32 = 7;

    /// A request with the defaults.
    pub fn new(folder: PathBuf, asked: Demand, targets: Vec<Target>) -> Self {
        Self {
            folder,
            asked,
            targets,
            with_dependencies: false,
            build_backends: false,
            this_platform_only: false,
            all_versions: false,
            all_files: false,
            min_age_days: Self::MIN_AGE_DAYS,
            index: None,
            from: None,
            copy_files: false,
        }
    }
}

/// What was added, and what was not.
#[derive(Clone, Debug, Default)]
pub struct AddReport {
    /// The files that are staged now and were not before.
    pub added: Vec<AddedFile>,
    /// The files that were staged already, by name.
    pub already: Vec<String>,
    /// What was asked for and not taken, each with the reason. The command ends as the gravest of them says.
    pub not_taken: Vec<Problem>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// A file that was staged.
#[derive(Clone, Debug, PartialEq)]
pub struct AddedFile {
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
    /// The file name.
    pub file: String,
    /// Its SHA-256, as computed.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is there for lockers alone.
    pub for_lock: bool,
}

/// Something that was asked for and not taken.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What was asked for: a requirement, or a file.
    pub what: String,
    /// Why not.
    pub why: CurateError,
}

impl AddReport {
    /// The reason that decides how the command ends: a refusal before a failure before an honest no.
    pub fn gravest(&self) -> Option<&CurateError> {
        let weight = |error: &CurateError| match error {
            CurateError::Refused(_) => 3,
            CurateError::Failed(_) => 2,
            _ => 1,
        };
        // The first of equals: that is the one a person saw first.
        let graver = |one: &'_ CurateError, other: &'_ CurateError| weight(one) < weight(other);
        self.not_taken.iter().map(|problem| &problem.why).fold(None, |gravest, why| match gravest {
            Some(gravest) if !graver(gravest, why) => Some(gravest),
            _ => Some(why),
        })
    }
}

/// How many files are fetched at once.
const THREADS: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN.saturating_add(5);

impl Curator<'_> {
    /// Adds releases to what is staged. What a file asks for and PackMan does not take is reported with the rest.
    pub fn add(&self, request: &AddRequest) -> Result<AddReport, CurateError> {
        if request.targets.is_empty() {
            return Err(CurateError::usage("no Python and platform is named to choose wheels for"));
        }
        if request.index.is_none()
            && request.from.is_none()
            && !(request.asked.asked.is_empty() && request.asked.build.is_empty())
        {
            return Err(No::NoIndex.into());
        }
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.must_be(packman_database::Kind::Database)?;
        let index = IndexClient::new(self, request.index.as_ref());
        let asked = local::stand_in(request, &index)?;
        let rules = Rules::of(request, &asked, self.now);
        let files = Files::new(self, &folder, request.copy_files);
        let Selection { take, not_taken, notes } = choose::choose(request, &asked, &rules, &index, &files)?;
        let mut known = Known::read(&folder)?;
        let left = asked
            .not_taken
            .into_iter()
            .map(|left| Problem { what: without_secrets(&left.what), why: No::Left(left).into() });
        let not_taken = left.chain(not_taken).collect();
        let mut report = AddReport { not_taken, notes, ..AddReport::default() };
        let mut wanted = Vec::new();
        for candidate in take {
            match known.standing(&candidate, request.copy_files)? {
                Standing::Recorded => {
                    known.note_use(&candidate);
                    report.notes.extend(known.note_yank(&candidate));
                    report.already.push(candidate.name.as_str().to_owned());
                }
                Standing::Changed(refused) => report.not_taken.push(problem(&candidate, refused.into())),
                Standing::New => wanted.push(candidate),
            }
        }
        self.fetch_and_stage(&files, &rules, known, wanted, &request.targets, report)
    }

    fn fetch_and_stage(
        &self,
        files: &Files<'_>,
        rules: &Rules,
        mut known: Known<'_>,
        wanted: Vec<Arc<Candidate>>,
        targets: &[Target],
        mut report: AddReport,
    ) -> Result<AddReport, CurateError> {
        self.tell_how_much(&wanted, targets);
        let fetched = for_each_parallel(wanted, THREADS, self.stop, |candidate, stop| {
            let fetched = files.fetch(&candidate, stop).and_then(|fetched| {
                rules.verify_hash(&fetched.file)?;
                Ok(fetched)
            });
            match fetched {
                Err(fatal @ (CurateError::Stopped | CurateError::Usage(_))) => Err(fatal),
                Err(fatal) if is_disk(&fatal) => Err(fatal),
                result => Ok((candidate, result)),
            }
        })?;
        for (candidate, result) in fetched {
            let added = result.and_then(|fetched| known.add(fetched));
            match added {
                Ok(Some(added)) => report.added.push(added),
                Ok(None) => report.already.push(candidate.name.as_str().to_owned()),
                Err(why) => report.not_taken.push(problem(&candidate, why)),
            }
        }
        report.notes.extend(files.notes());
        report.notes.extend(lacking::notes(&report.added, &mut known, targets)?);
        known.stage()?;
        self.tell(&report.notes);
        Ok(report)
    }

    /// Tells all notes; of those that there may be a hundred of, the first.
    fn tell(&self, notes: &[Note]) {
        const TOLD: usize = 3;
        let is_many = |note: &&Note| matches!(note, Note::NotForLock { .. });
        let more = notes.iter().filter(is_many).count().saturating_sub(TOLD);
        let mut told = 0;
        for note in notes {
            told += usize::from(is_many(&note));
            if !is_many(&note) || told <= TOLD {
                self.events.event(crate::Event::Note(note));
            }
            if more > 0 && told == TOLD && is_many(&note) {
                self.events.event(crate::Event::Note(&Note::MoreNotForLock { more }));
            }
        }
    }

    /// Says how much will be fetched, before it is.
    fn tell_how_much(&self, wanted: &[Arc<Candidate>], targets: &[Target]) {
        let (here, fetched): (Vec<_>, Vec<_>) = wanted.iter().partition(|file| self.is_here(file));
        let bytes = fetched.iter().filter_map(|file| file.size).sum();
        let is_exact = fetched.iter().all(|file| file.size.is_some());
        let targets: Vec<String> = targets.iter().map(choose::named).collect();
        if !wanted.is_empty() {
            let (files, here) = (fetched.len(), here.len());
            self.events.event(crate::Event::Fetching { files, bytes, is_exact, here, targets: &targets });
        }
    }

    /// Whether nothing is asked of a host for a file: it lies in a folder, or in the cache under the hash that is promised.
    fn is_here(&self, file: &Candidate) -> bool {
        let is_cached = |promise: &Promise| self.cache.has_blob(&promise.sha256);
        matches!(file.origin, Origin::Local(_)) || file.promise.as_ref().is_some_and(is_cached)
    }
}

/// A disk that is full stays full: there is no use in trying the next file.
fn is_disk(error: &CurateError) -> bool {
    matches!(error, CurateError::Failed(failed) if matches!(**failed, crate::Failed::Disk(_)))
}

fn problem(candidate: &Candidate, why: CurateError) -> Problem {
    Problem { what: candidate.name.as_str().to_owned(), why }
}
