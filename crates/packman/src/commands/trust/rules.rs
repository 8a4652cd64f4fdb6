//! `packman trust quorum` and `policy`, as they are typed.

use packman_client::Client;
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;
use packman_trust::{EntryName, Policy, Quorum, Scope};

use crate::args::Common;
use crate::ending::Ending;
use crate::{output, words};

/// What is demanded now, as the answer to who changed or asked for it.
pub(super) fn answer(client: &Client<'_>, common: &Common) -> Result<(), Ending> {
    let rules = client.trust_rules()?;
    if common.json {
        return Ok(output::answer(&Value::from(words::rules::with_json(Object::new(), &rules)))?);
    }
    Ok(output::lines(words::rules::all(&rules))?)
}

/// A rule as it is typed.
pub(super) fn quorum(projects: Scope, agree: usize, of: &[String]) -> Result<Quorum, Ending> {
    let name = |text: &String| EntryName::parse(text).map_err(|error| Ending::usage(error.to_string()));
    let of: Vec<EntryName> = of.iter().map(name).collect::<Result<_, _>>()?;
    let named = of.len();
    Quorum::new(projects, agree, of).ok_or_else(|| {
        Ending::usage(format!(
            "{agree} of {named} cannot agree, wanted a number from 1 to as many as are named, each once"
        ))
    })
}

/// One thing that a policy is to say.
pub(super) enum Wish {
    HumanReview(bool),
    ForbidUnverified(bool),
    ForbidAcceptExpired(bool),
}

impl Wish {
    pub(super) fn on(&self, policy: Policy) -> Policy {
        match *self {
            Self::HumanReview(require_human_review) => Policy { require_human_review, ..policy },
            Self::ForbidUnverified(forbid_unverified) => Policy { forbid_unverified, ..policy },
            Self::ForbidAcceptExpired(forbid_accept_expired) => Policy { forbid_accept_expired, ..policy },
        }
    }
}

/// A wish as it is typed.
pub(super) fn wish(text: &str) -> Result<Wish, Ending> {
    Ok(match text {
        "require-review=human" => Wish::HumanReview(true),
        "require-review=none" => Wish::HumanReview(false),
        "forbid-unverified=true" => Wish::ForbidUnverified(true),
        "forbid-unverified=false" => Wish::ForbidUnverified(false),
        "forbid-accept-expired=true" => Wish::ForbidAcceptExpired(true),
        "forbid-accept-expired=false" => Wish::ForbidAcceptExpired(false),
        other => {
            let known = "`require-review=human`, `forbid-unverified=true` or `forbid-accept-expired=true`";
            return Err(Ending::usage(format!("policy has no {}, wanted {known}", quoted(other)))
                .hint("`packman trust policy --help` shows all that it can say"));
        }
    })
}
