//! `packman curate rotate`: a new root, and everybody who trusts the old one.

use testkit::packages::module;
use testkit::world::World;

use crate::support::{Stage, plain, sign_and_publish, without_progress};

fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    let said = plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr)));
    without_id(said.trim_end())
}

/// The text without what follows `spare-`: the id of a key that was made a moment ago.
fn without_id(text: &str) -> String {
    match text.split_once("spare-").map(|(before, rest)| (before, rest.split_at_checked(12))) {
        Some((before, Some((_, after)))) => format!("{before}spare-ID{after}"),
        _ => text.to_owned(),
    }
}

#[test]
fn a_new_root_is_shown_with_what_to_do_with_the_old_keys() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    insta::assert_snapshot!(both(&stage.world, &["curate", "rotate", "db"]), @"
    signed root 2, good until DATE
      safety number NUMBER
      Whoever trusts the database follows by himself; print the new number where the old one stood.
      root       version 2  good until DATE
      timestamp  version 1  good until DATE
      snapshot   version 1  good until DATE
      targets    version 1  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&stage.world, &["curate", "rotate", "db", "--root", "--targets", "--online", "--no-passphrase"]), @"
    signed root 3, good until DATE
      safety number NUMBER
      Whoever trusts the database follows by himself; print the new number where the old one stood.
      no longer used `~/home/keys/SHA256/root-1.pem`: keep it from others, or remove it
      no longer used `~/home/keys/SHA256/spare.pem`: keep it from others, or remove it
      no longer used `~/home/keys/SHA256/targets.pem`: keep it from others, or remove it
      no longer used `~/home/keys/SHA256/online.pem`: keep it from others, or remove it
      spare key     `~/home/keys/SHA256/spare-ID.pem`: take it to where it is not lost together with this machine
      root       version 3  good until DATE
      timestamp  version 2  good until DATE
      snapshot   version 2  good until DATE
      targets    version 2  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&stage.world, &["curate", "rotate", "db", "--root"]), @"
    error: the new keys need a passphrase, and nobody gave one
      hint: type one at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE; `--no-passphrase` makes them without one
    ");
    insta::assert_snapshot!(both(&stage.world, &["curate", "rotate", "db", "--spare", "stick.pem"]), @"error: `--spare`: wanted with `--root`, which makes new root keys");
}

/// A user who compared the first number goes on without a word from anybody; so does one who is given it later.
#[test]
fn whoever_trusts_the_database_follows_it() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let first = stage.number();
    let _venv = stage.world.venv("v");
    for what in [&["--root"][..], &["--targets", "--online"], &[]] {
        stage.world.ok(&[&["curate", "rotate", "db", "--no-passphrase"], what].concat());
        stage.world.ok(&["curate", "publish", "db", "--to", "site"]);
        stage.world.ok(&["trust", "refresh"]);
    }
    stage.index.add(&module("flask", "3.1"));
    stage.world.ok(&["curate", "add", "db", "flask==3.1"]);
    sign_and_publish(&stage.world);
    stage.world.ok(&["install", "--venv", "v", "flask"]);
    assert!(stage.world.ok(&["list", "--venv", "v"]).stdout.contains("3.1"));
    assert_ne!(stage.number(), first);
    let home = stage.world.path("home-of-a-colleague").display().to_string();
    let mut colleague = stage.world;
    colleague.set("PACKMAN_HOME", home);
    let add = ["trust", "add", &stage.mirror.url(), "--as", "web", "--number", &first];
    colleague.ok(&add);
}
