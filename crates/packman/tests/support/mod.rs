//! What the end-to-end tests share: a scapegoat who has published a database, a mirror that carries it, and a user.
#![allow(dead_code, unreachable_pub, reason = "each test uses some of it")]

pub mod user;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use packman_machine::loopback::{Answer, Loopback};
use packman_strict::json::{Object, Value};
use packman_wheel::make::WheelDraft;
use testkit::index::PackageIndex;
use testkit::mask::masked;
use testkit::world::{Run, World, snapshot};

/// Who answers for the databases of these tests.
pub const MAINTAINER: &str = "Example Lab <lab@example.org>";

/// A world whose index is configured as pip's users configure theirs.
pub fn world(index: &PackageIndex) -> World {
    let mut world = bare_world();
    world.set("PIP_INDEX_URL", index.url());
    world
}

/// A world without an index.
pub fn bare_world() -> World {
    World::new(env!("CARGO_BIN_EXE_packman"))
}

/// Makes a database in the folder `db`.
pub fn init(world: &World) {
    world.ok(&[
        "curate",
        "init",
        "db",
        "--title",
        "Web tools",
        "--maintainer",
        MAINTAINER,
        "--no-passphrase",
    ]);
}

/// Makes, fills, signs and publishes a database of these releases: folder `db`, published in `site`.
pub fn publish(world: &World, releases: &[String], more: &[&str]) {
    world.ok(&[
        "curate",
        "init",
        "db",
        "--title",
        "Web tools",
        "--maintainer",
        MAINTAINER,
        "--no-passphrase",
    ]);
    if !releases.is_empty() || !more.is_empty() {
        let releases: Vec<&str> = releases.iter().map(String::as_str).collect();
        world.ok(&[&["curate", "add", "db"], releases.as_slice(), more].concat());
    }
    sign_and_publish(world);
}

/// Signs what is staged and publishes it.
pub fn sign_and_publish(world: &World) {
    world.ok(&["curate", "sign", "db", "--yes"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
}

/// What a mirror answers instead of its files, by path.
pub type Instead = Arc<Mutex<BTreeMap<String, Answer>>>;

/// A mirror of a folder, on loopback, that can be told to lie.
pub struct Mirror {
    server: Loopback,
    instead: Instead,
}

impl Mirror {
    /// A mirror that is honest so far.
    pub fn of(folder: PathBuf) -> Self {
        let instead = Instead::default();
        let server = Loopback::folder_with(folder, {
            let instead = Arc::clone(&instead);
            move |asked| instead.lock().unwrap().get(&asked.path).cloned()
        });
        Self { server: server.unwrap(), instead }
    }

    /// Answers something else for a path.
    pub fn lie(&self, path: &str, answer: Answer) {
        self.instead.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Serves its files again.
    pub fn be_honest(&self) {
        self.instead.lock().unwrap().clear();
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it was asked for since the last call.
    pub fn take_asked(&self) -> Vec<String> {
        self.server.take_asked()
    }
}

/// A published database, its mirror, and a user of the same machine.
pub struct Stage {
    pub world: World,
    pub index: PackageIndex,
    pub mirror: Mirror,
}

impl Stage {
    /// A database that holds exactly these wheels, published; nobody trusts it yet.
    pub fn published(drafts: Vec<WheelDraft>) -> Self {
        let releases: Vec<String> =
            drafts.iter().map(|draft| format!("{}=={}", draft.name, draft.version)).collect();
        let index = PackageIndex::of(drafts);
        let world = world(&index);
        publish(&world, &releases, &[]);
        let mirror = Mirror::of(world.path("site"));
        Self { world, index, mirror }
    }

    /// Nothing yet, in this world; its mirror carries the folder `site`.
    pub fn of(world: World) -> Self {
        let mirror = Mirror::of(world.path("site"));
        Self { world, index: PackageIndex::of([]), mirror }
    }

    /// The same, trusted as `web` by its number.
    pub fn trusted(drafts: Vec<WheelDraft>) -> Self {
        let stage = Self::published(drafts);
        stage.trust();
        stage
    }

    /// The database's safety number, as its scapegoat reads it out.
    pub fn number(&self) -> String {
        self.world.ok(&["curate", "number", "db"]).stdout.trim().to_owned()
    }

    /// Trusts the database by its number.
    pub fn trust(&self) -> Run {
        self.trust_with(&self.number())
    }

    /// The same for somebody who was told the number.
    pub fn trust_with(&self, number: &str) -> Run {
        self.world.ok(&["trust", "add", &self.mirror.url(), "--as", "web", "--number", number])
    }

    /// Lists and vouches for further releases, signs, publishes.
    pub fn release(&self, drafts: &[WheelDraft]) {
        for draft in drafts {
            self.index.add(draft);
            self.world.ok(&["curate", "add", "db", &format!("{}=={}", draft.name, draft.version)]);
        }
        sign_and_publish(&self.world);
    }
}

/// A text without what differs from run to run: numbers, dates, ports, and the place where the test works.
pub fn plain(world: &World, text: &str) -> String {
    let work = world.folder().display().to_string();
    let above = work.strip_suffix("/work").unwrap_or(&work).to_owned();
    masked(&text.replace(&work, ".").replace(&above, "~"))
}

/// What a run said on standard error, without what differs from run to run.
pub fn said(world: &World, run: &Run) -> String {
    plain(world, &run.stderr)
}

/// The same without the lines on downloads, which come as the downloads do.
pub fn without_progress(said: &str) -> String {
    said.lines().filter(|line| !line.starts_with("fetching ")).collect::<Vec<_>>().join("\n")
}

/// What must never be changed by a refusal: the ring, everything else at home but locks, and an environment.
pub fn kept(world: &World, venv: Option<&Path>) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = snapshot(&world.home());
    files.retain(|path, _| !path.to_string_lossy().ends_with(".lock"));
    if let Some(venv) = venv {
        let site = snapshot(venv);
        files.extend(site.into_iter().map(|(path, bytes)| (Path::new("venv").join(path), bytes)));
    }
    files
}

/// The members of a JSON object, in their order.
pub fn members(object: &Object<'_>) -> Vec<String> {
    object.iter().map(|(name, _)| name.to_owned()).collect()
}

/// A member of a member of a JSON answer, by their names.
pub fn at<'v, 'a>(value: &'v Value<'a>, path: &[&str]) -> &'v Value<'a> {
    path.iter().fold(value, |value, name| {
        let object = value.as_object().unwrap_or_else(|| panic!("`{name}` of what is no object"));
        object.get(name).unwrap_or_else(|| panic!("there is no `{name}` in {:?}", members(object)))
    })
}

/// One text of each object of an array.
pub fn texts(value: &Value<'_>, member: &str) -> Vec<String> {
    let array = value.as_array().expect("an array");
    array.iter().map(|one| at(one, &[member]).as_str().unwrap_or("?").to_owned()).collect()
}
