//! The ring's rules in words and as JSON.

use packman_client::Rules;
use packman_strict::json::{Object, Value};
use packman_trust::{EntryName, Owner, Pattern, Policy, Quorum};

use crate::output::columns;

/// The rules that there are.
pub(crate) fn lines(rules: &Rules) -> Vec<String> {
    let quorum = |rule: &Quorum| {
        let whose = format!("{rule}{}", rule.owner.mark());
        vec!["quorum".to_owned(), format!("for {}", rule.projects), whose]
    };
    let mut lines = columns(&rules.quorums.iter().map(quorum).collect::<Vec<_>>());
    if rules.policy != Policy::default() {
        lines.push(format!("policy  {}", rules.policy));
    }
    if rules.administrators != Policy::default() {
        lines.push(format!("        of these your administrator's: {}", rules.administrators));
    }
    if rules.is_only_administrators {
        lines.push("only your administrator's databases answer".to_owned());
    }
    lines
}

/// The same for who asks for nothing else: that there are none is said.
pub(crate) fn all(rules: &Rules) -> Vec<String> {
    match lines(rules) {
        none if none.is_empty() => {
            vec!["no quorum and no policy: whoever answers first is enough".to_owned()]
        }
        lines => lines,
    }
}

/// The rules beside something else, as JSON.
pub(crate) fn with_json(answer: Object<'static>, rules: &Rules) -> Object<'static> {
    let policy = Object::new()
        .with("require-review", if rules.policy.require_human_review { "human" } else { "none" })
        .with("forbid-unverified", rules.policy.forbid_unverified)
        .with("forbid-accept-expired", rules.policy.forbid_accept_expired);
    let quorums: Vec<Value<'static>> = rules.quorums.iter().map(quorum).collect();
    answer
        .with("quorums", quorums)
        .with("policy", policy)
        .with("only-administrators", rules.is_only_administrators)
}

/// One quorum, as JSON.
pub(crate) fn quorum(rule: &Quorum) -> Value<'static> {
    let patterns = rule.projects.patterns().iter().map(Pattern::as_str);
    let texts = |all: &mut dyn Iterator<Item = &str>| -> Vec<Value<'static>> {
        all.map(|text| Value::from(text.to_owned())).collect()
    };
    Object::new()
        .with("projects", texts(&mut patterns.into_iter()))
        .with("administrators", rule.owner == Owner::Administrator)
        .with("agree", rule.agree as u64)
        .with("of", texts(&mut rule.of.iter().map(EntryName::as_str)))
        .into()
}
