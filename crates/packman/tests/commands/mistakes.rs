//! What is typed by mistake, and what is missing: each is told with a way on that is true.

use testkit::packages::module;
use testkit::world::World;

use crate::support::{MAINTAINER, Stage, at, bare_world, plain};

/// An exit code, a command, what it says, and what it does not say.
type Case<'c> = (i32, &'c [&'c str], &'c [&'c str], &'c [&'c str]);

/// Runs a command, which ends so.
#[track_caller]
fn check(world: &World, (exit, command, says, says_not): Case<'_>) {
    let run = world.run(command);
    let text = plain(world, &format!("{}{}", run.stdout, run.stderr));
    assert_eq!(run.code, exit, "{command:?}: {text}");
    for wanted in says {
        assert!(text.contains(wanted), "{command:?} lacks {wanted:?}: {text}");
    }
    for wrong in says_not {
        assert!(!text.contains(wrong), "{command:?} has {wrong:?}: {text}");
    }
}

const BUILD_IT: &str = "hint: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from \
                        FOLDER --copy-files`";

#[test]
fn what_is_typed_by_mistake_is_told_the_way_on() {
    let world = bare_world();
    let file = "a file can be named instead, such as `-r requirements.txt`";
    let cases: &[Case<'_>] = &[
        (2, &["install"], &[file], &[]),
        (2, &["lock"], &[file], &[]),
        (2, &["lock", "-o", "pylock.toml"], &[file], &[]),
        (2, &["curate", "add", "db"], &[file], &[]),
        (2, &["install", "-3"], &["unexpected argument '-3'"], &["tip", "-- "]),
        (2, &["uninstall", "flask", "--yes"], &["unexpected argument '--yes'"], &["-- --yes"]),
        (2, &["trust", "add", "site", "--yes"], &["unexpected argument '--yes'"], &["-- --yes"]),
        (2, &["install", "--yess"], &["a similar argument exists: '--yes'"], &[]),
        (2, &["install", "foo.whl"], &["ask for `NAME`"], &["`-r"]),
        (
            2,
            &["install", "./foo_bar-1.0-py3-none-any.whl"],
            &["ask for `foo-bar`", "add DIR foo-bar --from"],
            &["`-r"],
        ),
        (
            2,
            &["install", "beta@1"],
            &["`beta@1` is no requirement", "hint: `beta==1` asks for that version"],
            &["…", BUILD_IT],
        ),
        (2, &["install", "beta[x]@latest"], &["hint: `beta[x]` asks for the newest"], &["…", BUILD_IT]),
        (2, &["install", "beta @ ./wheels/b.whl"], &[BUILD_IT], &["asks for"]),
        (2, &["install", "me:secret@example.org/x"], &[], &["secret"]),
        (2, &["install", "foo.txt"], &["to read it: `-r foo.txt`"], &[]),
        (2, &["install", "git+https://example.org/x"], &[BUILD_IT], &[]),
        (2, &["install", "x @ git+https://example.org/x"], &[BUILD_IT], &[]),
        (2, &["install", "x @ https://example.org/x.whl"], &[BUILD_IT], &[]),
        (2, &["install", "https://example.org/x-1-py3-none-any.whl"], &[BUILD_IT], &[]),
        (2, &["install", "./x"], &[BUILD_IT], &[]),
        (0, &["--help"], &["packman man", "packman completions bash", "  man  "], &[]),
    ];
    for case in cases {
        check(&world, *case);
    }
}

#[test]
fn a_mistake_in_typing_and_the_version_are_told_to_programs_too() {
    let world = bare_world();
    let wrong: &[(&[&str], &str, &str)] = &[
        (
            &["--json", "install"],
            "the following required arguments were not provided: <REQUIREMENT>...",
            "a file can be named",
        ),
        (&["instal", "--json"], "unrecognized subcommand 'instal'", "'install'"),
        (&["--json"], "a command is missing", "`packman --help` lists them"),
        (
            &["--json", "venv", "--python"],
            "a value is required for '--python <EXE>' but none was supplied",
            "",
        ),
    ];
    for (command, message, hint) in wrong {
        let run = world.run(command);
        assert_eq!((run.code, run.error_code().as_str()), (2, "usage"), "{command:?}: {}", run.stdout);
        let json = run.json();
        assert_eq!(at(&json, &["error", "message"]).as_str(), Some(*message), "{command:?}");
        assert!(run.stderr.contains(hint), "{command:?}: {}", run.stderr);
    }
    for command in [&["--version", "--json"][..], &["--json", "install", "--version"]] {
        let run = world.ok(command);
        assert_eq!(at(&run.json(), &["version"]).as_str(), Some(env!("CARGO_PKG_VERSION")), "{command:?}");
    }
}

/// Built in a checkout, it says of which commit; the file that git keeps says the same.
#[test]
fn a_local_build_names_the_commit_of_its_checkout() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let git = std::process::Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(&root)
        .output();
    let world = bare_world();
    let run = world.ok(&["--version", "--json"]);
    let json = run.json();
    let told = at(&json, &["commit"]).as_str().map(str::to_owned);
    let is_own = root.join(".git").exists();
    match git {
        Ok(output) if output.status.success() && is_own => {
            assert_eq!(told, Some(String::from_utf8(output.stdout).unwrap().trim().to_owned()));
        }
        _ => assert_eq!(told, None),
    }
}

#[test]
fn a_lock_for_every_platform_needs_no_environment() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.ok(&["lock", "--universal", "flask", "-o", "pylock.toml"]);
    let without = std::fs::read(world.path("pylock.toml")).unwrap();
    check(
        world,
        (
            0,
            &["lock", "--universal", "flask", "-o", "pylock.toml"],
            &["there is no environment here: `/"],
            &[],
        ),
    );
    world.venv(".venv");
    world.ok(&["lock", "--universal", "flask", "-o", "pylock.toml"]);
    assert!(std::fs::read(world.path("pylock.toml")).unwrap() == without);
    std::fs::remove_dir_all(world.path(".venv")).unwrap();
    world.ends(1, "no-environment", &["lock", "flask", "-o", "pylock.toml"]);
}

#[test]
fn a_scapegoat_is_told_what_comes_next() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let mut world = stage.world;
    world.ok(&["curate", "init", "empty", "--title", "T", "--maintainer", MAINTAINER, "--no-passphrase"]);
    check(&world, (0, &["curate", "status", "empty"], &["next: packman curate add empty"], &["curate sign"]));
    std::fs::write(world.path("requirements.txt"), "flask\nabsent\n").unwrap();
    let start = [
        "curate",
        "start",
        "requirements.txt",
        "--no-passphrase",
        "--yes",
        "--maintainer",
        "Lab",
        "--to",
        "team",
    ];
    check(&world, (1, &start, &["the package index has no `absent`", "--index URL", "--from FOLDER"], &[]));
    let secret = world.path("passphrase");
    std::fs::write(&secret, "correct horse battery staple\n").unwrap();
    world.set("PACKMAN_PASSPHRASE_FILE", &secret);
    world.ok(&["curate", "init", "locked", "--title", "T", "--maintainer", MAINTAINER]);
    world.ok(&["curate", "add", "locked", "flask"]);
    world.set("PACKMAN_PASSPHRASE_FILE", "");
    for command in [&["curate", "sign", "locked", "--yes"][..], &["curate", "rotate", "locked"]] {
        check(&world, (1, command, &["needs its passphrase", "PACKMAN_PASSPHRASE_FILE"], &[]));
    }
}
