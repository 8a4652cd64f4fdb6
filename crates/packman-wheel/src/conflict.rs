//! Why an environment cannot be changed as asked: an honest no, or records in it that are not to be believed.

use std::fmt;

use packman_strict::quote::quoted;

use crate::failure::Failure;

/// What in the environment, or in the change itself, stands against it. Nothing was written.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "fields say what their variant says: a path, what was found, what was wanted"
)]
pub enum Conflict {
    /// A file is where the change would put one. The owner is the project whose RECORD lists it.
    FileInTheWay { path: String, project: String, owner: Option<String> },
    /// Two projects of the change bring different files to one place.
    ProjectsCollide { path: String, first: String, second: String },
    /// A project of the change is installed already, and the change does not remove it.
    AlreadyInstalled { project: String, version: String },
    /// An installed project has no RECORD, so nobody knows its files (distutils, a system's own packages).
    NoRecord { project: String, why: &'static str },
    /// The RECORD of an installed project cannot be read.
    RecordDamaged { project: String, why: String },
    /// The RECORD of an installed project names a file outside the environment, or one that makes it up.
    RecordEscapes { project: String, path: String },
    /// A folder in the environment is a link that leads out of it.
    LinkEscapes { path: String },
    /// The notes of an interrupted change are there and cannot be read.
    JournalDamaged { path: String, why: String },
    /// The path of the interpreter cannot stand in the first line of a script.
    Interpreter { path: String, why: &'static str },
    /// The folders of the environment have no folder in common that is theirs alone, or are no plain text.
    Folders { path: String, why: &'static str },
}

impl Conflict {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileInTheWay { .. } => "file-in-the-way",
            Self::ProjectsCollide { .. } => "projects-collide",
            Self::AlreadyInstalled { .. } => "already-installed",
            Self::NoRecord { .. } => "installed-without-record",
            Self::RecordDamaged { .. } => "installed-record-damaged",
            Self::RecordEscapes { .. } => "installed-record-escapes",
            Self::LinkEscapes { .. } => "environment-link-escapes",
            Self::JournalDamaged { .. } => "environment-damaged",
            Self::Interpreter { .. } => "interpreter-path",
            Self::Folders { .. } => "environment-folders",
        }
    }

    /// Whether something in the environment is not to be believed (exit 3), not merely in the way (exit 1).
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::RecordDamaged { .. }
                | Self::RecordEscapes { .. }
                | Self::LinkEscapes { .. }
                | Self::JournalDamaged { .. }
        )
    }

    /// Every code of this type.
    pub const CODES: [&'static str; 10] = [
        "file-in-the-way",
        "projects-collide",
        "already-installed",
        "installed-without-record",
        "installed-record-damaged",
        "installed-record-escapes",
        "environment-link-escapes",
        "environment-damaged",
        "interpreter-path",
        "environment-folders",
    ];
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let q = quoted;
        match self {
            Self::FileInTheWay { path, project, owner: Some(owner) } => {
                write!(f, "{}: is a file of {}, wanted by {}", q(path), q(owner), q(project))
            }
            Self::FileInTheWay { path, project, owner: None } => {
                write!(f, "{}: is there and belongs to no project, wanted by {}", q(path), q(project))
            }
            Self::ProjectsCollide { path, first, second } => {
                write!(f, "{}: {} and {} bring different files to it", q(path), q(first), q(second))
            }
            Self::AlreadyInstalled { project, version } => {
                write!(f, "{}: version {} is installed and would not be removed", q(project), q(version))
            }
            Self::NoRecord { project, why } => write!(f, "{}: {why}, so its files are not known", q(project)),
            Self::RecordDamaged { project, why } => write!(f, "{}: its installed RECORD: {why}", q(project)),
            Self::RecordEscapes { project, path } => {
                write!(
                    f,
                    "{}: its installed RECORD lists {}, which is not a file it may own",
                    q(project),
                    q(path)
                )
            }
            Self::LinkEscapes { path } => {
                write!(f, "{}: is a link that leads out of the environment", q(path))
            }
            Self::JournalDamaged { path, why } => {
                write!(f, "{}: notes of an interrupted change cannot be read: {why}", q(path))
            }
            Self::Interpreter { path, why } => write!(f, "interpreter {}: {why}", q(path)),
            Self::Folders { path, why } => write!(f, "environment: {} {why}", q(path)),
        }
    }
}

impl std::error::Error for Conflict {}

/// Why a change was not made. The environment is as it was, save where [`ChangeError::Unfinished`] says otherwise.
#[derive(Debug)]
#[expect(
    missing_docs,
    reason = "fields say what their variant says: why it failed, and why putting back did"
)]
pub enum ChangeError {
    /// The environment stands against it.
    Conflict(Conflict),
    /// The machine would not do it.
    Failed(Failure),
    /// The observer asked to stop.
    Stopped,
    /// It failed, and putting things back failed too; the next change puts them back first.
    Unfinished { because: Box<ChangeError>, then: Box<ChangeError> },
}

impl ChangeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict(conflict) => conflict.code(),
            Self::Failed(failure) => failure.code(),
            Self::Stopped => "stopped",
            Self::Unfinished { .. } => "change-unfinished",
        }
    }

    /// Every code of this type but those of what it holds.
    pub const CODES: [&'static str; 2] = ["stopped", "change-unfinished"];
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
            Self::Stopped => f.write_str("change: stopped, the environment is as it was"),
            Self::Unfinished { because, then } => {
                write!(
                    f,
                    "change: {because}; putting things back failed too: {then}; the next change tries again"
                )
            }
        }
    }
}

impl std::error::Error for ChangeError {}

impl From<Conflict> for ChangeError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<Failure> for ChangeError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
