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

use packman_machine::stop::{Commit, Stop};
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
    let stop = if soon { Stop::on_signals_with_grace(Duration::ZERO) } else { Stop::on_signals() }.unwrap();
    if part == "committing" {
        return commit(&stop);
    }
    let (done, hook) = std::sync::mpsc::channel();
    stop.on_ask(move || {
        say("hook");
        done.send(()).unwrap();
    });
    say("working");
    assert!(stop.wait(Duration::from_mins(10)).is_err());
    if part == "stubborn" || part == "deaf" {
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

#[test]
fn the_second_signal_ends_at_once_with_130() {
    let (mut child, mut said) = start("stubborn");
    assert_eq!(said.next().as_deref(), Some("working"));
    send(&child, Signal::INT);
    assert_eq!(said.next().as_deref(), Some("hook"));
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(said.next(), None);
}

#[test]
fn one_signal_ends_what_does_not_look() {
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, mut said) = start("deaf");
        assert_eq!(said.next().as_deref(), Some("working"));
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(130));
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
    }
}
