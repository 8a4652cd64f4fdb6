//! Signing by several keepers, in words: what changes, whose signature is missing, how it goes on.

use std::path::Path;

use packman_curate::{KeyReport, Missing, RootChange, SignReport, Staged};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use crate::words;

/// A root that would be signed, for a keeper to read before he signs it: keys whole, so that they can be compared.
pub(crate) fn root(change: &RootChange) -> Vec<String> {
    let mut lines = vec![
        format!("root {}, good until {}", change.version, change.expires.date()),
        format!("  safety number {}", change.number),
    ];
    for role in &change.roles {
        let is_same = role.threshold_before == Some(role.threshold);
        if is_same && role.added.is_empty() && role.removed.is_empty() {
            continue;
        }
        let before = role.threshold_before.filter(|_| !is_same).map(|before| format!(", before {before}"));
        lines.push(format!("  {}: {} must sign{}", role.role, role.threshold, before.unwrap_or_default()));
        lines.extend(role.added.iter().map(|id| format!("    + key {id}")));
        lines.extend(role.removed.iter().map(|id| format!("    - key {id}")));
    }
    lines
}

/// Which bytes would be signed, for keepers who compare them.
pub(crate) fn proposed(staged: &Staged) -> Option<String> {
    staged.proposed.map(|(version, digest)| format!("targets {version}, to be signed: SHA-256 {digest}"))
}

/// What was signed.
pub(crate) fn signed(report: &SignReport) -> Vec<String> {
    let whole = report.missing.is_empty() && !report.waits_for_online;
    let verb = if whole { "signed" } else { "proposed" };
    let root = report.root.map(|version| format!("{verb} root {version}"));
    let targets =
        (report.version > 0 || report.root.is_none()).then(|| format!("{verb} version {}", report.version));
    root.into_iter().chain(targets).collect()
}

/// Whose signatures are missing, and how it goes on.
pub(crate) fn next(report: &SignReport, dir: &Path, exported: Option<&Path>) -> Vec<String> {
    let dir = words::shell_path(dir);
    let mut lines: Vec<String> =
        report.missing.iter().map(|missing| format!("  signatures missing: {missing}")).collect();
    if report.waits_for_online {
        lines.push("  all keepers signed; whoever has the online key puts it in force".to_owned());
    }
    lines.push(match exported {
        Some(file) => format!(
            "next: hand {} to the others; each: packman curate sign DIR --import FILE --export FILE",
            words::shell_path(file)
        ),
        None => {
            format!("next: each keeper: packman curate sign {dir}; `--export FILE` writes a file to hand on")
        }
    });
    lines
}

/// Where all signed: the others lack what the last signed.
pub(crate) fn hand_on(file: &Path) -> String {
    format!(
        "next: hand {} to the others; each: packman curate sign DIR --import FILE",
        words::shell_path(file)
    )
}

/// A keeper's key: its id, and what of it others get. `file` is what was typed.
pub(crate) fn key(report: &KeyReport, file: &Path) -> Vec<String> {
    let place = |path: &Path| quoted(&path.display().to_string()).to_string();
    let public = place(&report.public);
    let Some(private) = &report.private else {
        return vec![format!("the public key in {public}"), format!("  key id  {}", report.id)];
    };
    let first = if report.is_new {
        format!("made a key in {}: it stays with you", place(private))
    } else {
        format!("the key in {}", place(private))
    };
    vec![
        first,
        format!("  key id       {}", report.id),
        format!("  public half  {public}: hand this file, and nothing else, to whoever makes the database"),
        "  Tell him the id by another way, too: whoever swaps the file on its way would sign in your name."
            .to_owned(),
        format!(
            "later: packman curate sign DIR --import FILE --export FILE --key {}",
            words::shell_path(file)
        ),
    ]
}

/// The same as JSON.
pub(crate) fn key_to_json(report: &KeyReport) -> Value<'static> {
    let private = report.private.as_ref().map(|path| path.display().to_string());
    Object::new()
        .with("id", report.id.clone())
        .with("made", report.is_new)
        .with("private", private.map_or(Value::Null, Value::from))
        .with("public", report.public.display().to_string())
        .into()
}

/// The same as JSON.
pub(crate) fn missing_to_json(missing: &[Missing]) -> Value<'static> {
    let one = |missing: &Missing| {
        let keepers: Vec<Value<'static>> = missing.keepers.iter().cloned().map(Value::from).collect();
        Value::from(
            Object::new()
                .with("what", missing.what.clone())
                .with("signed", missing.have as u64)
                .with("wanted", u64::from(missing.wanted))
                .with("keepers", keepers),
        )
    };
    Value::from(missing.iter().map(one).collect::<Vec<_>>())
}
