//! Unpacked wheels that were kept: which are taken as they are, and which are made again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use packman_names::WheelName;
use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use packman_wheel::{Expected, ExpectedMetadata, Unpacked};
use support::Scratch;

fn flask() -> WheelDraft {
    WheelDraft::new("flask", "1.0")
        .file("flask/__init__.py", "def main(): return 0\n")
        .file("flask/app.py", "")
        .file("flask/views.py", "# nothing\n")
        .requires("jinja2>=3")
        .python(">=3.8")
}

#[test]
fn an_unpacked_wheel_that_was_touched_is_a_miss_and_is_made_again() {
    let scratch = Scratch::new();
    let unpacked = scratch.unpack(&flask());
    let (sha256, draft) = (unpacked.sha256(), flask());
    let name = WheelName::parse(&draft.file_name()).unwrap();
    let expected = Expected { name: &name, metadata: None, record: None };
    let hit = || Unpacked::open(&scratch.cache(), &sha256, &expected).unwrap();
    assert!(hit().unwrap().verify_contents().unwrap());
    let folder = scratch.cache().join(sha256.to_string());
    // Each of size, time, number and mode of a file alone: the others are as they were.
    let harm: [fn(&std::path::Path); 10] = [
        // The same size and content, written again: what an editor does through a hard link.
        |folder| {
            let bytes = fs::read(folder.join("0")).unwrap();
            let old = fs::metadata(folder.join("0")).unwrap().modified().unwrap();
            let file = fs::File::options().write(true).open(folder.join("0")).unwrap();
            std::io::Write::write_all(&mut &file, &bytes).unwrap();
            file.set_modified(old + std::time::Duration::from_nanos(1)).unwrap();
        },
        |folder| {
            let old = fs::metadata(folder.join("1")).unwrap().modified().unwrap();
            let mut file = fs::File::options().append(true).open(folder.join("1")).unwrap();
            std::io::Write::write_all(&mut file, b"#").unwrap();
            file.set_modified(old).unwrap();
        },
        |folder| fs::remove_file(folder.join("2")).unwrap(),
        |folder| fs::remove_file(folder.join("manifest")).unwrap(),
        |folder| fs::write(folder.join("manifest"), "").unwrap(),
        |folder| {
            // Another file of the same bytes.
            let old = fs::metadata(folder.join("3")).unwrap().modified().unwrap();
            fs::copy(folder.join("3"), folder.join("new")).unwrap();
            fs::File::options().write(true).open(folder.join("new")).unwrap().set_modified(old).unwrap();
            fs::rename(folder.join("new"), folder.join("3")).unwrap();
        },
        // What `chmod -R` in an environment does through hard links.
        |folder| fs::set_permissions(folder.join("0"), PermissionsExt::from_mode(0o600)).unwrap(),
        |folder| fs::set_permissions(folder.join("1"), PermissionsExt::from_mode(0o000)).unwrap(),
        |folder| fs::set_permissions(folder.join("2"), PermissionsExt::from_mode(0o4755)).unwrap(),
        |folder| fs::remove_dir_all(folder).unwrap(),
    ];
    for does in harm {
        does(&folder);
        assert!(hit().is_none());
        scratch.unpack(&draft);
        assert!(hit().unwrap().verify_contents().unwrap());
        assert_eq!(fs::read_dir(scratch.cache()).unwrap().count(), 1);
    }
}

/// Whoever is given an environment writes what its hard links lead to, and can set the time back. That he owns it shows.
#[test]
fn what_somebody_else_was_given_is_a_miss_even_where_size_and_time_are_as_before() {
    let scratch = Scratch::new();
    let draft = flask();
    let sha256 = scratch.unpack(&draft).sha256();
    let name = WheelName::parse(&draft.file_name()).unwrap();
    let expected = Expected { name: &name, metadata: None, record: None };
    let file = scratch.cache().join(sha256.to_string()).join("0");
    for (user, group) in [(Some(65_534), None), (None, Some(65_534))] {
        let hit = || Unpacked::open(&scratch.cache(), &sha256, &expected).unwrap().is_some();
        assert!(hit());
        // Only root gives files away; for anybody else there is nothing to test.
        if std::os::unix::fs::chown(&file, user, group).is_err() {
            return;
        }
        let (honest, about) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap());
        let open = fs::File::options().write(true).open(&file).unwrap();
        std::io::Write::write_all(&mut &open, &vec![b'#'; honest.len()]).unwrap();
        open.set_modified(about.modified().unwrap()).unwrap();
        assert!(!hit(), "{user:?} {group:?}");
        assert_eq!(fs::read(&file).unwrap(), vec![b'#'; honest.len()]);
        scratch.unpack(&draft);
        assert_eq!(fs::read(&file).unwrap(), honest);
    }
}

#[test]
fn an_unpacked_wheel_is_held_against_the_record_too() {
    let scratch = Scratch::new();
    let sha256 = scratch.unpack(&flask()).sha256();
    let name = WheelName::parse(&flask().file_name()).unwrap();
    let metadata = |requires: &str| ExpectedMetadata {
        requires_dist: vec![requires.to_owned()],
        requires_python: Some(">=3.8".to_owned()),
        provides_extra: Vec::new(),
    };
    let open = |name: &WheelName, metadata| {
        Unpacked::open(&scratch.cache(), &sha256, &Expected { name, metadata, record: None })
    };
    assert!(open(&name, Some(metadata("jinja2>=3"))).unwrap().is_some());
    assert_eq!(open(&name, Some(metadata("jinja2>=2"))).unwrap_err().code(), "wheel-metadata-differs");
    let other = WheelName::parse("flask-1.0-1-py3-none-any.whl").unwrap();
    assert!(open(&other, None).unwrap().is_none());
    assert!(
        Unpacked::open(
            &scratch.cache(),
            &Sha256::of(b""),
            &Expected { name: &name, metadata: None, record: None }
        )
        .unwrap()
        .is_none()
    );
}
