//! Moving a project out of the way and back: whole or not at all, however it ends, and never more than its own files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod support;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_wheel::make::WheelDraft;
use packman_wheel::{
    Change, ChangeError, Disable, EnvironmentLock, Flow, Install, Observer, Recovered, Step, disabled,
    installed, plan, recover,
};
use support::Scratch;

/// Two projects that share a file, one with bytecode and a command.
fn scratch(cache: &Path) -> Scratch {
    let scratch = Scratch::with_cache(cache);
    let drafts = [
        WheelDraft::new("bad", "1")
            .file("bad/__init__.py", "1")
            .file("shared/x.py", "x")
            .command("bad", "bad:a"),
        WheelDraft::new("good", "1").file("good/__init__.py", "").file("shared/x.py", "x"),
    ];
    let install = drafts.iter().map(|draft| Install {
        unpacked: scratch.unpack(draft),
        requested: true,
        receipt: None,
    });
    let install = install.collect();
    apply(&scratch, Change { install, ..Change::default() }, &()).unwrap();
    fs::create_dir(scratch.site("bad/__pycache__")).unwrap();
    fs::write(scratch.site("bad/__pycache__/__init__.cpython-311.pyc"), "bytecode").unwrap();
    scratch
}

fn apply(scratch: &Scratch, change: Change, observer: &dyn Observer) -> Result<(), ChangeError> {
    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
    plan(&lock, change)?.apply(observer).map(drop)
}

fn out(scratch: &Scratch) -> Change {
    let bad = ProjectName::parse("bad").unwrap();
    let installed = installed(&scratch.scheme).unwrap().project(&bad).unwrap().clone();
    let why = "recalled by web: it is bad".to_owned();
    Change { disable: vec![Disable { installed, why, at: Time::from_seconds(7) }], ..Change::default() }
}

fn back(scratch: &Scratch) -> Change {
    Change { enable: disabled(&scratch.scheme).unwrap(), ..Change::default() }
}

/// Does something at one step.
struct At<F>(usize, AtomicUsize, F);

impl<F: Fn() -> Flow + Sync> Observer for At<F> {
    fn step(&self, _: Step<'_>) -> Flow {
        if self.1.fetch_add(1, Ordering::Relaxed) == self.0 { (self.2)() } else { Flow::GoOn }
    }
}

#[test]
fn what_is_moved_out_of_the_way_comes_back_as_it_was() {
    let cache = tempfile::tempdir().unwrap();
    let scratch = scratch(cache.path());
    let before = scratch.picture();
    apply(&scratch, out(&scratch), &()).unwrap();
    assert!(!scratch.site("bad").exists() && !scratch.prefix().join("bin/bad").exists());
    assert!(scratch.site("shared/x.py").exists(), "the other project's");
    let kept = disabled(&scratch.scheme).unwrap();
    assert_eq!((kept[0].project.as_str(), kept[0].why.as_str()), ("bad", "recalled by web: it is bad"));
    apply(&scratch, back(&scratch), &()).unwrap();
    assert_eq!(scratch.picture(), before);
    assert_eq!(disabled(&scratch.scheme).unwrap(), []);
}

#[test]
fn stopped_or_killed_at_any_step_it_is_as_before_or_as_after() {
    let cache = tempfile::tempdir().unwrap();
    for change in [out, back] {
        let start = || {
            let scratch = scratch(cache.path());
            let is_back = disabled(&scratch.scheme).unwrap().is_empty() && change(&scratch).enable.is_empty();
            if is_back && change(&scratch).disable.is_empty() {
                apply(&scratch, out(&scratch), &()).unwrap();
            }
            scratch
        };
        let whole = start();
        let steps = At(usize::MAX, AtomicUsize::new(0), || Flow::GoOn);
        apply(&whole, change(&whole), &steps).unwrap();
        let steps = steps.1.into_inner();
        assert!(steps > 8, "{steps}");
        for number in 0..steps {
            let scratch = start();
            let before = scratch.picture();
            let stopped = apply(&scratch, change(&scratch), &At(number, AtomicUsize::new(0), || Flow::Stop));
            // The last step tidies up, when all is done.
            assert_eq!(stopped.is_ok(), number + 1 == steps);
            assert_eq!(scratch.picture() == before, number + 1 < steps, "stopped at {number}");
            let scratch = start();
            let before = scratch.picture();
            let dies = At(number, AtomicUsize::new(0), || resume_unwind(Box::new("killed")));
            let change = change(&scratch);
            assert!(catch_unwind(AssertUnwindSafe(|| apply(&scratch, change, &dies))).is_err());
            let recovered = recover(&scratch.scheme).unwrap();
            let finished = number + 1 == steps;
            assert_eq!(recovered, if finished { Recovered::Finished } else { Recovered::PutBack });
            assert_eq!(scratch.picture() == before, !finished, "killed at {number}");
        }
    }
}
