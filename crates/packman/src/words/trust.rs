//! The trust ring in words.

use packman_client::{Added, Compared, EntryReport, ListedEntry, Question, Removed, Typed};
use packman_database::Kind;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_trust::{Age, Entry, EntryName, HeldBy, Listing, Owner, Pattern};

use crate::output::columns;
use crate::words;

/// A question: what there is to know, and what is asked.
pub(crate) fn question(question: &Question) -> (Vec<String>, String) {
    match question {
        Question::Remember { url, title, maintainer, number, kind, holds } => (
            vec![
                format!("{title}, by {maintainer}", title = quoted(title), maintainer = quoted(maintainer)),
                format!("  at {}, with {}", quoted(url), counted(*kind, *holds)),
                format!("  safety number {number}"),
                "  Nobody has compared this number yet. If you can, ask the maintainer for it by another way,".to_owned(),
                "  and give it with `--number`; else PackMan remembers it, and stops if it ever changes.".to_owned(),
            ],
            "Remember it?".to_owned(),
        ),
        Question::Replace { changes } => {
            let rows: Vec<Vec<String>> = changes
                .iter()
                .map(|(project, old, new)| vec![format!("  {project}"), old.to_string(), "->".to_owned(), new.to_string()])
                .collect();
            (columns(&rows), "Replace what is installed?".to_owned())
        }
        Question::Lower { what } => (
            vec![
                format!("This lowers what your trust ring demands: {}", escaped(what)),
                "  Files could be installed afterwards that it keeps out now. Whoever asked you to should have told you why."
                    .to_owned(),
            ],
            "Demand less?".to_owned(),
        ),
        Question::MakeEnvironment { folder } => (Vec::new(), format!("There is no environment here. Make {}?", quoted(folder))),
    }
}

/// What is to be typed: what there is to know, and what is asked.
pub(crate) fn typed(wanted: &Typed) -> (Vec<String>, &'static str) {
    match wanted {
        Typed::Scope { wrong: Some(wrong), .. } => (vec![wrong.clone()], "Patterns: "),
        Typed::Scope { title, wrong: None } => (
            vec![
                format!("{} is not your first database.", quoted(title)),
                "  Databases before it in your ring answer first; it answers for what they do not have."
                    .to_owned(),
                "  Which projects may it answer for? Names or patterns such as `lab-*`, with spaces between;"
                    .to_owned(),
                "  `*` is every project, and nothing leaves the database out.".to_owned(),
            ],
            "Patterns: ",
        ),
    }
}

/// How much there is in it.
fn counted(kind: Kind, holds: usize) -> String {
    match kind {
        Kind::Database => words::count(holds, "project", "projects"),
        Kind::List => words::count(holds, "database", "databases"),
    }
}

/// What was added, in words.
pub(crate) fn added(added: &Added) -> Vec<String> {
    vec![
        format!(
            "trusting {} as `{}`, {} {}",
            quoted(&added.title),
            added.entry.name,
            added.assurance.padlock().as_str(),
            added.assurance
        ),
        format!("  by {}, {}", quoted(&added.maintainer), counted(added.entry.kind, added.holds)),
        match added.entry.kind {
            Kind::Database => format!("  answers for {}", added.entry.scope),
            Kind::List => "  is a list: `packman trust add NAME` finds what it names".to_owned(),
        },
        format!("  safety number {}", added.number),
    ]
}

/// What a compared number turned out to be, in words.
pub(crate) fn compared(name: &str, compared: Compared) -> String {
    match compared {
        Compared::Known { root } => {
            format!("`{name}` is compared: the number is that of root {root} of its chain")
        }
        Compared::Anew { before, root } => format!(
            "`{name}` stands for other keys from now on: the number is that of root {root} of what its address serves \
             now; the keys before had {before}"
        ),
    }
}

/// What was removed, and what is left of it, in words.
pub(crate) fn removed(removed: &Removed) -> String {
    let left = if removed.is_remembered {
        "its keys stay remembered, and adding it again goes on from them"
    } else {
        "nothing of its keys is remembered, so adding it again needs its safety number"
    };
    format!("`{}` is no longer trusted; {left}", removed.entry.name)
}

/// The ring, in words.
pub(crate) fn list(listed: &[ListedEntry]) -> Vec<String> {
    if listed.is_empty() {
        return vec!["you trust no database yet; `packman trust add URL` adds one".to_owned()];
    }
    let row = |one: &ListedEntry| match one {
        Ok(report) => row(report),
        Err(unreported) => unreported_row(&unreported.entry, unreported.error.code()),
    };
    columns(&listed.iter().map(row).collect::<Vec<_>>())
}

/// What the ring says of an entry of which nothing else can be told; the error below says why.
fn unreported_row(entry: &Entry, code: &str) -> Vec<String> {
    vec![
        "[!]".to_owned(),
        entry.name.to_string(),
        code.to_owned(),
        format!("for {}", few(entry.scope.patterns())),
        String::new(),
        String::new(),
        escaped(&entry.url).to_string(),
    ]
}

fn row(report: &EntryReport) -> Vec<String> {
    vec![
        report.assurance.padlock().as_str().to_owned(),
        report.entry.name.to_string(),
        format!("{}{}", report.assurance, report.entry.owner.mark()),
        answers_for(report),
        counted(report.entry.kind, report.projects.len() + report.databases.len()),
        age(report),
        escaped(&report.entry.url).to_string(),
    ]
}

fn answers_for(report: &EntryReport) -> String {
    if report.entry.kind == Kind::List {
        return "list".to_owned();
    }
    let scope = match report.entry.scope.patterns() {
        [] => "nothing".to_owned(),
        patterns => few(patterns),
    };
    match report.preferred.as_slice() {
        [] => format!("for {scope}"),
        preferred if preferred == report.entry.scope.patterns() => format!("for {scope} (first)"),
        preferred => format!("for {scope} (first for {})", few(preferred)),
    }
}

/// The first of some patterns, and how many more there are.
fn few(patterns: &[Pattern]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = patterns.iter().take(SHOWN).map(Pattern::as_str).collect();
    match patterns.len().checked_sub(SHOWN) {
        None | Some(0) => first.join(" "),
        Some(more) => format!("{} and {more} more", first.join(" ")),
    }
}

fn age(report: &EntryReport) -> String {
    let present = &report.entry.present;
    if present.heads.is_some() {
        return "stopped: contradicts itself".to_owned();
    }
    if present.withdrawn.as_ref().is_some_and(|taken| !taken.kept) {
        return "taken back by its list".to_owned();
    }
    match (report.age, report.good_until) {
        (Some(Age::Current), Some(until)) => format!("good until {}", until.date()),
        (Some(Age::Expired { role, since }), _) => format!("expired {} ({role})", since.date()),
        _ => "no good copy".to_owned(),
    }
}

/// One entry, in words.
pub(crate) fn show(report: &EntryReport) -> Vec<String> {
    let text = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "unknown".to_owned(), |text| quoted(text).to_string())
    };
    let mut lines = vec![
        format!("{} {}", report.assurance.padlock().as_str(), report.entry.name),
        format!("  title       {}", text(&report.title)),
        format!("  maintainer  {}", text(&report.maintainer)),
        format!("  address     {}", escaped(&report.entry.url)),
        format!("  assurance   {}, added {}", report.assurance, report.entry.learnt.on.date()),
    ];
    if report.entry.owner == Owner::Administrator {
        lines.push("  whose       your administrator's, who alone changes it".to_owned());
    }
    match report.entry.kind {
        Kind::Database => lines.push(format!("  answers for {}", report.entry.scope)),
        Kind::List => lines.push("  is a list  what it names is trusted only when you add it".to_owned()),
    }
    lines.extend(stopped(report));
    if !report.preferred.is_empty() {
        let preferred: Vec<&str> = report.preferred.iter().map(Pattern::as_str).collect();
        lines.push(format!("  first for   {}, before the others of your trust ring", preferred.join(" ")));
    }
    lines.extend(report.mirrors.iter().map(|mirror| format!("  mirror      {}", escaped(mirror))));
    lines.extend([
        match report.entry.kind {
            Kind::Database => format!("  projects    {}", report.projects.len()),
            Kind::List => format!("  databases   {}", report.databases.len()),
        },
        format!("  state       {}", age(report)),
        "  safety numbers, newest root last".to_owned(),
    ]);
    lines.extend(report.numbers.iter().map(|(version, number)| format!("    root {version}: {number}")));
    if !report.databases.is_empty() {
        lines.push("it names".to_owned());
        lines.extend(columns(&report.databases.iter().map(named).collect::<Vec<_>>()));
    }
    lines
}

/// One database that a list names.
fn named((name, listing): &(EntryName, Listing)) -> Vec<String> {
    let state = match &listing.withdrawn {
        Some(withdrawn) => format!("taken back: {}", escaped(&withdrawn.reason)),
        None => format!("for {}", few(listing.scope.patterns())),
    };
    let url = listing.urls.first().map(String::as_str).unwrap_or_default();
    vec![format!("  {name}"), quoted(&listing.title).to_string(), state, escaped(url).to_string()]
}

/// What stands against an entry until somebody settles it.
fn stopped(report: &EntryReport) -> Vec<String> {
    let present = &report.entry.present;
    let mut lines = Vec::new();
    if let Some(through) = &present.through {
        lines.push(format!("  learnt from the list `{through}`"));
    }
    if let Some(taken) = &present.withdrawn {
        let kept = if taken.kept {
            "kept by you, though it was taken back"
        } else {
            "taken back, nothing new until you decide"
        };
        lines.push(format!("  withdrawn   {kept}: {}", escaped(&taken.reason)));
    }
    if let Some((role, version)) = &present.heads {
        lines.push(format!("  stopped     two different files of {} {version} are signed", role.name()));
    }
    lines
}

/// One entry, as JSON.
pub(crate) fn to_json(report: &EntryReport) -> Value<'static> {
    let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
    let texts = |all: &mut dyn Iterator<Item = String>| all.map(Value::from).collect::<Vec<Value<'static>>>();
    let scope = texts(&mut report.entry.scope.patterns().iter().map(|pattern| pattern.as_str().to_owned()));
    let numbers: Vec<Value<'static>> = report
        .numbers
        .iter()
        .map(|(version, number)| {
            Object::new().with("root", *version).with("number", number.to_string()).into()
        })
        .collect();
    let projects: Vec<Value<'static>> =
        report.projects.iter().map(|project| Value::from(project.as_str().to_owned())).collect();
    let databases: Vec<Value<'static>> = report.databases.iter().map(named_to_json).collect();
    let present = &report.entry.present;
    let withdrawn = present.withdrawn.as_ref().map_or(Value::Null, |taken| Value::from(taken.reason.clone()));
    let heads = present.heads.map(|(role, version)| format!("{} {version}", role.name()));
    let heads = heads.map_or(Value::Null, Value::from);
    Object::new()
        .with("kind", report.entry.kind.as_str())
        .with("name", report.entry.name.as_str().to_owned())
        .with("url", report.entry.url.clone())
        .with("title", optional(&report.title))
        .with("maintainer", optional(&report.maintainer))
        .with("assurance", report.assurance.to_string())
        .with("padlock", report.assurance.padlock().word())
        .with("administrators", report.entry.owner == Owner::Administrator)
        .with("scope", scope)
        .with("preferred", texts(&mut report.preferred.iter().map(|pattern| pattern.as_str().to_owned())))
        .with("mirrors", texts(&mut report.mirrors.iter().cloned()))
        .with("good-until", report.good_until.map_or(Value::Null, |until| Value::from(until.to_string())))
        .with("expired", matches!(report.age, Some(Age::Expired { .. })))
        .with("numbers", numbers)
        .with("projects", projects)
        .with("databases", databases)
        .with(
            "listed-by",
            report
                .entry
                .present
                .through
                .as_ref()
                .map_or(Value::Null, |name| Value::from(name.as_str().to_owned())),
        )
        .with("withdrawn", withdrawn)
        .with("kept", report.entry.present.withdrawn.as_ref().is_some_and(|taken| taken.kept))
        .with("two-heads", heads)
        .into()
}

fn named_to_json((name, listing): &(EntryName, Listing)) -> Value<'static> {
    let withdrawn = listing.withdrawn.as_ref();
    let (kind, held) = match &listing.held {
        HeldBy::Root(number) => ("number", number.to_string()),
        HeldBy::Hash(sha256) => ("sha256", sha256.to_string()),
    };
    let scope: Vec<Value<'static>> =
        listing.scope.patterns().iter().map(|pattern| Value::from(pattern.as_str().to_owned())).collect();
    Object::new()
        .with("name", name.as_str().to_owned())
        .with("title", listing.title.clone())
        .with("urls", listing.urls.iter().cloned().map(Value::from).collect::<Vec<_>>())
        .with(kind, held)
        .with("scope", scope)
        .with("withdrawn", withdrawn.map_or(Value::Null, |withdrawn| Value::from(withdrawn.reason.clone())))
        .into()
}
