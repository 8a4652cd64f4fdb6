//! `packman install`, `upgrade` and `uninstall`.

use packman_client::{Client, InstallRequest, Manner, Planned};

use super::demand::{Sources, refuse_left};
use super::setting::{Setting, which};
use super::trust::parse_projects;
use crate::args::{Common, InstallArgs, UninstallArgs, UpgradeArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn install(arguments: &InstallArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, arguments.yes)?;
    let link = arguments.link.mode(&setting.environ)?;
    let sources = Sources {
        typed: &arguments.requirement,
        files: &arguments.requirements,
        constraints: &arguments.constraint,
        extras: &arguments.extra,
        groups: &arguments.group,
        whole_locks: false,
        build_system: false,
    };
    let demand = sources.read(&setting)?;
    refuse_left(&demand)?;
    let request = InstallRequest {
        compile_bytecode: arguments.compile_bytecode,
        ..InstallRequest::of(&demand, which(&arguments.environment))
    };
    let client = Client { accept_expired: arguments.accept_expired, ..setting.client() };
    let planned = client.plan_install(&request)?;
    let plan = words::plan::plan(&planned);
    let manner = Manner { compile_bytecode: arguments.compile_bytecode, link };
    carry_out(&setting, &client, planned, &plan, (!arguments.dry_run).then_some(manner), common)
}

pub(super) fn upgrade(arguments: &UpgradeArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, arguments.yes)?;
    let link = arguments.link.mode(&setting.environ)?;
    let projects = parse_projects(&arguments.project)?;
    let client = Client { accept_expired: arguments.accept_expired, ..setting.client() };
    let planned = client.plan_upgrade(&projects, &which(&arguments.environment))?;
    let plan = words::plan::upgrade(&planned);
    let manner = Manner { compile_bytecode: arguments.compile_bytecode, link };
    carry_out(&setting, &client, planned, &plan, (!arguments.dry_run).then_some(manner), common)
}

/// Shows a plan, and carries it out in the manner given; with none, the plan is the answer.
pub(super) fn carry_out(
    setting: &Setting,
    client: &Client<'_>,
    mut planned: Planned,
    plan: &[String],
    manner: Option<Manner>,
    common: &Common,
) -> Result<(), Ending> {
    let warnings = words::lapsed::lines(&planned.lapsed);
    let Some(manner) = manner else {
        setting.terminal.say_all(&warnings);
        planned.settle()?;
        if common.json {
            let answer = words::plan::steps_to_json(
                &planned.environment.folder(),
                &planned.steps,
                &planned.lapsed,
                false,
            );
            return Ok(output::answer(&answer)?);
        }
        // What would be done is what was asked here: an answer, not talk.
        return Ok(output::lines(plan)?);
    };
    setting.terminal.say_all(plan);
    setting.terminal.say_all(&warnings);
    let lapsed = planned.lapsed.clone();
    let done = client.carry_out(planned, manner)?;
    if common.json {
        return Ok(output::answer(&words::plan::steps_to_json(
            &done.environment,
            &done.steps,
            &lapsed,
            true,
        ))?);
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
