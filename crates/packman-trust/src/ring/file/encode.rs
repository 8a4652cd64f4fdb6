//! Writing the ring file, table by table.

use packman_database::Kind;
use packman_tuf::{Role, SafetyNumber};
use toml_edit::{Item, Table, Value};

use super::super::above::Noted;
use super::super::{Entry, Learnt, Policy, Preference, Quorum, Removed};
use crate::assurance::Holds;
use crate::scope::Scope;

pub(super) fn entry(entry: &Entry) -> Table {
    let mut table = Table::new();
    table.insert("name", toml_edit::value(entry.name.as_str()));
    table.insert("url", toml_edit::value(entry.url.as_str()));
    table.insert("chain", toml_edit::value(entry.chain.to_string()));
    if entry.kind == Kind::Database {
        table.insert("scope", patterns(&entry.scope));
    }
    learnt_at(&mut table, &entry.learnt);
    if let Some(through) = &entry.present.through {
        table.insert("through", toml_edit::value(through.as_str()));
    }
    if let Some(withdrawn) = &entry.present.withdrawn {
        table.insert("withdrawn", toml_edit::value(withdrawn.reason.as_str()));
        if withdrawn.kept {
            table.insert("kept", toml_edit::value(true));
        }
    }
    heads_at(&mut table, entry.present.heads);
    earlier_at(&mut table, &entry.earlier);
    table
}

pub(super) fn noted(noted: &Noted) -> Table {
    let mut table = Table::new();
    table.insert("chain", toml_edit::value(noted.chain.to_string()));
    if let Some(withdrawn) = &noted.withdrawn {
        table.insert("withdrawn", toml_edit::value(withdrawn.reason.as_str()));
    }
    heads_at(&mut table, noted.heads);
    earlier_at(&mut table, &noted.earlier);
    table
}

fn earlier_at(table: &mut Table, earlier: &[SafetyNumber]) {
    if !earlier.is_empty() {
        let numbers = earlier.iter().map(|number| Value::from(number.digits()));
        table.insert("leads-from", toml_edit::value(numbers.collect::<Value>()));
    }
}

pub(super) fn removed(removed: &Removed) -> Table {
    let mut table = Table::new();
    table.insert("url", toml_edit::value(removed.url.as_str()));
    table.insert("chain", toml_edit::value(removed.chain.to_string()));
    learnt_at(&mut table, &removed.learnt);
    heads_at(&mut table, removed.heads);
    table
}

pub(super) fn preference(preference: &Preference) -> Table {
    let mut table = Table::new();
    table.insert("database", toml_edit::value(preference.database.as_str()));
    table.insert("projects", patterns(&preference.patterns));
    table
}

pub(super) fn quorum(quorum: &Quorum) -> Table {
    let mut table = Table::new();
    table.insert("projects", patterns(&quorum.projects));
    table.insert("agree", toml_edit::value(i64::try_from(quorum.agree).unwrap_or(i64::MAX)));
    let of = quorum.of.iter().map(|name| Value::from(name.as_str())).collect::<Value>();
    table.insert("of", toml_edit::value(of));
    table
}

/// The policy; `None` where all is allowed.
pub(super) fn policy(policy: Policy) -> Option<Table> {
    let mut table = Table::new();
    if policy.require_human_review {
        table.insert("require-review", toml_edit::value("human"));
    }
    if policy.forbid_unverified {
        table.insert("forbid-unverified", toml_edit::value(true));
    }
    if policy.forbid_accept_expired {
        table.insert("forbid-accept-expired", toml_edit::value(true));
    }
    (!table.is_empty()).then_some(table)
}

fn heads_at(table: &mut Table, heads: Option<(Role, u64)>) {
    if let Some((role, version)) = heads {
        table.insert("two-heads", toml_edit::value(format!("{} {version}", role.name())));
    }
}

fn learnt_at(table: &mut Table, learnt: &Learnt) {
    let holds = match learnt.holds {
        Holds::Signed => "signed",
        Holds::Hash => "hash",
        Holds::Unverified => "unverified",
    };
    table.insert("holds", toml_edit::value(holds));
    table.insert("learnt", toml_edit::value(learnt.how.words()));
    table.insert("on", toml_edit::value(learnt.on.date()));
}

fn patterns(scope: &Scope) -> Item {
    toml_edit::value(scope.patterns().iter().map(|pattern| Value::from(pattern.as_str())).collect::<Value>())
}
