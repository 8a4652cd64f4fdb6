//! Environments, and the home and cache of those who change them.

use std::path::Path;

use testkit::packages::module;
use testkit::world::Run;

use crate::harm::{Scene, has_strace, scene};
use crate::support::Stage;

/// A user with an environment in which `flask` 3.0 is, of which there is a 3.1 by now.
fn stage() -> Stage {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click"), module("click", "8.0")]);
    stage.world.venv("v");
    stage.release(&[module("flask", "3.1").requires("click")]);
    stage.world.ok(&["install", "--venv", "v", "flask==3.0"]);
    stage
}

/// Of a command that changes that environment.
fn changing<'s>(stage: &'s Stage, what: &'s str, arguments: &'s [&'s str]) -> Scene<'s> {
    scene(stage, what, arguments, &[stage.world.path("v"), stage.world.home()])
}

#[test]
fn an_install_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        stage.world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
        let install = ["install", "--quiet", "--venv", "v", "flask"];
        let wheels = stage.world.cache().join("wheels");
        Scene { forgotten: vec![wheels], ..changing(&stage, "a cold install", &install) }.check();
    }
}

#[test]
fn an_uninstall_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let uninstall = ["uninstall", "--quiet", "--venv", "v", "flask"];
        // What was uninstalled before the harm is not there to be uninstalled.
        Scene { is_done: |run| run.code == 1, ..changing(&stage, "an uninstall", &uninstall) }.check();
    }
}

#[test]
fn an_upgrade_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        changing(&stage, "an upgrade", &["upgrade", "--quiet", "--yes", "--venv", "v", "flask"]).check();
    }
}

/// It installs, replaces and removes.
#[test]
fn a_sync_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        stage.release(&[module("jinja2", "3.0")]);
        stage.world.ok(&["lock", "--venv", "v", "flask==3.1", "jinja2", "-o", "pylock.toml"]);
        stage.world.ok(&["install", "--venv", "v", "click"]);
        stage.world.ok(&["sync", "--venv", "v", "--yes", "pylock.toml"]);
        stage.world.ok(&["uninstall", "--venv", "v", "jinja2"]);
        stage.world.ok(&["install", "--venv", "v", "--yes", "flask==3.0"]);
        let sync = ["sync", "--quiet", "--yes", "--venv", "v", "pylock.toml"];
        changing(&stage, "a sync", &sync).check();
    }
}

/// What is newer and verified is stored whole or not at all.
#[test]
fn a_refresh_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        stage.release(&[module("flask", "3.2")]);
        let cache = stage.world.cache();
        let refresh = ["trust", "refresh", "--quiet"];
        let scene = scene(&stage, "a refresh", &refresh, &[stage.world.home()]);
        Scene { forgotten: vec![cache], answers: true, ..scene }.check();
    }
}

/// A home and a cache that are not there yet.
#[test]
fn a_first_use_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let mut stage = Stage::published(vec![module("flask", "3.0")]);
        stage.world.venv("v");
        let number = stage.number();
        stage.world.use_fresh_user("user");
        let url = stage.mirror.url();
        let add = ["trust", "add", &url, "--as", "web", "--number", &number, "--quiet"];
        let (home, cache) = (stage.world.home(), stage.world.cache());
        let scene = scene(&stage, "a first database", &add, &[home]);
        // Who was added already is told so.
        let is_done = |run: &Run| run.code == 1 && run.stderr.contains("already");
        Scene { forgotten: vec![cache], answers: true, is_done, ..scene }.check();
    }
}

#[test]
fn a_first_install_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let mut stage = Stage::published(vec![module("flask", "3.0")]);
        stage.world.venv("v");
        let number = stage.number();
        stage.world.use_fresh_user("user");
        let url = stage.mirror.url();
        stage.world.ok(&["trust", "add", &url, "--as", "web", "--number", &number, "--quiet"]);
        let cache = stage.world.cache();
        let install = ["install", "--quiet", "--venv", "v", "flask"];
        Scene { forgotten: vec![cache], ..changing(&stage, "a first install", &install) }.check();
    }
}

/// Where the cache takes no wheels they are unpacked beside the environment, in a folder that goes whatever happens.
#[test]
fn an_install_beside_the_cache_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let wheels = stage.world.cache().join("wheels");
        std::fs::remove_dir_all(&wheels).unwrap();
        // Nobody makes a folder there, root neither.
        std::os::unix::fs::symlink("/sys", &wheels).unwrap();
        let upgrade = ["upgrade", "--quiet", "--yes", "--venv", "v", "flask"];
        let scene = changing(&stage, "an install beside the cache", &upgrade);
        let uninstall = ["uninstall", "--quiet", "--venv", "v", "click"];
        Scene { at_the_end: &uninstall, ..scene }.check();
    }
}

/// Files are copied from a cache that lies on another file system.
#[test]
fn an_install_from_another_file_system_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(cache) = tempfile::tempdir_in("/dev/shm") else { return };
    let mut stage = stage();
    let device = |path: &Path| std::fs::metadata(path).unwrap().dev();
    if !has_strace() || device(cache.path()) == device(&stage.world.folder()) {
        eprintln!("skipped: there is no other file system");
        return;
    }
    stage.world.set("PACKMAN_CACHE_DIR", cache.path());
    stage.world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
    stage.world.ok(&["install", "--venv", "v", "flask"]);
    stage.world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
    let install = ["install", "--quiet", "--venv", "v", "flask"];
    changing(&stage, "an install from another file system", &install).check();
    stage.world.ok(&["audit", "--venv", "v"]);
}
