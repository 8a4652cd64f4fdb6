//! The chain of trust that PackMan's users worked out in October 2003, point by point, from end to end: by the command as it
//! is typed, over a network of this machine. Each point's test has its number and its words in its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod left;
mod lists;
mod packages;

#[path = "../support/mod.rs"]
mod support;

use support::{MAINTAINER, Mirror, Stage};
use testkit::packages::module;
use testkit::world::{Run, World, snapshot};

/// A published database of a tool with what it needs; nobody trusts it yet.
fn published() -> Stage {
    Stage::published(vec![module("tool", "1.0").requires("words"), module("words", "2.1")])
}

/// What a command answered and said.
fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

/// A site that publishes a list: the folders `NAME` and `NAME-site`, and a server.
struct Site {
    name: &'static str,
    mirror: Mirror,
}

impl Site {
    /// Publishes a list that names this database `web`.
    fn that_names(world: &World, name: &'static str, url: &str, number: &str) -> Self {
        let title = ["--title", "Databases we know", "--maintainer", MAINTAINER, "--no-passphrase"];
        world.ok(&[&["curate", "init", name, "--list"], &title[..]].concat());
        let site = Self { name, mirror: Mirror::of(world.path(&format!("{name}-site"))) };
        site.names(world, url, number);
        site
    }

    /// Names the database by another number, signs and publishes.
    fn names(&self, world: &World, url: &str, number: &str) {
        // Whether that number is found there is not looked at: who deceives would not tell.
        world.ok(&["curate", "add", self.name, "web", url, "--number", number, "--offline"]);
        world.ok(&["curate", "sign", self.name, "--yes"]);
        world.ok(&["curate", "publish", self.name, "--to", &format!("{}-site", self.name)]);
    }

    fn number(&self, world: &World) -> String {
        world.ok(&["curate", "number", self.name]).stdout.trim().to_owned()
    }

    /// Subscribes by the list's number.
    fn is_trusted(&self, world: &World) {
        world.ok(&["trust", "add", &self.mirror.url(), "--as", self.name, "--number", &self.number(world)]);
    }
}

/// Somebody else's database with a tool of his own, in the folder `NAME-site`; gives its number.
fn stranger(stage: &Stage, name: &str) -> String {
    let world = &stage.world;
    let title = ["--title", "Web tools", "--maintainer", MAINTAINER, "--no-passphrase"];
    world.ok(&[&["curate", "init", name], &title[..]].concat());
    stage.index.add(&module("tool", "9.0"));
    world.ok(&["curate", "add", name, "tool==9.0"]);
    world.ok(&["curate", "sign", name, "--yes"]);
    world.ok(&["curate", "publish", name, "--to", &format!("{name}-site")]);
    world.ok(&["curate", "number", name]).stdout.trim().to_owned()
}

/// A mirror shows another folder from now on.
fn shows(mirror: &Mirror, world: &World, folder: &str) {
    for (path, bytes) in snapshot(&world.path(folder)) {
        mirror.lie(&path.to_string_lossy(), packman_machine::loopback::Answer::bytes(bytes));
    }
}
