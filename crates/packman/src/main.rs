//! The command: arguments, words, exit codes, wiring. It decides nothing.

mod args;
mod bug;
mod commands;
mod demo;
mod ending;
mod explain;
mod itself;
mod output;
mod terminal;
mod typing;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    bug::report_panics();
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return typing::end(error),
    };
    let json = arguments.common.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => ending.print(json),
    }
}
