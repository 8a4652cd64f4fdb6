//! The pages of `docs/guide`, followed word by word: what they say to type is typed, and prints what they show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly, and shows what a page has to show"
)]

mod page;

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use page::{Stands, follow};
use support::{MAINTAINER, Stage, publish, sign_and_publish, world};
use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::world::{World, snapshot};

/// The address that the pages show.
const URL: &str = "https://db.example.org/";
/// The number that the pages show, shortened.
const NUMBER: &str = "12345 67890 …";

/// A published database of a tool with what it needs.
fn published() -> Stage {
    Stage::published(vec![module("tool", "1.0").requires("words"), module("words", "2.1")])
}

fn stands(stage: &Stage) -> Stands {
    let mut stands = Stands::default();
    stands.for_(URL, stage.mirror.url());
    stands.for_(NUMBER, stage.number());
    stands
}

/// A database of somebody else, where this one was; gives its number.
fn replace(world: &World, stage: &Stage, what: &str) -> String {
    let title = ["--title", "Web tools", "--maintainer", MAINTAINER, "--no-passphrase"];
    world.ok(&[&["curate", "init", what], &title[..]].concat());
    world.ok(&["curate", "add", what, "tool==1.0"]);
    world.ok(&["curate", "sign", what, "--yes"]);
    let site = format!("{what}-site");
    world.ok(&["curate", "publish", what, "--to", &site]);
    for (path, bytes) in snapshot(&world.path(&site)) {
        let answer = packman_machine::loopback::Answer::bytes(bytes);
        stage.mirror.lie(&path.to_string_lossy(), answer);
    }
    world.ok(&["curate", "number", what]).stdout.trim().to_owned()
}

#[test]
fn adding_a_database() {
    let stage = published();
    stage.world.venv(".venv");
    follow("adding-a-database.md", &stage.world, &mut stands(&stage), |what, _| panic!("{what}"));
}

#[test]
fn a_key_change() {
    let stage = published();
    stage.trust();
    stage.world.venv(".venv");
    follow("a-key-change.md", &stage.world, &mut stands(&stage), |what, stands| match what {
        "the maintainer is somebody else, elsewhere" => {
            stage.world.ok(&["curate", "rotate", "db", "--root", "--no-passphrase"]);
            stage.world.ok(&["curate", "publish", "db", "--to", "site"]);
            stands.for_(NUMBER, stage.number());
        }
        what => panic!("{what}"),
    });
}

#[test]
fn an_alarm() {
    let stage = published();
    stage.trust();
    let venv = stage.world.venv(".venv");
    stage.world.ok(&["install", "--venv", &venv.display().to_string(), "tool"]);
    follow("an-alarm.md", &stage.world, &mut stands(&stage), |what, stands| match what {
        "somebody else holds the address" => {
            let number = replace(&stage.world, &stage, "other");
            stands.for_("98765 43210 …", number);
        }
        "the maintainer has his address again" => stage.mirror.be_honest(),
        "the maintainer lost every key and began anew" => {
            let number = replace(&stage.world, &stage, "anew");
            stands.for_("98765 43210 …", number);
        }
        what => panic!("{what}"),
    });
}

#[test]
fn a_recall() {
    let stage = Stage::trusted(vec![module("tool", "1.0"), module("tool", "1.1")]);
    let venv = stage.world.venv(".venv");
    stage.world.ok(&["install", "--venv", &venv.display().to_string(), "tool"]);
    follow("a-recall.md", &stage.world, &mut stands(&stage), |what, _| match what {
        "the maintainer recalls it" => {
            let recall = ["curate", "recall", "db", "tool==1.1", "--reason", "it sends your keys away"];
            stage.world.ok(&[&recall[..], &["--advice", "change your keys"]].concat());
            sign_and_publish(&stage.world);
        }
        "you are the maintainer, and it was not recalled yet" => {
            stage.world.ok(&["curate", "recall", "db", "tool==1.1", "--undo"]);
            sign_and_publish(&stage.world);
        }
        what => panic!("{what}"),
    });
}

#[test]
fn working_without_tls() {
    let index = PackageIndex::of([module("tool", "1.0").requires("words"), module("words", "2.1")]);
    let stage = Stage::of(world(&index));
    publish(&stage.world, &["tool==1.0".to_owned(), "words==2.1".to_owned()], &["--copy-files"]);
    stage.world.venv(".venv");
    let mut stands = Stands::default();
    stands.for_("http://db.example.org/", stage.mirror.url());
    stands.for_(NUMBER, stage.number());
    follow("working-without-tls.md", &stage.world, &mut stands, |what, _| match what {
        "the folder is carried over, and the machine has nothing yet" => {
            std::fs::rename(stage.world.path("site"), stage.world.path("stick")).unwrap();
            stage.world.ok(&["trust", "remove", "web-tools"]);
            stage.world.clear_cache();
        }
        what => panic!("{what}"),
    });
}

#[test]
fn curating_for_a_team() {
    let index = PackageIndex::of([module("tool", "1.0").requires("words"), module("words", "2.1")]);
    let stage = Stage::of(world(&index));
    std::fs::write(stage.world.path("requirements.txt"), "tool>=1.0\n").unwrap();
    stage.world.venv(".venv");
    let mut stands = Stands::default();
    stands.for_(URL, stage.mirror.url());
    follow("curating-for-a-team.md", &stage.world, &mut stands, |what, stands| match what {
        "it is published" => {
            let number = stage.world.ok(&["curate", "number", "database"]).stdout.trim().to_owned();
            stands.for_(NUMBER, number);
        }
        "there is a newer version" => index.add(&module("tool", "1.1").requires("words")),
        what => panic!("{what}"),
    });
}

/// A page that nobody follows rots.
#[test]
fn every_page_is_followed() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide");
    let pages: BTreeSet<String> = std::fs::read_dir(pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let followed = include_str!("main.rs");
    for page in pages {
        assert!(followed.contains(&format!("\"{page}\"")), "{page} is not followed by a test");
    }
}
