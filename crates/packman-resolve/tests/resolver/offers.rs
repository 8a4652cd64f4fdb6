//! Over offers: a signed database, the gate, and what comes of it.

use std::sync::Arc;

use insta::assert_snapshot;
use packman_database::{
    ABOUT_PATH, About, CoreMetadata, FileName, FileUrl, Kind, ProjectRecord, RECALLS_PATH, Recalls,
    RecordedFile, record_path,
};
use packman_names::{Platform, ProjectName, PythonVersion, Requirement, Target};
use packman_resolve::{Asked, Failure, OfferSource, Request, Upgrade, resolve_offers};
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{
    ATTACHED, Answer, Database, Entry, EntryName, Gate, Holds, How, Learnt, Offer, Purpose, Refused, Ring,
    Scope, Standing,
};
use packman_tuf::{Limits, Refresh, Step};
use testkit::repository::Repository;

fn now() -> Time {
    Time::parse_date("2026-11-23").unwrap()
}

/// A file of a record: its name, what it needs, and why it was recalled.
type Recorded<'a> = (&'a str, &'a str, Option<&'a str>);

fn recorded(&(filename, needs, recalled): &Recorded<'_>) -> RecordedFile {
    let requires_dist = needs.split(" | ").filter(|line| !line.is_empty()).map(str::to_owned).collect();
    RecordedFile {
        name: FileName::parse(filename).unwrap(),
        sha256: Sha256::of(filename.as_bytes()),
        size: 1,
        urls: vec![FileUrl::Blob],
        metadata_sha256: None,
        record_sha256: None,
        metadata: Arc::new(CoreMetadata { requires_dist, ..CoreMetadata::default() }),
        uploaded: None,
        first_seen: now(),
        for_lock: false,
        yanked: None,
        provenance: Vec::new(),
        review: None,
        recalled: recalled.map(str::to_owned),
    }
}

/// The records of one database, behind the gate.
struct Records {
    gate: Gate,
    records: Vec<ProjectRecord>,
}

impl OfferSource for Records {
    type Failure = Refused;

    fn offer(&mut self, project: &ProjectName) -> Result<Option<Arc<Offer>>, Refused> {
        match self.gate.ask(project)? {
            Answer::Nobody(_) => Ok(None),
            Answer::Record(wanted) => {
                let record = self.records.iter().find(|record| record.name == *project).unwrap();
                wanted.offer(&wanted.own().verify(&record.encode())?, &[]).map(|offer| Some(Arc::new(offer)))
            }
        }
    }
}

fn records(files: &[Recorded<'_>]) -> Records {
    let mut records: Vec<ProjectRecord> = Vec::new();
    for file in files.iter().map(recorded) {
        let project = file.name.project().clone();
        if !records.iter().any(|record| record.name == project) {
            records.push(ProjectRecord::new(project.clone()));
        }
        records.iter_mut().find(|record| record.name == project).unwrap().files.push(file);
    }
    let standing = standing(&records);
    let mut ring = Ring::default();
    ring.add(standing.entry.clone()).unwrap();
    Records { gate: Gate::new(ring, vec![standing], now(), Purpose::Act), records }
}

fn standing(records: &[ProjectRecord]) -> Standing {
    let mut repository = Repository::with_seed(now(), 7);
    let about = About {
        kind: Kind::Database,
        title: "Lab".to_owned(),
        maintainer: "a scapegoat".to_owned(),
        home_page: None,
        mirrors: vec![],
        scope: vec![],
    };
    repository.add_target(ABOUT_PATH, &about.encode());
    repository.add_target(RECALLS_PATH, &Recalls::default().encode());
    for record in records {
        repository.add_target(&record_path(&record.name), &record.encode());
    }
    repository.publish();
    let memory = repository.remembered(now());
    let mut refresh = Refresh::begin(memory, now(), Limits::default()).with_attached(&ATTACHED);
    while let Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
    }
    let memory = refresh.into_memory();
    let learnt = Learnt { holds: Holds::Signed, how: How::Compared, on: now() };
    let (name, url) = (EntryName::parse("lab").unwrap(), "https://lab.example/".to_owned());
    let entry = Entry::database(name, url, memory.chain_id(), Scope::everything(), learnt);
    let database = Database::open(&entry, memory).unwrap();
    Standing { entry, database, refused: None, unreached: None }
}

/// Resolves over these files and names the files that are chosen.
fn check(files: &[Recorded<'_>], asked: &str) -> String {
    let target = Target::of(Platform::parse("linux-x86_64").unwrap(), PythonVersion::new(3, 11));
    let request = Request {
        requirements: &[Asked::here(Requirement::parse(asked).unwrap())],
        constraints: &[],
        target: &target,
        installed: &[],
        upgrade: &Upgrade::Nothing,
    };
    match resolve_offers(&request, &mut records(files)) {
        Ok(resolution) => {
            let files = resolution.chosen.iter().filter_map(|chosen| chosen.action.file());
            files.map(|file| file.filename().to_owned()).collect::<Vec<_>>().join("\n")
        }
        Err(Failure::NoSolution(explanation)) => format!("{}: {explanation}", explanation.code()),
        Err(Failure::Requirement(refused)) => refused.to_string(),
        Err(Failure::Supply(refused)) => format!("refused: {refused}"),
    }
}

#[test]
fn chooses_among_the_wheels_that_are_offered() {
    let files = [
        ("a-1.0-py3-none-any.whl", "", None),
        ("a-2.0-cp311-cp311-win_amd64.whl", "missing", None),
        ("a-2.0-py3-none-any.whl", "b>=1", None),
        ("a-2.0-cp311-cp311-manylinux_2_17_x86_64.whl", "b<1", None),
        ("b-0.9-py3-none-any.whl", "", None),
        ("b-1.0-py3-none-any.whl", "", None),
    ];
    assert_snapshot!(check(&files, "a"), @"
    b-0.9-py3-none-any.whl
    a-2.0-cp311-cp311-manylinux_2_17_x86_64.whl
    ");
}

#[test]
fn never_chooses_a_recalled_file() {
    let files =
        [("a-1.0-py3-none-any.whl", "", None), ("a-2.0-py3-none-any.whl", "", Some("steals passwords"))];
    assert_snapshot!(check(&files, "a"), @"
    a-1.0-py3-none-any.whl
    ");
    assert_snapshot!(check(&files, "a>=2"), @"
    recalled: nothing fits:
      you asked for `a>=2`
      `a` 2.0 was recalled: steals passwords
    ");
}

#[test]
fn tells_of_a_recall_before_all_else() {
    let files = [
        ("a-1.0.tar.gz", "", None),
        ("a-1.0-cp311-cp311-win_amd64.whl", "", None),
        ("a-1.0-py3-none-any.whl", "", Some("steals passwords")),
    ];
    assert_snapshot!(check(&files, "a"), @"
    recalled: nothing fits:
      you asked for `a`
      `a` 1.0 was recalled: steals passwords
    ");
}

#[test]
fn takes_another_wheel_of_a_release_where_one_was_recalled() {
    let files = [
        ("a-1.0-py3-none-any.whl", "", None),
        ("a-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "", Some("built wrongly")),
        ("a-1.0.tar.gz", "", None),
    ];
    assert_snapshot!(check(&files, "a"), @"
    a-1.0-py3-none-any.whl
    ");
}

#[test]
fn tells_of_a_source_distribution() {
    let files = [("a-1.0.tar.gz", "", None), ("b-1.0-py3-none-any.whl", "a", None)];
    assert_snapshot!(check(&files, "b"), @"
    sdist: nothing fits:
      you asked for `b`
      `b` 1.0 needs `a`
      `a` 1.0 is there as a source distribution only, and building one runs its code
    ");
}

#[test]
fn tells_that_nobody_vouches() {
    let files = [("a-1.0-py3-none-any.whl", "b ; extra == 'x'", None)];
    assert_snapshot!(check(&files, "b"), @"
    not-vouched: nobody you trust vouches for `b`
    ");
    assert_snapshot!(check(&files, "a[x]"), @"
    not-vouched: `a[x]` was not vouched for: its `b` is in no database you trust:
      you asked for `a[x]`
      `a[x]` 1.0 needs `b`
    ");
}
