//! Evidence of a contradiction in words and as JSON.

use packman_client::EvidenceReport;
use packman_strict::Sha256;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};

/// What a file proves, for people: what holds, about whom, and what to compare.
pub(crate) fn lines(report: &EvidenceReport) -> Vec<String> {
    let evidence = report.proven.evidence();
    let mut lines = vec![
        format!(
            "this holds: two different files of {} {} are signed by the same keys",
            evidence.role.name(),
            evidence.version
        ),
        format!("  one    SHA-256 {}", Sha256::of(&evidence.remembered)),
        format!(
            "  other  SHA-256 {}, from {}, at {}",
            Sha256::of(&evidence.found),
            escaped(&evidence.from),
            evidence.at
        ),
        format!(
            "  whoever found it calls it {} and has it from {}",
            quoted(&evidence.name),
            escaped(&evidence.url)
        ),
        match &report.entry {
            Some(name) => format!("  it is about `{name}` of your trust ring: the keys are the same"),
            None => "  it is about nobody in your trust ring; whom it is about, the safety numbers tell"
                .to_owned(),
        },
        "  the safety numbers of the roots that prove it, newest last".to_owned(),
    ];
    lines.extend(report.proven.numbers().iter().map(|(root, number)| format!("    root {root}: {number}")));
    lines
}

/// The same, as JSON.
pub(crate) fn to_json(report: &EvidenceReport) -> Value<'static> {
    let evidence = report.proven.evidence();
    let numbers = report.proven.numbers().iter().map(|(root, number)| {
        Value::from(Object::new().with("root", *root).with("number", number.to_string()))
    });
    let entry = report.entry.as_ref().map_or(Value::Null, |name| Value::from(name.as_str().to_owned()));
    Object::new()
        .with("proven", true)
        .with("role", evidence.role.name())
        .with("version", evidence.version)
        .with(
            "sha256",
            [&evidence.remembered, &evidence.found]
                .map(|file| Value::from(Sha256::of(file).to_string()))
                .to_vec(),
        )
        .with("from", evidence.from.clone())
        .with("at", evidence.at.to_string())
        .with("name", evidence.name.clone())
        .with("url", evidence.url.clone())
        .with("entry", entry)
        .with("numbers", numbers.collect::<Vec<_>>())
        .into()
}
