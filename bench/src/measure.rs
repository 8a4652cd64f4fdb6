//! One timed run, begun on a quiet machine where there is one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::program::shown;

/// How long the machine is watched before it counts as quiet.
const WATCHED: Duration = Duration::from_millis(200);
/// The part of one processor that others may use.
const QUIET: f64 = 0.08;
/// What the clock of `/proc` cannot tell from nothing, in milliseconds.
const BLIND: f64 = 20.0;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Milliseconds by the clock.
    pub(crate) wall: f64,
    /// Milliseconds of processor time in programs.
    pub(crate) user: f64,
    /// Milliseconds of processor time in the kernel.
    pub(crate) system: f64,
    /// The most memory at once, in MiB.
    pub(crate) peak: f64,
    /// Whether other processes had the machine to themselves, too.
    pub(crate) disturbed: bool,
}

/// What may still be spent on waiting for a quiet machine.
pub(crate) struct Patience {
    left: Duration,
}

impl Patience {
    pub(crate) fn of(seconds: u64) -> Self {
        Self { left: Duration::from_secs(seconds) }
    }

    /// Whether there is any left.
    pub(crate) fn is_there(&self) -> bool {
        !self.left.is_zero()
    }

    /// Waits until nobody uses the machine, or patience ends; tells which.
    fn wait(&mut self) -> bool {
        loop {
            let begun = Instant::now();
            let before = busy_milliseconds();
            std::thread::sleep(WATCHED);
            let busy = busy_milliseconds() - before;
            if busy <= QUIET * WATCHED.as_secs_f64() * 1000.0 {
                return true;
            }
            if self.left.is_zero() {
                return false;
            }
            self.left = self.left.saturating_sub(begun.elapsed());
        }
    }
}

/// Runs a command once, which must end well.
pub(crate) fn measure(
    command: &Command,
    stopwatch: &Path,
    server: u32,
    patience: &mut Patience,
) -> Outcome<Taken> {
    // What earlier runs wrote must not be written out during this one.
    rustix::fs::sync();
    let quiet = patience.wait();
    let mut timed = Command::new(stopwatch);
    timed
        .arg(server.to_string())
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null())
        .env_clear();
    timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = timed.output().map_err(|error| format!("{}: {error}", stopwatch.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = line.split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [status, wall, user, system, peak, strangers] = numbers[..] else {
        return Err(format!("{} was not timed\n{said}", shown(command)));
    };
    if status != 0.0 {
        return Err(format!("{} ended with {status}\n{said}", shown(command)));
    }
    let wall = wall / 1e6;
    Ok(Taken {
        wall,
        user: user / 1e3,
        system: system / 1e3,
        peak: peak / f64::from(1 << 20),
        disturbed: !quiet || strangers > QUIET * wall + BLIND,
    })
}

/// Milliseconds in which some processor was busy since the machine started.
fn busy_milliseconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = stat.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1);
    // Idle and waiting for disks are the fourth and fifth.
    let busy = numbers.take(8).enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    busy.filter_map(|(_, number)| number.parse::<f64>().ok()).sum::<f64>() * 10.0
}
