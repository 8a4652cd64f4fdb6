//! An index that has no JSON, gives nonsense or too much, or files that are not what it says.

use packman_machine::loopback::Answer;
use testkit::index::{PackageIndex, Speech};
use testkit::packages::{module, requests_and_its_needs};
use testkit::world::{Run, World, snapshot};

use crate::support::{Mirror, init, publish, said, sign_and_publish, without_progress, world};

fn curating(index: &PackageIndex) -> World {
    let world = world(index);
    init(&world);
    world
}

/// What is staged and signed: nothing of it may be lost or come by itself.
fn staged(world: &World) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    snapshot(&world.path("db"))
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|end| end == "json"))
        .collect()
}

#[track_caller]
fn refused(world: &World, code: &str) -> Run {
    let before = staged(world);
    let run = world.ends(3, code, &["curate", "add", "db", "flask"]);
    assert!(staged(world) == before, "nothing is recorded");
    run
}

#[test]
fn an_index_without_json_does_as_well() {
    let index = PackageIndex::of(requests_and_its_needs());
    index.speak(Speech::Html);
    let world = world(&index);
    publish(&world, &[], &["requests", "--with-dependencies"]);
    let mirror = Mirror::of(world.path("site"));
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", &mirror.url(), "--number", &number]);
    let venv = world.venv("v");
    world.ok(&["install", "--venv", "v", "requests"]);
    assert_eq!(world.python(&venv, "import requests").code, 0);
}

#[test]
fn a_page_that_is_none_is_refused_by_its_address() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = curating(&index);
    let json = "application/vnd.pypi.simple.v1+json";
    let pages = [
        Answer::page(json, "no json"),
        Answer::page(json, "{\"files\": 1}"),
        Answer::page(json, "[".repeat(100_000)),
        Answer::page("application/vnd.pypi.simple.v9+json", "{}"),
        Answer::page(json, vec![0xff; 10]),
        Answer::endless(),
    ];
    for page in pages {
        index.answer_instead("simple/flask/", page);
        let run = refused(&world, "malformed-index");
        assert!(run.stderr.contains("/simple/flask/"), "{}", run.stderr);
    }
}

#[test]
fn a_page_without_files_is_an_honest_no() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = curating(&index);
    for page in ["<html><body>Please log in</body></html>", ""] {
        index.answer_instead("simple/flask/", Answer::page("text/html", page));
        let run = world.ends(1, "not-listed", &["curate", "add", "db", "flask"]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said(&world, &run), @"
            error: the package index has no `flask`
              hint: look how it is spelled; name the index that has it with `--index URL`; or record a wheel of your own: `packman curate add DIR NAME --from FOLDER --copy-files`
            ");
        }
    }
}

#[test]
fn a_file_that_is_not_what_the_index_says_is_not_recorded() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = curating(&index);
    let name = "flask-3.0-py3-none-any.whl";
    index.change(name, |listed| listed.sha256 = "ab".repeat(32));
    let run = refused(&world, "hash-mismatch");
    insta::assert_snapshot!(without_progress(&said(&world, &run)), @"
    error: `flask-3.0-py3-none-any.whl`: found SHA-256 SHA256, wanted SHA256 as the index says
      hint: another host or a newer index page may have the right bytes; nothing was recorded of this file
      hint: see `packman explain hash-mismatch`
    ");
}

#[test]
fn a_file_without_an_end_is_given_up() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = curating(&index);
    index.answer_instead("files/flask-3.0-py3-none-any.whl", Answer::endless());
    let run = refused(&world, "hash-mismatch");
    insta::assert_snapshot!(without_progress(&said(&world, &run)), @"
    error: `flask-3.0-py3-none-any.whl`: found 955 bytes, wanted 954 as the index says of SHA-256 SHA256
      hint: another host or a newer index page may have the right bytes; nothing was recorded of this file
      hint: see `packman explain hash-mismatch`
    ");
}

#[test]
fn a_file_that_is_no_wheel_is_not_recorded() {
    let index = PackageIndex::new();
    index.add_bytes("flask-3.0-py3-none-any.whl", b"PK no archive".to_vec(), None);
    let world = curating(&index);
    let run = refused(&world, "zip-no-end");
    insta::assert_snapshot!(without_progress(&said(&world, &run)), @"
    error: `flask-3.0-py3-none-any.whl`: archive does not end as a zip archive: cut off, or something else
      hint: see `packman explain zip-no-end`
    ");
}

/// Somebody talks the index into other bytes under a name that was vouched for.
#[test]
fn a_file_name_once_recorded_never_gets_another_hash() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = curating(&index);
    world.ok(&["curate", "add", "db", "flask"]);
    sign_and_publish(&world);
    index.add(&module("flask", "3.0").file("flask/evil.py", ""));
    let run = refused(&world, "hash-changed");
    insta::assert_snapshot!(without_progress(&said(&world, &run)), @"
    error: `flask-3.0-py3-none-any.whl`: recorded with SHA-256 SHA256, found SHA256
      hint: a published file never changes: ask its maintainers before you trust either of the two
      hint: see `packman explain hash-changed`
    ");
}
