//! What a hostile index says must not leave a folder that its scapegoat cannot use any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{RemoveRequest, StatusRequest};
use packman_wheel::make::WheelDraft;
use world::{Index, World, wheel};

fn status(world: &World) -> packman_curate::StatusReport {
    world.curator().status(&StatusRequest { folder: world.path("db"), index: None }).unwrap()
}

#[test]
fn what_an_index_says_at_length_is_cut() {
    let (world, index) = (World::new(), Index::new());
    let yanked = format!("\"{}\"", "é".repeat(9_000));
    index.list("flask", &[wheel(&WheelDraft::new("flask", "3.0")).with("yanked", yanked)]);
    world.init();
    let report = world.add(&world.request(&["flask==3.0"], Some(&index)));
    assert_eq!(world.lines(&report), "+ flask-3.0-py3-none-any.whl");
    assert!(status(&world).damaged.is_empty());
    world.sign().unwrap();
}

#[test]
fn a_record_that_cannot_be_read_can_be_looked_at_and_removed() {
    let (world, index) = (World::new(), Index::new());
    for name in ["flask", "boom"] {
        index.list(name, &[wheel(&WheelDraft::new(name, "1.0"))]);
    }
    world.init();
    world.add(&world.request(&["flask", "boom"], Some(&index)));
    world.sign().unwrap();
    world.write("db/projects/boom.json", "{");
    let report = status(&world);
    assert_eq!((report.projects, report.damaged.len(), report.staged.gone.len()), (1, 1, 0));
    assert_eq!(report.damaged[0].what, "boom");
    assert_eq!(world.sign().unwrap_err().code(), "database-damaged");
    let remove = |what: &str| {
        let requirements = vec![what.parse().unwrap()];
        world.curator().remove(&RemoveRequest { folder: world.path("db"), requirements })
    };
    assert_eq!(remove("boom==1.0").unwrap_err().code(), "database-damaged");
    assert_eq!(remove("boom").unwrap().projects.len(), 1);
    world.sign().unwrap();
    // What was vouched for stays remembered.
    index.list("boom", &[wheel(&WheelDraft::new("boom", "1.0").file("boom.py", "x = 2"))]);
    let report = world.add(&world.request(&["boom"], Some(&index)));
    assert_eq!(report.not_taken[0].why.code(), "hash-changed");
}
