//! What `add`, `remove` and `init` say no to, and leave as it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::RemoveRequest;
use packman_names::Requirement;
use packman_wheel::make::WheelDraft;
use world::{Index, Listed, World, linux, sdist, wheel};

fn pure(name: &str, version: &str) -> Listed {
    wheel(&WheelDraft::new(name, version))
}

fn flask() -> (World, Index) {
    let (world, index) = (World::new(), Index::new());
    index.list("flask", &[pure("flask", "2.3.3"), pure("flask", "3.1.0")]);
    world.init();
    (world, index)
}

/// What comes of asking for these together, and whether something was recorded.
fn together(asked: &[&str]) -> String {
    let (world, index) = flask();
    let mut request = world.request(asked, Some(&index));
    request.with_dependencies = true;
    let said = match world.curator().add(&request) {
        Ok(report) => world.lines(&report),
        Err(error) => world.words(&error),
    };
    format!("{said}\nrecorded: {:?}", world.tree("db/projects"))
}

#[test]
fn what_excludes_itself_is_not_begun() {
    insta::assert_snapshot!(together(&["flask>=3", "flask==2.3.3"]), @"
    conflict: `flask>=3` and `flask==2.3.3` exclude each other
    recorded: []
    ");
    insta::assert_snapshot!(together(&["flask>=3", "flask==3.1.0"]), @r#"
    + flask-3.1.0-py3-none-any.whl
    recorded: ["flask.json"]
    "#);
    // Each counts on another Python.
    insta::assert_snapshot!(together(&["flask<3; python_version < '3.9'", "flask>=3; python_version >= '3.9'"]), @r#"
    + flask-3.1.0-py3-none-any.whl
    * `flask<3; python_version < '3.9'` is for other Pythons or platforms, and was passed over; `--python` and `--platform` name others
    recorded: ["flask.json"]
    "#);
    // Releases that are recorded side by side exclude nothing.
    let (world, index) = flask();
    insta::assert_snapshot!(world.lines(&world.add(&world.request(&["flask==3.1.0", "flask==2.3.3"], Some(&index)))), @"
    + flask-2.3.3-py3-none-any.whl
    + flask-3.1.0-py3-none-any.whl
    ");
}

#[test]
fn a_conflict_of_a_file_names_its_lines() {
    let (world, index) = flask();
    world.write("requirements.txt", "flask==3.1.0\nflask==2.3.3\n");
    let mut request = world.request(&[], Some(&index));
    request.asked = world.demand("requirements.txt").unwrap();
    request.with_dependencies = true;
    let error = world.curator().add(&request).unwrap_err();
    insta::assert_snapshot!(world.words(&error), @"conflict: `flask==3.1.0` (`~/requirements.txt`, line 1) and `flask==2.3.3` (`~/requirements.txt`, line 2) exclude each other");
}

#[test]
fn wheels_of_a_folder_are_held_against_python_and_platform_as_an_indexs_are() {
    let world = World::new();
    world.init();
    let drafts = [
        WheelDraft { requires_python: Some("<3.10".to_owned()), ..WheelDraft::new("old", "1") },
        WheelDraft { requires_python: Some(">=3.10".to_owned()), ..WheelDraft::new("new", "1") },
        WheelDraft { tag: "cp312-cp312-win_amd64".to_owned(), ..WheelDraft::new("win", "1") },
    ];
    for draft in drafts {
        world.write(&format!("dist/{}", draft.file_name()), draft.build().unwrap());
    }
    let mut request = world.request(&[], None);
    (request.from, request.copy_files) = (Some(world.path("dist")), true);
    insta::assert_snapshot!(world.lines(&world.add(&request)), @"
    + new-1-py3-none-any.whl
    ! old==1: requires-python: `old==1`: nothing fits:
      you asked for `old==1`
      `old` 1 wants Python `<3.10`, and this is 3.12.0
    ! win==1: no-wheel: `win==1`: nothing fits:
      you asked for `win==1`
      `win` 1 has no wheel for this Python and platform; there is `cp312-cp312-win_amd64`
    ");
    request.targets = vec![linux("3.9")];
    let report = world.add(&request);
    let added: Vec<&str> = report.added.iter().map(|added| added.file.as_str()).collect();
    assert_eq!(added, ["old-1-py3-none-any.whl"]);
}

#[test]
fn a_source_distribution_alone_is_listed_where_every_file_is_asked_for() {
    let (world, index) = (World::new(), Index::new());
    index.list("src", &[sdist("src-1.0.tar.gz"), sdist("src-1.1.tar.gz")]);
    index.list("other", &[pure("other", "1")]);
    world.init();
    let mut request = world.request(&["src", "other"], Some(&index));
    request.all_files = true;
    for with_dependencies in [false, true] {
        request.with_dependencies = with_dependencies;
        let report = world.add(&request);
        assert!(report.not_taken.is_empty(), "{}", world.lines(&report));
        assert_eq!(world.tree("db/projects"), ["other.json", "src.json"]);
    }
    let lines = world.lines(&world.add(&request));
    insta::assert_snapshot!(lines, @"
    = other-1-py3-none-any.whl
    = src-1.1.tar.gz
    * `src` 1.1 is there as a source distribution only: it is listed, and nobody can install it
    ");
    request.all_files = false;
    assert!(world.lines(&world.add(&request)).contains("source distribution only"));
}

#[test]
fn words_that_would_pick_a_part_are_not_taken_for_the_whole() {
    let (world, index) = flask();
    world.add(&world.request(&["flask"], Some(&index)));
    for text in ["flask[async]", "flask; sys_platform == 'win32'", "flask @ https://files.example/flask.whl"]
    {
        let requirements = vec![Requirement::parse(text).unwrap()];
        let request = RemoveRequest { folder: world.path("db"), requirements };
        let error = world.curator().remove(&request).unwrap_err();
        assert_eq!(error.code(), "usage", "{text}");
        assert_eq!(world.tree("db/projects"), ["flask.json"], "{text}");
    }
}

#[test]
fn a_database_that_could_not_be_made_leaves_no_keys() {
    let world = World::new();
    // The folder cannot be made: something else has its name.
    world.write("taken", "");
    let mut request = world.init_request();
    request.folder = world.path("taken/db");
    request.spare = Some(world.path("stick/spare.pem"));
    world.write("stick/readme", "");
    assert_eq!(world.curator().init(&request).unwrap_err().code(), "disk");
    assert_eq!(world.tree("home/keys"), Vec::<String>::new());
    assert_eq!(world.tree("stick"), ["readme"]);
    // Where a key cannot be written, those before it go too; what was there stays.
    request.folder = world.path("db");
    world.write("stick/spare.pem", "somebody's key");
    assert_eq!(world.curator().init(&request).unwrap_err().code(), "in-the-way");
    assert_eq!(world.tree("home/keys"), Vec::<String>::new());
    assert_eq!(world.read("stick/spare.pem"), b"somebody's key");
    assert!(!world.path("db").exists());
}
