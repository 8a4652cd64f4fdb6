//! An administrator's ring above the user's: who answers, which rules hold, and what of it is written. Each attack would
//! succeed without the check.

use packman_strict::Sha256;
use packman_trust::{
    EntryName, Gate, Inherited, Owner, Policy, Purpose, Quorum, Ring, RingError, Scope, Sight, Standing,
};
use packman_tuf::Role;

use super::quorum::{database, offer, rule, words};
use super::world::{World, asked, name, now};

const FLASK: &str = "flask-3.0-py3-none-any.whl";

fn entry_name(text: &str) -> EntryName {
    EntryName::parse(text).unwrap()
}

fn ring_of(standings: &[&Standing]) -> Ring {
    let mut ring = Ring::default();
    standings.iter().for_each(|standing| ring.add(standing.entry.clone()).unwrap());
    ring
}

/// An administrator who has `web` for flask and all of `lab-*`, and a user who has `own` for everything.
fn both() -> (World, World, Vec<Standing>, Ring) {
    let mut web = World::of(10, &[FLASK]);
    let mut own = World::of(
        20,
        &["flask-9.9-py3-none-any.whl", "lab_x-1-py3-none-any.whl", "alone-1-py3-none-any.whl"],
    );
    let standings = vec![web.standing("web", &["flask", "lab-*"]), own.standing("own", &["*"])];
    let (administrators, mut users) = (ring_of(&[&standings[0]]), ring_of(&[&standings[1]]));
    users.prefer(&entry_name("own"), &[]).unwrap();
    (web, own, standings, users.under(administrators))
}

/// The standings as they are after a refresh of that ring.
fn standing_in(ring: &Ring, standings: Vec<Standing>) -> Vec<Standing> {
    let stand = |standing: Standing| {
        let entry = ring.entry(&standing.entry.name).unwrap().clone();
        Standing { entry, ..standing }
    };
    standings.into_iter().map(stand).collect()
}

#[test]
fn the_administrators_databases_answer_alone_for_the_names_they_cover() {
    let (_, _, standings, ring) = both();
    let gate = Gate::new(ring.clone(), standing_in(&ring, standings), now(), Purpose::Act);
    assert_eq!(asked(&gate, "flask"), "web");
    assert_eq!(asked(&gate, "lab-x"), "nobody", "his scope covers it, though he does not list it");
    assert_eq!(asked(&gate, "alone"), "own");
    assert_eq!(gate.projects(), [name("alone"), name("flask")]);
}

#[test]
fn under_an_administrator_who_allows_no_others_nobody_else_answers() {
    let (_, _, standings, users) = both();
    let users = Ring::parse(&users.encode()).unwrap();
    let administrators = ring_of(&[&standings[0]]).encode().replace("format = 1", "format = 1\nonly = true");
    let mut ring = users.under(Ring::parse(&administrators).unwrap());
    let gate = Gate::new(ring.clone(), standing_in(&ring, standings), now(), Purpose::Act);
    assert_eq!(asked(&gate, "flask"), "web");
    assert_eq!(asked(&gate, "alone"), "nobody", "it is in the user's file, and has no power");
    let more = World::of(30, &[]).standing("more", &["more"]).entry;
    assert_eq!(ring.add(more), Err(RingError::OnlyAdministrators));
}

#[test]
fn a_user_changes_nothing_of_the_administrators() {
    let (_, _, _, ring) = both();
    let web = entry_name("web");
    let no = RingError::Administrators(web.clone());
    let mut changed = ring.clone();
    assert_eq!(changed.remove(&web), Err(no.clone()));
    assert_eq!(changed.rescope(&web, Scope::default()), Err(no.clone()));
    assert_eq!(changed.prefer(&web, &[]), Err(no.clone()));
    assert_eq!(changed.keep(&web), Err(no.clone()));
    assert_eq!(changed.rekey(&web, Sha256::of(b"another")), Err(no));
    let own = entry_name("own");
    for (scope, covered) in
        [(&["flask"][..], true), (&["lab-x", "lab-y-*"], true), (&["flask", "x"], false), (&["*"], false)]
    {
        let rescoped = changed.clone().rescope(&own, Scope::parse(scope).unwrap());
        assert_eq!(matches!(rescoped, Err(RingError::Covered(_))), covered, "{scope:?}");
        let entry = World::of(30, &[]).standing("more", scope).entry;
        assert_eq!(matches!(changed.clone().add(entry), Err(RingError::Covered(_))), covered, "{scope:?}");
    }
    assert_eq!(changed, ring);
}

#[test]
fn a_users_policy_raises_the_administrators_and_never_lowers_it() {
    let human = Policy { require_human_review: true, ..Policy::default() };
    let unverified = Policy { forbid_unverified: true, ..Policy::default() };
    for (administrators, users) in
        [(human, Policy::default()), (human, unverified), (Policy::default(), human)]
    {
        let [mut above, mut own] = [Ring::default(), Ring::default()];
        above.set_policy(administrators);
        own.set_policy(users);
        let mut ring = own.under(above);
        assert_eq!(ring.policy(), administrators.and(users));
        ring.set_policy(Policy::default());
        assert_eq!(ring.policy(), administrators);
    }
}

/// What is offered of flask under the administrator's rules and the user's; `web` and `lab` are the administrator's.
fn offered(administrators: &[Quorum], users: &[Quorum], lab_is_his: bool) -> String {
    let (mut web, mut lab) = (database(10, &[FLASK]), database(20, &[FLASK]));
    let standings = vec![web.standing("web", &["flask"]), lab.standing("lab", &["*"])];
    let (mut above, mut own) = (ring_of(&[&standings[0]]), Ring::default());
    let place = if lab_is_his { &mut above } else { &mut own };
    place.add(standings[1].entry.clone()).unwrap();
    let with = |ring: Ring, rules: &[Quorum]| {
        let mut text = ring.encode().replace("# end of the ring\n", "");
        for rule in rules {
            let of: Vec<String> = rule.of.iter().map(|name| format!("\"{name}\"")).collect();
            let head = format!("[[quorum]]\nprojects = [\"{}\"]\nagree = {}\n", rule.projects, rule.agree);
            text += &[head, format!("of = [{}]\n", of.join(", "))].concat();
        }
        Ring::parse(&(text + "# end of the ring\n")).unwrap()
    };
    let ring = with(own, users).under(with(above, administrators));
    let gate = Gate::new(ring.clone(), standing_in(&ring, standings), now(), Purpose::Act);
    words(&offer(&gate, &[("web", &web), ("lab", &lab)], "flask", &Inherited::default()))
}

#[test]
fn a_users_rule_holds_beside_the_administrators_and_never_in_its_place() {
    let (both, gone) = (rule(&["*"], 2, &["web", "lab"]), rule(&["flask"], 2, &["web", "gone"]));
    let weak = rule(&["flask"], 1, &["web"]);
    assert_eq!(offered(std::slice::from_ref(&both), &[], true), FLASK);
    insta::assert_snapshot!(offered(std::slice::from_ref(&gone), &[weak], true), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `gone` is not in your trust ring");
    insta::assert_snapshot!(offered(&[both], &[gone], true), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `gone` is not in your trust ring");
}

#[test]
fn an_administrators_rule_counts_on_his_own_databases_alone() {
    let both = rule(&["*"], 2, &["web", "lab"]);
    insta::assert_snapshot!(offered(std::slice::from_ref(&both), &[], false), @"-flask-3.0-py3-none-any.whl quorum, 1 of 2: `lab` is not in your trust ring");
    assert_eq!(offered(&[], &[both], false), FLASK, "a user may count on both");
}

#[test]
fn only_the_users_part_is_written_and_what_was_seen_of_the_rest_is_noted() {
    let (_, _, standings, mut ring) = both();
    let web = entry_name("web");
    let before = ring.encode();
    assert!(!before.contains("web.example"), "{before}");
    ring.note(&web, &Sight::TwoSigned { role: Role::Targets, version: 5 }).unwrap();
    let text = ring.encode();
    insta::assert_snapshot!(text.split("[[noted]]").nth(1).unwrap().lines().filter(|line| !line.starts_with("chain")).collect::<Vec<_>>().join("\n"), @r#"

    two-heads = "targets 5"

    # end of the ring
    "#);
    let again = || Ring::parse(&text).unwrap().under(ring_of(&[&standings[0]]));
    assert_eq!(again().entry(&web).unwrap().present.heads, Some((Role::Targets, 5)), "it is not forgotten");
    assert_eq!(again().encode(), text);
    assert_eq!(Ring::parse(&text).unwrap().encode(), text, "nor while the administrator's ring is away");
    let mut settled = again();
    settled.compared(&web).unwrap();
    assert_eq!(settled.entry(&web).unwrap().present.heads, None);
    assert_eq!(settled.encode(), before);
}

#[test]
fn a_name_that_the_administrator_takes_is_kept_under_another() {
    let mut worlds = [10, 20, 30].map(|seed| World::of(seed, &[FLASK]));
    let [his, own, other] = &mut worlds;
    let (his, own, other) =
        (his.standing("web", &["flask"]), own.standing("web", &["*"]), other.standing("web-2", &["x"]));
    let mut users = ring_of(&[&own, &other]);
    users.prefer(&entry_name("web"), &[]).unwrap();
    users.set_quorum(&rule(&["*"], 1, &["web"])).unwrap();
    let ring = users.under(ring_of(&[&his]));
    let shown: Vec<String> =
        ring.entries().iter().map(|entry| format!("{} {:?}", entry.name, entry.owner)).collect();
    assert_eq!(shown, ["web Administrator", "web-3 User", "web-2 User"]);
    assert_eq!(ring.entry(&entry_name("web-3")).unwrap().chain, own.entry.chain);
    assert_eq!(ring.quorums()[0].of, [entry_name("web-3")]);
    assert_eq!(ring.preferred(&entry_name("web-3")).len(), 1);
    assert_eq!(ring.entry(&entry_name("web")).unwrap().owner, Owner::Administrator);
}
