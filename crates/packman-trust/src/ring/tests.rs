//! The ring: its order, its rules, and its file.

use packman_strict::time::Time;
use packman_tuf::{Role, SafetyNumber};

use super::*;
use crate::assurance::Padlock;
use crate::change::TakenBack;

fn entry(name: &str, url: &str, scope: &[&str]) -> Entry {
    let on = Time::parse_date("2026-11-23").unwrap();
    let learnt = Learnt { holds: Holds::Signed, how: How::Compared, on };
    let (chain, scope) = (Sha256::of(name.as_bytes()), Scope::parse(scope).unwrap());
    Entry::database(EntryName::parse(name).unwrap(), url.to_owned(), chain, scope, learnt)
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

fn name(text: &str) -> EntryName {
    EntryName::parse(text).unwrap()
}

/// A ring with everything that a file can say.
fn whole_ring() -> Ring {
    let mut ring = ring();
    let mut city = entry("city", "https://city.example/", &[]);
    city = Entry::list(city.name, city.url, city.chain, city.learnt);
    ring.add(city).unwrap();
    ring.change(&name("lab"), |lab| {
        lab.learnt.how = How::Listed("city".to_owned());
        lab.present.through = Some(name("city"));
        lab.present.withdrawn = Some(TakenBack { reason: "its key \"was\" lost".to_owned(), kept: true });
        lab.present.heads = Some((Role::Timestamp, 5));
        lab.earlier = vec![SafetyNumber::parse(&"01234".repeat(12)).unwrap()];
    })
    .unwrap();
    ring.quorums.push(Quorum {
        owner: Owner::User,
        projects: Scope::parse(&["flask"]).unwrap(),
        agree: 1,
        of: vec![name("web")],
    });
    let of = vec![name("elsewhere"), name("lab"), name("web")];
    ring.quorums.push(Quorum { owner: Owner::User, projects: Scope::everything(), agree: 2, of });
    ring.policy = Policy { require_human_review: true, forbid_unverified: true, forbid_accept_expired: true };
    ring
}

#[test]
fn lists_rules_and_what_became_of_entries_read_back() {
    let ring = whole_ring();
    assert_eq!(Ring::parse(&ring.encode()).unwrap(), ring);
    insta::assert_snapshot!(ring.encode().lines().skip(5).collect::<Vec<_>>().join("\n"), @r#"
    [policy]
    require-review = "human"
    forbid-unverified = true
    forbid-accept-expired = true

    [[list]]
    name = "city"
    url = "https://city.example/"
    chain = "11a62c23412b77477a71481aa2dc7323bcc61d076c8449076c4c58a8356c1bb1"
    holds = "signed"
    learnt = "compared"
    on = "2026-11-23"

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
    learnt = "listed by city"
    on = "2026-11-23"
    through = "city"
    withdrawn = 'its key "was" lost'
    kept = true
    two-heads = "timestamp 5"
    leads-from = ["012340123401234012340123401234012340123401234012340123401234"]

    [[quorum]]
    projects = ["flask"]
    agree = 1
    of = ["web"]

    [[quorum]]
    projects = ["*"]
    agree = 2
    of = ["elsewhere", "lab", "web"]

    # end of the ring
    "#);
}

#[test]
fn refuses_words_that_nobody_knows_wherever_they_stand() {
    let good = whole_ring().encode();
    for (from, to) in [
        ("[policy]", "[policies]"),
        ("[policy]", "[[policy]]"),
        ("require-review = \"human\"", "require-review = \"machine\""),
        ("require-review = \"human\"", "require-review = true"),
        ("forbid-unverified = true", "forbid-unverified = \"yes\""),
        ("forbid-unverified = true", "forbid-unverifed = true"),
        ("[[list]]", "[[lists]]"),
        ("[[list]]\n", "[[list]]\nscope = [\"*\"]\n"),
        ("[[list]]\n", "[[list]]\nwithdrawn = \"x\"\n"),
        ("name = \"city\"", "name = \"web\""),
        ("[[quorum]]", "[[quorums]]"),
        ("agree = 2", "agree = 0"),
        ("agree = 2", "agree = 4"),
        ("agree = 2", "agree = -1"),
        ("agree = 2", "agree = \"2\""),
        ("agree = 2", ""),
        ("\"elsewhere\", \"lab\"", "\"lab\", \"lab\""),
        ("of = [\"web\"]", "of = []"),
        ("of = [\"web\"]", "off = [\"web\"]"),
        ("two-heads = \"timestamp 5\"", "two-heads = \"timestamp\""),
        ("two-heads = \"timestamp 5\"", "two-heads = \"mirror 5\""),
        ("two-heads = \"timestamp 5\"", "two-heads = \"timestamp 05\""),
        ("through = \"city\"", "through = \"the city\""),
        ("kept = true", "kept = 1"),
        ("withdrawn = ", "x-withdrawn = "),
        ("leads-from = [\"0", "leads-from = [\""),
    ] {
        let damaged = good.replacen(from, to, 1);
        assert_ne!(damaged, good, "{from}");
        assert!(Ring::parse(&damaged).is_err(), "{from} -> {to}");
    }
    assert!(Ring::parse(&good.replacen("withdrawn = 'its key \"was\" lost'\n", "", 1)).is_err());
}

#[test]
fn removing_and_adding_is_no_way_round_two_heads() {
    let mut ring = whole_ring();
    let gone = ring.remove(&name("lab")).unwrap();
    let mut ring = Ring::parse(&ring.encode()).unwrap();
    ring.add(Entry::database(gone.name, gone.url, gone.chain, gone.scope, gone.learnt)).unwrap();
    assert_eq!(ring.entry(&name("lab")).unwrap().present.heads, Some((Role::Timestamp, 5)));
    ring.compared(&name("lab")).unwrap();
    assert_eq!(ring.entry(&name("lab")).unwrap().present.heads, None);
}

#[test]
fn a_list_answers_for_nothing_and_stands_among_the_names() {
    let mut ring = whole_ring();
    assert_eq!(asked(&ring, "flask"), "web lab");
    assert_eq!(ring.rescope(&name("city"), Scope::everything()), Err(RingError::IsList(name("city"))));
    assert_eq!(ring.prefer(&name("city"), &[]), Err(RingError::IsList(name("city"))));
    let twin = entry("city", "https://elsewhere.example/", &["*"]);
    assert_eq!(ring.add(twin), Err(RingError::ChainPresent(name("city"))));
    let mut twin = entry("city", "https://elsewhere.example/", &["*"]);
    twin.chain = Sha256::of(b"another");
    assert_eq!(ring.add(twin), Err(RingError::NameTaken(name("city"))));
}

#[test]
fn a_padlock_is_closed_by_a_list_only_where_that_was_compared() {
    let mut ring = whole_ring();
    let padlock = |ring: &Ring| ring.assurance(ring.entry(&name("lab")).unwrap()).padlock();
    assert_eq!(padlock(&ring), Padlock::Closed);
    ring.change(&name("city"), |city| city.learnt.how = How::OverTls).unwrap();
    assert_eq!(padlock(&ring), Padlock::Half);
    ring.remove(&name("city")).unwrap();
    assert_eq!(padlock(&ring), Padlock::Half);
}

#[test]
fn only_what_was_taken_back_can_be_kept() {
    let mut ring = whole_ring();
    assert_eq!(ring.keep(&name("web")), Err(RingError::NotWithdrawn(name("web"))));
    let taken = |kept| Some(TakenBack { reason: "x".to_owned(), kept });
    ring.change(&name("web"), |web| web.present.withdrawn = taken(false)).unwrap();
    ring.keep(&name("web")).unwrap();
    assert_eq!(ring.entry(&name("web")).unwrap().present.withdrawn, taken(true));
}
