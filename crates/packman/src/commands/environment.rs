//! `packman list`, `tree`, `freeze` and `venv`: what is in an environment, and a new one.

use std::path::Path;

use packman_client::{VenvRequest, WhichPython};
use packman_names::PythonVersion;

use super::setting::{Setting, which};
use super::trust::parse_projects;
use crate::args::{Common, FreezeArgs, ListArgs, TreeArgs, VenvArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn list(arguments: &ListArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let which = which(&arguments.environment);
    if arguments.outdated {
        let outdated = setting.client().outdated(&which)?;
        setting.terminal.say_all(&words::lapsed::lines(&outdated.lapsed));
        if common.json {
            return Ok(output::answer(&words::environment::outdated_to_json(&outdated))?);
        }
        if outdated.packages.is_empty() {
            // The answer is empty, for programs too; people are told that this is one.
            setting.terminal.say(&words::environment::nothing_newer(&outdated));
        }
        return Ok(output::lines(words::environment::outdated(&outdated))?);
    }
    let list = setting.client().list(&which)?;
    setting.terminal.say_all(&words::lapsed::lines(&list.lapsed));
    if common.json {
        return Ok(output::answer(&words::plan::list_to_json(&list))?);
    }
    Ok(output::lines(words::plan::list(&list))?)
}

pub(super) fn tree(arguments: &TreeArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let projects = parse_projects(&arguments.project)?;
    let tree = setting.client().tree(&projects, &which(&arguments.environment))?;
    if common.json {
        return Ok(output::answer(&words::tree::to_json(&tree))?);
    }
    Ok(output::lines(words::tree::lines(&tree, &projects, arguments.invert))?)
}

pub(super) fn freeze(arguments: &FreezeArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let frozen = setting.client().freeze(&which(&arguments.environment), arguments.all)?;
    if common.json {
        return Ok(output::answer(&words::environment::frozen_to_json(&frozen))?);
    }
    Ok(output::lines(frozen.packages.iter().map(|package| &package.line))?)
}

pub(super) fn venv(arguments: &VenvArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let python = arguments.python.as_deref().map_or(WhichPython::Usual, which_python);
    let request = VenvRequest { folder: arguments.folder.clone(), python };
    let made = setting.client().venv(&request)?;
    if common.json {
        return Ok(output::answer(&words::environment::venv_to_json(&made))?);
    }
    setting.terminal.say_all(&words::environment::venv(&made, setting.environ.folder()));
    Ok(())
}

/// What looks like a version is one: no program is called `3.12`.
fn which_python(named: &Path) -> WhichPython {
    let text = named.to_str().unwrap_or_default();
    match (PythonVersion::parse(text), text.parse()) {
        (Ok(version), _) => WhichPython::Version(version),
        (Err(_), Ok(line)) => WhichPython::Line(line),
        (Err(_), Err(_)) => WhichPython::Program(named.to_owned()),
    }
}
