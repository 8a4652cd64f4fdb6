//! A home that was edited into nonsense, cut short or opened to others, and a clock that is wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_strict::time::Time;
use packman_tuf::SafetyNumber;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::user::{User, good};
use crate::support::{Stage, kept, publish, said, world};

/// The commands that go by the ring and by what is remembered.
const COMMANDS: [&[&str]; 8] = [
    &["trust", "list"],
    &["trust", "show", "web"],
    &["trust", "refresh"],
    &["trust", "scope", "web", "*"],
    &["trust", "remove", "web"],
    &["info", "flask"],
    &["search", "flask"],
    &["install", "--venv", "v", "flask"],
];

fn stage() -> Stage {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0")]);
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "click"]);
    stage
}

/// The one state file of a world, relative to its home.
fn state_file(world: &World) -> PathBuf {
    let mut states = snapshot(&world.home()).into_keys().filter(|path| path.starts_with("state"));
    states.next().unwrap()
}

/// Changes a file of the home: every command that needs it refuses it by name and touches nothing; what is asked of the
/// environment alone goes on.
fn refused(stage: &Stage, file: &Path, code: &str, commands: &[&[&str]], change: impl FnOnce(&Path)) {
    let world = &stage.world;
    let path = world.home().join(file);
    let right = std::fs::read(&path).unwrap();
    change(&path);
    let before = kept(world, Some(&world.path("v")));
    for command in commands {
        let run = world.ends(3, code, command);
        assert!(run.stderr.contains(&*file.to_string_lossy()), "{command:?}: {}", run.stderr);
        assert!(kept(world, Some(&world.path("v"))) == before, "{command:?} touched something");
    }
    world.ok(&["list", "--venv", "v"]);
    std::fs::write(&path, right).unwrap();
}

#[test]
fn a_ring_edited_into_nonsense_is_never_taken_for_an_empty_one() {
    let stage = stage();
    let ring = String::from_utf8(std::fs::read(stage.world.home().join("ring.toml")).unwrap()).unwrap();
    let half = ring.get(..ring.len() / 2).unwrap();
    let without_entries = ring.replace("[[database]]", "[[databases]]");
    let (head, entry) = ring.split_once("[[database]]").unwrap();
    let twice = format!("{head}[[database]]{}[[database]]{entry}", entry.replace("# end of the ring", ""));
    let wrong = [
        "",
        "# end of the ring\n",
        "nonsense",
        // Cut off between two tables: all that is left makes sense.
        &ring.replace("# end of the ring\n", ""),
        half,
        &without_entries,
        &twice,
        &ring.replace("format = 1", "format = 2"),
        &ring.replace("scope = [\"*\"]", "scope = \"*\""),
        &ring.replace("scope = [\"*\"]", "scope = [\"*\"]\nscpoe = [\"flask\"]"),
        &ring.replace("name = \"web\"", "name = \"../web\""),
        &ring.replace("learnt = \"compared\"", "learnt = \"certainly\""),
        &ring.replace("chain = \"", "chain = \"../"),
        // A mistyped rule must not be one that allows more.
        &ring.replacen("[[database]]", "[policy]\nforbid-unverifed = true\n\n[[database]]", 1),
        &ring.replace("# end", "[[quorum]]\nprojects = [\"*\"]\nagree = 0\nof = [\"web\"]\n\n# end"),
    ];
    for text in wrong {
        assert_ne!(text, ring, "it is changed");
        refused(&stage, Path::new("ring.toml"), "state-damaged", &COMMANDS, |path| {
            std::fs::write(path, text).unwrap();
        });
    }
    refused(&stage, Path::new("ring.toml"), "state-damaged", &COMMANDS, |path| {
        std::fs::write(path, [0xff, 0xfe, 0x00]).unwrap();
    });
    stage.world.ok(&["trust", "list"]);
}

/// Commands that read what is remembered; the others need the ring alone.
const REMEMBERING: [&[&str]; 6] = [
    &["trust", "list"],
    &["trust", "show", "web"],
    &["trust", "refresh"],
    &["info", "flask"],
    &["search", "flask"],
    &["install", "--venv", "v", "flask"],
];

fn changed_text(state: &[u8], from: &str, to: &str) -> Vec<u8> {
    let place = state.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut changed = state.to_vec();
    changed[place..place + to.len()].copy_from_slice(to.as_bytes());
    changed
}

#[test]
fn a_state_that_is_damaged_is_never_taken_for_an_empty_one() {
    let stage = stage();
    let file = state_file(&stage.world);
    let state = std::fs::read(stage.world.home().join(&file)).unwrap();
    let mut changes: Vec<Vec<u8>> =
        vec![Vec::new(), b"packman-state 1 \n".to_vec(), [&state[..], b"\n"].concat()];
    changes.extend([1, 10, 100, state.len() / 2, state.len() - 1].map(|length| state[..length].to_vec()));
    changes.extend([0, 20, 90, state.len() / 2, state.len() - 2].map(|place| {
        let mut changed = state.clone();
        changed[place] ^= 0x01;
        changed
    }));
    // Well signed all of it, and the time that was seen moved by a century.
    let later = changed_text(&state, "good 1 20", "good 1 21");
    changes.push(later);
    for changed in changes {
        refused(&stage, &file, "state-damaged", &REMEMBERING, |path| std::fs::write(path, changed).unwrap());
    }
    let run = stage.world.ok(&["trust", "list"]);
    assert!(run.stdout.contains("web"), "what is right again is believed again");
}

#[test]
fn a_state_that_is_gone_is_not_begun_anew_silently() {
    let stage = stage();
    let world = &stage.world;
    std::fs::remove_file(world.home().join(state_file(world))).unwrap();
    let before = kept(world, Some(&world.path("v")));
    for command in REMEMBERING {
        let run = world.ends(3, "state-damaged", command);
        assert!(kept(world, Some(&world.path("v"))) == before, "{}", run.stderr);
    }
    let run = world.run(&["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: database `web` refused
      because: what was remembered of it is gone from your PackMan home
      hint: `packman trust remove web`, then `packman trust add` with its safety number
      hint: see `packman explain state-damaged`
    ");
    // The way back that it names.
    world.ok(&["trust", "remove", "web"]);
    stage.trust();
    world.ok(&["install", "--venv", "v", "flask"]);
}

/// Whole, signed, and of somebody else: a state stands for the chain in its name only.
#[test]
fn the_state_of_another_database_does_not_take_its_place() {
    let stage = stage();
    let other = world(&stage.index);
    publish(&other, &["flask==3.0".to_owned()], &[]);
    let number = other.ok(&["curate", "number", "db"]).stdout;
    other.ok(&["trust", "add", "site", "--as", "web", "--number", &number]);
    let others = std::fs::read(other.home().join(state_file(&other))).unwrap();
    let file = state_file(&stage.world);
    refused(&stage, &file, "state-damaged", &REMEMBERING, |path| std::fs::write(path, others).unwrap());
}

/// What a kill between writing and renaming leaves behind.
#[test]
fn a_state_that_was_never_finished_is_passed_over() {
    let stage = stage();
    let world = &stage.world;
    let state = std::fs::read(world.home().join(state_file(world))).unwrap();
    std::fs::write(world.home().join("state/.packman-tmp-abc"), &state[..state.len() / 2]).unwrap();
    std::fs::write(world.home().join(".packman-tmp-def"), "[[database]]").unwrap();
    for command in COMMANDS.iter().filter(|command| command[1] != "remove") {
        world.ok(command);
    }
}

#[cfg(unix)]
#[test]
fn what_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = stage();
    let home = stage.world.home();
    let set =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let state = state_file(&stage.world);
    refused(&stage, Path::new("ring.toml"), "state-exposed", &COMMANDS, |path| set(path, 0o666));
    set(&home.join("ring.toml"), 0o600);
    refused(&stage, &state, "state-exposed", &REMEMBERING, |path| set(path, 0o606));
    set(&home.join(&state), 0o600);
    // Whoever can write the folder can put another file there.
    refused(&stage, Path::new("ring.toml"), "state-exposed", &COMMANDS, |_| set(&home, 0o777));
    let run = stage.world.run(&["trust", "list"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `~/home/ring.toml` refused
      because: others can write it, so anybody could have
      hint: `chmod go-w ~/home`, after a look at what is in it
      hint: see `packman explain state-exposed`
    ");
    // All that is so is told at once: who mends one does not meet the next.
    set(&home.join("ring.toml"), 0o666);
    set(&home.join("state"), 0o777);
    set(&home.join(&state), 0o606);
    let run = stage.world.run(&["trust", "list"]);
    let words = said(&stage.world, &run);
    let hint = words.lines().find(|line| line.contains("chmod")).unwrap();
    insta::assert_snapshot!(hint, @"  hint: `chmod go-w ~/home ~/home/ring.toml ~/home/state ~/home/state/SHA256.tuf`, after a look at what is in it");
    for path in [home.clone(), home.join("state")] {
        set(&path, 0o700);
    }
    for path in [home.join("ring.toml"), home.join(&state)] {
        set(&path, 0o600);
    }
    stage.world.ok(&["trust", "list"]);
}

/// Nobody's rights can be taken away from what is somebody else's: the remedy is another one.
#[cfg(unix)]
#[test]
fn a_home_of_another_user_is_refused_by_his_name() {
    use std::os::unix::fs::MetadataExt as _;
    let stage = stage();
    let home = stage.world.home();
    if std::fs::metadata(&home).unwrap().uid() != 0 {
        // Only an administrator can give a file away.
        return;
    }
    for (path, user) in [(home.join("ring.toml"), 12_345), (home.clone(), 12_346)] {
        std::os::unix::fs::chown(&path, Some(user), None).unwrap();
        let run = stage.world.ends(3, "state-exposed", &["trust", "list"]);
        assert!(!run.stderr.contains("chmod"), "{}", run.stderr);
        let run = stage.world.run(&["trust", "list"]);
        let words = said(&stage.world, &run).replace(&user.to_string(), "NUMBER");
        let words =
            words.replace("~/home/ring.toml` makes", "IT` makes").replace("~/home` makes", "IT` makes");
        insta::allow_duplicates! {
            insta::assert_snapshot!(words, @r#"
            error: `~/home/ring.toml` refused
              because: it, or its folder, belongs to `user NUMBER`, who could have written it
              hint: run it as `user NUMBER`, or set PACKMAN_HOME to a folder of your own
              hint: `sudo chown "$USER" IT` makes it yours, after a look at what is in it
              hint: see `packman explain state-exposed`
            "#);
        }
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
    stage.world.ok(&["trust", "list"]);
}

fn number(stage: &Stage) -> SafetyNumber {
    SafetyNumber::parse(&stage.number()).unwrap()
}

#[test]
fn a_clock_before_2000_revives_nothing_and_stops_nobody() {
    let stage = Stage::published(vec![module("flask", "3.0"), module("click", "8.0")]);
    let venv = stage.world.venv("v");
    let mut user = User::other(&stage.world);
    let today = user.now;
    user.trust(&stage.mirror.url(), number(&stage)).unwrap();
    for early in ["1999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "1901-12-13T20:45:52Z"] {
        user.now = Time::parse(early).unwrap();
        user.install("flask", &venv).unwrap();
        user.uninstall(&["flask"], &venv).unwrap();
    }
    // Expired since: the clock is set back to before that, and what was seen in between still counts.
    let before = user.kept();
    user.now = today.plus_days(31);
    assert_eq!(user.install("flask", &venv).unwrap_err().code(), "expired");
    assert!(good(&user.kept()) == good(&before));
    user.now = Time::parse("1999-12-31T23:59:59Z").unwrap();
    user.install("flask", &venv).unwrap();
}

#[test]
fn a_clock_far_ahead_is_an_expired_database_and_no_more() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    let mut user = User::other(&stage.world);
    let (today, empty) = (user.now, BTreeMap::new());
    user.now = Time::parse("2999-01-01T00:00:00Z").unwrap();
    assert_eq!(user.trust(&stage.mirror.url(), number(&stage)).unwrap_err().code(), "expired");
    assert_eq!(user.kept(), empty);
    user.now = today;
    user.trust(&stage.mirror.url(), number(&stage)).unwrap();
    user.now = Time::parse("2999-01-01T00:00:00Z").unwrap();
    assert_eq!(user.install("flask", &venv).unwrap_err().code(), "expired");
    user.now = today;
    user.install("flask", &venv).unwrap();
}
