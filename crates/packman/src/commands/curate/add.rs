//! `packman curate add`.

use packman_curate::{AddReport, AddRequest};
use packman_database::Kind;
use packman_machine::index_config::configured_index;
use packman_machine::location::Location;
use packman_names::{Platform, PythonVersion, Target};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use super::super::demand::{Sources, settle_index};
use super::super::setting::Setting;
use super::person::Person;
use super::{absolute, curator, list};
use crate::args::{AddArgs, Common};
use crate::ending::{Ending, answered};
use crate::words;

pub(super) fn run(arguments: &AddArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    if packman_curate::kind_of(&absolute(&setting, &arguments.dir))? == Kind::List {
        return list::add(&setting, &person, arguments, common);
    }
    list::refuse_in_database(arguments)?;
    let sources = Sources {
        typed: &arguments.requirement,
        files: &arguments.requirements,
        constraints: &arguments.constraint,
        extras: &arguments.extra,
        groups: &arguments.group,
        whole_locks: true,
        build_system: arguments.build_backends,
    };
    let mut asked = sources.read(&setting)?;
    settle_index(&setting, &mut asked, arguments.index.as_deref())?;
    let request = AddRequest {
        with_dependencies: arguments.with_dependencies,
        build_backends: arguments.build_backends,
        this_platform_only: arguments.this_platform_only,
        all_versions: arguments.all_versions,
        all_files: arguments.all_files,
        min_age_days: arguments.min_age,
        index: match (&arguments.from, &arguments.index) {
            // A folder stands instead of the configured index: a wheel that it lacks must not come from a stranger who
            // has the same name there. Only who names an index too has both.
            (Some(_), None) => None,
            (_, named) => index(&setting, named.as_deref(), false)?,
        },
        from: arguments.from.as_deref().map(|folder| absolute(&setting, folder)),
        copy_files: arguments.copy_files,
        ..AddRequest::new(
            absolute(&setting, &arguments.dir),
            asked,
            targets(&setting, &arguments.python, &arguments.platform)?,
        )
    };
    let report = curator(&setting, &person).add(&request)?;
    if common.json {
        return answered(report_to_json(&report), ended(&report));
    }
    setting.terminal.say_all(&words::curate::added(&report));
    if !report.added.is_empty() {
        setting.terminal.say(&format!("next: packman curate sign {}", words::shell_path(&arguments.dir)));
    }
    ended(&report)
}

/// Ends as the gravest of what was not taken says.
pub(super) fn ended(report: &AddReport) -> Result<(), Ending> {
    let Some(why) = report.gravest() else { return Ok(()) };
    let gravest = Ending::from(why.clone());
    if report.not_taken.len() < 2 {
        return Err(gravest);
    }
    // Each reason stands above, with the way on.
    let headline = format!("{} were not taken, for the reasons above", report.not_taken.len());
    Err(Ending { headline, because: Vec::new(), hints: Vec::new(), ..gravest })
}

/// The index that is named, else the one that is configured. Where wheels of a folder may do, none is as good.
pub(super) fn index(
    setting: &Setting,
    named: Option<&str>,
    optional: bool,
) -> Result<Option<Location>, Ending> {
    match configured_index(&setting.environ, named, &setting.stop) {
        Ok(found) => Ok(Some(found.location)),
        Err(_) if optional && named.is_none() => Ok(None),
        Err(failure) => {
            let hint = failure.hint().unwrap_or("name one with `--index URL`");
            Err(setting.unless_stopped(Ending::no("no-index", failure.to_string()).hint(hint)))
        }
    }
}

/// Every named Python on every named platform; this machine's where none is named.
pub(super) fn targets(
    setting: &Setting,
    pythons: &[PythonVersion],
    platforms: &[Platform],
) -> Result<Vec<Target>, Ending> {
    let base = || {
        setting.pythons().base(None).map_err(|failure| {
            let hint = failure
                .hint()
                .unwrap_or("name one with `--python X.Y` and a platform with `--platform NAME`");
            setting.unless_stopped(Ending::failed(failure.to_string()).hint(hint))
        })
    };
    if pythons.is_empty() && platforms.is_empty() {
        return Ok(vec![base()?.target]);
    }
    let platforms = if platforms.is_empty() { vec![this_platform()?] } else { platforms.to_vec() };
    let pythons = if pythons.is_empty() { vec![base()?.version] } else { pythons.to_vec() };
    Ok(platforms
        .iter()
        .flat_map(|platform| pythons.iter().map(|python| Target::of(*platform, *python)))
        .collect())
}

fn this_platform() -> Result<Platform, Ending> {
    let os = std::env::consts::OS;
    let architecture = match (os, std::env::consts::ARCH) {
        ("macos" | "windows", "aarch64") => "arm64",
        (_, architecture) => architecture,
    };
    Platform::parse(&format!("{os}-{architecture}")).map_err(|_| {
        Ending::usage(format!("{} has no name as a platform", quoted(os))).hint("name one with `--platform`")
    })
}

pub(super) fn report_to_json(report: &AddReport) -> Object<'static> {
    let added: Vec<Value<'static>> = report
        .added
        .iter()
        .map(|file| {
            Object::new()
                .with("file", file.file.clone())
                .with("project", file.project.as_str().to_owned())
                .with("version", file.version.to_string())
                .with("sha256", file.sha256.to_string())
                .with("size", file.size)
                .with("for-lock", file.for_lock)
                .into()
        })
        .collect();
    let not_taken: Vec<Value<'static>> = report
        .not_taken
        .iter()
        .map(|problem| {
            Object::new()
                .with("what", problem.what.clone())
                .with("code", problem.why.code())
                .with("why", problem.why.to_string())
                .into()
        })
        .collect();
    let already: Vec<Value<'static>> = report.already.iter().cloned().map(Value::from).collect();
    let notes: Vec<Value<'static>> = report.notes.iter().map(|note| Value::from(note.words())).collect();
    Object::new()
        .with("added", added)
        .with("already", already)
        .with("not-taken", not_taken)
        .with("notes", notes)
}
