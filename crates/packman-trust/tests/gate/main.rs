//! The gate: who answers for a project, and which of its files exist. Each attack would succeed without the check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod administrator;
mod policy;
mod quorum;
mod world;

use packman_database::{Recall, RecordedFile};
use packman_strict::Sha256;
use packman_trust::{Answer, Gate, Purpose, Refused, WhyRefused};
use packman_tuf::{Answer as Tuf, Limits, Refresh, Role};
use testkit::repository::Repository;

use world::{World, asked, day, file, gate, gate_at, name, now, offered, shown};

#[test]
fn the_first_database_that_lists_a_project_answers_alone() {
    let mut high = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let mut low = World::of(20, &["flask-9.9-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    let gate = gate(vec![high.standing("high", &["*"]), low.standing("low", &["*"])]);
    assert_eq!(asked(&gate, "flask"), "high");
    assert_eq!(asked(&gate, "django"), "low");
    assert_eq!(asked(&gate, "numpy"), "nobody");
    assert_eq!(offered(&gate, "flask", &high.bytes("flask")), "flask-3.0-py3-none-any.whl");
}

#[test]
fn refuses_the_record_of_another_database_or_another_project() {
    let mut high = World::of(10, &["flask-3.0-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    let low = World::of(20, &["flask-9.9-py3-none-any.whl"]);
    let gate = gate(vec![high.standing("high", &["*"])]);
    for foreign in [low.bytes("flask"), high.bytes("django")] {
        let verdict = offered(&gate, "flask", &foreign);
        assert!(["hash-mismatch", "length-mismatch"].contains(&verdict.as_str()), "{verdict}");
    }
    let mut flipped = high.bytes("flask");
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(offered(&gate, "flask", &flipped), "hash-mismatch");
}

#[test]
fn a_database_answers_only_within_its_scope_and_its_own() {
    let mut high = World::of(10, &["flask-3.0-py3-none-any.whl", "lab_tools-1-py3-none-any.whl"]);
    let mut low = World::of(20, &["flask-2.0-py3-none-any.whl", "lab_tools-2-py3-none-any.whl"]);
    let scoped = gate(vec![high.standing("high", &["lab-*"]), low.standing("low", &["*"])]);
    assert_eq!(asked(&scoped, "flask"), "low");
    assert_eq!(asked(&scoped, "lab-tools"), "high");
    high.scope = vec!["lab-*".to_owned()];
    let narrowed = gate(vec![high.standing("high", &["*"]), low.standing("low", &["*"])]);
    assert_eq!(asked(&narrowed, "flask"), "low");
    assert_eq!(asked(&narrowed, "lab-tools"), "high");
    assert_eq!(narrowed.projects(), [name("flask"), name("lab-tools")]);
}

#[test]
fn an_expired_database_keeps_its_place_and_refuses() {
    let mut high = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let mut low = World::of(20, &["flask-2.0-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    low.repository.expiry.values_mut().for_each(|expiry| *expiry = day("2030-01-01"));
    low.repository.publish_root();
    let mut standings = || vec![high.standing("high", &["*"]), low.standing("low", &["*"])];
    let before = gate_at(standings(), day("2026-12-22"), Purpose::Act);
    assert_eq!(asked(&before, "flask"), "high");
    let later = gate_at(standings(), day("2026-12-23"), Purpose::Act);
    assert_eq!(asked(&later, "flask"), "high expired");
    assert_eq!(asked(&later, "django"), "low");
    let shown = gate_at(standings(), day("2026-12-23"), Purpose::Look);
    let Ok(Answer::Record(wanted)) = shown.ask(&name("flask")) else { panic!("it is shown") };
    assert_ne!(wanted.source().age, packman_trust::Age::Current);
}

#[test]
fn a_refused_database_keeps_its_place_for_what_it_lists() {
    let mut high = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let mut low = World::of(20, &["flask-2.0-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    let mut refused = high.standing("high", &["*"]);
    let database = refused.entry.name.clone();
    refused.refused =
        Some(Refused { database, why: WhyRefused::Expired { role: "timestamp", since: now() } });
    let gate = gate(vec![refused, low.standing("low", &["*"])]);
    assert_eq!(asked(&gate, "flask"), "high expired");
    assert_eq!(asked(&gate, "django"), "low");
}

#[test]
fn accepting_what_expired_accepts_nothing_else() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let stranger = Repository::with_seed(now(), 90);
    let memory = world.repository.remembered(now());
    let mut forged = Refresh::begin(memory.clone(), now(), Limits::default());
    forged.answer(Tuf::Missing).unwrap();
    let forgery = forged.answer(Tuf::Bytes(&stranger.file(Role::Timestamp))).unwrap_err();
    let mut late = Refresh::begin(memory, day("2026-12-24"), Limits::default());
    late.answer(Tuf::Missing).unwrap();
    let expiry = late.answer(Tuf::Bytes(&world.repository.file(Role::Timestamp))).unwrap_err();
    for (refusal, act, on_expired, look) in
        [(forgery, "web bad-signature", "web bad-signature", "web"), (expiry, "web expired", "web", "web")]
    {
        for (purpose, wanted) in
            [(Purpose::Act, act), (Purpose::ActOnExpired, on_expired), (Purpose::Look, look)]
        {
            let mut standing = world.standing("web", &["*"]);
            let database = standing.entry.name.clone();
            standing.refused = Some(Refused { database, why: WhyRefused::Bytes(refusal.clone()) });
            assert_eq!(asked(&gate_at(vec![standing], now(), purpose), "flask"), wanted, "{purpose:?}");
        }
    }
}

#[test]
fn nobody_is_not_the_last_word_while_what_a_database_sent_is_refused() {
    let stranger = Repository::with_seed(now(), 90);
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let memory = world.repository.remembered(now());
    let mut forged = Refresh::begin(memory, now(), Limits::default());
    forged.answer(Tuf::Missing).unwrap();
    let forgery = forged.answer(Tuf::Bytes(&stranger.file(Role::Timestamp))).unwrap_err();
    let expiry = WhyRefused::Expired { role: "timestamp", since: now() };
    let (refused, expired) = ("nobody, but bad-signature", "nobody, but expired");
    for (why, act, on_expired, look) in
        [(WhyRefused::Bytes(forgery), refused, refused, refused), (expiry, expired, "nobody", "nobody")]
    {
        for (purpose, wanted) in
            [(Purpose::Act, act), (Purpose::ActOnExpired, on_expired), (Purpose::Look, look)]
        {
            let mut standing = world.standing("web", &["flask", "newcomer"]);
            let database = standing.entry.name.clone();
            standing.refused = Some(Refused { database, why: why.clone() });
            let gate = gate_at(vec![standing], now(), purpose);
            assert_eq!(asked(&gate, "newcomer"), wanted, "{purpose:?}");
            assert_eq!(asked(&gate, "elsewhere"), "nobody", "{purpose:?}: it may not answer for that at all");
        }
    }
}

#[test]
fn a_database_without_a_good_copy_keeps_its_whole_scope() {
    let mut high = World::of(10, &["lab_tools-1-py3-none-any.whl"]);
    let mut low = World::of(20, &["lab_other-2-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    let mut absent = high.standing("high", &["lab-*"]);
    absent.database = None;
    let gate = gate(vec![absent, low.standing("low", &["*"])]);
    assert_eq!(asked(&gate, "lab-other"), "high database-absent");
    assert_eq!(asked(&gate, "django"), "low");
}

#[test]
fn a_recalled_file_is_never_offered_whichever_place_says_so() {
    let recall = Recall {
        project: name("flask"),
        version: "3.0".to_owned(),
        reason: "a worm".to_owned(),
        advice: None,
        at: now(),
    };
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl", "flask-3.1-py3-none-any.whl"]);
    world.recalls.insert(Sha256::of(b"flask-3.0-py3-none-any.whl"), recall);
    let gate_one = gate(vec![world.standing("web", &["*"])]);
    let left = "flask-3.1-py3-none-any.whl; -flask-3.0-py3-none-any.whl recalled";
    assert_eq!(offered(&gate_one, "flask", &world.bytes("flask")), left);

    let mut world = World::of(10, &["flask-3.1-py3-none-any.whl"]);
    world.vouch(RecordedFile { recalled: Some("a worm".to_owned()), ..file("flask-3.0-py3-none-any.whl") });
    let gate_two = gate(vec![world.standing("web", &["*"])]);
    assert_eq!(offered(&gate_two, "flask", &world.bytes("flask")), left);
}

#[test]
fn a_source_distribution_is_listed_and_never_offered() {
    let mut world = World::of(10, &["flask-3.0.tar.gz"]);
    let gate = gate(vec![world.standing("web", &["*"])]);
    assert_eq!(offered(&gate, "flask", &world.bytes("flask")), "-flask-3.0.tar.gz sdist");
}

#[test]
fn an_empty_ring_has_nobody_who_answers() {
    assert_eq!(asked(&gate(vec![]), "flask"), "nobody");
}

/// What is offered of a record that comes from the cache in its flat form.
fn offered_from_cache(gate: &Gate, project: &str, cached: Vec<u8>) -> String {
    let Ok(Answer::Record(wanted)) = gate.ask(&name(project)) else { panic!("nobody answers for {project}") };
    let record = wanted.own().cached(cached);
    record.map_or_else(|| "a miss".to_owned(), |record| shown(&wanted.offer(&record, &[]).unwrap()))
}

/// The flat form of a record as the cache gets it.
fn to_cache(gate: &Gate, project: &str, bytes: &[u8]) -> Vec<u8> {
    let Ok(Answer::Record(wanted)) = gate.ask(&name(project)) else { panic!("nobody answers for {project}") };
    wanted.own().verify(bytes).unwrap().to_cache()
}

#[test]
fn a_cached_record_is_offered_as_the_record_itself() {
    let files = ["flask-3.0-py3-none-any.whl", "flask-3.1-1-cp311-abi3-any.whl", "flask-3.0.tar.gz"];
    let mut world = World::of(10, &files);
    world.vouch(RecordedFile { recalled: Some("a worm".to_owned()), ..file("flask-2.9-py3-none-any.whl") });
    let gate = gate(vec![world.standing("web", &["*"])]);
    let bytes = world.bytes("flask");
    let cached = to_cache(&gate, "flask", &bytes);
    assert_eq!(offered_from_cache(&gate, "flask", cached), offered(&gate, "flask", &bytes));
}

#[test]
fn a_cached_record_is_held_against_the_recalls_of_today() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let gate_before = gate(vec![world.standing("web", &["*"])]);
    let cached = to_cache(&gate_before, "flask", &world.bytes("flask"));
    let recall = Recall {
        project: name("flask"),
        version: "3.0".to_owned(),
        reason: "a worm".to_owned(),
        advice: None,
        at: now(),
    };
    world.recalls.insert(Sha256::of(b"flask-3.0-py3-none-any.whl"), recall);
    let gate_after = gate(vec![world.standing("web", &["*"])]);
    assert_eq!(offered_from_cache(&gate_after, "flask", cached), "-flask-3.0-py3-none-any.whl recalled");
}

/// A record that was signed yesterday lies in the cache too, whole and with its sum.
#[test]
fn a_cached_record_of_yesterday_or_of_another_project_is_a_miss() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl", "django-5.0-py3-none-any.whl"]);
    let gate_before = gate(vec![world.standing("web", &["*"])]);
    let flask = to_cache(&gate_before, "flask", &world.bytes("flask"));
    let django = to_cache(&gate_before, "django", &world.bytes("django"));
    assert_eq!(offered_from_cache(&gate_before, "flask", flask.clone()), "flask-3.0-py3-none-any.whl");
    assert_eq!(offered_from_cache(&gate_before, "flask", django), "a miss");
    world.vouch(file("flask-3.1-py3-none-any.whl"));
    let gate_after = gate(vec![world.standing("web", &["*"])]);
    assert_eq!(offered_from_cache(&gate_after, "flask", flask), "a miss");
}
