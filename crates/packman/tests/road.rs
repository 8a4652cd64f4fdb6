//! The whole road, from an index to an environment and back, with small wheels that stand for real projects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod support;

use std::path::{Path, PathBuf};

use packman_strict::json::Value;
use support::{
    MAINTAINER, Mirror, Stage, at, kept, plain, said, sign_and_publish, texts, without_progress, world,
};
use testkit::index::PackageIndex;
use testkit::packages::{flask_and_its_needs, module, requests_and_its_needs, web_tools};
use testkit::tools::{pip, run_python, uv_pip};
use testkit::world::{Run, World, snapshot};

#[track_caller]
fn well(run: &Run) {
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// Exactly the lines by which the project says that it is done, but for the index.
#[test]
fn the_road_runs_as_it_is_written_down() {
    let index = PackageIndex::of(web_tools());
    let world = world(&index);
    world.ok(&[
        "curate",
        "init",
        "db",
        "--title",
        "Web tools",
        "--maintainer",
        MAINTAINER,
        "--no-passphrase",
    ]);
    world.ok(&["curate", "add", "db", "flask>=3", "requests", "--with-dependencies"]);
    sign_and_publish(&world);
    let mirror = Mirror::of(world.path("site"));
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", &number]);
    let venv = world.venv("v");
    let installed = world.ok(&["install", "--venv", "v", "flask", "requests"]);
    insta::assert_snapshot!(said(&world, &installed), @"
    plan for ./v
      + markupsafe          3.0.2       1.0 KiB  [#] web  signed, compared  nobody reviewed
      + werkzeug            3.1.3       1.0 KiB  [#] web  signed, compared  nobody reviewed
      + jinja2              3.1.6       1.0 KiB  [#] web  signed, compared  nobody reviewed
      + itsdangerous        2.2.0       1.0 KiB  [#] web  signed, compared  nobody reviewed
      + click               8.1.8       1.0 KiB  [#] web  signed, compared  nobody reviewed
      + blinker             1.9.0       1004 B   [#] web  signed, compared  nobody reviewed
      + flask               3.1.0       1.8 KiB  [#] web  signed, compared  nobody reviewed
      + charset-normalizer  3.4.1       1.1 KiB  [#] web  signed, compared  nobody reviewed
      + idna                3.10        951 B    [#] web  signed, compared  nobody reviewed
      + urllib3             2.3.0       1004 B   [#] web  signed, compared  nobody reviewed
      + certifi             2024.12.14  1.0 KiB  [#] web  signed, compared  nobody reviewed
      + requests            2.32.3      1.8 KiB  [#] web  signed, compared  nobody reviewed
    12 packages, 13.9 KiB to fetch
    fetching 12 files, 13.9 KiB
    installed 12 packages into ./v
    ");
    well(&world.python(&venv, "import flask, requests"));
    let checked = pip(&venv, &["check"]);
    insta::assert_snapshot!(checked.stdout, @"No broken requirements found.");
    well(&checked);
    let listed = world.ok(&["list", "--venv", "v", "--json"]);
    let names = texts(at(&listed.json(), &["packages"]), "name");
    assert_eq!(names.len(), 12, "{names:?}");
    let gone = world.ok(&["uninstall", "--venv", "v", "requests"]);
    insta::assert_snapshot!(said(&world, &gone), @"removed requests 2.32.3");
    well(&world.python(&venv, "import flask"));
    assert_ne!(world.python(&venv, "import requests").code, 0);
}

#[test]
fn what_is_installed_works() {
    let mut stage = Stage::published(vec![]);
    for draft in web_tools() {
        stage.index.add(&draft);
    }
    stage.index.add(&module("python-dotenv", "1.1.0").file("dotenv.py", ""));
    stage.world.ok(&["curate", "add", "db", "flask[dotenv]", "requests", "--with-dependencies"]);
    sign_and_publish(&stage.world);
    stage.trust();
    let venv = stage.world.venv("v");
    stage.world.set("VIRTUAL_ENV", &venv);
    stage.world.ok(&["install", "flask[dotenv]", "requests"]);
    let run = |program: &str| {
        let run = stage.world.other(&venv.join("bin").join(program), &[]);
        well(&run);
        run.stdout
    };
    assert_eq!(run("flask"), "flask speaks\n", "the command of an entry point");
    assert_eq!(run("requests-hello"), "hello from a script\n", "a script that came with the wheel");
    assert_eq!(std::fs::read(venv.join("share/man/man1/requests.1")).unwrap(), b"a page\n");
    well(&stage.world.python(&venv, "import dotenv"));
    let listed = stage.world.ok(&["list"]).stdout;
    for absent in ["importlib-metadata", "colorama", "asgiref", "babel", "pysocks"] {
        assert!(!listed.contains(absent), "a marker or an extra does not ask for {absent}: {listed}");
    }
}

/// Takes packages away with somebody else's tool: nothing of them stays, the receipt least of all.
#[track_caller]
fn taken_away_by(uninstall: impl Fn(&Path, &[&str]) -> Run) {
    const NAMES: [&str; 5] = ["requests", "charset-normalizer", "idna", "urllib3", "certifi"];
    let stage = Stage::trusted(requests_and_its_needs());
    let venv = stage.world.venv("v");
    let before = snapshot(&venv);
    stage.world.ok(&["install", "--venv", "v", "--compile-bytecode", "requests"]);
    let there = snapshot(&venv);
    let receipts = there.keys().filter(|path| path.ends_with("packman.json")).count();
    assert_eq!(receipts, NAMES.len());
    assert!(there.keys().any(|path| path.extension().is_some_and(|extension| extension == "pyc")));
    well(&uninstall(&venv, &NAMES));
    // uv locks an environment by a file of its own, which stays.
    let came = |path: &PathBuf| !before.contains_key(path) && path != Path::new(".lock");
    let left: Vec<_> = snapshot(&venv).into_keys().filter(came).collect();
    assert!(left.is_empty(), "{left:?}");
    let listed = stage.world.ok(&["list", "--venv", "v", "--json"]);
    assert_eq!(at(&listed.json(), &["packages"]), &Value::Array(vec![]));
}

#[test]
fn pip_takes_everything_away() {
    taken_away_by(|venv, names| pip(venv, &[&["uninstall", "--yes"], names].concat()));
}

#[test]
fn uv_takes_everything_away() {
    taken_away_by(|venv, names| uv_pip(venv, "uninstall", names));
}

#[test]
fn a_dry_run_fetches_no_file_and_changes_nothing() {
    let stage = Stage::trusted(requests_and_its_needs());
    let venv = stage.world.venv("v");
    let before = kept(&stage.world, Some(&venv));
    let _ = (stage.index.take_asked(), stage.mirror.take_asked());
    let dry = stage.world.ok(&["install", "--venv", "v", "requests", "--dry-run", "--json"]);
    assert_eq!(at(&dry.json(), &["done"]).as_bool(), Some(false));
    assert_eq!(texts(at(&dry.json(), &["packages"]), "action"), ["install"; 5]);
    assert_eq!(kept(&stage.world, Some(&venv)), before);
    assert_eq!(stage.index.take_asked(), Vec::<String>::new());
    let asked = stage.mirror.take_asked();
    assert!(asked.iter().all(|path| !path.contains("blobs/")), "{asked:?}");
}

#[test]
fn a_second_environment_needs_no_network() {
    let stage = Stage::trusted(requests_and_its_needs());
    stage.world.venv("one");
    stage.world.ok(&["install", "--venv", "one", "requests"]);
    let Stage { world, index, mirror } = stage;
    drop((index, mirror));
    let two = world.venv("two");
    let run = world.ok(&["install", "--offline", "--venv", "two", "requests"]);
    insta::assert_snapshot!(said(&world, &run).lines().last().unwrap(), @"installed 5 packages into ./two");
    well(&world.python(&two, "import requests"));
    let without_word = world.ok(&["install", "--venv", "one", "requests"]);
    insta::assert_snapshot!(said(&world, &without_word), @"
    note: `web` could not be asked for something newer, going on from the last good copy (`http://HOST/metadata/2.root.json`: no connection: connection refused)
    nothing to do in ./one: what you asked for is there
    ");
}

/// What `start` says, and how the database then stands in the ring.
fn started(world: &World, file: &str, content: &str) -> (String, String) {
    std::fs::write(world.path(file), content).unwrap();
    let run = world.ok(&["curate", "start", file, "--no-passphrase", "--yes", "--maintainer", MAINTAINER]);
    (without_progress(&said(world, &run)), plain(world, &world.ok(&["trust", "list"]).stdout))
}

#[test]
fn a_team_starts_from_what_it_has() {
    let index = PackageIndex::of(web_tools());
    index.add(&module("idna", "3.9"));
    let world = world(&index);
    let (words, ring) = started(&world, "requirements.txt", "requests\nidna==3.9\n");
    insta::assert_snapshot!(words, @r#"
    to be vouched for: 5 new files
      + certifi-2024.12.14-py3-none-any.whl        1.0 KiB  N days old    nobody reviewed
      + charset_normalizer-3.4.1-py3-none-any.whl  1.1 KiB  N days old    nobody reviewed
      + idna-3.9-py3-none-any.whl                  940 B    N days old    nobody reviewed
      + requests-2.32.3-py3-none-any.whl           1.8 KiB  N days old    nobody reviewed
      + urllib3-2.3.0-py3-none-any.whl             1004 B   N days old    nobody reviewed
    vouched for 5 files in 5 projects, 1 pinned by the file and taken exactly
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install -r requirements.txt
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    "#);
    insta::assert_snapshot!(ring, @"[#]  work  signed, compared  for *  5 projects  good until DATE  ./site");
    let venv = world.venv("v");
    world.ok(&["install", "--venv", "v", "-r", "requirements.txt"]);
    well(&world.python(&venv, "import requests, idna; assert idna.__version__ == '3.9'"));
}

#[test]
fn in_a_ring_that_has_something_a_team_answers_for_its_own_names_only() {
    let stage = Stage::trusted(requests_and_its_needs());
    let world = &stage.world;
    stage.index.add(&module("lab-tools", "1.0").requires("idna"));
    stage.index.add(&module("idna", "3.11"));
    std::fs::create_dir(world.path("team")).unwrap();
    std::fs::write(world.path("team/requirements.txt"), "lab-tools\nidna\n").unwrap();
    let arguments =
        ["curate", "start", "requirements.txt", "--no-passphrase", "--yes", "--maintainer", MAINTAINER];
    let run = world.run_in(&world.path("team"), &arguments);
    well(&run);
    insta::assert_snapshot!(without_progress(&said(world, &run)), @r#"
    to be vouched for: 2 new files
      + idna-3.11-py3-none-any.whl      951 B    N days old    nobody reviewed
      + lab_tools-1.0-py3-none-any.whl  1.0 KiB  N days old    nobody reviewed
    vouched for 2 files in 2 projects
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `team`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as team --number "NUMBER" --scope idna lab-tools
        packman trust prefer team idna lab-tools
        packman install -r requirements.txt
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    "#);
    insta::assert_snapshot!(plain(world, &world.ok(&["trust", "list"]).stdout), @"
    [#]  web   signed, compared  for *                       5 projects  good until DATE  http://HOST/
    [#]  team  signed, compared  for idna lab-tools (first)  2 projects  good until DATE  ./team/site
    ");
    world.venv("v");
    let plan = world.ok(&["install", "--venv", "v", "lab-tools", "requests", "--dry-run"]);
    insta::assert_snapshot!(plain(world, &plan.stdout), @"
    plan for ./v
      + idna                3.11        951 B    [#] team  signed, compared  nobody reviewed
      + lab-tools           1.0         1.0 KiB  [#] team  signed, compared  nobody reviewed
      + charset-normalizer  3.4.1       1.1 KiB  [#] web   signed, compared  nobody reviewed
      + urllib3             2.3.0       1004 B   [#] web   signed, compared  nobody reviewed
      + certifi             2024.12.14  1.0 KiB  [#] web   signed, compared  nobody reviewed
      + requests            2.32.3      1.8 KiB  [#] web   signed, compared  nobody reviewed
    6 packages, 6.9 KiB to fetch
    ");
}

/// The published record of a project that names a version.
fn record_of(world: &World, project: &str, version: &str) -> (PathBuf, String) {
    let published = snapshot(&world.path("site")).into_iter();
    let mut records =
        published.filter(|(path, _)| path.to_string_lossy().ends_with(&format!(".{project}.json")));
    let (path, bytes) = records.find(|(_, bytes)| String::from_utf8_lossy(bytes).contains(version)).unwrap();
    (world.path("site").join(path), String::from_utf8(bytes).unwrap())
}

#[test]
fn python_tuf_verifies_what_is_published() {
    let stage = Stage::published(flask_and_its_needs());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_tuf.py");
    let verified = |world: &World| {
        let arguments = [script.to_str().unwrap(), "site", "tuf-state", "projects/flask.json", "about.json"];
        run_python(&world.folder(), &[&["-B"], arguments.as_slice()].concat())
    };
    let run = verified(&stage.world);
    well(&run);
    insta::assert_snapshot!(plain(&stage.world, &run.stdout), @"
    projects/flask.json flask flask-3.1.0-py3-none-any.whl
    about.json Web tools
    ");
    stage.release(&[module("flask", "3.2.0")]);
    let run = verified(&stage.world);
    well(&run);
    insta::assert_snapshot!(plain(&stage.world, &run.stdout), @"
    projects/flask.json flask flask-3.1.0-py3-none-any.whl flask-3.2.0-py3-none-any.whl
    about.json Web tools
    ");
    // It follows every rotation, and a second state that begins with the first root does, too.
    for what in [&[][..], &["--targets"], &["--online"], &["--root"], &["--root", "--targets", "--online"]] {
        stage.world.ok(&[&["curate", "rotate", "db", "--no-passphrase"], what].concat());
        stage.world.ok(&["curate", "publish", "db", "--to", "site"]);
        well(&verified(&stage.world));
    }
    assert!(
        std::fs::read_to_string(stage.world.path("tuf-state/root.json")).unwrap().contains("\"version\": 6")
    );
    std::fs::remove_dir_all(stage.world.path("tuf-state")).unwrap();
    well(&verified(&stage.world));
    let (path, record) = record_of(&stage.world, "flask", "3.2.0");
    std::fs::write(path, record.replace("3.2.0", "3.2.1")).unwrap();
    assert_eq!(verified(&stage.world).code, 0, "what was downloaded is still whole");
    std::fs::remove_dir_all(stage.world.path("tuf-state/files")).unwrap();
    let run = verified(&stage.world);
    insta::assert_snapshot!(plain(&stage.world, &run.stdout), @"refused: LengthOrHashMismatchError");
}
