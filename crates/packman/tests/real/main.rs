//! Popular packages from the configured index: curated, signed, published, installed, used, taken out again.
//!
//! The one suite that leaves this machine. `cargo xtask real` runs it; without an index it fails in CI, and is skipped
//! by name elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod names;
mod trees;
mod twin;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use names::{COMMANDS, OF_OLD, PARITY, POPULAR};
use trees::{Stamp, listing};
use twin::Twin;

use packman_strict::json::Value;
use testkit::world::World;

#[test]
fn popular_packages_go_the_whole_road() {
    let begun = Instant::now();
    // For whoever wonders where the minutes go; nothing is asserted of them.
    let said = |what: &str| eprintln!("real: {:>4} s: {what}", begun.elapsed().as_secs());
    let world = World::inheriting(env!("CARGO_BIN_EXE_packman"));
    let names: Vec<&str> = POPULAR.iter().map(|(name, _)| *name).collect();
    world.ok(&["curate", "init", "db", "--title", "Popular", "--maintainer", "A test", "--no-passphrase"]);
    // With the files themselves: uv is to install exactly these.
    let add =
        ["curate", "add", "db", "--with-dependencies", "--this-platform-only", "--copy-files", "--json"];
    let added = world.run(&[&add, &names[..]].concat());
    if let ("no-index" | "network", false) = (added.error_code().as_str(), std::env::var("CI").is_ok()) {
        eprintln!("skipped: popular_packages_go_the_whole_road: no package index can be reached from here");
        return;
    }
    assert_eq!(added.code, 0, "{}{}", added.stdout, added.stderr);
    said("curated");
    world.ok(&["curate", "sign", "db", "--yes"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", "site", "--as", "popular", "--number", number.trim()]);

    said("signed, published and trusted");
    let venv = world.venv("venv");
    let before = listing(&venv);
    world.ok(&[&["install", "--venv", "venv"], &names[..]].concat());
    said("installed");
    assert_all_import(&world, &venv);
    for command in COMMANDS {
        start(&venv, command);
    }
    start(&venv, &["python", "-m", "pip", "check"]);
    said("imported and started");
    let requested: Vec<String> = trees::requested(&venv).into_iter().collect();
    assert_eq!(requested, names);
    let twin = Twin::of(&world.path("site"));
    assert_uv_installs_the_same(&world, &twin, &venv, &names);
    said("compared with uv, file by file");
    assert_audits_find_nothing(&world, &twin, &names);
    said("audited, also as pip and uv of years ago install");
    assert_uv_chooses_the_same(&world, &twin);
    said("chosen as uv chooses");
    assert_second_install_changes_nothing(&world, &venv, &names);
    assert_uninstall_leaves_what_was_there(&world, &venv, &before);
    said("taken out again");
}

/// Starts a command of the environment, as a user would.
fn start(venv: &Path, command: &[&str]) {
    let (program, arguments) = command.split_first().expect("a command has a name");
    let output =
        Command::new(venv.join("bin").join(program)).args(arguments).output().expect("it was installed");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Each in a process of its own, forked from one: some of these do not bear each other's company. Two at a time.
fn assert_all_import(world: &World, venv: &Path) {
    let modules: Vec<&str> = POPULAR.iter().map(|(_, module)| *module).collect();
    let script = format!(
        "import importlib, os, sys\nnames = {modules:?}\nhalf = os.fork()\nfailed = []\n\
         for name in names[(half == 0)::2]:\n    child = os.fork()\n    if child == 0:\n        \
         importlib.import_module(name)\n        os._exit(0)\n    if os.waitpid(child, 0)[1]: failed.append(name)\n\
         if half and os.waitpid(half, 0)[1]: failed.append('one of the other half')\n\
         sys.exit(' '.join(failed) or 0)"
    );
    let run = world.python(venv, &script);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// uv, given the same files, makes the same tree.
fn assert_uv_installs_the_same(world: &World, twin: &Twin, venv: &Path, names: &[&str]) {
    let theirs = world.venv("theirs");
    twin.install(world, &theirs, names);
    let differences = trees::differences(venv, &theirs);
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// uv, given the same releases, chooses the same ones, and pip finds nothing amiss.
fn assert_uv_chooses_the_same(world: &World, twin: &Twin) {
    for (index, names) in PARITY.iter().enumerate() {
        let (ours, theirs) = (format!("ours-{index}"), world.venv(&format!("theirs-{index}")));
        let venv = world.venv(&ours);
        world.ok(&[&["install", "--offline", "--venv", &ours], *names].concat());
        twin.install(world, &theirs, names);
        let (installed, expected) = (twin::installed(world, &venv), twin::installed(world, &theirs));
        assert_eq!(installed, expected, "{names:?}");
        let checked = testkit::tools::pip(&venv, &["check"]);
        assert_eq!(checked.code, 0, "{names:?}\n{}{}", checked.stdout, checked.stderr);
    }
}

/// What was installed from what was vouched for is as it was vouched for, whichever tool installed it, and its bytecode is
/// what its modules compile to.
fn assert_audits_find_nothing(world: &World, twin: &Twin, names: &[&str]) {
    let old = names.iter().copied().filter(|name| OF_OLD.contains(name)).collect::<Vec<_>>();
    // All of them with `PACKMAN_TEST_AUDIT_ALL`: minutes more.
    let all = std::env::var_os("PACKMAN_TEST_AUDIT_ALL").is_some();
    let some = if all { names } else { &old };
    let venv = |name: &str| world.venv(name);
    twin.install_with_pip(world, &testkit::tools::python(), &venv("of-pip"), some);
    twin.install_with_pip(world, &testkit::tools::old_program("python"), &venv("of-old-pip"), some);
    twin.install_with(world, &testkit::tools::old_program("uv"), &venv("of-old-uv"), some);
    for venv in ["venv", "theirs", "of-pip", "of-old-pip", "of-old-uv"] {
        let begun = Instant::now();
        let run = world.ok(&["audit", "--venv", venv, "--json"]);
        let json = run.json();
        let number = |name: &str| json.as_object().and_then(|answer| answer.get(name)?.as_u64()).unwrap();
        eprintln!(
            "real: audit of {venv}: {} s, {} files, {} of bytecode, {} of it not compared",
            begun.elapsed().as_secs(),
            number("vouched"),
            number("bytecode-compared"),
            number("bytecode-not-compared")
        );
        let not_covered = json.as_object().and_then(|answer| answer.get("not-covered")?.as_array()).unwrap();
        assert!(not_covered.is_empty(), "{}", run.stdout);
    }
}

fn assert_second_install_changes_nothing(world: &World, venv: &Path, names: &[&str]) {
    let before = without_bytecode(listing(venv));
    world.ok(&[&["install", "--offline", "--venv", "venv"], names].concat());
    assert!(without_bytecode(listing(venv)) == before, "a second install changed something");
}

fn assert_uninstall_leaves_what_was_there(world: &World, venv: &Path, before: &BTreeMap<PathBuf, Stamp>) {
    let listed = world.ok(&["list", "--venv", "venv", "--json"]);
    let json = listed.json();
    let packages =
        json.as_object().and_then(|object| object.get("packages")).and_then(Value::as_array).unwrap();
    let installed: Vec<&str> =
        packages.iter().filter_map(|package| package.as_object()?.get("name")?.as_str()).collect();
    assert!(installed.len() >= POPULAR.len(), "{installed:?}");
    world.ok(&[&["uninstall", "--venv", "venv"], &installed[..]].concat());
    let after = listing(venv);
    let left: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    assert!(
        before.keys().all(|path| after.contains_key(path)),
        "something of the environment itself is gone"
    );
}

fn without_bytecode(mut files: BTreeMap<PathBuf, Stamp>) -> BTreeMap<PathBuf, Stamp> {
    files.retain(|path, _| path.extension().is_none_or(|end| end != "pyc"));
    files
}
