//! Together with python-tuf: it verifies what we sign, and we verify what it signs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and this one runs a program on files"
)]

mod craft;

use std::path::{Path, PathBuf};
use std::process::Command;

use craft::{NOW, replaced, resigned};
use packman_strict::json::{self, Value};
use packman_strict::time::Time;
use packman_tuf::{
    Answer, BinsDraft, Delegations, FirstUse, Limits, Memory, Refresh, Role, SafetyNumber, Step,
    SuccinctBins, TargetInfo, TargetPath,
};
use testkit::repository::Repository;

/// The Python that has python-tuf.
fn python() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/python");
    let python = std::env::var_os("PACKMAN_TEST_PYTHON").map_or(tools, PathBuf::from);
    assert!(
        python.exists(),
        "there is no Python with python-tuf at {}: `cargo xtask test` sets it up, or set PACKMAN_TEST_PYTHON",
        python.display()
    );
    python
}

/// Runs the other side, and gives back what it printed.
#[track_caller]
fn run(arguments: &[&str]) -> Value<'static> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_tuf.py");
    let output = Command::new(python()).arg("-B").arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    json::parse(&output.stdout, &json::Limits::default()).unwrap().into_owned()
}

/// An empty folder of that name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python_tuf").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn publish(repository: &Repository, folder: &Path) {
    for (path, bytes) in repository.files() {
        let place = folder.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }
}

/// A repository that is current for as long as anybody runs these tests.
fn repository() -> Repository {
    let mut repository = Repository::new(Time::parse("2180-01-01T00:00:00Z").unwrap());
    repository.add_target("projects/flask.json", b"flask");
    repository.add_target("about.json", b"about");
    repository.publish();
    repository
}

/// What python-tuf's client makes of a repository: the targets it downloaded, or the class of its error.
#[track_caller]
fn check(name: &str, repository: &Repository) -> String {
    let folder = folder(name);
    publish(repository, &folder);
    let (folder, state) = (folder.to_str().unwrap(), folder.join("state"));
    let arguments = ["refresh", folder, state.to_str().unwrap(), "projects/flask.json", "about.json", "none"];
    String::from_utf8(run(&arguments).to_bytes()).unwrap()
}

const ALL_FILES: &str = r#"{"files":{"projects/flask.json":"flask","about.json":"about","none":null}}"#;

#[test]
fn python_tuf_refreshes_from_what_we_sign_and_downloads_targets() {
    assert_eq!(check("plain", &repository()), ALL_FILES);
}

#[test]
fn python_tuf_follows_our_rotations_and_thresholds() {
    let mut repository = repository();
    for role in Role::ALL {
        for _ in 0..2 {
            let key = repository.new_key();
            repository.signers_mut(role).push(key);
        }
        repository.thresholds.insert(role, 2);
    }
    repository.publish_root();
    for role in Role::ALL {
        repository.signers_mut(role).remove(0);
        repository.publish_root();
    }
    repository.publish();
    assert_eq!(check("rotations", &repository), ALL_FILES);
}

/// Two targets in 2^`bits` bins, which `delegations` makes delegations of.
fn in_bins(bits: u32, delegations: fn(SuccinctBins) -> Delegations) -> Repository {
    let mut repository = repository();
    let mut targets = Vec::new();
    for (path, bytes) in [("projects/flask.json", b"flask"), ("about.json", b"about")] {
        // The file stays where it is; nothing but a bin lists it from now on.
        repository.remove_target(path);
        targets.push((TargetPath::parse(path).unwrap(), TargetInfo::of(bytes)));
    }
    let bins = repository.bins("bin", bits);
    let expires = repository.expiry[&Role::Targets];
    repository.publish_bins(&BinsDraft::new(bins.clone(), targets, expires, expires));
    repository.delegations = Some(delegations(bins));
    repository.publish();
    repository
}

#[test]
fn python_tuf_finds_targets_in_our_bins_and_knows_which_are_not_there() {
    for bits in [1, 4, 6, 9] {
        assert_eq!(check("succinct", &in_bins(bits, Delegations::Bins)), ALL_FILES, "{bits} bits");
        let one_by_one = |bins: SuccinctBins| Delegations::Roles(bins.to_roles());
        assert_eq!(check("prefixes", &in_bins(bits, one_by_one)), ALL_FILES, "{bits} bits");
    }
}

#[test]
fn python_tuf_refuses_our_bins_when_they_are_not_as_we_signed_them() {
    let attacks: [(&str, Attack); 3] = [
        ("bin-of-a-stranger", |repository| {
            let stranger = repository.new_key();
            repository.signers_mut(Role::Targets).push(stranger.clone());
            let expires = repository.expiry[&Role::Targets];
            let bins = repository.bins("bin", 4);
            *repository.signers_mut(Role::Targets) = vec![stranger];
            repository.publish_bins(&BinsDraft::new(bins, [], expires, expires));
            repository.refresh();
        }),
        ("bin-rolled-back", |repository| {
            let old: Vec<_> =
                repository.files().iter().filter(|(path, _)| path.contains("/1.bin-")).collect();
            let old: Vec<_> = old.into_iter().map(|(path, file)| (path.clone(), file.clone())).collect();
            let expires = repository.expiry[&Role::Targets];
            let draft = BinsDraft::new(repository.bins("bin", 4), [], expires, expires);
            repository.publish_bins(&draft);
            repository.refresh();
            for (path, file) in old {
                repository.files_mut().insert(path.replace("/1.", "/2."), file);
            }
        }),
        ("bin-missing", |repository| repository.files_mut().retain(|path, _| !path.contains(".bin-"))),
    ];
    for (name, attack) in attacks {
        let mut repository = in_bins(4, Delegations::Bins);
        attack(&mut repository);
        let verdict = check(name, &repository);
        assert!(verdict.starts_with(r#"{"refused":"#), "{name}: {verdict}");
    }
}

type Attack = fn(&mut Repository);

#[test]
fn both_refuse_the_same_attacks() {
    let attacks: [(&str, Attack); 7] = [
        ("stranger", |repository| {
            let stranger = repository.new_key();
            *repository.signers_mut(Role::Targets) = vec![stranger];
            repository.publish();
        }),
        ("rollback-of-a-root", |repository| {
            let first = repository.files()["metadata/1.root.json"].clone();
            repository.files_mut().insert("metadata/2.root.json".to_owned(), first);
        }),
        ("expired", |repository| {
            repository.expiry.insert(Role::Snapshot, NOW.plus_days(-10_000));
            repository.publish();
        }),
        ("mix-and-match", |repository| {
            let path = repository.path(Role::Targets);
            let old = repository.files()["metadata/1.targets.json"].clone();
            repository.files_mut().insert(path, old);
        }),
        ("threshold-0", |repository| {
            repository.publish_root();
            let file = replaced(&repository.file(Role::Root), "\"threshold\": 1", "\"threshold\": 0");
            let file = resigned(&file, &repository.signers(Role::Root));
            let path = repository.path(Role::Root);
            repository.files_mut().insert(path, file);
        }),
        ("another-role", |repository| {
            let snapshot = repository.file(Role::Snapshot);
            repository.files_mut().insert("metadata/timestamp.json".to_owned(), snapshot);
        }),
        ("missing", |repository| {
            let path = repository.path(Role::Snapshot);
            repository.files_mut().remove(&path);
        }),
    ];
    for (name, attack) in attacks {
        let mut repository = repository();
        let memory = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
        attack(&mut repository);
        assert!(repository.refreshed(memory, NOW).refusal.is_some(), "{name}: ours");
        let verdict = check(name, &repository);
        assert!(verdict.starts_with(r#"{"refused":"#), "{name}: {verdict}");
    }
}

#[test]
fn we_refresh_from_what_python_tuf_signs() {
    let folder = folder("reverse");
    let printed = run(&["publish", folder.to_str().unwrap()]);
    let numbers = printed.as_object().unwrap().get("numbers").unwrap().as_array().unwrap();
    let numbers: Vec<_> =
        numbers.iter().map(|text| SafetyNumber::parse(text.as_str().unwrap()).unwrap()).collect();
    for number in &numbers {
        let mut first_use = FirstUse::with_number(*number, Limits::default());
        while let Step::Fetch(request) = first_use.step() {
            let bytes = std::fs::read(folder.join(&request.path)).ok();
            first_use.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes)).unwrap();
        }
        let memory = refreshed(first_use.finish().unwrap(), &folder);
        assert_eq!(memory.numbers().last().unwrap().1, numbers[1]);
        let good = memory.good().unwrap();
        assert_eq!(good.versions().map(|(_, version)| version).collect::<Vec<_>>(), [2, 11, 9, 7]);
        for (path, text) in [("projects/flask.json", b"flask"), ("about.json", b"about")] {
            let bytes = std::fs::read(folder.join(good.target(path).unwrap().file_path(path))).unwrap();
            assert_eq!(good.verify_target(path, &bytes).unwrap().bytes(), text);
        }
        let again = Memory::parse(&memory.encode()).unwrap();
        assert_eq!(again.encode(), memory.encode());
    }
}

fn refreshed(memory: Memory, folder: &Path) -> Memory {
    let mut refresh = Refresh::begin(memory, NOW, Limits::default());
    while let Step::Fetch(request) = refresh.step() {
        let bytes = std::fs::read(folder.join(&request.path)).ok();
        refresh.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes)).unwrap();
    }
    refresh.into_memory()
}
