//! A network that is not there, and hosts that give nothing, too much, or something else.

use std::time::Duration;

use packman_database::About;
use packman_machine::loopback::{Answer, Loopback};
use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::user::User;
use crate::support::{Mirror, Stage, bare_world, init, kept, said, sign_and_publish, world};

/// An address at which nobody listens.
fn nobody_there() -> String {
    let gone = Mirror::of(std::env::temp_dir());
    gone.url()
}

fn stage() -> Stage {
    Stage::trusted(vec![module("flask", "3.0").requires("click"), module("click", "8.0")])
}

#[test]
fn a_database_that_cannot_be_reached_is_not_added() {
    let world = bare_world();
    let url = nobody_there();
    let number = ["00000"; 12].join(" ");
    let run = world.ends(4, "network", &["trust", "add", &url, "--number", &number]);
    insta::assert_snapshot!(said(&world, &run), @"
    error: `http://HOST/` could not be fetched
      because: `http://HOST/metadata/1.root.json`: no connection: connection refused
    ");
    assert!(kept(&world, None).is_empty());
}

#[test]
fn an_index_that_cannot_be_reached_is_a_failure_and_loses_nothing() {
    let stage = stage();
    let gone = nobody_there();
    let run = stage.world.ends(4, "network", &["curate", "add", "db", "flask", "--index", &gone]);
    insta::assert_snapshot!(said(&stage.world, &run), @"error: the index page of `flask` was not fetched: `http://HOST/flask/`: no connection: connection refused");
    stage.world.ok(&["curate", "add", "db", "flask==3.0"]);
}

#[test]
fn a_mirror_that_cannot_be_reached_is_told_in_one_line() {
    let stage = stage();
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "click"]);
    let Stage { world, index, mirror } = stage;
    drop(mirror);
    let refreshed = world.ends(4, "network", &["trust", "refresh"]);
    insta::assert_snapshot!(said(&world, &refreshed), @"
    error: database `web` could not be reached
      because: `http://HOST/metadata/2.root.json`: no connection: connection refused
      hint: the last good copy stays, and counts until it expires
    ");
    // Its record was never read: without the mirror there is nothing to install by.
    let venv = world.path("v");
    let before = kept(&world, Some(&venv));
    let run = world.ends(4, "network", &["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(said(&world, &run), @"
    note: `web` could not be asked for something newer, going on from the last good copy (`http://HOST/metadata/2.root.json`: no connection: connection refused)
    error: `targets/projects/SHA256.flask.json` could not be fetched
      because: `http://HOST/targets/projects/SHA256.flask.json`: no connection: connection refused
    ");
    assert!(kept(&world, Some(&venv)) == before);
    drop(index);
}

#[test]
fn a_file_whose_host_is_gone_leaves_the_environment_as_it_was() {
    let Stage { world, index, mirror } = stage();
    let venv = world.venv("v");
    let before = kept(&world, Some(&venv));
    drop(index);
    let run = world.ends(4, "network", &["install", "--venv", "v", "click"]);
    insta::assert_snapshot!(crate::support::without_progress(&said(&world, &run)), @"
    plan for ./v
      + click  8.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, 954 B to fetch
    error: `click-8.0-py3-none-any.whl` could not be fetched
      because: `http://HOST/files/click-8.0-py3-none-any.whl`: no connection: connection refused
    ");
    assert!(kept(&world, Some(&venv)) == before);
    drop(mirror);
}

#[test]
fn a_mirror_without_a_file_is_passed_over_for_one_that_has_it() {
    let first = tempfile::tempdir().unwrap();
    let (holed, right) = (Mirror::of(first.path().join("site")), Mirror::of(first.path().join("site")));
    let index = PackageIndex::of([module("flask", "3.0"), module("click", "8.0")]);
    let world = world(&index);
    init(&world);
    let about = world.path("db/about.json");
    let said = About::parse(&std::fs::read(&about).unwrap()).unwrap();
    std::fs::write(&about, About { mirrors: vec![right.url()], ..said }.encode()).unwrap();
    let publish = |release: &str| {
        world.ok(&["curate", "add", "db", release]);
        sign_and_publish(&world);
        let to = first.path().join("site");
        world.ok(&["curate", "publish", "db", "--to", to.to_str().unwrap()]);
    };
    publish("flask==3.0");
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", &holed.url(), "--as", "web", "--number", &number]);
    publish("click==8.0");
    for path in ["metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json"] {
        holed.lie(path, Answer::status(404));
    }
    world.venv("v");
    world.ok(&["install", "--venv", "v", "click"]);
    assert!(right.take_asked().contains(&"GET metadata/2.targets.json".to_owned()));
}

/// A scapegoat may name hundreds of mirrors, and none of them need ever answer.
#[test]
fn a_database_has_few_mirrors_and_little_time() {
    let stage = Stage::published(vec![module("flask", "3.0"), module("click", "8.0")]);
    let others = Loopback::answering(|_| Answer::status(404)).unwrap();
    let about = stage.world.path("db/about.json");
    let said = About::parse(&std::fs::read(&about).unwrap()).unwrap();
    let mirrors = (0..200).map(|number| format!("{}{number}/", others.url())).collect();
    std::fs::write(&about, About { mirrors, ..said }.encode()).unwrap();
    sign_and_publish(&stage.world);
    stage.trust();
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "click", "--dry-run"]);
    others.take_asked();
    stage.mirror.lie("metadata/timestamp.json", Answer::status(404));
    stage.world.ok(&["install", "--venv", "v", "click", "--dry-run"]);
    let asked: Vec<String> =
        others.take_asked().into_iter().filter(|asked| asked.contains("timestamp")).collect();
    assert_eq!(asked.len(), 8, "{asked:?}");
    // Where nobody answers at all, the good copy does.
    for path in ["metadata/2.root.json", "metadata/timestamp.json"] {
        stage.mirror.lie(path, Answer::silence());
    }
    let user = User::in_a_hurry(&stage.world, Duration::from_millis(300));
    assert!(!user.plan("click", &venv).unwrap().steps.is_empty());
    stage.mirror.be_honest();
}

#[test]
fn a_mirror_that_never_ends_is_refused_and_the_file_is_named() {
    let stage = stage();
    let venv = stage.world.venv("v");
    let before = kept(&stage.world, Some(&venv));
    stage.mirror.lie("metadata/timestamp.json", Answer::endless());
    let run = stage.world.ends(3, "too-large", &["trust", "refresh"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: database `web` refused
      because: `metadata/timestamp.json`: found 32769 bytes, wanted at most 32768
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain too-large`
    ");
    assert!(kept(&stage.world, Some(&venv)) == before);
    stage.mirror.be_honest();
    let record = published(&stage.world, ".click.json");
    stage.mirror.lie(&record, Answer::endless());
    let run = stage.world.ends(3, "length-mismatch", &["install", "--venv", "v", "click"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: database `web` refused
      because: `targets/projects/SHA256.click.json`: found 763 bytes, wanted 762
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain length-mismatch`
    ");
    assert!(kept(&stage.world, Some(&venv)) == before);
}

/// The path of the published file whose name ends so.
fn published(world: &World, end: &str) -> String {
    let mut paths = snapshot(&world.path("site")).into_keys().map(|path| path.to_string_lossy().into_owned());
    paths.find(|path| path.ends_with(end)).unwrap()
}

#[test]
fn a_host_that_breaks_off_or_gives_too_much_is_a_host_that_failed() {
    let stage = stage();
    let venv = stage.world.venv("v");
    let before = kept(&stage.world, Some(&venv));
    // In this process, where a host that broke off is not asked again after a pause.
    let user = User::of(&stage.world);
    let file = "files/click-8.0-py3-none-any.whl";
    let whole = module("click", "8.0").build().unwrap().len();
    for (answer, code) in [
        (Answer::endless(), "hash-mismatch"),
        (Answer::bytes(b"short"), "hash-mismatch"),
        (Answer::truncated(b"half", whole), "network"),
        (Answer::dropped(), "network"),
        (Answer::status(500), "network"),
        (Answer::redirect("file:///etc/passwd"), "network"),
        (Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n"), "hash-mismatch"),
    ] {
        stage.index.answer_instead(file, answer.clone());
        let error = user.install("click", &venv).unwrap_err();
        assert_eq!(error.code(), code, "{answer:?}: {error} {:?}", error.because());
        assert!(error.to_string().contains("click-8.0-py3-none-any.whl"), "{error}");
        assert!(kept(&stage.world, Some(&venv)) == before, "{answer:?}");
    }
}

/// What a proxy or a portal answers in the place of everything.
#[test]
fn a_portal_that_answers_everything_with_a_page_is_not_believed() {
    let stage = stage();
    let page = || Answer::page("text/html", "<html><body>Please log in</body></html>");
    for path in ["metadata/2.root.json", "metadata/timestamp.json"] {
        stage.mirror.lie(path, page());
    }
    let run = stage.world.ends(3, "bad-json", &["trust", "refresh"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: database `web` refused
      because: `metadata/2.root.json`: byte 0: found `<`, wanted a value
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain bad-json`
    ");
}
