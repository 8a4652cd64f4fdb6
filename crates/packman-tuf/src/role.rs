//! The roles, and what their files are called.

use std::fmt;
use std::sync::Arc;

use packman_strict::quote::quoted;

/// A top-level role of TUF: who signs what (section 2.1 of the specification).
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

    /// The same where a root may say that there are no consistent snapshots: then the root alone is numbered.
    pub(crate) fn published(self, version: u64, consistent: bool) -> String {
        if consistent || self == Self::Root {
            self.file_path(version)
        } else {
            format!("metadata/{self}.json")
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of any role, a delegated one's included.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct RoleName(Arc<str>);

impl RoleName {
    /// Takes the name of a delegated role (section 4.5): any text that is not empty and names no top-level role.
    /// It is outside text, and becomes part of a path or a URL only as [`RoleName::file_path`] spells it.
    pub fn delegated(name: &str) -> Option<Self> {
        (!name.is_empty() && Role::parse(name).is_none()).then(|| Self(name.into()))
    }

    /// The name as metadata writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which a snapshot lists the role's file.
    pub(crate) fn in_snapshot(&self) -> String {
        format!("{}.json", self.0)
    }

    /// Where a version of a delegated role's file is published. Whatever is no letter, digit, `-`, `.`, `_` or `~`
    /// is percent-encoded, the slash too: no name leads out of the folder.
    pub fn file_path(&self, version: u64, consistent: bool) -> String {
        let name = self.encoded();
        if consistent { format!("metadata/{version}.{name}.json") } else { format!("metadata/{name}.json") }
    }

    fn encoded(&self) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let encode = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        self.0.bytes().map(encode).collect()
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        Self(role.name().into())
    }
}

/// In backticks, with whatever is not plain escaped.
impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(&self.0).fmt(f)
    }
}
