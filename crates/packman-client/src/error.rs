//! Why a use case ended without doing what was asked, sorted by blame. They never turn into each other.

mod from;
mod words;

use packman_machine::failure::{DiskFailure, DiskReason};
use packman_names::ProjectName;
use packman_trust::{Class, EntryName, NoEvidence, Nobody, Refused, RingError, WhyNot, Words};

/// Why a use case ended without doing what was asked.
#[derive(Debug)]
pub enum ClientError {
    /// Bytes, signatures, age or memory are not to be believed. Exit code 3.
    Refused(Box<RefusedWhy>),
    /// Everything is believed, and the answer is no. Exit code 1.
    No(Box<No>),
    /// The machine or the network failed. Exit code 4.
    Failed(Box<Failed>),
    /// The command makes no sense. Exit code 2.
    Usage(Usage),
    /// The user asked to stop.
    Stopped,
}

impl ClientError {
    /// Whether it is that a home, or a file of it, may be read only.
    pub(crate) fn is_home_that_is_only_read(&self) -> bool {
        let Self::Failed(failed) = self else { return false };
        let Failed::Disk(failure) = &**failed else { return false };
        matches!(failure.reason(), DiskReason::ReadOnly | DiskReason::NoPermission)
    }
}

/// A command that makes no sense.
#[derive(Clone, Debug)]
pub struct Usage {
    /// What is wrong with it.
    pub what: String,
    /// What was meant, where that can be told.
    pub hint: Option<String>,
}

/// What is not to be believed.
#[derive(Debug)]
pub enum RefusedWhy {
    /// A database that has to answer.
    Database(Refused),
    /// A database whose last good copy does not list a project that nobody else lists either: whether it does by now
    /// cannot be believed.
    Unlisted {
        /// The project.
        project: ProjectName,
        /// What was refused of the database.
        refused: Refused,
        /// Who needs the project, where the command does not name it.
        needed: Vec<String>,
    },
    /// A database at first use.
    FirstUse {
        /// Where it is.
        url: String,
        /// Why.
        refusal: packman_tuf::Refusal,
    },
    /// A database that is new, over a channel that anybody can change, without its safety number.
    NumberNeeded {
        /// Where it is.
        url: String,
    },
    /// A database at first use, against which a list of the ring speaks.
    SpokenAgainst {
        /// What people read of it.
        words: Words,
        /// Which kind of change it is.
        class: Class,
    },
    /// What looks like a database of the first PackMan is none that is read here.
    OldDatabase {
        /// The file.
        path: String,
        /// Why.
        why: packman_database::PlistError,
    },
    /// A file that should be evidence of a contradiction, and proves nothing.
    Evidence {
        /// Its path.
        path: String,
        /// Why not.
        why: NoEvidence,
    },
    /// A safety number that no remembered root of a database has, where its address could not be asked for another.
    NumberUnknown {
        /// The database.
        database: EntryName,
        /// Where it is.
        url: String,
        /// Why it could not be asked.
        why: Vec<String>,
    },
    /// A file of the home that cannot be what PackMan wrote.
    StateDamaged {
        /// Its path.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The ring has a database of which nothing is remembered any more.
    MemoryGone {
        /// The database.
        database: EntryName,
    },
    /// The administrator's ring has a database of which nothing is remembered beside it.
    AdministratorLacks {
        /// The database.
        database: EntryName,
    },
    /// A file of the administrator's that others than root can change.
    AdministratorsExposed {
        /// Its path.
        path: String,
        /// What can be changed: it, or a folder on the way to it.
        exposed: String,
    },
    /// A file of the home that others can write.
    StateExposed {
        /// Its path.
        path: String,
        /// The other user whom it, or its folder, belongs to, where it does.
        owner: Option<String>,
        /// All files and folders of the home that are so.
        all: Vec<String>,
    },
    /// What an environment says of itself.
    Environment(packman_wheel::Conflict),
    /// A wheel that is not what its record says, or not safe to unpack.
    Wheel {
        /// Its file name.
        file: String,
        /// Why.
        refusal: packman_wheel::WheelRefusal,
    },
    /// No host gave the bytes that were vouched for, and one gave others.
    WrongBytes {
        /// The file name.
        file: String,
        /// The SHA-256 that was vouched for.
        wanted: packman_strict::Sha256,
        /// Each host with what it gave.
        tried: Vec<String>,
    },
}

/// What is believed, and the answer is no.
#[derive(Debug)]
pub enum No {
    /// No database of the ring vouches for it.
    NobodyVouches(Nobody),
    /// No set of releases fits.
    NothingFits(Box<packman_resolve::Explanation>),
    /// A requirement of a kind that PackMan does not take.
    Requirement(packman_resolve::RefusedRequirement),
    /// A file that was vouched for is none of those whose hashes the user named.
    NotPinned {
        /// Its name.
        file: String,
        /// The SHA-256 that was vouched for.
        vouched: packman_strict::Sha256,
    },
    /// A file that is needed, where hashes are named, and none for its project.
    Unhashed {
        /// Its name.
        file: String,
        /// The SHA-256 that was vouched for.
        vouched: packman_strict::Sha256,
    },
    /// What is installed came from another file than those whose hashes the user named.
    InstalledOther {
        /// The project.
        project: ProjectName,
        /// Its version.
        version: packman_names::Version,
        /// The file that it came from.
        file: String,
        /// That file's SHA-256.
        found: packman_strict::Sha256,
    },
    /// A lock was made for other environments.
    OtherEnvironment {
        /// Where that stands.
        place: String,
        /// The markers of those that it was made for.
        wanted: Vec<String>,
    },
    /// What is asked for is meant for other Pythons.
    OtherPython {
        /// Where that stands.
        place: String,
        /// The Pythons that it is meant for, as written.
        wanted: String,
        /// The Python of the environment.
        found: String,
    },
    /// A person has to decide, and nobody was there or he decided no.
    ConsentNeeded {
        /// What was asked.
        what: String,
        /// The flag that answers it.
        flag: String,
    },
    /// The interpreter belongs to somebody else's package manager (PEP 668).
    ExternallyManaged {
        /// The interpreter's folder.
        folder: String,
        /// What its manager says.
        message: Option<String>,
    },
    /// A file of another package, or of nobody, is in the way; or an uninstall would leave the environment.
    Environment(packman_wheel::Conflict),
    /// A project that is not installed.
    NotInstalled(ProjectName),
    /// A project that no database took back, and that is therefore not moved out of the way.
    NotRecalled(ProjectName),
    /// A project that is not out of the way.
    NotDisabled(ProjectName),
    /// Only a program that came with the environment could say what it is.
    ProjectPython {
        /// Its folder.
        folder: String,
    },
    /// There is no environment to work in.
    NoEnvironment,
    /// A locked release of a kind that PackMan does not take.
    LockedLeft {
        /// The project.
        project: ProjectName,
        /// Why not.
        why: packman_requirements::WhyNotTaken,
    },
    /// A locked release has no wheel that fits here.
    NoLockedWheel {
        /// The project.
        project: ProjectName,
        /// Where it stands.
        place: String,
    },
    /// A locked file is none that the database that answers vouches for.
    LockedUnvouched {
        /// The project.
        project: ProjectName,
        /// The version that the lock says it is.
        version: Option<packman_names::Version>,
        /// The hash that the lock names.
        sha256: packman_strict::Sha256,
        /// The database that answers.
        database: EntryName,
    },
    /// A locked file was taken back.
    LockedRecalled {
        /// The project.
        project: ProjectName,
        /// The version that the lock says it is.
        version: Option<packman_names::Version>,
        /// Why, in its scapegoat's words.
        reason: String,
    },
    /// A rule of the ring leaves a locked file out.
    LockedLeftOut {
        /// The project.
        project: ProjectName,
        /// The version that the lock says it is.
        version: Option<packman_names::Version>,
        /// Which rule.
        why: WhyNot,
    },
    /// Something stands where an environment is to be made.
    InTheWay {
        /// The folder.
        folder: String,
        /// Whether it is an environment already.
        is_environment: bool,
    },
    /// No list of the ring names a database so.
    NotListed {
        /// The name.
        name: EntryName,
        /// How many lists were asked.
        lists: usize,
    },
    /// The ring's rules do not allow it.
    Ring(RingError),
    /// The ring's policy forbids what the command was told to do.
    Policy {
        /// What that is.
        what: &'static str,
    },
}

/// What the machine or the network could not do.
#[derive(Debug)]
pub enum Failed {
    /// A file or folder.
    Disk(DiskFailure),
    /// The network.
    Network {
        /// What was wanted.
        what: String,
        /// Why it failed; one line for each place that was asked.
        why: Vec<String>,
        /// What can be done.
        hint: Option<&'static str>,
    },
    /// An interpreter or an environment.
    Python {
        /// What went wrong.
        what: String,
        /// What can be done.
        hint: Option<&'static str>,
    },
    /// Changing an environment, or making ready what goes into it.
    Environment {
        /// The stable code.
        code: &'static str,
        /// What went wrong.
        what: String,
        /// What can be done.
        hint: Option<&'static str>,
    },
}

/// What can be done where the machine would not change a file of an environment.
pub(crate) fn environment_hint(code: &str) -> Option<&'static str> {
    match code {
        "read-only" | "no-permission" => {
            Some("`--venv DIR` names an environment that you may write, and `packman venv DIR` makes one")
        }
        "disk-full" => Some("make room, then try again: nothing half done was left"),
        _ => None,
    }
}

impl ClientError {
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(Usage { what: what.into(), hint: None })
    }

    /// The stable code, which `packman explain` knows.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(why) => why.code(),
            Self::No(no) => no.code(),
            Self::Failed(failed) => failed.code(),
            Self::Usage(_) => "usage",
            Self::Stopped => "stopped",
        }
    }
}

impl ClientError {
    /// The database that was refused and ended this, where one did.
    pub(crate) fn refused_database(&self) -> Option<&EntryName> {
        match self {
            Self::Refused(why) => match &**why {
                RefusedWhy::Database(refused) | RefusedWhy::Unlisted { refused, .. } => {
                    Some(&refused.database)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl RefusedWhy {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(refused) | Self::Unlisted { refused, .. } => refused.code(),
            Self::FirstUse { refusal, .. } => refusal.code(),
            Self::NumberNeeded { .. } => "number-needed",
            Self::Evidence { .. } => "bad-evidence",
            Self::OldDatabase { .. } => "bad-property-list",
            Self::SpokenAgainst { class: Class::Withdrawn, .. } => "withdrawn",
            Self::SpokenAgainst { .. } => "contradiction",
            Self::NumberUnknown { .. } => "number-mismatch",
            Self::StateDamaged { .. } | Self::MemoryGone { .. } | Self::AdministratorLacks { .. } => {
                "state-damaged"
            }
            Self::StateExposed { .. } | Self::AdministratorsExposed { .. } => "state-exposed",
            Self::Environment(conflict) => conflict.code(),
            Self::Wheel { refusal, .. } => refusal.code(),
            Self::WrongBytes { .. } => "hash-mismatch",
        }
    }
}

impl No {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NobodyVouches(_) | Self::LockedUnvouched { .. } => "not-vouched",
            Self::NothingFits(explanation) => explanation.code(),
            Self::Requirement(refused) => refused.code(),
            Self::NotPinned { .. } | Self::InstalledOther { .. } => "not-pinned",
            Self::Unhashed { .. } => "unhashed",
            Self::OtherEnvironment { .. } => "other-environment",
            Self::OtherPython { .. } => "requires-python",
            Self::ConsentNeeded { .. } => "consent-needed",
            Self::ExternallyManaged { .. } => "externally-managed",
            Self::Environment(conflict) => conflict.code(),
            Self::NotInstalled(_) => "not-installed",
            Self::NotRecalled(_) => "not-recalled-here",
            Self::NotDisabled(_) => "not-disabled",
            Self::ProjectPython { .. } => "project-python",
            Self::NoEnvironment => "no-environment",
            Self::InTheWay { .. } => "in-the-way",
            Self::LockedLeft { why, .. } => why.code(),
            Self::NoLockedWheel { .. } => "no-wheel",
            Self::LockedRecalled { .. } => "recalled",
            Self::LockedLeftOut { why, .. } => why.code(),
            Self::NotListed { .. } => "no-such-listing",
            Self::Ring(error) => error.code(),
            Self::Policy { .. } => "policy",
        }
    }
}

impl Failed {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "disk",
            Self::Network { .. } => "network",
            Self::Python { .. } => "python",
            Self::Environment { code, .. } => code,
        }
    }
}
