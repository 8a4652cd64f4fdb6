//! From a team's file to a published database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::{CurateError, StartReport, StartRequest};
use packman_machine::loopback::Answer;
use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use world::{Index, World, linux, sdist, wheel};

fn start(world: &World, index: &Index, file: &str) -> Result<StartReport, CurateError> {
    world.curator().start(&request(world, index, file))
}

fn request<'r>(world: &World, index: &Index, file: &str) -> StartRequest<'r> {
    StartRequest {
        asked: world.demand(file).unwrap(),
        folder: world.path("db"),
        site: world.path("site"),
        title: "team".to_owned(),
        maintainer: "Team <team@example.org>".to_owned(),
        targets: vec![linux("3.12")],
        min_age_days: 7,
        index: Some(index.location()),
        copy_files: false,
        no_passphrase: true,
        agree: &|_| true,
    }
}

/// What came of it, a line each.
fn lines(world: &World, report: &StartReport) -> String {
    let outcome = report.outcome.as_ref().map(|outcome| {
        let names: Vec<String> = outcome.projects.iter().map(ToString::to_string).collect();
        format!("holds {} in version {}", names.join(" "), outcome.signed.version)
    });
    let mut lines = vec![world.lines(&report.added)];
    lines.push(outcome.unwrap_or_else(|| "was not signed".to_owned()));
    format!("{} pinned\n{}", report.pinned, lines.join("\n"))
}

fn flask_and_its_needs(index: &Index) {
    index.list(
        "flask",
        &[wheel(&WheelDraft::new("flask", "3").requires("click")), wheel(&WheelDraft::new("flask", "2"))],
    );
    index.list("click", &[wheel(&WheelDraft::new("click", "8"))]);
}

#[test]
fn a_requirements_file_becomes_a_published_database() {
    let (world, index) = (World::new(), Index::new());
    flask_and_its_needs(&index);
    index.list("only-source", &[sdist("only_source-1.tar.gz")]);
    world.write("requirements.txt", "flask\nonly-source\n-e .\ngit+https://git.example/x\n");
    let report = start(&world, &index, "requirements.txt").unwrap();
    insta::assert_snapshot!(lines(&world, &report), @"
    0 pinned
    + click-8-py3-none-any.whl
    + flask-3-py3-none-any.whl
    ! -e .: path: `-e .` (`~/requirements.txt`, line 3): it is a folder that somebody works in, and nobody can vouch for what changes
    ! git+https://git.example/x: version-control: `git+https://git.example/x` (`~/requirements.txt`, line 4): it is a checkout of a version control system
    ! only-source: sdist: `only-source`: nothing fits:
      you asked for `only-source` (~/requirements.txt:2)
      `only-source` 1 is there as a source distribution only, and building one runs its code
    holds click flask in version 1
    ");
    assert!(world.path("site/metadata/timestamp.json").exists());
    let again = start(&world, &index, "requirements.txt").unwrap();
    assert_eq!(again.added.already.len(), 2, "begun again it goes on with what is there");
}

#[test]
fn what_the_file_pins_is_taken_exactly() {
    let (world, index) = (World::new(), Index::new());
    flask_and_its_needs(&index);
    world.write("requirements.txt", "flask==2\n");
    let report = start(&world, &index, "requirements.txt").unwrap();
    insta::assert_snapshot!(lines(&world, &report), @"
    1 pinned
    + flask-2-py3-none-any.whl
    holds flask in version 1
    ");
}

#[test]
fn a_lock_file_is_taken_with_its_files_and_their_hashes() {
    let (world, index) = (World::new(), Index::new());
    let young = wheel(&WheelDraft::new("idna", "3")).uploaded("2026-06-15T00:00:00Z");
    let bytes = young.bytes.clone();
    index.list("idna", &[young]);
    let url = format!("{}files/idna/idna-3-py3-none-any.whl", index.url());
    let lock = |hash: Sha256| {
        format!(
            "lock-version = '1.0'\n[[packages]]\nname = 'idna'\nversion = '3'\n\
             wheels = [{{ url = '{url}', upload-time = 2026-06-15T00:00:00Z, hashes = {{ sha256 = '{hash}' }} }}]\n\
             [[packages]]\nname = 'here'\ndirectory = {{ path = '.' }}\n"
        )
    };
    world.write("pylock.toml", lock(Sha256::of(&bytes)));
    insta::assert_snapshot!(lines(&world, &start(&world, &index, "pylock.toml").unwrap()), @"
    1 pinned
    + idna-3-py3-none-any.whl
    holds idna in version 1
    ");
    // The host gives other bytes than the team locked: nothing is signed.
    let world = World::new();
    world.write("pylock.toml", lock(Sha256::of(&bytes)));
    index.put("files/idna/idna-3-py3-none-any.whl", Answer::bytes("other"));
    let report = start(&world, &index, "pylock.toml").unwrap();
    assert_eq!(report.added.gravest().unwrap().code(), "hash-mismatch");
    assert!(report.outcome.is_none() && !world.path("site").exists());
    assert!(world.words(report.added.gravest().unwrap()).contains("as `~/pylock.toml`, line 2 says"));
}

#[test]
fn nothing_is_signed_after_a_refusal_or_where_there_is_nothing_to_vouch_for() {
    let (world, index) = (World::new(), Index::new());
    index.list("good", &[wheel(&WheelDraft::new("good", "1"))]);
    let other = format!(r#"{{"sha256":"{}"}}"#, Sha256::of(b"other"));
    index.list(
        "bad",
        &[wheel(&WheelDraft::new("bad", "1"))
            .beside("Metadata-Version: 2.1\nName: bad\nVersion: 1\n")
            .with("hashes", other)],
    );
    world.write("requirements.txt", "good\nbad\n");
    let report = start(&world, &index, "requirements.txt").unwrap();
    assert_eq!((report.added.added.len(), report.added.gravest().unwrap().code()), (1, "hash-mismatch"));
    assert!(report.outcome.is_none() && !world.path("site").exists());
    let world = World::new();
    world.write("requirements.txt", "nowhere\n");
    assert!(start(&world, &index, "requirements.txt").unwrap().outcome.is_none());
    assert!(!world.path("site").exists());
}

#[test]
fn a_start_that_signs_nothing_leaves_nothing_that_the_next_one_would_vouch_for() {
    let (world, index) = (World::new(), Index::new());
    index.list("good", &[wheel(&WheelDraft::new("good", "1"))]);
    let wrong = "0".repeat(64);
    index.list("bad", &[wheel(&WheelDraft::new("bad", "1"))]);
    let good = Sha256::of(&wheel(&WheelDraft::new("good", "1")).bytes);
    world.write("requirements.txt", format!("good==1 --hash=sha256:{good}\nbad==1 --hash=sha256:{wrong}\n"));
    let report = start(&world, &index, "requirements.txt").unwrap();
    assert_eq!(report.added.gravest().unwrap().code(), "hash-mismatch");
    assert!(!world.path("db").exists(), "the folder that it made");
    assert_eq!(world.tree("home/keys"), Vec::<String>::new(), "the keys that it made");
    // Nobody agrees to sign: the same.
    world.write("requirements.txt", "good\n");
    let request = StartRequest { agree: &|_| false, ..request(&world, &index, "requirements.txt") };
    assert_eq!(world.curator().start(&request).unwrap_err().code(), "consent-needed");
    assert!(!world.path("db").exists());
    // A folder that was there is not taken away, whatever comes of it.
    world.write("db/mine.txt", "mine");
    world.write("requirements.txt", "nowhere\n");
    assert!(start(&world, &index, "requirements.txt").unwrap().outcome.is_none());
    assert!(world.path("db/mine.txt").exists());
}

#[test]
fn what_is_counted_as_pinned_was_taken() {
    let (world, index) = (World::new(), Index::new());
    flask_and_its_needs(&index);
    world.write("requirements.txt", "flask==2\nclick==9\npywin32==1; sys_platform == 'win32'\n");
    let report = start(&world, &index, "requirements.txt").unwrap();
    insta::assert_snapshot!(lines(&world, &report), @"
    1 pinned
    + flask-2-py3-none-any.whl
    ! click==9: nothing-fits: `click==9`: nothing fits:
      you asked for `click==9` (~/requirements.txt:2)
      no release is `click==9`; there is 8
    * the index has no wheel for `pywin32==1; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    holds flask in version 1
    ");
    assert_eq!(start(&world, &index, "requirements.txt").unwrap().pinned, 1, "what was there already, too");
}
