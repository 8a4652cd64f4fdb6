//! Refusals of the gate: a database that should answer and must not be believed now.

use core::fmt;

use packman_database::MalformedRecord;
use packman_names::ProjectName;
use packman_strict::time::Time;

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
            WhyRefused::Absent { .. } => "database-absent",
        }
    }

    /// Whether nothing is wrong but its age.
    pub fn is_expiry(&self) -> bool {
        match &self.why {
            WhyRefused::Expired { .. } => true,
            WhyRefused::Bytes(refusal) => matches!(refusal.reason(), packman_tuf::Reason::Expired { .. }),
            WhyRefused::Malformed { .. } | WhyRefused::Absent { .. } => false,
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
            WhyRefused::Absent { project, why } => {
                format!("it should answer for `{project}`, nothing of it is kept here, and {why}")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database `{}` refused", self.database)
    }
}

impl core::error::Error for Refused {}
