//! `packman install` and `uninstall`.

use std::path::Path;

use packman_client::{Client, InstallRequest};
use packman_names::Requirement;
use packman_resolve::{Asked, Place};
use packman_strict::quote::quoted;
use packman_wheel::LinkMode;

use super::setting::{Setting, which};
use super::trust::parse_projects;
use crate::args::{Common, InstallArgs, UninstallArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn install(arguments: &InstallArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, arguments.yes)?;
    let request = InstallRequest {
        requirements: requirements(&arguments.requirement, &arguments.requirements)?,
        which: which(&arguments.environment),
        compile_bytecode: arguments.compile_bytecode,
        link: LinkMode::default(),
    };
    let client = Client { accept_expired: arguments.accept_expired, ..setting.client() };
    let planned = client.plan_install(&request)?;
    for line in words::plan::plan(&planned) {
        setting.terminal.say(&line);
    }
    if arguments.dry_run {
        if common.json {
            let answer = words::plan::steps_to_json(&planned.environment.folder(), &planned.steps, false);
            output::answer(&answer)?;
        }
        return Ok(());
    }
    let was_empty = planned.is_empty();
    let done = client.install(planned, &request)?;
    if common.json {
        return Ok(output::answer(&words::plan::steps_to_json(&done.environment, &done.steps, true))?);
    }
    if !was_empty {
        for line in words::plan::installation(&done) {
            setting.terminal.say(&line);
        }
    }
    Ok(())
}

pub(super) fn uninstall(arguments: &UninstallArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let projects = parse_projects(&arguments.project)?;
    let done = setting.client().uninstall(&projects, &which(&arguments.environment))?;
    if common.json {
        return Ok(output::answer(&words::plan::uninstallation_to_json(&done))?);
    }
    for line in words::plan::uninstallation(&done) {
        setting.terminal.say(&line);
    }
    Ok(())
}

/// The requirements that were typed, then those of the files.
fn requirements(typed: &[String], files: &[std::path::PathBuf]) -> Result<Vec<Asked>, Ending> {
    let parse = |text: &str| Requirement::parse(text).map_err(|error| Ending::usage(error.to_string()));
    let mut asked = Vec::new();
    for text in typed {
        asked.push(Asked::here(parse(text)?));
    }
    for file in files {
        asked.extend(requirements_of(file)?);
    }
    Ok(asked)
}

/// The requirements of a file: one on each line, comments after `#`.
fn requirements_of(file: &Path) -> Result<Vec<Asked>, Ending> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Ending::failed(format!("{} could not be read: {error}", quoted(&name))))?;
    let mut asked = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = Place::File { name: name.clone(), line: number + 1 };
        let requirement =
            Requirement::parse(line).map_err(|error| Ending::usage(format!("{name}:{}: {error}", number + 1)))?;
        asked.push(Asked { requirement, place });
    }
    Ok(asked)
}
