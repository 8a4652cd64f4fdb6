//! What builds the recorded releases is read from their sources, and recorded with what it needs.
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
use world::{Index, Listed, World, sdist, source, wheel};

fn pure(name: &str, version: &str) -> Listed {
    wheel(&WheelDraft::new(name, version))
}

fn built_by(name: &str, requires: &str) -> Listed {
    let path = format!("{name}-1/pyproject.toml");
    source(&format!("{name}-1.tar.gz"), &[(&path, &format!("[build-system]\nrequires = {requires}\n"))])
}

fn builders() -> Vec<(&'static str, Vec<Listed>)> {
    let hatchling =
        WheelDraft::new("hatchling", "1").requires("pathspec").requires("tomli; python_version < '3'");
    vec![
        ("setuptools", vec![pure("setuptools", "60"), pure("setuptools", "70")]),
        ("hatchling", vec![wheel(&hatchling), sdist("hatchling-1.tar.gz")]),
        ("pathspec", vec![pure("pathspec", "1")]),
        ("wincode", vec![pure("wincode", "1")]),
    ]
}

/// What is added for `a`, which is there as a wheel and as these files.
fn check(sources: Vec<Listed>, change: impl Fn(&mut AddRequest, &World)) -> String {
    let (world, index) = (World::new(), Index::new());
    for (project, files) in builders() {
        index.list(project, &files);
    }
    index.list("a", &std::iter::once(pure("a", "1")).chain(sources).collect::<Vec<_>>());
    index.list("b", &[pure("b", "1"), built_by("b", "['setuptools<70']")]);
    world.init();
    let mut request = world.request(&["a"], Some(&index));
    request.build_backends = true;
    change(&mut request, &world);
    world.lines(&world.add(&request))
}

fn as_it_is(_: &mut AddRequest, _: &World) {}

#[test]
fn what_a_source_names_is_recorded_with_what_it_needs() {
    insta::assert_snapshot!(check(vec![built_by("a", "['hatchling', \"wincode; os_name == 'nt'\"]")], as_it_is), @"
    + a-1-py3-none-any.whl
    + hatchling-1-py3-none-any.whl
    + pathspec-1-py3-none-any.whl
    + wincode-1-py3-none-any.whl
    ");
    let only = |request: &mut AddRequest, _: &World| request.this_platform_only = true;
    insta::assert_snapshot!(check(vec![built_by("a", "['hatchling', \"wincode; os_name == 'nt'\"]")], only), @"
    + a-1-py3-none-any.whl
    + hatchling-1-py3-none-any.whl
    + pathspec-1-py3-none-any.whl
    ");
    insta::assert_snapshot!(check(vec![source("a-1.tar.gz", &[("a-1/setup.py", "")])], as_it_is), @"
    + a-1-py3-none-any.whl
    + setuptools-70-py3-none-any.whl
    ");
    insta::assert_snapshot!(check(vec![built_by("a", "[]\nbackend-path = ['.']")], as_it_is), @"+ a-1-py3-none-any.whl");
    insta::assert_snapshot!(check(Vec::new(), as_it_is), @"+ a-1-py3-none-any.whl");
    let not = |request: &mut AddRequest, _: &World| request.build_backends = false;
    insta::assert_snapshot!(check(vec![built_by("a", "['hatchling']")], not), @"+ a-1-py3-none-any.whl");
}

#[test]
fn each_source_and_the_asked_project_get_a_set_of_their_own() {
    let project = |request: &mut AddRequest, world: &World| {
        let text = "[build-system]\nrequires = ['setuptools']\n[project]\nname = 'me'\nversion = '1'\ndependencies = ['a', 'b']\n";
        world.write("pyproject.toml", text);
        request.asked = world.demand_and_builders("pyproject.toml").unwrap();
    };
    insta::assert_snapshot!(check(vec![built_by("a", "['hatchling']")], project), @"
    + a-1-py3-none-any.whl
    + b-1-py3-none-any.whl
    + hatchling-1-py3-none-any.whl
    + pathspec-1-py3-none-any.whl
    + setuptools-60-py3-none-any.whl
    + setuptools-70-py3-none-any.whl
    ");
    let alone = |request: &mut AddRequest, world: &World| {
        world.write("pyproject.toml", "[build-system]\nrequires = ['hatchling']\n");
        request.asked = world.demand_and_builders("pyproject.toml").unwrap();
    };
    insta::assert_snapshot!(check(Vec::new(), alone), @"
    + hatchling-1-py3-none-any.whl
    + pathspec-1-py3-none-any.whl
    ");
}

#[test]
fn a_source_that_lies_or_cannot_be_read_brings_nothing_in() {
    let other =
        built_by("a", "['hatchling']").with("hashes", format!("{{\"sha256\":\"{}\"}}", "0".repeat(64)));
    let shown = check(vec![other], as_it_is);
    assert!(shown.contains("! a-1.tar.gz: hash-mismatch: ") && !shown.contains("hatchling"), "{shown}");
    insta::assert_snapshot!(check(vec![source("a-1.tar.gz", &[("a-1/pyproject.toml", "no [toml")])], as_it_is), @"
    + a-1-py3-none-any.whl
    ! a-1.tar.gz: malformed-sdist: `a-1.tar.gz`: `a-1.tar.gz/pyproject.toml`, line 1: key with no value, expected `=`
    ");
    insta::assert_snapshot!(check(vec![sdist("a-1.tar.gz")], as_it_is), @"
    + a-1-py3-none-any.whl
    ! a-1.tar.gz: malformed-sdist: `a-1.tar.gz`: it is no gzip, or a damaged one
    ");
    insta::assert_snapshot!(check(vec![built_by("a", "['evil @ https://evil.example/evil.whl']")], as_it_is), @"
    + a-1-py3-none-any.whl
    ! a-1.tar.gz: url: `evil @ https://evil.example/evil.whl` (`a-1.tar.gz/pyproject.toml`, line 2): it comes from an address of its own, not from the index
    ");
    insta::assert_snapshot!(check(vec![built_by("a", "['nowhere']")], as_it_is), @"
    + a-1-py3-none-any.whl
    ! nowhere to build a-1.tar.gz/pyproject.toml for Python 3.12 on linux x86_64: not-listed: the package index has no `nowhere`:
      you asked for `nowhere` (a-1.tar.gz/pyproject.toml:2)
    ");
    insta::assert_snapshot!(check(vec![sdist("a-1.zip")], as_it_is), @"
    + a-1-py3-none-any.whl
    * `a-1.zip` was not looked into for what builds it: wanted a `.tar.gz` of at most 256 MiB
    ");
    // A source slipped into an old release is as young as it is.
    let young = built_by("a", "['hatchling']").uploaded("2026-06-14T00:00:00Z");
    insta::assert_snapshot!(check(vec![young], as_it_is), @"+ a-1-py3-none-any.whl");
}
