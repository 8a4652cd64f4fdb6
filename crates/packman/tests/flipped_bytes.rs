//! One byte changed in any file of a published folder: either it means nothing, or exit 3 and the file is named; and
//! no refusal changes what is good, the ring or an environment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_client::{ClientError, Planned};
use packman_database::About;
use packman_tuf::SafetyNumber;
use packman_wheel::make::WheelDraft;
use support::user::{User, good, steps};
use support::{Mirror, bare_world, init, sign_and_publish};
use testkit::mask::masked;
use testkit::packages::module;
use testkit::world::{Run, World, snapshot};

/// What is published first, and after it.
fn first() -> [WheelDraft; 2] {
    [module("flask", "3.0").requires("click>=8"), module("click", "8.1")]
}

fn second() -> [WheelDraft; 1] {
    [module("flask", "3.1").requires("click>=8")]
}

/// A scapegoat who has published twice, wheels and all: first to `site-1`, then to `site`.
struct Scene {
    world: World,
    number: SafetyNumber,
    venv: PathBuf,
}

impl Scene {
    /// There is no command to name mirrors: `about.json` is the scapegoat's to edit.
    fn new(mirrors: &[String]) -> Self {
        let world = bare_world();
        std::fs::create_dir(world.path("wheels")).unwrap();
        init(&world);
        let about = world.path("db/about.json");
        let said = About::parse(&std::fs::read(&about).unwrap()).unwrap();
        std::fs::write(about, About { mirrors: mirrors.to_vec(), ..said }.encode()).unwrap();
        vouch(&world, &first());
        copy(&world.path("site"), &world.path("site-1"));
        vouch(&world, &second());
        let number = world.ok(&["curate", "number", "db"]).stdout;
        let number = SafetyNumber::parse(number.trim()).unwrap();
        let venv = world.venv("v");
        Self { world, number, venv }
    }
}

/// Publishes these wheels too, and what is vouched for.
fn vouch(world: &World, drafts: &[WheelDraft]) {
    for draft in drafts {
        std::fs::write(world.path("wheels").join(draft.file_name()), draft.build().unwrap()).unwrap();
    }
    world.ok(&["curate", "add", "db", "--from", "wheels", "--copy-files"]);
    sign_and_publish(world);
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in snapshot(from) {
        let path = to.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// What a user remembers when the changed byte comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meets {
    /// Nothing: he adds the database with its number.
    New,
    /// What was published first.
    Behind,
    /// What is published now.
    Current,
}

/// A user of a local copy of the folder, in which bytes are changed.
struct Trial<'s> {
    scene: &'s Scene,
    user: User,
    site: PathBuf,
    meets: Meets,
    before: Files,
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

impl<'s> Trial<'s> {
    fn new(scene: &'s Scene, meets: Meets) -> Self {
        let name = format!("{meets:?}").to_lowercase();
        let (user, site) = (User::other(&scene.world), scene.world.path(&format!("{name}-site")));
        let copied = |from: &str| {
            let _ = std::fs::remove_dir_all(&site);
            copy(&scene.world.path(from), &site);
        };
        let url = site.display().to_string();
        match meets {
            Meets::New => copied("site"),
            Meets::Behind => {
                copied("site-1");
                user.trust(&url, scene.number).unwrap();
                copied("site");
            }
            Meets::Current => {
                copied("site");
                user.trust(&url, scene.number).unwrap();
            }
        }
        let before = user.kept();
        Self { scene, user, site, meets, before }
    }

    /// What comes of it when the user goes on, with an empty cache; afterwards he remembers what he did before.
    fn outcome(&self, path: &Path) -> (Result<Vec<String>, ClientError>, Files) {
        self.user.clear_cache();
        let result = self.go_on(path);
        let after = self.user.kept();
        self.user.restore(&self.before);
        (result, after)
    }

    fn go_on(&self, path: &Path) -> Result<Vec<String>, ClientError> {
        match self.meets {
            Meets::New => drop(self.user.trust(&self.site.display().to_string(), self.scene.number)?),
            Meets::Behind | Meets::Current => self.user.refresh()?,
        }
        let planned = self.user.plan("flask", &self.scene.venv)?;
        if path.extension().is_some_and(|extension| extension == "whl") && planned_has(&planned, path) {
            self.user.install("flask", &self.scene.venv)?;
            self.user.uninstall(&["flask", "click"], &self.scene.venv)?;
        }
        Ok(steps(&planned))
    }
}

fn planned_has(planned: &Planned, path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    planned.steps.iter().any(|step| step.file.as_ref().is_some_and(|file| file.filename() == name))
}

/// Whether changes of a file were refused.
#[derive(Default)]
struct Tally {
    refused: usize,
    meaningless: usize,
}

/// Changes bytes of every file, one at a time.
fn change_every_file(meets: Meets) -> String {
    let scene = Scene::new(&[]);
    let trial = Trial::new(&scene, meets);
    let venv = snapshot(&scene.venv);
    let (honest, refreshed) = trial.outcome(Path::new("nothing"));
    let honest = honest.unwrap();
    let mut lines = Vec::new();
    for (path, bytes) in snapshot(&trial.site) {
        let mut tally = Tally::default();
        for place in places(&path, bytes.len(), meets) {
            let mut changed = bytes.clone();
            changed[place] ^= FLIPS[place % FLIPS.len()];
            std::fs::write(trial.site.join(&path), changed).unwrap();
            let (result, after) = trial.outcome(&path);
            match result {
                Ok(outcome) => {
                    assert_eq!(outcome, honest, "{} at {place}", path.display());
                    tally.meaningless += 1;
                }
                Err(error) => {
                    refused_by_name(&error, &path);
                    // What is needed to install is refused after a refresh that was right.
                    let is_metadata = !path.starts_with("blobs") && !path.starts_with("targets/projects");
                    let expected = if is_metadata { &trial.before } else { &refreshed };
                    same_memory(&after, expected, &path);
                    tally.refused += 1;
                }
            }
        }
        std::fs::write(trial.site.join(&path), bytes).unwrap();
        lines.push(masked(&tally.line(&path)));
    }
    assert_eq!(snapshot(&scene.venv), venv, "no environment is touched");
    lines.sort();
    lines.dedup();
    lines.join("\n")
}

/// A low bit, the bit between capitals and small letters, and one that makes text into no text.
const FLIPS: [u8; 3] = [0x01, 0x20, 0x80];

/// A sample of a file's bytes, with the first, the middle and the last; for who is behind, every byte of a small one.
fn places(path: &Path, length: usize, meets: Meets) -> impl Iterator<Item = usize> {
    let asked_for = !path.starts_with("blobs") && !path.starts_with("metadata/1.snapshot.json");
    let whole = meets == Meets::Behind && length <= 600 && asked_for;
    let step = if whole { 1 } else { length.div_ceil(20) };
    (0..length).step_by(step).chain([length / 2, length - 1])
}

/// The ring and what is good are the same; what was seen may be more.
#[track_caller]
fn same_memory(found: &Files, expected: &Files, path: &Path) {
    let ring = Path::new("ring.toml");
    assert!(found.get(ring) == expected.get(ring), "the ring is another after {}", path.display());
    assert!(good(found) == good(expected), "what is good is another after {}", path.display());
}

#[track_caller]
fn refused_by_name(error: &ClientError, path: &Path) {
    assert!(matches!(error, ClientError::Refused(_)), "{}: {error}", path.display());
    let words = format!("{error}\n{}", error.because().join("\n"));
    let name = match path.extension() {
        Some(extension) if extension == "whl" => path.file_name().unwrap().to_string_lossy(),
        _ => path.to_string_lossy(),
    };
    assert!(words.contains(&*name), "{name} is not named: {words}");
}

impl Tally {
    fn line(&self, path: &Path) -> String {
        let how_often = match (self.refused, self.meaningless) {
            (0, _) => "never",
            (_, 0) => "always",
            _ => "sometimes",
        };
        format!("{how_often:9} {}", path.display())
    }
}

/// What a mirror of a published folder does to one of its files.
fn spoil(path: &Path, bytes: &[u8], site: &Path) {
    let mut changed = bytes.to_vec();
    changed[bytes.len() / 2] ^= 0x01;
    std::fs::write(site.join(path), changed).unwrap();
}

/// A mirror that has not got everything yet.
fn lose(path: &Path, _: &[u8], site: &Path) {
    std::fs::remove_file(site.join(path)).unwrap();
}

#[test]
fn a_second_mirror_with_the_right_bytes_heals_every_file() {
    let right = tempfile::tempdir().unwrap();
    let second = Mirror::of(right.path().to_owned());
    let scene = Scene::new(&[second.url()]);
    copy(&scene.world.path("site"), right.path());
    for meets in [Meets::Behind, Meets::Current] {
        let trial = Trial::new(&scene, meets);
        let honest = trial.outcome(Path::new("nothing")).0.unwrap();
        let mut was_asked = 0;
        for (path, bytes) in snapshot(&trial.site) {
            for harm in [spoil, lose] {
                let _ = second.take_asked();
                harm(&path, &bytes, &trial.site);
                let (result, _) = trial.outcome(&path);
                assert!(result.unwrap() == honest, "{meets:?}: {}", path.display());
                was_asked += usize::from(!second.take_asked().is_empty());
                std::fs::write(trial.site.join(&path), &bytes).unwrap();
            }
        }
        assert!(was_asked > 4, "{meets:?}: the second mirror was asked {was_asked} times");
    }
}

/// The command itself, one byte in each file: the exit code, the words, and what stays as it was.
#[test]
fn the_command_refuses_with_3_and_names_the_file() {
    let Scene { world, venv, .. } = Scene::new(&[]);
    let site = world.path("mirrored");
    copy(&world.path("site-1"), &site);
    let mirror = Mirror::of(site.clone());
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", &number]);
    let user = User::of(&world);
    let (before, empty) = (user.kept(), snapshot(&venv));
    copy(&world.path("site"), &site);
    let honest = world.ok(&["trust", "refresh"]).stdout;
    world.ok(&["install", "--venv", "v", "flask"]);
    let (refreshed, installed) = (user.kept(), without_receipts(snapshot(&venv)));
    world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
    let mut refused = 0;
    for (path, bytes) in snapshot(&site) {
        spoil(&path, &bytes, &site);
        user.restore(&before);
        let run = world.run(&["trust", "refresh"]);
        if run.code == 0 {
            assert_eq!(run.stdout, honest, "{}", path.display());
        } else {
            refused += 1;
            refused_by_command(&run, &path);
            same_memory(&user.kept(), &before, &path);
        }
        user.restore(&before);
        world.clear_cache();
        let run = world.run(&["install", "--venv", "v", "flask"]);
        if run.code == 0 {
            assert!(without_receipts(snapshot(&venv)) == installed, "{}", path.display());
            world.ok(&["uninstall", "--venv", "v", "flask", "click"]);
        } else {
            refused += 1;
            refused_by_command(&run, &path);
            let is_metadata = path.starts_with("metadata");
            same_memory(&user.kept(), if is_metadata { &before } else { &refreshed }, &path);
        }
        assert!(snapshot(&venv) == empty, "{}: the environment is not as it was", path.display());
        std::fs::write(site.join(&path), bytes).unwrap();
    }
    assert_eq!(refused, 10, "metadata twice, records and wheels once each");
}

#[track_caller]
fn refused_by_command(run: &Run, path: &Path) {
    let is_wheel = path.extension().is_some_and(|extension| extension == "whl");
    let name = if is_wheel { path.file_name().unwrap().to_string_lossy() } else { path.to_string_lossy() };
    assert_eq!(run.code, 3, "{}: {}", path.display(), run.stderr);
    assert!(run.stderr.contains(&*name), "{name} is not named: {}", run.stderr);
}

/// What is installed without the time at which it was.
fn without_receipts(mut files: Files) -> Files {
    files.retain(|path, _| !path.ends_with("packman.json") && !path.ends_with("RECORD"));
    files
}

#[test]
fn whoever_comes_with_the_number_is_given_nothing_else() {
    insta::assert_snapshot!(change_every_file(Meets::New), @"
    always    blobs/SHA256/click-8.1-py3-none-any.whl
    always    blobs/SHA256/flask-3.1-py3-none-any.whl
    always    metadata/2.snapshot.json
    always    metadata/2.targets.json
    always    metadata/timestamp.json
    always    targets/SHA256.about.json
    always    targets/SHA256.recalls.json
    always    targets/projects/SHA256.click.json
    always    targets/projects/SHA256.flask.json
    never     blobs/SHA256/RECORD
    never     blobs/SHA256/click-8.1-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.0-py3-none-any.whl
    never     blobs/SHA256/flask-3.0-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.1-py3-none-any.whl.metadata
    never     metadata/1.snapshot.json
    never     metadata/1.targets.json
    never     targets/projects/SHA256.flask.json
    sometimes metadata/1.root.json
    ");
}

#[test]
fn whoever_remembers_what_was_before_goes_on_from_there() {
    insta::assert_snapshot!(change_every_file(Meets::Behind), @"
    always    blobs/SHA256/click-8.1-py3-none-any.whl
    always    blobs/SHA256/flask-3.1-py3-none-any.whl
    always    metadata/2.snapshot.json
    always    metadata/2.targets.json
    always    metadata/timestamp.json
    always    targets/projects/SHA256.click.json
    always    targets/projects/SHA256.flask.json
    never     blobs/SHA256/RECORD
    never     blobs/SHA256/click-8.1-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.0-py3-none-any.whl
    never     blobs/SHA256/flask-3.0-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.1-py3-none-any.whl.metadata
    never     metadata/1.root.json
    never     metadata/1.snapshot.json
    never     metadata/1.targets.json
    never     targets/SHA256.about.json
    never     targets/SHA256.recalls.json
    never     targets/projects/SHA256.flask.json
    ");
}

#[test]
fn whoever_has_all_that_is_new_asks_for_little() {
    insta::assert_snapshot!(change_every_file(Meets::Current), @"
    always    blobs/SHA256/click-8.1-py3-none-any.whl
    always    blobs/SHA256/flask-3.1-py3-none-any.whl
    always    metadata/timestamp.json
    always    targets/projects/SHA256.click.json
    always    targets/projects/SHA256.flask.json
    never     blobs/SHA256/RECORD
    never     blobs/SHA256/click-8.1-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.0-py3-none-any.whl
    never     blobs/SHA256/flask-3.0-py3-none-any.whl.metadata
    never     blobs/SHA256/flask-3.1-py3-none-any.whl.metadata
    never     metadata/1.root.json
    never     metadata/1.snapshot.json
    never     metadata/1.targets.json
    never     metadata/2.snapshot.json
    never     metadata/2.targets.json
    never     targets/SHA256.about.json
    never     targets/SHA256.recalls.json
    never     targets/projects/SHA256.flask.json
    ");
}
