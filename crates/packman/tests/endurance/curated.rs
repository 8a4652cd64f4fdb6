//! What scapegoats make, sign and publish: their folders, their keys, and the folder that everybody reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_strict::Sha256;
use packman_tuf::{Memory, Role, SafetyNumber};
use testkit::packages::module;
use testkit::world::snapshot;

use crate::harm::{Scene, has_strace, scene};
use crate::support::user::User;
use crate::support::{MAINTAINER, Stage, bare_world};

/// A database of so many projects that there is a pack, with one more release than is signed.
fn stage() -> Stage {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let stage = Stage::published(names.map(|name| module(name, "1.0")).to_vec());
    stage.index.add(&module("a", "2.0"));
    stage.world.ok(&["curate", "add", "db", "a==2.0"]);
    stage
}

/// Of a command that signs something in that folder, with the keys in the home.
fn signing<'s>(stage: &'s Stage, what: &'s str, arguments: &'s [&'s str]) -> Scene<'s> {
    let folders = [stage.world.path("db"), stage.world.home()];
    Scene { signs: true, leaves_unnamed: true, ..scene(stage, what, arguments, &folders) }
}

/// How many files of a folder have names that end so.
fn count(folder: &Path, ending: &str) -> usize {
    snapshot(folder).keys().filter(|path| path.to_string_lossy().ends_with(ending)).count()
}

/// One project's record: of several, those that could be placed stay, and the same command again places the rest.
#[test]
fn an_addition_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        stage.index.add(&module("a", "3.0"));
        // Named, so that none is asked what it is.
        let target = ["--python", "3.12", "--platform", "linux-x86_64"];
        let add = [&["curate", "add", "--quiet", "db", "a==3.0", "--copy-files"][..], &target].concat();
        let scene = scene(&stage, "an addition", &add, &[stage.world.path("db"), stage.world.home()]);
        Scene { leaves_unnamed: true, ..scene }.check();
    }
}

#[test]
fn a_removal_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let remove = ["curate", "remove", "--quiet", "db", "a==2.0"];
        let scene = scene(&stage, "a removal", &remove, &[stage.world.path("db"), stage.world.home()]);
        // What was removed before the harm is not there to be removed.
        Scene { is_done: |run| run.code == 1, leaves_unnamed: true, ..scene }.check();
    }
}

#[test]
fn a_signature_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let sign = ["curate", "sign", "--quiet", "--yes", "db"];
        let packs = |place: &str| assert_eq!(count(&stage.world.path("db"), ".projects.pack"), 1, "{place}");
        let scene = signing(&stage, "a signature", &sign);
        Scene { at_last: &packs, ..scene }.check();
    }
}

#[test]
fn a_prolongation_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        signing(&stage, "a prolongation", &["curate", "refresh", "--quiet", "db"]).check();
    }
}

/// Each rotation makes four keys, and no key is there that no rotation made.
#[test]
fn a_rotation_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let rotate =
            ["curate", "rotate", "--quiet", "db", "--root", "--targets", "--online", "--no-passphrase"];
        let keys = |place: &str| {
            let roots = count(&stage.world.path("db/metadata"), "root.json");
            assert_eq!(count(&stage.world.home(), ".pem"), 4 * roots, "{place}");
        };
        Scene { at_last: &keys, ..signing(&stage, "a rotation", &rotate) }.check();
    }
}

/// The place of the new spare key is free again, for whoever begins again.
#[test]
fn a_rotation_with_a_spare_key_elsewhere_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let spare = stage.world.home().with_file_name("stick").join("spare.pem");
        std::fs::create_dir(spare.parent().unwrap()).unwrap();
        let text = spare.display().to_string();
        let rotate = ["curate", "rotate", "--quiet", "db", "--root", "--no-passphrase", "--spare", &text];
        let folders = [stage.world.path("db"), stage.world.home(), spare.parent().unwrap().to_owned()];
        let scene = signing(&stage, "a rotation with a spare key elsewhere", &rotate);
        // Where all was done and told to nobody, its own spare key is in the way.
        let is_done = |run: &testkit::world::Run| run.code == 1 && run.stderr.contains("spare.pem");
        let keys = |place: &str| {
            assert_eq!(count(&stage.world.path("db/metadata"), "root.json"), 2, "{place}");
            assert_eq!(count(spare.parent().unwrap(), ".pem"), 1, "{place}");
        };
        Scene { folders: folders.to_vec(), is_done, at_last: &keys, ..scene }.check();
    }
}

/// No key is left of a database that did not come to be.
#[test]
fn a_new_database_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = Stage::of(bare_world());
        let init = [
            "curate",
            "init",
            "--quiet",
            "db",
            "--title",
            "T",
            "--maintainer",
            MAINTAINER,
            "--no-passphrase",
        ];
        let keys = |place: &str| assert_eq!(count(&stage.world.home(), ".pem"), 4, "{place}");
        let is_done = |run: &testkit::world::Run| run.code == 1 && run.stderr.contains("curate.toml");
        Scene {
            at_last: &keys,
            is_done,
            then: &["curate", "refresh", "db"],
            ..signing(&stage, "a new database", &init)
        }
        .check();
    }
}

/// At any moment whoever reads the published folder finds a whole database there, the old one or the new one.
#[test]
fn a_publication_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let reader = Reader::of(&stage);
        stage.world.ok(&["curate", "sign", "--yes", "db"]);
        let publish = ["curate", "publish", "--quiet", "db", "--to", "site"];
        let scene =
            scene(&stage, "a publication", &publish, &[stage.world.path("site"), stage.world.path("db")]);
        let read = |place: &str| reader.read(&stage.world.path("site"), place);
        Scene { leaves_unnamed: true, meanwhile: &read, ..scene }.check();
    }
}

/// So it is when keys changed, for who knows the old ones alone.
#[test]
fn a_publication_of_new_keys_that_is_harmed_anywhere_is_whole_or_not_at_all() {
    if has_strace() {
        let stage = stage();
        let reader = Reader::of(&stage);
        stage.world.ok(&["curate", "rotate", "db", "--root", "--targets", "--online", "--no-passphrase"]);
        let publish = ["curate", "publish", "--quiet", "db", "--to", "site"];
        let scene = scene(
            &stage,
            "a publication of keys",
            &publish,
            &[stage.world.path("site"), stage.world.path("db")],
        );
        let read = |place: &str| reader.read(&stage.world.path("site"), place);
        Scene { leaves_unnamed: true, meanwhile: &read, ..scene }.check();
    }
}

/// Old packs go, but for those that somebody may be in the middle of.
#[test]
fn a_published_folder_keeps_the_packs_of_three_versions() {
    let stage = stage();
    for version in ["3.0", "4.0", "5.0", "6.0"] {
        stage.release(&[module("a", version)]);
    }
    let packs = |at: &str| count(&stage.world.path(at), ".projects.pack");
    assert_eq!((packs("site"), packs("db")), (3, 1));
    // Who comes now is served, and whoever began before finds each record.
    assert!(count(&stage.world.path("site"), ".a.json") >= 5);
    stage.trust();
    let named = good(&User::of(&stage.world).kept()).1;
    let is_there = |path: &&String| stage.world.path("site").join(path).is_file();
    assert_eq!(named.keys().filter(|path| !is_there(path)).count(), 0);
}

/// A client of the published folder.
struct Reader {
    user: User,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Reader {
    /// One who trusts what is there.
    fn of(stage: &Stage) -> Self {
        let user = User::other(&stage.world);
        let number = SafetyNumber::parse(&stage.number()).unwrap();
        user.trust(&stage.mirror.url(), number).unwrap();
        let before = user.kept();
        Self { user, before }
    }

    /// Refreshes, and finds every file that is signed.
    fn read(&self, site: &Path, place: &str) {
        self.user.restore(&self.before);
        let refreshed = self.user.refresh();
        assert!(refreshed.is_ok(), "{place}\nwho reads meanwhile: {refreshed:?}");
        let (versions, files) = good(&self.user.kept());
        assert!((1..=2).contains(&versions), "{place}");
        for (path, sha256) in files {
            let bytes = std::fs::read(site.join(&path)).unwrap_or_default();
            assert!(Sha256::of(&bytes) == sha256, "{place}\nwho reads meanwhile finds no {path}");
        }
    }
}

/// The version of the targets that are good, and every file that they name.
fn good(kept: &BTreeMap<PathBuf, Vec<u8>>) -> (u64, BTreeMap<String, Sha256>) {
    let (_, bytes) = kept.iter().find(|(path, _)| path.starts_with("state")).unwrap();
    let memory = Memory::parse(bytes).unwrap();
    let good = memory.good().unwrap();
    let file = |(path, info): (&str, packman_tuf::TargetInfo)| (info.file_path(path), info.sha256().unwrap());
    (good.version(Role::Targets), good.targets().map(file).collect())
}
