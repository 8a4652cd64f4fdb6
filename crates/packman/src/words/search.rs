//! What a search could not read, in words and as JSON.

use std::collections::BTreeMap;

use packman_client::{ClientError, Unread};
use packman_strict::json::{Object, Value};
use packman_trust::EntryName;

use crate::words;

/// One line for each database of which a record could not be read, or not every record was.
pub(crate) fn not_read(unread: &[Unread], names_only: &BTreeMap<EntryName, usize>) -> Vec<String> {
    let mut first: BTreeMap<&EntryName, (&Unread, usize)> = BTreeMap::new();
    for one in unread {
        first.entry(&one.database).or_insert((one, 0)).1 += 1;
    }
    let unread = first.into_iter().map(|(database, (one, count))| {
        let more = match count {
            1 => String::new(),
            _ => format!(", and {} more of it", count - 1),
        };
        format!(
            "warning: `{database}` has no record of `{}` that can be read: {}{more}",
            one.project,
            why(&one.why)
        )
    });
    let names_only = names_only.iter().map(|(database, count)| {
        let projects = words::count(*count, "project", "projects");
        format!("note: `{database}` has no pack of its records, so of {projects} the name alone was searched")
    });
    unread.chain(names_only).collect()
}

fn why(error: &ClientError) -> String {
    error.because().first().cloned().unwrap_or_else(|| error.to_string())
}

/// A record that could not be read, as JSON.
pub(crate) fn unread_to_json(unread: &Unread) -> Value<'static> {
    Object::new()
        .with("name", unread.project.as_str().to_owned())
        .with("database", unread.database.as_str().to_owned())
        .with("code", unread.why.code())
        .into()
}

/// Of how many projects of each database the name alone was searched, as JSON.
pub(crate) fn names_only_to_json(names_only: &BTreeMap<EntryName, usize>) -> Value<'static> {
    let rows: Vec<Value<'static>> = names_only
        .iter()
        .map(|(database, count)| {
            Object::new()
                .with("database", database.as_str().to_owned())
                .with("projects", *count as u64)
                .into()
        })
        .collect();
    rows.into()
}
