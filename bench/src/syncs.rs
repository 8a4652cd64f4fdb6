//! How often a command waits for the disk on purpose, and how long: counted by strace, apart from what is timed.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::program::{clean, output, read};

/// The system calls that wait for a disk.
const SYNCS: &str = "trace=fsync,fdatasync,sync_file_range,syncfs";

/// What one command waited for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Syncs {
    /// How many calls there were.
    pub(crate) calls: u64,
    /// How many milliseconds they took together.
    pub(crate) milliseconds: f64,
}

/// Whether strace is here.
pub(crate) fn can_be_counted() -> bool {
    output(clean(Path::new("strace")).arg("-V")).is_ok()
}

/// Runs a command once and counts.
pub(crate) fn count(command: &Command, table: &Path) -> Outcome<Syncs> {
    rustix::fs::sync();
    let mut traced = Command::new("strace");
    traced.args([
        "--follow-forks",
        "--seccomp-bpf",
        "--summary-only",
        "--summary-wall-clock",
        "-e",
        SYNCS,
        "-o",
    ]);
    traced.arg(table).arg(command.get_program()).args(command.get_args()).env_clear();
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    output(&mut traced)?;
    let mut all = Syncs::default();
    for line in read(table)?.lines() {
        // `% time, seconds, usecs/call, calls, errors (maybe), name`, and a last line with the sum.
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, seconds, _, calls, .., name] = words[..] else { continue };
        if let (Ok(seconds), Ok(calls), true) =
            (seconds.parse::<f64>(), calls.parse::<u64>(), name != "total")
        {
            all.calls += calls;
            all.milliseconds += seconds * 1000.0;
        }
    }
    Ok(all)
}
