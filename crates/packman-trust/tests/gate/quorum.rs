//! Quorum: who counts as a witness, and who only seems to be one. Each attack would succeed without the check.

use packman_database::{Recall, RecordedFile};
use packman_strict::Sha256;
use packman_trust::{
    Answer, EntryName, Gate, Holds, Inherited, Offer, Purpose, Quorum, Ring, Scope, Standing, WhyRefused,
    Witness,
};
use packman_tuf::Role;

use super::world::{World, day, file, name, now};

const FLASK: &str = "flask-3.0-py3-none-any.whl";

fn witnessed(filename: &str) -> RecordedFile {
    RecordedFile { metadata_sha256: Some(Sha256::of(b"METADATA")), ..file(filename) }
}

/// A database that vouches for these files, each with its METADATA.
pub(crate) fn database(seed: u16, filenames: &[&str]) -> World {
    let mut world = World::of(seed, &[]);
    filenames.iter().for_each(|filename| world.vouch(witnessed(filename)));
    world
}

pub(crate) fn rule(projects: &[&str], agree: usize, of: &[&str]) -> Quorum {
    let of = of.iter().map(|name| EntryName::parse(name).unwrap()).collect();
    Quorum::new(Scope::parse(projects).unwrap(), agree, of).unwrap()
}

fn ring_of(standings: &[Standing], rules: &[Quorum]) -> Ring {
    let mut ring = Ring::default();
    for standing in standings {
        ring.add(standing.entry.clone()).unwrap();
    }
    for rule in rules {
        // A rule may name a database that was removed since.
        let mut whole = ring.clone();
        for missing in rule.of.iter().filter(|name| ring.entry(name).is_err()) {
            let mut entry = standings[0].entry.clone();
            (entry.name, entry.chain) = (missing.clone(), Sha256::of(missing.as_str().as_bytes()));
            whole.add(entry).unwrap();
        }
        whole.set_quorum(rule).unwrap();
        for missing in rule.of.iter().filter(|name| ring.entry(name).is_err()) {
            whole.remove(missing).unwrap();
        }
        ring = whole;
    }
    ring
}

/// What the gate offers of a project when every record is read: the files, and those left out with the reason.
pub(crate) fn offer(gate: &Gate, worlds: &[(&str, &World)], project: &str, inherited: &Inherited) -> Offer {
    let Ok(Answer::Record(wanted)) = gate.ask_under(&name(project), inherited) else { panic!("{project}") };
    let bytes = |database: &EntryName| {
        let (_, world) = worlds.iter().find(|(name, _)| *name == database.as_str()).unwrap();
        world.bytes(project)
    };
    let own = wanted.own().verify(&bytes(wanted.own().database())).unwrap();
    let witnesses: Vec<Witness> = wanted
        .witnesses()
        .into_iter()
        .map(|signed| {
            let record = signed.verify(&bytes(signed.database())).map_err(|refused| refused.because());
            Witness { database: signed.database().clone(), record }
        })
        .collect();
    wanted.offer(&own, &witnesses).unwrap()
}

pub(crate) fn words(offer: &Offer) -> String {
    let files = offer.files().unwrap();
    let files = files.iter().map(|file| file.filename().to_owned());
    let left_out = offer.left_out().map(|file| format!("-{} {}", file.filename(), file.why().words()));
    files.chain(left_out).collect::<Vec<_>>().join("\n")
}

/// Two of `web`, `lab` and `home` must agree on all; what is offered of flask, after something befell the witness `lab`.
fn check(befall: impl FnOnce(&mut World), stand: impl FnOnce(&mut Standing)) -> String {
    let (mut web, mut lab, mut home) =
        (database(10, &[FLASK]), database(20, &[FLASK]), database(30, &["django-5.0-py3-none-any.whl"]));
    befall(&mut lab);
    let mut standing = lab.standing("lab", &["*"]);
    stand(&mut standing);
    let standings = vec![web.standing("web", &["*"]), standing, home.standing("home", &["*"])];
    let ring = ring_of(&standings, &[rule(&["*"], 2, &["web", "lab", "home"])]);
    let gate = Gate::new(ring, standings, now(), Purpose::Act);
    words(&offer(&gate, &[("web", &web), ("lab", &lab), ("home", &home)], "flask", &Inherited::default()))
}

fn nothing<T>(_: &mut T) {}

#[test]
fn a_file_on_which_enough_agree_is_offered() {
    insta::assert_snapshot!(check(nothing, nothing), @"flask-3.0-py3-none-any.whl");
}

#[test]
fn a_witness_that_says_something_else_does_not_count() {
    let replace = |change: fn(&mut RecordedFile)| {
        move |lab: &mut World| {
            lab.records.clear();
            let mut other = witnessed(FLASK);
            change(&mut other);
            lab.vouch(other);
        }
    };
    insta::assert_snapshot!(check(|lab| lab.records.clear(), nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` does not list it");
    let later = |lab: &mut World| {
        lab.records.clear();
        lab.vouch(witnessed("flask-3.1-py3-none-any.whl"));
    };
    insta::assert_snapshot!(check(later, nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` does not list it");
    insta::assert_snapshot!(check(replace(|file| file.sha256 = Sha256::of(b"other")), nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` lists another file of that name");
    insta::assert_snapshot!(check(replace(|file| file.metadata_sha256 = Some(Sha256::of(b"x"))), nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` lists it with another METADATA");
    insta::assert_snapshot!(check(replace(|file| file.metadata_sha256 = None), nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` lists it with another METADATA");
    insta::assert_snapshot!(check(replace(|file| file.recalled = Some("a worm".to_owned())), nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` recalled it: a worm");
}

#[test]
fn a_witness_that_recalled_the_file_does_not_count() {
    let recall = |lab: &mut World| {
        let (project, version, reason) = (name("flask"), "3.0".to_owned(), "a worm".to_owned());
        lab.recalls.insert(
            Sha256::of(FLASK.as_bytes()),
            Recall { project, version, reason, advice: None, at: now() },
        );
    };
    insta::assert_snapshot!(check(recall, nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` recalled it: a worm");
}

#[test]
fn a_witness_that_may_not_speak_does_not_count() {
    // Its word ended before this run: what its keys said then may have been taken back.
    let stale = |standing: &mut Standing| {
        let database = standing.entry.name.clone();
        let why = WhyRefused::Expired { role: "timestamp", since: day("2026-11-22") };
        standing.refused = Some(packman_trust::Refused { database, why });
    };
    insta::assert_snapshot!(check(nothing, stale), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` expired on 2026-11-22");
    let two_heads = |standing: &mut Standing| {
        let database = standing.entry.name.clone();
        let why = WhyRefused::TwoHeads { role: Role::Targets, version: 5 };
        standing.refused = Some(packman_trust::Refused { database, why });
    };
    insta::assert_snapshot!(check(nothing, two_heads), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` is refused (contradiction)");
    insta::assert_snapshot!(check(nothing, |standing| standing.database = None), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` was never reached");
    insta::assert_snapshot!(check(nothing, |standing| standing.entry.scope = Scope::parse(&["lab-*"]).unwrap()), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` may not answer for it");
    insta::assert_snapshot!(check(|lab| lab.scope = vec!["lab-*".to_owned()], nothing), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` may not answer for it");
    insta::assert_snapshot!(check(nothing, |standing| standing.entry.learnt.holds = Holds::Unverified), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `home` does not list it; `lab` is not signed");
}

/// Whatever an answer is wanted for: who accepts that the answering word has expired has no second word by that.
#[test]
fn an_expired_witness_counts_for_nobody() {
    let (mut web, mut lab) = (database(10, &[FLASK]), database(20, &[FLASK]));
    web.repository.expiry.values_mut().for_each(|expiry| *expiry = day("2030-01-01"));
    web.repository.publish_root();
    let mut standings = || vec![web.standing("web", &["*"]), lab.standing("lab", &["*"])];
    for (at, wanted) in [
        ("2026-12-22", FLASK),
        ("2026-12-23", "-flask-3.0-py3-none-any.whl quorum, 1 of 2: `lab` expired on 2026-12-23"),
    ] {
        for purpose in [Purpose::Act, Purpose::ActOnExpired, Purpose::Restore, Purpose::Look] {
            let standings = standings();
            let ring = ring_of(&standings, &[rule(&["*"], 2, &["web", "lab"])]);
            let gate = Gate::new(ring, standings, day(at), purpose);
            let offered = offer(
                &gate,
                &[("web", &database(10, &[FLASK])), ("lab", &database(20, &[FLASK]))],
                "flask",
                &Inherited::default(),
            );
            assert_eq!(words(&offered), wanted, "{purpose:?}");
        }
    }
}

/// Gives one repository a key of another, for a role of each.
fn share(one: &mut World, from: Role, other: &World, to: Role) {
    let key = other.repository.signers(from)[0].clone();
    one.repository.signers_mut(to).push(key);
    one.repository.publish_root();
}

/// Databases by name, each with two keys that others may share, of which all list flask: how many count.
fn counted(worlds: &mut [(&str, World)]) -> String {
    let standings: Vec<Standing> =
        worlds.iter_mut().map(|(name, world)| world.standing(name, &["*"])).collect();
    let names: Vec<&str> = worlds.iter().map(|(name, _)| *name).collect();
    let ring = ring_of(&standings, &[rule(&["*"], names.len(), &names)]);
    let gate = Gate::new(ring, standings, now(), Purpose::Act);
    let worlds: Vec<(&str, &World)> = worlds.iter().map(|(name, world)| (*name, world)).collect();
    words(&offer(&gate, &worlds, "flask", &Inherited::default()))
}

#[test]
fn who_shares_a_root_or_targets_key_is_one_witness() {
    for (from, to) in [
        (Role::Targets, Role::Targets),
        (Role::Root, Role::Root),
        (Role::Root, Role::Targets),
        (Role::Targets, Role::Root),
    ] {
        let (mut web, mirror) = (database(10, &[FLASK]), database(20, &[FLASK]));
        share(&mut web, from, &mirror, to);
        let said = counted(&mut [("web", web), ("mirror", mirror)]);
        assert_eq!(
            said,
            "-flask-3.0-py3-none-any.whl quorum, 1 of 2: `web` shares a key with `mirror`, so both are one word",
            "{from:?} {to:?}"
        );
    }
}

#[test]
fn an_online_key_that_is_shared_can_make_nobody_list_anything() {
    let (mut web, other) = (database(10, &[FLASK]), database(20, &[FLASK]));
    share(&mut web, Role::Timestamp, &other, Role::Snapshot);
    assert_eq!(counted(&mut [("web", web), ("other", other)]), FLASK);
}

#[test]
fn who_shares_a_key_through_a_third_is_one_witness() {
    let (mut a, mut b, c) = (database(10, &[FLASK]), database(20, &[FLASK]), database(30, &[FLASK]));
    share(&mut a, Role::Targets, &b, Role::Targets);
    let key = c.repository.signers(Role::Root)[0].clone();
    b.repository.signers_mut(Role::Root).push(key);
    b.repository.publish_root();
    insta::assert_snapshot!(counted(&mut [("a", a), ("b", b), ("c", c)]), @"-flask-3.0-py3-none-any.whl quorum, 1 of 3: `b` shares a key with `a`, so both are one word; `c` shares a key with `a`, so both are one word");
}

#[test]
fn a_witness_that_is_not_in_the_ring_does_not_count() {
    let mut web = database(10, &[FLASK]);
    let standings = vec![web.standing("web", &["*"])];
    let ring = ring_of(&standings, &[rule(&["*"], 2, &["web", "gone"])]);
    let gate = Gate::new(ring, standings, now(), Purpose::Act);
    insta::assert_snapshot!(words(&offer(&gate, &[("web", &web)], "flask", &Inherited::default())), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `gone` is not in your trust ring");
}

/// Whoever forgets to read the witnesses, or passes one record for another, gets nothing by it.
#[test]
fn a_witness_whose_record_nobody_read_agrees_on_nothing() {
    let (mut web, mut lab) = (database(10, &[FLASK]), database(20, &[FLASK, "django-5.0-py3-none-any.whl"]));
    let standings = vec![web.standing("web", &["*"]), lab.standing("lab", &["*"])];
    let ring = ring_of(&standings, &[rule(&["*"], 2, &["web", "lab"])]);
    let gate = Gate::new(ring, standings, now(), Purpose::Act);
    let Ok(Answer::Record(flask)) = gate.ask(&name("flask")) else { panic!("it is listed") };
    let Ok(Answer::Record(django)) = gate.ask(&name("django")) else { panic!("it is listed") };
    let own = flask.own().verify(&web.bytes("flask")).unwrap();
    let (lab_name, other) =
        (EntryName::parse("lab").unwrap(), django.own().verify(&lab.bytes("django")).unwrap());
    let none = "-flask-3.0-py3-none-any.whl quorum, 1 of 2: `lab` could not be read: nobody read it";
    assert_eq!(words(&flask.offer(&own, &[]).unwrap()), none);
    for wrong in [other.clone(), own.clone()] {
        let witness = Witness { database: lab_name.clone(), record: Ok(wrong) };
        assert_eq!(words(&flask.offer(&own, &[witness]).unwrap()), none);
    }
    let unread = Witness { database: lab_name, record: Err("no route".to_owned()) };
    insta::assert_snapshot!(words(&flask.offer(&own, &[unread]).unwrap()), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `lab` could not be read: no route");
    assert_eq!(flask.offer(&other, &[]).unwrap_err().code(), "malformed-record");
}

/// The rule of flask holds for what it needs, and on for what that needs; a rule of its own holds instead.
#[test]
fn what_is_needed_inherits_the_rule_unless_it_has_its_own() {
    let needs = [
        ("click", vec!["flask"]),
        ("colorama", vec!["click"]),
        ("own", vec!["click"]),
        ("under-own", vec!["own"]),
        ("alone", vec![]),
    ];
    // A circle, and something that it needs.
    let circle = [("flask", vec!["colorama"]), ("round", vec!["round"])];
    let edges: Vec<_> = needs
        .into_iter()
        .chain(circle)
        .map(|(project, by)| (name(project), by.into_iter().map(name).collect::<Vec<_>>()))
        .collect();
    let mut ring = Ring::default();
    for database in ["web", "lab"] {
        let standing = database_entry(database);
        ring.add(standing).unwrap();
    }
    ring.set_quorum(&rule(&["flask"], 2, &["web", "lab"])).unwrap();
    ring.set_quorum(&rule(&["own"], 1, &["lab"])).unwrap();
    for order in [edges.clone(), edges.into_iter().rev().collect()] {
        let needed = || order.iter().map(|(project, by)| (project, &**by));
        let mut inherited = Inherited::default();
        assert!(inherited.spread(&ring, &needed()));
        assert!(!inherited.spread(&ring, &needed()), "it is stable");
        insta::allow_duplicates! {
            insta::assert_snapshot!(rules_of(&ring, &inherited, &["flask", "click", "colorama", "own", "under-own", "alone", "round"]), @"
            flask: 2 of lab, web must agree
            click: 2 of lab, web must agree (flask)
            colorama: 2 of lab, web must agree (flask)
            own: 1 of lab must agree
            under-own: 1 of lab must agree (own)
            alone:
            round:
            ");
        }
    }
}

fn database_entry(name: &str) -> packman_trust::Entry {
    World::of(if name == "web" { 10 } else { 20 }, &[FLASK]).standing(name, &["*"]).entry
}

fn rules_of(ring: &Ring, inherited: &Inherited, projects: &[&str]) -> String {
    let line = |project: &&str| {
        let rules = inherited.holding(ring, &name(project)).map(|(rule, from)| match from {
            Some(from) => format!(" {rule} ({from})"),
            None => format!(" {rule}"),
        });
        format!("{project}:{}", rules.collect::<Vec<_>>().join(";"))
    };
    projects.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_inherited_rule_leaves_out_what_only_one_lists_and_says_whose_it_is() {
    let (mut web, mut lab) = (database(10, &[FLASK, "click-8.0-py3-none-any.whl"]), database(20, &[FLASK]));
    let standings = vec![web.standing("web", &["*"]), lab.standing("lab", &["*"])];
    let ring = ring_of(&standings, &[rule(&["flask"], 2, &["web", "lab"])]);
    let mut inherited = Inherited::default();
    let gate = Gate::new(ring, standings, now(), Purpose::Act);
    let worlds = [("web", &web), ("lab", &lab)];
    assert_eq!(words(&offer(&gate, &worlds, "click", &inherited)), "click-8.0-py3-none-any.whl");
    let (click, by) = (name("click"), [name("flask")]);
    assert!(inherited.spread(gate.ring(), &[(&click, by.as_slice())].into_iter()));
    insta::assert_snapshot!(words(&offer(&gate, &worlds, "click", &inherited)), @"-click-8.0-py3-none-any.whl quorum, 1 of 2 (the rule of `flask`, which needs it): `lab` does not list it");
    let mut everywhere = Inherited::default();
    assert!(everywhere.hold_everywhere(gate.ring()));
    assert!(!everywhere.hold_everywhere(gate.ring()));
    insta::assert_snapshot!(words(&offer(&gate, &worlds, "click", &everywhere)), @"-click-8.0-py3-none-any.whl quorum, 1 of 2: `lab` does not list it");
}
