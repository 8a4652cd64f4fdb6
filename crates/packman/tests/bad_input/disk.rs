//! A disk that is full, and a home that cannot be written.
#![cfg(unix)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use testkit::packages::module;
use testkit::world::{copy_program, snapshot};

use crate::support::user::User;
use crate::support::{Stage, kept, said, sign_and_publish, without_progress};

/// In blocks of 512 bytes: nothing of ours is as short.
const NOTHING: u32 = 0;
/// Room for states and records, not for a wheel of a megabyte.
const LITTLE: u32 = 64;

/// Who owns nothing here.
const NOBODY: u32 = 65_534;

fn big() -> packman_wheel::make::WheelDraft {
    module("big", "1.0").file("big/data.bin", vec![7; 1 << 20])
}

#[test]
fn a_full_disk_adds_no_half_database() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let before = kept(&stage.world, None);
    let (url, number) = (stage.mirror.url(), stage.number());
    let add = ["trust", "add", &url, "--as", "web", "--number", &number];
    let run = stage.world.run_on_full_disk(NOTHING, &add);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `~/home/state/SHA256.tuf` cannot be written: the disk is full, or a quota is reached
      hint: make room, then try again: nothing was changed
    ");
    assert!(kept(&stage.world, None) == before);
    stage.world.ok(&add);
}

#[test]
fn a_full_disk_keeps_the_last_good_copy() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.release(&[module("flask", "3.1")]);
    let user = User::of(&stage.world);
    let before = user.kept();
    let run = stage.world.run_on_full_disk(NOTHING, &["trust", "refresh"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `~/home/state/SHA256.tuf` cannot be written: the disk is full, or a quota is reached
      hint: make room, then try again: nothing was changed
    ");
    assert!(user.kept() == before);
    assert_eq!(stage.world.ok(&["trust", "refresh"]).stdout.trim(), "web  newer");
}

#[test]
fn a_full_disk_leaves_the_environment_as_it_was() {
    let stage = Stage::trusted(vec![big(), module("small", "1.0").requires("big")]);
    let venv = stage.world.venv("v");
    let before = kept(&stage.world, Some(&venv));
    stage.world.clear_cache();
    let run = stage.world.run_on_full_disk(LITTLE, &["install", "--venv", "v", "small"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(without_progress(&said(&stage.world, &run)), @"
    plan for ./v
      + big    1.0  1.0 MiB  [#] web  signed, compared  nobody reviewed
      + small  1.0  973 B    [#] web  signed, compared  nobody reviewed
    2 packages, 1.0 MiB to fetch
    error: `~/cache/wheels` cannot be written to: the disk is full, or a quota is reached
      hint: make room, then try again: nothing half done was left
    ");
    assert!(kept(&stage.world, Some(&venv)) == before);
    let left = snapshot(&stage.world.cache());
    assert!(left.keys().all(|path| !path.to_string_lossy().contains("unpacking")), "{:?}", left.keys());
    let tmp = |folder: std::path::PathBuf| {
        snapshot(&folder).into_keys().any(|path| path.to_string_lossy().contains(".packman-tmp-"))
    };
    assert!(!tmp(stage.world.cache()) && !tmp(stage.world.home()), "nothing half is left");
    // What is in the cache now fits; what the environment needs of its own does not.
    stage.world.ok(&["install", "--venv", "v", "small"]);
    stage.world.ok(&["uninstall", "--venv", "v", "small", "big"]);
    let run = stage.world.run_on_full_disk(NOTHING, &["install", "--venv", "v", "small"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(kept(&stage.world, Some(&venv)) == before);
    stage.world.ok(&["install", "--venv", "v", "small"]);
    let there = kept(&stage.world, Some(&venv));
    let run = stage.world.run_on_full_disk(NOTHING, &["uninstall", "--venv", "v", "big"]);
    // Taking away needs little room; either it is all gone or it is all there.
    if run.code != 0 {
        assert!(kept(&stage.world, Some(&venv)) == there, "{}", run.stderr);
    }
}

#[test]
fn a_full_disk_writes_no_half_lock() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.world.venv("v");
    stage.world.ok(&["lock", "--venv", "v", "flask", "-o", "pylock.toml"]);
    let before = kept(&stage.world, None);
    let again = ["lock", "--venv", "v", "flask", "-o", "pylock.toml"];
    let run = stage.world.run_on_full_disk(NOTHING, &again);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `./pylock.toml` cannot be written: the disk is full, or a quota is reached
      hint: make room, then try again: nothing was changed
    ");
    assert!(kept(&stage.world, None) == before);
}

#[test]
fn a_full_disk_loses_nothing_of_a_database() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    stage.index.add(&big());
    let database = || {
        let mut files = snapshot(&stage.world.path("db"));
        files.retain(|path, _| !path.to_string_lossy().contains("lock"));
        files
    };
    let (before, published) = (database(), snapshot(&stage.world.path("site")));
    let run = stage.world.run_on_full_disk(NOTHING, &["curate", "add", "db", "big"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(without_progress(&said(&stage.world, &run)), @"
    error: `./db/blobs/SHA256/big-1.0-py3-none-any.whl.…` cannot be written: the disk is full, or a quota is reached
      hint: make room, then try again: nothing was changed
    ");
    assert!(database() == before);
    stage.world.ok(&["curate", "add", "db", "big"]);
    let before = database();
    let run = stage.world.run_on_full_disk(NOTHING, &["curate", "sign", "db", "--yes"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(database() == before);
    stage.world.ok(&["curate", "sign", "db", "--yes"]);
    let run = stage.world.run_on_full_disk(NOTHING, &["curate", "publish", "db", "--to", "site"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    let timestamp = Path::new("metadata/timestamp.json");
    assert!(
        snapshot(&stage.world.path("site"))[timestamp] == published[timestamp],
        "the old publication stands"
    );
    sign_and_publish(&stage.world);
    stage.trust();
}

/// Small files fit, and the wheel does not: some of it is there, and nothing leads to it yet.
#[test]
fn a_full_disk_tells_that_some_was_published() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    stage.index.add(&big());
    stage.world.ok(&["curate", "add", "db", "big", "--copy-files"]);
    stage.world.ok(&["curate", "sign", "db", "--yes"]);
    let timestamp = stage.world.path("site/metadata/timestamp.json");
    let before = std::fs::read(&timestamp).unwrap();
    let publish = ["curate", "publish", "db", "--to", "site"];
    let run = stage.world.run_on_full_disk(LITTLE, &publish);
    assert_eq!(run.code, 4, "{}", run.stderr);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `./site/blobs/SHA256/big-1.0-py3-none-any.wh…` cannot be written: the disk is full, or a quota is reached
      hint: make room, then run the same again: what was finished before is kept
    ");
    assert_eq!(std::fs::read(&timestamp).unwrap(), before);
    stage.world.ok(&publish);
    assert_ne!(std::fs::read(&timestamp).unwrap(), before);
}

/// Runs the command as somebody who may not write what is not his: root may write everything.
fn without_powers(stage: &Stage, arguments: &[&str]) -> testkit::world::Run {
    let folder = stage.world.folder();
    let above = folder.parent().unwrap();
    if std::fs::metadata(above).unwrap().uid() != 0 {
        return stage.world.run(arguments);
    }
    let program = above.join("packman");
    if !program.exists() {
        copy_program(Path::new(env!("CARGO_BIN_EXE_packman")), &program);
        std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = stage.world.other_command(&program);
    std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
    std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
    testkit::world::finish(command.args(arguments))
}

/// Takes the right to write away from everything at home, or gives it back.
fn set_modes(home: &Path, folders: u32) {
    let state = home.join("state");
    for folder in [home, &state] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(folders)).unwrap();
    }
    for path in snapshot(home).into_keys() {
        std::fs::set_permissions(home.join(path), std::fs::Permissions::from_mode(folders & 0o666)).unwrap();
    }
}

#[test]
fn a_home_that_cannot_be_written_can_be_read() {
    let mut stage = Stage::published(vec![module("flask", "3.0")]);
    let number = stage.number();
    // The scapegoat's keys are another home's.
    stage.world.use_fresh_user("user");
    stage.trust_with(&number);
    let home = stage.world.home();
    set_modes(&home, 0o555);
    let before = snapshot(&home);
    let listed = without_powers(&stage, &["trust", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let info = without_powers(&stage, &["info", "flask"]);
    assert_eq!(info.code, 0, "nothing is newer, so nothing has to be written: {}", info.stderr);
    let refused = without_powers(&stage, &["trust", "scope", "web", "flask"]);
    assert_eq!(refused.code, 4);
    insta::assert_snapshot!(said(&stage.world, &refused), @"
    error: `~/user-home/.lock` cannot be locked: permission denied
      hint: set PACKMAN_HOME to a folder that you can write
    ");
    assert!(snapshot(&home) == before);
    set_modes(&home, 0o755);
}

/// As in an image that was made with its databases: what verified is used, and what was taken back is honoured.
#[test]
fn what_is_newer_and_cannot_be_kept_is_used_and_told() {
    let mut stage = Stage::published(vec![module("flask", "3.0")]);
    let number = stage.number();
    let scapegoat = stage.world.home();
    stage.world.use_fresh_user("user");
    stage.trust_with(&number);
    let home = stage.world.home();
    stage.world.set("PACKMAN_HOME", scapegoat);
    stage.release(&[module("flask", "3.1")]);
    stage.world.set("PACKMAN_HOME", &home);
    set_modes(&home, 0o555);
    let before = snapshot(&home);
    let info = without_powers(&stage, &["info", "flask"]);
    assert_eq!(info.code, 0, "{}", info.stderr);
    assert!(info.stdout.contains("3.1"), "{}", info.stdout);
    insta::assert_snapshot!(said(&stage.world, &info).lines().next().unwrap_or_default(), @"warning: what is newer of `web` is used and cannot be remembered: an older copy that is current would be believed next time: `~/user-home/.lock` cannot be locked: permission denied");
    let plan = without_powers(&stage, &["install", "--venv", "v", "--dry-run", "flask"]);
    assert!(plan.stderr.contains("what is newer of `web` is used"), "{}", plan.stderr);
    // Who is asked to remember, and cannot, has failed.
    let refused = without_powers(&stage, &["trust", "refresh"]);
    assert_eq!(refused.code, 4, "{}", refused.stdout);
    insta::assert_snapshot!(said(&stage.world, &refused), @"
    error: `~/user-home/.lock` cannot be locked: permission denied
      hint: set PACKMAN_HOME to a folder that you can write
    ");
    assert!(snapshot(&home) == before);
    set_modes(&home, 0o755);
}

/// Who may not write an environment is told which, and nothing of it is touched; it can be looked at.
#[test]
fn an_environment_of_another_user_is_left_as_it_is() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0")]);
    // The machine's own Python, where there is one: this user's may lie where nobody else looks.
    let machine = Path::new("/usr/bin/python3");
    let has_own =
        machine.exists() && stage.world.other(machine, &["-m", "venv", "--without-pip", "v"]).code == 0;
    let venv = if has_own { stage.world.path("v") } else { stage.world.venv("v") };
    if std::fs::metadata(stage.world.folder()).unwrap().uid() != 0 {
        eprintln!("skipped: who runs this test is nobody who could be another");
        return;
    }
    stage.world.ok(&["install", "--venv", "v", "click"]);
    let program = venv.join("bin/python");
    let mut reached = stage.world.other_command(&program);
    std::os::unix::process::CommandExt::uid(&mut reached, NOBODY);
    std::fs::set_permissions(stage.world.folder().parent().unwrap(), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    if reached.arg("--version").output().is_err() {
        eprintln!("skipped: another user cannot run the Python of this one");
        return;
    }
    let mut nobody = Stage { world: stage.world, index: stage.index, mirror: stage.mirror };
    nobody.world.use_fresh_user("nobody");
    for folder in [nobody.world.home(), nobody.world.cache()] {
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let number = {
        let root = nobody.world.home().with_file_name("home");
        let mine = nobody.world.home();
        nobody.world.set("PACKMAN_HOME", root);
        let number = nobody.number();
        nobody.world.set("PACKMAN_HOME", mine);
        number
    };
    let url = nobody.mirror.url();
    let added = without_powers(&nobody, &["trust", "add", &url, "--as", "web", "--number", &number]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let before = snapshot(&venv);
    for command in [&["install", "--venv", "v", "flask"][..], &["uninstall", "--venv", "v", "click"]] {
        let run = without_powers(&nobody, command);
        assert_eq!(run.code, 4, "{command:?}: {}", run.stderr);
        let said = said(&nobody.world, &run);
        let told = "error: `./v` cannot be changed: permission denied; it belongs to `root`, and nothing was fetched or changed";
        assert!(said.lines().any(|line| line == told), "{command:?}: {said}");
        assert!(snapshot(&venv) == before, "{command:?}");
    }
    let listed = without_powers(&nobody, &["list", "--venv", "v"]);
    assert!(listed.stdout.contains("click"), "{}", listed.stderr);
    // A change that was cut off halfway: who may not put it right goes by nothing of it.
    std::fs::create_dir(venv.join(".packman")).unwrap();
    let site = venv.join("lib").read_dir().unwrap().next().unwrap().unwrap().file_name();
    let metadata = format!("lib/{}/site-packages/click-8.0.dist-info/METADATA", site.to_str().unwrap());
    let journal = format!(r#"{{"format":"packman-journal-1","out":["{metadata}"],"in":[],"emptied":[]}}"#);
    std::fs::write(venv.join(".packman/journal"), journal).unwrap();
    std::fs::create_dir(venv.join(".packman/old")).unwrap();
    std::fs::rename(venv.join(&metadata), venv.join(".packman/old/0")).unwrap();
    for command in ["list", "freeze"] {
        let run = without_powers(&nobody, &[command, "--venv", "v"]);
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{command}: {}", run.stderr);
        let said = said(&nobody.world, &run);
        let told =
            "error: `./v` belongs to `root` and was left in the middle of a change, and what is in it is not";
        assert!(said.starts_with(told), "{command}: {said}");
    }
    let frozen = nobody.world.ok(&["freeze", "--venv", "v"]);
    assert!(frozen.stdout.contains("click==8.0"), "its owner's next command put it back: {}", frozen.stderr);
}

/// The cache may lie on another disk than the environment, and be full or read-only alone.
#[cfg(target_os = "linux")]
#[test]
fn a_cache_that_takes_no_wheels_stops_no_installation() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.world.venv("v");
    let wheels = stage.world.cache().join("wheels");
    std::fs::create_dir_all(stage.world.cache()).unwrap();
    let _ = std::fs::remove_dir_all(&wheels);
    // Nobody makes a folder there, root neither.
    std::os::unix::fs::symlink("/sys", &wheels).unwrap();
    let run = stage.world.ok(&["install", "--venv", "v", "flask"]);
    let warnings: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 1, "{}", run.stderr);
    assert!(
        warnings[0].starts_with("warning: wheels are unpacked beside the environment: `"),
        "{}",
        run.stderr
    );
    stage.world.ok(&["audit", "--venv", "v"]);
    let left = std::fs::read_dir(stage.world.folder()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        left.filter(|name| name.starts_with(".packman-tmp-")).count(),
        0,
        "the folder beside it is gone"
    );
}
