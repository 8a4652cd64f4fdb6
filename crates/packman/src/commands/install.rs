//! `packman install` and `uninstall`.

use packman_client::{Client, InstallRequest, Pins};
use packman_resolve::{Asked, Place};
use packman_strict::quote::quoted;
use packman_wheel::LinkMode;

use super::curate::asked;
use super::setting::{Setting, which};
use super::trust::parse_projects;
use crate::args::{Common, InstallArgs, UninstallArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn install(arguments: &InstallArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, arguments.yes)?;
    let (requirements, pins) = requirements(&setting, arguments)?;
    let request = InstallRequest {
        requirements,
        pins,
        which: which(&arguments.environment),
        compile_bytecode: arguments.compile_bytecode,
        link: LinkMode::default(),
    };
    let client = Client { accept_expired: arguments.accept_expired, ..setting.client() };
    let planned = client.plan_install(&request)?;
    let plan = words::plan::plan(&planned);
    if arguments.dry_run {
        if common.json {
            let answer = words::plan::steps_to_json(&planned.environment.folder(), &planned.steps, false);
            return Ok(output::answer(&answer)?);
        }
        // What would be done is what was asked here: an answer, not talk.
        return Ok(output::lines(plan)?);
    }
    setting.terminal.say_all(&plan);
    let done = client.install(planned, &request)?;
    if common.json {
        return Ok(output::answer(&words::plan::steps_to_json(&done.environment, &done.steps, true))?);
    }
    setting.terminal.say_all(&words::plan::installation(&done));
    Ok(())
}

pub(super) fn uninstall(arguments: &UninstallArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let projects = parse_projects(&arguments.project)?;
    let done = setting.client().uninstall(&projects, &which(&arguments.environment))?;
    if common.json {
        return Ok(output::answer(&words::plan::uninstallation_to_json(&done))?);
    }
    setting.terminal.say_all(&words::plan::uninstallation(&done));
    Ok(())
}

/// What is asked for, and which files each project may be where hashes are named.
fn requirements(setting: &Setting, arguments: &InstallArgs) -> Result<(Vec<Asked>, Pins), Ending> {
    let team = asked(setting, &arguments.requirement, &arguments.requirements)?;
    if let Some(not_taken) = team.not_taken.first() {
        let ending = Ending::usage(format!("{}: {}", quoted(&not_taken.what), not_taken.why.words()));
        return Err(not_taken.why.way_on().into_iter().fold(ending, Ending::hint));
    }
    let mut pins = Pins::new();
    for asked in team.asked.iter().filter(|asked| !asked.hashes.is_empty()) {
        pins.entry(asked.requirement.name.clone()).or_default().extend(&asked.hashes);
    }
    let place = |place: &packman_curate::Place| match place.line {
        0 => Place::CommandLine,
        line => Place::File { name: place.file.display().to_string(), line },
    };
    let requirements = team
        .asked
        .iter()
        .map(|asked| Asked { requirement: asked.requirement.clone(), place: place(&asked.place) })
        .collect();
    Ok((requirements, pins))
}
