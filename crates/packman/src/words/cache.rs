//! What `packman cache` answers, for people and for programs.

use packman_client::{CacheKind, CachePruned, CacheSize, CacheVerified};
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};

use super::{count, size as bytes};
use crate::output::columns;

pub(crate) fn size(size: &CacheSize) -> Vec<String> {
    let folder =
        size.folder.as_deref().map_or_else(|| "no folder".to_owned(), |path| quoted(path).to_string());
    let row = |kind: &CacheKind| vec![format!("  {}", kind.what), kind.count.to_string(), bytes(kind.bytes)];
    let mut rows: Vec<Vec<String>> = size.kinds.iter().map(row).collect();
    rows.push(vec!["  in all".to_owned(), String::new(), bytes(sum(size))]);
    std::iter::once(format!("cache {folder}")).chain(columns(&rows)).collect()
}

pub(crate) fn size_to_json(size: &CacheSize) -> Value<'static> {
    let kind = |kind: &CacheKind| {
        let count = kind.count as u64;
        Value::from(Object::new().with("what", kind.what).with("count", count).with("bytes", kind.bytes))
    };
    Object::new()
        .with("folder", size.folder.clone().map_or(Value::Null, Value::from))
        .with("bytes", sum(size))
        .with("kinds", size.kinds.iter().map(kind).collect::<Vec<_>>())
        .into()
}

fn sum(size: &CacheSize) -> u64 {
    size.kinds.iter().map(|kind| kind.bytes).sum()
}

pub(crate) fn verified(verified: &CacheVerified) -> Vec<String> {
    let (wheels, files) = (verified.wheels, verified.files);
    let mut lines = vec![format!(
        "read {} and {}, every byte",
        count(wheels, "unpacked wheel", "unpacked wheels"),
        count(files, "downloaded file", "downloaded files")
    )];
    let dropped = verified.dropped_wheels.iter();
    lines.extend(dropped.map(|name| format!("  {}: not as it was unpacked, dropped", escaped(name))));
    if verified.dropped_files > 0 {
        lines.push(format!(
            "  {}: other bytes, dropped",
            count(verified.dropped_files, "downloaded file", "downloaded files")
        ));
    }
    lines.push(match verified.dropped_wheels.len() + verified.dropped_files {
        0 => "all of it is as it was kept".to_owned(),
        _ => "what was dropped is fetched again when it is needed; no environment was touched".to_owned(),
    });
    lines
}

pub(crate) fn verified_to_json(verified: &CacheVerified) -> Value<'static> {
    let names: Vec<Value<'static>> = verified.dropped_wheels.iter().cloned().map(Value::from).collect();
    Object::new()
        .with("wheels", verified.wheels as u64)
        .with("files", verified.files as u64)
        .with("dropped-wheels", names)
        .with("dropped-files", verified.dropped_files as u64)
        .into()
}

pub(crate) fn pruned(pruned: &CachePruned, dry_run: bool) -> Vec<String> {
    let mut lines: Vec<String> = pruned.wheels.iter().map(|name| format!("  {}", escaped(name))).collect();
    lines.push(format!(
        "{} {} and {}, {}",
        if dry_run { "would remove" } else { "removed" },
        count(pruned.wheels.len(), "unpacked wheel", "unpacked wheels"),
        count(pruned.files, "other file", "other files"),
        bytes(pruned.bytes)
    ));
    if pruned.left_over > 0 {
        lines.push(format!(
            "removed what {} had left",
            count(pruned.left_over, "interrupted run", "interrupted runs")
        ));
    }
    lines
}

pub(crate) fn pruned_to_json(pruned: &CachePruned, dry_run: bool) -> Value<'static> {
    let names: Vec<Value<'static>> = pruned.wheels.iter().cloned().map(Value::from).collect();
    Object::new()
        .with("removed", !dry_run)
        .with("wheels", names)
        .with("files", pruned.files as u64)
        .with("left-over", pruned.left_over as u64)
        .with("bytes", pruned.bytes)
        .into()
}
