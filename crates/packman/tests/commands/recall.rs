//! `packman curate recall`: what was vouched for is taken back, and nobody who trusts the database installs it any more.

use packman_strict::Sha256;
use testkit::packages::module;
use testkit::world::World;

use crate::support::{Stage, plain, sign_and_publish, without_progress};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    let said = plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr)));
    said.trim_end().to_owned()
}

fn stage() -> Stage {
    Stage::trusted(vec![module("flask", "3.0"), module("flask", "3.1"), module("click", "8.0")])
}

fn version(stage: &Stage) -> String {
    stage.world.venv("v");
    let run = stage.world.run(&["install", "--venv", "v", "flask", "--dry-run"]);
    let found = run.stdout.lines().find_map(|line| line.trim().strip_prefix("+ flask"));
    found.map_or(run.stderr, |line| line.split_whitespace().next().unwrap().to_owned())
}

#[test]
fn a_recalled_release_is_shown_signed_published_and_never_installed_until_the_recall_ends() {
    let stage = stage();
    let world = &stage.world;
    assert_eq!(version(&stage), "3.1");
    let recall = ["curate", "recall", "db", "flask==3.1", "--reason", "it sends your keys away"];
    insta::assert_snapshot!(both(world, &[&recall[..], &["--advice", "change your keys"]].concat()), @"
    recalled flask-3.1-py3-none-any.whl
    next: packman curate sign db
    ");
    let status = both(world, &["curate", "status", "db"]);
    insta::assert_snapshot!(status.split("recalled:").nth(1).unwrap(), @"
     1 file
      ! flask-3.1-py3-none-any.whl: it sends your keys away
    next: packman curate sign db
    warning: the spare root key is still on this machine: move `~/home/keys/SHA256/spare.pem` to where it is not lost together with it
    ");
    assert_eq!(version(&stage), "3.1", "nothing is recalled before it is signed");
    sign_and_publish(world);
    assert_eq!(version(&stage), "3.0");
    insta::assert_snapshot!(both(world, &["curate", "recall", "db", "flask", "--undo"]), @"
    no longer recalled: flask-3.1-py3-none-any.whl
    next: packman curate sign db
    ");
    sign_and_publish(world);
    assert_eq!(version(&stage), "3.1");
    insta::assert_snapshot!(both(world, &["curate", "recall", "db", "flask", "--undo"]), @"error: nothing of `flask` is recalled");
}

#[test]
fn a_file_is_named_by_its_name_or_its_hash_also_after_it_was_removed() {
    let stage = stage();
    let world = &stage.world;
    let file = "click-8.0-py3-none-any.whl";
    let reason = ["--reason", "it is broken"];
    world.ok(&[&["curate", "recall", "db", file], &reason[..]].concat());
    world.ok(&["curate", "recall", "db", file, "--undo"]);
    let sha256 = Sha256::of(&module("click", "8.0").build().unwrap()).to_string();
    world.ok(&["curate", "remove", "db", "click"]);
    sign_and_publish(world);
    world.ok(&[&["curate", "recall", "db", &sha256], &reason[..]].concat());
    let run = world.ends(1, "consent-needed", &["curate", "sign", "db"]);
    insta::assert_snapshot!(plain(world, &run.stderr), @"
    recalled: 1 file
      ! click 8.0, SHA-256 SHA256: it is broken
    error: nothing was signed: nobody agreed to it
      hint: after a look at the list, `--yes` signs it
    ");
    world.ok(&["curate", "sign", "db", "--yes"]);
    for unknown in ["nobody", "flask==9", "click-9-py3-none-any.whl", &Sha256::of(b"").to_string()] {
        world.ends(1, "not-recorded", &[&["curate", "recall", "db", unknown], &reason[..]].concat());
    }
    for wrong in ["flask[extra]", "flask; python_version > '3'", "../db"] {
        world.ends(2, "usage", &[&["curate", "recall", "db", wrong], &reason[..]].concat());
    }
}
