//! `packman curate start`: the scapegoat's half, then the client's `trust add` of what came of it.

use std::path::Path;

use packman_client::{AddRequest as TrustRequest, Client};
use packman_curate::{CurateError, No, Outcome, Staged, StartReport, StartRequest};
use packman_machine::git::git_identity;
use packman_machine::location::without_secrets;
use packman_names::ProjectName;
use packman_strict::json::{Object, Value};
use packman_trust::{Entry, EntryName, Scope};

use super::super::demand::{Sources, settle_index};
use super::super::setting::Setting;
use super::person::Person;
use super::{absolute, add, curator, sign};
use crate::args::{Common, StartArgs};
use crate::ending::{Ending, answered};
use crate::words;

pub(super) fn run(arguments: &StartArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, arguments.yes)?;
    let person = Person::new(&setting);
    let agree = |staged: &Staged| sign::agree(&setting, staged, arguments.yes);
    let sources = Sources {
        files: std::slice::from_ref(&arguments.file),
        constraints: &arguments.constraint,
        extras: &arguments.extra,
        groups: &arguments.group,
        whole_locks: true,
        ..Sources::default()
    };
    // All this is known before anything is made.
    let mut asked = sources.read(&setting)?;
    let has_index_lines = settle_index(&setting, &mut asked, arguments.index.as_deref())?;
    let request = StartRequest {
        asked,
        folder: absolute(&setting, &arguments.dir),
        site: absolute(&setting, &arguments.to),
        title: arguments.title.clone().unwrap_or_else(|| folder_name(&setting)),
        maintainer: maintainer(&setting, arguments)?,
        targets: add::targets(&setting, &arguments.python, &arguments.platform)?,
        min_age_days: arguments.min_age,
        index: add::index(&setting, arguments.index.as_deref(), false)?,
        copy_files: arguments.copy_files,
        no_passphrase: arguments.no_passphrase,
        agree: &agree,
    };
    let report = curator(&setting, &person).start(&request)?;
    let trusted = match &report.outcome {
        Some(outcome) => Some(trust(&setting.client(), &request.site, outcome)?),
        None => None,
    };
    if common.json {
        return answered(to_json(&report, trusted.as_ref()), ended(&report));
    }
    let mut lines = words::start::started(&report, arguments);
    if let (Some(outcome), Some(trusted)) = (&report.outcome, &trusted) {
        let install = if has_index_lines || !report.added.not_taken.is_empty() {
            words::start::named(&request.asked, outcome, arguments)
        } else {
            words::start::file(&request.asked, outcome, arguments)
        };
        lines.extend(words::start::for_colleagues(outcome, trusted, arguments, &install));
    }
    setting.terminal.say_all(&lines);
    ended(&report)
}

/// Ends as what was not taken says; where nothing was signed, never well.
fn ended(report: &StartReport) -> Result<(), Ending> {
    let taken = add::ended(&report.added);
    if report.outcome.is_some() {
        return taken.map_err(|mut ending| {
            ending.because.push("the rest was signed, published and trusted".to_owned());
            ending
        });
    }
    taken?;
    match &report.outcome {
        Some(_) => Ok(()),
        None => {
            Err(Ending::no("nothing-taken", "nothing that is asked for counts here, so nothing was signed")
                .hint("`--python X.Y` and `--platform NAME` name the Pythons and platforms that it is for"))
        }
    }
}

/// How the new database stands in the ring.
pub(crate) struct Trusted {
    /// Its name there.
    pub(crate) name: EntryName,
    /// Whether it answers for the names it holds only, before others.
    pub(crate) is_narrow: bool,
    /// Whether it stood there before.
    pub(crate) is_known: bool,
}

/// Puts the published folder into the own ring, its number compared: it was made on this machine a moment ago.
fn trust(client: &Client<'_>, site: &Path, outcome: &Outcome) -> Result<Trusted, Ending> {
    let url = site.display().to_string();
    let ring = client.ring()?;
    if let Some(present) = ring.entry_at(&url) {
        return again(client, present, outcome);
    }
    let is_narrow = !ring.entries().is_empty();
    let scope = if is_narrow { scope_of(&outcome.projects)? } else { Scope::everything() };
    let number = Some(outcome.signed.number);
    let added = client.trust_add(&TrustRequest { url, name: None, number, scope: Some(scope) })?;
    if is_narrow {
        client.trust_prefer(added.entry.name.as_str(), &outcome.projects)?;
    }
    Ok(Trusted { name: added.entry.name, is_narrow, is_known: false })
}

/// Begun a second time, it is in the ring already: it gets what is new, and the names that came.
fn again(client: &Client<'_>, present: &Entry, outcome: &Outcome) -> Result<Trusted, Ending> {
    let name = present.name.as_str();
    client.trust_compare(name, outcome.signed.number)?;
    client.refresh()?;
    let is_narrow = present.scope != Scope::everything();
    if is_narrow {
        client.trust_scope(name, scope_of(&outcome.projects)?)?;
        client.trust_prefer(name, &outcome.projects)?;
    }
    Ok(Trusted { name: present.name.clone(), is_narrow, is_known: true })
}

fn scope_of(projects: &[ProjectName]) -> Result<Scope, Ending> {
    let names: Vec<&str> = projects.iter().map(ProjectName::as_str).collect();
    Scope::parse(&names).map_err(|error| Ending::usage(error.to_string()))
}

fn folder_name(setting: &Setting) -> String {
    let name = setting.environ.folder().file_name().map(|name| name.to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Team".to_owned())
}

fn maintainer(setting: &Setting, arguments: &StartArgs) -> Result<String, Ending> {
    if let Some(named) = &arguments.maintainer {
        return Ok(named.clone());
    }
    let identity = git_identity(&setting.environ, &setting.stop).ok_or_else(|| {
        let ending = Ending::usage("nobody is named who answers for the database")
            .hint("name yourself: --maintainer \"Your Name <you@example.org>\", or set git's user.name and user.email");
        setting.unless_stopped(ending)
    })?;
    Ok(match identity.email {
        Some(email) => format!("{} <{email}>", identity.name),
        None => identity.name,
    })
}

fn to_json(report: &StartReport, trusted: Option<&Trusted>) -> Object<'static> {
    let left: Vec<Value<'static>> = report
        .added
        .not_taken
        .iter()
        .filter_map(|problem| match &problem.why {
            CurateError::No(no) => match &**no {
                No::Left(left) => Some(left),
                _ => None,
            },
            _ => None,
        })
        .map(|left| {
            let way_on = left.why.way_on().map_or(Value::Null, Value::from);
            Object::new()
                .with("what", without_secrets(&left.what))
                .with("code", left.why.code())
                .with("why", left.why.words())
                .with("way-on", way_on)
                .into()
        })
        .collect();
    let outcome = report.outcome.as_ref();
    let projects = outcome.map_or_else(Vec::new, |outcome| {
        outcome.projects.iter().map(|project| Value::from(project.as_str().to_owned())).collect()
    });
    Object::new()
        .with("pinned", report.pinned as u64)
        .with("recorded", add::report_to_json(&report.added))
        .with("left", left)
        .with("projects", projects)
        .with("number", outcome.map_or(Value::Null, |outcome| Value::from(outcome.signed.number.to_string())))
        .with(
            "trusted-as",
            trusted.map_or(Value::Null, |trusted| Value::from(trusted.name.as_str().to_owned())),
        )
}
