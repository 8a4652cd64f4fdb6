//! What was asked for on the command line.

use std::path::PathBuf;

use crate::Outcome;
use crate::sets::{SETS, Set};

const USAGE: &str =
    "usage: cargo xtask bench [--set NAME…] [--rounds N] [--quick] [--pip-rounds N] [--wait SECONDS]
       [--also NAME=PROGRAM]… [--keep]
       cargo xtask bench --tuf [--rounds N] [--quick] [--wait SECONDS] [--keep]";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// Whether packman-tuf is measured beside its peers, in place of installing.
    pub(crate) tuf: bool,
    /// The sets to measure.
    pub(crate) sets: Vec<Set>,
    /// How many rounds count; one more comes before them and does not.
    pub(crate) rounds: usize,
    /// In how many of them pip takes part: it takes as long as all others together.
    pub(crate) pip_rounds: usize,
    /// How many seconds in all may be spent waiting for an idle machine.
    pub(crate) wait: u64,
    /// Other builds of PackMan that take their turns beside this one.
    pub(crate) also: Vec<(String, PathBuf)>,
    /// Whether what was installed is left in `target/bench`.
    pub(crate) keep: bool,
    /// Where everything lies: `target/bench`.
    pub(crate) folder: PathBuf,
    /// Where the built programs lie: `target/release`.
    pub(crate) programs: PathBuf,
    /// Where the peers of packman-tuf lie that had to be built: `target/peers/release`.
    pub(crate) peers: PathBuf,
    /// Where uv and pip lie: `target/tools/bin`.
    pub(crate) tools: PathBuf,
}

/// Reads the command line; `cargo xtask bench` puts the four folders first.
pub(crate) fn parse(arguments: &[String]) -> Outcome<Options> {
    let [folder, programs, peers, tools, rest @ ..] = arguments else { return Err(USAGE.to_owned()) };
    let mut options = Options {
        tuf: false,
        sets: Vec::new(),
        rounds: 7,
        pip_rounds: 3,
        wait: 300,
        also: Vec::new(),
        keep: false,
        folder: folder.into(),
        programs: programs.into(),
        peers: peers.into(),
        tools: tools.into(),
    };
    let mut rest = rest.iter().map(String::as_str).peekable();
    while let Some(option) = rest.next() {
        match option {
            "--set" => {
                while let Some(name) = rest.next_if(|next| !next.starts_with("--")) {
                    let set = SETS.iter().find(|set| set.name == name);
                    options.sets.push(*set.ok_or_else(|| unknown_set(name))?);
                }
            }
            "--rounds" => options.rounds = number(rest.next())?.max(1),
            "--pip-rounds" => options.pip_rounds = number(rest.next())?,
            "--wait" => options.wait = number(rest.next())? as u64,
            "--quick" => (options.rounds, options.pip_rounds, options.wait) = (3, 0, 0),
            "--also" => {
                let build = rest.next().and_then(|build| build.split_once('='));
                let (name, program) = build.ok_or(USAGE)?;
                options.also.push((name.to_owned(), program.into()));
            }
            "--tuf" => options.tuf = true,
            "--keep" => options.keep = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    if options.sets.is_empty() {
        options.sets = SETS.to_vec();
    }
    Ok(options)
}

fn number(word: Option<&str>) -> Outcome<usize> {
    word.and_then(|word| word.parse().ok()).ok_or_else(|| USAGE.to_owned())
}

fn unknown_set(name: &str) -> String {
    let known: Vec<&str> = SETS.iter().map(|set| set.name).collect();
    format!("there is no set `{name}`; there are {}", known.join(", "))
}
