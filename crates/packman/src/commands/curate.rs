//! `packman curate`: the scapegoat's side.

mod add;
mod compare;
mod list;
mod person;
mod rotate;
mod sign;
mod start;
mod status;

use std::path::{Path, PathBuf};

use packman_curate::{
    Curator, InitRequest, KeyRequest, Lifetimes, PublishRequest, RecallAct, RecallRequest, RemoveRequest,
};
use packman_database::Kind;
use packman_names::Requirement;
use packman_strict::json::{Object, Value};

use super::setting::Setting;
use crate::args::{Common, CurateCommand, InitArgs};
use crate::ending::Ending;
use crate::{output, words};
use person::Person;
pub(crate) use start::Trusted;

pub(super) fn run(command: CurateCommand, common: &Common) -> Result<(), Ending> {
    match command {
        CurateCommand::Start(arguments) => start::run(&arguments, common),
        CurateCommand::Status { dir, index } => status::run(&dir, index.as_deref(), common),
        CurateCommand::Init(arguments) => init(arguments, common),
        CurateCommand::Add(arguments) => add::run(&arguments, common),
        CurateCommand::Remove { dir, what } => remove(&dir, &what, common),
        CurateCommand::Compare(arguments) => compare::compare(&arguments, common),
        CurateCommand::Review(arguments) => compare::review(&arguments, common),
        CurateCommand::Recall { dir, what, reason, advice, undo: _ } => {
            let act = reason.map_or(RecallAct::Undo, |reason| RecallAct::Recall { reason, advice });
            recall(&dir, what, act, common)
        }
        CurateCommand::Withdraw { dir, name, reason } => list::withdraw(&dir, &name, &reason, common),
        CurateCommand::Sign(arguments) => sign::sign(&arguments, common),
        CurateCommand::Refresh { dir } => sign::refresh(&dir, common),
        CurateCommand::Rotate(arguments) => rotate::run(&arguments, common),
        CurateCommand::Publish { dir, to, signed_only, beside_others } => {
            publish((&dir, &to), signed_only, beside_others, common)
        }
        CurateCommand::Key { file, no_passphrase } => key(&file, no_passphrase, common),
        CurateCommand::Number { dir } => number(&dir, common),
    }
}

/// The scapegoat at work on this machine.
fn curator<'s>(setting: &'s Setting, person: &'s Person<'s>) -> Curator<'s> {
    Curator {
        home: &setting.home,
        cache: &setting.cache,
        fetcher: &setting.fetcher,
        now: setting.now,
        events: person,
        agent: &setting.agent,
        passphrases: person,
        stop: &setting.stop,
    }
}

/// A path as the user typed it, from the folder of this run.
fn absolute(setting: &Setting, path: &Path) -> PathBuf {
    setting.environ.folder().join(path)
}

fn init(arguments: InitArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    if arguments.unsigned {
        return list::init_unsigned(&setting, &person, arguments, common);
    }
    let kind = if arguments.list { Kind::List } else { Kind::Database };
    let request = InitRequest {
        kind,
        folder: absolute(&setting, &arguments.dir),
        title: arguments.title,
        maintainer: arguments.maintainer,
        threshold: arguments.threshold,
        keys: arguments.key.iter().map(|path| absolute(&setting, path)).collect(),
        targets_threshold: arguments.targets_threshold,
        targets_keys: arguments.targets_key.iter().map(|path| absolute(&setting, path)).collect(),
        agent: arguments.ssh_agent.clone(),
        spare: arguments.spare.as_deref().map(|path| absolute(&setting, path)),
        lifetimes: Lifetimes {
            refresh_within_days: i64::from(arguments.refresh_within),
            ..Lifetimes::default()
        },
        no_passphrase: arguments.no_passphrase,
    };
    let report = curator(&setting, &person).init(&request)?;
    if common.json {
        let answer = Object::new()
            .with("number", report.number.to_string())
            .with("keys", report.keys.display().to_string())
            .with("root-expires", report.root_expires.to_string())
            .with("missing", words::keepers::missing_to_json(&report.missing));
        return Ok(output::answer(&answer.into())?);
    }
    let lines = words::curate::init(&report, kind, &arguments.dir.display().to_string());
    setting.terminal.say_all(&lines);
    Ok(())
}

fn remove(dir: &Path, what: &[String], common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    if packman_curate::kind_of(&absolute(&setting, dir))? == Kind::List {
        return list::remove(&setting, &person, dir, what, common);
    }
    let parse = |text: &String| Requirement::parse(text).map_err(|error| Ending::usage(error.to_string()));
    let requirements = what.iter().map(parse).collect::<Result<_, _>>()?;
    let report = curator(&setting, &person)
        .remove(&RemoveRequest { folder: absolute(&setting, dir), requirements })?;
    if common.json {
        let files: Vec<Value<'static>> = report.files.iter().cloned().map(Value::from).collect();
        return Ok(output::answer(&Object::new().with("removed", files).into())?);
    }
    for file in &report.files {
        setting.terminal.say(&format!("removed {file}"));
    }
    setting.terminal.say(&format!("next: packman curate sign {}", words::shell_path(dir)));
    Ok(())
}

fn recall(dir: &Path, what: String, act: RecallAct, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let (verb, member) = match act {
        RecallAct::Recall { .. } => ("recalled", "recalled"),
        RecallAct::Undo => ("no longer recalled:", "restored"),
    };
    let report =
        curator(&setting, &person).recall(&RecallRequest { folder: absolute(&setting, dir), what, act })?;
    if common.json {
        let files: Vec<Value<'static>> = report.files.iter().cloned().map(Value::from).collect();
        return Ok(output::answer(&Object::new().with(member, files).into())?);
    }
    for file in &report.files {
        setting.terminal.say(&format!("{verb} {file}"));
    }
    setting.terminal.say(&format!("next: packman curate sign {}", words::shell_path(dir)));
    Ok(())
}

fn publish(
    (dir, site): (&Path, &Path),
    signed_only: bool,
    beside_others: bool,
    common: &Common,
) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let (folder, to) = (absolute(&setting, dir), absolute(&setting, site));
    let request = PublishRequest { folder, to, signed_only, beside_others };
    let report = curator(&setting, &person).publish(&request)?;
    if common.json {
        let answer = Object::new()
            .with("files", report.files as u64)
            .with("written", report.written as u64)
            .with("unsigned", !report.staged.is_empty());
        let answer = match &report.signed {
            Some(set) => answer
                .with("version", set.version)
                .with("number", set.number.to_string())
                .with("roles", words::curate::expiry_to_json(&set.expiry)),
            None => answer,
        };
        return Ok(output::answer(&answer.into())?);
    }
    let lines = words::curate::published(&report, &site.display().to_string());
    setting.terminal.say_all(&lines);
    Ok(())
}

fn key(file: &Path, no_passphrase: bool, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let request = KeyRequest { file: absolute(&setting, file), no_passphrase };
    let report = curator(&setting, &person).key(&request)?;
    if common.json {
        return Ok(output::answer(&words::keepers::key_to_json(&report))?);
    }
    setting.terminal.say_all(&words::keepers::key(&report, file));
    Ok(())
}

fn number(dir: &Path, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let number = packman_curate::number(&absolute(&setting, dir))?;
    if common.json {
        return Ok(output::answer(&Object::new().with("number", number.to_string()).into())?);
    }
    Ok(output::lines([number.to_string()])?)
}
