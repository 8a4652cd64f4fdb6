//! Installing, upgrading and uninstalling honest wheels: what is in an environment afterwards, and what is refused.
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
use std::os::unix::fs::{MetadataExt as _, symlink};

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_wheel::make::WheelDraft;
use packman_wheel::{
    Amendment, Area, Change, ChangeError, EnvironmentLock, Install, Installed, LinkMode, Receipt, Recorded,
    Report, Scheme, installed, plan,
};
use support::{Scratch, record_row};

fn flask() -> WheelDraft {
    WheelDraft::new("flask", "1.0")
        .file("flask/__init__.py", "def main(): return 0\n")
        .file("flask/app, \"old\".py", "")
        .file("flask.pth", "# nothing\n")
        .data(Area::Scripts, "flask.sh", "#!/bin/sh\n")
        .data(Area::Scripts, "tool", "#!python -u\nprint('tool')\n")
        .data(Area::Headers, "flask.h", "int flask;\n")
        .data(Area::Data, "share/man/flask.1", "manual\n")
        .data(Area::Platlib, "flask/speedups.so", "ELF")
        .command("flask", "flask:main")
        .requires("jinja2>=3")
        .python(">=3.8")
}

fn apply(scratch: &Scratch, change: Change) -> Result<Report, ChangeError> {
    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
    plan(&lock, change)?.apply(&())
}

fn installing(scratch: &Scratch, drafts: &[&WheelDraft]) -> Change {
    let install = drafts.iter().map(|draft| Install {
        unpacked: scratch.unpack(draft),
        requested: true,
        receipt: None,
    });
    Change { install: install.collect(), ..Change::default() }
}

fn find(scheme: &Scheme, name: &str) -> Installed {
    installed(scheme).unwrap().project(&ProjectName::parse(name).unwrap()).unwrap().clone()
}

fn removing(scratch: &Scratch, names: &[&str]) -> Change {
    Change { remove: names.iter().map(|name| find(&scratch.scheme, name)).collect(), ..Change::default() }
}

#[track_caller]
fn refused(scratch: &Scratch, change: Change, code: &str, words: &str) {
    let before = scratch.picture();
    let error = apply(scratch, change).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, words));
    assert_eq!(scratch.picture(), before);
}

#[test]
fn every_file_is_where_the_specification_says() {
    let scratch = Scratch::new();
    let before = scratch.picture();
    let report = apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    assert_eq!(report.modules.len(), 2);
    let after = scratch.picture();
    let made: Vec<String> = after
        .iter()
        .filter(|(path, what)| !before.contains_key(*path) && what.starts_with("file"))
        .map(|(path, what)| format!("{} {path}", what.split(' ').nth(1).unwrap()))
        .collect();
    insta::assert_snapshot!(made.join("\n"), @r#"
    755 bin/flask
    755 bin/flask.sh
    755 bin/tool
    644 include/site/python3.11/flask/flask.h
    644 lib/python3.11/site-packages/flask-1.0.dist-info/INSTALLER
    644 lib/python3.11/site-packages/flask-1.0.dist-info/METADATA
    644 lib/python3.11/site-packages/flask-1.0.dist-info/RECORD
    644 lib/python3.11/site-packages/flask-1.0.dist-info/REQUESTED
    644 lib/python3.11/site-packages/flask-1.0.dist-info/WHEEL
    644 lib/python3.11/site-packages/flask-1.0.dist-info/entry_points.txt
    644 lib/python3.11/site-packages/flask.pth
    644 lib/python3.11/site-packages/flask/__init__.py
    644 lib/python3.11/site-packages/flask/app, "old".py
    644 lib/python3.11/site-packages/flask/speedups.so
    644 share/man/flask.1
    "#);
    let python = scratch.scheme.python.display().to_string();
    assert_eq!(
        fs::read_to_string(scratch.prefix().join("bin/tool")).unwrap(),
        format!("#!{python}\nprint('tool')\n")
    );
    let record = fs::read_to_string(scratch.site("flask-1.0.dist-info/RECORD")).unwrap();
    for made in [
        "../../../bin/flask,sha256=",
        "../../../bin/tool,sha256=",
        "\"flask/app, \"\"old\"\".py\",sha256=",
        "flask-1.0.dist-info/RECORD,,",
    ] {
        assert!(record.contains(made), "{made}: {record}");
    }
    assert!(record.contains(&record_row("../../../share/man/flask.1", b"manual\n")));
    assert_eq!(record.lines().count(), 15);
}

#[test]
fn what_was_installed_is_taken_away_again() {
    let scratch = Scratch::new();
    let before = scratch.picture();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    let cache = scratch.site("flask/__pycache__");
    fs::create_dir(&cache).unwrap();
    for name in ["__init__.cpython-311.pyc", "__init__.cpython-311.opt-1.pyc"] {
        fs::write(cache.join(name), "bytecode").unwrap();
    }
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn what_others_put_beside_it_stays() {
    let scratch = Scratch::new();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    fs::create_dir(scratch.site("flask/__pycache__")).unwrap();
    let others = [
        "flask/local.py",
        "flask/__pycache__/local.cpython-311.pyc",
        "flask/__pycache__/__init__x.cpython-311.pyc",
    ];
    for other in others {
        fs::write(scratch.site(other), "mine").unwrap();
    }
    fs::remove_file(scratch.prefix().join("bin/flask.sh")).unwrap();
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    let left: Vec<String> = scratch.picture().into_keys().filter(|path| path.contains("flask")).collect();
    assert_eq!(left.len(), 5, "{left:?}");
    assert!(others.iter().all(|other| scratch.site(other).exists()));
}

#[test]
fn an_upgrade_replaces_every_file() {
    let scratch = Scratch::new();
    let new =
        WheelDraft::new("flask", "2.0").file("flask/__init__.py", "new").file("flask/fresh/__init__.py", "");
    apply(&scratch, installing(&scratch, &[&new])).unwrap();
    let wanted = scratch.picture();
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    refused(
        &scratch,
        installing(&scratch, &[&new]),
        "already-installed",
        "`flask`: version `1.0` is installed and would not be removed",
    );
    let mut change = installing(&scratch, &[&new]);
    change.remove = vec![find(&scratch.scheme, "flask")];
    let report = apply(&scratch, change).unwrap();
    assert_eq!((report.removed_files, report.installed_files), (15, 7));
    assert_eq!(scratch.picture(), wanted);
}

#[test]
fn refuses_to_overwrite_what_is_there() {
    let scratch = Scratch::new();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    let rival = WheelDraft::new("rival", "1").file("flask/__init__.py", "evil");
    refused(
        &scratch,
        installing(&scratch, &[&rival]),
        "file-in-the-way",
        "`lib/python3.11/site-packages/flask/__init__.py`: is a file of `flask`, wanted by `rival`",
    );
    let command = WheelDraft::new("rival", "1").command("flask", "rival:main").file("rival.py", "");
    refused(
        &scratch,
        installing(&scratch, &[&command]),
        "file-in-the-way",
        "`bin/flask`: is a file of `flask`, wanted by `rival`",
    );
    fs::write(scratch.site("notes.py"), "mine").unwrap();
    let notes = WheelDraft::new("notes", "1").file("notes.py", "mine");
    refused(
        &scratch,
        installing(&scratch, &[&notes]),
        "file-in-the-way",
        "`lib/python3.11/site-packages/notes.py`: is there and belongs to no project, wanted by `notes`",
    );
    let folder = WheelDraft::new("notes", "1").file("notes.py/x", "");
    refused(
        &scratch,
        installing(&scratch, &[&folder]),
        "file-in-the-way",
        "`lib/python3.11/site-packages/notes.py`: is there and belongs to no project, wanted by `notes`",
    );
    let file = WheelDraft::new("notes", "1").file("flask", "");
    refused(
        &scratch,
        installing(&scratch, &[&file]),
        "file-in-the-way",
        "`lib/python3.11/site-packages/flask`: is there and belongs to no project, wanted by `notes`",
    );
}

#[test]
fn refuses_two_wheels_that_want_one_place() {
    let scratch = Scratch::new();
    let (one, two) = (
        WheelDraft::new("one", "1").file("shared.py", "1"),
        WheelDraft::new("two", "1").file("shared.py", "2"),
    );
    refused(
        &scratch,
        installing(&scratch, &[&one, &two]),
        "projects-collide",
        "`lib/python3.11/site-packages/shared.py`: `one` and `two` bring different files to it",
    );
    let folder = WheelDraft::new("two", "1").file("shared.py/x", "2");
    refused(
        &scratch,
        installing(&scratch, &[&one, &folder]),
        "projects-collide",
        "`lib/python3.11/site-packages/shared.py`: `one` and `two` bring different files to it",
    );
}

#[test]
fn one_file_of_two_projects_stays_until_both_are_gone() {
    let scratch = Scratch::new();
    let before = scratch.picture();
    let draft = |name: &str| {
        WheelDraft::new(name, "1").file("nvidia/__init__.py", "").file(&format!("nvidia/{name}.py"), "")
    };
    apply(&scratch, installing(&scratch, &[&draft("one"), &draft("two")])).unwrap();
    apply(&scratch, installing(&scratch, &[&draft("three")])).unwrap();
    for name in ["one", "three"] {
        apply(&scratch, removing(&scratch, &[name])).unwrap();
        assert!(scratch.site("nvidia/__init__.py").exists());
    }
    apply(&scratch, removing(&scratch, &["two"])).unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn links_inside_the_environment_are_followed_and_others_are_not() {
    let scratch = Scratch::new();
    symlink("lib", scratch.prefix().join("lib64")).unwrap();
    fs::create_dir(scratch.prefix().join("share")).unwrap();
    symlink("share", scratch.prefix().join("doc")).unwrap();
    let inside = WheelDraft::new("inside", "1").data(Area::Data, "doc/manual", "text");
    let before = scratch.picture();
    apply(&scratch, installing(&scratch, &[&inside])).unwrap();
    assert!(scratch.prefix().join("share/manual").exists());
    apply(&scratch, removing(&scratch, &["inside"])).unwrap();
    assert!(!scratch.prefix().join("share/manual").exists());
    fs::create_dir_all(scratch.prefix().join("share")).unwrap();
    assert_eq!(scratch.picture(), before);

    let outside = scratch.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, scratch.site("escape")).unwrap();
    let escape = WheelDraft::new("escape", "1").file("escape/x.py", "evil");
    refused(
        &scratch,
        installing(&scratch, &[&escape]),
        "environment-link-escapes",
        "`lib/python3.11/site-packages/escape`: is a link that leads out of the environment",
    );
    symlink("nowhere", scratch.site("broken")).unwrap();
    let broken = WheelDraft::new("broken", "1").file("broken/x.py", "evil");
    refused(
        &scratch,
        installing(&scratch, &[&broken]),
        "environment-link-escapes",
        "`lib/python3.11/site-packages/broken`: is a link that leads out of the environment",
    );
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn uninstalling_never_leaves_the_environment() {
    for row in [
        "../../../../precious,,",
        "/precious,,",
        "flask/../../../../../precious,,",
        "../../../pyvenv.cfg,,",
        "../../../bin/python,,",
        "../../../bin/python3,,",
        "../../../.packman/journal,,",
    ] {
        let scratch = Scratch::new();
        let precious = scratch.folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        let precious = fs::canonicalize(precious).unwrap();
        apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
        let row = row.replace(
            "/precious",
            &if row.starts_with('/') { precious.display().to_string() } else { "/precious".into() },
        );
        let record = scratch.site("flask-1.0.dist-info/RECORD");
        fs::write(&record, fs::read_to_string(&record).unwrap() + &row + "\n").unwrap();
        let listed = row.trim_end_matches(',');
        refused(
            &scratch,
            removing(&scratch, &["flask"]),
            "installed-record-escapes",
            &format!("`flask`: its installed RECORD lists `{listed}`, which is not a file it may own"),
        );
        assert!(precious.exists());
    }
}

#[test]
fn a_link_that_a_project_owns_is_removed_and_not_what_it_leads_to() {
    let scratch = Scratch::new();
    let precious = scratch.folder.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    fs::remove_file(scratch.site("flask/__init__.py")).unwrap();
    symlink(&precious, scratch.site("flask/__init__.py")).unwrap();
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    assert!(precious.exists());
    assert!(!scratch.site("flask").exists());
}

#[test]
fn what_nobody_recorded_is_not_uninstalled() {
    let scratch = Scratch::new();
    let metadata = "Metadata-Version: 2.1\nName: old-thing\nVersion: 1.0\n";
    fs::write(scratch.site("old_thing-1.0-py3.11.egg-info"), metadata).unwrap();
    refused(
        &scratch,
        removing(&scratch, &["old-thing"]),
        "installed-without-record",
        "`old-thing`: it was installed by distutils or without pip, so its files are not known",
    );
    let newer = WheelDraft::new("old-thing", "2.0").file("old_thing.py", "");
    refused(
        &scratch,
        installing(&scratch, &[&newer]),
        "already-installed",
        "`old-thing`: version `1.0` is installed and would not be removed",
    );
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    fs::write(scratch.site("flask-1.0.dist-info/RECORD"), "a,b\n").unwrap();
    refused(
        &scratch,
        removing(&scratch, &["flask"]),
        "installed-record-damaged",
        "`flask`: its installed RECORD: line 1: found fewer than three fields, wanted path, hash and size",
    );
    fs::remove_file(scratch.site("flask-1.0.dist-info/RECORD")).unwrap();
    refused(
        &scratch,
        removing(&scratch, &["flask"]),
        "installed-without-record",
        "`flask`: its `.dist-info` has no RECORD, so its files are not known",
    );
}

#[test]
fn lists_what_anybody_installed_and_what_is_broken() {
    let scratch = Scratch::new();
    let receipt = Receipt {
        database: "web".into(),
        number: "0".into(),
        assurance: "signed, compared".into(),
        padlock: "closed".to_owned(),
        review: "nobody reviewed".into(),
        accepted: Vec::new(),
        file: flask().file_name(),
        sha256: Sha256::of(b""),
        installed: Time::from_seconds(0),
        by: "packman".into(),
    };
    let mut change = installing(&scratch, &[&flask()]);
    change.install[0].receipt = Some(receipt.clone());
    change.install[0].requested = false;
    apply(&scratch, change).unwrap();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(scratch.site(path).parent().unwrap()).unwrap();
        fs::write(scratch.site(path), text).unwrap();
    };
    write("by_pip-2.dist-info/METADATA", "Name: By.Pip\nVersion: 2\nVersion: 3\nsloppy\n\nName: body\n");
    write("by_pip-2.dist-info/INSTALLER", "pip\n");
    write("by_pip-2.dist-info/REQUESTED", "");
    write("edited-1.dist-info/METADATA", "Name: edited\nVersion: 1\n");
    write("edited-1.dist-info/direct_url.json", r#"{"url":"file:///x","dir_info":{"editable":true}}"#);
    write("egg-1.egg-info/PKG-INFO", "Name: egg\nVersion: 1\n");
    write("broken-1.dist-info/RECORD", "");
    write("unnamed-1.dist-info/METADATA", "Version: 1\n");
    let found = installed(&scratch.scheme).unwrap();
    let lines = found.installed.iter().map(|one| {
        format!(
            "{} {} {:?} {} requested={} editable={} {:?} {}",
            one.name,
            one.version,
            one.recorded,
            one.installer().as_deref().unwrap_or("-"),
            one.requested,
            one.is_editable(),
            one.requires,
            one.receipt().as_ref().map_or("-", |receipt| receipt.assurance.as_str())
        )
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    by-pip 2 NoRecord pip requested=true editable=false [] -
    edited 1 NoRecord - requested=false editable=true [] -
    egg 1 EggInfo - requested=false editable=false [] -
    flask 1.0 Yes packman requested=false editable=false ["jinja2>=3"] signed, compared
    "#);
    let broken =
        found.broken.iter().map(|one| format!("{}: {}", one.path.file_name().unwrap().display(), one.why));
    insta::assert_snapshot!(broken.collect::<Vec<_>>().join("\n"), @r"
    broken-1.dist-info: it has no METADATA
    unnamed-1.dist-info: its metadata has no `Name`
    ");
    assert_eq!(found.project(&ProjectName::parse("flask").unwrap()).unwrap().receipt(), Some(receipt));
    assert!(found.installed.iter().all(|one| one.recorded == Recorded::Yes || one.name.as_str() != "flask"));
}

#[test]
fn an_installed_project_can_be_marked_as_asked_for() {
    let scratch = Scratch::new();
    apply(&scratch, installing(&scratch, &[&flask()])).unwrap();
    let asked = scratch.picture();
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    let mut change = installing(&scratch, &[&flask()]);
    change.install[0].requested = false;
    apply(&scratch, change).unwrap();
    for _ in 0..2 {
        let amendment =
            Amendment { installed: find(&scratch.scheme, "flask"), requested: true, bytecode: true };
        apply(&scratch, Change { amend: vec![amendment], ..Change::default() }).unwrap();
        assert!(find(&scratch.scheme, "flask").requested);
        assert!(scratch.picture().keys().eq(asked.keys()));
    }
    let empty = Scratch::new().picture();
    apply(&scratch, removing(&scratch, &["flask"])).unwrap();
    assert_eq!(scratch.picture().len(), empty.len());
}

#[test]
fn files_are_linked_and_what_is_rewritten_is_not() {
    for (link, linked) in [(LinkMode::HardLink, true), (LinkMode::Clone, false), (LinkMode::Copy, false)] {
        let scratch = Scratch::new();
        let change = Change { link, ..installing(&scratch, &[&flask()]) };
        apply(&scratch, change).unwrap();
        let links = |path: &str| fs::metadata(scratch.prefix().join(path)).unwrap().nlink();
        assert_eq!(links("lib/python3.11/site-packages/flask/__init__.py") > 1, linked);
        assert_eq!(links("bin/flask.sh") > 1, linked);
        assert_eq!(links("bin/tool"), 1);
        assert_eq!(links("bin/flask"), 1);
    }
}

/// The best is a clone, which nothing in an environment reaches through; else a hard link, which shows at once.
#[test]
fn the_best_link_is_one_that_this_file_system_has() {
    let scratch = Scratch::new();
    apply(&scratch, Change { link: LinkMode::Best, ..installing(&scratch, &[&flask()]) }).unwrap();
    let file = scratch.site("flask/__init__.py");
    let sha256 = scratch.unpack(&flask()).sha256();
    let cached = scratch.cache().join(sha256.to_string()).join("0");
    let (file, cached) = (fs::metadata(file).unwrap(), fs::metadata(cached).unwrap());
    let is_linked = (file.ino(), file.dev()) == (cached.ino(), cached.dev());
    assert!(is_linked || file.nlink() == 1);
}

/// Where a cache lies on another file system, as with `/home` and a scratch disk, there are no links between the two.
#[test]
#[cfg(target_os = "linux")]
fn a_cache_on_another_file_system_is_copied_from() {
    let cache = tempfile::tempdir_in("/dev/shm").unwrap();
    for link in [LinkMode::Best, LinkMode::HardLink, LinkMode::Clone, LinkMode::Copy] {
        let scratch = Scratch::with_cache(cache.path());
        let device = |path: &std::path::Path| fs::metadata(path).unwrap().dev();
        assert_ne!(device(cache.path()), device(scratch.prefix()), "the test needs two file systems");
        apply(&scratch, Change { link, ..installing(&scratch, &[&flask()]) }).unwrap();
        let same = Scratch::new();
        apply(&same, Change { link, ..installing(&same, &[&flask()]) }).unwrap();
        let plain = |scratch: &Scratch| {
            let mut picture = scratch.picture();
            // These hold the path of their interpreter.
            picture.retain(|path, _| !path.starts_with("bin/") && !path.ends_with("/RECORD"));
            picture
        };
        assert_eq!(plain(&scratch), plain(&same), "{link:?}");
        assert_eq!(fs::metadata(scratch.site("flask/__init__.py")).unwrap().nlink(), 1);
    }
}

/// What an editor writes through a hard link is in the environment, and never in another one.
#[test]
fn a_file_edited_through_a_hard_link_is_repaired_for_the_next_environment() {
    let cache = tempfile::tempdir().unwrap();
    let hard = |scratch: &Scratch| {
        let change = Change { link: LinkMode::HardLink, ..installing(scratch, &[&flask()]) };
        apply(scratch, change).unwrap();
        scratch.site("flask/__init__.py")
    };
    let (first, second) = (Scratch::with_cache(cache.path()), Scratch::with_cache(cache.path()));
    let file = hard(&first);
    let honest = fs::read(&file).unwrap();
    let edited = vec![b'#'; honest.len()];
    fs::write(&file, &edited).unwrap();
    assert_eq!(fs::read(hard(&second)).unwrap(), honest);
    assert_eq!(fs::read(&file).unwrap(), edited, "what somebody edited is left to him");
}
