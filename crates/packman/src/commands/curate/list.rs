//! What `packman curate` does with a list in the place of a database.

use std::path::Path;

use packman_curate::{ListRequest, UnsignedRequest};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;
use packman_trust::{HeldBy, Scope, pasted_sha256};
use packman_tuf::SafetyNumber;

use super::super::setting::Setting;
use super::person::Person;
use super::{absolute, curator};
use crate::args::{AddArgs, Common, InitArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn init_unsigned(
    setting: &Setting,
    person: &Person<'_>,
    arguments: InitArgs,
    common: &Common,
) -> Result<(), Ending> {
    let folder = absolute(setting, &arguments.dir);
    let request = UnsignedRequest { folder, title: arguments.title, maintainer: arguments.maintainer };
    curator(setting, person).init_unsigned(&request)?;
    if common.json {
        let answer = Object::new()
            .with("number", Value::Null)
            .with("keys", Value::Null)
            .with("root-expires", Value::Null)
            .with("missing", words::keepers::missing_to_json(&[]));
        return Ok(output::answer(&answer.into())?);
    }
    setting.terminal.say_all(&words::list::init_unsigned(&arguments.dir));
    Ok(())
}

pub(super) fn add(
    setting: &Setting,
    person: &Person<'_>,
    arguments: &AddArgs,
    common: &Common,
) -> Result<(), Ending> {
    if let Some(flag) = of_a_database(arguments) {
        return Err(Ending::usage(format!(
            "{} is a list, where `{flag}` means nothing",
            shown(&arguments.dir)
        )));
    }
    let [name, urls @ ..] = arguments.requirement.as_slice() else {
        return Err(Ending::usage("wanted a name for the database, and its address"));
    };
    if urls.is_empty() {
        return Err(Ending::usage(format!(
            "{}: wanted the address of the database after its name",
            quoted(name)
        )));
    }
    let scope = match arguments.scope.as_slice() {
        [] => Scope::everything(),
        patterns => Scope::parse(patterns).map_err(|error| Ending::usage(error.to_string()))?,
    };
    let report = curator(setting, person).list_database(&ListRequest {
        folder: absolute(setting, &arguments.dir),
        name: name.clone(),
        urls: urls.to_vec(),
        held: held(arguments)?,
        title: arguments.title.clone(),
        scope,
    })?;
    if common.json {
        return Ok(output::answer(&words::list::listed_to_json(&report).into())?);
    }
    setting.terminal.say_all(&words::list::listed(&report));
    next(setting, &arguments.dir)
}

pub(super) fn remove(
    setting: &Setting,
    person: &Person<'_>,
    dir: &Path,
    names: &[String],
    common: &Common,
) -> Result<(), Ending> {
    let report = curator(setting, person).unlist(&absolute(setting, dir), names)?;
    if common.json {
        let names: Vec<Value<'static>> =
            report.names.iter().map(|name| Value::from(name.to_string())).collect();
        return Ok(output::answer(&Object::new().with("removed", names).into())?);
    }
    setting.terminal.say_all(&words::list::unlisted(&report));
    next(setting, dir)
}

pub(super) fn withdraw(dir: &Path, name: &str, reason: &str, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let listing = curator(&setting, &person).withdraw(&absolute(&setting, dir), name, reason)?;
    if common.json {
        return Ok(output::answer(&words::list::listing_to_json(name, &listing).into())?);
    }
    setting.terminal.say(&format!("withdrew {}; its entry stays, with the reason", quoted(name)));
    next(&setting, dir)
}

/// What makes the change count: a signature, or without keys the publication itself.
fn next(setting: &Setting, dir: &Path) -> Result<(), Ending> {
    let is_unsigned = packman_curate::is_unsigned(&absolute(setting, dir))?;
    let (verb, to) = if is_unsigned { ("publish", " --to FOLDER") } else { ("sign", "") };
    setting.terminal.say(&format!("next: packman curate {verb} {}{to}", words::shell_path(dir)));
    Ok(())
}

/// What the listed database is believed by.
fn held(arguments: &AddArgs) -> Result<HeldBy, Ending> {
    match (&arguments.number, &arguments.sha256) {
        (Some(number), _) => {
            SafetyNumber::parse(number).map(HeldBy::Root).map_err(|error| Ending::usage(error.to_string()))
        }
        (None, Some(hash)) => {
            pasted_sha256(hash).map(HeldBy::Hash).map_err(|error| Ending::usage(error.to_string()))
        }
        (None, None) => Err(Ending::usage(
            "wanted `--number` for a signed database, or `--sha256` for the file of an unsigned one",
        )),
    }
}

/// A flag that only a database has, where one was given.
fn of_a_database(arguments: &AddArgs) -> Option<&'static str> {
    let given = [
        (!arguments.requirements.is_empty(), "--requirements"),
        (!arguments.constraint.is_empty(), "--constraint"),
        (!arguments.extra.is_empty(), "--extra"),
        (!arguments.group.is_empty(), "--group"),
        (arguments.with_dependencies, "--with-dependencies"),
        (arguments.build_backends, "--build-backends"),
        (!arguments.python.is_empty(), "--python"),
        (!arguments.platform.is_empty(), "--platform"),
        (arguments.all_versions, "--all-versions"),
        (arguments.all_files, "--all-files"),
        (arguments.index.is_some(), "--index"),
        (arguments.from.is_some(), "--from"),
        (arguments.copy_files, "--copy-files"),
    ];
    given.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
}

/// Refuses what only a list has.
pub(super) fn refuse_in_database(arguments: &AddArgs) -> Result<(), Ending> {
    let given = [
        (arguments.number.is_some(), "--number"),
        (arguments.sha256.is_some(), "--sha256"),
        (!arguments.scope.is_empty(), "--scope"),
        (arguments.title.is_some(), "--title"),
    ];
    match given.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, flag)) => Err(Ending::usage(format!(
            "{} is a database of projects, where `{flag}` means nothing: it is for lists",
            shown(&arguments.dir)
        ))),
        None => Ok(()),
    }
}

fn shown(dir: &Path) -> String {
    quoted(&dir.to_string_lossy()).to_string()
}
