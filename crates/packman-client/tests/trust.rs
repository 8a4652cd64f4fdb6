//! The ring and its memory against mirrors that lie, lag, or are gone, and against clocks that are wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::redundant_closure_for_method_calls,
    reason = "a test may fail loudly, and makes the files that it is about"
)]

use std::sync::{Arc, Mutex, PoisonError};

use packman_client::{
    AddRequest, Client, ClientError, Decision, Event, Host, Question, Reach, Refreshed, Typed,
};
use packman_database::{ABOUT_PATH, About, Kind, RECALLS_PATH, Recalls};
use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::loopback::{Answer, Loopback};
use packman_machine::network::{Fetcher, FetcherSettings};
use packman_machine::stop::Stop;
use packman_strict::time::Time;
use packman_trust::Purpose;
use packman_tuf::{Role, SafetyNumber};
use testkit::repository::Repository;

/// A person who answers every question alike, and notes what happened.
struct Person {
    answer: Decision,
    heard: Mutex<Vec<String>>,
}

impl Host for Person {
    fn event(&self, event: Event) {
        let word = format!("{event:?}");
        let word = word.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(word);
    }

    fn decide(&self, _: &Question) -> Decision {
        self.answer
    }

    fn type_in(&self, _: &Typed) -> Option<String> {
        (self.answer == Decision::Yes).then(|| "*".to_owned())
    }
}

/// A user's machine and a mirror that serves a repository as it is when it is asked.
struct World {
    folder: tempfile::TempDir,
    repository: Arc<Mutex<Repository>>,
    mirror: Loopback,
    environ: Environ,
    person: Person,
}

fn now() -> Time {
    Time::parse_date("2026-11-23").unwrap()
}

fn about(mirrors: Vec<String>) -> Vec<u8> {
    About {
        kind: Kind::Database,
        title: "Web tools".to_owned(),
        maintainer: "Ann".to_owned(),
        home_page: None,
        mirrors,
        scope: vec![],
    }
    .encode()
}

fn serve(repository: &Arc<Mutex<Repository>>) -> Loopback {
    let repository = Arc::clone(repository);
    Loopback::answering(move |asked| {
        let repository = repository.lock().unwrap_or_else(PoisonError::into_inner);
        repository.files().get(&asked.path).map_or(Answer::status(404), |bytes| Answer::bytes(bytes.clone()))
    })
    .unwrap()
}

fn published(seed: u16, mirrors: Vec<String>) -> Repository {
    let mut repository = Repository::with_seed(now(), seed);
    repository.add_target(ABOUT_PATH, &about(mirrors));
    repository.add_target(RECALLS_PATH, &Recalls::default().encode());
    repository.publish();
    repository
}

impl World {
    fn new() -> Self {
        Self::of(published(1, vec![]))
    }

    fn of(repository: Repository) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Arc::new(Mutex::new(repository));
        let mirror = serve(&repository);
        let environ = Environ::of(folder.path(), [("PACKMAN_CACHE_DIR", folder.path().join("cache"))]);
        let person = Person { answer: Decision::NobodyThere, heard: Mutex::default() };
        Self { folder, repository, mirror, environ, person }
    }

    /// Lets a client act at a time.
    fn at<T>(&self, now: Time, act: impl FnOnce(&Client<'_>) -> T) -> T {
        let stop = Stop::new();
        let home = Home::at(self.folder.path().join("home"));
        let cache = Cache::of(&self.environ, |_| {});
        let fetcher = Fetcher::new(&self.environ, FetcherSettings::default(), &stop);
        act(&Client {
            home: &home,
            cache: &cache,
            fetcher: &fetcher,
            stop: &stop,
            environ: &self.environ,
            now,
            reach: Reach::Online,
            accept_expired: false,
            host: &self.person,
        })
    }

    fn act<T>(&self, act: impl FnOnce(&Client<'_>) -> T) -> T {
        self.at(now(), act)
    }

    fn repository<T>(&self, act: impl FnOnce(&mut Repository) -> T) -> T {
        act(&mut self.repository.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn number(&self) -> SafetyNumber {
        self.repository(|repository| repository.number(1))
    }

    fn request(&self, number: Option<SafetyNumber>) -> AddRequest {
        AddRequest { url: self.mirror.url(), name: Some("web".to_owned()), number, scope: None }
    }

    /// Trusts the mirror by its number.
    fn trusting() -> Self {
        let world = Self::new();
        world.act(|client| client.trust_add(&world.request(Some(world.number())))).unwrap();
        world
    }

    fn refreshed(&self, now: Time) -> String {
        match self.at(now, |client| client.refresh()) {
            Ok(report) => match &report.databases[..] {
                [(_, Refreshed::Refused(refused))] => refused.code().to_owned(),
                [(_, how)] => format!("{how:?}").split('(').next().unwrap_or_default().to_owned(),
                _ => panic!("one database"),
            },
            Err(error) => error.code().to_owned(),
        }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.person.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.expect_err("it is refused").code().to_owned()
}

#[test]
fn plain_http_needs_the_number() {
    let world = World::new();
    assert_eq!(code(world.act(|client| client.trust_add(&world.request(None)))), "number-needed");
    assert!(world.act(|client| client.ring()).unwrap().entries().is_empty());
}

#[test]
fn a_number_that_is_not_the_databases_adds_nothing() {
    let world = World::new();
    let other = published(9, vec![]).number(1);
    assert_eq!(code(world.act(|client| client.trust_add(&world.request(Some(other))))), "number-mismatch");
    assert!(world.act(|client| client.ring()).unwrap().entries().is_empty());
}

#[test]
fn without_a_number_nobody_agreeing_adds_nothing() {
    let world = World::new();
    let folder = world.folder.path().join("site");
    world.repository(|repository| {
        for (path, bytes) in repository.files() {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    });
    let request = AddRequest { url: folder.display().to_string(), name: None, number: None, scope: None };
    assert_eq!(code(world.act(|client| client.trust_add(&request))), "consent-needed");
    let agreeing = World { person: Person { answer: Decision::Yes, heard: Mutex::default() }, ..world };
    let added = agreeing.act(|client| client.trust_add(&request)).unwrap();
    assert_eq!(added.assurance.to_string(), "signed, remembered 2026-11-23");
    let root =
        agreeing.act(|client| client.trust_compare(added.entry.name.as_str(), agreeing.number())).unwrap();
    assert_eq!(root, packman_client::Compared::Known { root: 1 });
    let report = agreeing.act(|client| client.trust_show(added.entry.name.as_str())).unwrap();
    assert_eq!(report.assurance.to_string(), "signed, compared");
}

#[test]
fn removed_and_added_again_it_goes_on_from_what_was_remembered() {
    let world = World::trusting();
    world.repository(|repository| repository.publish());
    assert_eq!(world.refreshed(now()), "Newer");
    world.act(|client| client.trust_remove("web")).unwrap();
    // The same address with another root, made by somebody else: the number that is known still tells.
    let stranger = published(9, vec![]);
    let number = world.number();
    let honest = world.repository(|repository| std::mem::replace(repository, stranger));
    assert_eq!(
        code(world.act(|client| client.trust_add(&world.request(Some(number))))),
        "unexplained-change"
    );
    world.repository(|repository| *repository = honest);
    // An old copy is noticed, though the entry was gone meanwhile.
    let old = published(1, vec![]);
    let newest = world.repository(|repository| std::mem::replace(repository, old));
    assert_eq!(code(world.act(|client| client.trust_add(&world.request(Some(world.number()))))), "rollback");
    world.repository(|repository| *repository = newest);
    world.act(|client| client.trust_add(&world.request(Some(world.number())))).unwrap();
}

#[test]
fn removed_and_added_from_another_address_it_goes_on_from_what_was_remembered() {
    let world = World::trusting();
    let old = Arc::new(Mutex::new(world.repository(|repository| repository.clone())));
    let second = serve(&old);
    world.repository(|repository| repository.publish());
    assert_eq!(world.refreshed(now()), "Newer");
    world.act(|client| client.trust_remove("web")).unwrap();
    let request = AddRequest { url: second.url(), ..world.request(Some(world.number())) };
    assert_eq!(code(world.act(|client| client.trust_add(&request))), "rollback");
    *old.lock().unwrap() = world.repository(|repository| repository.clone());
    world.act(|client| client.trust_add(&request)).unwrap();
}

#[test]
fn an_old_number_of_the_remembered_chain_is_known_and_forgets_nothing() {
    let world = World::new();
    let first = world.number();
    world.repository(|repository| {
        repository.rotate(Role::Root);
        repository.publish();
    });
    let second = world.repository(|repository| repository.number(2));
    world.act(|client| client.trust_add(&world.request(Some(second)))).unwrap();
    let seen = world.repository(|repository| repository.clone());
    world.repository(|repository| repository.publish());
    assert_eq!(world.refreshed(now()), "Newer");
    let compared = world.act(|client| client.trust_compare("web", first)).unwrap();
    assert_eq!(compared, packman_client::Compared::Known { root: 1 });
    world.repository(|repository| *repository = seen);
    assert_eq!(world.refreshed(now()), "rollback");
    world.act(|client| client.trust_remove("web")).unwrap();
    assert_eq!(code(world.act(|client| client.trust_add(&world.request(Some(first))))), "rollback");
}

#[test]
fn a_mirror_that_lags_is_no_refusal_while_the_own_address_is_out_of_reach() {
    let behind = Arc::new(Mutex::new(published(1, vec![])));
    let mirror = serve(&behind);
    *behind.lock().unwrap() = published(1, vec![mirror.url()]);
    let world = World::of(behind.lock().unwrap().clone());
    world.act(|client| client.trust_add(&world.request(Some(world.number())))).unwrap();
    world.repository(|repository| {
        repository.rotate(Role::Timestamp);
        repository.publish();
    });
    assert_eq!(world.refreshed(now()), "Newer");
    world.repository(|repository| repository.files_mut().clear());
    assert_eq!(world.refreshed(now()), "Unreached", "it has another timestamp key, too");
    let gate = world.act(|client| client.gate(Purpose::Act)).unwrap();
    assert!(gate.standings().all(|standing| standing.refused.is_none()));
}

#[test]
fn only_a_new_number_leads_on_from_an_unexplained_change() {
    let world = World::trusting();
    let old = world.number();
    // The same address, other keys, and a second root that the old keys did not sign.
    let mut anew = published(9, vec![]);
    anew.rotate(Role::Root);
    anew.publish();
    world.repository(|repository| *repository = anew);
    assert_eq!(world.refreshed(now()), "unexplained-change");
    assert_eq!(
        code(world.act(|client| client.trust_compare("web", published(20, vec![]).number(1)))),
        "number-mismatch"
    );
    assert_eq!(world.refreshed(now()), "unexplained-change", "a wrong number changed nothing");
    let new = world.number();
    assert_eq!(
        world.act(|client| client.trust_compare("web", new)).unwrap(),
        packman_client::Compared::Anew { before: old, root: 1 }
    );
    assert_eq!(world.refreshed(now()), "Same");
    // The number of the old keys stands for nothing that the address serves any more.
    assert_eq!(code(world.act(|client| client.trust_compare("web", old))), "number-mismatch");
}

#[test]
fn one_database_has_one_entry_whatever_its_address() {
    let world = World::trusting();
    let second = serve(&world.repository);
    let request = AddRequest {
        url: second.url(),
        name: Some("twin".to_owned()),
        ..world.request(Some(world.number()))
    };
    assert_eq!(code(world.act(|client| client.trust_add(&request))), "ring");
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let world = World::trusting();
    let before = testkit::world::snapshot(&world.folder.path().join("home"));
    world.mirror.take_asked();
    assert_eq!(world.refreshed(now()), "Same");
    assert_eq!(world.mirror.take_asked(), ["GET metadata/2.root.json", "GET metadata/timestamp.json"]);
    assert_eq!(testkit::world::snapshot(&world.folder.path().join("home")), before);
}

#[test]
fn a_mirror_that_is_gone_is_no_refusal_while_the_good_copy_is_current() {
    let world = World::trusting();
    world.repository(|repository| repository.files_mut().clear());
    assert_eq!(world.refreshed(now()), "Unreached");
    let gate = world.act(|client| client.gate(Purpose::Act)).unwrap();
    assert!(gate.standings().all(|standing| standing.database.is_some() && standing.refused.is_none()));
}

#[test]
fn another_mirror_answers_where_the_first_lies() {
    let honest = Arc::new(Mutex::new(published(1, vec![])));
    let second = serve(&honest);
    *honest.lock().unwrap() = published(1, vec![second.url()]);
    let world = World::of(honest.lock().unwrap().clone());
    world.act(|client| client.trust_add(&world.request(Some(world.number())))).unwrap();
    honest.lock().unwrap().publish();
    world.repository(|repository| {
        let path = repository.path(Role::Timestamp);
        let stranger = published(9, vec![]);
        repository.files_mut().insert(path, stranger.file(Role::Timestamp));
    });
    assert_eq!(world.refreshed(now()), "Newer");
}

#[test]
fn a_refusal_changes_nothing_that_is_kept() {
    let world = World::trusting();
    let home = world.folder.path().join("home");
    let before = testkit::world::snapshot(&home);
    world.repository(|repository| {
        let path = repository.path(Role::Timestamp);
        let stranger = published(9, vec![]);
        repository.files_mut().insert(path, stranger.file(Role::Timestamp));
    });
    assert_eq!(world.refreshed(now()), "bad-signature");
    assert_eq!(testkit::world::snapshot(&home), before);
}

#[test]
fn a_description_that_is_signed_and_malformed_moves_nothing() {
    let world = World::trusting();
    let home = world.folder.path().join("home");
    let before = testkit::world::snapshot(&home);
    world.repository(|repository| {
        repository.add_target(ABOUT_PATH, b"{}");
        repository.publish();
    });
    assert_eq!(world.refreshed(now()), "malformed-record");
    assert_eq!(testkit::world::snapshot(&home), before);
    world.repository(|repository| {
        repository.add_target(ABOUT_PATH, &about(vec![]));
        repository.publish();
    });
    assert_eq!(world.refreshed(now()), "Newer");
}

#[test]
fn a_list_of_recalls_that_is_too_long_to_keep_moves_nothing() {
    let world = World::trusting();
    let home = world.folder.path().join("home");
    world.repository(|repository| {
        let mut padded = Recalls::default().encode();
        padded.resize(17 << 20, b' ');
        repository.add_target(RECALLS_PATH, &padded);
        repository.publish();
    });
    assert_eq!(world.refreshed(now()), "too-large");
    let kept = testkit::world::snapshot(&home);
    assert!(kept.values().all(|bytes| bytes.len() < 1 << 20), "nothing of it was kept");
    assert_eq!(world.act(|client| client.trust_list()).unwrap().len(), 1);
}

#[test]
fn a_clock_that_was_set_back_brings_nothing_back_to_life() {
    let world = World::trusting();
    // A refresh in three weeks, then the mirror freezes; the timestamp signed today ends in 30 days.
    let later = now().plus_days(21);
    world.repository(|repository| {
        repository.expiry.values_mut().for_each(|expiry| *expiry = later.plus_days(10));
        repository.publish();
    });
    assert_eq!(world.refreshed(later), "Newer");
    world.heard();
    // The clock says 1970 now; what counts is the last time at which something verified.
    assert_eq!(world.refreshed(Time::from_seconds(0)), "Same");
    assert!(world.heard().contains(&"ClockBehind".to_owned()));
    let gate = world.at(Time::from_seconds(0), |client| client.gate(Purpose::Act)).unwrap();
    assert!(gate.standings().all(|standing| standing.refused.is_none()));
}

#[test]
fn a_clock_far_ahead_does_no_harm_once_it_is_right() {
    let world = World::trusting();
    assert_eq!(world.refreshed(now().plus_days(3_000)), "expired");
    assert_eq!(world.refreshed(now()), "Same");
}

#[test]
fn says_when_an_end_is_near() {
    let world = World::trusting();
    world.heard();
    assert_eq!(world.refreshed(now().plus_days(15)), "Same");
    assert!(!world.heard().contains(&"ExpiresSoon".to_owned()));
    assert_eq!(world.refreshed(now().plus_days(17)), "Same");
    assert!(world.heard().contains(&"ExpiresSoon".to_owned()));
}

#[test]
fn tells_a_rotation_that_the_old_keys_consented_to() {
    let world = World::trusting();
    world.repository(|repository| {
        repository.rotate(Role::Root);
        repository.publish();
    });
    world.heard();
    assert_eq!(world.refreshed(now()), "Newer");
    assert!(world.heard().contains(&"Changed".to_owned()));
}

#[test]
fn many_refresh_one_home_at_once() {
    let world = World::trusting();
    world.repository(|repository| repository.publish());
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(|| world.refreshed(now()))).collect();
        for thread in running {
            let outcome = thread.join().unwrap();
            assert!(["Newer", "Same"].contains(&outcome.as_str()), "{outcome}");
        }
    });
    assert_eq!(world.refreshed(now()), "Same");
}
