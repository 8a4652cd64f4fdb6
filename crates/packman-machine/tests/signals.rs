//! Ctrl-C, as another process meets it: once to end cleanly, twice to end at once.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use packman_machine::stop::{Commit, SoFar, Stop, note_change};
use rustix::process::{Pid, Signal, kill_process};

const PART: &str = "PACKMAN_TEST_PART";

fn say(word: &str) {
    println!("\nsaid: {word}");
    std::io::stdout().flush().unwrap();
}

/// What the child does: works until it is asked to stop; then ends, or holds on until it is asked again.
#[test]
fn plays_working() {
    let Some(part) = std::env::var_os(PART) else { return };
    let soon = matches!(part.to_str(), Some("deaf" | "committing"));
    let last = |so_far: SoFar| say(&format!("{so_far:?}"));
    let stop = if soon { Stop::on_signals_with_grace(Duration::ZERO, last) } else { Stop::on_signals(last) };
    let stop = stop.unwrap();
    if part == "committing" {
        return commit(&stop);
    }
    let _commit = (part == "holding").then(Commit::begin);
    if part == "stubborn" {
        Commit::begin().undone();
    }
    if part == "deaf" {
        note_change();
    }
    let (done, hook) = std::sync::mpsc::channel();
    stop.on_ask(move || {
        say("hook");
        done.send(()).unwrap();
    });
    say("working");
    assert!(stop.wait(Duration::from_mins(10)).is_err());
    if matches!(part.to_str(), Some("stubborn" | "deaf" | "holding")) {
        // Asked already, this would not wait; and a plain sleep is what stands for a blocked call.
        std::thread::sleep(Duration::from_mins(10));
    }
    hook.recv().unwrap();
    say("done");
}

/// Changes something for good while it is asked to stop, and hears nothing of it.
fn commit(stop: &Stop) {
    let commit = Commit::begin();
    let (asked, hook) = std::sync::mpsc::channel();
    stop.on_ask(move || asked.send(()).unwrap());
    say("working");
    hook.recv().unwrap();
    // Long enough for whoever does not wait for it to end the program.
    for _ in 0..1_000 {
        std::thread::yield_now();
    }
    say("committed");
    drop(commit);
    std::thread::sleep(Duration::from_mins(10));
}

fn start(part: &str) -> (Child, impl Iterator<Item = String>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["plays_working", "--exact", "--nocapture"]).env(PART, part);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.filter_map(|line| line.unwrap().strip_prefix("said: ").map(str::to_owned));
    (child, said)
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn the_first_signal_asks() {
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, mut said) = start("willing");
        assert_eq!(said.next().as_deref(), Some("working"));
        send(&child, signal);
        assert_eq!(said.collect::<Vec<_>>(), ["hook", "done"]);
        assert!(child.wait().unwrap().success());
    }
}

/// What became of changes is said, of one that is going on, too.
#[test]
fn the_second_signal_ends_at_once_with_130_and_a_word() {
    for (part, word) in [("stubborn", "Nothing"), ("holding", "InChange")] {
        let (mut child, mut said) = start(part);
        assert_eq!(said.next().as_deref(), Some("working"));
        send(&child, Signal::INT);
        assert_eq!(said.next().as_deref(), Some("hook"));
        send(&child, Signal::INT);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(said.collect::<Vec<_>>(), [word]);
    }
}

#[test]
fn one_signal_ends_what_does_not_look() {
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, mut said) = start("deaf");
        assert_eq!(said.next().as_deref(), Some("working"));
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(said.collect::<Vec<_>>(), ["hook", "Changed"]);
    }
}

#[test]
fn no_single_signal_ends_a_change_in_the_middle() {
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, mut said) = start("committing");
        assert_eq!(said.next().as_deref(), Some("working"));
        send(&child, signal);
        assert_eq!(said.next().as_deref(), Some("committed"));
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(said.collect::<Vec<_>>(), ["Changed"]);
    }
}
