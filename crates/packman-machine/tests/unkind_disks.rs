//! What only another process can show: a disk that is full, a home that cannot be written, a holder that dies.
//!
//! Each test starts this same program with a name of a part to play and the folder to play it in.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::lock::LockWait;
use packman_machine::stop::Stop;

const FOLDER: &str = "PACKMAN_TEST_FOLDER";

/// The folder to play a part in; none when this is not a child.
fn played_in() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn player(program: &Path, part: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args([part, "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// Runs a part, and gives the lines it says after `said:`.
fn said(mut command: Command) -> Vec<String> {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().filter_map(|line| line.split_once("said: ")).map(|(_, said)| said.to_owned()).collect()
}

#[test]
fn plays_writing_to_a_home() {
    let Some(folder) = played_in() else { return };
    let home = Home::at(&folder);
    println!("\nsaid: {:?}", home.read("state").map(|bytes| bytes.unwrap_or_default().len()));
    let failure = home.replace("state", &vec![0; 1 << 20]).unwrap_err();
    println!("\nsaid: {}", failure.to_string().replace(folder.to_str().unwrap(), "HOME"));
    println!("\nsaid: {:?}", failure.hint());
    let lock = home.lock(&Stop::new(), &|| ());
    println!("\nsaid: {}", lock.is_ok());
}

#[test]
fn a_full_disk_changes_nothing_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state"), "old").unwrap();
    // A limit on the size of files is a full disk that needs no disk; the signal that goes with it is ignored.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]).arg(this_program());
    limited.args(["plays_writing_to_a_home", "--exact", "--nocapture", "--test-threads=1"]);
    limited.env(FOLDER, folder.path());
    insta::assert_snapshot!(said(limited).join("\n"), @"
    Ok(3)
    `HOME/state` cannot be written: the disk is full, or a quota is reached
    None
    true
    ");
    assert_eq!(std::fs::read(folder.path().join("state")).unwrap(), b"old");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// A command that root's powers do not help: permission bits mean nothing to root.
fn as_nobody(part: &str, folder: &Path, stage: &Path) -> Command {
    const NOBODY: u32 = 65_534;
    let program = stage.join("player");
    // By another program: were this one to write it, a test that starts a child meanwhile would hold it open, and a
    // file that is open for writing cannot be run.
    assert!(Command::new("cp").args([&this_program(), &program]).status().unwrap().success());
    for path in [stage, &program] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut command = player(&program, part, folder);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[test]
fn a_home_that_cannot_be_written_can_be_read() {
    let stage = tempfile::tempdir().unwrap();
    let home = stage.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join("state"), "old").unwrap();
    std::fs::set_permissions(&home, PermissionsExt::from_mode(0o555)).unwrap();
    let command = as_nobody("plays_writing_to_a_home", &home, stage.path());
    insta::assert_snapshot!(said(command).join("\n"), @r#"
    Ok(3)
    `HOME/state` cannot be written: permission denied
    Some("set PACKMAN_HOME to a folder that you can write")
    false
    "#);
    std::fs::set_permissions(&home, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn plays_using_a_cache() {
    let Some(folder) = played_in() else { return };
    let environ = Environ::of("/", [("PACKMAN_CACHE_DIR", &folder)]);
    let shown = folder.to_str().unwrap().to_owned();
    let cache = Cache::of(&environ, move |warning| {
        println!("\nsaid: {}", warning.to_string().replace(&shown, "CACHE"));
    });
    let sha256 = cache.put_blob(b"bytes");
    println!("\nsaid: {:?}", cache.blob(&sha256));
    println!("\nsaid: {}", cache.wheels().unwrap().starts_with(&folder));
}

#[test]
fn a_cache_of_another_user_or_one_that_cannot_be_written_is_not_used() {
    let stage = tempfile::tempdir().unwrap();
    let cache = stage.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o555)).unwrap();
    let command = as_nobody("plays_using_a_cache", &cache, stage.path());
    let lines = said(command);
    assert!(lines[0].starts_with("the cache is not used: "), "{lines:?}");
    assert_eq!(lines[1..], ["Some([98, 121, 116, 101, 115])", "false"]);
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn plays_holding_a_lock() {
    let Some(folder) = played_in() else { return };
    let _lock = Home::at(folder).lock(&Stop::new(), &|| ()).unwrap();
    println!("\nsaid: held");
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_lock_is_held_against_other_processes_and_ends_with_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let mut command = player(&this_program(), "plays_holding_a_lock", folder.path());
    let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "said: held"));
    let wait = |milliseconds| LockWait {
        say_after: Duration::ZERO,
        give_up_after: Duration::from_millis(milliseconds),
    };
    assert!(home.lock_within(wait(30), &Stop::new(), &|| ()).is_err());
    holder.kill().unwrap();
    holder.wait().unwrap();
    home.lock_within(wait(60_000), &Stop::new(), &|| ()).unwrap();
}
