//! The settings file, honest and edited into nonsense.

use std::path::PathBuf;
use std::sync::Arc;

use packman_database::{FileName, FileUrl, ProjectRecord, RecordedFile};
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;

use super::{Folder, Lifetimes, Settings};
use crate::keys::KeyPlace;

fn key(id: &str, file: &str) -> KeyPlace {
    KeyPlace { id: id.to_owned(), file: Some(PathBuf::from(file)), keeper: None }
}

fn settings() -> Settings {
    Settings {
        threshold: 1,
        root: vec![key("aa", "root-1.pem")],
        spare: Some(key("bb", "/media/stick/spare.pem")),
        targets: vec![key("cc", "targets.pem")],
        targets_threshold: 1,
        online: key("dd", "online.pem"),
        lifetimes: Lifetimes::default(),
    }
}

/// What is said of the settings when this text in them is replaced.
fn check(from: &str, to: &str) -> String {
    let text = settings().encode();
    assert!(text.contains(from), "{from}");
    Settings::parse(&text.replace(from, to)).map_or_else(|why| why, |_| "fine".to_owned())
}

#[test]
fn what_is_written_reads_the_same() {
    assert_eq!(Settings::parse(&settings().encode()).unwrap(), settings());
    let bare = Settings { spare: None, ..settings() };
    assert_eq!(Settings::parse(&bare.encode()).unwrap(), bare);
    insta::assert_snapshot!(settings().encode(), @r#"
    # How this database is signed. Nothing here is secret: private keys are elsewhere.
    format = 1

    [keys]
    threshold = 1
    root = [{ id = "aa", file = "root-1.pem" }]
    spare = { id = "bb", file = "/media/stick/spare.pem" }
    targets = { id = "cc", file = "targets.pem" }
    online = { id = "dd", file = "online.pem" }

    [days]
    root = 365
    targets = 90
    refresh-within = 30
    "#);
}

#[test]
fn refuses_settings_edited_into_nonsense() {
    insta::assert_snapshot!(check("format = 1", "format = 2"), @"`format`: found 2, wanted 1");
    insta::assert_snapshot!(check("[keys]", "[keys"), @"unclosed table, expected `]`");
    insta::assert_snapshot!(check("\"targets.pem\"", "\"/etc/key.pem\""), @"`file`: found `/etc/key.pem`, wanted the name of a file in the folder of the keys");
    insta::assert_snapshot!(check("\"online.pem\"", "\"../other/online.pem\""), @"`file`: found `../other/online.pem`, wanted the name of a file in the folder of the keys");
    insta::assert_snapshot!(check("threshold = 1", "threshold = -1"), @"`threshold`: wanted a small number");
    insta::assert_snapshot!(check("refresh-within = 30", "refresh-within = 91"), @"`days.refresh-within`: found 91, wanted 1 to 90");
    insta::assert_snapshot!(check("root = 365", "root = 0"), @"`days.root`: found 0, wanted 1 to 3660");
    insta::assert_snapshot!(check("id = \"cc\"", "id = 7"), @"`id`: wanted text");
    insta::assert_snapshot!(check("targets = {", "target = {"), @"`keys`: wanted `root`, `targets` and `online`, each with `id` and `file`");
}

#[test]
fn stages_nothing_that_could_not_be_read_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder { path: home.path().to_owned(), held: super::Held::Signed(Box::new(settings())) };
    let record = |name: &str, summary: usize| {
        let file = RecordedFile {
            name: FileName::parse(&format!("{name}-1.0-py3-none-any.whl")).unwrap(),
            sha256: Sha256::of(b""),
            size: 1,
            urls: vec![FileUrl::Blob],
            metadata_sha256: None,
            record_sha256: None,
            metadata: Arc::default(),
            uploaded: None,
            first_seen: Time::from_seconds(0),
            yanked: None,
            provenance: Vec::new(),
            review: None,
            recalled: None,
            for_lock: false,
        };
        ProjectRecord {
            name: ProjectName::parse(name).unwrap(),
            summary: Some("x".repeat(summary)),
            files: vec![file],
        }
    };
    let error = folder.stage(&[&record("a", 1), &record("b", 4_097)]).unwrap_err();
    assert_eq!(error.code(), "record-excess", "{error}");
    assert!(folder.records().unwrap().is_empty(), "all or nothing");
    folder.stage(&[&record("a", 1), &record("b", 4_096)]).unwrap();
    assert_eq!(folder.records().unwrap().len(), 2);
}
