//! Measures PackMan, uv, pip and the bare floor on one machine in one run, over loopback; with `--tuf`, packman-tuf and
//! its peers.
//!
//! `cargo xtask bench` builds and runs it; `docs/performance.md` says what is compared and how. What this program
//! decides: which commands take part, in what order they take their turns, and what is told about them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod catalogue;
mod measure;
mod options;
mod prepare;
mod program;
mod record;
mod report;
mod rounds;
mod server;
mod sets;
mod summary;
mod syncs;
mod tuf;
mod variants;

use std::process::ExitCode;

/// What failed, in words.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match options::parse(&arguments)
        .and_then(|options| if options.tuf { tuf::run(&options) } else { rounds::run(&options) })
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}
