//! What a refresh verified is on the disk before an environment changes, and where it cannot get there nothing changes.
//! The disk is made slow, broken and deadly by strace.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use packman_tuf::{Memory, Role};
use testkit::packages::module;
use testkit::world::{Run, snapshot};

use crate::support::{Stage, kept, said, without_progress};

const INSTALL: [&str; 4] = ["install", "--venv", "v", "flask"];

/// A user who has everything that an installation needs, and whose database is newer than what he remembers.
fn stage() -> Option<Stage> {
    if let Err(why) = Command::new("strace").args(["-o", "/dev/null", "true"]).output() {
        assert!(std::env::var("CI").is_err(), "strace: {why}");
        eprintln!("skipped: strace is not here ({why})");
        return None;
    }
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("other", "1.0")]);
    stage.world.venv("before");
    stage.world.ok(&["install", "--venv", "before", "flask"]);
    stage.world.venv("v");
    stage.release(&[module("other", "1.1")]);
    Some(stage)
}

/// Installs while strace does something to every call of a kind. Gives the calls too.
fn install_while(stage: &Stage, what: &str, more: &[&str]) -> (Run, Vec<String>) {
    let log = stage.world.path("calls.txt");
    let (log_text, inject) = (log.to_string_lossy().into_owned(), format!("inject={what}"));
    let words =
        ["--follow-forks", "--decode-fds=path", "-o", &log_text, "-e", "trace=%file,%desc", "-e", &inject];
    let program = [env!("CARGO_BIN_EXE_packman")];
    let run = stage.world.other(Path::new("strace"), &[&words[..], &program, &INSTALL, more].concat());
    let calls = std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect();
    (run, calls)
}

/// All that counts at home and in the environment; what a killed process was writing has a name that nobody reads.
fn all(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = kept(&stage.world, Some(&stage.world.path("v")));
    files.retain(|path, _| !path.to_string_lossy().contains(".packman-tmp-"));
    files
}

fn environment(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    snapshot(&stage.world.path("v"))
}

#[test]
fn what_is_newer_is_stored_before_the_environment_changes() {
    let Some(stage) = stage() else { return };
    let before = all(&stage);
    // So long that whoever did not wait would be done before.
    let (run, calls) = install_while(&stage, "fsync:delay_enter=500000", &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(all(&stage) != before);
    let place = |found: &dyn Fn(&str) -> bool| calls.iter().position(|call| found(call));
    let stored = place(&|call| call.contains("rename") && call.contains(".tuf\"")).unwrap();
    let venv = format!("{}/", stage.world.path("v").display());
    let makes = ["O_CREAT", "mkdir", "link", "rename"];
    let changed = place(&|call| {
        call.contains(&venv) && makes.iter().any(|make| call.contains(make)) && !call.contains("readlink")
    });
    assert!(stored < changed.unwrap(), "{}", calls[changed.unwrap()]);
}

#[test]
fn what_cannot_be_stored_changes_nothing() {
    let Some(stage) = stage() else { return };
    let before = all(&stage);
    let (run, _) = install_while(&stage, "fsync:error=EIO", &[]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(without_progress(&said(&stage.world, &run)), @"
    plan for ./v
      + flask  3.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, nothing to fetch
    error: `~/home/state/SHA256.tuf` cannot be written: input/output error
    ");
    assert!(all(&stage) == before);
    stage.world.ok(&INSTALL);
    // Neither the plan alone, nor that there is nothing to do, nor a no is said of what could not be stored.
    stage.release(&[module("other", "1.2")]);
    for more in [&["--dry-run"][..], &[], &["flask>3"]] {
        let (run, _) = install_while(&stage, "fsync:error=EIO", more);
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{more:?}: {}", run.stderr);
    }
}

#[test]
fn killed_while_it_is_stored_all_is_as_it_was() {
    let Some(stage) = stage() else { return };
    let before = all(&stage);
    let (run, _) = install_while(&stage, "fsync:signal=KILL", &[]);
    assert_ne!(run.code, 0);
    assert!(all(&stage) == before);
    let (run, _) = install_while(&stage, "/^rename:signal=KILL", &[]);
    assert_ne!(run.code, 0);
    let states = |files: &BTreeMap<PathBuf, Vec<u8>>| -> usize {
        files.keys().filter(|path| path.starts_with("state")).count()
    };
    let now = all(&stage);
    assert_eq!(states(&now), states(&before));
    assert!(environment(&stage).keys().all(|path| before.contains_key(&Path::new("venv").join(path))));
    stage.world.ok(&INSTALL);
    assert_eq!(stage.world.python(&stage.world.path("v"), "import flask").code, 0);
}

/// The versions of what is remembered, seen and good. What is there is read, and its signatures hold.
fn remembered(stage: &Stage) -> Vec<Option<u64>> {
    let files = snapshot(&stage.world.home().join("state"));
    let mut states = files.iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "tuf"));
    let (_, bytes) = states.next().unwrap();
    assert!(states.next().is_none());
    let memory = Memory::parse(bytes).unwrap();
    let good = |role| memory.good().map(|good| good.version(role));
    Role::ALL.into_iter().flat_map(|role| [memory.seen_version(role), good(role)]).collect()
}

/// Between any two calls by which something comes to be: there is no third state beside the one before and the one after.
#[test]
fn a_refresh_that_is_harmed_anywhere_remembers_what_was_before_or_all_that_is_new() {
    let Some(stage) = stage() else { return };
    let (home, kept, log) = (stage.world.home(), stage.world.path("kept"), stage.world.path("calls.txt"));
    let copy = |from: &Path, to: &Path| {
        let _ = std::fs::remove_dir_all(to);
        assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    };
    copy(&home, &kept);
    let before = remembered(&stage);
    stage.world.ok(&["trust", "refresh"]);
    let after = remembered(&stage);
    assert_ne!(before, after);
    let mut met = 0;
    let calls = [
        "openat",
        "write",
        "fsync",
        "fchmod",
        "mkdir",
        "mkdirat",
        "rename",
        "renameat",
        "renameat2",
        "unlinkat",
    ];
    for call in calls {
        for how in ["signal=KILL", "error=ENOSPC"] {
            for number in 1..200 {
                copy(&kept, &home);
                let inject = format!("--inject=/^{call}$:{how}:when={number}");
                let words = ["-f", "-o", log.to_str().unwrap(), &inject];
                let program = [env!("CARGO_BIN_EXE_packman"), "trust", "refresh"];
                let run = stage.world.other(Path::new("strace"), &[&words[..], &program].concat());
                let told = std::fs::read_to_string(&log).unwrap();
                if !told.contains("(INJECTED)") && !told.contains("+++ killed by SIGKILL") {
                    break;
                }
                met += 1;
                let (place, found) =
                    (format!("{how} at {call} {number}: {}", run.stderr), remembered(&stage));
                assert!(found == before || found == after, "{place}: {found:?}");
                assert!(run.code != 0 || found == after, "{place}");
                stage.world.ok(&["trust", "refresh"]);
                assert_eq!(remembered(&stage), after, "{place}");
            }
        }
    }
    assert!(met > 5, "harm was done {met} times");
}
