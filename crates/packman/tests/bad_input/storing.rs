//! What a refresh verified is on the disk before an environment changes, and where it cannot get there nothing changes.
//! The disk is made slow, broken and deadly by strace.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

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
