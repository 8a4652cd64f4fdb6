//! Rules that hold for whatever database answers: the user's policy, and quorums.

use packman_names::ProjectName;

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

/// For which projects how many of which databases must agree on a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quorum {
    /// The projects.
    pub projects: Scope,
    /// How many must agree: at least one, and no more than there are.
    pub agree: usize,
    /// Of these; one that is not in the ring never agrees.
    pub of: Vec<EntryName>,
}

impl Quorum {
    /// The rule for a project: the first that names it.
    pub(crate) fn own<'q>(rules: &'q [Self], project: &ProjectName) -> Option<&'q Self> {
        rules.iter().find(|rule| rule.projects.admits(project))
    }
}
