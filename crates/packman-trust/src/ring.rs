//! The trust ring: the lists and databases this user trusts, in order, with how each was learnt and what it may answer
//! for; and the rules that hold for all of them.

mod above;
mod entry;
mod error;
mod file;
mod laws;
mod rules;

use packman_database::Kind;
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_tuf::{Role, SafetyNumber};

use crate::assurance::{Assurance, Holds, How};
use crate::change::{Change, Effect, Saying, Sight, TakenBack, change, stopped_by};
use crate::scope::{Pattern, Scope};

use above::{Above, Noted};

pub(crate) use entry::same_place;
pub use entry::{Entry, EntryName, EntryNameError, Learnt, Removed};
pub use error::RingError;
pub use file::DamagedRing;
pub use laws::Weight;
pub use rules::{Owner, Policy, Quorum};

/// A database that answers first for certain names.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Preference {
    owner: Owner,
    database: EntryName,
    patterns: Scope,
}

/// The ring, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ring {
    policy: Policy,
    lists: Vec<Entry>,
    entries: Vec<Entry>,
    quorums: Vec<Quorum>,
    removed: Vec<Removed>,
    preferences: Vec<Preference>,
    /// Whether those under it may add nothing: for an administrator's.
    only: bool,
    /// What was seen of the entries of an administrator's ring.
    noted: Vec<Noted>,
    above: Option<Above>,
}

impl Ring {
    /// The databases, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The lists, in their order.
    pub fn lists(&self) -> &[Entry] {
        &self.lists
    }

    /// The lists, then the databases.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.lists.iter().chain(&self.entries)
    }

    /// What is not allowed, by the user or by the administrator.
    pub fn policy(&self) -> Policy {
        self.policy.and(self.administrators_policy())
    }

    /// How many databases must agree on which projects' files. Of each owner the first that names a project is its rule.
    pub fn quorums(&self) -> &[Quorum] {
        &self.quorums
    }

    /// Whether a rule counts on a database of this name: who takes the name would be counted in its stead.
    pub fn is_counted_on(&self, name: &EntryName) -> bool {
        self.quorums.iter().any(|rule| rule.of.contains(name))
    }

    /// The list or database of this name.
    pub fn entry(&self, name: &EntryName) -> Result<&Entry, RingError> {
        self.all().find(|entry| &entry.name == name).ok_or_else(|| RingError::NoSuchEntry(name.clone()))
    }

    /// What holds an entry and how we know; for one that a list names, whether that list was compared.
    pub fn assurance(&self, entry: &Entry) -> Assurance {
        let compared = |list: &Entry| list.learnt.how == How::Compared && list.learnt.holds == Holds::Signed;
        let by_compared_list = match &entry.learnt.how {
            How::Listed(name) => self.lists.iter().any(|list| list.name.as_str() == name && compared(list)),
            _ => false,
        };
        Assurance { holds: entry.learnt.holds, how: entry.learnt.how.clone(), by_compared_list }
    }

    /// The chain that is remembered for an address, of an entry or a removed one.
    pub fn chain_of_url(&self, url: &str) -> Option<Sha256> {
        let present = self.all().map(|entry| (&entry.url, entry.chain));
        let removed = self.removed.iter().map(|removed| (&removed.url, removed.chain));
        present.chain(removed).find(|(known, _)| same_place(known, url)).map(|(_, chain)| chain)
    }

    /// What is still known of entries that were removed.
    pub fn all_removed(&self) -> &[Removed] {
        &self.removed
    }

    /// How a removed entry of this chain was learnt.
    pub fn removed(&self, chain: &Sha256) -> Option<&Removed> {
        self.removed.iter().find(|removed| &removed.chain == chain)
    }

    /// Adds an entry as the last of its kind. Two heads that it had when it was removed it has again.
    pub fn add(&mut self, mut entry: Entry) -> Result<(), RingError> {
        self.refuse_covered(&entry.scope)?;
        if let Some(present) = self.all().find(|known| known.chain == entry.chain) {
            return Err(RingError::ChainPresent(present.name.clone()));
        }
        if self.all().any(|known| known.name == entry.name) {
            return Err(RingError::NameTaken(entry.name));
        }
        let heads = self.removed(&entry.chain).and_then(|removed| removed.heads);
        entry.present.heads = entry.present.heads.or(heads);
        self.removed.retain(|removed| removed.chain != entry.chain);
        self.of_kind(entry.kind).push(entry);
        Ok(())
    }

    fn of_kind(&mut self, kind: Kind) -> &mut Vec<Entry> {
        match kind {
            Kind::Database => &mut self.entries,
            Kind::List => &mut self.lists,
        }
    }

    /// Takes an entry's power away; which chain its address stands for stays known. A list that goes can take nothing
    /// back any more; what it took back before stays so until the user decides.
    pub fn remove(&mut self, name: &EntryName) -> Result<Entry, RingError> {
        self.refuse_administrators(name)?;
        let gone = self.entry(name)?.clone();
        self.of_kind(gone.kind).retain(|entry| entry.name != *name);
        self.preferences.retain(|preference| &preference.database != name);
        for entry in &mut self.entries {
            entry.present.through.take_if(|through| through == name);
        }
        self.removed.push(Removed {
            url: gone.url.clone(),
            chain: gone.chain,
            learnt: gone.learnt.clone(),
            heads: gone.present.heads,
        });
        Ok(gone)
    }

    /// Sets what a database may answer for.
    pub fn rescope(&mut self, name: &EntryName, scope: Scope) -> Result<(), RingError> {
        self.refuse_list(name)?;
        self.refuse_administrators(name)?;
        self.refuse_covered(&scope)?;
        self.change(name, |entry| entry.scope = scope)
    }

    /// Raises how an entry is known: its number was compared. That settles which of two heads is to be followed, too. How
    /// the administrator knows an entry of his is his to say.
    pub fn compared(&mut self, name: &EntryName) -> Result<(), RingError> {
        self.change(name, |entry| {
            if entry.owner == Owner::User {
                entry.learnt.how = How::Compared;
            }
            entry.present.heads = None;
        })
    }

    /// Lets an entry stand for another chain, whose number was compared: its maintainer began anew.
    pub fn rekey(&mut self, name: &EntryName, chain: Sha256) -> Result<(), RingError> {
        self.refuse_administrators(name)?;
        if let Some(present) = self.all().find(|entry| entry.chain == chain && entry.name != *name) {
            return Err(RingError::ChainPresent(present.name.clone()));
        }
        self.change(name, |entry| {
            entry.chain = chain;
            entry.earlier.clear();
        })?;
        self.compared(name)
    }

    /// Keeps an entry that the list it was learnt through took back.
    pub fn keep(&mut self, name: &EntryName) -> Result<(), RingError> {
        self.refuse_administrators(name)?;
        let entry = self.entry_mut(name)?;
        let withdrawn = entry.present.withdrawn.as_mut();
        withdrawn.ok_or_else(|| RingError::NotWithdrawn(name.clone()))?.kept = true;
        Ok(())
    }

    /// Decides what follows from a sight of an entry, and keeps what has to be kept of it.
    pub fn note(&mut self, name: &EntryName, sight: &Sight) -> Result<Change, RingError> {
        let entry = self.entry_mut(name)?;
        let decided = change(&entry.state(), sight);
        let present = &mut entry.present;
        match (sight, decided.effect) {
            (Sight::TwoSigned { role, version }, _) => {
                // The stronger stop stays: what a person must settle is not settled by a timestamp that goes on.
                let new = (*role, *version);
                let is_weaker = |old: (Role, u64)| stopped_by(old.0) <= stopped_by(new.0);
                if present.heads.is_none_or(is_weaker) {
                    present.heads = Some(new);
                }
            }
            (Sight::Verified { headed: Some(now), .. }, _) => {
                present.heads.take_if(|(role, two)| stopped_by(*role) < Effect::Stopped && now > two);
            }
            (Sight::Said { what: Saying::Withdrawn { reason }, .. }, Effect::Suspended) => {
                present.withdrawn = Some(TakenBack { reason: reason.clone(), kept: false });
            }
            (Sight::Said { what: Saying::Gone, .. }, Effect::Suspended) if present.withdrawn.is_none() => {
                present.withdrawn = Some(TakenBack { reason: String::new(), kept: false });
            }
            (Sight::Said { by, signed: true, what: Saying::SameChain }, _) => {
                let is_own = entry.owner == Owner::User;
                if is_own && matches!(entry.learnt.how, How::Remembered(_) | How::ByLink) {
                    entry.learnt.how = How::Listed(by.to_string());
                }
            }
            _ => {}
        }
        Ok(decided)
    }

    /// Remembers that a root leads to the first of an entry's chain: a list that names it names the same chain.
    pub fn leads_from(&mut self, name: &EntryName, number: SafetyNumber) -> Result<(), RingError> {
        const MOST: usize = 64;
        let earlier = &mut self.entry_mut(name)?.earlier;
        if !earlier.contains(&number) && earlier.len() < MOST {
            earlier.push(number);
        }
        Ok(())
    }

    /// The entry that is refreshed from an address.
    pub fn entry_at(&self, url: &str) -> Option<&Entry> {
        self.all().find(|entry| entry.is_at(url))
    }

    fn entry_mut(&mut self, name: &EntryName) -> Result<&mut Entry, RingError> {
        let mut all = self.lists.iter_mut().chain(&mut self.entries);
        all.find(|entry| &entry.name == name).ok_or_else(|| RingError::NoSuchEntry(name.clone()))
    }

    fn change(&mut self, name: &EntryName, change: impl FnOnce(&mut Entry)) -> Result<(), RingError> {
        self.entry_mut(name).map(change)
    }

    fn refuse_list(&self, name: &EntryName) -> Result<&Entry, RingError> {
        match self.entry(name)? {
            list if list.kind == Kind::List => Err(RingError::IsList(name.clone())),
            entry => Ok(entry),
        }
    }

    /// Lets a database answer first for these projects, or for its whole scope where none is named.
    pub fn prefer(&mut self, name: &EntryName, projects: &[ProjectName]) -> Result<(), RingError> {
        self.refuse_administrators(name)?;
        let entry = self.refuse_list(name)?;
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
        self.preferences.insert(0, Preference { owner: Owner::User, database: name.clone(), patterns });
        Ok(())
    }

    /// The patterns for which an entry answers before the others of the ring; a newer wish for another one counts more.
    pub fn preferred(&self, name: &EntryName) -> Vec<&Pattern> {
        let mut taken: Vec<&Pattern> = Vec::new();
        let mut own = Vec::new();
        let owner = self.entry(name).map(|entry| entry.owner).unwrap_or_default();
        for preference in self.preferences.iter().filter(|preference| preference.owner == owner) {
            let new = preference.patterns.patterns().iter().filter(|pattern| !taken.contains(pattern));
            let new: Vec<&Pattern> = new.collect();
            if preference.database == *name {
                own.extend(&new);
            }
            taken.extend(new);
        }
        own
    }

    /// The entries whose scope admits `project`, in the order in which they are asked. Where the administrator has one,
    /// his alone are, in his order.
    pub fn asked_for<'r>(&'r self, project: &ProjectName) -> Vec<&'r Entry> {
        let owner = self.who_answers(project);
        let admitting =
            self.entries.iter().filter(|entry| entry.owner == owner && entry.scope.admits(project));
        let rank = |entry: &Entry| {
            let wish = |preference: &Preference| {
                preference.owner == owner
                    && preference.database == entry.name
                    && preference.patterns.admits(project)
            };
            self.preferences.iter().position(wish).unwrap_or(usize::MAX)
        };
        let mut asked: Vec<&Entry> = admitting.collect();
        // A stable sort: without a wish, the order of the ring.
        asked.sort_by_key(|entry| rank(entry));
        asked
    }
}

#[cfg(test)]
mod tests;
