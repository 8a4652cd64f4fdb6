//! Lists: a site that says which databases there are, and what follows when it changes its word.

use std::collections::BTreeMap;
use std::path::Path;

use packman_database::{ABOUT_PATH, About, Kind};
use packman_machine::loopback::Answer;
use packman_strict::time::Time;
use packman_trust::{DATABASES_PATH, EntryName, HeldBy, Listing, Listings, Scope, Withdrawal};
use packman_tuf::{Role, SafetyNumber};
use testkit::packages::module;
use testkit::repository::Repository;
use testkit::world::{World, snapshot};

use crate::support::{MAINTAINER, Mirror, Stage, at, kept, plain, said};

/// A list and its keeper: signs on demand, published in a folder that a mirror serves.
struct Keeper {
    repository: Repository,
    listings: Listings,
    folder: String,
    mirror: Mirror,
}

fn now() -> Time {
    packman_machine::clock::now()
}

fn entry(name: &str) -> EntryName {
    EntryName::parse(name).unwrap()
}

impl Keeper {
    fn new(world: &World, folder: &str, seed: u16) -> Self {
        let mirror = Mirror::of(world.path(folder));
        let repository = Repository::with_seed(now(), seed);
        let mut keeper =
            Self { repository, listings: Listings::default(), folder: folder.to_owned(), mirror };
        keeper.publish(world);
        keeper
    }

    fn publish(&mut self, world: &World) {
        let about = About {
            kind: Kind::List,
            title: format!("Databases of {}", self.folder),
            maintainer: MAINTAINER.to_owned(),
            home_page: None,
            mirrors: vec![],
            scope: vec![],
        };
        self.repository.add_target(ABOUT_PATH, &about.encode());
        self.repository.add_target(DATABASES_PATH, &self.listings.encode());
        self.repository.publish();
        write(&world.path(&self.folder), self.repository.files());
    }

    /// Names a database, and publishes.
    fn names(&mut self, world: &World, name: &str, url: &str, number: &str) {
        self.names_for(world, name, url, number, "*");
    }

    fn names_for(&mut self, world: &World, name: &str, url: &str, number: &str, scope: &str) {
        let listing = Listing {
            title: "Web tools".to_owned(),
            urls: vec![url.to_owned()],
            held: HeldBy::Root(SafetyNumber::parse(number).unwrap()),
            scope: Scope::parse(&[scope]).unwrap(),
            withdrawn: None,
        };
        self.listings.set(entry(name), listing);
        self.publish(world);
    }

    fn withdraws(&mut self, world: &World, name: &str, reason: &str) {
        self.listings.withdraw(&entry(name), Withdrawal { reason: reason.to_owned(), at: now() });
        self.publish(world);
    }

    fn number(&self) -> String {
        self.repository.number(1).to_string()
    }

    /// Subscribes the user of this world by the list's number.
    fn is_trusted(&self, world: &World) {
        world.ok(&["trust", "add", &self.mirror.url(), "--as", &self.folder, "--number", &self.number()]);
    }
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn stage() -> Stage {
    Stage::published(vec![module("flask", "3.0"), module("lab-tools", "1.0")])
}

/// A published database, and a list `city` that names it `web` and is trusted.
fn listed() -> (Stage, Keeper) {
    let stage = stage();
    let mut city = Keeper::new(&stage.world, "city", 40);
    city.names(&stage.world, "web", &stage.mirror.url(), &stage.number());
    city.is_trusted(&stage.world);
    (stage, city)
}

/// The same, with `web` added by its name.
fn learnt() -> (Stage, Keeper) {
    let (stage, city) = listed();
    stage.world.ok(&["trust", "add", "web"]);
    (stage, city)
}

fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

/// A second database, of a stranger; gives its number.
fn stranger(stage: &Stage) -> String {
    let world = &stage.world;
    world.ok(&["curate", "init", "other", "--title", "Lab", "--maintainer", MAINTAINER, "--no-passphrase"]);
    world.ok(&["curate", "add", "other", "flask==3.0"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    world.ok(&["curate", "number", "other"]).stdout.trim().to_owned()
}

/// The web host of the database is somebody else's now.
fn host_is_replaced(stage: &Stage) -> String {
    let number = stranger(stage);
    for (path, bytes) in snapshot(&stage.world.path("other-site")) {
        stage.mirror.lie(&path.to_string_lossy(), Answer::bytes(bytes));
    }
    number
}

#[test]
fn a_list_is_subscribed_to_and_finds_a_database_by_its_name() {
    let (stage, _city) = listed();
    let world = &stage.world;
    insta::assert_snapshot!(both(world, &["trust", "list"]), @"[#]  city  signed, compared  list  1 database  good until DATE  http://HOST/");
    insta::assert_snapshot!(both(world, &["trust", "show", "city"]), @"
    [#] city
      title       `Databases of city`
      maintainer  `Example Lab <lab@example.org>`
      address     http://HOST/
      assurance   signed, compared, added DATE
      is a list  what it names is trusted only when you add it
      databases   1
      state       good until DATE
      safety numbers, newest root last
        root 1: NUMBER
    it names
      web  `Web tools`  for *  http://HOST/
    ");
    assert_eq!(world.ends(1, "not-vouched", &["info", "flask"]).code, 1, "a list answers for nothing");
    insta::assert_snapshot!(both(world, &["trust", "add", "web"]), @"
    trusting `Web tools` as `web`, [#] signed, listed by city
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    note: the list `city` names it
    ");
    insta::assert_snapshot!(both(world, &["trust", "list"]), @"
    [#]  city  signed, compared        list   1 database  good until DATE  http://HOST/
    [#]  web   signed, listed by city  for *  2 projects  good until DATE  http://HOST/
    ");
    insta::assert_snapshot!(both(world, &["trust", "refresh"]), @"
    city  nothing newer
    web   nothing newer
    ");
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    let json = world.ok(&["trust", "list", "--json"]);
    assert_eq!(at(&json.json(), &["lists"]).as_array().map(<[_]>::len), Some(1));
    insta::assert_snapshot!(both(world, &["trust", "add", "elsewhere"]), @"
    error: the list of your trust ring does not name a signed database `elsewhere`
      hint: `packman trust show LIST` shows what a list names; `packman trust add URL` takes an address
    ");
}

#[test]
fn a_list_over_plain_http_needs_its_number_as_a_database_does() {
    let stage = stage();
    let (city, before) = (Keeper::new(&stage.world, "city", 40), kept(&stage.world, None));
    stage.world.ends(3, "number-needed", &["trust", "add", &city.mirror.url()]);
    stage.world.ends(1, "consent-needed", &["trust", "add", "./city"]);
    stage.world.ends(2, "usage", &["trust", "add", "./city", "--number", &city.number(), "--scope", "x"]);
    assert!(kept(&stage.world, None) == before);
}

#[test]
fn when_nothing_changed_a_list_costs_two_requests_and_no_write() {
    let (stage, city) = learnt();
    let world = &stage.world;
    world.ok(&["info", "flask"]);
    let (before, _) = (kept(world, None), city.mirror.take_asked());
    world.ok(&["info", "flask"]);
    assert_eq!(city.mirror.take_asked(), ["GET metadata/2.root.json", "GET metadata/timestamp.json"]);
    assert!(kept(world, None) == before);
}

#[test]
fn a_first_time_user_with_a_list_is_not_handed_a_replaced_database() {
    let (stage, _city) = listed();
    let world = &stage.world;
    host_is_replaced(&stage);
    let before = kept(world, None);
    let run = world.ends(3, "number-mismatch", &["trust", "add", "web"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: database at `http://HOST/` refused
      because: `metadata/1.root.json`: found another safety number than NUMBER
      hint: see `packman explain number-mismatch`
    ");
    // Nor by its address: the list knows it.
    world.ends(3, "number-mismatch", &["trust", "add", &stage.mirror.url()]);
    assert!(kept(world, None) == before);
}

#[test]
fn what_a_list_names_for_some_projects_gets_no_wider_scope() {
    let (stage, mut city) = listed();
    let world = &stage.world;
    city.names_for(world, "web", &stage.mirror.url(), &stage.number(), "lab-*");
    insta::assert_snapshot!(both(world, &["trust", "add", "web", "--scope", "*"]), @"
    note: the list `city` names it
    error: the scope `*` is wider than what the list `city` names it for: `lab-*`
    ");
    insta::assert_snapshot!(both(world, &["trust", "add", "web"]), @"
    trusting `Web tools` as `web`, [#] signed, listed by city
      by `Example Lab <lab@example.org>`, 2 projects
      answers for lab-*
      safety number NUMBER
    note: the list `city` names it
    ");
}

#[test]
fn two_lists_that_name_the_same_keys_are_quoted() {
    let (stage, _city) = listed();
    let world = &stage.world;
    let mut land = Keeper::new(world, "land", 60);
    land.names(world, "other-name", &stage.mirror.url(), &stage.number());
    land.is_trusted(world);
    insta::assert_snapshot!(both(world, &["trust", "add", "web"]), @"
    trusting `Web tools` as `web`, [#] signed, listed by city
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    note: the list `city` names it
    note: the list `land` names the same keys for it
    ");
}

#[test]
fn a_replaced_list_does_not_get_past_a_second_one() {
    let (stage, _city) = listed();
    let world = &stage.world;
    let strange = stranger(&stage);
    // Whoever holds the second list names keys of his own for the same address.
    let mut land = Keeper::new(world, "land", 60);
    land.names(world, "web", &stage.mirror.url(), &strange);
    land.is_trusted(world);
    let before = kept(world, None);
    let run = world.ends(3, "contradiction", &["trust", "add", "web"]);
    insta::assert_snapshot!(said(world, &run), @"
    note: the list `city` names it
    error: CONTRADICTION in `web`: the list `land` names other keys for it, to which those you know do not lead
      hint: It was not added: two sources that you trust say different things.
      hint: Ask the maintainer for the safety number, by another way than this address; then `packman trust add URL --number NUMBER --as web`.
      hint: see `packman explain contradiction`
    ");
    world.ends(3, "contradiction", &["trust", "add", &stage.mirror.url()]);
    assert!(kept(world, None) == before);
    // Who has the number from the maintainer knows more than a list: warned, and on.
    let number = stage.number();
    let add = ["trust", "add", &stage.mirror.url(), "--as", "web", "--number", &number];
    insta::assert_snapshot!(both(world, &add), @"
    trusting `Web tools` as `web`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    note: the list `city` names the same keys for it
    warning: CONTRADICTION in `web`: the list `land` names other keys for it, to which those you know do not lead
      The keys that you remember stay in force; a list cannot replace them.
      Ask the maintainer whether they still hold; `packman trust compare web NUMBER` settles it.
    ");
    // One dissenter does not stop what is remembered.
    insta::assert_snapshot!(both(world, &["search", "flask"]), @"
    flask  3.0  web  The project flask
    warning: CONTRADICTION in `web`: the list `land` names other keys for it, to which those you know do not lead
      The keys that you remember stay in force; a list cannot replace them.
      Ask the maintainer whether they still hold; `packman trust compare web NUMBER` settles it.
    ");
}

#[test]
fn a_list_whose_host_was_replaced_stops_nobody_and_is_believed_nothing() {
    let (stage, mut city) = learnt();
    let world = &stage.world;
    city.names(world, "second", &stage.mirror.url(), &stage.number());
    let mut fake = Repository::with_seed(now(), 90);
    let mut listings = city.listings.clone();
    listings.withdraw(&entry("web"), Withdrawal { reason: "believe me".to_owned(), at: now() });
    let about = world.path("city");
    let about = std::fs::read_dir(about.join("targets")).unwrap().count();
    assert!(about > 0);
    fake.add_target(DATABASES_PATH, &listings.encode());
    fake.publish();
    let _ = std::fs::remove_dir_all(world.path("city"));
    write(&world.path("city"), fake.files());
    world.venv("v");
    let run = world.ok(&["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"
    warning: UNEXPLAINED CHANGE of `city`: its address now serves keys that the keys you trust never agreed to
      Do nothing in a hurry: nothing was taken from it, what you have stays, and so do the keys you trust.
      This is what an attack looks like, and also a maintainer who lost every key.
      Ask the maintainer, by another way than this address, for the new safety number; then `packman trust compare city NUMBER`.
    plan for ./v
      + flask  3.0  954 B  [#] web  signed, listed by city  nobody reviewed
    1 package, 954 B to fetch
    fetching 1 file, 954 B
    installed 1 package into ./v
    ");
    let run = world.ends(3, "unexplained-change", &["trust", "refresh"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: UNEXPLAINED CHANGE of `city`: its address now serves keys that the keys you trust never agreed to
      because: `metadata/1.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1
      hint: Do nothing in a hurry: nothing was taken from it, what you have stays, and so do the keys you trust.
      hint: This is what an attack looks like, and also a maintainer who lost every key.
      hint: Ask the maintainer, by another way than this address, for the new safety number; then `packman trust compare city NUMBER`.
      hint: see `packman explain unexplained-change`
    ");
    world.ends(3, "unexplained-change", &["trust", "add", "second"]);
}

#[test]
fn a_list_that_lags_behind_a_rotation_raises_no_alarm() {
    let (stage, city) = learnt();
    let world = &stage.world;
    let old = stage.number();
    world.ok(&["curate", "rotate", "db"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    let run = world.ok(&["info", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"note: signed rotation of `web`: its keys changed, as the keys before allowed (root 1 to 2)");
    let run = world.ok(&["info", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"");
    assert_ne!(stage.number(), old);
    // Nor where the user began with the new root: the old one is seen to lead to it, once.
    let mut fresh = World::new(env!("CARGO_BIN_EXE_packman"));
    fresh.set("PACKMAN_HOME", world.home().with_file_name("second-home"));
    city.is_trusted(&fresh);
    let number = stage.number();
    fresh.ok(&["trust", "add", &stage.mirror.url(), "--number", &number, "--as", "web"]);
    stage.mirror.take_asked();
    let run = fresh.ok(&["search", "flask"]);
    insta::assert_snapshot!(said(&fresh, &run), @"");
    assert_eq!(stage.mirror.take_asked().iter().filter(|path| path.contains("1.root")).count(), 0);
}

#[test]
fn what_its_own_list_takes_back_gives_nothing_new_until_the_user_decides() {
    let (stage, mut city) = learnt();
    let world = &stage.world;
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    city.withdraws(world, "web", "its key was lost");
    let run = world.ends(3, "withdrawn", &["install", "--venv", "v", "lab-tools"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: WITHDRAWN: `web`: the list `city` takes it back: its key was lost
      because: you learnt it through this list, and have not decided since
      hint: Nothing new is taken from it until you decide: `packman trust remove web`, or `packman trust keep web` if you know better.
      hint: see `packman explain withdrawn`
    ");
    let run = world.ok(&["info", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"
    warning: WITHDRAWN: `web`: the list `city` takes it back: its key was lost
      Nothing new is taken from it until you decide: `packman trust remove web`, or `packman trust keep web` if you know better.
    ");
    world.ok(&["list", "--venv", "v"]);
    // It is remembered, also where the list cannot be asked any more.
    world.ends(3, "withdrawn", &["install", "--venv", "v", "lab-tools", "--offline"]);
    insta::assert_snapshot!(both(world, &["trust", "refresh"]), @"
    city  nothing newer
    web   refused
    error: WITHDRAWN: `web`: the list `city` takes it back: its key was lost
      because: you learnt it through this list, and have not decided since
      hint: Nothing new is taken from it until you decide: `packman trust remove web`, or `packman trust keep web` if you know better.
      hint: see `packman explain withdrawn`
    ");
    world.ok(&["uninstall", "--venv", "v", "flask"]);
    insta::assert_snapshot!(both(world, &["trust", "keep", "city"]), @"
    error: no list has taken `city` back, so there is nothing to keep
      hint: `packman trust list` shows whom you trust, and what stands against them
    ");
    insta::assert_snapshot!(both(world, &["trust", "keep", "web"]), @"`web` is kept, though it was taken back");
    let run = world.ok(&["install", "--venv", "v", "lab-tools"]);
    assert!(!run.stderr.contains("WITHDRAWN"), "{}", run.stderr);
    // For another reason it is another decision.
    city.withdraws(world, "web", "it serves malware");
    world.ends(3, "withdrawn", &["install", "--venv", "v", "flask"]);
}

#[test]
fn removing_and_adding_again_is_no_way_round_a_withdrawal() {
    let (stage, mut city) = learnt();
    let world = &stage.world;
    city.withdraws(world, "web", "its key was lost");
    world.ends(3, "withdrawn", &["trust", "refresh"]);
    world.ok(&["trust", "remove", "web"]);
    let run = world.ends(3, "withdrawn", &["trust", "add", "web"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: WITHDRAWN: `web`: the list `city` takes it back: its key was lost
      hint: It was not added.
      hint: see `packman explain withdrawn`
    ");
    world.ends(3, "withdrawn", &["trust", "add", &stage.mirror.url()]);
}

#[test]
fn what_its_list_does_not_name_any_more_is_taken_back_without_a_reason() {
    let (stage, mut city) = learnt();
    let world = &stage.world;
    city.listings.remove(&entry("web"));
    city.publish(world);
    world.venv("v");
    let run = world.ends(3, "withdrawn", &["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: WITHDRAWN: `web`: the list `city` does not name it any more, and says no reason
      because: you learnt it through this list, and have not decided since
      hint: Nothing new is taken from it until you decide: `packman trust remove web`, or `packman trust keep web` if you know better.
      hint: see `packman explain withdrawn`
    ");
}

#[test]
fn another_list_that_takes_it_back_is_a_warning() {
    let (stage, _city) = learnt();
    let world = &stage.world;
    let mut land = Keeper::new(world, "land", 60);
    land.names(world, "web", &stage.mirror.url(), &stage.number());
    land.withdraws(world, "web", "we do not like it");
    land.is_trusted(world);
    world.venv("v");
    let run = world.ok(&["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(said(world, &run), @"
    warning: WITHDRAWN: `web`: the list `land` takes it back: we do not like it
      You did not learn it through `land`, so it stays in force; ask its maintainer before you install more from it.
    plan for ./v
      + flask  3.0  954 B  [#] web  signed, listed by city  nobody reviewed
    1 package, 954 B to fetch
    fetching 1 file, 954 B
    installed 1 package into ./v
    ");
}

#[test]
fn an_expired_list_names_nothing_and_takes_nothing_back() {
    let (stage, mut city) = learnt();
    let world = &stage.world;
    city.repository.expiry.insert(Role::Timestamp, now().plus_days(-1));
    city.names(world, "second", &stage.mirror.url(), &stage.number());
    city.withdraws(world, "web", "long ago");
    world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    world.ends(3, "expired", &["trust", "add", "second"]);
}

#[test]
fn a_list_in_the_ring_raises_what_was_only_remembered() {
    let stage = stage();
    let world = &stage.world;
    let mut city = Keeper::new(world, "city", 40);
    city.names(world, "web", &stage.mirror.url(), &stage.number());
    stage.trust();
    let ring = world.home().join("ring.toml");
    let text = std::fs::read_to_string(&ring).unwrap();
    std::fs::write(&ring, text.replace("learnt = \"compared\"", "learnt = \"remembered 2026-11-23\""))
        .unwrap();
    assert!(both(world, &["trust", "list"]).contains("[~]  web"));
    city.is_trusted(world);
    world.ok(&["trust", "refresh"]);
    insta::assert_snapshot!(both(world, &["trust", "list"]), @"
    [#]  city  signed, compared        list   1 database  good until DATE  http://HOST/
    [#]  web   signed, listed by city  for *  2 projects  good until DATE  http://HOST/
    ");
}

#[test]
fn a_database_does_not_become_a_list_nor_a_list_a_database() {
    let (stage, city) = learnt();
    let world = &stage.world;
    let ring = world.home().join("ring.toml");
    let text = std::fs::read_to_string(&ring).unwrap();
    // The file says that the list is a database with a scope: its own signed word says otherwise.
    let turned = text.replacen("[[list]]", "[[database]]\nscope = [\"*\"]", 1);
    std::fs::write(&ring, turned).unwrap();
    let code = world.run(&["info", "flask", "--json"]).code;
    assert_ne!(code, 0);
    drop(city);
}
