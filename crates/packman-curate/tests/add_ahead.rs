//! Pages are asked for beside each other, each once, and the outcome is the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use packman_machine::location::Location;
use packman_machine::loopback::{Answer, Asked, Loopback};
use packman_wheel::make::WheelDraft;
use world::{Index, Listed, World, wheel};

/// A wheel whose METADATA stands beside it.
fn needing(name: &str, needs: &[&str]) -> Listed {
    let mut draft = WheelDraft::new(name, "1");
    let mut metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1\n");
    for need in needs {
        draft = draft.requires(need);
        metadata.extend(["Requires-Dist: ", need, "\n"]);
    }
    wheel(&draft).beside(&metadata)
}

fn web() -> Index {
    let index = Index::new();
    index.list("web", &[needing("web", &["one", "two", "three"])]);
    index.list("one", &[needing("one", &["deep"])]);
    index.list("two", &[needing("two", &["deep", "nowhere; extra == 'x'"])]);
    index.list("three", &[needing("three", &[])]);
    index.list("deep", &[needing("deep", &[])]);
    index
}

/// The same index behind a host that answers no page of these before it was asked for all of them; one that is asked
/// for one after the other waits for ever, and is told so after a minute.
fn answering_only_together(index: &Index, together: &'static [&'static str]) -> Loopback {
    let pages = Arc::clone(&index.pages);
    let asked: Arc<(Mutex<BTreeSet<String>>, Condvar)> = Arc::default();
    let answer = move |one: &Asked| {
        let (set, changed) = &*asked;
        if together.contains(&one.path.as_str()) {
            let mut set = set.lock().unwrap();
            set.insert(one.path.clone());
            changed.notify_all();
            let waiting = |set: &mut BTreeSet<String>| set.len() < together.len();
            let (_set, outcome) = changed.wait_timeout_while(set, Duration::from_mins(1), waiting).unwrap();
            if outcome.timed_out() {
                return Answer::status(500);
            }
        }
        pages.lock().unwrap().get(&one.path).cloned().unwrap_or_else(|| Answer::status(404))
    };
    Loopback::answering(answer).unwrap()
}

#[test]
fn pages_are_asked_for_beside_each_other() {
    let (world, index) = (World::new(), web());
    world.init();
    let server = answering_only_together(&index, &["simple/one/", "simple/two/", "simple/three/"]);
    let mut request = world.request(&["web"], Some(&index));
    request.with_dependencies = true;
    request.index = Some(Location::parse_link(&format!("{}simple/", server.url())).unwrap());
    let report = world.add(&request);
    assert_eq!(report.added.len(), 5, "{}", world.lines(&report));
}

#[test]
fn every_page_is_asked_for_once() {
    let (world, index) = (World::new(), web());
    world.init();
    let mut request = world.request(&["web", "one", "absent"], Some(&index));
    request.with_dependencies = true;
    let report = world.add(&request);
    assert_eq!(report.not_taken.len(), 1);
    let mut asked = index.asked();
    asked.retain(|path| path.starts_with("GET simple/") || path.ends_with(".metadata"));
    asked.sort();
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(asked.len(), once.len(), "{asked:?}");
    assert_eq!(asked.iter().filter(|path| path.starts_with("GET simple/")).count(), 6, "{asked:?}");
}
