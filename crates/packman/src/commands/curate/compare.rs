//! `packman curate compare` and `packman curate review`.

use packman_curate::{CompareReport, CompareRequest, CurateError, ReviewAct, ReviewRequest, Weight};
use packman_database::{ReviewBasis, Reviewer};
use packman_names::{ProjectName, Version};
use packman_strict::Sha256;
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use super::super::setting::Setting;
use super::add::{index, targets};
use super::person::Person;
use super::{absolute, curator};
use crate::args::{Common, CompareArgs, ReviewArgs};
use crate::ending::{Ending, answered};
use crate::{output, words};

/// Of a release of which something is to be understood before anybody vouches for it.
const CODE: &str = "look-first";

pub(super) fn compare(arguments: &CompareArgs, common: &Common) -> Result<(), Ending> {
    let project = ProjectName::parse(&arguments.project).map_err(|error| Ending::usage(error.to_string()))?;
    let versions = arguments.versions.iter().map(|text| version(text)).collect::<Result<Vec<_>, _>>()?;
    let (old, new) = match versions.as_slice() {
        [old, new] => (Some(old.clone()), Some(new.clone())),
        [new] => (None, Some(new.clone())),
        _ => (None, None),
    };
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let named = !arguments.python.is_empty() || !arguments.platform.is_empty();
    let targets = match targets(&setting, &arguments.python, &arguments.platform) {
        _ if arguments.all_files => Vec::new(),
        Err(why) if named => return Err(why),
        // A machine without a Python compares all wheels.
        targets => targets.unwrap_or_default(),
    };
    let request = CompareRequest {
        folder: absolute(&setting, &arguments.dir),
        project,
        old,
        new,
        targets,
        index: match (&arguments.from, &arguments.index) {
            // As with `add`: what the folder lacks must not come from a stranger.
            (Some(_), None) => None,
            (_, named) => index(&setting, named.as_deref(), true)?,
        },
        from: arguments.from.as_deref().map(|folder| absolute(&setting, folder)),
        with_lines: arguments.lines,
    };
    let report = curator(&setting, &person).compare(&request)?;
    let ended = ended(&report);
    if common.json {
        return answered(words::compare::to_json(&report), ended);
    }
    output::lines(words::compare::lines(&report, &arguments.dir))?;
    ended
}

fn version(text: &str) -> Result<Version, Ending> {
    text.parse()
        .map_err(|_| Ending::usage(format!("version: found {}, wanted one such as `3.0`", quoted(text))))
}

/// Ends as the gravest of what could not be compared says; else by whether something is to be understood first.
fn ended(report: &CompareReport) -> Result<(), Ending> {
    let refused = |why: &CurateError| matches!(why, CurateError::Refused(_));
    let gravest = report.not_compared.iter().find(|problem| refused(&problem.why));
    let source_alone = |why: &CurateError| why.code() == "source-not-compared";
    let gravest = gravest.or_else(|| report.not_compared.iter().find(|problem| !source_alone(&problem.why)));
    if let Some(problem) = gravest {
        return Err(problem.why.clone().into());
    }
    let findings = report.wheels.iter().flat_map(|wheel| &wheel.findings);
    match findings.filter(|finding| finding.weight == Weight::First).count() {
        0 => Ok(()),
        first => {
            let things = words::count(first, "thing is", "things are");
            let project = &report.project;
            Err(Ending::no(CODE, format!("{things} to be understood before anybody vouches for `{project}`"))
                .hint("`--lines` shows the changed lines; the maintainers' own repository may show why"))
        }
    }
}

pub(super) fn review(arguments: &ReviewArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let basis = match &arguments.delta_from {
        None => ReviewBasis::Full,
        Some(text) => ReviewBasis::Delta(Sha256::parse(text).map_err(|_| {
            let found = quoted(text);
            Ending::usage(format!(
                "`--delta-from`: found {found}, wanted a SHA-256: 64 digits of 0-9 and a-f"
            ))
        })?),
    };
    let act = match &arguments.by {
        Some(by) => ReviewAct::Record {
            by: by.clone(),
            kind: if arguments.machine { Reviewer::Machine } else { Reviewer::Human },
            basis,
            notes: arguments.notes.clone(),
        },
        None => ReviewAct::Undo,
    };
    let member = if arguments.undo { "unreviewed" } else { "reviewed" };
    let request =
        ReviewRequest { folder: absolute(&setting, &arguments.dir), what: arguments.what.clone(), act };
    let report = curator(&setting, &person).review(&request)?;
    if common.json {
        let file = |(file, sha256): &(String, Sha256)| {
            Value::from(Object::new().with("file", file.clone()).with("sha256", sha256.to_string()))
        };
        let files: Vec<_> = report.files.iter().map(file).collect();
        return Ok(output::answer(&Object::new().with(member, files).into())?);
    }
    for (file, sha256) in &report.files {
        let said = match &arguments.by {
            Some(by) => format!("reviewed by {}", quoted(by)),
            None => "nobody reviewed".to_owned(),
        };
        setting.terminal.say(&format!("{file}, SHA-256 {sha256}: {said}"));
    }
    setting.terminal.say(&format!("next: packman curate sign {}", words::shell_path(&arguments.dir)));
    Ok(())
}
