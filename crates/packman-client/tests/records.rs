//! How records come: in a pack, which is believed in nothing; ahead of being asked for; one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly, and makes an environment"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use packman_client::{AddRequest, Client, InstallRequest, Reach, Silent, WhichEnvironment};
use packman_database::{
    ABOUT_PATH, About, CoreMetadata, FileName, FileUrl, Kind, PACK_PATH, Pack, ProjectRecord, RECALLS_PATH,
    Recalls, RecordedFile, record_path,
};
use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::loopback::{Answer, Loopback};
use packman_machine::network::{Fetcher, FetcherSettings};
use packman_machine::stop::Stop;
use packman_names::{ProjectName, Requirement};
use packman_requirements::Demand;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_wheel::LinkMode;
use testkit::repository::Repository;

const PROJECTS: usize = 12;

fn now() -> Time {
    Time::parse_date("2026-11-23").unwrap()
}

fn project(number: usize) -> ProjectName {
    ProjectName::parse(&format!("project-{number:02}")).unwrap()
}

/// The record of a project that has one wheel of that version.
fn record(number: usize, version: &str) -> Vec<u8> {
    record_that_needs(number, version, vec![])
}

fn record_that_needs(number: usize, version: &str, requires_dist: Vec<String>) -> Vec<u8> {
    let project = project(number);
    let filename = format!("{}-{version}-py3-none-any.whl", project.as_str().replace('-', "_"));
    let mut record = ProjectRecord::new(project);
    record.files.push(RecordedFile {
        name: FileName::parse(&filename).unwrap(),
        sha256: Sha256::of(filename.as_bytes()),
        size: 1,
        urls: vec![FileUrl::Blob],
        metadata_sha256: None,
        record_sha256: None,
        metadata: Arc::new(CoreMetadata { requires_dist: requires_dist.into(), ..CoreMetadata::default() }),
        uploaded: None,
        first_seen: now(),
        for_lock: false,
        yanked: None,
        provenance: Vec::new(),
        review: None,
        recalled: None,
    });
    record.encode()
}

type Records = BTreeMap<ProjectName, Vec<u8>>;

fn records() -> Records {
    (0..PROJECTS).map(|number| (project(number), record(number, "1.0"))).collect()
}

fn packed(records: &Records) -> Vec<u8> {
    Pack::encode(&records.iter().map(|(project, bytes)| (project, bytes.as_slice())).collect())
}

/// A mirror with a log, and a user who trusts it.
struct World {
    repository: Arc<Mutex<Repository>>,
    asked: Arc<Mutex<Vec<String>>>,
    _mirror: Loopback,
    folder: tempfile::TempDir,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn with_pack(pack: Option<&[u8]>) -> Self {
        Self::serving(records(), pack, |_| ())
    }

    /// A mirror that does something before it answers.
    fn serving(records: Records, pack: Option<&[u8]>, before: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let mut repository = Repository::with_seed(now(), 1);
        let about = About {
            kind: Kind::Database,
            title: "Web tools".to_owned(),
            maintainer: "Ann".to_owned(),
            home_page: None,
            mirrors: vec![],
            scope: vec![],
        };
        repository.add_target(ABOUT_PATH, &about.encode());
        repository.add_target(RECALLS_PATH, &Recalls::default().encode());
        for (project, bytes) in records {
            repository.add_target(&record_path(&project), &bytes);
        }
        if let Some(pack) = pack {
            repository.add_target(PACK_PATH, pack);
        }
        repository.publish();
        let number = repository.number(1);
        let (repository, asked) = (Arc::new(Mutex::new(repository)), Arc::new(Mutex::new(Vec::new())));
        let (served, log) = (Arc::clone(&repository), Arc::clone(&asked));
        let mirror = Loopback::answering(move |question| {
            locked(&log).push(question.path.clone());
            before(&question.path);
            let files = locked(&served);
            files
                .files()
                .get(&question.path)
                .map_or(Answer::status(404), |bytes| Answer::bytes(bytes.clone()))
        })
        .unwrap();
        let request =
            AddRequest { url: mirror.url(), name: Some("web".to_owned()), number: Some(number), scope: None };
        let world = Self { repository, asked, _mirror: mirror, folder: tempfile::tempdir().unwrap() };
        world.act(|client| client.trust_add(&request).map(drop)).unwrap();
        world
    }

    fn act<T>(&self, act: impl FnOnce(&Client<'_>) -> T) -> T {
        let stop = Stop::new();
        let environ =
            Environ::of(self.folder.path(), [("PACKMAN_CACHE_DIR", self.folder.path().join("cache"))]);
        let home = Home::at(self.folder.path().join("home"));
        let cache = Cache::of(&environ, |_| {});
        let fetcher = Fetcher::new(&environ, FetcherSettings::default(), &stop);
        act(&Client {
            home: &home,
            cache: &cache,
            fetcher: &fetcher,
            stop: &stop,
            environ: &environ,
            now: now(),
            reach: Reach::Online,
            accept_expired: false,
            host: &Silent,
        })
    }

    fn venv(&self) -> std::path::PathBuf {
        let venv = self.folder.path().join("v");
        if !venv.exists() {
            let mut python = std::process::Command::new("python3");
            let made = python.args(["-m", "venv", "--without-pip"]).arg(&venv).status();
            assert!(made.unwrap().success());
        }
        venv
    }

    /// Reads every record, and says what was asked of the mirror for it: packs, and records.
    fn all(&self, version: &str) -> (usize, usize) {
        locked(&self.asked).clear();
        let every = (0..PROJECTS).map(|number| Requirement::parse(project(number).as_ref()).unwrap());
        let demand = Demand::of(every.collect::<Vec<_>>());
        let request = InstallRequest {
            link: LinkMode::Copy,
            ..InstallRequest::of(&demand, WhichEnvironment::Venv(self.venv()))
        };
        let steps = self.act(|client| client.plan_install(&request).unwrap().steps);
        let mut found: Vec<String> =
            steps.iter().map(|step| format!("{} {}", step.project, step.version)).collect();
        found.sort_unstable();
        let wanted: Vec<String> =
            (0..PROJECTS).map(|number| format!("{} {version}", project(number))).collect();
        assert_eq!(found, wanted);
        let asked = locked(&self.asked);
        let count = |end: &str| asked.iter().filter(|path| path.ends_with(end)).count();
        (count("projects.pack"), asked.iter().filter(|path| path.starts_with("targets/projects/")).count())
    }
}

fn check(pack: Option<&[u8]>) -> (usize, usize) {
    World::with_pack(pack).all("1.0")
}

#[test]
fn one_request_brings_all_records_that_are_missing() {
    let world = World::with_pack(Some(&packed(&records())));
    assert_eq!(world.all("1.0"), (1, 0));
    assert_eq!(world.all("1.0"), (0, 0), "they are kept");
}

#[test]
fn without_a_pack_records_come_one_by_one() {
    assert_eq!(check(None), (0, PROJECTS));
}

#[test]
fn a_pack_that_is_none_is_passed_over() {
    let honest = packed(&records());
    assert_eq!(check(Some(b"")), (1, PROJECTS));
    assert_eq!(check(Some(b"<html>")), (1, PROJECTS));
    assert_eq!(check(Some(&honest[..honest.len() - 1])), (1, PROJECTS));
    assert_eq!(check(Some(&[&honest[..], b" "].concat())), (1, PROJECTS));
}

#[test]
fn a_pack_lies_about_a_record_and_the_record_itself_is_asked_for() {
    let mut lacking = records();
    lacking.remove(&project(3));
    assert_eq!(check(Some(&packed(&lacking))), (1, 1));
    let mut swapped = records();
    swapped.insert(project(3), record(4, "1.0"));
    assert_eq!(check(Some(&packed(&swapped))), (1, 1));
    // Well formed, of that project, and not what was signed.
    let mut other = records();
    other.insert(project(3), record(3, "9.9"));
    assert_eq!(check(Some(&packed(&other))), (1, 1));
}

#[test]
fn a_frame_that_does_not_inflate_to_what_was_said_spoils_no_record() {
    let mut bytes = packed(&records());
    // The frame's first block, after its magic number and head.
    let frame = bytes.windows(4).position(|four| four == [0x28, 0xB5, 0x2F, 0xFD]).unwrap();
    bytes[frame + 8] ^= 0x55;
    assert_eq!(check(Some(&bytes)), (1, PROJECTS));
    let mut bomb: Records = records();
    bomb.insert(project(0), vec![b' '; 8 << 20]);
    assert_eq!(check(Some(&packed(&bomb))), (1, 1));
}

/// The pack's own signed hash stands before it is opened.
#[test]
fn a_pack_with_other_bytes_than_were_signed_is_not_opened() {
    let world = World::with_pack(Some(&packed(&records())));
    let mut other = records();
    other.insert(project(3), record(3, "9.9"));
    let is_pack = |path: &str| path.ends_with("projects.pack");
    for (path, bytes) in locked(&world.repository).files_mut().iter_mut() {
        if is_pack(path) {
            *bytes = packed(&other);
        }
    }
    assert_eq!(world.all("1.0"), (1, PROJECTS));
}

#[test]
fn who_lacks_few_asks_for_those() {
    let world = World::with_pack(Some(&packed(&records())));
    world.all("1.0");
    let mut repository = locked(&world.repository);
    let mut newer = records();
    for number in 0..PROJECTS {
        let version = if number < 3 { "1.1" } else { "1.0" };
        newer.insert(project(number), record(number, version));
        repository.add_target(&record_path(&project(number)), &newer[&project(number)]);
    }
    repository.add_target(PACK_PATH, &packed(&newer));
    repository.publish();
    drop(repository);
    locked(&world.asked).clear();
    let info = world.act(|client| client.info(&project(1)).unwrap());
    assert_eq!(info.files[0].version.to_string(), "1.1");
    let asked = locked(&world.asked);
    let of_records = asked.iter().filter(|path| path.contains("project")).count();
    assert_eq!(of_records, 1, "{asked:?}");
}

/// Waits until so many others wait as well; gives up after a while, which is what a test fails by.
#[derive(Default)]
struct Meeting {
    there: Mutex<usize>,
    gave_up: Mutex<bool>,
    changed: Condvar,
}

impl Meeting {
    fn meet(&self, wanted: usize) {
        let mut there = locked(&self.there);
        *there += 1;
        self.changed.notify_all();
        while *there < wanted {
            let (now, timed_out) = self.changed.wait_timeout(there, Duration::from_secs(10)).unwrap();
            there = now;
            if timed_out.timed_out() {
                *locked(&self.gave_up) = true;
                return;
            }
        }
    }
}

/// The mirror answers for no dependency before it is asked for four of them: one question after the other would be
/// asked for ever.
#[test]
fn what_is_needed_next_is_asked_for_at_once() {
    let mut some = records();
    let needs = (1..=6).map(|number| project(number).to_string()).collect();
    some.insert(project(0), record_that_needs(0, "1.0", needs));
    let meeting = Arc::new(Meeting::default());
    let met = Arc::clone(&meeting);
    let world = World::serving(some, None, move |path| {
        if path.starts_with("targets/projects/") && !path.ends_with("project-00.json") {
            met.meet(4);
        }
    });
    let venv = world.venv();
    let demand = Demand::of([Requirement::parse("project-00").unwrap()]);
    let request =
        InstallRequest { link: LinkMode::Copy, ..InstallRequest::of(&demand, WhichEnvironment::Venv(venv)) };
    locked(&world.asked).clear();
    let steps = world.act(|client| client.plan_install(&request).unwrap().steps.len());
    assert_eq!(steps, 7);
    let asked = locked(&world.asked);
    let records = asked.iter().filter(|path| path.starts_with("targets/projects/")).count();
    assert_eq!(records, 7, "each once, and no other: {asked:?}");
    assert!(!*locked(&meeting.gave_up), "they came one after the other");
}

/// The interpreter answers when the mirror has been asked for what is asked for and for what that needs: asked before, it
/// would wait for ever.
#[cfg(unix)]
#[test]
fn the_first_records_are_asked_for_while_the_interpreter_is() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let mut some = records();
    some.insert(project(0), record_that_needs(0, "1.0", vec![project(1).to_string()]));
    let place = tempfile::tempdir().unwrap();
    let (asked, python) = (place.path().join("asked"), place.path().join("python3"));
    let tell = asked.clone();
    let world = World::serving(some, None, move |path| {
        if path.ends_with("project-01.json") {
            std::fs::write(&tell, "").unwrap();
        }
    });
    let venv = world.venv();
    let real = venv.join("bin/python").canonicalize().unwrap();
    let script = format!(
        "#!/bin/sh\nleft=400\nwhile [ ! -e {asked} ]; do\n  left=$((left - 1))\n  [ $left -gt 0 ] || exit 1\n  \
         sleep 0.05\ndone\nexec {real} \"$@\"\n",
        asked = asked.display(),
        real = real.display()
    );
    std::fs::write(&python, script).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::remove_file(venv.join("bin/python")).unwrap();
    symlink(&python, venv.join("bin/python")).unwrap();
    let settings = std::fs::read_to_string(venv.join("pyvenv.cfg")).unwrap();
    let settings =
        settings.lines().filter(|line| !line.starts_with("home") && !line.starts_with("executable"));
    let home = format!("home = {}\n", place.path().display());
    let settings: String = settings.fold(home, |text, line| text + line + "\n");
    std::fs::write(venv.join("pyvenv.cfg"), settings).unwrap();
    let demand = Demand::of([Requirement::parse("project-00").unwrap()]);
    let request =
        InstallRequest { link: LinkMode::Copy, ..InstallRequest::of(&demand, WhichEnvironment::Venv(venv)) };
    locked(&world.asked).clear();
    let steps = world.act(|client| client.plan_install(&request).unwrap().steps.len());
    assert_eq!(steps, 2);
    let records = locked(&world.asked).iter().filter(|path| path.starts_with("targets/projects/")).count();
    assert_eq!(records, 2, "each once");
}
