//! Every class of change from every state.

use std::fmt::Write as _;

use super::*;

fn name(text: &str) -> EntryName {
    EntryName::parse(text).unwrap()
}

fn states() -> Vec<(&'static str, State)> {
    let through = Some(name("club"));
    let taken = |kept| Some(TakenBack { reason: "its key was lost".to_owned(), kept });
    let present = |withdrawn, heads| State::Present(Present { through: through.clone(), withdrawn, heads });
    vec![
        ("unknown", State::Unknown),
        ("removed", State::Removed),
        ("in force", State::Present(Present::default())),
        ("by club", present(None, None)),
        ("withdrawn", present(taken(false), None)),
        ("kept", present(taken(true), None)),
        ("two heads", present(None, Some((Role::Timestamp, 7)))),
        ("two targets", present(None, Some((Role::Targets, 7)))),
        ("both", present(taken(false), Some((Role::Timestamp, 7)))),
    ]
}

fn sights() -> Vec<(&'static str, Sight)> {
    let said = |by, signed, what| Sight::Said { by: name(by), signed, what };
    let reason = |text: &str| Saying::Withdrawn { reason: text.to_owned() };
    let since = Time::parse("2026-11-01T00:00:00Z").unwrap();
    vec![
        ("newer", Sight::Verified { from: 2, to: 2, headed: Some(7) }),
        ("newer, past the heads", Sight::Verified { from: 2, to: 2, headed: Some(8) }),
        ("other keys, signed", Sight::Verified { from: 2, to: 3, headed: Some(7) }),
        ("expired", Sight::Expired { role: "timestamp", since }),
        ("another chain", Sight::OtherChain),
        ("two timestamps", Sight::TwoSigned { role: Role::Timestamp, version: 9 }),
        ("two snapshots", Sight::TwoSigned { role: Role::Snapshot, version: 9 }),
        ("two targets", Sight::TwoSigned { role: Role::Targets, version: 9 }),
        ("two roots", Sight::TwoSigned { role: Role::Root, version: 9 }),
        ("club: same chain", said("club", true, Saying::SameChain)),
        ("club: another chain", said("club", true, Saying::OtherChain)),
        ("club, unsigned: another chain", said("club", false, Saying::OtherChain)),
        ("club: another hash", said("club", true, Saying::OtherHash)),
        ("club: withdrawn", said("club", true, reason("its key was lost"))),
        ("club: withdrawn, new reason", said("club", true, reason("it was sold"))),
        ("club: gone", said("club", false, Saying::Gone)),
        ("rival: same chain", said("rival", true, Saying::SameChain)),
        ("rival: another chain", said("rival", true, Saying::OtherChain)),
        ("rival: another hash", said("rival", true, Saying::OtherHash)),
        ("rival: withdrawn", said("rival", true, reason("we dislike it"))),
        ("rival: gone", said("rival", false, Saying::Gone)),
    ]
}

/// The class by its first letter (`A`ddition, `C`ontradiction, `E`xpired, `R`efresh, `S`igned rotation, `U`nexplained,
/// `W`ithdrawn), then what follows.
fn cell(change: Change) -> String {
    let class: String = format!("{:?}", change.class).chars().take(1).collect();
    let effect = match change.effect {
        Effect::Silent => "-",
        Effect::Line => "line",
        Effect::NoPowerYet => "no-power",
        Effect::Warning => "warn",
        Effect::NoFirstUse => "not-added",
        Effect::NothingNew => "no-new",
        Effect::Suspended => "SUSPEND",
        Effect::StoppedUntilHigher => "HOLD",
        Effect::Stopped => "STOP",
    };
    format!("{class} {effect}")
}

#[test]
fn every_class_from_every_state() {
    let mut table = format!("{:<30}", "");
    for (name, _) in states() {
        let _ = write!(table, " | {name:<11}");
    }
    for (sight_name, sight) in sights() {
        let _ = write!(table, "\n{sight_name:<30}");
        for (_, state) in states() {
            let _ = write!(table, " | {:<11}", cell(change(&state, &sight)));
        }
    }
    insta::assert_snapshot!(table, @"
                               | unknown     | removed     | in force    | by club     | withdrawn   | kept        | two heads   | two targets | both       
newer                          | A no-power  | R -         | R -         | R -         | R SUSPEND   | R -         | R HOLD      | R STOP      | R HOLD     
newer, past the heads          | A no-power  | R -         | R -         | R -         | R SUSPEND   | R -         | R -         | R STOP      | R SUSPEND  
other keys, signed             | A no-power  | S line      | S line      | S line      | S SUSPEND   | S line      | S HOLD      | S STOP      | S HOLD     
expired                        | E not-added | E not-added | E no-new    | E no-new    | E SUSPEND   | E no-new    | E HOLD      | E STOP      | E HOLD     
another chain                  | U STOP      | U STOP      | U STOP      | U STOP      | U STOP      | U STOP      | U STOP      | U STOP      | U STOP     
two timestamps                 | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C STOP      | C HOLD     
two snapshots                  | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C HOLD      | C STOP      | C HOLD     
two targets                    | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP     
two roots                      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP      | C STOP     
club: same chain               | A no-power  | R -         | R -         | R -         | R SUSPEND   | R -         | R HOLD      | R STOP      | R HOLD     
club: another chain            | C not-added | C not-added | C warn      | C warn      | C SUSPEND   | C warn      | C HOLD      | C STOP      | C HOLD     
club, unsigned: another chain  | U not-added | U not-added | U warn      | U warn      | U SUSPEND   | U warn      | U HOLD      | U STOP      | U HOLD     
club: another hash             | A no-power  | R -         | R warn      | R line      | R SUSPEND   | R line      | R HOLD      | R STOP      | R HOLD     
club: withdrawn                | W not-added | W not-added | W warn      | W SUSPEND   | W SUSPEND   | W -         | W HOLD      | W STOP      | W HOLD     
club: withdrawn, new reason    | W not-added | W not-added | W warn      | W SUSPEND   | W SUSPEND   | W SUSPEND   | W HOLD      | W STOP      | W HOLD     
club: gone                     | W not-added | W not-added | W warn      | W SUSPEND   | W SUSPEND   | W SUSPEND   | W HOLD      | W STOP      | W HOLD     
rival: same chain              | A no-power  | R -         | R -         | R -         | R SUSPEND   | R -         | R HOLD      | R STOP      | R HOLD     
rival: another chain           | C not-added | C not-added | C warn      | C warn      | C SUSPEND   | C warn      | C HOLD      | C STOP      | C HOLD     
rival: another hash            | A no-power  | R -         | R warn      | R warn      | R SUSPEND   | R warn      | R HOLD      | R STOP      | R HOLD     
rival: withdrawn               | W not-added | W not-added | W warn      | W warn      | W SUSPEND   | W warn      | W HOLD      | W STOP      | W HOLD     
rival: gone                    | W not-added | W not-added | W warn      | W warn      | W SUSPEND   | W warn      | W HOLD      | W STOP      | W HOLD
");
}

/// What the table must keep whatever else is changed in it.
#[test]
fn nothing_makes_an_unexplained_change_less_than_a_stop() {
    for (name, state) in states() {
        assert_eq!(change(&state, &Sight::OtherChain).effect, Effect::Stopped, "{name}");
    }
}

#[test]
fn what_the_remembered_keys_agreed_to_is_never_an_alarm() {
    for (name, state) in states()
        .into_iter()
        .filter(|(name, _)| !["two heads", "two targets", "withdrawn", "both"].contains(name))
    {
        for (sight_name, sight) in sights() {
            let is_lag = matches!(&sight, Sight::Said { what: Saying::SameChain, .. });
            if matches!(sight, Sight::Verified { .. }) || is_lag {
                assert!(!change(&state, &sight).effect.refuses(), "{sight_name} of what is {name}");
            }
        }
    }
}

#[test]
fn a_list_that_dissents_stops_nothing_that_was_learnt_without_it() {
    let alone = State::Present(Present::default());
    for (sight_name, sight) in sights().into_iter().filter(|(_, sight)| matches!(sight, Sight::Said { .. })) {
        assert!(!change(&alone, &sight).effect.refuses(), "{sight_name}");
    }
}

#[test]
fn every_alarm_is_a_title_and_at_most_three_sentences() {
    for (state_name, state) in states() {
        for (sight_name, sight) in sights() {
            let change = change(&state, &sight);
            let Some(words) = change.words(&name("web"), &sight) else {
                assert_eq!(change.effect, Effect::Silent);
                continue;
            };
            let case = format!("{sight_name} of what is {state_name}: {words:?}");
            assert!(words.title.starts_with(change.class.title()) && !words.title.ends_with(": "), "{case}");
            assert!(words.sentences.len() <= 3, "{case}");
            assert_eq!(
                words.sentences.is_empty(),
                !change.effect.refuses() && change.effect == Effect::Line,
                "{case}"
            );
            // No way on but the second channel: nothing here accepts, and nothing forgets.
            let all = words.sentences.join(" ");
            for wrong in ["--force", "accept anyway", "rm ", "delete", "--yes"] {
                assert!(!all.contains(wrong), "{case}");
            }
        }
    }
}

#[test]
fn an_unexplained_change_reads_so() {
    let state = State::Present(Present::default());
    let words = change(&state, &Sight::OtherChain).words(&name("web"), &Sight::OtherChain).unwrap();
    insta::assert_snapshot!(format!("{}\n{}", words.title, words.sentences.join("\n")), @"
UNEXPLAINED CHANGE of `web`: its address now serves keys that the keys you trust never agreed to
Do nothing in a hurry: nothing was taken from it, what you have stays, and so do the keys you trust.
This is what an attack looks like, and also a maintainer who lost every key.
Ask the maintainer, by another way than this address, for the new safety number; then `packman trust compare web NUMBER`.
");
}
