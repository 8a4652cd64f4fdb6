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

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use packman_strict::json::Value;
use testkit::world::{World, snapshot};

/// What is curated and installed in one go, each with a module to import.
const POPULAR: [(&str, &str); 32] = [
    ("argcomplete", "argcomplete"),
    ("attrs", "attrs"),
    ("black", "black"),
    ("boto3", "boto3"),
    ("certifi", "certifi"),
    ("click", "click"),
    ("cryptography", "cryptography.fernet"),
    ("django", "django"),
    ("fastapi", "fastapi"),
    ("flask", "flask"),
    ("httpx", "httpx"),
    ("jinja2", "jinja2"),
    ("jsonschema", "jsonschema"),
    ("lxml", "lxml.etree"),
    ("numpy", "numpy"),
    ("packaging", "packaging.version"),
    ("pandas", "pandas"),
    ("pillow", "PIL.Image"),
    ("pip", "pip"),
    ("pip-tools", "piptools"),
    ("psutil", "psutil"),
    ("pydantic", "pydantic"),
    ("pytest", "pytest"),
    ("pyyaml", "yaml"),
    ("requests", "requests"),
    ("rich", "rich"),
    ("setuptools", "setuptools"),
    ("sqlalchemy", "sqlalchemy"),
    ("tqdm", "tqdm"),
    ("urllib3", "urllib3"),
    ("uvicorn", "uvicorn"),
    ("wheel", "wheel"),
];

/// Commands that must start from where they were installed.
const COMMANDS: [&[&str]; 6] = [
    &["black", "--version"],
    &["flask", "--version"],
    &["pip", "--version"],
    &["pip-compile", "--version"],
    &["register-python-argcomplete", "--help"],
    &["uvicorn", "--version"],
];

#[test]
fn popular_packages_go_the_whole_road() {
    let world = World::inheriting(env!("CARGO_BIN_EXE_packman"));
    let names: Vec<&str> = POPULAR.iter().map(|(name, _)| *name).collect();
    world.ok(&["curate", "init", "db", "--title", "Popular", "--maintainer", "A test", "--no-passphrase"]);
    let added = world.run(&[&["curate", "add", "db", "--with-dependencies", "--json"], &names[..]].concat());
    if let ("no-index" | "network", false) = (added.error_code().as_str(), std::env::var("CI").is_ok()) {
        eprintln!("skipped: popular_packages_go_the_whole_road: no package index can be reached from here");
        return;
    }
    assert_eq!(added.code, 0, "{}{}", added.stdout, added.stderr);
    world.ok(&["curate", "sign", "db", "--yes"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", "site", "--as", "popular", "--number", number.trim()]);

    let venv = world.venv("venv");
    let before = snapshot(&venv);
    world.ok(&[&["install", "--venv", "venv"], &names[..]].concat());
    for (name, module) in POPULAR {
        let run = world.python(&venv, &format!("import {module}"));
        assert_eq!(run.code, 0, "{name}: import {module}\n{}", run.stderr);
    }
    for command in COMMANDS {
        start(&venv, command);
    }
    start(&venv, &["python", "-m", "pip", "check"]);
    assert_second_install_changes_nothing(&world, &venv, &names);
    assert_uninstall_leaves_what_was_there(&world, &venv, &before);
}

/// Starts a command of the environment, as a user would.
fn start(venv: &Path, command: &[&str]) {
    let (program, arguments) = command.split_first().expect("a command has a name");
    let output =
        Command::new(venv.join("bin").join(program)).args(arguments).output().expect("it was installed");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn assert_second_install_changes_nothing(world: &World, venv: &Path, names: &[&str]) {
    let before = without_bytecode(snapshot(venv));
    world.ok(&[&["install", "--offline", "--venv", "venv"], names].concat());
    assert!(without_bytecode(snapshot(venv)) == before, "a second install changed something");
}

fn assert_uninstall_leaves_what_was_there(
    world: &World,
    venv: &Path,
    before: &BTreeMap<std::path::PathBuf, Vec<u8>>,
) {
    let listed = world.ok(&["list", "--venv", "venv", "--json"]);
    let json = listed.json();
    let packages =
        json.as_object().and_then(|object| object.get("packages")).and_then(Value::as_array).unwrap();
    let installed: Vec<&str> =
        packages.iter().filter_map(|package| package.as_object()?.get("name")?.as_str()).collect();
    assert!(installed.len() >= POPULAR.len(), "{installed:?}");
    world.ok(&[&["uninstall", "--venv", "venv"], &installed[..]].concat());
    let after = snapshot(venv);
    let left: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    assert!(
        before.keys().all(|path| after.contains_key(path)),
        "something of the environment itself is gone"
    );
}

fn without_bytecode(
    mut files: BTreeMap<std::path::PathBuf, Vec<u8>>,
) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    files.retain(|path, _| path.extension().is_none_or(|end| end != "pyc"));
    files
}
