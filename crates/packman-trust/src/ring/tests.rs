//! The ring: its order, its rules, and its file.

use super::*;

fn entry(name: &str, url: &str, scope: &[&str]) -> Entry {
    Entry {
        name: EntryName::parse(name).unwrap(),
        url: url.to_owned(),
        chain: Sha256::of(name.as_bytes()),
        scope: Scope::parse(scope).unwrap(),
        learnt: Learnt {
            holds: Holds::Signed,
            how: How::Compared,
            on: Time::parse_date("2026-11-23").unwrap(),
        },
    }
}

fn ring() -> Ring {
    let mut ring = Ring::default();
    ring.add(entry("web", "https://web.example/", &["*"])).unwrap();
    ring.add(entry("lab", "https://lab.example/", &["lab-*", "flask"])).unwrap();
    ring
}

fn asked(ring: &Ring, project: &str) -> String {
    let project = ProjectName::parse(project).unwrap();
    ring.asked_for(&project).iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn asks_in_the_order_of_the_ring_and_only_within_scopes() {
    assert_eq!(asked(&ring(), "flask"), "web lab");
    assert_eq!(asked(&ring(), "django"), "web");
    assert_eq!(asked(&ring(), "lab-tools"), "web lab");
}

#[test]
fn a_preference_moves_only_what_it_names() {
    let mut ring = ring();
    let lab = EntryName::parse("lab").unwrap();
    ring.prefer(&lab, &[ProjectName::parse("Flask").unwrap()]).unwrap();
    assert_eq!(asked(&ring, "flask"), "lab web");
    assert_eq!(asked(&ring, "lab-tools"), "web lab");
    ring.prefer(&lab, &[]).unwrap();
    assert_eq!(asked(&ring, "lab-tools"), "lab web");
    assert_eq!(asked(&ring, "django"), "web", "preference is no scope");
}

#[test]
fn the_newest_preference_counts() {
    let mut ring = ring();
    let flask = ProjectName::parse("flask").unwrap();
    for name in ["lab", "web"] {
        ring.prefer(&EntryName::parse(name).unwrap(), std::slice::from_ref(&flask)).unwrap();
    }
    assert_eq!(asked(&ring, "flask"), "web lab");
}

#[test]
fn remembers_what_an_address_stood_for_after_it_was_removed() {
    let mut ring = ring();
    let gone = ring.remove(&EntryName::parse("lab").unwrap()).unwrap();
    assert_eq!(asked(&ring, "flask"), "web");
    assert_eq!(ring.chain_of_url("https://lab.example"), Some(gone.chain));
    assert_eq!(Ring::parse(&ring.encode()).unwrap().chain_of_url("https://lab.example/"), Some(gone.chain));
}

#[test]
fn refuses_a_name_or_a_chain_twice() {
    let mut ring = ring();
    let mut twin = entry("web", "https://other.example/", &["*"]);
    assert_eq!(ring.add(twin.clone()), Err(RingError::ChainPresent(twin.name.clone())));
    twin.chain = Sha256::of(b"another");
    assert_eq!(ring.add(twin.clone()), Err(RingError::NameTaken(twin.name)));
}

#[test]
fn reads_back_what_it_writes() {
    let mut ring = ring();
    ring.prefer(&EntryName::parse("lab").unwrap(), &[ProjectName::parse("flask").unwrap()]).unwrap();
    assert_eq!(Ring::parse(&ring.encode()).unwrap(), ring);
    insta::assert_snapshot!(ring.encode(), @r#"
# The databases you trust, in the order in which they are asked.
# PackMan rewrites this file and keeps no comments; `packman trust` changes it for you.

format = 1

[[database]]
name = "web"
url = "https://web.example/"
chain = "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
scope = ["*"]
holds = "signed"
learnt = "compared"
on = "2026-11-23"

[[database]]
name = "lab"
url = "https://lab.example/"
chain = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7"
scope = ["flask", "lab-*"]
holds = "signed"
learnt = "compared"
on = "2026-11-23"

[[prefer]]
database = "lab"
projects = ["flask"]

# end of the ring
"#);
}

#[test]
fn refuses_a_file_that_makes_no_sense() {
    let good = ring().encode();
    for (from, to) in [
        ("format = 1", "format = 2"),
        ("format = 1", ""),
        ("scope = [\"*\"]", "scopes = [\"*\"]"),
        ("scope = [\"*\"]", "scope = \"*\""),
        ("scope = [\"*\"]", "scope = [\"a b\"]"),
        ("name = \"lab\"", "name = \"web\""),
        ("name = \"lab\"", "name = \"../lab\""),
        ("holds = \"signed\"", "holds = \"blessed\""),
        ("learnt = \"compared\"", "learnt = \"comparedd\""),
        ("on = \"2026-11-23\"", "on = \"2026-13-23\""),
        ("[[database]]", "[database]"),
        ("[[database]]", "[[databases]]"),
        ("url = ", "url = = "),
    ] {
        let damaged = good.replacen(from, to, 1);
        assert_ne!(damaged, good, "{from}");
        assert!(Ring::parse(&damaged).is_err(), "{from} -> {to}");
    }
}

#[test]
fn refuses_every_beginning_of_a_file() {
    let whole = ring().encode();
    for cut in 0..whole.trim_end().len() {
        let half = whole.get(..cut).expect("the file is ASCII");
        assert!(Ring::parse(half).is_err(), "{cut} bytes read as a ring");
    }
}
