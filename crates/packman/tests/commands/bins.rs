//! A database of more than 2,000 projects: its records stand in hash bins, and nobody who uses it notices.

use std::collections::BTreeSet;
use std::path::Path;

use packman_machine::loopback::Answer;
use packman_strict::json::Value;
use testkit::index::PackageIndex;
use testkit::packages::{flask_and_its_needs, module};
use testkit::tools::run_python;
use testkit::world::World;

use super::support::{Mirror, Stage, at, init, kept, said, sign_and_publish, world};

/// Stages records of so many projects, `p0000` and so on, each of one wheel that nobody ever fetches.
fn stage(world: &World, projects: usize) {
    for number in 0..projects {
        let name = format!("p{number:04}");
        let file = format!("{name}-1.0-py3-none-any.whl");
        let record = format!(
            r#"{{"meta": {{"api-version": "1.1"}}, "name": "{name}", "versions": ["1.0"], "files": [{{"filename": "{file}",
            "url": "https://files.example/{file}", "size": 10, "hashes": {{"sha256": "{number:064x}"}},
            "_packman": {{"first-seen": "2026-01-01T00:00:00Z"}}}}],
            "_packman": {{"format": 1, "summary": "the {number}th of many", "versions": {{"1.0": {{}}}}}}}}"#
        );
        std::fs::write(world.path(&format!("db/projects/{name}.json")), record).unwrap();
    }
}

fn unstage(world: &World, projects: std::ops::Range<usize>) {
    for number in projects {
        std::fs::remove_file(world.path(&format!("db/projects/p{number:04}.json"))).unwrap();
    }
}

/// The names of the metadata files that are published.
fn metadata(world: &World) -> BTreeSet<String> {
    let files = std::fs::read_dir(world.path("site/metadata")).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

fn new_metadata(world: &World, before: &BTreeSet<String>) -> Vec<String> {
    metadata(world).difference(before).cloned().collect()
}

/// Six real wheels among 2,000 others, published and trusted.
fn large() -> Stage {
    let index = PackageIndex::of(flask_and_its_needs());
    let world = world(&index);
    init(&world);
    stage(&world, 2_000);
    world.ok(&["curate", "add", "db", "flask", "--with-dependencies"]);
    sign_and_publish(&world);
    let mirror = Mirror::of(world.path("site"));
    let stage = Stage { world, index, mirror };
    stage.trust();
    stage
}

fn projects_known(world: &World) -> usize {
    let shown = world.ok(&["trust", "show", "web", "--json"]);
    at(&shown.json(), &["projects"]).as_array().unwrap().len()
}

#[test]
fn records_of_2001_projects_stand_in_bins_and_install_as_ever() {
    let stage = large();
    let world = &stage.world;
    let bins: Vec<_> = metadata(world).into_iter().filter(|name| name.contains(".projects-")).collect();
    assert_eq!(
        (bins.len(), bins[0].as_str(), bins[15].as_str()),
        (16, "1.projects-0.json", "1.projects-f.json")
    );
    let targets = std::fs::read_to_string(world.path("site/metadata/1.targets.json")).unwrap();
    assert!(targets.contains("succinct_roles") && !targets.contains("projects/"));
    let asked = stage.mirror.take_asked();
    assert_eq!(asked.iter().filter(|path| path.contains(".projects-")).count(), 16, "each once: {asked:?}");

    let venv = world.venv("v");
    world.ok(&["install", "--venv", "v", "flask"]);
    assert_eq!(world.python(&venv, "import flask").code, 0);
    assert_eq!(projects_known(world), 2_007);
    let found = world.ok(&["search", "1234th", "--json"]);
    assert_eq!(at(&found.json(), &["projects"]).as_array().map(<[Value<'_>]>::len), Some(1));
    assert_ne!(world.run(&["info", "p2000"]).code, 0);
    // Nothing changed: nothing but the question whether anything did.
    stage.mirror.take_asked();
    world.ok(&["info", "p1999"]);
    let asked = stage.mirror.take_asked();
    assert_eq!(asked.iter().filter(|path| path.contains("metadata")).count(), 2, "{asked:?}");
    world.ok(&["info", "p1999", "--offline"]);
    assert_eq!(stage.mirror.take_asked(), [""; 0]);
}

#[test]
fn a_change_of_one_project_is_one_bin_to_sign_and_to_fetch() {
    let stage = large();
    let world = &stage.world;
    let before = metadata(world);
    stage.mirror.take_asked();
    stage.release(&[module("flask", "3.2.0")]);
    let new = new_metadata(world, &before);
    let [bin, snapshot, targets] = new.as_slice() else { panic!("found {new:?}") };
    assert_eq!((snapshot.as_str(), targets.as_str()), ("2.snapshot.json", "2.targets.json"));
    assert!(bin.starts_with("2.projects-"), "{bin}");
    world.ok(&["info", "flask"]);
    let asked: Vec<_> =
        stage.mirror.take_asked().into_iter().filter(|path| path.contains("metadata")).collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert!(asked[4].ends_with(bin.as_str()), "{asked:?}");
    // Prolonging leaves all bins as they are.
    let before = metadata(world);
    world.ok(&["curate", "sign", "db", "--yes"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    assert_eq!(new_metadata(world, &before), ["3.snapshot.json", "3.targets.json"]);
    // Another targets key signs all of them anew, and whoever trusts the database follows.
    let before = metadata(world);
    world.ok(&["curate", "rotate", "db", "--targets", "--no-passphrase"]);
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    assert_eq!(new_metadata(world, &before).len(), 16 + 3);
    world.ok(&["info", "flask"]);
    assert_eq!(projects_known(world), 2_007);
}

#[test]
fn from_1999_projects_to_2001_and_back_everybody_follows() {
    let (index, script) =
        (PackageIndex::of([]), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_tuf.py"));
    let world = world(&index);
    init(&world);
    stage(&world, 1_999);
    sign_and_publish(&world);
    let mirror = Mirror::of(world.path("site"));
    let stage_of = Stage { world, index, mirror };
    stage_of.trust();
    let world = &stage_of.world;
    let follows = |projects: usize| {
        world.ok(&["trust", "refresh"]);
        assert_eq!(projects_known(world), projects);
        let verified = run_python(
            &world.folder(),
            &["-B", script.to_str().unwrap(), "site", "tuf-state", "projects/p1998.json", "about.json"],
        );
        assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
        assert!(verified.stdout.contains("p1998-1.0-py3-none-any.whl"));
    };
    let bins = |world: &World| metadata(world).iter().filter(|name| name.contains(".projects-")).count();
    follows(1_999);
    assert_eq!(bins(world), 0);
    stage(world, 2_001);
    sign_and_publish(world);
    follows(2_001);
    assert_eq!(bins(world), 16);
    unstage(world, 1_999..2_001);
    sign_and_publish(world);
    follows(1_999);
    assert_eq!(bins(world), 16, "the old ones stay for whoever is in the middle");
    // Their versions go on: but for the bins of the two projects nothing was ever else.
    stage(world, 2_001);
    sign_and_publish(world);
    follows(2_001);
    assert_eq!(bins(world), 16);
}

#[test]
fn a_bin_of_yesterday_is_refused_and_leaves_the_good_copy_as_it_was() {
    let stage = large();
    let world = &stage.world;
    world.ok(&["trust", "refresh"]);
    let before = metadata(world);
    stage.release(&[module("flask", "3.2.0")]);
    let bin = new_metadata(world, &before).into_iter().find(|name| name.contains("projects-")).unwrap();
    let old = std::fs::read(world.path(&format!("site/metadata/{}", bin.replacen("2.", "1.", 1)))).unwrap();
    let path = format!("metadata/{bin}");
    let ring =
        kept(world, None).into_iter().filter(|(path, _)| path.ends_with("ring.toml")).collect::<Vec<_>>();
    world.venv("v");
    let mut codes = Vec::new();
    for answer in [Answer::bytes(old), Answer::status(404)] {
        stage.mirror.lie(&path, answer);
        let run = world.run(&["install", "--venv", "v", "flask"]);
        codes.push(run.code);
        assert!(said(world, &run).contains("projects-"), "{}", said(world, &run));
        world.ok(&["info", "flask"]);
        assert_eq!(projects_known(world), 2_007);
        assert!(!world.ok(&["info", "flask"]).stdout.contains("3.2.0"));
    }
    assert_eq!(
        ring,
        kept(world, None).into_iter().filter(|(path, _)| path.ends_with("ring.toml")).collect::<Vec<_>>()
    );
    assert_eq!(codes, [3, 0]);
    stage.mirror.be_honest();
    assert!(world.ok(&["info", "flask"]).stdout.contains("3.2.0"));
}
