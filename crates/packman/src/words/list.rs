//! Lists in words and as JSON.

use std::path::Path;

use packman_curate::{DatabaseChange, ListReport, Look, Looked, StagedDatabase, UnlistReport};
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_trust::{EntryName, HeldBy, Listing, Listings};

use crate::words;

/// A new list without keys, in words.
pub(crate) fn init_unsigned(dir: &Path) -> Vec<String> {
    vec![
        format!("made a list without keys in {}", quoted(&dir.to_string_lossy())),
        "  Whoever reads it believes the site that serves it, over TLS only. Where you can keep keys, a signed one is safer: leave out `--unsigned`."
            .to_owned(),
        format!("next: packman curate add {} NAME URL --number NUMBER", words::shell_path(dir)),
    ]
}

/// A database that was listed, in words.
pub(crate) fn listed(report: &ListReport) -> Vec<String> {
    let verb = match &report.before {
        None => "listed",
        Some(before) if before.withdrawn.is_some() => "listed again, which takes its withdrawal back:",
        Some(_) => "changed",
    };
    let mut lines = vec![format!("{verb} {}", headline(&report.name, &report.listing))];
    lines.extend(facts(&report.listing));
    lines.extend(report.looks.iter().map(look));
    lines
}

fn look(look: &Look) -> String {
    let url = quoted(&look.url).to_string();
    match &look.found {
        Looked::Database { trouble: None, .. } => format!("  found at {url}: it is the one that is meant"),
        Looked::Database { trouble: Some(trouble), .. } => {
            format!(
                "  found at {url}: its root is the one that is meant; what stands on it is not usable now: {trouble}"
            )
        }
        Looked::NotReached(why) => {
            format!("warning: nobody looked whether it is at {url}: {why}; what you typed is listed as it is")
        }
        Looked::NotAsked => {
            format!("warning: nobody looked whether it is at {url}; without `--offline` PackMan looks")
        }
    }
}

/// Names that were taken out, in words.
pub(crate) fn unlisted(report: &UnlistReport) -> Vec<String> {
    let mut lines: Vec<String> = report.names.iter().map(|name| format!("removed {name}")).collect();
    lines.push(
        "  a database that people should stop trusting is withdrawn instead, with the reason: `packman curate withdraw`"
            .to_owned(),
    );
    lines
}

/// What signing would change in a list.
pub(crate) fn staged(databases: &[StagedDatabase]) -> Vec<String> {
    let mut lines = Vec::new();
    if !databases.is_empty() {
        lines
            .push(format!("changes of the list: {}", words::count(databases.len(), "database", "databases")));
    }
    for staged in databases {
        let name = &staged.name;
        match &staged.change {
            DatabaseChange::New(listing) => {
                lines.push(format!("  + {}", headline(name, listing)));
                lines.extend(facts(listing).into_iter().map(|fact| format!("  {fact}")));
            }
            DatabaseChange::Changed { from, to } => {
                lines.push(format!("  ~ {}", headline(name, to)));
                lines.extend(differences(from, to).into_iter().map(|fact| format!("    {fact}")));
            }
            DatabaseChange::Withdrawn(listing) => {
                let reason = listing.withdrawn.as_ref().map_or("", |withdrawn| &withdrawn.reason);
                lines.push(format!("  ! {}", headline(name, listing)));
                lines.push(format!("    withdrawn: {}", escaped(reason)));
            }
            DatabaseChange::Gone(listing) => lines.push(format!("  - {}", headline(name, listing))),
        }
    }
    lines
}

/// The databases of a list, for its status.
pub(crate) fn listings(listings: &Listings) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, listing) in listings.iter() {
        lines.push(format!("  {}", headline(name, listing)));
        lines.extend(facts(listing).into_iter().map(|fact| format!("  {fact}")));
        if let Some(withdrawn) = &listing.withdrawn {
            lines.push(format!("    withdrawn {}: {}", withdrawn.at.date(), escaped(&withdrawn.reason)));
        }
    }
    lines
}

fn headline(name: &EntryName, listing: &Listing) -> String {
    format!("{name}: {}", quoted(&listing.title))
}

fn facts(listing: &Listing) -> Vec<String> {
    let addresses = listing.urls.iter().map(|url| format!("  at {}", quoted(url)));
    addresses.chain([format!("  {}", held(&listing.held)), format!("  for {}", scope(listing))]).collect()
}

fn held(held: &HeldBy) -> String {
    match held {
        HeldBy::Root(number) => format!("safety number {number}"),
        HeldBy::Hash(sha256) => format!("not signed, SHA-256 {sha256}"),
    }
}

fn scope(listing: &Listing) -> String {
    listing.scope.patterns().iter().map(packman_trust::Pattern::as_str).collect::<Vec<_>>().join(" ")
}

/// What is said otherwise, with both; what it is believed by comes first.
fn differences(from: &Listing, to: &Listing) -> Vec<String> {
    let mut lines = Vec::new();
    let mut differ = |was: String, now: String| {
        if was != now {
            lines.push(format!("was {was}"));
            lines.push(format!("now {now}"));
        }
    };
    differ(held(&from.held), held(&to.held));
    differ(format!("for {}", scope(from)), format!("for {}", scope(to)));
    let urls = |listing: &Listing| format!("at {}", quoted(&listing.urls.join(" ")));
    differ(urls(from), urls(to));
    differ(quoted(&from.title).to_string(), quoted(&to.title).to_string());
    let withdrawn = |listing: &Listing| match &listing.withdrawn {
        Some(withdrawn) => format!("withdrawn: {}", escaped(&withdrawn.reason)),
        None => "not withdrawn".to_owned(),
    };
    differ(withdrawn(from), withdrawn(to));
    lines
}

/// A database that was listed, as JSON.
pub(crate) fn listed_to_json(report: &ListReport) -> Object<'static> {
    let looks: Vec<Value<'static>> = report
        .looks
        .iter()
        .map(|look| {
            let (found, why) = match &look.found {
                Looked::Database { trouble, .. } => ("database", trouble.clone()),
                Looked::NotReached(why) => ("not-reached", Some(why.clone())),
                Looked::NotAsked => ("not-asked", None),
            };
            let object = Object::new().with("url", look.url.clone()).with("found", found);
            object.with("why", why.map_or(Value::Null, Value::from)).into()
        })
        .collect();
    listing_to_json(report.name.as_str(), &report.listing).with("looks", looks)
}

/// The databases of a list as JSON.
pub(crate) fn listings_to_json(listings: &Listings) -> Vec<Value<'static>> {
    listings.iter().map(|(name, listing)| listing_to_json(name.as_str(), listing).into()).collect()
}

/// What a list says of one database, as JSON.
pub(crate) fn listing_to_json(name: &str, listing: &Listing) -> Object<'static> {
    let texts = |texts: Vec<String>| texts.into_iter().map(Value::from).collect::<Vec<_>>();
    let patterns = listing.scope.patterns().iter().map(|pattern| pattern.as_str().to_owned()).collect();
    let (number, sha256) = match &listing.held {
        HeldBy::Root(number) => (Value::from(number.to_string()), Value::Null),
        HeldBy::Hash(sha256) => (Value::Null, Value::from(sha256.to_string())),
    };
    let withdrawn = listing.withdrawn.as_ref().map(|withdrawn| {
        Object::new().with("reason", withdrawn.reason.clone()).with("at", withdrawn.at.to_string())
    });
    Object::new()
        .with("name", name.to_owned())
        .with("title", listing.title.clone())
        .with("urls", texts(listing.urls.clone()))
        .with("number", number)
        .with("sha256", sha256)
        .with("scope", texts(patterns))
        .with("withdrawn", withdrawn.map_or(Value::Null, Value::from))
}

/// What a list would change, as JSON.
pub(crate) fn staged_to_json(databases: &[StagedDatabase]) -> Vec<Value<'static>> {
    let staged = databases.iter().map(|staged| {
        let (change, listing) = match &staged.change {
            DatabaseChange::New(listing) => ("new", listing),
            DatabaseChange::Changed { to, .. } => ("changed", to),
            DatabaseChange::Withdrawn(listing) => ("withdrawn", listing),
            DatabaseChange::Gone(listing) => ("gone", listing),
        };
        Value::from(listing_to_json(staged.name.as_str(), listing).with("change", change))
    });
    staged.collect()
}
