//! What the published conformance suite does not ask: mishaps and attacks that other clients have met.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use craft::{NOW, replaced, resigned};
use insta::assert_snapshot;
use packman_tuf::{Answer, FirstUse, Limits, Memory, Refresh, Role, Step};
use testkit::repository::Repository;

/// What a refresh of these tests keeps with the good set.
const WANTED: &[&str] = &["about.json"];

fn repository() -> Repository {
    let mut repository = Repository::new(NOW);
    repository.add_target("about.json", b"about");
    repository.publish();
    repository
}

/// Signs the newest file of a role again with one piece of its text replaced, and anew what pins it.
fn edit(repository: &mut Repository, role: Role, from: &str, to: &str) {
    let file = resigned(&replaced(&repository.file(role), from, to), &repository.signers(role));
    let path = repository.path(role);
    repository.files_mut().insert(path, file);
    let pinning: &[Role] = match role {
        Role::Targets => &[Role::Snapshot, Role::Timestamp],
        Role::Snapshot => &[Role::Timestamp],
        Role::Root | Role::Timestamp => &[],
    };
    for role in pinning {
        *repository.versions.get_mut(role).unwrap() -= 1;
    }
    match role {
        Role::Targets => repository.refresh(),
        Role::Snapshot => repository.publish_timestamp(),
        Role::Root | Role::Timestamp => {}
    }
}

fn begin(memory: &Memory) -> Refresh {
    Refresh::begin(memory.clone(), NOW, Limits::default()).with_attached(WANTED)
}

fn finish(mut refresh: Refresh, repository: &Repository) -> Memory {
    while let Step::Fetch(request) = refresh.step() {
        refresh.answer(repository.serve(&request)).unwrap();
    }
    refresh.into_memory()
}

/// Everything that is answered from.
fn good(memory: &Memory) -> Vec<Vec<u8>> {
    let good = memory.good().unwrap();
    let attached = good.attached("about.json").unwrap_or_default().to_vec();
    Role::ALL.iter().map(|role| good.bytes(*role).to_vec()).chain([attached]).collect()
}

fn seen(memory: &Memory) -> [Option<u64>; 4] {
    Role::ALL.map(|role| memory.seen_version(role))
}

/// A lie in the place of an honest file: nothing at all, or these bytes.
type Lie = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

const LIES: [Lie; 7] = [
    ("missing", |_| None),
    ("empty", |_| Some(Vec::new())),
    ("a page", |_| Some(b"<!doctype html><title>Please log in</title>".to_vec())),
    ("cut off", |honest| Some(honest[..honest.len() - 3].to_vec())),
    ("one byte longer", |honest| Some([honest, b"!"].concat())),
    ("a digit changed", |honest| {
        let mut lie = honest.to_vec();
        let place = lie.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
        lie[place] ^= 1;
        Some(lie)
    }),
    ("without an end", |_| Some(vec![b' '; (64 << 20) + 1])),
];

#[test]
fn a_refusal_at_any_step_leaves_what_was_seen_raised_and_what_is_good_untouched() {
    let mut repository = repository();
    let memory = finish(begin(&repository.remembered(NOW)), &repository);
    let added = repository.new_key();
    repository.signers_mut(Role::Timestamp).push(added);
    repository.publish_root();
    repository.add_target("about.json", b"more about");
    repository.publish();
    let mut honest = begin(&memory);
    let (mut steps, mut refused) = (Vec::new(), 0);
    while let Step::Fetch(request) = honest.step() {
        let floor = seen(honest.memory());
        for (name, lie) in LIES {
            let mut refresh = begin(&memory);
            for _ in 0..steps.len() {
                let Step::Fetch(request) = refresh.step() else { panic!("an honest step is missing") };
                refresh.answer(repository.serve(&request)).unwrap();
            }
            let file = repository.files().get(&request.path).map_or(&b"not there"[..], Vec::as_slice);
            let bytes = lie(file);
            if bytes.is_none() && request.may_be_missing {
                continue;
            }
            let Err(refusal) = refresh.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes)) else {
                panic!("{}: {name} was believed", request.path)
            };
            assert_eq!(refusal.path(), request.path, "{name}");
            assert_eq!(refresh.step(), Step::Fetch(request.clone()), "another mirror may answer");
            assert_eq!(seen(refresh.memory()), floor, "{}: {name}", request.path);
            assert_eq!(good(refresh.memory()), good(&memory), "{}: {name}", request.path);
            // What is kept of it is a beginning: for this refresh, and for one after the state was read again.
            let kept = Memory::parse(&refresh.memory().encode()).unwrap();
            assert_eq!((seen(&kept), good(&kept)), (floor, good(&memory)));
            let (now, later) = (finish(refresh, &repository), finish(begin(&kept), &repository));
            assert_eq!(now.encode(), later.encode());
            assert_eq!(now.good().unwrap().attached("about.json"), Some(&b"more about"[..]));
            refused += 1;
        }
        honest.answer(repository.serve(&request)).unwrap();
        steps.push(request.path);
    }
    let about = steps.pop().unwrap();
    assert!(about.starts_with("targets/"), "{about}");
    assert_eq!(refused, 2 * (LIES.len() - 1) + 4 * LIES.len());
    assert_snapshot!(steps.join(" "), @"metadata/2.root.json metadata/3.root.json metadata/timestamp.json metadata/3.snapshot.json metadata/3.targets.json");
}

/// Which of the two counts is a matter of taste, so that two readers of one signed file can differ.
#[test]
fn refuses_a_member_that_stands_twice_in_the_file_of_any_role() {
    let mut texts = Vec::new();
    for role in Role::ALL {
        for (from, to) in [
            // What is signed is the canonical form of the last; who reads the first believes a version nobody signed.
            ("\"version\": 3", "\"version\": 9, \"version\": 3"),
            ("\"signatures\": [", "\"signatures\": [], \"signatures\": ["),
            ("\"_type\"", "\"\\u005ftype\": \"root\", \"_type\""),
        ] {
            let mut repository = repository();
            repository.publish_root();
            let memory = repository.remembered(NOW);
            repository.publish_root();
            repository.publish();
            let path = repository.path(role);
            let file = String::from_utf8(repository.file(role)).unwrap().replacen(from, to, 1).into_bytes();
            assert_ne!(file, repository.file(role), "{role}");
            repository.files_mut().insert(path.clone(), file);
            // The file before it pins other bytes, but for the two roles that nothing pins.
            let limits = Limits::default();
            let refusal = match role {
                Role::Root | Role::Timestamp => repository.refreshed(memory, NOW).refusal.unwrap(),
                _ => packman_tuf::Envelope::parse(&path, &repository.file(role), limits.targets_bytes)
                    .err()
                    .unwrap(),
            };
            texts.push(format!("{role}: {}", refusal.code()));
        }
    }
    assert!(texts.iter().all(|text| text.ends_with("bad-json")), "{texts:?}");
}

/// Values within values cost a reader that calls itself a stack; what is signed is refused like what is not.
#[test]
fn refuses_values_nested_deeply_even_where_they_are_signed() {
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        let mut repository = repository();
        let memory = repository.remembered(NOW);
        repository.publish();
        let deep = format!("\"x\": {}{}, \"_type\": ", "[".repeat(1_000), "]".repeat(1_000));
        edit(&mut repository, role, "\"_type\": ", &deep);
        let refusal = repository.refreshed(memory, NOW).refusal.unwrap();
        assert_eq!((refusal.code(), refusal.path()), ("bad-json", repository.path(role).as_str()));
    }
}

#[test]
fn every_role_expires_at_its_second_and_not_before() {
    for role in Role::ALL {
        let mut repository = Repository::new(NOW);
        repository.expiry.insert(role, NOW.plus_seconds(10));
        repository.publish_root();
        repository.publish();
        let refused = |seconds| {
            let memory = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
            repository.refreshed(memory, NOW.plus_seconds(seconds)).refusal.map(|refusal| refusal.to_string())
        };
        assert_eq!(refused(9), None, "{role}");
        for seconds in [10, 11] {
            let now = NOW.plus_seconds(seconds);
            let told = format!("expired at {}, wanted later than {now}", NOW.plus_seconds(10));
            assert!(refused(seconds).unwrap().ends_with(&told), "{role}");
        }
    }
}

#[test]
fn a_version_may_jump_and_is_kept_whatever_it_is() {
    for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
        let mut repository = repository();
        let mut memory = repository.remembered(NOW);
        for version in [1 << 53, (1 << 53) + 1, 1 << 63, (1 << 63) + 1, u64::MAX] {
            repository.versions.insert(role, version - 1);
            repository.publish();
            let outcome = repository.refreshed(memory, NOW);
            assert_eq!(outcome.refusal, None, "{role} {version}");
            memory = Memory::parse(&outcome.memory.encode()).unwrap();
            assert_eq!(memory.good().unwrap().version(role), version);
        }
        // Neither does the highest begin again at 1, nor is one above it read as another.
        let highest = repository.clone();
        repository.versions.insert(role, 0);
        repository.publish();
        let refusal = repository.refreshed(memory.clone(), NOW).refusal.unwrap();
        assert_eq!(refusal.code(), "rollback", "{role}");
        let mut repository = highest;
        let (from, to) = (format!("\"version\": {}", u64::MAX), "\"version\": 18446744073709551616");
        edit(&mut repository, role, &from, to);
        let stranger = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
        let refusal = repository.refreshed(stranger, NOW).refusal.unwrap();
        assert_eq!(refusal.code(), "bad-metadata", "{role}");
    }
}

#[test]
fn every_byte_of_a_file_is_kept_whatever_its_members_are_called() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish_root();
    repository.publish();
    let more = "\"ключ\": [1, null, \"\\u00e9\\n\", 18446744073709551616, {\"\": -7}],\t\"_type\": ";
    for role in [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp] {
        edit(&mut repository, role, "\"_type\": ", more);
    }
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal, None);
    let again = Memory::parse(&outcome.memory.encode()).unwrap();
    for role in Role::ALL {
        assert_eq!(again.good().unwrap().bytes(role), repository.file(role), "{role}");
    }
}

/// An old number still begins, at a root whose keys were all retired since; what those keys sign counts no more.
#[test]
fn the_number_of_a_root_whose_keys_were_retired_begins_and_gives_them_no_power() {
    let mut repository = repository();
    let number = repository.number(1);
    let thief = repository.clone();
    for role in Role::ALL {
        repository.rotate(role);
    }
    repository.publish();
    let memory = repository.first_use(FirstUse::with_number(number, Limits::default())).unwrap();
    let memory = repository.refreshed(memory, NOW).memory;
    assert_eq!(memory.root().version(), 5);
    for role in Role::ALL {
        let mut forged = repository.clone();
        *forged.signers_mut(role) = thief.signers(role).into_iter().cloned().collect();
        if role == Role::Root {
            forged.publish_root();
            let file = resigned(&forged.file(role), &thief.signers(role));
            let path = forged.path(role);
            forged.files_mut().insert(path, file);
        } else {
            forged.publish();
        }
        let outcome = forged.refreshed(memory.clone(), NOW);
        let code = outcome.refusal.unwrap().code();
        assert_eq!(code, if role == Role::Root { "unexplained-change" } else { "bad-signature" }, "{role}");
        assert_eq!(good(&outcome.memory), good(&memory), "{role}");
    }
}
