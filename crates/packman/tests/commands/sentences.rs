//! Sentences that were once untrue, silent or said twice.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{Stage, bare_world, plain};

/// What a command answered and said, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

#[test]
fn what_is_gone_is_not_said_to_be_remembered() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    insta::assert_snapshot!(both(world, &["trust", "remove", "web"]), @"`web` is no longer trusted; its keys stay remembered, and adding it again goes on from them");
    stage.trust();
    let state = snapshot(&world.home()).into_keys().find(|path| path.starts_with("state")).unwrap();
    std::fs::remove_file(world.home().join(state)).unwrap();
    insta::assert_snapshot!(both(world, &["trust", "remove", "web"]), @"`web` is no longer trusted; nothing of its keys is remembered, so adding it again needs its safety number");
}

#[test]
fn a_scope_is_shown_as_it_counts_and_two_stars_are_none() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    insta::assert_snapshot!(both(world, &["trust", "scope", "web", "Lab_*", "flask"]), @"`web` answers for flask lab-* from now on");
    insta::assert_snapshot!(both(world, &["trust", "scope", "web", "BAD**"]), @"error: scope `BAD**` is no pattern; wanted a project name in which single `*` may stand for any characters");
    world.ends(2, "usage", &["trust", "scope", "web", "BAD**"]);
}

#[test]
fn a_path_is_kept_without_its_detours() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let (world, number) = (&stage.world, stage.number());
    std::fs::create_dir(world.path("deep")).unwrap();
    let run = world.run_in(&world.path("deep"), &["trust", "add", ".././site/", "--number", &number]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let shown = both(world, &["trust", "list"]);
    assert!(shown.ends_with(" ./site"), "{shown}");
    // A detour over a link leads somewhere else: it stays.
    std::fs::create_dir_all(world.path("far/away")).unwrap();
    std::os::unix::fs::symlink("far/away", world.path("link")).unwrap();
    let shown = both(world, &["trust", "add", "link/../site"]);
    assert!(shown.contains("link/../site"), "{shown}");
}

#[test]
fn a_publication_names_the_timestamp_that_a_refresh_signed() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.ok(&["curate", "refresh", "db"]);
    insta::assert_snapshot!(both(world, &["curate", "publish", "db", "--to", "site"]), @"
    published version 1 (timestamp 2) to `site`: 2 of 9 files written
      safety number NUMBER
      any web server, object store or USB stick can carry this folder
    ");
}

#[test]
fn what_is_added_without_its_dependencies_is_told_what_it_lacks() {
    let stage = Stage::published(vec![
        module("flask", "3.0").requires("click").requires("colorama; sys_platform == 'win32'"),
        module("click", "8.0"),
        module("alone", "1.0"),
    ]);
    let world = &stage.world;
    let init = |dir: &str| {
        world.ok(&["curate", "init", dir, "--title", "T", "--maintainer", "M", "--no-passphrase"]);
    };
    init("lacking");
    insta::assert_snapshot!(both(world, &["curate", "add", "lacking", "flask", "alone"]), @"
    fetching nothing more, 2 files are here, for Python 3.11 on linux x86_64; `--python` and `--platform` name others
    note: `flask` needs `click`, which this database does not hold: who has it from no other cannot install it; `--with-dependencies` records what is needed
      + alone-1.0-py3-none-any.whl  954 B
      + flask-3.0-py3-none-any.whl  1.0 KiB
    recorded 2 files; nothing is vouched for until you sign
    next: packman curate sign lacking
    ");
    init("whole");
    insta::assert_snapshot!(both(world, &["curate", "add", "whole", "flask", "click"]), @"
    fetching nothing more, 2 files are here, for Python 3.11 on linux x86_64; `--python` and `--platform` name others
      + click-8.0-py3-none-any.whl  954 B
      + flask-3.0-py3-none-any.whl  1.0 KiB
    recorded 2 files; nothing is vouched for until you sign
    next: packman curate sign whole
    ");
}

/// What only other platforms need and nobody has is told for the first few; the rest is counted.
#[test]
fn what_no_lock_will_find_is_told_in_few_lines() {
    let mut tool = module("tool", "1.0");
    for number in 0..9 {
        tool = tool.requires(&format!("absent-{number}; sys_platform == 'win32'"));
    }
    let stage = Stage::published(vec![tool]);
    let world = &stage.world;
    for (dir, more) in [("one", None), ("two", Some("--this-platform-only"))] {
        world.ok(&["curate", "init", dir, "--title", "T", "--maintainer", "M", "--no-passphrase"]);
        let add = ["curate", "add", dir, "tool", "--with-dependencies"];
        let said = both(world, &[&add, more.as_slice()].concat());
        let told = said.matches("the index has no wheel for `absent-").count();
        assert_eq!(
            (told, said.contains("nor for 6 more")),
            if more.is_none() { (3, true) } else { (0, false) },
            "{said}"
        );
    }
    // By itself it asks for no less.
    world.ok(&["curate", "add", "two", "tool", "--this-platform-only"]);
}

/// What is kept is not fetched, and is not said to be.
#[test]
fn what_is_said_to_be_fetched_is_fetched() {
    let stage = Stage::published(vec![module("flask", "3.0"), module("click", "8.0")]);
    let world = &stage.world;
    let init = |dir: &str| {
        world.ok(&["curate", "init", dir, "--title", "T", "--maintainer", "M", "--no-passphrase"]);
    };
    for dir in ["one", "two", "three"] {
        init(dir);
    }
    world.clear_cache();
    let first = |arguments: &[&str]| {
        let said = both(world, arguments);
        said.lines().find(|line| line.contains("--platform")).unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(first(&["curate", "add", "one", "flask"]), @"fetching 1 file, 954 B, for Python 3.11 on linux x86_64; `--python` and `--platform` name others");
    insta::assert_snapshot!(first(&["curate", "add", "two", "flask", "click"]), @"fetching 1 file, 954 B; 1 more is here, for Python 3.11 on linux x86_64; `--python` and `--platform` name others");
    insta::assert_snapshot!(first(&["curate", "add", "three", "flask", "click"]), @"fetching nothing more, 2 files are here, for Python 3.11 on linux x86_64; `--python` and `--platform` name others");
}

#[test]
fn start_says_where_the_keys_lie_and_that_the_rest_is_published() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let world = &stage.world;
    std::fs::write(world.path("requirements.txt"), "flask\nabsent\n./local\n").unwrap();
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
    insta::assert_snapshot!(both(world, &start), @r#"
    fetching nothing more, 1 file is here, for Python 3.11 on linux x86_64; `--python` and `--platform` name others
    to be vouched for: 1 new file
      + flask-3.0-py3-none-any.whl  954 B  N days old    nobody reviewed
    not taken: `./local` (`requirements.txt`, line 3): it is a file or folder of this machine
      way on: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
    not taken: the package index has no `absent`:
      you asked for `absent` (requirements.txt:2)
      way on: look how it is spelled; name the index that has it with `--index URL`; or record a wheel of your own: `packman curate add DIR NAME --from FOLDER --copy-files`
    vouched for 1 file in 1 project
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `team`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install flask
      in 90 days at the latest: packman curate sign database && packman curate publish database --to team
    error: 2 were not taken, for the reasons above
      because: the rest was signed, published and trusted
    "#);
    // The second time there is nothing to tell of keys.
    assert!(!both(world, &start).contains("private keys"));
}

#[test]
fn a_lock_is_refused_its_folder_before_anything_is_asked() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    stage.mirror.take_asked();
    insta::assert_snapshot!(both(world, &["lock", "--universal", "flask", "-o", "no/where/pylock.toml"]), @"
    error: there is no folder `no/where` to write the lock into
      hint: `mkdir -p no/where` makes it
    ");
    assert_eq!(stage.mirror.take_asked(), Vec::<String>::new());
    std::fs::create_dir_all(world.path("no/where")).unwrap();
    world.ok(&["lock", "--universal", "flask", "-o", "no/where/pylock.toml"]);
}

#[test]
fn what_is_no_python_is_told_what_one_is() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    insta::assert_snapshot!(both(world, &["install", "--python", "NOTPYTHON", "flask"]), @"
    error: `NOTPYTHON` is not there, wanted a Python
      hint: `--python` takes the path of an interpreter, or a name in PATH such as `python3`
    ");
    std::fs::write(world.path("text"), "no program").unwrap();
    insta::assert_snapshot!(both(world, &["install", "--python", "./text", "flask"]), @"
    error: `././text` cannot be started: permission denied
      hint: `--python` takes the path of an interpreter, or a name in PATH such as `python3`
    ");
}

/// A host that speaks plain HTTP where TLS was wanted.
#[test]
fn tls_where_none_is_spoken_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain_http = std::thread::spawn(move || {
        // As often as somebody may ask again, and no more.
        for connection in listener.incoming().take(1).flatten() {
            let mut connection = connection;
            let mut hello = [0; 64];
            let _ = connection.read(&mut hello);
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        }
    });
    let number = "12345 ".repeat(12);
    let run = bare_world().run(&["trust", "add", &format!("https://127.0.0.1:{port}/"), "--number", &number]);
    plain_http.join().unwrap();
    assert!(run.stderr.contains("does not speak TLS"), "{}", run.stderr);
}

#[test]
fn one_is_not_said_as_many() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(both(world, &["cache", "verify"]), @"
    read 1 unpacked wheel and 1 downloaded file, every byte
    all of it is as it was kept
    ");
    insta::assert_snapshot!(both(world, &["cache", "prune", "--not-linked"]), @"removed 0 unpacked wheels and 0 other files, 0 B");
}

/// Names of people, with accents written either way, are shown as they are; what acts is not.
#[test]
fn names_with_accents_are_read() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let world = &stage.world;
    let maintainer = "Jose\u{301} Nguye\u{302}\u{303}n <jose@example.org>";
    world.ok(&["curate", "init", "team", "--title", "हिन्दी", "--maintainer", maintainer, "--no-passphrase"]);
    world.ok(&["curate", "add", "team", "flask"]);
    world.ok(&["curate", "sign", "team", "--yes"]);
    world.ok(&["curate", "publish", "team", "--to", "team-site"]);
    let number = world.ok(&["curate", "number", "team"]).stdout.trim().to_owned();
    let added = both(world, &["trust", "add", "team-site", "--number", &number]);
    assert!(added.contains(maintainer) && added.contains("`हिन्दी`"), "{added}");
}

#[test]
fn help_on_yes_is_true() {
    let world = bare_world();
    for command in ["install", "upgrade", "sync"] {
        let help = world.ok(&[command, "--help"]).stdout;
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("what the command did not name") && words.contains("without asking"),
            "{help}"
        );
    }
}

/// The same fact is not the headline and a reason.
#[test]
fn nothing_fits_is_said_once() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    world.venv("v");
    let said = both(world, &["install", "--venv", "v", "flask>=9"]);
    assert_eq!(said.matches("nothing fits").count(), 1, "{said}");
    insta::assert_snapshot!(said, @"
    error: nothing fits
      because: you asked for `flask>=9`
               no release is `flask>=9`; there is 3.0
    ");
}
