//! What holds for every command: exit codes, data and talk apart, quiet, broken pipes, help.

use std::process::Stdio;

use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{Stage, bare_world, plain};

#[test]
fn what_cannot_be_parsed_is_a_mistake_in_typing() {
    let world = bare_world();
    let wrong: [&[&str]; 12] = [
        &[],
        &["nonsense"],
        &["install"],
        &["install", "--venv"],
        &["install", "--venv", "a", "--python", "b", "c"],
        &["install", "not a requirement!"],
        &["install", "flask=3"],
        &["trust"],
        &["trust", "add"],
        &["trust", "add", "ftp://example.org/"],
        &["curate", "init", "db"],
        &["curate", "init", "db", "--title", "T", "--maintainer", "M", "--refresh-within", "91"],
    ];
    for arguments in wrong {
        let run = world.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{arguments:?}");
    }
    assert!(snapshot(&world.home()).is_empty());
}

#[test]
fn help_and_version_are_answers() {
    let world = bare_world();
    let commands: [&[&str]; 6] = [
        &["--help"],
        &["--version"],
        &["install", "--help"],
        &["trust", "--help"],
        &["curate", "--help"],
        &["curate", "add", "-h"],
    ];
    for arguments in commands {
        let run = world.ok(arguments);
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{arguments:?}");
    }
    insta::assert_snapshot!(world.ok(&["--help"]).stdout, @"
    Installs Python packages that somebody you chose has vouched for

    Usage: packman [OPTIONS] <COMMAND>

    Commands:
      trust        Choose which databases you trust, and with what
      search       Find projects that somebody you trust vouches for
      info         Show a project's releases and files, and who vouches for and reviewed them
      install      Install packages that somebody you trust vouches for
      uninstall    Remove installed packages
      upgrade      Replace what is installed with the newest that fits
      lock         Write what would be installed as a lock file, with the hash of every file
      sync         Make an environment equal to a lock file
      list         List what is installed
      tree         Show which installed package needs which
      freeze       Write what is installed as lines of a requirements file
      audit        Find what was changed in an environment, and what nobody installed
      venv         Make a virtual environment
      doctor       Tell what is there, what is used and what is missing on this machine, with the remedy
      cache        Look after what is kept to be installed again
      curate       Publish a database of packages that you vouch for
      demo         Show the whole road in a scratch folder, and five attacks on it
      completions  Write what completes commands in a shell
      man          Write the manual page of a command
      explain      Explain a code that stands in an error
      help         Print this message or the help of the given subcommand(s)

    Options:
          --json     Print the answer as JSON on standard output
          --offline  Do not ask the network; go by what is kept here
      -q, --quiet    Say nothing but errors and the answer
      -h, --help     Print help
      -V, --version  Print version

    `packman COMMAND --help` says more of each; `packman man | man -l -` shows the manual;
    `packman completions bash` (or zsh, fish, powershell) writes what completes commands in a shell.
    ");
}

#[test]
fn explain_knows_every_code() {
    let world = bare_world();
    let all = world.ok(&["explain"]).stdout;
    for line in all.lines() {
        let code = line.split_whitespace().next().unwrap();
        assert!(world.ok(&["explain", code]).stdout.len() > 40, "{code}");
    }
    let run = world.run(&["explain", "rolback"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"
    error: `rolback` is no code of PackMan
      hint: the nearest is `packman explain rollback`
      hint: `packman explain` lists them all
    ");
}

/// Whoever reads is gone before the first line is written, as `| head -0` is.
#[test]
fn a_broken_pipe_is_success() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    let commands: [&[&str]; 11] = [
        &["explain"],
        &["explain", "rollback"],
        &["explain", "--json"],
        &["trust", "list"],
        &["trust", "show", "web", "--json"],
        &["trust", "refresh"],
        &["search", "flask"],
        &["info", "flask"],
        &["list", "--venv", "v"],
        &["curate", "status", "db"],
        &["--help"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = world.command(&world.folder());
        let output = command.args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(said.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn talk_that_nobody_hears_stops_nothing() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = stage.world.command(&stage.world.folder());
    let status = command.args(["install", "--venv", "v", "flask"]).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(stage.world.python(&venv, "import flask").code, 0);
}

/// A disk that is full where the answer goes is not a reader who left.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let world = bare_world();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = world.command(&world.folder());
    let output = command.args(["explain"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"error: the answer could not be written: the disk is full, or a quota is reached");
}

#[test]
fn quiet_is_quiet_and_answers_all_the_same() {
    let mut stage = Stage::published(vec![module("flask", "3.0")]);
    stage.world.venv("v");
    let number = stage.number();
    stage.world.use_fresh_user("user");
    let quiet = |world: &World, arguments: &[&str]| {
        let run = world.ok(&[arguments, &["--quiet"]].concat());
        assert_eq!(run.stderr, "", "{arguments:?}");
        run.stdout
    };
    let world = &stage.world;
    assert!(quiet(world, &["trust", "add", "site", "--number", &number]).contains("trusting"));
    assert_eq!(quiet(world, &["install", "--venv", "v", "flask"]), "");
    assert!(quiet(world, &["list", "--venv", "v"]).contains("flask"));
    assert_eq!(quiet(world, &["uninstall", "--venv", "v", "flask"]), "");
    assert!(quiet(world, &["install", "--venv", "v", "flask", "--dry-run", "--json"]).contains("\"flask\""));
    let run = world.run(&["install", "--venv", "v", "absent", "--quiet"]);
    assert!(
        run.code == 1 && run.stderr.contains("nobody you trust vouches"),
        "errors are said: {}",
        run.stderr
    );
}

/// One command for each exit code.
#[test]
fn exit_codes_tell_whose_fault_it_is() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let cases: [(i32, &[&str]); 5] = [
        (0, &["info", "flask"]),
        (1, &["info", "absent"]),
        (2, &["info", "no name"]),
        (3, &["trust", "add", "http://127.0.0.1:1/"]),
        (4, &["trust", "add", "nowhere", "--number", &"0".repeat(60)]),
    ];
    let mut said = Vec::new();
    for (code, arguments) in cases {
        let run = stage.world.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        said.extend(run.stderr.lines().next().map(|line| plain(&stage.world, line)));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    error: nobody you trust vouches for `absent`
    error: project name `no name`: holds ` `, wanted ASCII letters, digits, `.`, `-` and `_`
    error: database at `http://HOST/` refused
    error: `./nowhere` could not be fetched
    ");
}
