//! The top-level roles, and what their files are called.
//!
//! Delegated roles will enter here as a variant that carries its name; everything else already takes a [`Role`].

use std::fmt;

/// A role of TUF: who signs what (section 2.1 of the specification).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Role {
    /// Says which keys every role has.
    Root,
    /// Says which snapshot is the newest.
    Timestamp,
    /// Says which versions of the targets files belong together.
    Snapshot,
    /// Says which targets there are.
    Targets,
}

impl Role {
    /// All top-level roles, in the order in which a refresh comes to them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Timestamp, Self::Snapshot, Self::Targets];

    /// The name as it stands in `_type` and in `roles` of a root.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Timestamp => "timestamp",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Where a version of the role's file is published: consistent snapshots number all but the timestamp
    /// (section 6.2.1).
    pub fn file_path(self, version: u64) -> String {
        match self {
            Self::Timestamp => "metadata/timestamp.json".to_owned(),
            _ => format!("metadata/{version}.{self}.json"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
