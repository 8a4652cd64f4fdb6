//! Rules that hold for whatever database answers: the user's policy, and quorums.

use core::fmt;

use super::EntryName;
use crate::scope::Scope;

/// What the user, or who administers the machine, does not allow. Without a word all is allowed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// Whether a file is offered only if a person has looked inside it (`require-review = "human"`).
    pub require_human_review: bool,
    /// Whether nothing that no signature and no hash holds may answer (`forbid-unverified`).
    pub forbid_unverified: bool,
    /// Whether `--accept-expired` is refused (`forbid-accept-expired`).
    pub forbid_accept_expired: bool,
}

impl Policy {
    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        Self {
            require_human_review: self.require_human_review || other.require_human_review,
            forbid_unverified: self.forbid_unverified || other.forbid_unverified,
            forbid_accept_expired: self.forbid_accept_expired || other.forbid_accept_expired,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = [
            (self.require_human_review, "require-review=human"),
            (self.forbid_unverified, "forbid-unverified"),
            (self.forbid_accept_expired, "forbid-accept-expired"),
        ];
        let held: Vec<&str> = rules.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect();
        f.write_str(&if held.is_empty() { "nothing is forbidden".to_owned() } else { held.join(", ") })
    }
}

/// Who wrote an entry or a rule of the ring.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Owner {
    /// Who administers the machine: it comes first, and the user cannot change it.
    Administrator,
    /// The user.
    #[default]
    User,
}

impl Owner {
    /// What is added to what holds an entry, wherever that is shown: nothing for the user's own.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Administrator => ", administrator's",
            Self::User => "",
        }
    }
}

/// For which projects how many of which databases must agree on a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quorum {
    /// Whose rule it is.
    pub owner: Owner,
    /// The projects.
    pub projects: Scope,
    /// How many must agree: at least one, and no more than there are.
    pub agree: usize,
    /// Of these; one that is not in the ring never agrees.
    pub of: Vec<EntryName>,
}

impl Quorum {
    /// A rule of the user's. One that asks nobody, or that can never be met, is none.
    pub fn new(projects: Scope, agree: usize, mut of: Vec<EntryName>) -> Option<Self> {
        let named = of.len();
        of.sort();
        of.dedup();
        let can_be_met = (1..=of.len()).contains(&agree) && of.len() == named;
        let makes_sense = can_be_met && !projects.patterns().is_empty();
        makes_sense.then_some(Self { owner: Owner::User, projects, agree, of })
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of: Vec<&str> = self.of.iter().map(EntryName::as_str).collect();
        write!(f, "{} of {} must agree", self.agree, of.join(", "))
    }
}
