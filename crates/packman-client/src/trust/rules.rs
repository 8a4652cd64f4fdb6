//! The ring's rules: which databases must agree, and what is not allowed. Raising them is done, lowering them is asked.

use packman_trust::{Policy, Quorum, Ring, RingError, Scope, Weight};

use crate::client::Client;
use crate::error::{ClientError, No};
use crate::host::{Decision, Question};

/// The rules of the ring.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What is not allowed.
    pub policy: Policy,
    /// How many databases must agree on which projects' files; of each owner the first that names a project is its rule.
    pub quorums: Vec<Quorum>,
    /// What of the policy is the administrator's.
    pub administrators: Policy,
    /// Whether he allows no databases but his own.
    pub is_only_administrators: bool,
}

impl Client<'_> {
    /// Reports the rules of the ring.
    pub fn trust_rules(&self) -> Result<Rules, ClientError> {
        let ring = self.ring()?;
        Ok(Rules {
            policy: ring.policy(),
            quorums: ring.quorums().to_vec(),
            administrators: ring.administrators_policy(),
            is_only_administrators: ring.is_only_administrators(),
        })
    }

    /// Makes a rule of the ring.
    pub fn trust_quorum(&self, rule: &Quorum) -> Result<(), ClientError> {
        let weight = self.ring()?.set_quorum(rule)?;
        self.agree_to(weight, || format!("for {}: {rule}", rule.projects))?;
        self.change_ring(|ring| Ok(ring.set_quorum(rule).map(|_| ())?))
    }

    /// Takes the rule for exactly these names away.
    pub fn trust_quorum_remove(&self, projects: &Scope) -> Result<(), ClientError> {
        let rule = self.ring()?.remove_quorum(projects)?;
        self.agree_to(Weight::Lowers, || format!("no longer for {}: {rule}", rule.projects))?;
        self.change_ring(|ring| Ok(ring.remove_quorum(projects).map(|_| ())?))
    }

    /// Sets the user's own policy.
    pub fn trust_policy(&self, change: impl Fn(Policy) -> Policy) -> Result<(), ClientError> {
        let all = Policy { require_human_review: true, forbid_unverified: true, forbid_accept_expired: true };
        // What is wished to be allowed is what is left out of all that could be forbidden.
        let forbidden = self.ring()?.administrators_policy();
        if change(all).and(forbidden) != change(all) {
            return Err(RingError::AdministratorForbids.into());
        }
        let set = |ring: &mut Ring| {
            let policy = change(ring.own_policy());
            (policy, ring.set_policy(policy))
        };
        let (policy, weight) = set(&mut self.ring()?);
        self.agree_to(weight, || format!("policy: {policy}"))?;
        self.change_ring(|ring| {
            set(ring);
            Ok(())
        })
    }

    /// Asks before a rule is lowered: it is a question of trust, which no flag answers.
    fn agree_to(&self, weight: Weight, what: impl FnOnce() -> String) -> Result<(), ClientError> {
        if weight == Weight::Raises || self.host.decide(&Question::Lower { what: what() }) == Decision::Yes {
            return Ok(());
        }
        Err(No::ConsentNeeded {
            what: "nothing was changed: it lowers what your trust ring demands, and nobody agreed to that"
                .to_owned(),
            flag: "the answer at a terminal; no flag gives it".to_owned(),
        }
        .into())
    }
}
