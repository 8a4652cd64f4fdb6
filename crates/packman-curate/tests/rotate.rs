//! Rotations: what they sign, who follows them, and what is left when they are ended in the middle.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{CurateError, RotateReport, RotateRequest};
use packman_strict::Sha256;
use packman_strict::json::{Object, Value};
use packman_strict::time::Time;
use packman_tuf::{Answer, FirstUse, Limits, Memory, Refresh, Request, Role, Step};
use packman_wheel::make::WheelDraft;
use world::{Index, World, wheel};

/// A database with one signed project, published to `site`.
fn published() -> (World, Index) {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[wheel(&WheelDraft::new("a", "1"))]);
    world.init();
    world.add(&world.request(&["a"], Some(&index)));
    world.sign().unwrap();
    world.publish("site").unwrap();
    (world, index)
}

fn request(world: &World, what: &str) -> RotateRequest {
    RotateRequest {
        root_keys: Vec::new(),
        threshold: None,
        targets_keys: Vec::new(),
        targets_threshold: None,
        agent: None,
        folder: world.path("db"),
        root: what.contains("root"),
        targets: what.contains("targets"),
        online: what.contains("online"),
        keys: Vec::new(),
        spare: None,
        no_passphrase: true,
    }
}

fn rotate(world: &World, what: &str) -> Result<RotateReport, CurateError> {
    world.curator().rotate(&request(world, what))
}

fn number(world: &World) -> String {
    packman_curate::number(&world.path("db")).unwrap().to_string()
}

/// Every file below a folder with its bytes.
fn contents(world: &World, name: &str) -> Vec<(String, Sha256)> {
    let hash = |path: &String| Sha256::of(&world.read(&format!("{name}/{path}")));
    world.tree(name).iter().map(|path| (path.clone(), hash(path))).collect()
}

/// Reads a published folder as a client does; with the old copies of these files instead of what is there now.
struct Client<'w> {
    world: &'w World,
    instead: Vec<(&'static str, Option<Vec<u8>>)>,
}

impl Client<'_> {
    fn read(&self, request: &Request) -> Option<Vec<u8>> {
        match self.instead.iter().find(|(path, _)| *path == request.path) {
            Some((_, bytes)) => bytes.clone(),
            None => std::fs::read(self.world.path("site").join(&request.path)).ok(),
        }
    }

    /// Begins with the first root.
    fn begin(&self) -> Memory {
        let mut first = FirstUse::remembering(Limits::default());
        while let Step::Fetch(request) = first.step() {
            let bytes = self.read(&request);
            first.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes)).unwrap();
        }
        first.finish().unwrap()
    }

    /// Refreshes; gives the versions of all roles, or the refusal.
    fn refresh(&self, memory: Memory, now: Time) -> Result<(Memory, [u64; 4]), String> {
        let mut refresh = Refresh::begin(memory, now, Limits::default());
        while let Step::Fetch(request) = refresh.step() {
            let bytes = self.read(&request);
            let answer = bytes.as_deref().map_or(Answer::Missing, Answer::Bytes);
            refresh.answer(answer).map_err(|refusal| format!("{}: {refusal}", refusal.code()))?;
        }
        let memory = refresh.into_memory();
        let good = memory.good().unwrap();
        let versions = Role::ALL.map(|role| good.version(role));
        Ok((memory, versions))
    }
}

/// The versions of root, timestamp, snapshot and targets that somebody gets who trusted the database before this
/// rotation, and that the keys of every role still sign after it.
fn check(what: &str) -> [u64; 4] {
    let (world, index) = published();
    let client = Client { world: &world, instead: Vec::new() };
    let (memory, _) = client.refresh(client.begin(), world.now).unwrap();
    let before = number(&world);
    let report = rotate(&world, what).unwrap();
    assert_eq!(report.version, 2);
    assert_eq!(report.number.to_string(), number(&world));
    assert_ne!(before, number(&world), "every root has its own number");
    world.publish("site").unwrap();
    let (memory, versions) = client.refresh(memory, world.now).unwrap();
    assert_eq!(memory.numbers().len(), 2);
    // What is signed from now on is signed by the keys that count.
    index.list("b", &[wheel(&WheelDraft::new("b", "1"))]);
    world.add(&world.request(&["b"], Some(&index)));
    world.sign().unwrap();
    world.curator().refresh(&world.path("db")).unwrap();
    world.publish("site").unwrap();
    client.refresh(memory, world.now).unwrap();
    assert_eq!(rotate(&world, "").unwrap().version, 3, "{what}");
    versions
}

#[test]
fn whoever_trusts_the_old_root_follows_every_rotation() {
    assert_eq!(check(""), [2, 1, 1, 1]);
    assert_eq!(check("root"), [2, 1, 1, 1]);
    assert_eq!(check("targets"), [2, 2, 2, 2]);
    assert_eq!(check("online"), [2, 2, 2, 1]);
    assert_eq!(check("root targets online"), [2, 2, 2, 2]);
}

#[test]
fn a_database_that_signed_nothing_yet_is_rotated_too() {
    let world = World::new();
    world.init();
    let report = rotate(&world, "root targets online").unwrap();
    assert!(report.expiry.is_empty());
    assert_eq!(world.sign().unwrap().number, report.number);
}

/// The old keys sign nothing any more: what they sign later is refused by whoever met the new root.
#[test]
fn a_retired_key_counts_for_nobody() {
    let (world, index) = published();
    let old: Vec<(String, Vec<u8>)> =
        world.tree("db").into_iter().map(|path| (path.clone(), world.read(&format!("db/{path}")))).collect();
    rotate(&world, "targets online").unwrap();
    world.publish("site").unwrap();
    let client = Client { world: &world, instead: Vec::new() };
    let (memory, _) = client.refresh(client.begin(), world.now).unwrap();
    // A thief with the old keys and an old copy signs on.
    for (path, bytes) in &old {
        world.write(&format!("db/{path}"), bytes);
    }
    world.remove("db/metadata/2.root.json");
    index.list("evil", &[wheel(&WheelDraft::new("evil", "1"))]);
    world.add(&world.request(&["evil"], Some(&index)));
    for _ in 0..3 {
        world.sign().unwrap();
    }
    let instead = vec![("metadata/timestamp.json", Some(world.read("db/metadata/timestamp.json")))];
    let refused = Client { world: &world, instead }.refresh(memory, world.now).unwrap_err();
    assert!(refused.starts_with("bad-signature"), "{refused}");
}

/// A mirror is copied to file by file, and clients come in between.
#[test]
fn a_publication_that_is_half_copied_serves_both_roots() {
    let (world, _) = published();
    let client = Client { world: &world, instead: Vec::new() };
    let (memory, _) = client.refresh(client.begin(), world.now).unwrap();
    rotate(&world, "targets online").unwrap();
    world.publish("site").unwrap();
    // The new root is not there yet; all that was signed anew is.
    let before_root = Client { world: &world, instead: vec![("metadata/2.root.json", None)] };
    let (memory, versions) = before_root.refresh(memory, world.now).unwrap();
    assert_eq!(versions, [1, 2, 2, 2]);
    assert_eq!(client.refresh(memory, world.now).unwrap().1, [2, 2, 2, 2]);
}

#[test]
fn an_expired_root_is_prolonged_and_everything_after_it() {
    let (mut world, _) = published();
    world.now = world.now.plus_days(400);
    assert_eq!(world.sign().unwrap_err().code(), "expired");
    assert_eq!(world.sign().unwrap_err().hint().unwrap(), "prolong it: `packman curate rotate DIR`");
    rotate(&world, "").unwrap();
    world.sign().unwrap();
    world.publish("site").unwrap();
}

#[test]
fn the_spare_replaces_root_keys_that_are_lost() {
    let world = World::new();
    let mut init = world.init_request();
    init.spare = Some(world.path("stick/spare.pem"));
    world.write("stick/readme", "");
    world.curator().init(&init).unwrap();
    world.sign().unwrap();
    let root = world.key("root-1.pem");
    world.remove(&root);
    // The stick is elsewhere.
    world.write("safe/spare.pem", world.read("stick/spare.pem"));
    world.remove("stick/spare.pem");
    let lost = rotate(&world, "root").unwrap_err();
    assert_eq!(lost.code(), "key-missing");
    assert!(lost.hint().unwrap().contains("--key FILE"));
    let mut with_spare = request(&world, "root");
    with_spare.keys = vec![world.path("safe/spare.pem")];
    with_spare.spare = Some(world.path("stick/spare.pem"));
    world.curator().rotate(&with_spare).unwrap();
    // The old spare signs no further root, the new one does.
    with_spare.spare = None;
    with_spare.root = false;
    insta::assert_snapshot!(world.words(&world.curator().rotate(&with_spare).unwrap_err()), @"usage: `~/safe/spare.pem` holds no root key of this database");
    with_spare.keys = vec![world.path("stick/spare.pem")];
    assert_eq!(world.curator().rotate(&with_spare).unwrap().version, 3);
}

#[test]
fn a_threshold_of_root_keys_signs() {
    let world = World::new();
    let mut init = world.init_request();
    init.threshold = 2;
    world.curator().init(&init).unwrap();
    world.sign().unwrap();
    let report = rotate(&world, "root").unwrap();
    assert_eq!(report.retired.len(), 3);
    for path in report.retired {
        std::fs::remove_file(path).unwrap();
    }
    assert_eq!(rotate(&world, "").unwrap().version, 3);
    let keys = world.tree("home/keys");
    let root = keys.iter().filter(|path| path.contains("/root-") || path.contains("/spare-"));
    root.clone().take(2).for_each(|path| world.remove(&format!("home/keys/{path}")));
    assert_eq!(root.count(), 3);
    assert_eq!(rotate(&world, "").unwrap_err().code(), "key-missing");
}

#[test]
fn refuses_what_makes_no_sense_before_anything_is_made() {
    let (world, _) = published();
    let before = (contents(&world, "db"), contents(&world, "home"));
    let refused = |change: &dyn Fn(&mut RotateRequest)| {
        let mut request = request(&world, "root targets");
        change(&mut request);
        let words = world.words(&world.curator().rotate(&request).unwrap_err());
        assert!((contents(&world, "db"), contents(&world, "home")) == before, "{words}");
        words
    };
    insta::assert_snapshot!(refused(&|request| request.spare = Some(world.path("db/spare.pem"))), @"usage: `--spare`: no private key belongs into the folder of the database");
    insta::assert_snapshot!(refused(&|request| {
        (request.root, request.spare) = (false, Some(world.path("spare.pem")));
    }), @"usage: `--spare`: wanted with `--root`, which makes new root keys");
    insta::assert_snapshot!(refused(&|request| request.no_passphrase = false), @"consent-needed: the new keys need a passphrase, and nobody gave one");
    insta::assert_snapshot!(refused(&|request| request.keys = vec![world.path("nowhere.pem")]), @"key-missing: the root key is not at `~/nowhere.pem`");
    let targets = world.key("targets.pem");
    let words = refused(&|request| request.keys = vec![world.path(&targets)]);
    assert!(words.ends_with("holds no root key of this database"), "{words}");
    // A spare key in the way of the new one: it may be the only one.
    world.write("spare.pem", "somebody's");
    let words = refused(&|request| request.spare = Some(world.path("spare.pem")));
    assert!(words.starts_with("in-the-way"), "{words}");
    assert_eq!(world.read("spare.pem"), b"somebody's");
}

/// Something stands where a file is to be written, as if the process was killed there.
#[test]
fn ended_before_it_is_decided_it_leaves_all_as_it_was() {
    for at in ["metadata/2.targets.json", "metadata/2.snapshot.json", "rotation.json"] {
        let (world, _) = published();
        let before = (contents(&world, "db"), contents(&world, "home"));
        let blocked = format!("db/{at}");
        std::fs::create_dir(world.path(&blocked)).unwrap();
        assert_eq!(rotate(&world, "root targets online").unwrap_err().code(), "disk", "{at}");
        std::fs::remove_dir(world.path(&blocked)).unwrap();
        world.remove_stray("db/metadata", &before.0);
        assert!((contents(&world, "db"), contents(&world, "home")) == before, "{at}");
        assert_eq!(rotate(&world, "root targets online").unwrap().version, 2, "{at}");
        world.publish("site").unwrap();
    }
}

/// The files that a rotation changes in one step, in the order in which they are written.
const CHANGED: [&str; 3] = ["curate.toml", "metadata/2.root.json", "metadata/timestamp.json"];

/// A database that was rotated by somebody who was killed when so many of these files were written.
fn killed_after(written: usize) -> (World, String) {
    let (world, _) = published();
    let old = CHANGED.map(|path| std::fs::read(world.path("db").join(path)).ok());
    rotate(&world, "root targets online").unwrap();
    let mut files = Object::new();
    for path in CHANGED {
        files.insert(path, String::from_utf8(world.read(&format!("db/{path}"))).unwrap());
    }
    world.write("db/rotation.json", Value::from(Object::new().with("files", files)).to_pretty());
    let number = number(&world);
    for (path, bytes) in CHANGED.iter().zip(old).skip(written) {
        let path = format!("db/{path}");
        match bytes {
            Some(bytes) => world.write(&path, bytes),
            None => world.remove(&path),
        }
    }
    (world, number)
}

#[test]
fn ended_after_it_is_decided_it_is_finished_by_whoever_comes_next() {
    for written in 0..=CHANGED.len() {
        let (world, after) = killed_after(written);
        assert_eq!(number(&world), after, "whoever only looks sees it done: {written}");
        assert!(world.path("db/rotation.json").exists());
        assert_eq!(world.sign().unwrap().number.to_string(), after, "{written}");
        assert!(!world.path("db/rotation.json").exists());
        world.publish("site").unwrap();
    }
}

#[test]
fn refuses_a_begun_rotation_that_somebody_edited() {
    let (world, _) = killed_after(0);
    let honest = world.read("db/rotation.json");
    let text = String::from_utf8(honest.clone()).unwrap();
    for (from, to, code) in [
        ("metadata/2.root.json", "../../home/ring.toml", "database-damaged"),
        ("metadata/2.root.json", "metadata/02.root.json", "database-damaged"),
        ("2027-06-15T12:00:00Z", "2028-06-15T12:00:00Z", "bad-signature"),
        ("\"files\"", "\"file\"", "database-damaged"),
    ] {
        assert!(text.contains(from), "{from}");
        world.write("db/rotation.json", text.replace(from, to));
        let before = contents(&world, "db");
        assert_eq!(world.sign().unwrap_err().code(), code, "{to}");
        assert!(contents(&world, "db") == before, "{to}");
    }
    world.write("db/rotation.json", honest);
    world.sign().unwrap();
}

/// Who was killed before anything named his new keys left a note of them.
#[test]
fn keys_that_came_to_nothing_are_taken_away_by_whoever_comes_next() {
    let (world, _) = published();
    let before = contents(&world, "home");
    let (new, stick) = (world.key("targets.pem").replace("targets", "targets-0123"), world.path("stick.pem"));
    let note = |files: &[(&str, &[u8])]| {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), Sha256::of(bytes).to_string()));
        let files: Object<'static> = files.collect();
        world.write("db/new-keys.json", Value::from(Object::new().with("files", files)).to_pretty());
    };
    world.write(&new, "a key");
    world.write("stick.pem", "a spare key");
    let names = (new.trim_start_matches("home/").to_owned(), stick.display().to_string());
    note(&[(&names.0, b"a key"), (&names.1, b"a spare key")]);
    world.sign().unwrap();
    assert!(contents(&world, "home") == before);
    // Nobody told this command of the stick; one that is to write a key there finds it free.
    assert_eq!(world.read("stick.pem"), b"a spare key");
    let mut request = request(&world, "root");
    request.spare = Some(stick);
    world.curator().rotate(&request).unwrap();
    assert!(world.read("stick.pem").starts_with(b"-----BEGIN PRIVATE KEY"));
    assert!(!world.path("db/new-keys.json").exists());
}

/// The folder may be a clone, and the note anybody's: it takes nothing away that he knows by its name alone, or that is
/// no key of the home, or that signs the database.
#[test]
fn a_note_that_somebody_wrote_takes_nothing_away() {
    let (world, _) = published();
    world.write("precious", "precious");
    world.write("home/ring.toml", "a ring");
    let targets = world.key("targets.pem");
    let name = |path: &str| path.trim_start_matches("home/").to_owned();
    let chain = name(&targets).trim_end_matches("/targets.pem").to_owned();
    let key = world.read(&targets);
    let retired = world.key("targets.pem").replace("targets", "targets-0123");
    world.write(&retired, "a key of before");
    std::fs::create_dir(world.path("home/keys/elsewhere")).unwrap();
    world.write("home/keys/elsewhere/mine.pem", "mine");
    let before = (contents(&world, "home"), world.read("precious"));
    for (path, bytes) in [
        (world.path("precious").display().to_string(), b"precious".as_slice()),
        ("../precious".to_owned(), b"precious"),
        ("ring.toml".to_owned(), b"a ring"),
        ("keys/../ring.toml".to_owned(), b"a ring"),
        (format!("{chain}/../../ring.toml"), b"a ring"),
        (name(&targets), &key),
        (name(&retired), b"what he thinks is in it"),
        ("keys/elsewhere/mine.pem".to_owned(), b"mine"),
    ] {
        let files = Object::new().with(path.clone(), Sha256::of(bytes).to_string());
        world.write("db/new-keys.json", Value::from(Object::new().with("files", files)).to_pretty());
        world.sign().unwrap();
        assert!((contents(&world, "home"), world.read("precious")) == before, "{path}");
    }
    world.write("db/new-keys.json", "nonsense");
    assert_eq!(world.sign().unwrap_err().code(), "database-damaged");
}
