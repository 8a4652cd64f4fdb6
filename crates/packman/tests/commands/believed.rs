//! What is said while something stands in the way of an answer, and of a word that was taken back.

use packman_machine::loopback::Answer;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{Stage, at, kept, plain, said, sign_and_publish, texts};

/// A user whose mirror gives an old timestamp again, when `newcomer` was there already and he had seen it.
fn replayed() -> Stage {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0")]);
    let old = std::fs::read(stage.world.path("site/metadata/timestamp.json")).unwrap();
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask"]);
    stage.world.ok(&["curate", "refresh", "db"]);
    stage.world.ok(&["curate", "publish", "db", "--to", "site"]);
    stage.world.ok(&["trust", "refresh"]);
    stage.mirror.lie("metadata/timestamp.json", Answer::bytes(old));
    stage
}

/// Words that a run said, without what differs from run to run.
fn words(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}exit {}", run.stdout, run.stderr, run.code))
}

#[test]
fn a_name_that_only_a_refused_copy_may_have_is_refused_and_not_unheard_of() {
    let stage = replayed();
    let before = kept(&stage.world, Some(&stage.world.path("v")));
    insta::assert_snapshot!(words(&stage.world, &["install", "--venv", "v", "newcomer"]), @"
    error: database `web` refused
      because: `metadata/timestamp.json`: the timestamp went back to version 1, wanted at least 2
               its last good copy does not list `newcomer`; whether it does now cannot be believed
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain rollback`
    exit 3
    ");
    for command in [
        &["install", "--venv", "v", "newcomer"][..],
        &["install", "--venv", "v", "flask", "newcomer"],
        &["lock", "--venv", "v", "newcomer", "-o", "pylock.toml"],
        &["info", "newcomer"],
    ] {
        let run = stage.world.ends(3, "rollback", command);
        assert_eq!(run.stderr.matches("went back").count(), 1, "{command:?}: {}", run.stderr);
    }
    assert!(kept(&stage.world, Some(&stage.world.path("v"))) == before);
    stage.mirror.be_honest();
    stage.world.ends(1, "not-vouched", &["install", "--venv", "v", "newcomer"]);
}

/// A command is refused where a name is needed for which the refused one would have to answer; else it goes on, with one
/// line.
#[test]
fn a_refusal_ends_what_needs_its_database_and_is_said_once() {
    let stage = replayed();
    for (exit, command) in [
        (0, &["install", "--venv", "v", "flask"][..]),
        (0, &["list", "--venv", "v", "--outdated"]),
        (0, &["info", "flask"]),
        (0, &["search", "flask"]),
        (0, &["uninstall", "--venv", "v", "flask"]),
        (0, &["upgrade", "--venv", "v"]),
        (3, &["install", "--venv", "v", "flask"]),
        (3, &["lock", "--venv", "v", "flask", "-o", "pylock.toml"]),
    ] {
        let run = stage.world.run(command);
        assert_eq!(run.code, exit, "{command:?}: {}", run.stderr);
        let told = usize::from(command[0] != "uninstall");
        assert_eq!(run.stderr.matches("went back").count(), told, "{command:?}: {}", run.stderr);
        let label =
            if exit == 0 { "warning: what `web` sent was refused" } else { "error: database `web` refused" };
        assert_eq!(run.stderr.matches(label).count(), told, "{command:?}: {}", run.stderr);
    }
}

#[test]
fn a_version_that_was_taken_back_and_is_still_installed_is_named() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0")]);
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask", "click"]);
    let commands: [&[&str]; 5] = [
        &["install", "--venv", "v", "flask"],
        &["install", "--venv", "v", "flask", "--dry-run"],
        &["upgrade", "--venv", "v"],
        &["list", "--venv", "v", "--outdated"],
        &["list", "--venv", "v"],
    ];
    let line = "warning: nobody you trust vouches any more for what is installed: flask 3.0\n";
    for command in commands {
        assert!(!world.ok(command).stderr.contains("any more"), "{command:?}");
    }
    world.ok(&["curate", "remove", "db", "flask==3.0"]);
    sign_and_publish(world);
    // What upgrades all of it needs to know what flask is now.
    for command in commands.iter().filter(|command| command[0] != "upgrade") {
        let run = world.ok(command);
        assert_eq!(run.stderr.matches(line).count(), 1, "{command:?}: {}", run.stderr);
        let run = world.ok(&[*command, &["--json"]].concat());
        assert_eq!(texts(at(&run.json(), &["lapsed"]), "name"), ["flask"], "{command:?}");
    }
    stage.release(&[module("flask", "2.0")]);
    let run = world.ok(&["upgrade", "--venv", "v"]);
    assert_eq!(run.stderr.matches(line).count(), 1, "{}", run.stderr);
    stage.release(&[module("flask", "4.0")]);
    world.ok(&["upgrade", "--venv", "v"]);
    assert!(!world.ok(&["list", "--venv", "v"]).stderr.contains("any more"));
    world.ok(&["trust", "scope", "web", "flask"]);
    let run = world.ok(&["list", "--venv", "v"]);
    insta::assert_snapshot!(said(world, &run), @"warning: nobody you trust vouches any more for what is installed: click 8.0");
}

/// A receipt lies in the environment: what it says of a database is repeated as past where the ring does not have that.
#[test]
fn a_receipt_is_no_word_of_a_database_that_is_not_trusted_now() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    let list = || world.ok(&["list", "--venv", "v"]).stdout.trim_end().to_owned();
    insta::assert_snapshot!(list(), @"flask  3.0  [#] web, signed, compared");
    // Another chain under the same name.
    let modules = std::fs::read_dir(world.path("v/lib")).unwrap().next().unwrap().unwrap().path();
    let receipt = modules.join("site-packages/flask-3.0.dist-info/packman.json");
    let text = std::fs::read_to_string(&receipt).unwrap();
    let number = text.split("\"number\": \"").nth(1).unwrap().split('"').next().unwrap();
    std::fs::write(&receipt, text.replace(number, &number.chars().rev().collect::<String>())).unwrap();
    insta::assert_snapshot!(list(), @"flask  3.0  web when it was installed: signed, compared; not in your trust ring now");
    std::fs::write(&receipt, &text).unwrap();
    insta::assert_snapshot!(list(), @"flask  3.0  [#] web, signed, compared");
    world.ok(&["trust", "remove", "web"]);
    insta::assert_snapshot!(list(), @"flask  3.0  web when it was installed: signed, compared; not in your trust ring now");
}

/// A recalled file is in no lock, is not synced, and is named where it is installed.
#[test]
fn a_recalled_file_is_neither_locked_nor_synced_and_is_named() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("flask", "2.0")]);
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask==3.0"]);
    world.ok(&["lock", "--venv", "v", "flask==3.0", "-o", "pylock.toml"]);
    let run = world.ok(&["list", "--venv", "v", "--json"]);
    let sha256 = texts(at(&run.json(), &["packages"]), "sha256")[0].clone();
    let recall = format!(
        r#"{{"recalls": [{{"sha256": "{sha256}", "project": "flask", "version": "3.0", "reason": "a worm", "at": "2026-11-23T00:00:00Z"}}]}}"#
    );
    std::fs::write(world.path("db/recalls.json"), recall).unwrap();
    sign_and_publish(world);
    let line = "warning: flask 3.0 was recalled since it was installed: `a worm`\n";
    for command in [
        &["install", "--venv", "v", "flask"][..],
        &["list", "--venv", "v", "--outdated"],
        &["list", "--venv", "v"],
    ] {
        assert!(world.ok(command).stderr.contains(line), "{command:?}");
    }
    world.venv("other");
    world.ends(1, "recalled", &["sync", "--venv", "other", "pylock.toml"]);
    world.ends(1, "recalled", &["lock", "--venv", "v", "flask==3.0", "-o", "pylock.toml"]);
    world.ends(1, "recalled", &["lock", "--universal", "flask==3.0", "-o", "pylock.toml"]);
    world.ok(&["lock", "--venv", "v", "flask", "-o", "pylock.toml"]);
    let lock = std::fs::read_to_string(world.path("pylock.toml")).unwrap();
    assert!(lock.contains("flask-2.0") && !lock.contains("flask-3.0"), "{lock}");
}

#[test]
fn nothing_behind_is_said_to_people_and_is_an_empty_answer() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask"]);
    let run = stage.world.ok(&["list", "--venv", "v", "--outdated"]);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(said(&stage.world, &run), @"nothing newer is vouched for that fits ./v");
}

#[test]
fn a_number_is_held_against_what_is_remembered_without_a_network() {
    const WRONG: &str = "00000 00000 00000 00000 00000 00000 00000 00000 00000 00000 00000 00000";
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let number = stage.number();
    let world = &stage.world;
    stage.mirror.take_asked();
    world.ok(&["trust", "compare", "web", &number, "--offline"]);
    assert_eq!(stage.mirror.take_asked(), Vec::<String>::new());
    let before = kept(world, None);
    insta::assert_snapshot!(words(&stage.world, &["trust", "compare", "web", WRONG, "--offline"]), @"
    error: number for `web` refused
      because: no root of the chain that is remembered has that number
               whether `http://HOST/` serves another chain that has could not be asked
               `--offline` was given
      hint: `packman trust show web` shows the numbers of its remembered chain, all of which are good
      hint: look at the number again; if its maintainer began anew, compare it when the address can be asked
      hint: see `packman explain number-mismatch`
    exit 3
    ");
    world.ends(3, "number-mismatch", &["trust", "compare", "web", WRONG, "--offline"]);
    world.ends(3, "number-mismatch", &["trust", "add", &stage.mirror.url(), "--number", WRONG, "--offline"]);
    drop(stage.mirror);
    let world = &stage.world;
    world.ok(&["trust", "compare", "web", &number]);
    world.ends(3, "number-mismatch", &["trust", "compare", "web", WRONG]);
    assert!(kept(world, None) == before);
}

#[test]
fn one_damaged_state_hides_no_other_database() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    let state = world
        .home()
        .join(snapshot(&world.home()).into_keys().find(|path| path.starts_with("state")).unwrap());
    world.ok(&[
        "curate",
        "init",
        "other",
        "--title",
        "Lab",
        "--maintainer",
        "Lab <lab@example.org>",
        "--no-passphrase",
    ]);
    world.ok(&["curate", "add", "other", "flask"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    let number = world.ok(&["curate", "number", "other"]).stdout.trim().to_owned();
    world.ok(&["trust", "add", "other-site", "--number", &number, "--scope", "lab-*"]);
    std::fs::write(&state, "nonsense").unwrap();
    let before = kept(world, None);
    insta::assert_snapshot!(words(&stage.world, &["trust", "list"]), @"
    [!]  web  state-damaged     for *                                        http://HOST/
    [#]  lab  signed, compared  for lab-*  1 project  good until DATE  ./other-site
    error: `~/home/state/SHA256.tuf` refused
      because: it cannot be what PackMan wrote: state file damaged: found another beginning than `packman-state 1`
      hint: nothing was touched; restore the file from a backup, or move it away and trust the databases anew by their safety numbers
      hint: see `packman explain state-damaged`
    exit 3
    ");
    let run = world.ends(3, "state-damaged", &["trust", "list"]);
    assert!(run.stderr.contains("state/"), "{}", run.stderr);
    let run = world.run(&["trust", "list", "--json"]);
    assert_eq!(texts(at(&run.json(), &["databases"]), "name"), ["lab"]);
    assert!(kept(world, None) == before);
}
