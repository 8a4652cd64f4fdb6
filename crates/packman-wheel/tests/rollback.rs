//! All or nothing: a change that is stopped, fails or is killed at any step leaves the environment as it was, or
//! as it was to become, and nothing else behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use packman_names::ProjectName;
use packman_wheel::make::WheelDraft;
use packman_wheel::{
    Amendment, Area, Change, ChangeError, EnvironmentLock, Flow, Install, Installed, Observer, Recovered,
    Report, Scheme, Step, installed, plan, recover,
};
use support::Scratch;

/// An environment in which three projects are installed, before a change that touches all of them.
fn scratch(cache: &Path) -> Scratch {
    let scratch = Scratch::with_cache(cache);
    let start = [
        WheelDraft::new("upgraded", "1")
            .file("upgraded/__init__.py", "1")
            .file("upgraded/gone/old.py", "")
            .command("up", "upgraded:a"),
        WheelDraft::new("removed", "1").file("removed/__init__.py", "").data(
            Area::Data,
            "share/removed/x",
            "x",
        ),
        WheelDraft::new("marked", "1").file("marked.py", ""),
    ];
    let change = Change {
        install: start.iter().map(|draft| install(&scratch, draft, false)).collect(),
        ..Change::default()
    };
    apply(&scratch, change, &()).unwrap();
    fs::create_dir(scratch.site("removed/__pycache__")).unwrap();
    fs::write(scratch.site("removed/__pycache__/__init__.cpython-311.pyc"), "bytecode").unwrap();
    fs::write(scratch.site("upgraded/mine.py"), "mine").unwrap();
    scratch
}

fn install(scratch: &Scratch, draft: &WheelDraft, requested: bool) -> Install {
    Install { unpacked: scratch.unpack(draft), requested, receipt: None }
}

fn find(scheme: &Scheme, name: &str) -> Installed {
    installed(scheme).unwrap().project(&ProjectName::parse(name).unwrap()).unwrap().clone()
}

fn change(scratch: &Scratch) -> Change {
    let drafts = [
        WheelDraft::new("upgraded", "2")
            .file("upgraded/__init__.py", "2")
            .file("upgraded/new/a.py", "")
            .command("up", "upgraded:b"),
        WheelDraft::new("fresh", "1").file("fresh/__init__.py", "").file("fresh/deep/er.py", "").data(
            Area::Headers,
            "f.h",
            "",
        ),
    ];
    Change {
        install: drafts.iter().map(|draft| install(scratch, draft, true)).collect(),
        remove: ["upgraded", "removed"].iter().map(|name| find(&scratch.scheme, name)).collect(),
        amend: vec![Amendment {
            installed: find(&scratch.scheme, "marked"),
            requested: true,
            bytecode: true,
        }],
        ..Change::default()
    }
}

fn apply(scratch: &Scratch, change: Change, observer: &dyn Observer) -> Result<Report, ChangeError> {
    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
    plan(&lock, change)?.apply(observer)
}

/// Does something at one step, counted from 0.
struct At<F> {
    step: usize,
    seen: AtomicUsize,
    does: F,
}

impl<F: Fn() -> Flow + Sync> At<F> {
    fn step(step: usize, does: F) -> Self {
        Self { step, seen: AtomicUsize::new(0), does }
    }
}

impl<F: Fn() -> Flow + Sync> Observer for At<F> {
    fn step(&self, _: Step<'_>) -> Flow {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed);
        if seen == self.step { (self.does)() } else { Flow::GoOn }
    }
}

/// Keeps the steps of a whole change.
#[derive(Default)]
struct Steps(Mutex<Vec<String>>);

impl Observer for Steps {
    fn step(&self, step: Step<'_>) -> Flow {
        self.0.lock().unwrap().push(format!("{step:?}"));
        Flow::GoOn
    }
}

/// The steps of the change, and the environment before and after it.
fn whole(cache: &Path) -> (Vec<String>, BTreeMap<String, String>, BTreeMap<String, String>) {
    let scratch = scratch(cache);
    let before = scratch.picture();
    let steps = Steps::default();
    apply(&scratch, change(&scratch), &steps).unwrap();
    // Commands begin with the path of their interpreter, which every scratch folder has another of.
    (steps.0.into_inner().unwrap(), plain(before), plain(scratch.picture()))
}

fn plain(mut picture: BTreeMap<String, String>) -> BTreeMap<String, String> {
    picture.retain(|path, _| path != "bin/up" && !path.ends_with("/RECORD"));
    picture
}

#[test]
fn a_change_is_made_in_this_order() {
    let cache = tempfile::tempdir().unwrap();
    let (steps, before, after) = whole(cache.path());
    let kinds: Vec<&str> = steps.iter().map(|step| step.split('(').next().unwrap()).collect();
    let mut short = kinds.clone();
    short.dedup();
    assert_eq!(short, ["Stage", "Begin", "MoveOut", "MoveIn", "Commit", "Tidy"]);
    assert!(
        steps.contains(&"MoveIn(\"lib/python3.11/site-packages/fresh\")".to_owned()),
        "whole folders are moved: {steps:?}"
    );
    assert!(before.contains_key("share/removed/x") && !after.contains_key("share"));
    assert!(after.contains_key("lib/python3.11/site-packages/upgraded/mine.py"));
    assert!(!after.contains_key("lib/python3.11/site-packages/upgraded/gone"));
    assert!(after.contains_key("lib/python3.11/site-packages/marked-1.dist-info/REQUESTED"));
    assert!(!after.keys().any(|path| path.starts_with(".packman")));
}

#[test]
fn stopped_at_any_step_it_leaves_the_environment_as_it_was() {
    let cache = tempfile::tempdir().unwrap();
    let (steps, _, after) = whole(cache.path());
    for (number, step) in steps.iter().enumerate() {
        let scratch = scratch(cache.path());
        let before = scratch.picture();
        let outcome = apply(&scratch, change(&scratch), &At::step(number, || Flow::Stop));
        if step == "Tidy" {
            outcome.unwrap();
            assert_eq!(plain(scratch.picture()), after);
        } else {
            assert!(matches!(outcome, Err(ChangeError::Stopped)), "{step}");
            assert_eq!(scratch.picture(), before, "stopped at {step}");
        }
    }
}

#[test]
fn killed_at_any_step_it_is_undone_or_finished_by_whoever_comes_next() {
    let cache = tempfile::tempdir().unwrap();
    let (steps, _, after) = whole(cache.path());
    for (number, step) in steps.iter().enumerate() {
        let scratch = scratch(cache.path());
        let before = scratch.picture();
        kill(&scratch, &At::step(number, || resume_unwind(Box::new("killed"))));
        // The second look finds nothing left.
        let recovered = [recover(&scratch.scheme).unwrap(), recover(&scratch.scheme).unwrap()];
        let expected = if step == "Tidy" { Recovered::Finished } else { Recovered::PutBack };
        assert_eq!(recovered, [expected, Recovered::Nothing], "killed at {step}");
        if expected == Recovered::Finished {
            assert_eq!(plain(scratch.picture()), after);
        } else {
            assert_eq!(scratch.picture(), before, "killed at {step}");
        }
        // And the change can be made after all.
        if expected == Recovered::PutBack {
            apply(&scratch, change(&scratch), &()).unwrap();
            assert_eq!(plain(scratch.picture()), after, "again after {step}");
        }
    }
}

/// Stops the change at its last move, and is killed at a later step of undoing it.
struct StopThenDie {
    undone: AtomicUsize,
    dies_at: usize,
}
impl Observer for StopThenDie {
    fn step(&self, step: Step<'_>) -> Flow {
        match step {
            Step::Commit => Flow::Stop,
            Step::PutBack(_) if self.undone.fetch_add(1, Ordering::Relaxed) == self.dies_at => {
                resume_unwind(Box::new("killed"))
            }
            _ => Flow::GoOn,
        }
    }
}

#[test]
fn killed_while_it_is_undone_it_is_undone_by_whoever_comes_next() {
    let cache = tempfile::tempdir().unwrap();
    let steps = whole(cache.path()).0.iter().filter(|step| step.starts_with("Move")).count();
    for dies_at in 0..steps {
        let scratch = scratch(cache.path());
        let before = scratch.picture();
        kill(&scratch, &StopThenDie { undone: AtomicUsize::new(0), dies_at });
        assert_eq!(recover(&scratch.scheme).unwrap(), Recovered::PutBack);
        assert_eq!(scratch.picture(), before, "killed at undoing step {dies_at}");
    }
}

/// Dies within a change without putting anything back, as a killed process does.
fn kill(scratch: &Scratch, observer: &dyn Observer) {
    let change = change(scratch);
    let died = catch_unwind(AssertUnwindSafe(|| apply(scratch, change, observer)));
    assert!(died.is_err());
}

#[test]
fn a_file_that_appears_in_the_middle_is_not_overwritten() {
    let cache = tempfile::tempdir().unwrap();
    let (steps, ..) = whole(cache.path());
    let moves = steps.iter().enumerate().filter(|(_, step)| step.starts_with("MoveIn"));
    for (number, step) in moves {
        let scratch = scratch(cache.path());
        let path = step.split('"').nth(1).unwrap();
        let mine = scratch.prefix().join(path);
        if mine.exists() {
            continue;
        }
        let mut before = scratch.picture();
        let observer = At::step(number, || {
            fs::write(&mine, "mine").unwrap();
            Flow::GoOn
        });
        let error = apply(&scratch, change(&scratch), &observer).unwrap_err();
        assert_eq!(error.code(), "file-failed", "{step}: {error}");
        before.insert(path.to_owned(), scratch.picture()[path].clone());
        assert_eq!(scratch.picture(), before, "{step}");
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    }
}

#[test]
fn a_folder_that_becomes_a_link_in_the_middle_is_not_followed() {
    let cache = tempfile::tempdir().unwrap();
    let scratch = scratch(cache.path());
    let outside = scratch.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let site = scratch.scheme.purelib.clone();
    let number = whole(cache.path()).0.iter().position(|step| step.starts_with("MoveIn")).unwrap();
    let observer = At::step(number, || {
        fs::rename(site.join("upgraded"), site.join("aside")).unwrap();
        std::os::unix::fs::symlink(&outside, site.join("upgraded")).unwrap();
        Flow::GoOn
    });
    apply(&scratch, change(&scratch), &observer).unwrap_err();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    // What was moved out waits until the folder is itself again.
    fs::remove_file(site.join("upgraded")).unwrap();
    fs::rename(site.join("aside"), site.join("upgraded")).unwrap();
    recover(&scratch.scheme).unwrap();
    assert_eq!(fs::read_to_string(site.join("upgraded/__init__.py")).unwrap(), "1");
}

#[test]
fn notes_that_were_edited_are_refused_and_nothing_is_touched() {
    let cache = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("journal", ""),
        ("journal", "nonsense"),
        ("journal", r#"{"format":"packman-journal-2","out":[],"in":[],"emptied":[]}"#),
        ("journal", r#"{"format":"packman-journal-1","out":["../../precious"],"in":[],"emptied":[]}"#),
        ("journal", r#"{"format":"packman-journal-1","out":[],"in":["/etc/passwd"],"emptied":[]}"#),
        ("committed", r#"{"format":"packman-journal-1","out":[],"in":[],"emptied":["lib/../.."]}"#),
    ] {
        let scratch = scratch(cache.path());
        fs::create_dir(scratch.prefix().join(".packman")).unwrap();
        fs::write(scratch.prefix().join(".packman").join(name), text).unwrap();
        let before = scratch.picture();
        let error = recover(&scratch.scheme).unwrap_err();
        assert_eq!(error.code(), "environment-damaged", "{text}: {error}");
        assert_eq!(scratch.picture(), before);
    }
    let scratch = scratch(cache.path());
    std::os::unix::fs::symlink("/", scratch.prefix().join(".packman")).unwrap();
    assert_eq!(recover(&scratch.scheme).unwrap_err().code(), "environment-damaged");
}

#[test]
fn an_environment_that_cannot_be_written_stays_as_it_is() {
    let cache = tempfile::tempdir().unwrap();
    let scratch = scratch(cache.path());
    let before = scratch.picture();
    // Something in the way of the notes themselves, made after the lock was taken.
    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
    let planned = plan(&lock, change(&scratch)).unwrap();
    assert!(!planned.is_empty() && planned.new_files() > 0 && planned.old_files() > 0);
    let lib = scratch.prefix().join(".packman");
    fs::write(&lib, "mine").unwrap();
    assert_eq!(planned.apply(&()).unwrap_err().code(), "file-failed");
    fs::remove_file(&lib).unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn an_empty_change_writes_nothing() {
    let scratch = Scratch::new();
    let modified = || fs::metadata(scratch.prefix()).unwrap().modified().unwrap();
    let before = (scratch.picture(), modified());
    assert_eq!(apply(&scratch, Change::default(), &()).unwrap(), Report::default());
    assert_eq!((scratch.picture(), modified()), before);
}

#[test]
fn many_at_once_take_turns() {
    let scratch = Scratch::new();
    let before = scratch.picture();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for number in 0..8 {
            let (scratch, barrier) = (&scratch, &barrier);
            scope.spawn(move || {
                let name = format!("project{number}");
                let draft = WheelDraft::new(&name, "1")
                    .file("shared/__init__.py", "")
                    .file(&format!("shared/{name}.py"), "");
                barrier.wait();
                for _ in 0..5 {
                    let change =
                        Change { install: vec![install(scratch, &draft, true)], ..Change::default() };
                    apply(scratch, change, &()).unwrap();
                    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
                    assert!(EnvironmentLock::try_take(&scratch.scheme).unwrap().is_none());
                    let change = Change { remove: vec![find(&scratch.scheme, &name)], ..Change::default() };
                    plan(&lock, change).unwrap().apply(&()).unwrap();
                }
            });
        }
    });
    assert_eq!(scratch.picture(), before);
}
