//! What every use case works with, and what it tells while it works.

use packman_machine::cache::Cache;
use packman_machine::home::Home;
use packman_machine::network::Fetcher;
use packman_machine::ssh_agent::{AgentFailure, SshAgent};
use packman_machine::stop::Stop;
use packman_names::{ProjectName, Version};
use packman_strict::Sha256;
use packman_strict::time::Time;

use crate::error::CurateError;
use crate::keys::{KeyRing, Passphrases};

/// The scapegoat at work: the machine, the time, and the person.
pub struct Curator<'c> {
    /// Where private keys are.
    pub home: &'c Home,
    /// Where downloads are kept, so that a second try takes none again.
    pub cache: &'c Cache,
    /// The network.
    pub fetcher: &'c Fetcher,
    /// The time of the whole run.
    pub now: Time,
    /// Who is told what goes on.
    pub events: &'c dyn Events,
    /// The user's ssh-agent, or why there is none.
    pub agent: &'c Result<SshAgent, AgentFailure>,
    /// Who is asked for passphrases.
    pub passphrases: &'c dyn Passphrases,
    /// The user's wish to end it.
    pub stop: &'c Stop,
}

impl Curator<'_> {
    /// The keys of the database with this root chain.
    pub(crate) fn ring(&self, chain: &Sha256) -> Result<KeyRing<'_>, CurateError> {
        KeyRing::of(self.home, chain, self.passphrases, (self.agent, self.stop))
    }
}

/// Is told what goes on, from several threads.
pub trait Events: Sync {
    /// Takes one piece of news.
    fn event(&self, event: Event<'_>);
}

/// One piece of news.
#[derive(Clone, Debug)]
pub enum Event<'e> {
    /// The index is asked about a project.
    Asking {
        /// The project.
        project: &'e ProjectName,
    },
    /// A download began.
    Began {
        /// Stands for the download in what follows.
        id: usize,
        /// The file name.
        file: &'e str,
        /// Its size in bytes, where the index says it.
        size: Option<u64>,
    },
    /// Bytes of a download came: so many since its beginning; fewer than before when another host was begun with.
    Received {
        /// The download.
        id: usize,
        /// Its bytes so far.
        bytes: u64,
    },
    /// A download ended, well or not.
    Ended {
        /// The download.
        id: usize,
    },
    /// These files will be fetched.
    Fetching {
        /// How many.
        files: usize,
        /// Their bytes, as far as they are known.
        bytes: u64,
        /// Whether the size of each is known.
        is_exact: bool,
        /// How many more are taken from this machine: of a folder, or kept already.
        here: usize,
        /// What they were chosen for, in words.
        targets: &'e [String],
    },
    /// Another PackMan holds the database; we wait.
    Waiting,
    /// Something a person should know.
    Note(&'e Note),
}

/// Something a person should know. None of these ends a command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Note {
    /// A newer release was passed over because it is too young.
    TooYoung {
        /// The project.
        project: ProjectName,
        /// The release that was passed over.
        newer: Version,
        /// When it was uploaded.
        uploaded: Time,
        /// The release that is taken instead, if any.
        taken: Option<Version>,
        /// How old it would have to be, in days.
        min_age_days: u32,
    },
    /// The index does not say when files were uploaded, so that their age was not looked at. Said once.
    NoUploadTimes {
        /// The project where that was noticed.
        project: ProjectName,
    },
    /// The index names no SHA-256 for a file: the one that was computed is nobody's claim. Said once.
    NoIndexHash {
        /// The file where that was noticed.
        file: String,
    },
    /// A release is there as source only: it is listed, and nobody can install it.
    SourceOnly {
        /// The project.
        project: ProjectName,
        /// The release.
        version: Version,
    },
    /// The marker of a requirement is false for every target, so that it was passed over, as pip does.
    Elsewhere {
        /// The requirement and its place, in words that can be shown as they are.
        requirement: String,
    },
    /// A lock file holds releases that no target needs.
    LockedElsewhere {
        /// How many.
        releases: usize,
    },
    /// What is needed on another platform could not be recorded, so that a lock for every platform will not be found.
    NotForLock {
        /// What is needed.
        requirement: String,
    },
    /// What was recorded cannot be installed from this database alone.
    Lacks {
        /// The project.
        project: ProjectName,
        /// What it needs and the database does not hold.
        needs: Vec<ProjectName>,
    },
    /// The same of so many more; for people, to whom not each is told.
    MoreNotForLock {
        /// How many.
        more: usize,
    },
    /// A source was not looked into for what builds it: it is no tar archive, or too large.
    SourceUnread {
        /// The file.
        file: String,
    },
    /// The index says where a file was built, and what it says could not be read.
    ProvenanceUnread {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// A file that was recorded is yanked at its source now, or no longer.
    YankChanged {
        /// The file.
        file: String,
        /// The reason, where it is yanked now.
        yanked: Option<String>,
    },
    /// The spare root key is still on this machine.
    SpareIsHere {
        /// Where.
        path: std::path::PathBuf,
    },
}

/// How other wheels are asked for.
const NAME_OTHERS: &str = "`--python` and `--platform` name others";

impl Note {
    /// The note in words, one line.
    pub fn words(&self) -> String {
        match self {
            Self::TooYoung { project, newer, uploaded, taken, min_age_days } => {
                let instead = taken.as_ref().map_or("nothing".to_owned(), |taken| format!("`{taken}`"));
                format!(
                    "`{project}` {newer} of {} is younger than {min_age_days} days: took {instead}; to take it all \
                     the same, name it: `{project}=={newer}`",
                    uploaded.date()
                )
            }
            Self::NoUploadTimes { project } => {
                format!(
                    "the index does not say when files were uploaded (of `{project}`, say): age was not looked at"
                )
            }
            Self::NoIndexHash { file } => {
                format!(
                    "the index names no SHA-256 (of {}, say): what was computed is recorded",
                    crate::quoted(file)
                )
            }
            Self::SourceOnly { project, version } => format!(
                "`{project}` {version} is there as a source distribution only: it is listed, and nobody can install it"
            ),
            Self::Elsewhere { requirement } => {
                format!("{requirement} is for other Pythons or platforms, and was passed over; {NAME_OTHERS}")
            }
            Self::LockedElsewhere { releases: 1 } => {
                format!(
                    "1 release of the lock is for other Pythons or platforms, and was passed over; {NAME_OTHERS}"
                )
            }
            Self::LockedElsewhere { releases } => format!(
                "{releases} releases of the lock are for other Pythons or platforms, and were passed over; {NAME_OTHERS}"
            ),
            Self::NotForLock { requirement } => format!(
                "the index has no wheel for {}, which is needed on another platform: a lock for every platform will \
                 not be found",
                crate::quoted(requirement)
            ),
            Self::MoreNotForLock { more } => {
                format!("nor for {more} more that other platforms need; `--json` lists them all")
            }
            Self::Lacks { project, needs } => {
                let needs: Vec<String> = needs.iter().map(|need| format!("`{need}`")).collect();
                format!(
                    "`{project}` needs {}, which this database does not hold: who has it from no other cannot install \
                     it; `--with-dependencies` records what is needed",
                    needs.join(", ")
                )
            }
            Self::SourceUnread { file } => format!(
                "{} was not looked into for what builds it: wanted a `.tar.gz` of at most 256 MiB",
                crate::quoted(file)
            ),
            Self::ProvenanceUnread { file, why } => {
                format!("who built {} could not be read, and was not recorded: {why}", crate::quoted(file))
            }
            Self::YankChanged { file, yanked: Some(reason) } if reason.is_empty() => {
                format!("{} was yanked at its source", crate::quoted(file))
            }
            Self::YankChanged { file, yanked: Some(reason) } => {
                format!("{} was yanked at its source: {}", crate::quoted(file), crate::quoted(reason))
            }
            Self::YankChanged { file, yanked: None } => {
                format!("{} is no longer yanked at its source", crate::quoted(file))
            }
            Self::SpareIsHere { path } => format!(
                "the spare root key is still on this machine: move {} to where it is not lost together with this machine",
                crate::error::shown(path)
            ),
        }
    }
}
