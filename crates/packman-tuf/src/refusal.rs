//! Why signed bytes were not believed: which file, what was found there, what was wanted.
//!
//! All errors of this crate's reading side are refusals: the data is to blame, never the machine or the network.

use std::fmt;

use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_strict::time::Time;

use crate::{Role, RoleName, SafetyNumber};

/// A file that is not believed, and why. Nothing that was believed before has changed because of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal(Box<Inner>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Inner {
    path: String,
    reason: Reason,
}

/// What is wrong with a file: found and wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The file is not strict JSON.
    BadJson(String),
    /// The file is JSON, but not metadata as TUF has it.
    BadMetadata(String),
    /// The file belongs to another role.
    WrongRole {
        /// The role that the file says it is of.
        found: String,
        /// The role that was asked for.
        wanted: Role,
    },
    /// Too few distinct keys of the role signed the file.
    BadSignature {
        /// Distinct keys whose signature holds.
        found: usize,
        /// Distinct keys that are needed.
        wanted: u32,
        /// The role whose keys were counted.
        role: RoleName,
    },
    /// A next root that its own keys signed, but not the keys of the root that is remembered.
    UnexplainedChange {
        /// Distinct remembered keys whose signature holds.
        found: usize,
        /// Distinct remembered keys that are needed.
        wanted: u32,
    },
    /// The file has another version than the one that was asked for.
    WrongVersion {
        /// The version in the file.
        found: u64,
        /// The version asked for.
        wanted: u64,
    },
    /// A version went back below one that was seen before.
    Rollback {
        /// Whose version: of the file itself, or of a file that it lists.
        of: String,
        /// The version found.
        found: u64,
        /// The lowest that can be believed.
        wanted: u64,
    },
    /// A role that the snapshot listed before is not listed any more.
    Disappeared {
        /// The file name that the snapshot no longer lists.
        name: String,
    },
    /// The file has expired.
    Expired {
        /// When it expired.
        expires: Time,
        /// The time of the refresh.
        now: Time,
    },
    /// The file has another digest than signed metadata says.
    HashMismatch {
        /// The digest of the bytes.
        found: String,
        /// The digest that was signed, of the same kind.
        wanted: String,
    },
    /// Every digest that is signed for the file is of a kind that we do not know.
    UnknownHash,
    /// The file has another length than signed metadata says.
    LengthMismatch {
        /// The length found, in bytes.
        found: u64,
        /// The length that was signed, in bytes.
        wanted: u64,
    },
    /// The file is longer than any file of its role may be.
    TooLarge {
        /// The length found, in bytes.
        found: u64,
        /// The longest that is read, in bytes.
        wanted: u64,
    },
    /// The chain of roots goes on past the limit.
    TooManyRoots {
        /// The highest version of a root that is read.
        limit: u64,
    },
    /// The way to a target leads through more delegated roles than are visited.
    TooManyDelegations {
        /// The most delegated roles that are visited for one target.
        limit: usize,
    },
    /// A delegated role that no snapshot lists: nothing says which version of it is in force.
    NotInSnapshot {
        /// The role.
        role: RoleName,
    },
    /// The same keys signed two different files of one version.
    Contradiction {
        /// The version that both have.
        version: u64,
        /// The digest of the signed part found.
        found: Sha256,
        /// The digest of the signed part that is remembered.
        remembered: Sha256,
    },
    /// No root has the safety number that was given.
    NumberMismatch {
        /// The number of the first root that was read.
        found: SafetyNumber,
        /// The number that was given.
        wanted: SafetyNumber,
        /// How many roots were read.
        roots: u64,
    },
    /// The file is not there.
    Missing,
    /// The file is not among the targets.
    UnknownTarget,
}

impl Refusal {
    pub(crate) fn new(path: impl Into<String>, reason: Reason) -> Self {
        Self(Box::new(Inner { path: path.into(), reason }))
    }

    /// The path of the refused file in its repository, such as `metadata/timestamp.json`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong with the file.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The stable code, one of [`Refusal::codes`].
    pub fn code(&self) -> &'static str {
        match self.0.reason {
            Reason::BadJson(_) => "bad-json",
            Reason::BadMetadata(_) => "bad-metadata",
            Reason::WrongRole { .. } => "wrong-role",
            Reason::BadSignature { .. } => "bad-signature",
            Reason::UnexplainedChange { .. } => "unexplained-change",
            Reason::WrongVersion { .. } => "wrong-version",
            Reason::Rollback { .. } | Reason::Disappeared { .. } => "rollback",
            Reason::Expired { .. } => "expired",
            Reason::HashMismatch { .. } => "hash-mismatch",
            Reason::UnknownHash => "unknown-hash",
            Reason::LengthMismatch { .. } => "length-mismatch",
            Reason::TooLarge { .. } => "too-large",
            Reason::TooManyRoots { .. } => "too-many-roots",
            Reason::TooManyDelegations { .. } => "too-many-delegations",
            Reason::NotInSnapshot { .. } => "not-in-snapshot",
            Reason::Contradiction { .. } => "contradiction",
            Reason::NumberMismatch { .. } => "number-mismatch",
            Reason::Missing => "missing-file",
            Reason::UnknownTarget => "unknown-target",
        }
    }

    /// Every code that a refusal of this crate can have, [`Damaged`](crate::Damaged) included.
    pub const fn codes() -> &'static [&'static str] {
        &[
            "bad-json",
            "bad-metadata",
            "wrong-role",
            "bad-signature",
            "unexplained-change",
            "wrong-version",
            "rollback",
            "expired",
            "hash-mismatch",
            "unknown-hash",
            "length-mismatch",
            "too-large",
            "too-many-roots",
            "too-many-delegations",
            "not-in-snapshot",
            "contradiction",
            "number-mismatch",
            "missing-file",
            "unknown-target",
            "state-damaged",
        ]
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", quoted(&self.0.path), self.0.reason)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadJson(why) | Self::BadMetadata(why) => f.write_str(why),
            Self::WrongRole { found, wanted } => {
                write!(f, "found a file of role {}, wanted one of `{wanted}`", quoted(found))
            }
            Self::BadSignature { found, wanted, role } => {
                write!(f, "signed by {found} of the {role} keys, wanted {wanted}")
            }
            Self::UnexplainedChange { found, wanted } => write!(
                f,
                "signed by its own keys, but by {found} of the `root` keys that are remembered, wanted {wanted}"
            ),
            Self::WrongVersion { found, wanted } => write!(f, "found version {found}, wanted {wanted}"),
            Self::Rollback { of, found, wanted } => {
                write!(f, "{of} went back to version {found}, wanted at least {wanted}")
            }
            Self::Disappeared { name } => {
                write!(f, "{} was listed before and is missing, wanted it listed", quoted(name))
            }
            Self::Expired { expires, now } => write!(f, "expired at {expires}, wanted later than {now}"),
            Self::HashMismatch { found, wanted } => {
                let kind = if wanted.len() == 128 { "sha-512" } else { "sha-256" };
                write!(f, "found {kind} {found}, wanted {wanted}")
            }
            Self::UnknownHash => {
                f.write_str("signed with digests of unknown kinds alone, wanted SHA-256 or SHA-512")
            }
            Self::LengthMismatch { found, wanted } => write!(f, "found {found} bytes, wanted {wanted}"),
            Self::TooLarge { found, wanted } => write!(f, "found {found} bytes, wanted at most {wanted}"),
            Self::TooManyRoots { limit } => write!(f, "the chain of roots goes on, wanted at most {limit}"),
            Self::TooManyDelegations { limit } => {
                write!(
                    f,
                    "not found among {limit} delegated roles, wanted at most as many on the way to a target"
                )
            }
            Self::NotInSnapshot { role } => write!(f, "the snapshot does not list the delegated role {role}"),
            Self::Contradiction { version, found, remembered } => write!(
                f,
                "two files of version {version} are signed: found signed part {found}, remembered {remembered}"
            ),
            // The number that was found is not told: ready to be pasted, it would take the place of the comparison.
            Self::NumberMismatch { wanted, roots: 1, .. } => {
                write!(f, "found another safety number than {wanted}")
            }
            Self::NumberMismatch { wanted, roots, .. } => {
                write!(f, "none of the {roots} roots up to this one has safety number {wanted}")
            }
            Self::Missing => f.write_str("the file is not there, wanted one"),
            Self::UnknownTarget => f.write_str("the file is not among the signed targets"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each reason: a new one does not compile until it stands here.
    fn every_reason() -> Vec<Reason> {
        let (sha256, number) = (Sha256::of(b""), SafetyNumber::of_signed_part(b""));
        let time = Time::from_seconds(0);
        let all = vec![
            Reason::BadJson(String::new()),
            Reason::BadMetadata(String::new()),
            Reason::WrongRole { found: String::new(), wanted: Role::Root },
            Reason::BadSignature { found: 0, wanted: 1, role: Role::Root.into() },
            Reason::UnexplainedChange { found: 0, wanted: 1 },
            Reason::WrongVersion { found: 1, wanted: 2 },
            Reason::Rollback { of: String::new(), found: 1, wanted: 2 },
            Reason::Disappeared { name: String::new() },
            Reason::Expired { expires: time, now: time },
            Reason::HashMismatch { found: String::new(), wanted: String::new() },
            Reason::UnknownHash,
            Reason::LengthMismatch { found: 1, wanted: 2 },
            Reason::TooLarge { found: 2, wanted: 1 },
            Reason::TooManyRoots { limit: 1 },
            Reason::TooManyDelegations { limit: 1 },
            Reason::NotInSnapshot { role: Role::Root.into() },
            Reason::Contradiction { version: 1, found: sha256, remembered: sha256 },
            Reason::NumberMismatch { found: number, wanted: number, roots: 1 },
            Reason::Missing,
            Reason::UnknownTarget,
        ];
        for reason in &all {
            match reason {
                Reason::BadJson(_)
                | Reason::BadMetadata(_)
                | Reason::WrongRole { .. }
                | Reason::BadSignature { .. }
                | Reason::UnexplainedChange { .. }
                | Reason::WrongVersion { .. }
                | Reason::Rollback { .. }
                | Reason::Disappeared { .. }
                | Reason::Expired { .. }
                | Reason::HashMismatch { .. }
                | Reason::UnknownHash
                | Reason::LengthMismatch { .. }
                | Reason::TooLarge { .. }
                | Reason::TooManyRoots { .. }
                | Reason::TooManyDelegations { .. }
                | Reason::NotInSnapshot { .. }
                | Reason::Contradiction { .. }
                | Reason::NumberMismatch { .. }
                | Reason::Missing
                | Reason::UnknownTarget => (),
            }
        }
        all
    }

    #[test]
    fn the_list_of_codes_is_the_codes_that_there_are() {
        let mut codes: Vec<_> =
            every_reason().into_iter().map(|reason| Refusal::new("", reason).code()).collect();
        codes.push("state-damaged");
        codes.dedup();
        assert_eq!(codes, Refusal::codes());
    }

    #[test]
    fn outside_text_is_escaped() {
        let found = "root\u{1b}[2J".to_owned();
        let refusal = Refusal::new("a\nb", Reason::WrongRole { found, wanted: Role::Root });
        insta::assert_snapshot!(refusal, @r"`a\nb`: found a file of role `root\u{1b}[2J`, wanted one of `root`");
    }
}
