//! The trust ring: the databases this user trusts, in order, with how each was learnt and what it may answer for.

mod file;

use core::fmt;

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;

use crate::assurance::{Assurance, Holds, How};
use crate::scope::{Pattern, Scope};

pub use file::DamagedRing;

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

/// One database of the ring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The user's word for it.
    pub name: EntryName,
    /// Where it was learnt from and is refreshed from: an address, or the path of a folder.
    pub url: String,
    /// The chain it is: the SHA-256 of the first root that was believed.
    pub chain: Sha256,
    /// What it may answer for.
    pub scope: Scope,
    /// How it was learnt.
    pub learnt: Learnt,
}

impl Entry {
    /// What holds it and how we know.
    pub fn assurance(&self) -> Assurance {
        Assurance { holds: self.learnt.holds, how: self.learnt.how.clone() }
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
}

/// A database that answers first for certain names.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Preference {
    database: EntryName,
    patterns: Scope,
}

/// The ring, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ring {
    entries: Vec<Entry>,
    removed: Vec<Removed>,
    preferences: Vec<Preference>,
}

/// An act on the ring that its rules do not allow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RingError {
    /// The name is taken.
    NameTaken(EntryName),
    /// The chain is in the ring already, under this name.
    ChainPresent(EntryName),
    /// No entry has this name.
    NoSuchEntry(EntryName),
    /// The entry may not answer for this project, so it cannot answer first either.
    OutsideScope(EntryName, ProjectName),
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => {
                write!(f, "the name `{name}` is taken by another database of your trust ring")
            }
            Self::ChainPresent(name) => write!(f, "this database is in your trust ring already, as `{name}`"),
            Self::NoSuchEntry(name) => write!(f, "your trust ring has no `{name}`"),
            Self::OutsideScope(name, project) => {
                write!(f, "`{name}` may not answer for `{project}`, so it cannot answer first for it")
            }
        }
    }
}

impl core::error::Error for RingError {}

impl Ring {
    /// The entries, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this name.
    pub fn entry(&self, name: &EntryName) -> Result<&Entry, RingError> {
        self.entries
            .iter()
            .find(|entry| &entry.name == name)
            .ok_or_else(|| RingError::NoSuchEntry(name.clone()))
    }

    /// The chain that is remembered for an address, of an entry or a removed one.
    pub fn chain_of_url(&self, url: &str) -> Option<Sha256> {
        let present = self.entries.iter().map(|entry| (&entry.url, entry.chain));
        let removed = self.removed.iter().map(|removed| (&removed.url, removed.chain));
        present.chain(removed).find(|(known, _)| same_place(known, url)).map(|(_, chain)| chain)
    }

    /// How a removed entry of this chain was learnt.
    pub fn removed(&self, chain: &Sha256) -> Option<&Removed> {
        self.removed.iter().find(|removed| &removed.chain == chain)
    }

    /// Adds an entry as the last.
    pub fn add(&mut self, entry: Entry) -> Result<(), RingError> {
        if let Some(present) = self.entries.iter().find(|known| known.chain == entry.chain) {
            return Err(RingError::ChainPresent(present.name.clone()));
        }
        if self.entries.iter().any(|known| known.name == entry.name) {
            return Err(RingError::NameTaken(entry.name));
        }
        self.removed.retain(|removed| removed.chain != entry.chain);
        self.entries.push(entry);
        Ok(())
    }

    /// Takes an entry's power away; which chain its address stands for stays known.
    pub fn remove(&mut self, name: &EntryName) -> Result<Entry, RingError> {
        self.entry(name)?;
        let (gone, stay): (Vec<_>, Vec<_>) = self.entries.drain(..).partition(|entry| &entry.name == name);
        self.entries = stay;
        self.preferences.retain(|preference| &preference.database != name);
        let gone = gone.into_iter().next().ok_or_else(|| RingError::NoSuchEntry(name.clone()))?;
        self.removed.push(Removed { url: gone.url.clone(), chain: gone.chain, learnt: gone.learnt.clone() });
        Ok(gone)
    }

    /// Sets what an entry may answer for.
    pub fn rescope(&mut self, name: &EntryName, scope: Scope) -> Result<(), RingError> {
        self.change(name, |entry| entry.scope = scope)
    }

    /// Raises how an entry is known: its number was compared.
    pub fn compared(&mut self, name: &EntryName) -> Result<(), RingError> {
        self.change(name, |entry| entry.learnt.how = How::Compared)
    }

    /// Lets an entry stand for another chain, whose number was compared: its maintainer began anew.
    pub fn rekey(&mut self, name: &EntryName, chain: Sha256) -> Result<(), RingError> {
        if let Some(present) = self.entries.iter().find(|entry| entry.chain == chain && entry.name != *name) {
            return Err(RingError::ChainPresent(present.name.clone()));
        }
        self.change(name, |entry| {
            entry.chain = chain;
            entry.learnt.how = How::Compared;
        })
    }

    /// The entry that is refreshed from an address.
    pub fn entry_at(&self, url: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| same_place(&entry.url, url))
    }

    fn change(&mut self, name: &EntryName, change: impl FnOnce(&mut Entry)) -> Result<(), RingError> {
        let entry = self.entries.iter_mut().find(|entry| &entry.name == name);
        change(entry.ok_or_else(|| RingError::NoSuchEntry(name.clone()))?);
        Ok(())
    }

    /// Lets a database answer first for these projects, or for its whole scope where none is named.
    pub fn prefer(&mut self, name: &EntryName, projects: &[ProjectName]) -> Result<(), RingError> {
        let entry = self.entry(name)?;
        if let Some(outside) = projects.iter().find(|project| !entry.scope.admits(project)) {
            return Err(RingError::OutsideScope(name.clone(), outside.clone()));
        }
        let patterns = if projects.is_empty() {
            Scope::everything()
        } else {
            let exact = projects.iter().filter_map(|project| Pattern::parse(project.as_str()).ok());
            Scope::new(exact.collect())
        };
        // The newest wish comes first; what it says anew is dropped from older ones.
        self.preferences.retain(|preference| preference.database != *name || preference.patterns != patterns);
        self.preferences.insert(0, Preference { database: name.clone(), patterns });
        Ok(())
    }

    /// The patterns for which an entry answers before the others of the ring; a newer wish for another one counts more.
    pub fn preferred(&self, name: &EntryName) -> Vec<&Pattern> {
        let mut taken: Vec<&Pattern> = Vec::new();
        let mut own = Vec::new();
        for preference in &self.preferences {
            let new = preference.patterns.patterns().iter().filter(|pattern| !taken.contains(pattern));
            let new: Vec<&Pattern> = new.collect();
            if preference.database == *name {
                own.extend(&new);
            }
            taken.extend(new);
        }
        own
    }

    /// The entries whose scope admits `project`, in the order in which they are asked.
    pub fn asked_for<'r>(&'r self, project: &ProjectName) -> Vec<&'r Entry> {
        let admitting = self.entries.iter().filter(|entry| entry.scope.admits(project));
        let rank = |entry: &Entry| {
            let wishes = self.preferences.iter();
            let wish = |preference: &Preference| {
                preference.database == entry.name && preference.patterns.admits(project)
            };
            wishes.clone().position(wish).unwrap_or(usize::MAX)
        };
        let mut asked: Vec<&Entry> = admitting.collect();
        // A stable sort: without a wish, the order of the ring.
        asked.sort_by_key(|entry| rank(entry));
        asked
    }
}

/// Whether two addresses are one place: a slash at the end does not count.
fn same_place(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

#[cfg(test)]
mod tests;
