//! `packman curate` for several keepers, each on a machine of his own, and for a key in the ssh-agent.

use std::path::Path;

use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{MAINTAINER, Mirror, bare_world, plain, without_progress, world};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

/// Carries a file or a folder from one machine to another, as a stick does.
fn carry(from: &World, to: &World, name: &str) {
    let place = from.path(name);
    if place.is_file() {
        std::fs::copy(place, to.path(name)).unwrap();
        return;
    }
    let _ = std::fs::remove_dir_all(to.path(name));
    for (path, bytes) in snapshot(&place) {
        let path = to.path(name).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Three keepers, each with a key that was made where he is. The first begins, and any two of them are enough.
struct Keepers {
    anna: World,
    bert: World,
    carl: World,
}

impl Keepers {
    fn new(index: &PackageIndex, more: &[&str]) -> Self {
        let keepers = Self { anna: world(index), bert: bare_world(), carl: bare_world() };
        for (keeper, name) in [(&keepers.anna, "anna"), (&keepers.bert, "bert"), (&keepers.carl, "carl")] {
            keeper.ok(&["curate", "key", &format!("{name}.pem"), "--no-passphrase"]);
        }
        carry(&keepers.bert, &keepers.anna, "bert.pub");
        carry(&keepers.carl, &keepers.anna, "carl.pub");
        let init =
            ["curate", "init", "db", "--title", "Web tools", "--maintainer", MAINTAINER, "--no-passphrase"];
        let of = |flag| ["anna.pem", "bert.pub", "carl.pub"].map(|key| [flag, key]).concat();
        let keys = [&of("--key")[..], &of("--targets-key")].concat();
        let thresholds = ["--threshold", "2", "--targets-threshold", "2"];
        keepers.anna.ok(&[&init[..], &keys, &thresholds, more].concat());
        keepers
    }

    /// The second keeper signs the first root, and all three have the folder then.
    fn begun(index: &PackageIndex, more: &[&str]) -> Self {
        let keepers = Self::new(index, more);
        carry(&keepers.anna, &keepers.bert, "db");
        keepers.bert.ok(&["curate", "sign", "db", "--yes", "--key", "bert.pem", "--export", "root.zip"]);
        carry(&keepers.bert, &keepers.anna, "root.zip");
        keepers.anna.ok(&["curate", "sign", "db", "--yes", "--import", "root.zip"]);
        carry(&keepers.anna, &keepers.bert, "db");
        carry(&keepers.anna, &keepers.carl, "db");
        keepers
    }
}

/// The lines that name a key, without what differs: its id, and the beginning of one.
fn unkeyed(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('(') {
        let (id, rest) = part.split_at_checked(12).unwrap_or((part, ""));
        let is_id = rest.starts_with('…') && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        out.push_str(if is_id { "ID" } else { id });
        out.push_str(rest);
    }
    // Keys stand in the order of their ids, which differ.
    out.replace("`carl` (ID…), `bert` (ID…)", "`bert` (ID…), `carl` (ID…)")
}

#[test]
fn a_keeper_makes_a_key_and_hands_over_its_public_half() {
    let world = bare_world();
    let key = ["curate", "key", "anna.pem"];
    insta::assert_snapshot!(both(&world, &key), @"
    error: the new keys need a passphrase, and nobody gave one
      hint: type one at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE; `--no-passphrase` makes them without one
    ");
    assert!(!world.path("anna.pem").exists() && !world.path("anna.pub").exists());
    insta::assert_snapshot!(both(&world, &[&key[..], &["--no-passphrase"]].concat()), @"
    made a key in `./anna.pem`: it stays with you
      key id       SHA256
      public half  `./anna.pub`: hand this file, and nothing else, to whoever makes the database
      Tell him the id by another way, too: whoever swaps the file on its way would sign in your name.
    later: packman curate sign DIR --import FILE --export FILE --key anna.pem
    ");
    insta::assert_snapshot!(both(&world, &key), @"
    the key in `./anna.pem`
      key id       SHA256
      public half  `./anna.pub`: hand this file, and nothing else, to whoever makes the database
      Tell him the id by another way, too: whoever swaps the file on its way would sign in your name.
    later: packman curate sign DIR --import FILE --export FILE --key anna.pem
    ");
    insta::assert_snapshot!(both(&world, &["curate", "key", "anna.pub"]), @"
    the public key in `./anna.pub`
      key id  SHA256
    ");
}

#[test]
fn two_of_three_keepers_sign_a_database_by_exchanging_files() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let Keepers { anna, bert, carl } = Keepers::new(&index, &[]);
    insta::assert_snapshot!(unkeyed(&both(&anna, &["curate", "publish", "db", "--to", "site"])), @"
    error: signatures are missing: root 1 has 1 of 2; wanted of `bert` (ID…), `carl` (ID…)
      hint: each keeper signs with `packman curate sign DIR`; `--export FILE` hands on what is to be signed, `--import FILE` takes what came back
    ");
    carry(&anna, &bert, "db");
    // What he is to sign is shown to him first, keys whole; without a yes nothing is signed.
    let sign_root = ["curate", "sign", "db", "--key", "bert.pem", "--export", "root.zip"];
    insta::assert_snapshot!(unkeyed(&both(&bert, &sign_root)), @"
    root 1, good until DATE
      safety number NUMBER
      root: 2 must sign
        + key SHA256
        + key SHA256
        + key SHA256
      timestamp: 1 must sign
        + key SHA256
      snapshot: 1 must sign
        + key SHA256
      targets: 2 must sign
        + key SHA256
        + key SHA256
        + key SHA256
    error: nothing was signed: nobody agreed to it
      hint: after a look at the list, `--yes` signs it
    ");
    assert!(!bert.path("root.zip").exists());
    insta::assert_snapshot!(unkeyed(&both(&bert, &[&sign_root[..], &["--yes"]].concat())), @"
    root 1, good until DATE
      safety number NUMBER
      root: 2 must sign
        + key SHA256
        + key SHA256
        + key SHA256
      timestamp: 1 must sign
        + key SHA256
      snapshot: 1 must sign
        + key SHA256
      targets: 2 must sign
        + key SHA256
        + key SHA256
        + key SHA256
    signed root 1
    next: hand root.zip to the others; each: packman curate sign DIR --import FILE
    ");
    carry(&bert, &anna, "root.zip");
    insta::assert_snapshot!(unkeyed(&both(&anna, &["curate", "sign", "db", "--yes", "--import", "root.zip"])), @"
    signed root 1
    next: packman curate publish db --to FOLDER
    ");
    carry(&anna, &carl, "db");
    let number = anna.ok(&["curate", "number", "db"]).stdout;
    assert_eq!(number, carl.ok(&["curate", "number", "db"]).stdout);

    anna.ok(&["curate", "add", "db", "flask"]);
    insta::assert_snapshot!(unkeyed(&both(&anna, &["curate", "sign", "db", "--yes", "--export", "first.zip"])), @"
    to be vouched for: 1 new file
      + flask-3.0-py3-none-any.whl  954 B  N days old    nobody reviewed
    proposed version 1
      signatures missing: targets 1 has 1 of 2; wanted of `bert` (ID…), `carl` (ID…)
    next: hand first.zip to the others; each: packman curate sign DIR --import FILE --export FILE
    ");
    anna.ends(1, "signatures-missing", &["curate", "publish", "db", "--to", "site"]);
    carry(&anna, &carl, "first.zip");
    let sign =
        ["curate", "sign", "db", "--import", "first.zip", "--export", "second.zip", "--key", "carl.pem"];
    insta::assert_snapshot!(unkeyed(&both(&carl, &[&sign[..], &["--yes"]].concat())), @"
    targets 1, to be signed: SHA-256 SHA256
    to be vouched for: 1 new file
      + flask-3.0-py3-none-any.whl  954 B  N days old    nobody reviewed
    proposed version 1
      all keepers signed; whoever has the online key puts it in force
    next: hand second.zip to the others; each: packman curate sign DIR --import FILE --export FILE
    ");
    carry(&carl, &anna, "second.zip");
    insta::assert_snapshot!(both(&anna, &["curate", "sign", "db", "--yes", "--import", "second.zip"]), @"
    signed version 1
      root       version 1  good until DATE
      timestamp  version 1  good until DATE
      snapshot   version 1  good until DATE
      targets    version 1  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    anna.ok(&["curate", "publish", "db", "--to", "site"]);
    for keeper in [&anna, &bert, &carl] {
        for (path, bytes) in snapshot(&keeper.path("db")).into_iter().chain(snapshot(&keeper.path("site"))) {
            assert!(!String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"), "{}", path.display());
        }
    }

    let user = bare_world();
    carry(&anna, &user, "site");
    let mirror = Mirror::of(user.path("site"));
    user.venv("v");
    user.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", number.trim()]);
    // The files are where the index has them.
    user.ok(&["install", "--venv", "v", "flask"]);
    assert!(user.ok(&["list", "--venv", "v"]).stdout.contains("flask"));
}

#[test]
fn what_a_stranger_hands_over_is_refused() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let Keepers { anna, bert, carl } = Keepers::begun(&index, &[]);
    anna.ok(&["curate", "add", "db", "flask"]);
    anna.ok(&["curate", "sign", "db", "--yes", "--export", "first.zip"]);
    carry(&anna, &bert, "first.zip");
    // Another database's file, one that was harmed on its way, one that is none; a key that is nobody's.
    let other = Keepers::begun(&index, &[]);
    other.anna.ok(&["curate", "add", "db", "flask"]);
    other.anna.ok(&["curate", "sign", "db", "--yes", "--export", "first.zip"]);
    std::fs::copy(other.anna.path("first.zip"), bert.path("other.zip")).unwrap();
    let honest = std::fs::read(bert.path("first.zip")).unwrap();
    let place = honest.windows(9).rposition(|window| window == b"flask-3.0").unwrap();
    let mut harmed = honest.clone();
    harmed[place] = b'g';
    std::fs::write(bert.path("harmed.zip"), harmed).unwrap();
    std::fs::write(bert.path("none.zip"), "nothing").unwrap();
    let before = snapshot(&bert.path("db"));
    for file in ["other.zip", "harmed.zip", "none.zip", "absent.zip"] {
        let sign =
            ["curate", "sign", "db", "--yes", "--import", file, "--export", "out.zip", "--key", "bert.pem"];
        bert.ends(3, "bad-proposal", &sign);
        assert!(!bert.path("out.zip").exists(), "{file}");
        let after: Vec<_> = snapshot(&bert.path("db"))
            .into_iter()
            .filter(|(path, _)| !path.ends_with(".packman-lock"))
            .collect();
        let kept: Vec<_> =
            before.clone().into_iter().filter(|(path, _)| !path.ends_with(".packman-lock")).collect();
        assert_eq!(after, kept, "{file}");
    }
    // A key that is nobody's here adds nothing.
    bert.ok(&["curate", "key", "stranger.pem", "--no-passphrase"]);
    let sign = ["curate", "sign", "db", "--yes", "--import", "first.zip", "--export", "out.zip", "--key"];
    let run = bert.run(&[&sign[..], &["stranger.pem"]].concat());
    assert!(run.code != 0 || run.stderr.contains("1 of 2"), "{run:?}");
    drop(carl);
}

#[test]
fn two_of_three_keepers_sign_a_list() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let Keepers { anna, bert, carl } = Keepers::begun(&index, &["--list"]);
    // What is listed: a database of somebody else.
    let scapegoat = world(&index);
    crate::support::publish(&scapegoat, &["flask".to_owned()], &[]);
    let database = Mirror::of(scapegoat.path("site"));
    let number = scapegoat.ok(&["curate", "number", "db"]).stdout;
    anna.ok(&["curate", "add", "db", "web", &database.url(), "--number", number.trim()]);
    anna.ok(&["curate", "sign", "db", "--yes", "--export", "first.zip"]);
    anna.ends(1, "signatures-missing", &["curate", "publish", "db", "--to", "site"]);
    carry(&anna, &carl, "first.zip");
    let sign =
        ["curate", "sign", "db", "--import", "first.zip", "--export", "second.zip", "--key", "carl.pem"];
    insta::assert_snapshot!(unkeyed(&both(&carl, &[&sign[..], &["--yes"]].concat())), @"
    targets 1, to be signed: SHA-256 SHA256
    changes of the list: 1 database
      + web: `Web tools`
        at `http://HOST/`
        safety number NUMBER
        for *
    proposed version 1
      all keepers signed; whoever has the online key puts it in force
    next: hand second.zip to the others; each: packman curate sign DIR --import FILE --export FILE
    ");
    carry(&carl, &anna, "second.zip");
    anna.ok(&["curate", "sign", "db", "--yes", "--import", "second.zip"]);
    anna.ok(&["curate", "publish", "db", "--to", "site"]);
    drop(bert);

    let user = bare_world();
    carry(&anna, &user, "site");
    let (list, own) = (Mirror::of(user.path("site")), anna.ok(&["curate", "number", "db"]).stdout);
    user.ok(&["trust", "add", &list.url(), "--as", "list", "--number", own.trim()]);
    user.ok(&["trust", "add", "web"]);
    user.venv("v");
    user.ok(&["install", "--venv", "v", "flask"]);
}

#[cfg(unix)]
mod agent {
    use std::process::{Child, Stdio};

    use super::*;
    use crate::support::sign_and_publish;

    /// An ssh-agent of this test's own, ended with it.
    struct Agent(Child);

    impl Drop for Agent {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// OpenSSH's agent with one key; `None` where it is not installed.
    fn with_agent(world: &mut World) -> Option<Agent> {
        let socket = world.path("agent");
        world.set("SSH_AUTH_SOCK", &socket);
        let quiet = |world: &World, program: &str, arguments: &[&str]| {
            let mut command = world.other_command(Path::new(program));
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let agent =
            quiet(world, "ssh-agent", &["-D", "-a", &socket.to_string_lossy()]).spawn().ok().map(Agent)?;
        let made = quiet(
            world,
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-C", "me@example.org", "-f", "id"],
        );
        assert!({ made }.status().unwrap().success());
        // It listens a moment after it was begun.
        assert!((0..1_000).any(|_| quiet(world, "ssh-add", &["id"]).status().unwrap().success()));
        Some(agent)
    }

    #[allow(clippy::print_stdout, reason = "it says that it was skipped")]
    #[test]
    fn a_key_in_the_ssh_agent_makes_signs_and_rotates_a_database() {
        let index = PackageIndex::of([module("flask", "3.0"), module("flask", "3.1")]);
        let mut world = world(&index);
        let Some(agent) = with_agent(&mut world) else {
            println!("skipped: there is no ssh-agent on this machine");
            return;
        };
        // The private half is nowhere but in the agent.
        std::fs::remove_file(world.path("id")).unwrap();
        let init =
            ["curate", "init", "db", "--title", "Web tools", "--maintainer", MAINTAINER, "--no-passphrase"];
        world.ends(1, "agent-key", &[&init[..], &["--ssh-agent", "you@example.org"]].concat());
        world.ok(&[&init[..], &["--ssh-agent", "me@example.org"]].concat());
        world.ok(&["curate", "add", "db", "flask==3.0"]);
        sign_and_publish(&world);
        // Its id is the one that `curate key` tells of the public line.
        let id = world.ok(&["curate", "key", "id.pub", "--json"]).stdout;
        let id = id.split('"').find(|part| part.len() == 64).unwrap().to_owned();
        let targets = std::fs::read_to_string(world.path("site/metadata/1.targets.json")).unwrap();
        assert!(targets.contains(&id), "{targets}");

        let mirror = Mirror::of(world.path("site"));
        let number = world.ok(&["curate", "number", "db"]).stdout;
        world.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", number.trim()]);
        world.venv("v");
        world.ok(&["install", "--venv", "v", "flask"]);
        world.ok(&["curate", "rotate", "db", "--online"]);
        world.ok(&["curate", "add", "db", "flask==3.1"]);
        sign_and_publish(&world);
        world.ok(&["upgrade", "--venv", "v", "flask"]);
        assert!(world.ok(&["list", "--venv", "v"]).stdout.contains("3.1"));

        // Without the agent nobody signs, and the online key prolongs.
        drop(agent);
        let before = snapshot(&world.path("db/metadata"));
        world.ends(4, "ssh-agent", &["curate", "sign", "db", "--yes"]);
        assert_eq!(snapshot(&world.path("db/metadata")), before);
        world.ok(&["curate", "refresh", "db"]);
    }
}
