//! One file for each command: arguments in, a use case called, its report printed.

mod audit;
mod cache;
mod curate;
mod demand;
mod demo;
mod doctor;
mod environment;
mod explain;
mod install;
mod itself;
mod lock;
mod look;
mod setting;
mod trust;

pub(crate) use curate::Trusted;
pub(crate) use setting::Setting;

use crate::args::{Arguments, Command};
use crate::ending::Ending;

/// Runs a command.
pub(crate) fn run(arguments: Arguments) -> Result<(), Ending> {
    let Arguments { command, common } = arguments;
    match command {
        Command::Completions { shell } => itself::completions(shell),
        Command::Man { command } => itself::man(&command),
        Command::AsWheel { folder } => itself::as_wheel(&folder, &common),
        Command::Explain { code } => explain::run(code.as_deref(), &common),
        Command::Demo(demo) => demo::run(&demo, &common),
        Command::Trust(command) => trust::run(command, &common),
        Command::Search { word } => look::search(&word, &common),
        Command::Info { project } => look::info(&project, &common),
        Command::Upgrade(upgrade) => install::upgrade(&upgrade, &common),
        Command::Lock(arguments) => lock::lock(&arguments, &common),
        Command::Sync(arguments) => lock::sync(&arguments, &common),
        Command::List(list) => environment::list(&list, &common),
        Command::Tree(tree) => environment::tree(&tree, &common),
        Command::Freeze(freeze) => environment::freeze(&freeze, &common),
        Command::Audit(arguments) => audit::run(&arguments, &common),
        Command::Venv(venv) => environment::venv(&venv, &common),
        Command::Install(install) => install::install(&install, &common),
        Command::Uninstall(uninstall) => install::uninstall(&uninstall, &common),
        Command::Doctor => doctor::run(&common),
        Command::Cache(command) => cache::run(&command, &common),
        Command::Curate(command) => curate::run(command, &common),
    }
}
