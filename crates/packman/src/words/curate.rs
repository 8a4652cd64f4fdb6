//! The scapegoat's side in words and as JSON.

use std::collections::BTreeSet;
use std::path::Path;

use packman_curate::{
    AddReport, AddedFile, ChangedFile, Expiry, InitReport, Nearness, NewFile, Problem, PublishReport,
    RotateReport, Staged, StagedFile, StagedRecall, StatusReport,
};
use packman_database::Kind;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_strict::time::Time;

use crate::output::columns;
use crate::words;

/// A new database, in words.
pub(crate) fn init(report: &InitReport, kind: Kind, dir: &str) -> Vec<String> {
    let mut lines = vec![format!("made a {} in {}", kind.as_str(), quoted(dir))];
    lines.extend(where_keys_are(report));
    lines.push(format!("  safety number {}", report.number));
    lines.push(format!(
        "  Print the number where people can find it by another way than the {}: they compare it.",
        kind.as_str()
    ));
    let what = match kind {
        Kind::Database => "REQUIREMENT…",
        Kind::List => "NAME URL --number NUMBER",
    };
    let path = words::shell_path(Path::new(dir));
    for missing in &report.missing {
        lines.push(format!("  signatures missing: {missing}"));
    }
    lines.push(if report.missing.is_empty() {
        format!("next: packman curate add {path} {what}")
    } else {
        format!("next: each keeper: packman curate sign {path}; `--export FILE` writes a file to hand on")
    });
    lines
}

/// Where the private keys of a new database lie, the spare one by itself: it is to be taken away.
pub(crate) fn where_keys_are(report: &InitReport) -> Vec<String> {
    let keys = format!("  private keys  {}", quoted(&report.keys.display().to_string()));
    let spare = report.spare.as_ref().map(|spare| {
        format!(
            "  spare key     {}: take it to where it is not lost together with this machine",
            quoted(&spare.display().to_string())
        )
    });
    [keys].into_iter().chain(spare).collect()
}

/// What signing would change, for the scapegoat to read before he answers for it.
pub(crate) fn staged(staged: &Staged, now: Time) -> Vec<String> {
    let mut lines: Vec<String> = words::keepers::proposed(staged).into_iter().collect();
    lines.extend(staged.root.iter().flat_map(words::keepers::root));
    if !staged.new.is_empty() {
        lines.push(format!("to be vouched for: {}", words::count(staged.new.len(), "new file", "new files")));
        let rows: Vec<Vec<String>> = staged
            .new
            .iter()
            .map(|new| {
                vec![
                    format!("  + {}", new.file.file),
                    words::size(new.size),
                    new.age_days(now)
                        .map_or_else(|| "age unknown".to_owned(), |days| format!("{days} days old")),
                    place_among_versions(new),
                    new.review.as_ref().map_or_else(
                        || "nobody reviewed".to_owned(),
                        |review| format!("reviewed by {}", escaped(&review.by)),
                    ),
                    remarks(new),
                ]
            })
            .collect();
        lines.extend(columns(&rows));
        lines.extend(not_compared(staged));
    }
    if !staged.gone.is_empty() {
        let title = "no longer vouched for";
        lines.push(format!("{title}: {}", words::count(staged.gone.len(), "file", "files")));
        lines.extend(staged.gone.iter().map(|file| format!("  - {}", file.file)));
    }
    lines.extend(changed(&staged.changed));
    lines.extend(recalls("recalled", "!", &staged.recalled));
    lines.extend(recalls("no longer recalled", "+", &staged.restored));
    lines.extend(words::list::staged(&staged.databases));
    if staged.about && !staged.first {
        lines.push("the database's description of itself changes".to_owned());
    }
    lines
}

/// Files of which something else would be said; a review by its words, since it is what others go by.
fn changed(files: &[ChangedFile]) -> Vec<String> {
    if files.is_empty() {
        return Vec::new();
    }
    let told = |one: &ChangedFile| {
        let review = match &one.review {
            None => String::new(),
            Some(None) => "nobody reviewed any more".to_owned(),
            Some(Some(review)) => format!("reviewed by {} now", escaped(&review.by)),
        };
        vec![format!("  ~ {}", one.file.file), review]
    };
    let count = words::count(files.len(), "file", "files");
    let title = format!("with another address, yank or review: {count}");
    [title].into_iter().chain(columns(&files.iter().map(told).collect::<Vec<_>>())).collect()
}

/// What of it nobody compared with what was vouched for before.
fn not_compared(staged: &Staged) -> Option<String> {
    let projects: BTreeSet<&str> =
        staged.new.iter().filter(|new| new.lacks_comparison()).map(|new| new.file.project.as_str()).collect();
    let count = staged.new.iter().filter(|new| new.lacks_comparison()).count();
    let first = projects.first()?;
    let files = words::count(count, "file was", "files were");
    Some(format!(
        "{files} not compared here with what was vouched for before: packman curate compare DIR {first}"
    ))
}

fn recalls(title: &str, sign: &str, recalls: &[StagedRecall]) -> Vec<String> {
    if recalls.is_empty() {
        return Vec::new();
    }
    let told = |one: &StagedRecall| format!("  {sign} {}: {}", one.file, escaped(&one.recall.reason));
    let title = format!("{title}: {}", words::count(recalls.len(), "file", "files"));
    [title].into_iter().chain(recalls.iter().map(told)).collect()
}

/// What is said of a file that no platform asked for that was named.
const FOR_LOCK: &str = "for locks of other platforms";

fn place_among_versions(new: &NewFile) -> String {
    match (&new.replaces, &new.older_than) {
        (Some(old), _) => format!("after {old}"),
        (None, Some(newer)) => format!("older than {newer}"),
        (None, None) => String::new(),
    }
}

/// What a scapegoat would want to know before he answers for the file.
fn remarks(new: &NewFile) -> String {
    let yanked = new.yanked.as_ref().map(|reason| match reason.as_str() {
        "" => "yanked at its source".to_owned(),
        reason => format!("yanked at its source: {}", escaped(reason)),
    });
    let source = new.is_source.then(|| "source only: nobody can install it".to_owned());
    let for_lock = new.for_lock.then(|| FOR_LOCK.to_owned());
    yanked.into_iter().chain(source).chain(for_lock).collect::<Vec<_>>().join(", ")
}

/// What was recorded and what was not, in words.
pub(crate) fn added(report: &AddReport) -> Vec<String> {
    let row = |file: &AddedFile| {
        let remark = if file.for_lock { FOR_LOCK } else { "" };
        vec![format!("  + {}", file.file), words::size(file.size), remark.to_owned()]
    };
    let mut lines = columns(&report.added.iter().map(row).collect::<Vec<_>>());
    lines.extend(not_taken(&report.not_taken));
    let already = if report.already.is_empty() {
        String::new()
    } else {
        format!(", {} were there already", report.already.len())
    };
    let signing = if report.added.is_empty() { "" } else { "; nothing is vouched for until you sign" };
    let count = words::count(report.added.len(), "file", "files");
    lines.push(format!("recorded {count}{already}{signing}"));
    lines
}

/// What was not taken and the way on, where there is more of it than the one error that the command ends with.
pub(crate) fn not_taken(problems: &[Problem]) -> Vec<String> {
    let told = |problem: &Problem| {
        let way_on = problem.why.hint().map(|way| format!("  way on: {way}"));
        [format!("not taken: {}", problem.why)].into_iter().chain(way_on)
    };
    if problems.len() < 2 { Vec::new() } else { problems.iter().flat_map(told).collect() }
}

/// When each role expires, in words.
pub(crate) fn expiry(expiry: &[Expiry], now: Time) -> Vec<String> {
    expiry_lines(expiry, now, |_| String::new())
}

/// The same, and what is said of a role that has long to live.
fn expiry_lines(expiry: &[Expiry], now: Time, far: fn(&Expiry) -> String) -> Vec<String> {
    let row = |one: &Expiry| {
        let state = match one.nearness(now) {
            Nearness::Far => far(one),
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
    let files =
        |files: &[StagedFile]| files.iter().map(|file| Value::from(file.file.clone())).collect::<Vec<_>>();
    let recalls = |recalls: &[StagedRecall]| {
        recalls.iter().map(|one| Value::from(one.file.clone())).collect::<Vec<_>>()
    };
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
                .with("older-than", optional(new.older_than.as_ref().map(ToString::to_string)))
                .with("yanked", optional(new.yanked.clone()))
                .with("source-only", new.is_source)
                .with("for-lock", new.for_lock)
                .with("compared", new.is_compared)
                .with("reviewed-by", optional(new.review.as_ref().map(|review| review.by.clone())))
                .into()
        })
        .collect();
    Object::new()
        .with("new", new)
        .with("gone", files(&staged.gone))
        .with(
            "changed",
            staged.changed.iter().map(|one| Value::from(one.file.file.clone())).collect::<Vec<_>>(),
        )
        .with("recalled", recalls(&staged.recalled))
        .with("restored", recalls(&staged.restored))
        .with("databases", words::list::staged_to_json(&staged.databases))
        .with("about", staged.about)
        .with("unsigned", staged.first)
}

/// How a database stands, in words.
pub(crate) fn status(report: &StatusReport, dir: &str, now: Time) -> Vec<String> {
    let mut lines = vec![
        format!("{}, by {}", quoted(&report.title), quoted(&report.maintainer)),
        report.number.map_or_else(
            || "  not signed: believed over TLS only".to_owned(),
            |number| format!("  safety number {number}"),
        ),
    ];
    match report.kind {
        Kind::Database => lines.push(format!(
            "  records of {} in {}",
            words::count(report.files, "file", "files"),
            words::count(report.projects, "project", "projects")
        )),
        Kind::List => lines.extend(words::list::listings(&report.databases)),
    }
    if report.staged.first {
        lines.push("nothing is signed yet".to_owned());
    }
    let is_bare = report.staged.first && report.files == 0;
    let prolonged = |one: &Expiry| format!("`{}` prolongs it", one.prolonged_by());
    lines.extend(expiry_lines(&report.expiry, now, prolonged));
    if is_bare {
        lines.push(format!("next: packman curate add {} REQUIREMENT…", words::shell_path(Path::new(dir))));
    } else if !report.staged.is_empty() {
        lines.extend(staged(&report.staged, now));
        lines.push(format!("next: packman curate sign {}", words::shell_path(Path::new(dir))));
    }
    for yank in &report.yanks {
        lines.push(match yank.yanked.as_deref() {
            None => format!("no longer yanked at its source: {}", yank.file),
            Some("") => format!("yanked at its source since: {}", yank.file),
            Some(reason) => format!("yanked at its source since: {} ({})", yank.file, escaped(reason)),
        });
    }
    if let Some(spare) = &report.spare_is_here {
        let path = quoted(&spare.to_string_lossy()).to_string();
        lines.push(format!("warning: the spare root key is still on this machine: move {path} to where it is not lost together with it"));
    }
    for missing in &report.missing {
        lines.push(format!("proposed, and signatures are missing: {missing}"));
    }
    for role in &report.keys_missing {
        lines.push(format!("warning: the {role} key is not on this machine"));
    }
    for problem in &report.damaged {
        let project = words::shell(&problem.what);
        lines.push(format!("warning: the staged record of {} cannot be read: {}; restore it, or take it away: packman curate remove {} {project}", quoted(&problem.what), problem.why, words::shell_path(Path::new(dir))));
    }
    for problem in &report.not_asked {
        lines.push(format!(
            "note: the index could not be asked about {}: {}",
            quoted(&problem.what),
            problem.why
        ));
    }
    lines
}

/// How much will be fetched, and for what.
pub(crate) fn fetching(
    (files, bytes, is_exact): (usize, u64, bool),
    here: usize,
    targets: &[String],
) -> String {
    let count = words::count(files, "file", "files");
    let size = match (is_exact, bytes) {
        (true, _) => format!(", {}", words::size(bytes)),
        // Not one of them says how large it is.
        (false, 0) => String::new(),
        (false, _) => format!(", at least {}", words::size(bytes)),
    };
    let fetching = || format!("fetching {count}{size}");
    let what = match (files, here) {
        (0, 1) => "fetching nothing more, 1 file is here".to_owned(),
        (0, here) => format!("fetching nothing more, {here} files are here"),
        (_, 0) => fetching(),
        (_, here) => {
            format!("{}; {here} more {} here", fetching(), if here == 1 { "is" } else { "are" })
        }
    };
    format!("{what}, for {}; `--python` and `--platform` name others", targets.join(", "))
}

/// A new root, in words.
pub(crate) fn rotated(report: &RotateReport, dir: &str, now: Time) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} root {}, good until {}",
            if report.missing.is_empty() { "signed" } else { "proposed" },
            report.version,
            report.root_expires.date()
        ),
        format!("  safety number {}", report.number),
        "  Whoever trusts the database follows by himself; print the new number where the old one stood."
            .to_owned(),
    ];
    for key in &report.retired {
        lines.push(format!(
            "  no longer used {}: keep it from others, or remove it",
            quoted(&key.display().to_string())
        ));
    }
    if let Some(spare) = &report.spare {
        lines.push(format!(
            "  spare key     {}: take it to where it is not lost together with this machine",
            quoted(&spare.display().to_string())
        ));
    }
    lines.extend(expiry(&report.expiry, now));
    if !report.missing.is_empty() {
        let missing = report.missing.iter().map(|missing| format!("  signatures missing: {missing}"));
        lines.extend(missing);
        let path = words::shell_path(Path::new(dir));
        lines.push(format!(
            "next: each keeper: packman curate sign {path}; `--export FILE` writes a file to hand on"
        ));
        return lines;
    }
    let next = if report.expiry.is_empty() { "sign" } else { "publish" };
    let to = if report.expiry.is_empty() { "" } else { " --to FOLDER" };
    lines.push(format!("next: packman curate {next} {}{to}", words::shell_path(Path::new(dir))));
    lines
}

/// A publication, in words.
pub(crate) fn published(report: &PublishReport, to: &str) -> Vec<String> {
    let written = format!(
        "to {}: {} of {} written",
        quoted(to),
        report.written,
        words::count(report.files, "file", "files")
    );
    let Some(set) = &report.signed else {
        return vec![
            format!("published {written}"),
            "  it is not signed: serve it over TLS, from a site that people know".to_owned(),
        ];
    };
    let timestamp = set.expiry.iter().find(|one| one.role.name() == "timestamp");
    let timestamp = timestamp.map_or_else(String::new, |one| format!(" (timestamp {})", one.version));
    let mut lines = vec![
        format!("published version {}{timestamp} {written}", set.version),
        format!("  safety number {}", set.number),
        "  any web server, object store or USB stick can carry this folder".to_owned(),
    ];
    if !report.staged.is_empty() {
        lines.push(
            "  what is staged and not signed is not in it: `packman curate status` lists it".to_owned(),
        );
    }
    lines
}
