//! What is recorded for lockers, which look at every platform that the named Pythons run on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::AddRequest;
use packman_wheel::make::WheelDraft;
use world::{Index, Listed, World, sdist, wheel};

fn pure(name: &str, version: &str) -> Listed {
    wheel(&WheelDraft::new(name, version))
}

fn tagged(name: &str, version: &str, tag: &str) -> Listed {
    wheel(&WheelDraft { tag: tag.to_owned(), ..WheelDraft::new(name, version) })
}

fn needing(name: &str, needs: &[&str]) -> Listed {
    wheel(&needs.iter().fold(WheelDraft::new(name, "1"), |draft, need| draft.requires(need)))
}

/// What is added with dependencies for Python 3.12 on Linux, and which files are marked.
fn check(projects: &[(&str, Vec<Listed>)], asked: &[&str], change: impl Fn(&mut AddRequest)) -> String {
    let (world, index) = (World::new(), Index::new());
    for (project, files) in projects {
        index.list(project, files);
    }
    world.init();
    let mut request = world.request(asked, Some(&index));
    request.with_dependencies = true;
    change(&mut request);
    let report = world.add(&request);
    let marked: Vec<&str> =
        report.added.iter().filter(|added| added.for_lock).map(|added| added.file.as_str()).collect();
    let recorded = world.tree("db/projects").into_iter().filter(|file| {
        String::from_utf8(world.read(&format!("db/projects/{file}"))).unwrap().contains("\"for-lock\": true")
    });
    let mut of_files: Vec<String> = recorded.collect();
    of_files.dedup();
    assert_eq!(of_files.is_empty(), marked.is_empty());
    format!("{}\nfor lock: {marked:?}", world.lines(&report))
}

fn as_it_is(_: &mut AddRequest) {}

fn tqdm() -> Vec<(&'static str, Vec<Listed>)> {
    vec![
        (
            "tqdm",
            vec![needing("tqdm", &["colorama; platform_system == 'Windows'", "old; python_version < '3.8'"])],
        ),
        ("colorama", vec![pure("colorama", "0.4.5"), pure("colorama", "0.4.6")]),
        ("old", vec![pure("old", "1")]),
    ]
}

#[test]
fn follows_every_branch_that_the_named_pythons_allow() {
    insta::assert_snapshot!(check(&tqdm(), &["tqdm"], as_it_is), @r#"
    + tqdm-1-py3-none-any.whl
    + colorama-0.4.6-py3-none-any.whl
    for lock: ["colorama-0.4.6-py3-none-any.whl"]
    "#);
    insta::assert_snapshot!(check(&tqdm(), &["tqdm"], |request| request.this_platform_only = true), @"
    + tqdm-1-py3-none-any.whl
    for lock: []
    ");
    insta::assert_snapshot!(check(&tqdm(), &["tqdm"], |request| request.targets.push(world::linux("3.7"))), @r#"
    + old-1-py3-none-any.whl
    + tqdm-1-py3-none-any.whl
    + colorama-0.4.6-py3-none-any.whl
    for lock: ["colorama-0.4.6-py3-none-any.whl"]
    "#);
    insta::assert_snapshot!(check(&tqdm(), &["colorama; sys_platform == 'win32'"], as_it_is), @r#"
    + colorama-0.4.6-py3-none-any.whl
    for lock: ["colorama-0.4.6-py3-none-any.whl"]
    "#);
}

#[test]
fn follows_what_such_a_branch_needs_in_turn_and_its_extras() {
    let projects = || {
        vec![
            ("a", vec![needing("a", &["b[x]; sys_platform == 'darwin'", "z; extra == 'never'"])]),
            (
                "b",
                vec![wheel(&WheelDraft::new("b", "1").requires("c; extra == 'x'").requires("a").extra("x"))],
            ),
            ("c", vec![needing("c", &["d<2; os_name == 'nt'"])]),
            ("d", vec![pure("d", "1"), pure("d", "2")]),
            ("z", vec![pure("z", "1")]),
        ]
    };
    insta::assert_snapshot!(check(&projects(), &["a"], as_it_is), @r#"
    + a-1-py3-none-any.whl
    + b-1-py3-none-any.whl
    + c-1-py3-none-any.whl
    + d-1-py3-none-any.whl
    for lock: ["b-1-py3-none-any.whl", "c-1-py3-none-any.whl", "d-1-py3-none-any.whl"]
    "#);
    // A release that is chosen already and will not do there stands beside one that will.
    insta::assert_snapshot!(check(&projects(), &["a", "d"], as_it_is), @r#"
    + a-1-py3-none-any.whl
    + d-2-py3-none-any.whl
    + b-1-py3-none-any.whl
    + c-1-py3-none-any.whl
    + d-1-py3-none-any.whl
    for lock: ["b-1-py3-none-any.whl", "c-1-py3-none-any.whl", "d-1-py3-none-any.whl"]
    "#);
}

#[test]
fn one_wheel_stands_for_a_release_and_a_pure_one_before_any() {
    let only_on = |files: Vec<Listed>| {
        vec![("a", vec![needing("a", &["win; sys_platform == 'win32'"])]), ("win", files)]
    };
    let wheels = vec![
        tagged("win", "1", "cp312-cp312-win_amd64"),
        tagged("win", "1", "cp312-cp312-win_arm64"),
        tagged("win", "1", "cp39-cp39-win_amd64"),
        sdist("win-2.tar.gz"),
    ];
    insta::assert_snapshot!(check(&only_on(wheels), &["a"], as_it_is), @r#"
    + a-1-py3-none-any.whl
    + win-1-cp312-cp312-win_amd64.whl
    for lock: ["win-1-cp312-cp312-win_amd64.whl"]
    "#);
    let with_pure = vec![tagged("win", "1", "cp312-cp312-win_amd64"), pure("win", "1")];
    insta::assert_snapshot!(check(&only_on(with_pure), &["a"], as_it_is), @r#"
    + a-1-py3-none-any.whl
    + win-1-py3-none-any.whl
    for lock: ["win-1-py3-none-any.whl"]
    "#);
    let young = vec![
        pure("win", "1"),
        pure("win", "2").uploaded("2026-06-14T00:00:00Z"),
        pure("win", "3").with("yanked", "true"),
    ];
    insta::assert_snapshot!(check(&only_on(young), &["a"], as_it_is), @r#"
    + a-1-py3-none-any.whl
    + win-1-py3-none-any.whl
    for lock: ["win-1-py3-none-any.whl"]
    "#);
    insta::assert_snapshot!(check(&only_on(vec![sdist("win-2.tar.gz")]), &["a"], as_it_is), @"
    + a-1-py3-none-any.whl
    * the index has no wheel for `win; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    for lock: []
    ");
}

#[test]
fn a_file_that_is_asked_for_later_is_no_longer_marked() {
    let (world, index) = (World::new(), Index::new());
    for (project, files) in tqdm() {
        index.list(project, &files);
    }
    world.init();
    let mut request = world.request(&["tqdm"], Some(&index));
    request.with_dependencies = true;
    world.add(&request);
    let record = || String::from_utf8(world.read("db/projects/colorama.json")).unwrap();
    assert!(record().contains("for-lock"));
    world.sign().unwrap();
    world.add(&world.request(&["colorama"], Some(&index)));
    assert!(!record().contains("for-lock"));
    // And stays so.
    world.add(&request);
    assert!(!record().contains("for-lock"));
}
