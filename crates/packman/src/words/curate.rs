//! The scapegoat's side in words and as JSON.

use packman_curate::{AddReport, AddedFile, Expiry, InitReport, Nearness, PublishReport, Staged, StagedFile};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;
use packman_strict::time::Time;

use crate::output::columns;
use crate::words;

/// A new database, in words.
pub(crate) fn init(report: &InitReport, dir: &str) -> Vec<String> {
    let mut lines = vec![
        format!("made a database in {}", quoted(dir)),
        format!("  private keys  {}", quoted(&report.keys.display().to_string())),
        format!("  safety number {}", report.number),
        "  Print the number where people can find it by another way than the database: they compare it.".to_owned(),
    ];
    if let Some(spare) = &report.spare {
        lines.push(format!("  spare key     {}: take it to a place that this machine cannot lose", quoted(&spare.display().to_string())));
    }
    lines.push(format!("next: packman curate add {dir} REQUIREMENT…"));
    lines
}

/// What signing would change, for the scapegoat to read before he answers for it.
pub(crate) fn staged(staged: &Staged, now: Time) -> Vec<String> {
    let mut lines = Vec::new();
    if !staged.new.is_empty() {
        lines.push(format!("to be vouched for: {}", words::count(staged.new.len(), "new file", "new files")));
        let rows: Vec<Vec<String>> = staged
            .new
            .iter()
            .map(|new| {
                vec![
                    format!("  + {}", new.file.file),
                    words::size(new.size),
                    new.age_days(now).map_or_else(|| "age unknown".to_owned(), |days| format!("{days} days old")),
                    new.replaces.as_ref().map_or_else(String::new, |old| format!("after {old}")),
                    new.review.as_ref().map_or_else(|| "nobody reviewed".to_owned(), |review| format!("reviewed by {}", review.by.escape_debug())),
                ]
            })
            .collect();
        lines.extend(columns(&rows));
    }
    let files = |sign: &str, files: &[StagedFile]| files.iter().map(|file| format!("  {sign} {}", file.file)).collect::<Vec<_>>();
    for (title, sign, list) in [
        ("no longer vouched for", "-", &staged.gone),
        ("described anew", "~", &staged.changed),
        ("recalled", "!", &staged.recalled),
    ] {
        if !list.is_empty() {
            lines.push(format!("{title}: {}", words::count(list.len(), "file", "files")));
            lines.extend(files(sign, list));
        }
    }
    if staged.about {
        lines.push("the database's description of itself changes".to_owned());
    }
    lines
}

/// What was recorded and what was not, in words.
pub(crate) fn added(report: &AddReport) -> Vec<String> {
    let row = |file: &AddedFile| vec![format!("  + {}", file.file), words::size(file.size)];
    let mut lines = columns(&report.added.iter().map(row).collect::<Vec<_>>());
    lines.extend(report.not_taken.iter().map(|problem| format!("  not taken: {}: {}", quoted(&problem.what), problem.why)));
    let already = if report.already.is_empty() { String::new() } else { format!(", {} were there already", report.already.len()) };
    lines.push(format!("recorded {}{already}; nothing is vouched for until you sign", words::count(report.added.len(), "file", "files")));
    lines
}

/// When each role expires, in words.
pub(crate) fn expiry(expiry: &[Expiry], now: Time) -> Vec<String> {
    let row = |one: &Expiry| {
        let state = match one.nearness(now) {
            Nearness::Far => String::new(),
            Nearness::HalfOver => format!("half over: `{}` prolongs it", one.prolonged_by()),
            Nearness::Soon => format!("ends soon: `{}` prolongs it", one.prolonged_by()),
            Nearness::Over => format!("expired: `{}` prolongs it", one.prolonged_by()),
        };
        vec![
            format!("  {}", one.role),
            format!("version {}", one.version),
            format!("good until {}", one.expires.date()),
            state,
        ]
    };
    columns(&expiry.iter().map(row).collect::<Vec<_>>())
}

/// When each role expires, as JSON.
pub(crate) fn expiry_to_json(expiry: &[Expiry]) -> Value<'static> {
    let one = |one: &Expiry| {
        Value::from(
            Object::new()
                .with("role", one.role.name())
                .with("version", one.version)
                .with("expires", one.expires.to_string())
                .with("prolonged-by", one.prolonged_by()),
        )
    };
    Value::from(expiry.iter().map(one).collect::<Vec<_>>())
}

/// What would be signed, as JSON.
pub(crate) fn staged_to_json(staged: &Staged, now: Time) -> Object<'static> {
    let files = |files: &[StagedFile]| files.iter().map(|file| Value::from(file.file.clone())).collect::<Vec<_>>();
    let new: Vec<Value<'static>> = staged
        .new
        .iter()
        .map(|new| {
            let optional = |text: Option<String>| text.map_or(Value::Null, Value::from);
            let age = new.age_days(now).and_then(|days| u64::try_from(days).ok());
            Object::new()
                .with("file", new.file.file.clone())
                .with("project", new.file.project.as_str().to_owned())
                .with("version", new.file.version.to_string())
                .with("sha256", new.sha256.to_string())
                .with("size", new.size)
                .with("age-days", age.map_or(Value::Null, Value::from))
                .with("replaces", optional(new.replaces.as_ref().map(ToString::to_string)))
                .with("reviewed-by", optional(new.review.as_ref().map(|review| review.by.clone())))
                .into()
        })
        .collect();
    Object::new()
        .with("new", new)
        .with("gone", files(&staged.gone))
        .with("changed", files(&staged.changed))
        .with("recalled", files(&staged.recalled))
        .with("about", staged.about)
        .with("unsigned", staged.first)
}

/// A publication, in words.
pub(crate) fn published(report: &PublishReport, to: &str) -> Vec<String> {
    vec![
        format!(
            "published version {} to {}: {} of {} written",
            report.version,
            quoted(to),
            report.written,
            words::count(report.files, "file", "files")
        ),
        format!("  safety number {}", report.number),
        "  any web server, object store or USB stick can carry this folder".to_owned(),
    ]
}
