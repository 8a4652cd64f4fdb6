//! Mirrors that never end, over loopback: every file of a refresh, read with the limits that the crate asks for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use std::sync::Arc;
use std::time::Duration;

use craft::NOW;
use packman_machine::environ::Environ;
use packman_machine::loopback::{Answer as Served, Loopback};
use packman_machine::network::{Fetched, Fetcher, FetcherSettings, NetworkReason, Patience};
use packman_machine::stop::Stop;
use packman_tuf::{Answer, Limits, Memory, Refresh, Step};
use testkit::repository::Repository;

const WANTED: &[&str] = &["about.json"];

/// How a refresh ended: whole, refused with that code, or without an answer for that reason.
#[derive(Debug, PartialEq)]
enum End {
    Whole,
    Refused(&'static str, String),
    Unanswered(NetworkReason),
}

/// A mirror that is honest but for one file, and a client that remembers the files before.
struct Stage {
    memory: Memory,
    steps: Vec<String>,
    repository: Arc<Repository>,
}

impl Stage {
    fn new() -> Self {
        let mut repository = Repository::new(NOW);
        repository.add_target("about.json", b"about");
        repository.publish();
        let memory = repository.remembered(NOW);
        repository.publish_root();
        repository.add_target("about.json", b"more about");
        repository.publish();
        let mut refresh = begin(&memory);
        let mut steps = Vec::new();
        while let Step::Fetch(request) = refresh.step() {
            refresh.answer(repository.serve(&request)).unwrap();
            steps.push(request.path);
        }
        Self { memory, steps, repository: Arc::new(repository) }
    }

    /// Refreshes from a mirror with that answer in the place of one file.
    fn refresh(&self, path: &str, lie: &Served, patience: Patience) -> End {
        let (repository, lie, lied) = (Arc::clone(&self.repository), lie.clone(), path.to_owned());
        let mirror = Loopback::answering(move |asked| {
            let honest = repository.files().get(&asked.path);
            if asked.path == lied {
                return lie.clone();
            }
            honest.map_or(Served::status(404), |bytes| Served::bytes(bytes.clone()))
        })
        .unwrap();
        let settings = FetcherSettings { patience, ..FetcherSettings::default() };
        let environ = Environ::of("/", [("NO_PROXY", "*")]);
        let fetcher = Fetcher::new(&environ, settings, &Stop::new());
        let mut refresh = begin(&self.memory);
        let end = drive(&mut refresh, &mirror, &fetcher);
        if end != End::Whole {
            let kept = |memory: &Memory| memory.good().unwrap().versions().collect::<Vec<_>>();
            assert_eq!(kept(refresh.memory()), kept(&self.memory), "{path}");
        }
        end
    }
}

fn begin(memory: &Memory) -> Refresh {
    Refresh::begin(memory.clone(), NOW, Limits::default()).with_attached(WANTED)
}

fn drive(refresh: &mut Refresh, mirror: &Loopback, fetcher: &Fetcher) -> End {
    while let Step::Fetch(request) = refresh.step() {
        let fetched = match fetcher.get(&mirror.location(), &request.path, request.max_bytes) {
            Ok(fetched) => fetched,
            // The contract of `Request::max_bytes`: whoever finds more gives one byte more.
            Err(failure) if *failure.reason() == NetworkReason::TooLarge(request.max_bytes) => {
                Fetched::Bytes(vec![0; usize::try_from(request.max_bytes).unwrap() + 1])
            }
            Err(failure) => return End::Unanswered(failure.reason().clone()),
        };
        let answer = match &fetched {
            Fetched::Bytes(bytes) => Answer::Bytes(bytes),
            Fetched::Missing => Answer::Missing,
        };
        if let Err(refusal) = refresh.answer(answer) {
            return End::Refused(refusal.code(), refusal.path().to_owned());
        }
    }
    End::Whole
}

fn patience() -> Patience {
    Patience { again: 0, idle: Duration::from_millis(300), ..Patience::default() }
}

#[test]
fn a_file_without_an_end_is_refused_at_the_length_it_may_have() {
    let stage = Stage::new();
    assert_eq!(stage.refresh("nothing", &Served::endless(), Patience::default()), End::Whole);
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("ffff\r\n{}\r\n", " ".repeat(0xffff)).into_bytes();
    for lie in
        [Served::endless(), Served::raw_then_for_ever(chunks, chunk), Served::truncated(b"x", usize::MAX)]
    {
        for path in &stage.steps {
            let End::Refused(code, refused) = stage.refresh(path, &lie, patience()) else {
                panic!("{path} is not refused")
            };
            let pinned = path.contains("snapshot") || path.contains("targets");
            assert_eq!((code, &refused), (if pinned { "length-mismatch" } else { "too-large" }, path));
        }
    }
}

#[test]
fn a_file_that_comes_too_slowly_or_not_at_all_is_given_up() {
    let stage = Stage::new();
    let drip = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    // No transfer is as fast as this asks, so that no test waits for a slow one.
    let strict = Patience { grace: Duration::ZERO, bytes_per_second: u64::MAX, ..patience() };
    let slow = stage.refresh("nothing", &Served::endless(), strict);
    assert_eq!(slow, End::Unanswered(NetworkReason::TooSlow));
    for path in &stage.steps {
        for lie in [Served::silence(), Served::silence_after(format!("{drip}1\r\n{{\r\n"))] {
            let end = stage.refresh(path, &lie, patience());
            assert!(matches!(end, End::Unanswered(NetworkReason::TimedOut(_))), "{path}: {end:?}");
        }
    }
}
