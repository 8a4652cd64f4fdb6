//! `packman cache`, `--link-mode`, and what an edit through a hard link does.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{Stage, plain};

fn stage() -> Stage {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click"), module("click", "8.0")]);
    for venv in ["v", "w"] {
        stage.world.venv(venv);
    }
    stage.world.ok(&["install", "--venv", "v", "--link-mode", "hardlink", "flask"]);
    stage
}

/// The answer of a command, as lines.
fn answer(world: &World, arguments: &[&str]) -> String {
    plain(world, &world.ok(arguments).stdout)
}

/// A module in an environment of that name.
fn module_in(world: &World, venv: &str, module: &str) -> PathBuf {
    let lib = world.path(venv).join("lib");
    let python = fs::read_dir(lib).unwrap().next().unwrap().unwrap().path();
    python.join("site-packages").join(module).join("__init__.py")
}

fn wheels(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.cache().join("wheels")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_get_into_an_environment_as_the_user_wants() {
    let mut stage = stage();
    let linked =
        |world: &World, venv: &str| fs::metadata(module_in(world, venv, "flask")).unwrap().nlink() > 1;
    assert!(linked(&stage.world, "v"));
    stage.world.ok(&["install", "--venv", "w", "--link-mode", "copy", "flask"]);
    assert!(!linked(&stage.world, "w"));
    stage.world.set("PACKMAN_LINK_MODE", "copy");
    stage.world.venv("x");
    stage.world.ok(&["install", "--venv", "x", "flask"]);
    assert!(!linked(&stage.world, "x"));
    stage.world.set("PACKMAN_LINK_MODE", "");
    stage.world.venv("y");
    stage.world.ok(&["install", "--venv", "y", "--link-mode", "hardlink", "flask"]);
    stage.world.venv("z");
    stage.world.ok(&["install", "--venv", "z", "flask"]);
    assert!(linked(&stage.world, "y"));
}

/// What is typed goes before it, and what makes no sense is said by name, whatever there is to do.
#[test]
fn a_link_mode_that_is_none_is_told_by_the_variable_that_has_it() {
    let mut stage = stage();
    stage.world.set("PACKMAN_LINK_MODE", "symlink");
    for command in [&["install", "flask"][..], &["upgrade"], &["sync", "pylock.toml"]] {
        let run = stage.world.ends(2, "usage", &[command, &["--venv", "v"]].concat());
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.stderr, @"
            error: the variable PACKMAN_LINK_MODE is `symlink`, wanted `hardlink`, `clone` or `copy`
              hint: `--link-mode HOW` goes before it; empty or not set, the best that the file system can is taken
            ");
        }
    }
    stage.world.ok(&["install", "--venv", "w", "--link-mode", "copy", "flask"]);
    assert_eq!(stage.world.run(&["list", "--venv", "w"]).code, 0);
}

#[test]
fn a_way_to_link_that_the_file_system_lacks_is_told() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let mut stage = stage();
    if fs::metadata(&other).unwrap().dev() == fs::metadata(stage.world.folder()).unwrap().dev() {
        return;
    }
    stage.world.set("PACKMAN_CACHE_DIR", other.path().as_os_str());
    let words = |mode: &[&str]| {
        let run = stage.world.ok(&[&["install", "--venv", "w", "flask"], mode].concat());
        stage.world.ok(&["uninstall", "--venv", "w", "flask"]);
        let said = plain(&stage.world, &run.stderr);
        said.lines().filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let told = |way| {
        vec![format!(
            "warning: files were copied into `./w`: the file system lets nobody make a {way} there of what the cache has"
        )]
    };
    assert_eq!(words(&["--link-mode", "hardlink"]), told("hard link"));
    assert_eq!(words(&["--link-mode", "clone"]), told("clone"));
    assert_eq!(words(&["--link-mode", "copy"]), Vec::<String>::new());
    assert_eq!(words(&[]), Vec::<String>::new());
}

#[test]
fn what_is_edited_in_one_environment_never_reaches_another() {
    let stage = stage();
    let (world, edited) = (&stage.world, module_in(&stage.world, "v", "flask"));
    let honest = fs::read(&edited).unwrap();
    fs::write(&edited, "import evil\n").unwrap();
    world.ok(&["install", "--venv", "w", "--link-mode", "hardlink", "flask"]);
    assert_eq!(fs::read(module_in(world, "w", "flask")).unwrap(), honest);
    assert_eq!(fs::read(&edited).unwrap(), b"import evil\n");
    // The same size, and the old time of writing: an install believes that, and `verify` does not.
    let cached = module_in(world, "w", "flask");
    let old = fs::metadata(&cached).unwrap().modified().unwrap();
    fs::write(&cached, vec![b'#'; honest.len()]).unwrap();
    fs::File::options().write(true).open(&cached).unwrap().set_modified(old).unwrap();
    insta::assert_snapshot!(answer(world, &["cache", "verify"]), @"
    read 2 unpacked wheels and 2 downloaded files, every byte
      flask-3.0-py3-none-any.whl: not as it was unpacked, dropped
    what was dropped is fetched again when it is needed; no environment was touched
    ");
    insta::assert_snapshot!(answer(world, &["cache", "verify"]), @"
    read 1 unpacked wheel and 2 downloaded files, every byte
    all of it is as it was kept
    ");
    world.venv("x");
    world.ok(&["install", "--venv", "x", "flask"]);
    assert_eq!(fs::read(module_in(world, "x", "flask")).unwrap(), honest);
}

#[test]
fn a_mode_that_was_changed_in_one_environment_never_reaches_another() {
    let stage = stage();
    let world = &stage.world;
    let mode = |venv: &str| fs::metadata(module_in(world, venv, "flask")).unwrap().mode() & 0o7777;
    let chmod = |venv: &str, mode: u32| {
        fs::set_permissions(module_in(world, venv, "flask"), fs::Permissions::from_mode(mode)).unwrap();
    };
    let honest = mode("v");
    chmod("v", 0o600);
    let told = |venv: &str| {
        let done = world.ok(&["install", "--venv", venv, "--link-mode", "hardlink", "flask"]);
        done.stderr.lines().filter(|line| line.contains("the cache's copy of")).map(str::to_owned).collect()
    };
    let said: Vec<String> = told("w");
    let changed = "the cache's copy of `flask-3.0-py3-none-any.whl` was changed since it was unpacked";
    assert_eq!(said, [format!("warning: {changed}; it is made anew")]);
    assert_eq!((mode("v"), mode("w")), (0o600, honest));
    world.venv("x");
    assert_eq!(told("x"), Vec::<String>::new());
    world.venv("y");
    chmod("w", 0o640);
    let offline = world.run(&["install", "--venv", "y", "--offline", "flask"]);
    let said = plain(world, &offline.stderr);
    assert_eq!(offline.code, 4, "{said}");
    assert!(said.contains(&format!("warning: {changed}; it is not used\n")), "{said}");
    assert!(said.contains(" B to fetch\n") && !said.contains("nothing to fetch"), "{said}");
    chmod("w", 0o666);
    let verified = answer(world, &["cache", "verify"]);
    assert!(verified.contains("flask-3.0-py3-none-any.whl: not as it was unpacked, dropped"), "{verified}");
    // One that another version of PackMan wrote in its own way is nobody's deed.
    world.ok(&["install", "--venv", "y", "flask"]);
    for wheel in wheels(world) {
        fs::write(world.cache().join("wheels").join(wheel).join("manifest"), "packman-unpacked-0\n").unwrap();
    }
    world.venv("z");
    assert_eq!(told("z"), Vec::<String>::new());
}

#[test]
fn what_was_not_used_for_long_can_go() {
    let stage = stage();
    let world = &stage.world;
    let before = wheels(world);
    insta::assert_snapshot!(answer(world, &["cache", "prune"]), @"removed 0 unpacked wheels and 0 other files, 0 B");
    let dry = answer(world, &["cache", "prune", "--unused-for", "0", "--dry-run"]);
    assert!(
        dry.contains("  click-8.0-py3-none-any.whl\n  flask-3.0-py3-none-any.whl\nwould remove 2"),
        "{dry}"
    );
    assert_eq!(wheels(world), before);
    // All is linked, until an environment is gone.
    assert!(answer(world, &["cache", "prune", "--not-linked"]).starts_with("removed 0 "));
    world.ok(&["uninstall", "--venv", "v", "flask"]);
    let pruned = answer(world, &["cache", "prune", "--not-linked"]);
    assert!(pruned.starts_with("  flask-3.0-py3-none-any.whl\nremoved 1 unpacked wheel and 0 "), "{pruned}");
    // A use today is a use: what was unpacked long ago and linked just now stays.
    let manifest = world.cache().join("wheels").join(&wheels(world)[0]).join("manifest");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&manifest).unwrap().set_modified(long_ago).unwrap();
    world.ok(&["install", "--venv", "w", "click"]);
    assert!(answer(world, &["cache", "prune"]).starts_with("removed 0 "));
    fs::File::options().write(true).open(&manifest).unwrap().set_modified(long_ago).unwrap();
    assert!(answer(world, &["cache", "prune"]).starts_with("  click-8.0-py3-none-any.whl\nremoved 1 "));
    assert!(wheels(world).is_empty());
    // Environments have their own names for the files.
    world.python(&world.path("w"), "import click");
    world.ok(&["install", "--venv", "v", "flask"]);
}

#[test]
fn what_a_killed_run_left_is_swept_once_nobody_is_at_it() {
    let stage = stage();
    let world = &stage.world;
    let left = world.cache().join("wheels/.unpacking-killed");
    let leave = || {
        fs::create_dir(&left).unwrap();
        fs::write(left.join("0"), "half").unwrap();
    };
    leave();
    // Somebody else who uses the cache might be the one who is unpacking there.
    let lock = fs::File::open(world.cache().join("lock")).unwrap();
    lock.lock_shared().unwrap();
    world.ok(&["install", "--venv", "w", "click"]);
    assert!(left.exists());
    drop(lock);
    world.ok(&["install", "--venv", "w", "flask"]);
    assert!(!left.exists());
    leave();
    let pruned = answer(world, &["cache", "prune"]);
    assert!(pruned.ends_with("removed what 1 interrupted run had left\n"), "{pruned}");
    assert!(!left.exists());
}

#[test]
fn the_size_of_the_cache_is_told_by_kind() {
    let stage = stage();
    let size = answer(&stage.world, &["cache", "size"]);
    let row = |what: &str| {
        let line =
            size.lines().find_map(|line| line.trim().strip_prefix(what)).unwrap_or_else(|| panic!("{size}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("unpacked wheels")[0], "2", "{size}");
    assert_eq!(row("unfinished downloads"), ["0", "0", "B"], "{size}");
    assert!(size.starts_with("cache `~/cache`\n") && row("in all").len() == 2, "{size}");
    let empty = crate::support::bare_world();
    assert!(answer(&empty, &["cache", "size"]).ends_with("  0 B\n"));
    answer(&empty, &["cache", "verify"]);
    assert!(snapshot(&empty.cache()).is_empty(), "looking makes nothing");
    answer(&empty, &["cache", "prune"]);
}
