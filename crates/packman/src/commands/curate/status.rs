//! `packman curate status`.

use std::path::Path;

use packman_curate::StatusRequest;
use packman_strict::json::{Object, Value};

use super::super::setting::Setting;
use super::add;
use super::person::Person;
use super::{absolute, curator};
use crate::args::Common;
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn run(dir: &Path, named: Option<&str>, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let curator = curator(&setting, &person);
    // Without a network, or an index, the rest of the status is worth having.
    let index = if common.offline { None } else { add::index(&setting, named, true)? };
    let report = curator.status(&StatusRequest { folder: absolute(&setting, dir), index })?;
    if !common.json {
        let dir = dir.display().to_string();
        return Ok(output::lines(words::curate::status(&report, &dir, curator.now))?);
    }
    let texts = |texts: Vec<String>| texts.into_iter().map(Value::from).collect::<Vec<_>>();
    let yanks: Vec<Value<'static>> = report
        .yanks
        .iter()
        .map(|yank| {
            let reason = yank.yanked.clone().map_or(Value::Null, Value::from);
            Object::new().with("file", yank.file.clone()).with("yanked", reason).into()
        })
        .collect();
    let spare = report.spare_is_here.as_ref().map(|path| path.display().to_string());
    let answer = Object::new()
        .with("title", report.title.clone())
        .with("maintainer", report.maintainer.clone())
        .with("kind", report.kind.as_str())
        .with("number", report.number.map_or(Value::Null, |number| Value::from(number.to_string())))
        .with("databases", words::list::listings_to_json(&report.databases))
        .with("projects", report.projects as u64)
        .with("files", report.files as u64)
        .with("staged", words::curate::staged_to_json(&report.staged, curator.now))
        .with("roles", words::curate::expiry_to_json(&report.expiry))
        .with("spare-key", spare.map_or(Value::Null, Value::from))
        .with("missing", words::keepers::missing_to_json(&report.missing))
        .with("keys-missing", texts(report.keys_missing.iter().map(|role| (*role).to_owned()).collect()))
        .with("damaged", texts(report.damaged.iter().map(|problem| problem.what.clone()).collect()))
        .with("yanks", yanks)
        .with("not-asked", texts(report.not_asked.iter().map(|problem| problem.what.clone()).collect()));
    Ok(output::answer(&answer.into())?)
}
