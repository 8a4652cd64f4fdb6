//! Mallory has a list, or the host of one.

use packman_database::Kind;
use packman_trust::{EntryName, Withdrawal};
use packman_tuf::Role;

use super::{HONEST, Stage, keeper, subscribes};
use crate::publisher::Publisher;
use crate::user::{User, ended};

fn web() -> EntryName {
    EntryName::parse("web").unwrap()
}

/// Ben trusts the list `city`, which names Ann's database.
fn listed() -> (Stage, Publisher) {
    let stage = Stage::without_ben();
    let city = keeper(&stage, "city", 3_000, stage.ann.number());
    assert_eq!(subscribes(&stage, &city), "0");
    (stage, city)
}

/// The same, and Ben learnt of Ann's database through it.
fn learnt() -> (Stage, Publisher) {
    let (stage, city) = listed();
    stage.ben.adds(stage.now, "web", "web", None, None).unwrap();
    (stage, city)
}

/// Mallory puts a list and a database of his own where Ann's and the keeper's were.
fn replace_both(stage: &Stage) -> Publisher {
    let mut mallory = stage.stranger();
    stage.web.serve("web", &mallory.publish(stage.now));
    keeper(stage, "city", 8_000, mallory.number())
}

#[test]
fn a_list_that_was_replaced_leads_no_newcomer_who_has_its_number() {
    let stage = Stage::without_ben();
    let city = keeper(&stage, "city", 3_000, stage.ann.number());
    replace_both(&stage);
    assert_eq!(subscribes(&stage, &city), "3 number-mismatch");
    assert_eq!(stage.installs(), "1 not-vouched");
}

#[test]
fn a_database_that_was_replaced_leads_no_newcomer_who_has_a_list() {
    let (stage, _city) = listed();
    stage.web.serve("web", &stage.stranger().publish(stage.now));
    for place in ["web", stage.web.url("web").as_str()] {
        assert_eq!(ended(&stage.ben.adds(stage.now, place, "web", None, None)), "3 number-mismatch");
    }
    assert_eq!(stage.installs(), "1 not-vouched");
}

#[test]
fn a_list_that_was_replaced_does_not_get_past_a_second_one() {
    let mut stage = Stage::without_ben();
    // Ben remembers the list as he met it, which was too late; the second is honest.
    stage.ben = User::who_agrees();
    let land = keeper(&stage, "land", 4_000, stage.ann.number());
    let replaced = replace_both(&stage);
    assert_eq!(subscribes(&stage, &replaced), "0");
    assert_eq!(subscribes(&stage, &land), "0");
    assert_eq!(ended(&stage.ben.adds(stage.now, "web", "web", None, None)), "3 contradiction");
    assert_eq!(stage.installs(), "1 not-vouched");
}

#[test]
fn a_list_whose_host_was_taken_over_misleads_nobody_who_remembers() {
    let (stage, _city) = learnt();
    let mut fake = Publisher::new(Kind::List, "city", 8_000, stage.now);
    fake.names("web", &stage.web.url("web"), stage.stranger().number(), "*");
    fake.names("second", &stage.web.url("second"), stage.stranger().number(), "*");
    fake.publish_on(&stage.web, stage.now);
    stage.told();
    assert_eq!(stage.installs(), HONEST);
    assert_eq!(stage.told(), ["UNEXPLAINED CHANGE of"]);
    assert_eq!(
        ended(&stage.ben.adds(stage.now, "second", "second", None, Some("x-*"))),
        "3 unexplained-change"
    );
}

#[test]
fn stolen_keys_of_a_list_name_other_keys_for_a_database_that_is_remembered() {
    let (stage, mut city) = learnt();
    let mallory = stage.stranger();
    city.names("web", &stage.web.url("web"), mallory.number(), "*");
    city.publish_on(&stage.web, stage.now);
    stage.told();
    assert_eq!(stage.installs(), HONEST);
    assert_eq!(stage.told(), ["CONTRADICTION in"]);
}

#[test]
fn stolen_keys_of_a_list_take_a_database_back() {
    let (stage, mut city) = learnt();
    city.listings.withdraw(&web(), Withdrawal { reason: "believe me".to_owned(), at: stage.now });
    city.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), "3 withdrawn", "nothing new, and nothing else");
    assert_eq!(stage.ends(|client| client.trust_keep("web")), "0");
    assert_eq!(stage.installs(), HONEST);
}

/// Mallory holds Ann's host and her targets and online keys. She has changed them and told the keeper; he answers nothing
/// where her new root is asked for.
#[test]
fn a_host_is_silent_so_that_nobody_hears_that_it_was_taken_back() {
    let (mut stage, mut city) = learnt();
    stage.ann.rotate(&[Role::Targets], stage.now);
    city.names("web", &stage.web.url("web"), stage.ann.number(), "*");
    city.listings.withdraw(&web(), Withdrawal { reason: "its host is not hers".to_owned(), at: stage.now });
    city.publish_on(&stage.web, stage.now);
    stage.web.take_down("web");
    assert_eq!(stage.installs(), "3 withdrawn");
}

#[test]
fn an_old_list_brings_back_a_database_that_was_taken_back() {
    let (stage, mut city) = learnt();
    let old = city.files();
    city.listings.withdraw(&web(), Withdrawal { reason: "its keys are stolen".to_owned(), at: stage.now });
    city.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), "3 withdrawn");
    stage.web.serve("city", &old);
    assert_eq!(stage.installs(), "3 withdrawn");
    stage.web.take_down("city");
    assert_eq!(stage.installs(), "3 withdrawn");
}

#[test]
fn an_old_list_is_kept_alive_for_newcomers_by_a_stolen_online_key() {
    let (mut stage, mut city) = listed();
    let keys = [Role::Snapshot, Role::Timestamp].map(|role| city.repository.signers(role)[0].id());
    let mut mallory = city.clone();
    mallory.repository = city.repository.in_the_hands_of(&keys);
    city.listings.withdraw(&web(), Withdrawal { reason: "its keys are stolen".to_owned(), at: stage.now });
    stage.days_pass(89);
    stage.web.serve("web", &stage.ann.publish(stage.now));
    stage.web.serve("city", &mallory.prolong(stage.now));
    assert_eq!(
        ended(&stage.ben.adds(stage.now, "web", "web", None, None)),
        "0",
        "a freeze lasts as long as the targets"
    );
    stage.ben.at(stage.now, |client| client.trust_remove("web")).unwrap();
    stage.days_pass(1);
    stage.web.serve("city", &mallory.prolong(stage.now));
    let added = stage.ben.adds(stage.now, "web", "web", None, None);
    assert_eq!(ended(&added), "3 expired");
}

#[test]
fn a_list_turns_into_a_database_to_vouch_for_packages() {
    let (stage, city) = listed();
    let mut turned = city.clone();
    turned.about.kind = Kind::Database;
    turned.release("tool", "9", crate::publisher::wheel("tool", "9", "evil = 9"));
    turned.repository.add_target(packman_trust::DATABASES_PATH, &city.listings.encode());
    turned.publish_on(&stage.web, stage.now);
    assert_eq!(stage.installs(), "1 not-vouched");
}
