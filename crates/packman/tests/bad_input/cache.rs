//! A corrupted cache: each file of it, spoiled in several ways, is a miss and is repaired.

use std::path::Path;

use testkit::packages::module;
use testkit::world::snapshot;

use crate::support::{Stage, bare_world};

/// Does something to a file that held these bytes.
type Harm = fn(&Path, &[u8]);

/// How a file of the cache can be spoiled.
const HARMS: [(&str, Harm); 5] = [
    ("a byte changed", |path, bytes| {
        let mut changed = bytes.to_vec();
        let middle = changed.len() / 2;
        changed[middle] ^= 0x01;
        std::fs::write(path, changed).unwrap();
    }),
    ("cut off", |path, bytes| std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap()),
    ("empty", |path, _| std::fs::write(path, b"").unwrap()),
    ("gone", |path, _| std::fs::remove_file(path).unwrap()),
    ("a folder in its place", |path, _| {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    }),
];

#[test]
fn whatever_is_wrong_with_the_cache_is_a_miss_and_is_repaired() {
    let mut stage = Stage::published(vec![module("flask", "3.0").command("flask", "flask:main")]);
    let number = stage.number();
    stage.world.use_fresh_user("user");
    let world = &stage.world;
    world.ok(&["trust", "add", &stage.mirror.url(), "--number", &number]);
    let venv = world.venv("v");
    let empty = snapshot(&venv);
    let install = |more: &[&str], what: &str| {
        let run = world.run(&[&["install", "--venv", "v", "flask"], more].concat());
        assert_eq!(run.code, 0, "{what}: {}", run.stderr);
        let mut installed = snapshot(&venv);
        installed.retain(|path, _| !path.ends_with("packman.json") && !path.ends_with("RECORD"));
        world.ok(&["uninstall", "--venv", "v", "flask"]);
        assert!(snapshot(&venv) == empty, "{what}");
        installed
    };
    let honest = install(&[], "an empty cache");
    let cached = snapshot(&world.cache());
    let kinds = ["records/flat-1/", "records/python-1/", "wheels/"];
    for kind in kinds {
        assert!(cached.keys().any(|path| path.starts_with(kind)), "{kind} is in use");
    }
    // The lock holds nothing.
    let files = snapshot(&world.cache()).into_iter().filter(|(path, _)| path != Path::new("lock"));
    for (path, bytes) in files {
        for (harm, spoil) in HARMS {
            let what = format!("{} {harm}", path.display());
            // A file that is repaired may have another name: a wheel is unpacked anew.
            let Ok(now) = std::fs::read(world.cache().join(&path)) else {
                panic!("{what}: it was not repaired")
            };
            assert_eq!(now.len(), bytes.len(), "{what}");
            spoil(&world.cache().join(&path), &now);
            assert!(install(&[], &what) == honest, "{what}");
            // Repaired: now it goes without a network.
            assert!(install(&["--offline"], &what) == honest, "{what}, offline");
        }
    }
}

#[test]
fn without_a_cache_everything_goes_on() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    std::fs::remove_dir_all(stage.world.cache()).unwrap();
    std::fs::write(stage.world.cache(), b"a file where the cache should be").unwrap();
    let run = stage.world.ok(&["install", "--venv", "v", "flask"]);
    insta::assert_snapshot!(crate::support::said(&stage.world, &run), @"
    warning: the cache is not used: `~/cache` cannot be made: wanted a folder, found something else
    plan for ./v
      + flask  3.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, 954 B to fetch
    fetching 1 file, 954 B
    installed 1 package into ./v
    ");
    assert_eq!(stage.world.python(&venv, "import flask").code, 0);
}

#[test]
fn a_cache_that_others_can_write_is_not_used() {
    let mut world = bare_world();
    let cache = world.path("shared");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    world.set("PACKMAN_CACHE_DIR", &cache);
    world.venv("v");
    let run = world.ok(&["list", "--venv", "v"]);
    insta::assert_snapshot!(crate::support::said(&world, &run), @"warning: the cache is not used: others can write `./shared`");
    assert!(snapshot(&cache).is_empty());
}
