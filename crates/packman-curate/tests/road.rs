//! The whole road of a scapegoat: init, add, sign, publish, refresh.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{SignRequest, Together, number};
use packman_tuf::{Answer, FirstUse, Limits, Refresh, Step};
use packman_wheel::make::WheelDraft;
use world::{Index, World, wheel};

/// Follows what is published in a folder as a client does; gives the paths of the targets.
fn follow(world: &World, site: &str) -> Result<Vec<String>, String> {
    let read =
        |path: &str| packman_machine::files::read_file(&world.path(site).join(path), u64::MAX).unwrap();
    let number = number(&world.path("db")).unwrap();
    let mut first = FirstUse::with_number(number, Limits::default());
    while let Step::Fetch(request) = first.step() {
        let bytes = read(&request.path);
        first
            .answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes))
            .map_err(|error| error.to_string())?;
    }
    let mut refresh = Refresh::begin(first.finish().unwrap(), world.now, Limits::default());
    while let Step::Fetch(request) = refresh.step() {
        let bytes = read(&request.path);
        refresh
            .answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes))
            .map_err(|error| error.to_string())?;
    }
    let memory = refresh.into_memory();
    let good = memory.good().unwrap();
    for (path, info) in good.targets() {
        let bytes = read(&info.file_path(path)).ok_or(format!("{path} is missing"))?;
        good.verify_target(path, &bytes).map_err(|error| error.to_string())?;
    }
    Ok(good.targets().map(|(path, _)| path.to_owned()).collect())
}

#[test]
fn what_is_added_signed_and_published_can_be_followed_by_its_number() {
    let (world, index) = (World::new(), Index::new());
    index.list("flask", &[wheel(&WheelDraft::new("flask", "3.0").file("flask.py", "x = 1"))]);
    world.init();
    let report = world.add(&world.request(&["flask"], Some(&index)));
    assert_eq!(world.lines(&report), "+ flask-3.0-py3-none-any.whl");
    let signed = world.sign().unwrap();
    assert_eq!(signed.staged.new.len(), 1);
    let published = world.publish("site").unwrap();
    let set = published.signed.unwrap();
    assert_eq!((set.version, set.number), (1, signed.number));
    assert_eq!(follow(&world, "site").unwrap(), ["about.json", "projects/flask.json", "recalls.json"]);
    let blobs = world.tree("site/blobs");
    let names: Vec<&str> = blobs.iter().map(|path| path.split_once('/').unwrap().1).collect();
    assert_eq!(names, ["RECORD", "flask-3.0-py3-none-any.whl.metadata"]);
}

#[test]
fn local_wheels_are_published_with_the_database() {
    let world = World::new();
    let draft = WheelDraft::new("own", "1.0").file("own.py", "");
    world.write(&format!("wheels/{}", draft.file_name()), draft.build().unwrap());
    world.init();
    assert_eq!(world.curator().add(&world.request(&["own"], None)).unwrap_err().code(), "no-index");
    let mut request = world.request(&[], None);
    request.from = Some(world.path("wheels"));
    let error = world.curator().add(&request).unwrap_err();
    insta::assert_snapshot!(world.words(&error), @"copy-needed: `own-1.0-py3-none-any.whl` has no address to fetch it from");
    request.copy_files = true;
    assert_eq!(world.lines(&world.add(&request)), "+ own-1.0-py3-none-any.whl");
    assert_eq!(world.lines(&world.add(&request)), "= own-1.0-py3-none-any.whl");
    world.sign().unwrap();
    world.publish("site").unwrap();
    let hash = packman_strict::Sha256::of(&draft.build().unwrap());
    assert_eq!(world.read(&format!("site/blobs/{hash}/{}", draft.file_name())), draft.build().unwrap());
}

#[test]
fn signing_nothing_prolongs_and_refresh_needs_the_online_key_alone() {
    let (mut world, index) = (World::new(), Index::new());
    index.list("a", &[wheel(&WheelDraft::new("a", "1"))]);
    world.init();
    world.add(&world.request(&["a"], Some(&index)));
    world.sign().unwrap();
    world.publish("site").unwrap();
    world.now = world.now.plus_days(29);
    let folder = world.path("db");
    let again = world.curator().sign(&SignRequest {
        folder: &folder,
        agree: &|_| panic!("nothing to agree to"),
        together: Together::default(),
    });
    assert!(again.unwrap().staged.is_empty());
    for key in ["root-1.pem", "spare.pem", "targets.pem"] {
        world.remove(&world.key(key));
    }
    world.now = world.now.plus_days(29);
    let refreshed = world.curator().refresh(&folder).unwrap();
    assert_eq!(refreshed.version, 3);
    world.publish("site").unwrap();
    assert_eq!(follow(&world, "site").unwrap().len(), 3);
    assert_eq!(world.sign().unwrap_err().code(), "key-missing");
}
