//! `packman curate`: the scapegoat's words, from the first key to the last publication.

use testkit::index::PackageIndex;
use testkit::packages::{module, requests_and_its_needs};
use testkit::world::{World, snapshot};

use crate::support::{MAINTAINER, Stage, init, plain, sign_and_publish, without_progress, world};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

fn curating() -> (PackageIndex, World) {
    let index = PackageIndex::of([module("flask", "3.0").requires("click"), module("click", "8.0")]);
    let world = world(&index);
    init(&world);
    (index, world)
}

#[test]
fn init_makes_a_database_and_says_what_is_next() {
    let (_index, world) = curating();
    let again = ["curate", "init", "more", "--title", "More", "--maintainer", MAINTAINER, "--no-passphrase"];
    insta::assert_snapshot!(both(&world, &again), @"
    made a database in `more`
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
      safety number NUMBER
      Print the number where people can find it by another way than the database: they compare it.
    next: packman curate add more REQUIREMENT…
    ");
    insta::assert_snapshot!(both(&world, &again), @"
    error: `./more/curate.toml` is there already
      hint: name a folder or file that is not there yet
    ");
    insta::assert_snapshot!(both(&world, &["curate", "number", "more"]), @"NUMBER");
    insta::assert_snapshot!(both(&world, &["curate", "number", "nowhere"]), @"
    error: `./nowhere` holds no database
      hint: make one with `packman curate init`
    ");
    let high = [&again[..2], &["high"], &again[3..], &["--threshold", "2"]].concat();
    insta::assert_snapshot!(both(&world, &high), @"
    made a database in `high`
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
      safety number NUMBER
      Print the number where people can find it by another way than the database: they compare it.
    next: packman curate add high REQUIREMENT…
    ");
}

#[test]
fn nobody_is_asked_for_a_passphrase_where_nobody_is() {
    let (_index, world) = curating();
    let run = world.ends(
        1,
        "consent-needed",
        &["curate", "init", "more", "--title", "More", "--maintainer", MAINTAINER],
    );
    insta::assert_snapshot!(plain(&world, &run.stderr), @"
    error: the new keys need a passphrase, and nobody gave one
      hint: type one at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE; `--no-passphrase` makes them without one
    ");
    assert!(!world.path("more/curate.toml").exists());
}

#[test]
fn no_private_key_is_in_the_folder() {
    let (_index, world) = curating();
    world.ok(&["curate", "add", "db", "click"]);
    sign_and_publish(&world);
    for place in ["db", "site"] {
        for (path, bytes) in snapshot(&world.path(place)) {
            assert!(!String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"), "{}", path.display());
        }
    }
    let keys = snapshot(&world.home().join("keys"));
    assert_eq!(keys.len(), 4, "root, spare, targets, online: {:?}", keys.keys());
    #[cfg(unix)]
    for path in keys.keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.home().join("keys").join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn what_is_staged_is_shown_before_it_is_signed() {
    let (index, world) = curating();
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "flask", "--with-dependencies"]), @"
      + click-8.0-py3-none-any.whl  954 B
      + flask-3.0-py3-none-any.whl  975 B
    recorded 2 files; nothing is vouched for until you sign
    next: packman curate sign db
    ");
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "flask"]), @"recorded 0 files, 1 were there already");
    let run = world.ends(1, "consent-needed", &["curate", "sign", "db"]);
    insta::assert_snapshot!(plain(&world, &run.stderr), @"
    to be vouched for: 2 new files
      + click-8.0-py3-none-any.whl  954 B  N days old    nobody reviewed
      + flask-3.0-py3-none-any.whl  975 B  N days old    nobody reviewed
    error: nothing was signed: nobody agreed to it
      hint: after a look at the list, `--yes` signs it
    ");
    insta::assert_snapshot!(both(&world, &["curate", "publish", "db", "--to", "site"]), @"
    error: nothing in `./db` was signed yet
      hint: sign first: `packman curate sign`
    ");
    insta::assert_snapshot!(both(&world, &["curate", "sign", "db", "--yes"]), @"
    to be vouched for: 2 new files
      + click-8.0-py3-none-any.whl  954 B  N days old    nobody reviewed
      + flask-3.0-py3-none-any.whl  975 B  N days old    nobody reviewed
    signed version 1
      root       version 1  good until DATE
      timestamp  version 1  good until DATE
      snapshot   version 1  good until DATE
      targets    version 1  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&world, &["curate", "publish", "db", "--to", "site"]), @"
    published version 1 (timestamp 1) to `site`: 12 of 12 files written
      safety number NUMBER
      any web server, object store or USB stick can carry this folder
    ");
    index.add(&module("click", "8.1"));
    world.ok(&["curate", "add", "db", "click"]);
    insta::assert_snapshot!(both(&world, &["curate", "status", "db"]), @"
    `Web tools`, by `Example Lab <lab@example.org>`
      safety number NUMBER
      records of 3 files in 2 projects
      root       version 1  good until DATE  `packman curate rotate` prolongs it
      timestamp  version 1  good until DATE  `packman curate refresh` prolongs it
      snapshot   version 1  good until DATE  `packman curate refresh` prolongs it
      targets    version 1  good until DATE  `packman curate sign` prolongs it
    to be vouched for: 1 new file
      + click-8.1-py3-none-any.whl  954 B  N days old  after 8.0  nobody reviewed
    1 file was not compared here with what was vouched for before: packman curate compare DIR click
    next: packman curate sign db
    warning: the spare root key is still on this machine: move `~/home/keys/SHA256/spare.pem` to where it is not lost together with it
    ");
    insta::assert_snapshot!(both(&world, &["curate", "remove", "db", "click==8.0", "flask"]), @"
    removed click-8.0-py3-none-any.whl
    removed flask-3.0-py3-none-any.whl
    next: packman curate sign db
    ");
    insta::assert_snapshot!(both(&world, &["curate", "sign", "db", "--yes"]), @"
    to be vouched for: 1 new file
      + click-8.1-py3-none-any.whl  954 B  N days old  after 8.0  nobody reviewed
    1 file was not compared here with what was vouched for before: packman curate compare DIR click
    no longer vouched for: 2 files
      - click-8.0-py3-none-any.whl
      - flask-3.0-py3-none-any.whl
    signed version 2
      root       version 1  good until DATE
      timestamp  version 2  good until DATE
      snapshot   version 2  good until DATE
      targets    version 2  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&world, &["curate", "sign", "db"]), @"
    signed version 3
      root       version 1  good until DATE
      timestamp  version 3  good until DATE
      snapshot   version 3  good until DATE
      targets    version 3  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&world, &["curate", "refresh", "db"]), @"
    signed timestamp 4
      root       version 1  good until DATE
      timestamp  version 4  good until DATE
      snapshot   version 4  good until DATE
      targets    version 3  good until DATE
    next: packman curate publish db --to FOLDER
    ");
    insta::assert_snapshot!(both(&world, &["curate", "remove", "db", "flask"]), @"error: `flask` is not in the database");
}

#[test]
fn a_place_on_the_command_line_is_told_the_way_on() {
    let (_index, world) = curating();
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "git+https://lab:hunter2@git.example/x.git"]), @"
    error: `git+https://…@git.example/x.git` is an address, a file or a folder, wanted a project, such as `flask>=3`
      hint: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
    ");
    for place in ["x @ https://x.example/x.whl", "./local", "dist/x.tar.gz"] {
        let run = world.ends(2, "usage", &["curate", "add", "db", place]);
        assert!(run.stderr.contains("--from FOLDER --copy-files"), "{}", run.stderr);
    }
}

#[test]
fn status_tells_what_was_yanked_at_its_source_since() {
    let (index, world) = curating();
    world.ok(&["curate", "add", "db", "click"]);
    sign_and_publish(&world);
    index.change("click-8.0-py3-none-any.whl", |listed| listed.yanked = Some("leaks".to_owned()));
    insta::assert_snapshot!(both(&world, &["curate", "status", "db"]), @"
    `Web tools`, by `Example Lab <lab@example.org>`
      safety number NUMBER
      records of 1 file in 1 project
      root       version 1  good until DATE  `packman curate rotate` prolongs it
      timestamp  version 1  good until DATE  `packman curate refresh` prolongs it
      snapshot   version 1  good until DATE  `packman curate refresh` prolongs it
      targets    version 1  good until DATE  `packman curate sign` prolongs it
    yanked at its source since: click-8.0-py3-none-any.whl (leaks)
    warning: the spare root key is still on this machine: move `~/home/keys/SHA256/spare.pem` to where it is not lost together with it
    ");
    let gone = world.run(&["curate", "status", "db", "--offline"]);
    assert_eq!(gone.code, 0, "{}", gone.stderr);
}

/// A release that was made a moment ago may be somebody's who took the project over.
#[test]
fn a_release_that_is_too_young_is_passed_over_and_named() {
    let (index, world) = curating();
    index.add(&module("click", "8.1"));
    index.change("click-8.1-py3-none-any.whl", |listed| {
        listed.uploaded = Some("2199-01-01T00:00:00Z".to_owned())
    });
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "click"]), @"
    note: `click` 8.1 of DATE is younger than 7 days: took `8.0`; to take it all the same, name it: `click==8.1`
      + click-8.0-py3-none-any.whl  954 B
    recorded 1 file; nothing is vouched for until you sign
    next: packman curate sign db
    ");
    index.change("click-8.0-py3-none-any.whl", |listed| {
        listed.uploaded = Some("2199-01-01T00:00:00Z".to_owned())
    });
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "click"]), @"
    note: `click` 8.1 of DATE is younger than 7 days: took nothing; to take it all the same, name it: `click==8.1`
    recorded 0 files
    error: `click`: nothing fits
      because: you asked for `click`
               `click` 8.1 was uploaded on DATE, less than 7 days ago (and another release likewise)
    ");
}

#[test]
fn what_cannot_be_recorded_is_listed_and_the_rest_is() {
    let (_index, world) = curating();
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "click", "absent", "flask>=9"]), @"
      + click-8.0-py3-none-any.whl  954 B
    not taken: the package index has no `absent`
      way on: look how it is spelled; name the index that has it with `--index URL`; or record a wheel of your own: `packman curate add DIR NAME --from FOLDER --copy-files`
    not taken: `flask>=9`: nothing fits:
      you asked for `flask>=9`
      no release is `flask>=9`; there is 3.0
    recorded 1 file; nothing is vouched for until you sign
    next: packman curate sign db
    error: 2 were not taken, for the reasons above
    ");
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "--from", "nowhere", "--copy-files"]), @"error: `./nowhere` cannot be listed: it is not there");
    std::fs::create_dir(world.path("empty")).unwrap();
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "--from", "empty", "--copy-files"]), @"error: `./empty` holds no wheel");
    insta::assert_snapshot!(both(&world, &["curate", "add", "nowhere", "click"]), @"
    error: `./nowhere` holds no database
      hint: make one with `packman curate init`
    ");
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "click", "--platform", "amiga"]), @"
    error: invalid value 'amiga' for '--platform <NAME>...': platform `amiga`: is not known, wanted one of linux-x86_64, linux-aarch64, linux-riscv64, musllinux-x86_64, musllinux-aarch64, macos-arm64, macos-x86_64, windows-x86_64, windows-x86, windows-arm64; this option takes all that follows it, so everything else stands before it

    For more information, try '--help'.
    ");
}

#[test]
fn what_a_folder_lacks_never_comes_from_an_index_that_nobody_named() {
    let (index, world) = curating();
    std::fs::create_dir(world.path("dist")).unwrap();
    let wheel = module("own-tool", "1.0");
    std::fs::write(world.path("dist").join(wheel.file_name()), wheel.build().unwrap()).unwrap();
    index.take_asked();
    let add = ["curate", "add", "db", "click", "--from", "dist", "--copy-files"];
    world.ends(1, "not-listed", &add);
    assert!(index.take_asked().is_empty(), "the configured index was asked");
    world.ok(&[&add[..], &["--index", &index.url()]].concat());
}

#[test]
fn wheels_of_a_folder_are_published_with_the_database() {
    let (_index, world) = curating();
    std::fs::create_dir(world.path("dist")).unwrap();
    let wheel = module("own-tool", "1.0");
    std::fs::write(world.path("dist").join(wheel.file_name()), wheel.build().unwrap()).unwrap();
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "--from", "dist"]), @"
    error: `own_tool-1.0-py3-none-any.whl` has no address to fetch it from
      hint: `--copy-files` publishes it with the database
    ");
    insta::assert_snapshot!(both(&world, &["curate", "add", "db", "--from", "dist", "--copy-files"]), @"
      + own_tool-1.0-py3-none-any.whl  996 B
    recorded 1 file; nothing is vouched for until you sign
    next: packman curate sign db
    ");
    sign_and_publish(&world);
    assert!(snapshot(&world.path("site")).keys().any(|path| path.ends_with(wheel.file_name())));
}

#[test]
fn a_folder_that_holds_another_database_is_not_published_to() {
    let (_index, world) = curating();
    sign_and_publish(&world);
    world.ok(&["curate", "init", "more", "--title", "More", "--maintainer", MAINTAINER, "--no-passphrase"]);
    world.ok(&["curate", "sign", "more", "--yes"]);
    let before = snapshot(&world.path("site"));
    let run = world.ends(3, "foreign-publication", &["curate", "publish", "more", "--to", "site"]);
    insta::assert_snapshot!(plain(&world, &run.stderr), @"
    error: `./site` holds the publication of another root chain: its `metadata/1.root.json` is not ours
      hint: publish to a folder of its own
      hint: see `packman explain foreign-publication`
    ");
    assert!(snapshot(&world.path("site")) == before);
}

#[test]
fn a_team_is_told_what_was_not_taken_and_the_way_on() {
    let index = PackageIndex::of(requests_and_its_needs());
    index.add_bytes("oldstyle-1.0.tar.gz", b"source".to_vec(), None);
    let world = world(&index);
    let lines = "idna==3.10\noldstyle\ngit+https://example.org/x.git\n./local\nabsent\n";
    std::fs::write(world.path("requirements.txt"), lines).unwrap();
    let start = ["curate", "start", "requirements.txt", "--no-passphrase", "--yes", "--maintainer", "Lab"];
    insta::assert_snapshot!(both(&world, &start), @r#"
    to be vouched for: 1 new file
      + idna-3.10-py3-none-any.whl  951 B  N days old    nobody reviewed
    not taken: `git+https://example.org/x.git` (`requirements.txt`, line 3): it is a checkout of a version control system
      way on: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
    not taken: `./local` (`requirements.txt`, line 4): it is a file or folder of this machine
      way on: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
    not taken: `oldstyle`: nothing fits:
      you asked for `oldstyle` (requirements.txt:2)
      `oldstyle` 1.0 is there as a source distribution only, and building one runs its code
      way on: build its wheel yourself (`pip wheel --no-deps`), then `add` it with `--from FOLDER --copy-files`
    not taken: the package index has no `absent`:
      you asked for `absent` (requirements.txt:5)
      way on: look how it is spelled; name the index that has it with `--index URL`; or record a wheel of your own: `packman curate add DIR NAME --from FOLDER --copy-files`
    vouched for 1 file in 1 project, 1 pinned by the file and taken exactly
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install idna==3.10
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    error: 4 were not taken, for the reasons above
      because: the rest was signed, published and trusted
    "#);
    // Again, after a line was mended: it goes on from there.
    std::fs::write(world.path("requirements.txt"), "idna==3.10\nrequests\n").unwrap();
    insta::assert_snapshot!(both(&world, &start), @r#"
    to be vouched for: 4 new files
      + certifi-2024.12.14-py3-none-any.whl        1.0 KiB  N days old    nobody reviewed
      + charset_normalizer-3.4.1-py3-none-any.whl  1.1 KiB  N days old    nobody reviewed
      + requests-2.32.3-py3-none-any.whl           1.8 KiB  N days old    nobody reviewed
      + urllib3-2.3.0-py3-none-any.whl             1004 B   N days old    nobody reviewed
    vouched for 5 files in 5 projects, 1 pinned by the file and taken exactly
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install -r requirements.txt
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    "#);
    insta::assert_snapshot!(both(&world, &["curate", "start", "absent.txt", "--maintainer", "Lab"]), @"error: `absent.txt`: is not there");
}

#[test]
fn somebody_has_to_answer_for_it() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    std::fs::write(stage.world.path("requirements.txt"), "flask\n").unwrap();
    let start = ["curate", "start", "requirements.txt", "--no-passphrase"];
    insta::assert_snapshot!(both(&stage.world, &start), @r#"
    error: nobody is named who answers for the database
      hint: name yourself: --maintainer "Your Name <you@example.org>", or set git's user.name and user.email
    "#);
    let named = [&start[..], &["--maintainer", "Lab"]].concat();
    insta::assert_snapshot!(both(&stage.world, &named), @"
    to be vouched for: 1 new file
      + flask-3.0-py3-none-any.whl  954 B  N days old    nobody reviewed
    error: nothing was signed: nobody agreed to it
      hint: after a look at the list, `--yes` signs it
    ");
    assert!(!stage.world.path("database/metadata/timestamp.json").exists(), "nothing is signed");
}
