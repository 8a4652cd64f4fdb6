//! One of the first PackMan's databases in words and as JSON: what it names, and what code there is in it.

use packman_database::{Flavor, OldDatabase, OldPackage, Prerequisite};
use packman_strict::json::{Object, Value};
use packman_strict::quote::escaped;

use crate::words::count;

/// How much of a piece of code is shown, in letters.
const SHOWN: usize = 200;

/// What it holds, for people.
pub(crate) fn lines(list: &OldDatabase) -> Vec<String> {
    let said =
        |text: Option<&str>| text.map_or_else(|| "not said".to_owned(), |text| escaped(text).to_string());
    let mut lines = vec![
        "a database of the first PackMan: unverified, and nothing in it can be installed".to_owned(),
        format!("  maintainer: {}", said(list.maintainer.as_deref())),
        format!("  description: {}", said(list.description.as_deref())),
        format!("  format: {}", said(list.version.as_deref())),
    ];
    lines.extend(list.includes.iter().map(|url| format!("  includes, not followed: {}", escaped(url))));
    lines.extend(unknown("  ", &list.unknown));
    lines.extend(list.packages.iter().flat_map(package));
    let code = list.packages.iter().map(|package| package.code.len()).sum::<usize>();
    lines.push(format!(
        "{}, {} of them hidden; {} in them, none of which is run; MD5 sums vouch for nothing",
        count(list.packages.len(), "package", "packages"),
        list.packages.iter().filter(|package| package.flavor == Flavor::Hidden).count(),
        count(code, "piece of code", "pieces of code"),
    ));
    lines
}

fn package(package: &OldPackage) -> Vec<String> {
    let version = package.version.as_deref().unwrap_or("no version");
    let mut lines = vec![format!("{} {}, {}", escaped(&package.name), escaped(version), package.flavor)];
    let mut tell = |what: &str, text: &str| lines.push(format!("  {what}: {}", escaped(text)));
    package.description.iter().for_each(|text| tell("what", text));
    package.home_page.iter().for_each(|text| tell("page", text));
    package.download_url.iter().for_each(|text| tell("fetched from", text));
    package.md5.iter().for_each(|text| tell("MD5, not believed", text));
    package.prerequisites.iter().for_each(|need| tell("needs", &prerequisite(need)));
    package.user_install_skips.iter().for_each(|path| tell("not for one user alone", path));
    if package.is_systemwide_only {
        tell("where", "for all users only");
    }
    for code in &package.code {
        let shown: String = code.text.chars().take(SHOWN).collect();
        let more = if shown.len() < code.text.len() { " ..." } else { "" };
        lines.push(format!("  code, never run: {}: {}{more}", code.key, escaped(&shown)));
    }
    lines.extend(unknown("  ", &package.unknown));
    lines
}

fn prerequisite(need: &Prerequisite) -> String {
    match need {
        Prerequisite::Advice(text) => text.clone(),
        Prerequisite::Package { name, version, flavor } => {
            let parts = [Some(name), version.as_ref(), flavor.as_ref()].into_iter().flatten();
            parts.cloned().collect::<Vec<_>>().join(" ")
        }
    }
}

fn unknown(before: &str, keys: &[String]) -> Option<String> {
    let keys: Vec<String> = keys.iter().map(|key| escaped(key).to_string()).collect();
    (!keys.is_empty()).then(|| format!("{before}passed over, not known: {}", keys.join(", ")))
}

/// The same, as JSON.
pub(crate) fn to_json(list: &OldDatabase) -> Object<'static> {
    let optional = |text: Option<&str>| text.map_or(Value::Null, |text| Value::from(text.to_owned()));
    let texts = |texts: &[String]| texts.iter().map(|text| Value::from(text.clone())).collect::<Vec<_>>();
    let package = |package: &OldPackage| {
        let code = |code: &packman_database::OldCode| {
            Value::from(Object::new().with("key", code.key).with("text", code.text.clone()))
        };
        let needs = package.prerequisites.iter().map(|need| Value::from(prerequisite(need)));
        Value::from(
            Object::new()
                .with("name", package.name.clone())
                .with("version", optional(package.version.as_deref()))
                .with("flavor", package.flavor.to_string())
                .with("download-url", optional(package.download_url.as_deref()))
                .with("md5", optional(package.md5.as_deref()))
                .with("prerequisites", needs.collect::<Vec<_>>())
                .with("code", package.code.iter().map(code).collect::<Vec<_>>()),
        )
    };
    Object::new()
        .with("old-database", true)
        .with("assurance", "unverified")
        .with("maintainer", optional(list.maintainer.as_deref()))
        .with("description", optional(list.description.as_deref()))
        .with("includes", texts(&list.includes))
        .with("packages", list.packages.iter().map(package).collect::<Vec<_>>())
}
