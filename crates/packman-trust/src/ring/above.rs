//! An administrator's ring above the user's: it comes first, and the user cannot change it.
//!
//! The two stand in one [`Ring`], where each entry and rule says whose it is; only the user's part is ever written. What
//! was seen of an administrator's entry (two heads, taken back) is noted in the user's part, by its chain.

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_tuf::{Role, SafetyNumber};

use super::{Entry, EntryName, Owner, Policy, Ring, RingError};
use crate::change::TakenBack;
use crate::scope::Scope;

/// What the administrator says, beside his entries and rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Above {
    policy: Policy,
    only: bool,
    /// His entries as he wrote them.
    entries: Vec<Entry>,
}

/// What was seen of an administrator's entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Noted {
    pub(super) chain: Sha256,
    pub(super) withdrawn: Option<TakenBack>,
    pub(super) heads: Option<(Role, u64)>,
    pub(super) earlier: Vec<SafetyNumber>,
}

impl Ring {
    /// The user's ring under an administrator's. An entry of the user's whose name the administrator has gets another.
    pub fn under(mut self, administrator: Self) -> Self {
        let Self { policy, only, mut lists, mut entries, mut quorums, mut preferences, .. } = administrator;
        let originals: Vec<Entry> = lists.iter().chain(&entries).cloned().collect();
        for name in originals.iter().map(|entry| &entry.name) {
            if self.entry(name).is_ok() {
                let free = self.free_name(name, &originals);
                self.rename(name, &free);
            }
        }
        for entry in lists.iter_mut().chain(&mut entries) {
            entry.owner = Owner::Administrator;
            if let Some(noted) = self.noted.iter().find(|noted| noted.chain == entry.chain) {
                noted.on(entry);
            }
        }
        quorums.iter_mut().for_each(|rule| rule.owner = Owner::Administrator);
        preferences.iter_mut().for_each(|preference| preference.owner = Owner::Administrator);
        lists.append(&mut self.lists);
        entries.append(&mut self.entries);
        quorums.append(&mut self.quorums);
        preferences.append(&mut self.preferences);
        let above = Some(Above { policy, only, entries: originals });
        Self { lists, entries, quorums, preferences, above, ..self }
    }

    fn free_name(&self, taken: &EntryName, others: &[Entry]) -> EntryName {
        let is_free =
            |name: &EntryName| self.entry(name).is_err() && !others.iter().any(|entry| entry.name == *name);
        let mut numbered = (2_u32..).map(|count| EntryName::suggest(&format!("{taken}-{count}")));
        numbered.find(is_free).unwrap_or_else(|| taken.clone())
    }

    fn rename(&mut self, from: &EntryName, to: &EntryName) {
        let change = |name: &mut EntryName| {
            if name == from {
                name.clone_from(to);
            }
        };
        for entry in self.lists.iter_mut().chain(&mut self.entries) {
            change(&mut entry.name);
            entry.present.through.iter_mut().for_each(change);
        }
        self.quorums.iter_mut().flat_map(|rule| &mut rule.of).for_each(change);
        self.preferences.iter_mut().for_each(|preference| change(&mut preference.database));
    }

    /// Whether an administrator's ring stands above.
    pub fn is_administered(&self) -> bool {
        self.above.is_some()
    }

    /// Whether only the administrator's databases may answer.
    pub fn is_only_administrators(&self) -> bool {
        self.above.as_ref().is_some_and(|above| above.only)
    }

    /// What the administrator does not allow.
    pub fn administrators_policy(&self) -> Policy {
        self.above.as_ref().map(|above| above.policy).unwrap_or_default()
    }

    /// Whose databases may answer for a project: where a scope of the administrator's covers it, his alone.
    pub(super) fn who_answers(&self, project: &ProjectName) -> Owner {
        let covers = |entry: &Entry| entry.owner == Owner::Administrator && entry.scope.admits(project);
        if self.is_only_administrators() || self.entries.iter().any(covers) {
            return Owner::Administrator;
        }
        Owner::User
    }

    /// Refuses to change what is the administrator's.
    pub(super) fn refuse_administrators(&self, name: &EntryName) -> Result<(), RingError> {
        match self.entry(name)?.owner {
            Owner::Administrator => Err(RingError::Administrators(name.clone())),
            Owner::User => Ok(()),
        }
    }

    /// Refuses a scope of the user's of which no name is left to answer for.
    pub(super) fn refuse_covered(&self, scope: &Scope) -> Result<(), RingError> {
        if self.is_only_administrators() {
            return Err(RingError::OnlyAdministrators);
        }
        let his = self.entries.iter().filter(|entry| entry.owner == Owner::Administrator);
        let cover = Scope::new(his.flat_map(|entry| entry.scope.patterns()).cloned().collect());
        if !scope.patterns().is_empty() && scope.is_within(&cover) {
            return Err(RingError::Covered(scope.to_string()));
        }
        Ok(())
    }

    /// What was seen of the administrator's entries, as far as he does not say it himself.
    pub(super) fn notes(&self) -> Vec<Noted> {
        let Some(above) = &self.above else { return self.noted.clone() };
        let is_his = |noted: &&Noted| above.entries.iter().any(|entry| entry.chain == noted.chain);
        let others = self.noted.iter().filter(|noted| !is_his(noted)).cloned();
        let of = |original: &Entry| {
            let now = self
                .all()
                .find(|entry| entry.owner == Owner::Administrator && entry.name == original.name)?;
            let (present, before) = (&now.present, &original.present);
            let noted = Noted {
                chain: now.chain,
                withdrawn: present.withdrawn.clone().filter(|_| before.withdrawn.is_none()),
                heads: present.heads.filter(|_| before.heads.is_none()),
                earlier: now.earlier.iter().filter(|one| !original.earlier.contains(one)).copied().collect(),
            };
            let says = noted.withdrawn.is_some() || noted.heads.is_some() || !noted.earlier.is_empty();
            says.then_some(noted)
        };
        above.entries.iter().filter_map(of).chain(others).collect()
    }
}

impl Noted {
    fn on(&self, entry: &mut Entry) {
        let present = &mut entry.present;
        present.withdrawn = present.withdrawn.take().or_else(|| self.withdrawn.clone());
        present.heads = present.heads.or(self.heads);
        let new = self.earlier.iter().filter(|number| !entry.earlier.contains(number)).copied();
        let new: Vec<SafetyNumber> = new.collect();
        entry.earlier.extend(new);
    }
}
