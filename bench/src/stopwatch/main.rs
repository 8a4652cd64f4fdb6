//! Runs one command and says what it took: `packman-stopwatch SERVER-PID PROGRAM ARGUMENT…`.
//!
//! A program of its own because a child's peak memory counts what its parent had when it was started. It prints one
//! line: `STATUS WALL-NS USER-US SYSTEM-US PEAK-BYTES STRANGERS-MS`. The last is what other processes, the server
//! aside, used of the processor meanwhile.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

/// Milliseconds in one tick of `/proc`, on every Linux that runs on a common processor.
const TICK: u64 = 10;

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("packman-stopwatch: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(server), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err("usage: packman-stopwatch SERVER-PID PROGRAM ARGUMENT…".to_owned());
    };
    let server = format!("/proc/{}/stat", server.to_string_lossy());
    let mut command = Command::new(&program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let (busy, served) = (machine_ticks(), process_ticks(&server));
    let begun = Instant::now();
    let child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    let used = child.wait4().map_err(|error| error.to_string())?;
    let wall = begun.elapsed().as_nanos();
    let busy = (machine_ticks().saturating_sub(busy)) * TICK;
    let served = (process_ticks(&server).saturating_sub(served)) * TICK;
    let (user, system) = (used.rusage.utime.as_micros(), used.rusage.stime.as_micros());
    let own = u64::try_from((user + system) / 1000).unwrap_or(u64::MAX);
    let strangers = busy.saturating_sub(served).saturating_sub(own);
    let status = used.status.code().unwrap_or(-1);
    Ok(format!("{status} {wall} {user} {system} {} {strangers}", used.rusage.maxrss))
}

/// The ticks in which some processor was busy.
fn machine_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = stat.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1);
    let busy = numbers.take(8).enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    busy.filter_map(|(_, number)| number.parse::<u64>().ok()).sum()
}

/// The ticks that one process used, its threads together.
fn process_ticks(path: &str) -> u64 {
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    // The name may hold spaces; the numbers come after its closing parenthesis.
    let numbers = stat.rsplit_once(')').map_or("", |(_, numbers)| numbers);
    numbers.split_ascii_whitespace().skip(11).take(2).filter_map(|number| number.parse::<u64>().ok()).sum()
}
