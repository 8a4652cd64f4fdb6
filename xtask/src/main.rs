//! The project's own chores: `cargo xtask NAME`.
//!
//! - `tidy` holds the source against the rules that no compiler knows.
//! - `test` sets up what the tests compare with, then runs all of them.
//! - `bench` measures PackMan, uv, pip and the bare floor on this machine.
//! - `conformance` runs TUF's own suite, from a checkout of it, against `packman-tuf`.
//! - `fuzz` runs each fuzzer of `fuzz/` for a while.
//! - `wheel` puts the command into a wheel, which pip, uv and PackMan install.
//! - `real` curates and installs popular packages from the configured index.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "chores talk to the terminal")]

mod bench;
mod cargo;
mod conformance;
mod fuzz;
mod real;
mod tidy;
mod tools;
mod wheel;

use std::process::ExitCode;

/// What a chore gives back: nothing, or the line that says why it failed.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match names.split_first() {
        Some((&"tidy", [])) => tidy::tidy(),
        Some((&"test", rest)) => test(rest),
        Some((&"tools", [])) => tools::set_up().map(drop),
        Some((&"real", rest)) => real::real(rest),
        Some((&"bench", rest)) => bench::bench(rest),
        Some((&"fuzz", rest)) => fuzz::fuzz(rest),
        Some((&"wheel", [])) => wheel::wheel(),
        Some((&"conformance", [checkout])) => conformance::conformance(checkout),
        _ => {
            Err("usage: cargo xtask tidy | test [ARGUMENTS of cargo test] | tools | real | bench | wheel | fuzz | \
                  conformance CHECKOUT"
                .to_owned())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that must hold before a change lands, save what needs the index.
fn test(rest: &[&str]) -> Outcome {
    tidy::tidy()?;
    tools::set_up()?;
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(rest);
    cargo::run(&arguments)
}
