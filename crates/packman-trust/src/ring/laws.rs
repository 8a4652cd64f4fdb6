//! Changing the ring's rules: what raises them needs no question, what lowers them does.

use packman_database::Kind;

use super::{Owner, Policy, Quorum, Ring, RingError};
use crate::scope::Scope;

/// What a change of the rules does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weight {
    /// Whatever was offered before may be left out now, and nothing else happens.
    Raises,
    /// Something may be offered that was left out before.
    Lowers,
}

impl Ring {
    /// Makes a rule the user's for what it names, in place of the one for exactly that, and before those that name more.
    pub fn set_quorum(&mut self, rule: &Quorum) -> Result<Weight, RingError> {
        for name in &rule.of {
            if self.entry(name)?.kind == Kind::List {
                return Err(RingError::IsList(name.clone()));
            }
        }
        let same = |one: &Quorum| one.owner == Owner::User && one.projects == rule.projects;
        let wider = |one: &Quorum| one.owner == Owner::User && rule.projects.is_within(&one.projects);
        let place = match self.quorums.iter().position(same) {
            Some(place) => {
                let before = self.quorums.remove(place);
                self.quorums.insert(place, rule.clone());
                return Ok(weight(rule.is_as_strict_as(&before)));
            }
            None => self.quorums.iter().position(wider).unwrap_or(self.quorums.len()),
        };
        self.quorums.insert(place, rule.clone());
        // What stands before it goes on deciding for what it names; what stands behind it does not.
        let behind = self.quorums.iter().skip(place.saturating_add(1));
        let mut shadowed = behind.filter(|one| one.projects.may_meet(&rule.projects));
        Ok(weight(shadowed.all(|one| rule.is_as_strict_as(one))))
    }

    /// Takes the user's rule for exactly these names away.
    pub fn remove_quorum(&mut self, projects: &Scope) -> Result<Quorum, RingError> {
        let is_it = |rule: &Quorum| rule.owner == Owner::User && rule.projects == *projects;
        let place = self.quorums.iter().position(is_it);
        let place = place.ok_or_else(|| RingError::NoSuchRule(projects.to_string()))?;
        Ok(self.quorums.remove(place))
    }

    /// Sets what the user's own policy does not allow.
    pub fn set_policy(&mut self, policy: Policy) -> Weight {
        let before = std::mem::replace(&mut self.policy, policy);
        weight(policy.and(before) == policy)
    }

    /// What the user's own policy does not allow, whatever the administrator says besides.
    pub fn own_policy(&self) -> Policy {
        self.policy
    }
}

fn weight(is_as_strict: bool) -> Weight {
    if is_as_strict { Weight::Raises } else { Weight::Lowers }
}

impl Quorum {
    /// Whether whatever meets it meets the other: as many of the other's databases must agree, or more.
    fn is_as_strict_as(&self, other: &Self) -> bool {
        self.agree >= other.agree && self.of.iter().all(|name| other.of.contains(name))
    }
}
