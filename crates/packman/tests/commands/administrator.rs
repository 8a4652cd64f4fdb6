//! An administrator's ring in `/etc/packman`: in a mount namespace of its own, where this machine's `/etc` is a copy. Only
//! root can make one whose files are root's; for others there is nothing to see.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use testkit::packages::module;
use testkit::world::{Run, World};

use crate::support::{MAINTAINER, Stage, at, kept, plain, said};

const PACKMAN: &str = env!("CARGO_BIN_EXE_packman");

/// A machine that somebody administers.
struct Machine {
    stage: Stage,
    etc: PathBuf,
}

impl Machine {
    /// The administrator trusts `web` for flask and click; a second scapegoat's `other-site` has them, and `alone`, too.
    fn administered() -> Option<Self> {
        let stage =
            Stage::published(vec![module("flask", "3.0"), module("click", "8.0"), module("alone", "1.0")]);
        let etc = stage.world.path("etc");
        let may = "test $(id -u) = 0 && unshare -m true && cp -a /etc \"$1\" && mkdir -p \"$1/packman\"";
        if sh(&stage.world, may, &[&etc]).code != 0 {
            return None;
        }
        let world = &stage.world;
        world.ok(&[
            "curate",
            "init",
            "other",
            "--title",
            "Own",
            "--maintainer",
            MAINTAINER,
            "--no-passphrase",
        ]);
        stage.index.add(&module("flask", "9.9"));
        world.ok(&["curate", "add", "other", "flask==9.9", "alone", "--this-platform-only"]);
        world.ok(&["curate", "sign", "other", "--yes"]);
        world.ok(&["curate", "publish", "other", "--to", "other-site"]);
        world.venv("v");
        let machine = Self { stage, etc };
        let (url, number) = (machine.stage.mirror.url(), machine.stage.number());
        let add = ["trust", "add", &url, "--as", "web", "--number", &number, "--scope", "flask", "click"];
        machine.as_administrator(&add);
        Some(machine)
    }

    /// What an administrator does: PackMan's own commands on his own home.
    fn as_administrator(&self, arguments: &[&str]) {
        let home = self.etc.join("packman");
        let mut command = self.stage.world.command(&self.stage.world.folder());
        let run = testkit::world::finish(command.env("PACKMAN_HOME", home).args(arguments));
        assert_eq!(run.code, 0, "{}", run.stderr);
        self.change(|ring| ring);
    }

    /// Edits the administrator's ring by hand; every user may read it.
    fn change(&self, change: impl FnOnce(String) -> String) {
        let path = self.ring();
        let ring = change(std::fs::read_to_string(&path).unwrap());
        std::fs::write(&path, ring).unwrap();
        assert_eq!(sh(&self.stage.world, "chmod -R go+rX,go-w \"$1/packman\"", &[&self.etc]).code, 0);
    }

    fn ring(&self) -> PathBuf {
        self.etc.join("packman/ring.toml")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.stage.world.other_command(Path::new("unshare"));
        let inside = "mount --bind \"$1\" /etc && shift && exec \"$@\"";
        command.args(["-m", "sh", "-c", inside, "sh"]).arg(&self.etc).arg(PACKMAN).args(arguments);
        testkit::world::finish(&mut command)
    }

    fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "packman {}\n{}{}", arguments.join(" "), run.stdout, run.stderr);
        run
    }

    #[track_caller]
    fn ends(&self, exit: i32, code: &str, arguments: &[&str]) -> Run {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((run.code, run.error_code().as_str()), (exit, code), "{arguments:?}\n{}", run.stderr);
        run
    }

    /// The user's own database, for these names.
    fn add_own(&self, scope: &[&str]) -> Vec<String> {
        let number = self.stage.world.ok(&["curate", "number", "other"]).stdout;
        let add = ["trust", "add", "other-site", "--as", "own", "--number", number.trim(), "--scope"];
        add.iter().chain(scope).map(|&text| text.to_owned()).collect()
    }
}

fn sh(world: &World, script: &str, arguments: &[&PathBuf]) -> Run {
    let mut command = world.other_command(Path::new("sh"));
    testkit::world::finish(command.args(["-c", script, "sh"]).args(arguments))
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn an_administrators_ring_comes_first_and_no_variable_takes_it_away() {
    let Some(machine) = Machine::administered() else { return };
    let world = &machine.stage.world;
    insta::assert_snapshot!(plain(world, &machine.ok(&["trust", "list"]).stdout).trim_end(), @"[#]  web  signed, compared, administrator's  for click flask  3 projects  good until DATE  http://HOST/");
    // The user never met it: what the administrator remembers is where he begins.
    machine.ok(&["install", "--venv", "v", "flask"]);
    let receipt = world.path("v/lib").read_dir().unwrap().next().unwrap().unwrap().path();
    let receipt = receipt.join("site-packages/flask-3.0.dist-info/packman.json");
    let receipt = std::fs::read_to_string(receipt).unwrap();
    assert!(receipt.contains("\"signed, compared, administrator's\""), "{receipt}");
    let info = machine.ok(&["info", "flask"]).stdout;
    assert!(info.contains("[#] signed, compared, administrator's"), "{info}");
    let json = machine.ok(&["trust", "show", "web", "--json"]);
    assert_eq!(at(&json.json(), &["administrators"]).as_bool(), Some(true));
    // His word alone counts for his names, whatever the user adds and prefers.
    machine.ends(1, "administrator", &texts(&machine.add_own(&["flask"])));
    machine.ok(&texts(&machine.add_own(&["*"])));
    machine.ok(&["trust", "prefer", "own"]);
    let info = machine.ok(&["info", "flask"]).stdout;
    assert!(info.contains("vouched for by web") && !info.contains("9.9"), "{info}");
    machine.ok(&["install", "--venv", "v", "alone"]);
    assert!(!std::fs::read_to_string(world.home().join("ring.toml")).unwrap().contains("\"web\""));
}

#[test]
fn what_is_the_administrators_a_user_cannot_change() {
    let Some(machine) = Machine::administered() else { return };
    machine.as_administrator(&["trust", "policy", "require-review=human"]);
    machine.as_administrator(&["trust", "quorum", "1", "web"]);
    let world = &machine.stage.world;
    let before = (kept(world, None), std::fs::read(machine.ring()).unwrap());
    for change in [
        &["trust", "remove", "web"][..],
        &["trust", "scope", "web", "x"],
        &["trust", "prefer", "web"],
        &["trust", "keep", "web"],
    ] {
        machine.ends(1, "administrator", change);
    }
    machine.ends(1, "ring", &["trust", "quorum", "--remove"]);
    let run = machine.run(&["trust", "policy", "require-review=none"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: your administrator's policy forbids that, and yours cannot allow it
      hint: `packman trust list` shows what is his; ask him, if it should be otherwise
    ");
    assert!((kept(world, None), std::fs::read(machine.ring()).unwrap()) == before);
    machine.ends(1, "unreviewed", &["install", "--venv", "v", "flask"]);
    // By hand neither: his holds beside it.
    std::fs::create_dir_all(world.home()).unwrap();
    std::fs::write(
        world.home().join("ring.toml"),
        "format = 1\n[policy]\nforbid-unverified = true\n# end of the ring\n",
    )
    .unwrap();
    machine.ends(1, "unreviewed", &["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(machine.ok(&["trust", "policy"]).stdout.trim_end(), @"
    quorum  for *  1 of web must agree, administrator's
    policy  require-review=human, forbid-unverified
            of these your administrator's: require-review=human
    ");
}

#[test]
fn an_administrator_who_allows_only_his_own_is_obeyed() {
    let Some(machine) = Machine::administered() else { return };
    machine.ok(&texts(&machine.add_own(&["alone"])));
    machine.ok(&["install", "--venv", "v", "--dry-run", "alone"]);
    machine.change(|ring| ring.replace("format = 1", "format = 1\nonly = true"));
    machine.ends(1, "not-vouched", &["install", "--venv", "v", "--dry-run", "alone"]);
    machine.ok(&["trust", "remove", "own"]);
    machine.ends(1, "administrator", &texts(&machine.add_own(&["more"])));
    machine.ok(&["install", "--venv", "v", "flask"]);
}

#[test]
fn an_administrators_ring_that_others_can_write_is_refused() {
    let Some(machine) = Machine::administered() else { return };
    let world = &machine.stage.world;
    let etc = &machine.etc;
    for (spoil, mend) in [
        ("chmod 666 \"$1/packman/ring.toml\"", "chmod 644 \"$1/packman/ring.toml\""),
        ("chmod 664 \"$1/packman/ring.toml\"", "chmod 644 \"$1/packman/ring.toml\""),
        ("chown 12345 \"$1/packman/ring.toml\"", "chown 0 \"$1/packman/ring.toml\""),
        ("chmod 777 \"$1/packman\"", "chmod 755 \"$1/packman\""),
        ("chmod 1777 \"$1/packman\"", "chmod 755 \"$1/packman\""),
        ("chown 12345 \"$1/packman\"", "chown 0 \"$1/packman\""),
        ("chmod 777 \"$1\"", "chmod 755 \"$1\""),
        (
            "mv \"$1/packman/ring.toml\" \"$1/there\" && chown 12345 \"$1/there\" && ln -s ../there \"$1/packman/ring.toml\"",
            "chown 0 \"$1/there\" && mv \"$1/there\" \"$1/packman/ring.toml\"",
        ),
    ] {
        assert_eq!(sh(world, spoil, &[etc]).code, 0);
        for command in [&["trust", "list"][..], &["install", "--venv", "v", "flask"], &["trust", "policy"]] {
            machine.ends(3, "state-exposed", command);
        }
        assert_eq!(sh(world, mend, &[etc]).code, 0);
        machine.ok(&["trust", "list"]);
    }
    sh(world, "chmod -R a+w \"$1/packman/state\"", &[etc]);
    let run = machine.run(&["install", "--venv", "v", "flask"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("somebody else than root can change"), "{}", run.stderr);
}

#[test]
fn an_administrators_ring_that_makes_no_sense_is_never_passed_over() {
    let Some(machine) = Machine::administered() else { return };
    let right = std::fs::read_to_string(machine.ring()).unwrap();
    for wrong in [
        "",
        "nonsense",
        &right.replace("# end of the ring\n", ""),
        &right.replace("[[database]]", "[[databases]]"),
    ] {
        machine.change(|_| wrong.to_owned());
        machine.ends(3, "state-damaged", &["trust", "list"]);
        machine.ends(3, "state-damaged", &["install", "--venv", "v", "flask"]);
    }
    machine.change(|_| right);
    sh(&machine.stage.world, "rm -r \"$1/packman/state\"", &[&machine.etc]);
    let run = machine.ends(3, "state-damaged", &["install", "--venv", "v", "flask"]);
    assert!(run.stderr.contains("not beside his trust ring"), "{}", run.stderr);
}

/// The administrator at work on his own home is not under himself.
#[test]
fn an_administrator_is_not_under_himself() {
    let Some(mut machine) = Machine::administered() else { return };
    machine.change(|ring| ring.replace("format = 1", "format = 1\nonly = true"));
    let add = machine.add_own(&["alone"]);
    machine.stage.world.set("PACKMAN_HOME", "/etc/packman");
    machine.ok(&texts(&add));
    let listed = machine.ok(&["trust", "list"]).stdout;
    assert!(listed.contains("own") && !listed.contains("administrator"), "{listed}");
}
