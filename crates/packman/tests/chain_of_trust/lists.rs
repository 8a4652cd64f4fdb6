//! Points 1 to 3: the list of a well-known site, what is remembered of it, and the personal trust ring.

use super::{Site, published, said, shows, stranger};
use crate::support::{kept, plain};

#[test]
fn point_1_a_well_known_site_publishes_the_list_of_keys_and_of_the_locations_of_the_databases() {
    let stage = published();
    let world = &stage.world;
    let site = Site::that_names(world, "city", &stage.mirror.url(), &stage.number());
    // TLS is needed only there: what anybody can change on the way needs the number.
    let over_plain_http = world.ends(3, "number-needed", &["trust", "add", &site.mirror.url()]);
    assert!(said(&over_plain_http).contains("plain HTTP can be changed by anybody on the way"));
    site.is_trusted(world);
    // The list knows where the database is, and by which keys.
    let added = world.ok(&["trust", "add", "web"]);
    assert!(said(&added).contains("[#] signed, listed by city"), "{}", said(&added));
    world.venv(".venv");
    world.ok(&["install", "tool"]);
    // The same command writes a page for people, which shows the number of the list and of each database.
    let page = std::fs::read_to_string(world.path("city-site/index.html")).unwrap();
    for number in [site.number(world), stage.number()] {
        assert!(page.contains(&number), "{page}");
    }
}

#[test]
fn point_2_the_list_is_remembered_with_a_big_warning_if_it_changes_and_a_second_one_tells() {
    let stage = published();
    let world = &stage.world;
    let site = Site::that_names(world, "city", &stage.mirror.url(), &stage.number());
    site.is_trusted(world);
    world.ok(&["trust", "add", "web"]);
    // Somebody replaces the list, with keys of his own and a database of his own in it.
    let strange = stranger(&stage, "other");
    let replaced = Site::that_names(world, "fake", &stage.mirror.url(), &strange);
    let before = kept(world, None);
    shows(&site.mirror, world, "fake-site");
    let run = world.ends(3, "unexplained-change", &["trust", "refresh"]);
    let warning = "error: UNEXPLAINED CHANGE of `city`: its address now serves keys that the keys you trust never agreed to";
    assert!(run.stderr.lines().any(|line| line == warning), "{}", run.stderr);
    assert!(kept(world, None) == before, "the old list stays in force");
    // A key that its keeper replaced, signed by the one before, is no warning.
    site.mirror.be_honest();
    world.ok(&["curate", "rotate", "city", "--root", "--targets", "--no-passphrase"]);
    world.ok(&["curate", "publish", "city", "--to", "city-site"]);
    let run = world.ok(&["trust", "refresh"]);
    assert!(said(&run).contains("signed rotation of `city`"), "{}", said(&run));
    // Who comes for the first time, to the replaced list, and has a second one, is told that they differ.
    let honest = stage.number();
    let mut world = stage.world;
    world.use_fresh_user("newcomer");
    shows(&stage.mirror, &world, "other-site");
    let second = Site::that_names(&world, "second", &stage.mirror.url(), &honest);
    replaced.is_trusted(&world);
    second.is_trusted(&world);
    let run = world.ends(3, "contradiction", &["trust", "add", "web"]);
    assert!(run.stderr.contains("two sources that you trust say different things"), "{}", run.stderr);
    assert!(!world.ok(&["trust", "list"]).stdout.contains("web "));
}

#[test]
fn point_3_keys_are_added_to_a_personal_trust_ring_however_obtained() {
    let stage = published();
    let (url, first) = (stage.mirror.url(), stage.number());
    let site = Site::that_names(&stage.world, "city", &url, &first);
    let mut world = stage.world;
    // By the number of any root: one from before a key change, say.
    world.ok(&["curate", "rotate", "db"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    let second = world.ok(&["curate", "number", "db"]).stdout.trim().to_owned();
    for (user, number) in [("old", &first), ("new", &second)] {
        world.use_fresh_user(user);
        world.ok(&["trust", "add", &url, "--as", "web", "--number", number]);
    }
    // From a folder: a stick, a share.
    world.use_fresh_user("stick");
    world.ok(&["trust", "add", "./site", "--as", "web", "--number", &second]);
    // Through a list.
    world.use_fresh_user("reader");
    site.is_trusted(&world);
    world.ok(&["trust", "add", "web"]);
    // The ring says how each was learnt, and is the user's own: it can be looked at, narrowed, and taken away.
    world.ok(&["trust", "scope", "web", "too*"]);
    let list = plain(&world, &world.ok(&["trust", "list"]).stdout);
    assert!(list.contains("web   signed, listed by city  for too*"), "{list}");
    world.venv(".venv");
    world.ends(1, "not-vouched", &["install", "words"]);
    world.ok(&["trust", "remove", "web"]);
    world.ends(1, "not-vouched", &["install", "tool"]);
}
