//! At a terminal: questions and their answers, passphrases, colours.
#![cfg(unix)]

use std::path::Path;

use testkit::packages::module;
use testkit::world::{Run, World};

use crate::support::{MAINTAINER, Stage, bare_world, plain};

/// Runs the command at a terminal, where somebody gives these answers.
fn at_terminal(world: &World, answers: &str, arguments: &[&str]) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal.py");
    let program = env!("CARGO_BIN_EXE_packman");
    let first = ["-B", script.to_str().unwrap(), answers, program];
    world.other(Path::new("python3"), &[&first, arguments].concat())
}

fn shown(world: &World, run: &Run) -> String {
    plain(world, &run.stdout).trim_end().to_owned()
}

#[test]
fn a_folder_without_a_number_is_remembered_when_somebody_says_so() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let add = ["trust", "add", "site"];
    let run = at_terminal(&stage.world, r#"["n\n"]"#, &add);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(shown(&stage.world, &run), @"
    `Web tools`, by `Example Lab <lab@example.org>`
      at `./site`, with 1 project
      safety number NUMBER
      Nobody has compared this number yet. If you can, ask the maintainer for it by another way,
      and give it with `--number`; else PackMan remembers it, and stops if it ever changes.
    Remember it? [y/N] n
    error: `./site` was not added: nobody agreed to remember it without its safety number
      hint: give `--number`, with the safety number that its maintainer told you by another way than this address
    ");
    let run = at_terminal(&stage.world, r#"["y\n"]"#, &add);
    assert_eq!(run.code, 0, "{}", run.stdout);
    insta::assert_snapshot!(shown(&stage.world, &run).lines().skip(5).collect::<Vec<_>>().join("\n"), @"
    Remember it? [y/N] y
    trusting `Web tools` as `web-tools`, [~] signed, remembered DATE
      by `Example Lab <lab@example.org>`, 1 project
      answers for *
      safety number NUMBER
    ");
    insta::assert_snapshot!(shown(&stage.world, &stage.world.ok(&["trust", "list"])), @"[~]  web-tools  signed, remembered DATE  for *  1 project  good until DATE  ./site");
    // Compared later, the padlock closes.
    stage.world.ok(&["trust", "compare", "web-tools", &stage.number()]);
    insta::assert_snapshot!(shown(&stage.world, &stage.world.ok(&["trust", "list"])), @"[#]  web-tools  signed, compared  for *  1 project  good until DATE  ./site");
}

#[test]
fn rules_are_lowered_when_somebody_says_so() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.world.ok(&["trust", "policy", "require-review=human"]);
    let lower = ["trust", "policy", "require-review=none"];
    let run = at_terminal(&stage.world, r#"["n\n"]"#, &lower);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(shown(&stage.world, &run), @"
    This lowers what your trust ring demands: policy: nothing is forbidden
      Files could be installed afterwards that it keeps out now. Whoever asked you to should have told you why.
    Demand less? [y/N] n
    error: nothing was changed: it lowers what your trust ring demands, and nobody agreed to that
      hint: give the answer at a terminal; no flag gives it
    ");
    let run = at_terminal(&stage.world, r#"["y\n"]"#, &lower);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let policy = stage.world.ok(&["trust", "policy"]);
    insta::assert_snapshot!(shown(&stage.world, &policy), @"no quorum and no policy: whoever answers first is enough");
}

/// A bar is drawn, and gone when its work is done; where nobody looks at a terminal there are plain lines.
#[test]
fn downloads_are_shown_by_a_bar_in_a_terminal_and_by_lines_elsewhere() {
    let mut large = module("large", "1.0");
    large = large.file("large/data.bin", vec![7; 3 << 20]);
    let mut stage = Stage::trusted(vec![large]);
    // A terminal without a name is taken for one that can draw nothing.
    stage.world.set("TERM", "xterm");
    let world = &stage.world;
    for venv in ["at-terminal", "elsewhere", "quiet"] {
        world.venv(venv);
    }
    world.clear_cache();
    let run = at_terminal(world, "[]", &["install", "--venv", "at-terminal", "large"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    // It is drawn over itself, on one line, and cleared.
    assert!(run.stdout.contains('\r') && run.stdout.contains("fetching "), "{:?}", run.stdout);
    assert!(run.stdout.contains("\u{1b}[2K"), "{:?}", run.stdout);
    assert!(!run.stdout.contains("fetching 1 file"), "{:?}", run.stdout);
    world.clear_cache();
    let run = world.ok(&["install", "--venv", "elsewhere", "large"]);
    assert_eq!(run.stderr.matches("fetching 1 file, ").count(), 1, "{:?}", run.stderr);
    assert!(!run.stderr.contains(['\r', '\u{1b}']), "{:?}", run.stderr);
    world.clear_cache();
    let run = at_terminal(world, "[]", &["install", "--quiet", "--venv", "quiet", "large"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}

#[test]
fn the_scope_of_a_later_database_is_typed() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("lab-tools", "1.0")]);
    let world = &stage.world;
    world.ok(&["curate", "init", "other", "--title", "Lab", "--maintainer", MAINTAINER, "--no-passphrase"]);
    world.ok(&["curate", "add", "other", "lab-tools"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    let number = world.ok(&["curate", "number", "other"]).stdout;
    let add = ["trust", "add", "other-site", "--number", number.trim()];
    for nothing in [r#"["\n"]"#, r#"["no\n"]"#, r#"["flask>=3\n", "\n"]"#] {
        let run = at_terminal(world, nothing, &add);
        assert_eq!(run.code, 1, "{}", run.stdout);
    }
    let run = at_terminal(world, r#"["y\n", "lab/x\n", "lab-*, Internal_*\n"]"#, &add);
    assert_eq!(run.code, 0, "{}", run.stdout);
    insta::assert_snapshot!(shown(world, &run), @"
    `Lab` is not your first database.
      Databases before it in your ring answer first; it answers for what they do not have.
      Which projects may it answer for? Names or patterns such as `lab-*`, with spaces between;
      `*` is every project, and nothing leaves the database out.
    Patterns: y
    name the projects, or type `*` for every project
    Patterns: lab/x
    scope `lab/x` is no pattern; wanted a project name in which single `*` may stand for any characters
    Patterns: lab-*, Internal_*
    trusting `Lab` as `lab`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 1 project
      answers for internal-* lab-*
      safety number NUMBER
    ");
}

#[test]
fn what_is_signed_is_asked_for() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    stage.index.add(&module("flask", "3.1"));
    stage.world.ok(&["curate", "add", "db", "flask"]);
    let run = at_terminal(&stage.world, r#"["\n"]"#, &["curate", "sign", "db"]);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(shown(&stage.world, &run), @"
    to be vouched for: 1 new file
      + flask-3.1-py3-none-any.whl  954 B  N days old  after 3.0  nobody reviewed
    1 file was not compared here with what was vouched for before: packman curate compare DIR flask
    Do you vouch for this? [y/N] 
    error: nothing was signed: nobody agreed to it
      hint: after a look at the list, `--yes` signs it
    ");
    let run = at_terminal(&stage.world, r#"["yes\n"]"#, &["curate", "sign", "db"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn keys_are_kept_under_a_passphrase() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let world = &stage.world;
    let make = ["curate", "init", "more", "--title", "More", "--maintainer", MAINTAINER];
    let differ = at_terminal(world, r#"["one\n", "other\n", "one\n", "two\n", "\n"]"#, &make);
    assert_eq!(differ.code, 1, "{}", differ.stdout);
    insta::assert_snapshot!(shown(world, &differ), @"
    passphrase for the new keys: 
    the same again: 
    note: the two passphrases differ: type it again
    passphrase for the new keys: 
    the same again: 
    note: the two passphrases differ: type it again
    passphrase for the new keys: 
    note: the passphrase is empty: type it again
    error: the new keys need a passphrase, and nobody gave one
      hint: type one at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE; `--no-passphrase` makes them without one
    ");
    let made = at_terminal(world, r#"["secret\n", "secret\n"]"#, &make);
    assert_eq!(made.code, 0, "{}", made.stdout);
    assert!(!made.stdout.contains("secret"), "it is not shown");
    let sign = ["curate", "sign", "more", "--yes"];
    let wrong = at_terminal(world, r#"["wrong\n", "wrong\n", "wrong\n"]"#, &sign);
    insta::assert_snapshot!(shown(world, &wrong), @"
    passphrase for `targets.pem`: 
    that passphrase does not open the key
    passphrase for `targets.pem`: 
    that passphrase does not open the key
    passphrase for `targets.pem`: 
    error: the passphrase does not open `~/home/keys/SHA256/targets.pem`
      hint: try again; a file that PACKMAN_PASSPHRASE_FILE names is read instead of asking
    ");
    assert_ne!(wrong.code, 0);
    let right = at_terminal(world, r#"["wrong\n", "secret\n"]"#, &sign);
    assert_eq!(right.code, 0, "{}", right.stdout);
    // The online keys alone need no person.
    world.ok(&["curate", "refresh", "more"]);
}

#[test]
fn an_environment_is_made_and_packages_replaced_when_somebody_says_so() {
    let stage = Stage::trusted(vec![
        module("click", "8.1"),
        module("click", "8.2"),
        module("flask", "3.0").requires("click>=8.2"),
    ]);
    let run = at_terminal(&stage.world, r#"["y\n"]"#, &["install", "click==8.1"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(
        shown(&stage.world, &run).contains("There is no environment here. Make `./.venv`? [y/N]"),
        "{}",
        run.stdout
    );
    let run = at_terminal(&stage.world, r#"["n\n"]"#, &["install", "flask"]);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(shown(&stage.world, &run), @"
    plan for ./.venv
      ~ click  8.1 -> 8.2  954 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0         981 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
      click  8.1  ->  8.2
    Replace what is installed? [y/N] n
    error: nothing was installed: nobody agreed to replace what the command did not name
      hint: give `--yes`, after reading the plan
    ");
}

#[test]
fn a_question_can_be_left_with_ctrl_c() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let run = at_terminal(&stage.world, r#"["\u0003"]"#, &["trust", "add", "site"]);
    assert_eq!(run.code, 130, "{}", run.stdout);
    assert!(!stage.world.home().join("ring.toml").exists());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let mut world = bare_world();
    let colour = |world: &World| at_terminal(world, "[]", &["info", "flask"]).stdout.contains('\u{1b}');
    world.set("TERM", "xterm-256color");
    assert!(colour(&world));
    assert!(!world.run(&["info", "flask"]).stderr.contains('\u{1b}'), "not a terminal");
    world.set("NO_COLOR", "1");
    assert!(!colour(&world));
    world.set("NO_COLOR", "");
    world.set("TERM", "dumb");
    assert!(!colour(&world));
}
