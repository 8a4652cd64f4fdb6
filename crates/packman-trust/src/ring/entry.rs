//! One entry of the ring: a list or a database, how it was learnt, and how it stands.

use core::fmt;

use packman_database::Kind;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{Role, SafetyNumber};

use super::Owner;
use crate::assurance::{Holds, How};
use crate::change::{Present, State};
use crate::scope::Scope;

/// The user's own word for an entry: 1 to 64 characters of `a`–`z`, digits, `-`, `_` and `.`, no `.` first.
///
/// It is a label. It never becomes a path.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EntryName(String);

/// A text that cannot name an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntryNameError {
    found: String,
}

impl fmt::Display for EntryNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` cannot name a database; wanted 1 to 64 of `a` to `z`, digits, `-`, `_` and `.`, beginning with a letter or digit",
            self.found.escape_debug()
        )
    }
}

impl core::error::Error for EntryNameError {}

impl EntryName {
    /// Parses a name; capitals are made small.
    pub fn parse(text: &str) -> Result<Self, EntryNameError> {
        let name = text.to_ascii_lowercase();
        let fits = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
        if !fits || name.len() > 64 || !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(EntryNameError { found: text.chars().take(100).collect() });
        }
        Ok(Self(name))
    }

    /// A name made from any text, such as a title or an address.
    pub fn suggest(text: &str) -> Self {
        let mut name = String::new();
        for character in text.to_ascii_lowercase().chars() {
            match character {
                'a'..='z' | '0'..='9' => name.push(character),
                _ if name.ends_with('-') || name.is_empty() => {}
                _ => name.push('-'),
            }
        }
        let short: String = name.chars().take(40).collect();
        let short = short.trim_matches('-');
        Self(if short.is_empty() { "database".to_owned() } else { short.to_owned() })
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an entry was learnt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Learnt {
    /// What holds it.
    pub holds: Holds,
    /// How we know.
    pub how: How,
    /// On which day it was added.
    pub on: Time,
}

/// One list or database of the ring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Who wrote it into the ring.
    pub owner: Owner,
    /// Whether it is a list or a database, as its verified `about.json` said.
    pub kind: Kind,
    /// The user's word for it.
    pub name: EntryName,
    /// Where it was learnt from and is refreshed from: an address, or the path of a folder.
    pub url: String,
    /// The chain it is: the SHA-256 of the first root that was believed.
    pub chain: Sha256,
    /// What a database may answer for; a list answers for nothing.
    pub scope: Scope,
    /// How it was learnt.
    pub learnt: Learnt,
    /// How it stands: through which list it was learnt, whether that took it back, whether it has two heads.
    pub present: Present,
    /// The numbers of roots before the first that was believed, which were seen to lead to it: a list that lags may name
    /// one of them.
    pub earlier: Vec<SafetyNumber>,
}

impl Entry {
    /// A database of which nothing bad is known.
    pub fn database(name: EntryName, url: String, chain: Sha256, scope: Scope, learnt: Learnt) -> Self {
        let (owner, kind, present) = (Owner::User, Kind::Database, Present::default());
        Self { owner, kind, name, url, chain, scope, learnt, present, earlier: Vec::new() }
    }

    /// A list of which nothing bad is known.
    pub fn list(name: EntryName, url: String, chain: Sha256, learnt: Learnt) -> Self {
        Self { kind: Kind::List, ..Self::database(name, url, chain, Scope::default(), learnt) }
    }

    /// How it stands, for [`change`](crate::change()).
    pub fn state(&self) -> State {
        State::Present(self.present.clone())
    }

    /// Whether it is refreshed from this address.
    pub fn is_at(&self, url: &str) -> bool {
        same_place(&self.url, url)
    }
}

/// What is still known of an entry that was removed: its power is gone, its memory stays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Removed {
    /// Where it was refreshed from.
    pub url: String,
    /// The chain it is.
    pub chain: Sha256,
    /// How it was learnt.
    pub learnt: Learnt,
    /// That it has two heads: removing and adding is no way round that.
    pub heads: Option<(Role, u64)>,
}

/// Whether two addresses are one place: a slash at the end does not count.
pub(crate) fn same_place(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
