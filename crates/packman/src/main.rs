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
mod words;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    bug::report_panics();
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        // clap's own words, and its exit codes: 0 for help and version, 2 for what cannot be parsed.
        Err(error) => error.exit(),
    };
    let json = arguments.common.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => ending.print(json),
    }
}
