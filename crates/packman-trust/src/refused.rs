//! Refusals of the gate: a database that should answer and must not be believed now.

use core::fmt;

use packman_database::MalformedRecord;
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_tuf::Role;

use crate::change::{Present, Sight, State, Words, change};
use crate::ring::EntryName;

/// Why a database that has to answer cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The database.
    pub database: EntryName,
    /// Why.
    pub why: WhyRefused,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub enum WhyRefused {
    /// Its word is older than it promised to be.
    Expired {
        /// The role whose life ended first.
        role: &'static str,
        /// When.
        since: Time,
    },
    /// What it sent was refused; its last good copy stays, and is not answered from until it is right again.
    Bytes(packman_tuf::Refusal),
    /// Its signed record is not one.
    Malformed {
        /// The target's path.
        path: String,
        /// What is wrong with it.
        error: MalformedRecord,
    },
    /// The list through which it was learnt takes it back, and the user has not decided yet.
    Withdrawn {
        /// The list, where it is still in the ring.
        by: Option<EntryName>,
        /// Why; empty where no reason was given.
        reason: String,
    },
    /// Two files of one version of a role carry its signature, and which is to be followed is not settled.
    TwoHeads {
        /// The role.
        role: Role,
        /// The version.
        version: u64,
    },
    /// It could not be reached, and nothing is remembered that could answer for this project.
    Absent {
        /// The project that was needed.
        project: ProjectName,
        /// Why it could not be reached.
        why: String,
    },
}

impl Refused {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match &self.why {
            WhyRefused::Expired { .. } => "expired",
            WhyRefused::Bytes(refusal) => refusal.code(),
            WhyRefused::Malformed { .. } => MalformedRecord::CODE,
            WhyRefused::Withdrawn { .. } => "withdrawn",
            WhyRefused::TwoHeads { .. } => "contradiction",
            WhyRefused::Absent { .. } => "database-absent",
        }
    }

    /// Whether nothing is wrong but its age.
    pub fn is_expiry(&self) -> bool {
        match &self.why {
            WhyRefused::Expired { .. } => true,
            WhyRefused::Bytes(refusal) => matches!(refusal.reason(), packman_tuf::Reason::Expired { .. }),
            _ => false,
        }
    }

    /// What people read where what is remembered changed, and not only a copy was bad: the title is the first line of the
    /// error, the sentences are what can be done.
    pub fn words(&self) -> Option<Words> {
        let sight = match &self.why {
            WhyRefused::Bytes(refusal) => Sight::of_refusal(refusal)?,
            WhyRefused::TwoHeads { role, version } => Sight::TwoSigned { role: *role, version: *version },
            WhyRefused::Withdrawn { by, reason } => {
                return Some(Words::withdrawn(&self.database, by.as_ref(), reason));
            }
            _ => return None,
        };
        change(&State::Present(Present::default()), &sight).words(&self.database, &sight)
    }

    /// What this means for what is remembered, where it is more than a bad copy.
    pub fn sight(&self) -> Option<Sight> {
        match &self.why {
            WhyRefused::Bytes(refusal) => Sight::of_refusal(refusal),
            _ => None,
        }
    }

    /// Why, as the second line of an error.
    pub fn because(&self) -> String {
        match &self.why {
            WhyRefused::Expired { role, since } => {
                format!("its {role} was good until {since}, and nothing newer was seen")
            }
            WhyRefused::Bytes(refusal) => refusal.to_string(),
            WhyRefused::Malformed { path, error } => format!("its signed `{}`: {error}", path.escape_debug()),
            WhyRefused::Withdrawn { .. } => {
                "you learnt it through this list, and have not decided since".to_owned()
            }
            WhyRefused::TwoHeads { role, version } => {
                format!("two different files of {} {version} are signed, and one must be false", role.name())
            }
            WhyRefused::Absent { project, why } => {
                format!("it should answer for `{project}`, nothing of it is kept here, and {why}")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => f.write_str(&words.title),
            None => write!(f, "database `{}` refused", self.database),
        }
    }
}

impl core::error::Error for Refused {}
