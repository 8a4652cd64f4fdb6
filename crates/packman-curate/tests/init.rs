//! New databases: their keys, what is asked for them, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{InitRequest, Lifetimes, StatusRequest};
use world::World;

/// Makes a database as this changes the usual request; tells which files there are then, or why not.
fn check(change: impl FnOnce(&mut InitRequest, &World)) -> String {
    let world = World::new();
    let mut request = world.init_request();
    change(&mut request, &world);
    if let Err(error) = world.curator().init(&request) {
        return world.words(&error);
    }
    let keys = world.tree("home/keys");
    let keys: Vec<&str> = keys.iter().map(|path| path.split_once('/').unwrap().1).collect();
    format!("{} in {}", keys.join(" "), world.tree("db").join(" "))
}

/// Makes keys as another tool left them, by taking the root keys of another database.
fn give_keys(world: &World, count: u32) -> Vec<std::path::PathBuf> {
    let other = World::new();
    other.curator().init(&InitRequest { threshold: count, ..other.init_request() }).unwrap();
    let path = |number| format!("given-{number}.pem");
    (1..=count)
        .map(|number| {
            world.write(&path(number), other.read(&other.key(&format!("root-{number}.pem"))));
            world.path(&path(number))
        })
        .collect()
}

#[test]
fn keys_are_apart_from_the_folder_and_one_root_key_is_to_spare() {
    insta::assert_snapshot!(check(|_, _| {}), @"online.pem root-1.pem spare.pem targets.pem in .gitignore .packman-lock about.json curate.toml metadata/1.root.json recalls.json");
    insta::assert_snapshot!(check(|request, _| request.threshold = 2), @"online.pem root-1.pem root-2.pem spare.pem targets.pem in .gitignore .packman-lock about.json curate.toml metadata/1.root.json recalls.json");
    insta::assert_snapshot!(check(|request, world| request.spare = Some(world.path("stick.pem"))), @"online.pem root-1.pem targets.pem in .gitignore .packman-lock about.json curate.toml metadata/1.root.json recalls.json");
}

#[cfg(unix)]
#[test]
fn key_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let spare = world.path("stick.pem");
    world.curator().init(&InitRequest { spare: Some(spare.clone()), ..world.init_request() }).unwrap();
    for path in [world.path(&world.key("online.pem")), world.path(&world.key("root-1.pem")), spare] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn given_keys_are_root_keys_and_stay_where_they_are() {
    insta::assert_snapshot!(check(|request, world| request.keys = give_keys(world, 1)), @"online.pem spare.pem targets.pem in .gitignore .packman-lock about.json curate.toml metadata/1.root.json recalls.json");
    insta::assert_snapshot!(check(|request, world| request.keys = give_keys(world, 2)), @"online.pem targets.pem in .gitignore .packman-lock about.json curate.toml metadata/1.root.json recalls.json");
}

#[test]
fn refuses_thresholds_and_keys_that_make_no_sense() {
    insta::assert_snapshot!(check(|request, _| request.threshold = 0), @"usage: threshold 0: wanted 1 to 100");
    insta::assert_snapshot!(
        check(|request, world| {
            request.keys = give_keys(world, 1);
            request.threshold = 2;
        }),
        @"usage: threshold 2: only 1 key is at hand"
    );
    insta::assert_snapshot!(
        check(|request, world| {
            request.keys = give_keys(world, 1);
            request.keys.push(request.keys[0].clone());
            request.threshold = 2;
        }),
        @"usage: `~/given-1.pem` holds a key that was given already"
    );
    insta::assert_snapshot!(
        check(|request, world| {
            request.keys = give_keys(world, 2);
            request.spare = Some(world.path("spare.pem"));
        }),
        @"usage: `--spare`: more keys were given than the threshold needs, so none is made"
    );
    insta::assert_snapshot!(check(|request, world| request.spare = Some(world.path("db/spare.pem"))), @"usage: `--spare`: no private key belongs into the folder of the database");
    insta::assert_snapshot!(
        check(|request, world| {
            world.write("stick.pem", "another key");
            request.spare = Some(world.path("stick.pem"));
        }),
        @"in-the-way: `~/stick.pem` is there already"
    );
    insta::assert_snapshot!(check(|request, world| request.keys = vec![world.path("nowhere.pem")]), @"key-missing: the root key is not at `~/nowhere.pem`");
    insta::assert_snapshot!(
        check(|request, _| request.lifetimes = Lifetimes { refresh_within_days: 91, ..Lifetimes::default() }),
        @"usage: `--refresh-within` 91: wanted 1 to 90 days"
    );
    insta::assert_snapshot!(check(|request, _| request.title = "\u{1b}[2J".to_owned()), @r"usage: title: found the string `\u{1b}[2J`, wanted a line of 1 to 1,024 bytes without control characters");
    insta::assert_snapshot!(check(|request, _| request.no_passphrase = false), @"consent-needed: the new keys need a passphrase, and nobody gave one");
}

#[test]
fn refuses_a_folder_that_holds_a_database() {
    let world = World::new();
    world.init();
    let before = world.read("db/curate.toml");
    insta::assert_snapshot!(world.words(&world.curator().init(&world.init_request()).unwrap_err()), @"in-the-way: `~/db/curate.toml` is there already");
    assert_eq!(world.read("db/curate.toml"), before);
}

#[test]
fn a_home_that_cannot_be_written_leaves_no_half_database() {
    let world = World::new();
    world.write("home", "a file where the folder should be");
    let error = world.curator().init(&world.init_request()).unwrap_err();
    assert_eq!(error.code(), "disk");
    assert!(!world.path("db").exists(), "keys come first");
}

#[test]
fn status_warns_until_the_spare_key_is_taken_away() {
    let world = World::new();
    world
        .curator()
        .init(&InitRequest { spare: Some(world.path("stick.pem")), ..world.init_request() })
        .unwrap();
    let status = || world.curator().status(&StatusRequest { folder: world.path("db"), index: None }).unwrap();
    assert_eq!(status().spare_is_here, Some(world.path("stick.pem")));
    world.remove("stick.pem");
    assert_eq!((status().spare_is_here, status().keys_missing), (None, Vec::new()));
    world.remove(&world.key("targets.pem"));
    assert_eq!(status().keys_missing, ["targets"]);
}

#[test]
fn keys_with_a_passphrase_sign_once_it_is_given() {
    let mut world = World::new();
    world.told.passphrase = Some("correct horse".to_owned());
    world.curator().init(&InitRequest { no_passphrase: false, ..world.init_request() }).unwrap();
    for (key, begins) in
        [("root-1.pem", "ENCRYPTED"), ("targets.pem", "ENCRYPTED"), ("online.pem", "PRIVATE")]
    {
        let text = String::from_utf8(world.read(&world.key(key))).unwrap();
        assert!(text.starts_with(&format!("-----BEGIN {begins}")), "{key}");
    }
    world.sign().unwrap();
    world.told.passphrase = None;
    assert_eq!(world.sign().unwrap_err().code(), "passphrase");
    world.curator().refresh(&world.path("db")).unwrap();
}

#[test]
fn signs_nothing_with_a_clock_that_is_far_behind() {
    let mut world = World::new();
    world.now = packman_strict::time::Time::parse("1999-12-31T00:00:00Z").unwrap();
    let behind = world.curator().init(&world.init_request()).unwrap_err();
    insta::assert_snapshot!(world.words(&behind), @"clock: this machine's clock says 1999-12-31T00:00:00Z, wanted at least 2026-01-01T00:00:00Z");
    assert!(!world.path("db").exists() && !world.path("home").exists());
    world.now = packman_strict::time::Time::parse("2027-06-15T12:00:00Z").unwrap();
    world.init();
    world.sign().unwrap();
    world.now = world.now.plus_days(-70);
    assert_eq!(world.sign().unwrap_err().code(), "clock");
    assert_eq!(world.curator().refresh(&world.path("db")).unwrap_err().code(), "clock");
    world.now = world.now.plus_days(68);
    world.curator().refresh(&world.path("db")).unwrap();
}

#[test]
fn private_keys_never_lie_in_what_is_carried_about() {
    let world = World::new();
    let around = InitRequest { folder: world.path(""), ..world.init_request() };
    assert_eq!(world.curator().init(&around).unwrap_err().code(), "usage");
    let home = InitRequest { folder: world.path("home"), ..world.init_request() };
    assert_eq!(world.curator().init(&home).unwrap_err().code(), "usage");
    world.init();
    world.sign().unwrap();
    assert_eq!(world.publish("home").unwrap_err().code(), "usage");
}
