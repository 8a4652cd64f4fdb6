//! Whatever happens in the middle: the shipped command is killed at each of its writes, renames and links, and finds a
//! full disk at each of them. Afterwards all is as before or all as after, the next run is clean, and nothing is left.
//!
//! strace does the harm from outside (`--inject`), so the command has no hook for it. Which thread is killed at its
//! n-th call is the machine's choice; over all n every place is met.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::Stage;
use testkit::packages::module;
use testkit::world::{Run, snapshot};

/// Every call by which something comes to be, changes or goes.
const CALLS: [&str; 8] = ["write", "linkat", "mkdir", "mkdirat", "rename", "renameat2", "unlink", "unlinkat"];

/// More often than any command here does anything.
const MOST: usize = 200;

/// Where the files of a command are: the environment and the user's home.
type Picture = BTreeMap<PathBuf, Vec<u8>>;

fn picture(stage: &Stage) -> Picture {
    let mut all = Picture::new();
    for folder in [stage.world.path("v"), stage.world.home()] {
        let files = snapshot(&folder).into_iter();
        // A receipt says when; a lock is no state.
        let told = files.filter(|(path, _)| !path.ends_with("packman.json") && !path.ends_with("lock"));
        all.extend(
            told.filter(|(path, _)| !path.ends_with("RECORD"))
                .map(|(path, bytes)| (folder.join(path), bytes)),
        );
    }
    all
}

/// Runs the command with harm done by strace; gives how it ended, and whether the harm was met at all.
fn harmed(stage: &Stage, harm: &str, arguments: &[&str]) -> (Run, bool) {
    let log = stage.world.path("strace.log");
    let text = log.to_string_lossy().into_owned();
    let mut words = vec!["-f", "-o", &text, "--inject", harm, env!("CARGO_BIN_EXE_packman")];
    words.extend(arguments);
    let run = stage.world.other(Path::new("strace"), &words);
    let told = std::fs::read_to_string(log).unwrap();
    (run, told.contains("(INJECTED)") || told.contains("+++ killed by SIGKILL"))
}

fn has_strace() -> bool {
    let there = Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok();
    assert!(there || std::env::var("CI").is_err(), "strace is not here");
    if !there {
        eprintln!("skipped: strace is not here");
    }
    there
}

/// Makes environment and cache what they were before the command.
fn restore(stage: &Stage, is_cold: bool) {
    let venv = stage.world.path("v");
    let _ = std::fs::remove_dir_all(&venv);
    let copied = Command::new("cp").arg("-a").arg(stage.world.path("before")).arg(&venv).status().unwrap();
    assert!(copied.success());
    if is_cold {
        let _ = std::fs::remove_dir_all(stage.world.cache().join("wheels"));
    }
}

/// Does harm at each call of each kind, beginning with the environment `v` as it is now.
fn check(stage: &Stage, what: &str, arguments: &[&str]) {
    std::fs::rename(stage.world.path("v"), stage.world.path("before")).unwrap();
    let restore = || restore(stage, what.contains("cold"));
    restore();
    let before = picture(stage);
    stage.world.ok(arguments);
    let after = picture(stage);
    assert!(before != after, "{what} does something");
    let mut met = 0;
    for call in CALLS {
        for (kind, how) in [("killed", "signal=KILL"), ("disk full", "error=ENOSPC")] {
            if kind == "disk full" && call.starts_with("unlink") {
                continue;
            }
            for number in 1..MOST {
                restore();
                // A disk that is full stays full, for what needs room; a move needs some once in a while.
                let needs_room = !call.starts_with("rename");
                let on = if kind == "disk full" && needs_room { "+" } else { "" };
                let (run, is_met) = harmed(stage, &format!("{call}:{how}:when={number}{on}"), arguments);
                if !is_met {
                    break;
                }
                met += 1;
                let place = format!("{what}, {kind} at {call} {number}: {}", run.stderr);
                if kind == "disk full" {
                    assert!([0, 4].contains(&run.code), "{place}");
                    // Whoever is told that it failed finds all as it was.
                    let wanted = if run.code == 0 { &after } else { &before };
                    let found = picture(stage);
                    assert!(found == *wanted || run.code == 4 && is_between(&found, &before), "{place}");
                }
                // The next one who comes does the same again, finds nothing in his way, and leaves it done.
                let again = stage.world.run(arguments);
                // What was uninstalled before the harm is not there to be uninstalled.
                let is_gone = arguments.contains(&"uninstall") && again.code == 1;
                assert!(again.code == 0 || is_gone, "{place}\nthen: {}", again.stderr);
                assert!(picture(stage) == after, "{place}: not as it should be");
                let left = snapshot(&stage.world.cache().join("wheels"));
                let half = left.keys().any(|path| path.to_string_lossy().contains(".unpacking-"));
                assert!(!half || arguments.contains(&"uninstall"), "{place}: something is left in the cache");
                assert!(!stage.world.path("v/.packman").exists(), "{place}");
            }
        }
    }
    assert!(met > 20, "{what}: harm was done {met} times");
}

/// The last good copy may be newer than before: what verified stays seen, whatever becomes of the rest.
fn is_between(found: &Picture, before: &Picture) -> bool {
    let plain = |picture: &Picture| -> Picture {
        let kept = picture.iter().filter(|(path, _)| path.extension().is_none_or(|ending| ending != "tuf"));
        kept.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    };
    plain(found) == plain(before)
}

/// A user with an environment in which `flask` 3.0 is, of which there is a 3.1 by now.
fn stage() -> Stage {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click"), module("click", "8.0")]);
    stage.world.venv("v");
    stage.release(&[module("flask", "3.1").requires("click")]);
    stage.world.ok(&["install", "--venv", "v", "flask==3.0"]);
    stage
}

#[test]
fn an_install_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        stage.world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
        check(&stage, "a cold install", &["install", "--quiet", "--venv", "v", "flask"]);
    }
}

#[test]
fn an_uninstall_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        check(&stage(), "an uninstall", &["uninstall", "--quiet", "--venv", "v", "flask"]);
    }
}

#[test]
fn an_upgrade_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        check(&stage(), "an upgrade", &["upgrade", "--quiet", "--yes", "--venv", "v", "flask"]);
    }
}
