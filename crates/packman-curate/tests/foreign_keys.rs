//! A database's folder is edited by somebody who wants it signed with keys that are not its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod world;

use packman_curate::InitRequest;
use world::World;

/// A stranger's database in the place of the one of this world; its keys are in the stranger's home.
fn with_the_database_of_a_stranger(world: &World) -> World {
    let stranger = World::new();
    stranger.init();
    stranger.sign().unwrap();
    for file in stranger.tree("db") {
        world.write(&format!("db/{file}"), stranger.read(&format!("db/{file}")));
    }
    stranger
}

#[test]
fn a_database_that_was_made_elsewhere_finds_no_keys_here() {
    let world = World::new();
    with_the_database_of_a_stranger(&world);
    let error = world.sign().unwrap_err();
    assert_eq!(error.code(), "key-missing");
}

#[test]
fn the_keys_of_another_database_of_this_home_are_never_used() {
    let world = World::new();
    // The scapegoat's own database, whose keys are wanted.
    let own = InitRequest { folder: world.path("own"), ..world.init_request() };
    world.curator().init(&own).unwrap();
    let settings = String::from_utf8(world.read("own/curate.toml")).unwrap();
    with_the_database_of_a_stranger(&world);
    // The stranger's roots, with the settings that name the scapegoat's keys.
    world.write("db/curate.toml", settings);
    assert_eq!(world.sign().unwrap_err().code(), "key-missing");
    assert_eq!(world.curator().refresh(&world.path("db")).unwrap_err().code(), "key-missing");
}

#[test]
fn keys_that_came_with_the_folder_are_not_opened() {
    let world = World::new();
    let stranger = with_the_database_of_a_stranger(&world);
    for name in ["targets.pem", "online.pem"] {
        world.write(&format!("db/{name}"), stranger.read(&stranger.key(name)));
        world.edit(
            "db/curate.toml",
            &format!("\"{name}\""),
            &format!("\"{}\"", world.path("db").join(name).display()),
        );
    }
    assert_eq!(world.sign().unwrap_err().code(), "database-damaged");
}
