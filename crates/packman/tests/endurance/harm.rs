//! Doing harm: a command is killed, starved or asked to stop at each call by which something comes to be, changes or goes.
//!
//! strace does it from outside (`--inject`), so the command has no hook for it. Which thread meets its n-th call is the
//! machine's choice; over all n every place is met.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use packman_tuf::Memory;
use testkit::world::{Run, snapshot};

use crate::support::Stage;
use crate::support::user::good_of;

/// Every call by which something comes to be, changes or goes.
const CALLS: [&str; 10] = [
    "write",
    "copy_file_range",
    "linkat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
];

/// More often than any command here does anything.
const MOST: usize = 200;

/// What of the files of a command has to be as before or as after, by path.
pub(crate) type Picture = BTreeMap<PathBuf, Vec<u8>>;

/// How a file is told in a picture.
type Shown = fn(&Path, Vec<u8>) -> (PathBuf, Vec<u8>);

/// How a command is harmed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Harm {
    /// It is killed; a second Ctrl-C is no different.
    Killed,
    /// The disk is full, and stays so.
    Starved,
    /// One Ctrl-C.
    Stopped,
}

impl Harm {
    /// What strace is told to do at a call.
    fn at(self, call: &str, number: usize) -> Option<String> {
        let takes_room = !call.starts_with("unlink") && call != "rmdir";
        match self {
            Self::Killed => Some(format!("{call}:signal=KILL:when={number}")),
            // Nothing is decided between two calls of other kinds that these do not part.
            Self::Stopped if !["write", "linkat", "rename", "renameat2"].contains(&call) => None,
            Self::Stopped => Some(format!("{call}:signal=INT:when={number}")),
            Self::Starved if !takes_room => None,
            // A disk that is full stays full, for what needs room; a move needs some once in a while.
            Self::Starved if call.starts_with("rename") => Some(format!("{call}:error=ENOSPC:when={number}")),
            Self::Starved => Some(format!("{call}:error=ENOSPC:when={number}+")),
        }
    }
}

/// A command, and what it works on.
pub(crate) struct Scene<'s> {
    pub(crate) stage: &'s Stage,
    pub(crate) what: &'s str,
    pub(crate) arguments: &'s [&'s str],
    /// What is put back before each harm, and looked at after it.
    pub(crate) folders: Vec<PathBuf>,
    /// What is removed before each harm: it can be had again.
    pub(crate) forgotten: Vec<PathBuf>,
    /// Whether what it makes carries the time of the run, so that files are compared by their names.
    pub(crate) signs: bool,
    /// Whether what was made ready and is named by nothing may stay where the command failed or was stopped.
    pub(crate) leaves_unnamed: bool,
    /// Whether it answers, which takes room as well.
    pub(crate) answers: bool,
    /// Whether the command may say so when it finds everything done.
    pub(crate) is_done: fn(&Run) -> bool,
    /// What tidies after one who finds everything done, however it ends.
    pub(crate) then: &'s [&'s str],
    /// The next change that somebody makes after all, before the last look.
    pub(crate) at_the_end: &'s [&'s str],
    /// Looks at the moment of the harm, before the next one comes.
    pub(crate) meanwhile: &'s dyn Fn(&str),
    /// Looks at the end, after the next one came.
    pub(crate) at_last: &'s dyn Fn(&str),
}

/// A scene of a command that does again what was done.
pub(crate) fn scene<'s>(
    stage: &'s Stage,
    what: &'s str,
    arguments: &'s [&'s str],
    folders: &[PathBuf],
) -> Scene<'s> {
    Scene {
        stage,
        what,
        arguments,
        folders: folders.to_vec(),
        forgotten: Vec::new(),
        signs: false,
        leaves_unnamed: false,
        answers: false,
        is_done: |_| false,
        then: &[],
        at_the_end: &[],
        meanwhile: &|_| (),
        at_last: &|_| (),
    }
}

/// Says so where there is nothing to do harm with.
pub(crate) fn has_strace() -> bool {
    let there = Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok();
    assert!(there || std::env::var("CI").is_err(), "strace is not here");
    if !there {
        eprintln!("skipped: strace is not here");
    }
    there
}

impl Scene<'_> {
    /// Does every harm at each call of each kind.
    pub(crate) fn check(&self) {
        self.save();
        self.restore();
        let before = self.picture(by_content);
        self.stage.world.ok(self.arguments);
        assert!(self.picture(by_content) != before, "{} does something", self.what);
        let after = self.named();
        let mut met = 0;
        for harm in [Harm::Killed, Harm::Starved, Harm::Stopped] {
            met += CALLS.map(|call| self.check_calls(harm, call, &before, &after)).iter().sum::<usize>();
        }
        assert!(met > 3, "{}: harm was done {met} times", self.what);
    }

    /// Gives how often the harm was met.
    fn check_calls(&self, harm: Harm, call: &str, before: &Picture, after: &Picture) -> usize {
        for number in 1..MOST {
            let Some(how) = harm.at(call, number) else { return 0 };
            self.restore();
            let (run, is_met) = self.harmed(&how);
            if !is_met {
                return number - 1;
            }
            let place = format!("{}, {harm:?} at {call} {number}: {}", self.what, run.stderr);
            self.verify_told(harm, &run, before, after, &place);
            (self.meanwhile)(&place);
            // The next one who comes does the same again, finds nothing in his way, and leaves it done.
            let again = self.stage.world.run(self.arguments);
            assert!(again.code == 0 || (self.is_done)(&again), "{place}\nthen: {}", again.stderr);
            if !self.then.is_empty() {
                self.stage.world.run(self.then);
            }
            let found = self.named();
            assert!(found == *after, "{place}\nnot as it should be: {}", difference(&found, after));
            self.verify_clean(&place);
            (self.at_last)(&place);
        }
        panic!("{}: {call} is met more than {MOST} times", self.what)
    }

    /// Whoever is told that it was done finds it done; whoever is told that it was not finds all as it was.
    fn verify_told(&self, harm: Harm, run: &Run, before: &Picture, after: &Picture, place: &str) {
        let failed = match harm {
            Harm::Killed => return,
            Harm::Starved => 4,
            Harm::Stopped => 130,
        };
        // A signal may meet an interpreter that was asked something.
        let is_asked = harm == Harm::Stopped && run.code == 4 && run.stderr.contains("python3");
        assert!(run.code == 0 || run.code == failed || is_asked, "{place}: exit code {}", run.code);
        let is_done = self.named() == *after;
        // Where all was done and the answer could not be given, that is a failure, too.
        if is_done && (run.code == 0 || self.answers && harm == Harm::Starved) {
            return;
        }
        // What is decided is done; what of it could not be written whoever comes next writes.
        if run.code == 0 && self.stage.world.path("db/rotation.json").exists() {
            return;
        }
        let found = self.picture(by_content);
        let same = run.code != 0 && (found == *before || self.is_before(&found, before));
        assert!(same, "{place}: exit code {}, and {}", run.code, difference(&found, before));
    }

    /// The last good copy may be newer than before: what verified stays seen, whatever becomes of the rest.
    fn is_before(&self, found: &Picture, before: &Picture) -> bool {
        let kept = |path: &Path| path.extension().is_none_or(|ending| ending != "tuf");
        let is_there = |(path, bytes): (&PathBuf, &Vec<u8>)| !kept(path) || found.get(path) == Some(bytes);
        let is_new = |path: &PathBuf| kept(path) && !before.contains_key(path);
        let unnamed = |path: &PathBuf| !is_left_over(path) && self.leaves_unnamed;
        before.iter().all(is_there) && found.keys().filter(|path| is_new(path)).all(unnamed)
    }

    fn verify_clean(&self, place: &str) {
        let wheels = self.stage.world.cache().join("wheels");
        let wheels = if wheels.is_symlink() { Picture::new() } else { snapshot(&wheels) };
        // An uninstallation takes nothing from the cache, and so does not tidy there.
        let tidies = !self.arguments.contains(&"uninstall");
        let left = wheels.keys().find(|path| is_left_over(path) && tidies);
        assert!(left.is_none(), "{place}: {left:?} is left");
        // Who finds nothing to do looks nowhere else; who changes the environment does.
        if !self.at_the_end.is_empty() {
            self.stage.world.ok(self.at_the_end);
        }
        let beside = std::fs::read_dir(self.stage.world.folder()).unwrap().flatten();
        let beside = beside.map(|entry| PathBuf::from(entry.file_name())).find(|name| is_left_over(name));
        assert!(beside.is_none(), "{place}: {beside:?} is left");
        assert!(!self.stage.world.path("v/.packman").exists(), "{place}");
    }

    /// Runs the command with harm done by strace; gives how it ended, and whether the harm was met at all.
    fn harmed(&self, how: &str) -> (Run, bool) {
        let log = self.stage.world.home().with_file_name("strace.log");
        let text = log.to_string_lossy().into_owned();
        let traced = format!("trace={}", how.split(':').next().unwrap());
        let mut words = vec!["-f", "-o", &text, "-e", &traced, "--inject", how];
        // Only what is harmed is stopped at, and all else is as fast as ever; signals are lost so.
        if how.contains("error=") {
            words.push("--seccomp-bpf");
        }
        words.push(env!("CARGO_BIN_EXE_packman"));
        words.extend(self.arguments);
        let run = self.stage.world.other(Path::new("strace"), &words);
        let told = std::fs::read_to_string(log).unwrap();
        (
            run,
            told.contains("(INJECTED)")
                || told.contains("+++ killed by SIGKILL")
                || told.contains("--- SIGINT"),
        )
    }

    fn saved(&self, folder: &Path) -> PathBuf {
        let number = self.folders.iter().position(|one| one == folder).unwrap();
        self.stage.world.home().with_file_name(format!("saved-{number}"))
    }

    fn save(&self) {
        for folder in self.folders.iter().filter(|folder| folder.exists()) {
            copy(folder, &self.saved(folder));
        }
    }

    /// Makes everything what it was before the command.
    fn restore(&self) {
        for folder in self.forgotten.iter().chain(&self.folders) {
            let _ = std::fs::remove_dir_all(folder);
        }
        for folder in self.folders.iter().filter(|folder| self.saved(folder).exists()) {
            copy(&self.saved(folder), folder);
        }
    }

    /// As it has to be once it is done.
    fn named(&self) -> Picture {
        if self.signs { self.picture(by_name) } else { self.picture(by_content) }
    }

    fn picture(&self, shown: Shown) -> Picture {
        let mut all = Picture::new();
        for folder in &self.folders {
            for (path, bytes) in snapshot(folder).into_iter().filter(|(path, _)| is_told(path)) {
                let (path, bytes) = shown(&path, bytes);
                all.insert(folder.join(path), bytes);
            }
        }
        all
    }
}

/// A receipt says when; a lock is no state.
fn is_told(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !["packman.json", "RECORD", "lock", ".lock", ".packman-lock"].contains(&&*name)
}

/// What a state says is good; when it was verified differs from run to run. All else as it is.
fn by_content(path: &Path, bytes: Vec<u8>) -> (PathBuf, Vec<u8>) {
    if path.to_string_lossy().contains("projects/") {
        // When a release was first seen differs, too.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut parts = text.split("\"first-seen\"");
        let mut kept = parts.next().unwrap_or_default().to_owned();
        parts.for_each(|part| kept.push_str(part.splitn(3, '"').nth(2).unwrap_or_default()));
        return (path.to_owned(), kept.into_bytes());
    }
    if path.extension().is_some_and(|ending| ending == "tuf") {
        let memory = Memory::parse(&bytes).expect("what is there is whole");
        return (path.to_owned(), good_of(&memory).unwrap_or_default().concat());
    }
    (path.to_owned(), bytes)
}

/// The name of a file without versions and ids.
fn by_name(path: &Path, _: Vec<u8>) -> (PathBuf, Vec<u8>) {
    let text = path.to_string_lossy();
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    let name = match folder {
        "metadata" => name.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        _ if folder.starts_with("keys/") => name.split('-').next().unwrap_or(name),
        _ => name,
    };
    let folder = if folder.starts_with("keys/") { "keys" } else { folder };
    (Path::new(folder).join(name.trim_end_matches(".pem")), Vec::new())
}

fn is_left_over(path: &Path) -> bool {
    let text = path.to_string_lossy();
    [".packman-tmp-", ".unpacking-", "new-keys.json", "rotation.json"].iter().any(|part| text.contains(part))
}

/// The files in which two pictures differ.
pub(crate) fn difference(found: &Picture, wanted: &Picture) -> String {
    let differs = |path: &&PathBuf| found.get(*path) != wanted.get(*path);
    let mut paths: Vec<&PathBuf> = found.keys().chain(wanted.keys()).filter(differs).collect();
    paths.sort();
    paths.dedup();
    let how = |path: &PathBuf| match (found.contains_key(path), wanted.contains_key(path)) {
        (true, true) => "another",
        (true, false) => "too many",
        _ => "missing",
    };
    let lines: Vec<String> = paths.iter().map(|path| format!("{}: {}", how(path), path.display())).collect();
    lines.join("\n  ")
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}
