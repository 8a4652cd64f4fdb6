//! `packman trust`: the ring.

use packman_client::{AddRequest, RefreshReport, Refreshed};
use packman_names::ProjectName;
use packman_strict::json::{Object, Value};
use packman_trust::{EntryName, Scope};
use packman_tuf::SafetyNumber;

use super::setting::Setting;
use crate::args::{Common, TrustAddArgs, TrustCommand};
use crate::ending::{Ending, answered};
use crate::{output, words};

pub(super) fn run(command: TrustCommand, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let client = setting.client();
    // What was done to an entry, for people; as JSON, what the entry is now.
    let done = |name: &str, line: String| -> Result<(), Ending> {
        if common.json {
            return Ok(output::answer(&words::trust::to_json(&client.trust_show(name)?))?);
        }
        Ok(output::lines([line])?)
    };
    match command {
        TrustCommand::Add(arguments) => add(&setting, arguments, common),
        TrustCommand::List => {
            let reports = client.trust_list()?;
            if common.json {
                let databases: Vec<Value<'static>> = reports.iter().map(words::trust::to_json).collect();
                return Ok(output::answer(&Value::from(Object::new().with("databases", databases)))?);
            }
            Ok(output::lines(words::trust::list(&reports))?)
        }
        TrustCommand::Show { name } => {
            let report = client.trust_show(&name)?;
            if common.json {
                return Ok(output::answer(&words::trust::to_json(&report))?);
            }
            Ok(output::lines(words::trust::show(&report))?)
        }
        TrustCommand::Refresh => refresh(&setting, common),
        TrustCommand::Compare { name, number } => {
            let number = parse_number(&number.join(" "))?;
            let compared = client.trust_compare(&name, number)?;
            done(&name, words::trust::compared(&name, compared))
        }
        TrustCommand::Scope { name, pattern } => {
            client.trust_scope(&name, parse_scope(&pattern)?)?;
            done(&name, format!("`{name}` answers for {} from now on", pattern.join(" ")))
        }
        TrustCommand::Prefer { name, project } => {
            client.trust_prefer(&name, &parse_projects(&project)?)?;
            let what =
                if project.is_empty() { "all it may answer for".to_owned() } else { project.join(", ") };
            done(&name, format!("`{name}` answers first for {what}"))
        }
        TrustCommand::Remove { name } => {
            let entry = client.trust_remove(&name)?;
            if common.json {
                let removed = Object::new().with("removed", entry.name.as_str().to_owned());
                return Ok(output::answer(&Value::from(removed.with("url", entry.url)))?);
            }
            let line = "is trusted with nothing any more; what was remembered of it stays";
            Ok(output::lines([format!("`{}` {line}", entry.name)])?)
        }
    }
}

fn add(setting: &Setting, arguments: TrustAddArgs, common: &Common) -> Result<(), Ending> {
    let request = AddRequest {
        url: arguments.url,
        name: arguments.name,
        number: arguments.number.as_deref().map(parse_number).transpose()?,
        scope: if arguments.scope.is_empty() { None } else { Some(parse_scope(&arguments.scope)?) },
    };
    let added = setting.client().trust_add(&request)?;
    if common.json {
        let report = setting.client().trust_show(added.entry.name.as_str())?;
        return Ok(output::answer(&words::trust::to_json(&report))?);
    }
    Ok(output::lines(words::trust::added(&added))?)
}

/// Refreshes all, says how each went, and ends with the worst: a refusal before a mirror that was not reached.
fn refresh(setting: &Setting, common: &Common) -> Result<(), Ending> {
    let report = setting.client().refresh()?;
    let word = |how: &Refreshed| match how {
        Refreshed::Newer => "newer",
        Refreshed::Same => "nothing newer",
        Refreshed::Unreached(_) => "not reached",
        Refreshed::Refused(_) => "refused",
        Refreshed::NotAsked => "not asked",
    };
    if common.json {
        let database = |(name, how): &(EntryName, Refreshed)| {
            Value::from(Object::new().with("name", name.as_str().to_owned()).with("outcome", word(how)))
        };
        let databases: Vec<Value<'static>> = report.databases.iter().map(database).collect();
        return answered(Object::new().with("databases", databases), worst(&report));
    }
    if report.databases.is_empty() {
        return Ok(output::lines(words::trust::list(&[]))?);
    }
    let row = |(name, how): &(EntryName, Refreshed)| vec![name.to_string(), word(how).to_owned()];
    output::lines(output::columns(&report.databases.iter().map(row).collect::<Vec<_>>()))?;
    worst(&report)
}

fn worst(report: &RefreshReport) -> Result<(), Ending> {
    for (_, how) in &report.databases {
        if let Refreshed::Refused(refused) = how {
            return Err(packman_client::ClientError::from(refused.clone()).into());
        }
    }
    let unreached = report.databases.iter().find_map(|(name, how)| match how {
        Refreshed::Unreached(why) => Some((name, why)),
        _ => None,
    });
    match unreached {
        Some((name, why)) => {
            let ending = Ending::failed(format!("database `{name}` could not be reached"));
            Err(Ending { code: "network", because: vec![why.clone()], ..ending })
        }
        None => Ok(()),
    }
}

fn parse_number(text: &str) -> Result<SafetyNumber, Ending> {
    SafetyNumber::parse(text).map_err(|error| Ending::usage(error.to_string()))
}

fn parse_scope(patterns: &[String]) -> Result<Scope, Ending> {
    Scope::parse(patterns).map_err(|error| Ending::usage(error.to_string()))
}

/// Project names, as typed.
pub(super) fn parse_projects(names: &[String]) -> Result<Vec<ProjectName>, Ending> {
    names
        .iter()
        .map(|name| ProjectName::parse(name).map_err(|error| Ending::usage(error.to_string())))
        .collect()
}
