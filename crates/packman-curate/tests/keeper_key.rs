//! A keeper's own key: made where he signs, never replaced, and handed on by its public half alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{InitRequest, KeyReport, KeyRequest};
use world::World;

fn key(world: &World, file: &str) -> Result<KeyReport, String> {
    let request = KeyRequest { file: world.path(file), no_passphrase: world.told.passphrase.is_none() };
    world.curator().key(&request).map_err(|error| world.words(&error))
}

#[test]
fn a_key_is_made_once_and_its_public_half_can_be_had_again() {
    for passphrase in [None, Some("a passphrase".to_owned())] {
        let mut world = World::new();
        world.told.passphrase = passphrase;
        let made = key(&world, "anna.pem").unwrap();
        let (private, public) = (world.read("anna.pem"), world.read("anna.pub"));
        assert!(made.is_new && made.id.len() == 64);
        assert_eq!(
            (made.private.clone(), made.public.clone()),
            (Some(world.path("anna.pem")), world.path("anna.pub"))
        );
        let text = String::from_utf8(public.clone()).unwrap();
        assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\n") && !text.contains("PRIVATE"), "{text}");
        let is_locked = String::from_utf8(private.clone()).unwrap().contains("ENCRYPTED");
        assert_eq!(is_locked, world.told.passphrase.is_some());
        // Killed before the public half was there, or lost since: the same key, and the same half of it.
        std::fs::remove_file(world.path("anna.pub")).unwrap();
        let again = key(&world, "anna.pem").unwrap();
        assert_eq!(again, KeyReport { is_new: false, ..made.clone() });
        assert_eq!((world.read("anna.pem"), world.read("anna.pub")), (private, public));
        let shown = key(&world, "anna.pub").unwrap();
        assert_eq!((shown.id, shown.private), (made.id, None));
    }
}

#[cfg(unix)]
#[test]
fn a_key_is_for_its_keeper_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    key(&world, "anna.pem").unwrap();
    let mode = |name: &str| world.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("anna.pem"), 0o600);
    assert_ne!(mode("anna.pub") & 0o044, 0, "everybody may have the public half");
}

#[test]
fn refuses_places_where_no_key_belongs() {
    let world = World::new();
    world.init();
    world.write("bert.pub", b"somebody's");
    let others = World::new();
    key(&others, "carl.pem").unwrap();
    world.write("carl.pub", others.read("carl.pub"));
    let texts = [
        key(&world, "db/anna.pem"),
        key(&world, "db/metadata/anna.pem"),
        key(&world, "anna.pub"),
        key(&world, "bert.pem"),
        key(&world, "carl.pem"),
    ];
    let texts: Vec<_> = texts.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    usage: `~/db/anna.pem`: no private key belongs into the folder of a database
    usage: `~/db/metadata/anna.pem`: no private key belongs into the folder of a database
    usage: `~/anna.pub`: wanted another name: `.pub` is what the public half is called
    in-the-way: `~/bert.pub` is there already
    in-the-way: `~/carl.pub` is there already
    ");
    let left = world.tree("").into_iter().filter(|path| path.contains(".pem") && !path.starts_with("home/"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new(), "a key was made all the same");
    // A private key whose public half is somebody else's file: said, not written over.
    key(&world, "dora.pem").unwrap();
    world.write("dora.pub", others.read("carl.pub"));
    let text = key(&world, "dora.pem").unwrap_err();
    assert!(text.starts_with("in-the-way: "), "{text}");
    assert_eq!(world.read("dora.pub"), others.read("carl.pub"));
}

#[test]
fn the_public_half_is_what_a_database_is_made_with() {
    let (anna, bert) = (World::new(), World::new());
    let theirs = key(&bert, "bert.pem").unwrap();
    key(&bert, "carl.pem").unwrap();
    anna.write("carl.pub", bert.read("carl.pub"));
    let own = key(&anna, "anna.pem").unwrap();
    anna.write("bert.pub", bert.read("bert.pub"));
    let keys = ["anna.pem", "bert.pub", "carl.pub"].map(|file| anna.path(file)).to_vec();
    let report = anna.curator().init(&InitRequest { threshold: 2, keys, ..anna.init_request() }).unwrap();
    let missing = report.missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(missing.contains(&format!("`bert` ({}…)", &theirs.id[..12])), "{missing}");
    assert!(!missing.contains(&own.id[..12]), "{missing}");
    // Nothing of the other half is in what travels.
    for path in anna.tree("db") {
        assert!(!String::from_utf8_lossy(&anna.read(&format!("db/{path}"))).contains("PRIVATE"), "{path}");
    }
}
