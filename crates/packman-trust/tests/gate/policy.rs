//! Policy: what the ring does not allow. Each attack would succeed without the check.

use packman_database::{RecordedFile, Review, ReviewBasis, Reviewer};
use packman_strict::Sha256;
use packman_trust::{Gate, Holds, Policy, Purpose, Ring, Standing};

use super::world::{World, asked, day, file, now, offered};

fn gate_under(policy: Policy, standings: Vec<Standing>, at: &str, purpose: Purpose) -> Gate {
    let mut ring = Ring::default();
    for standing in &standings {
        ring.add(standing.entry.clone()).unwrap();
    }
    ring.set_policy(policy);
    Gate::new(ring, standings, day(at), purpose)
}

fn review(kind: Reviewer, basis: ReviewBasis) -> Review {
    Review { by: "Ann".to_owned(), at: now(), kind, basis, notes: None }
}

#[test]
fn only_what_a_person_looked_at_is_offered_where_the_policy_wants_that() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    let (human, machine) = (Reviewer::Human, Reviewer::Machine);
    for (filename, review) in [
        ("flask-3.1-py3-none-any.whl", review(machine, ReviewBasis::Full)),
        ("flask-3.2-py3-none-any.whl", review(human, ReviewBasis::Full)),
        ("flask-3.3-py3-none-any.whl", review(human, ReviewBasis::Delta(Sha256::of(b"3.2")))),
    ] {
        world.vouch(RecordedFile { review: Some(review), ..file(filename) });
    }
    for (require_human_review, wanted) in [
        (
            false,
            "flask-3.0-py3-none-any.whl; flask-3.1-py3-none-any.whl; flask-3.2-py3-none-any.whl; flask-3.3-py3-none-any.whl",
        ),
        (
            true,
            "flask-3.2-py3-none-any.whl; flask-3.3-py3-none-any.whl; -flask-3.0-py3-none-any.whl unreviewed; -flask-3.1-py3-none-any.whl unreviewed",
        ),
    ] {
        let policy = Policy { require_human_review, ..Policy::default() };
        let gate = gate_under(policy, vec![world.standing("web", &["*"])], "2026-11-23", Purpose::Act);
        assert_eq!(offered(&gate, "flask", &world.bytes("flask")), wanted);
    }
}

#[test]
fn nothing_of_an_unverified_database_is_offered_where_the_policy_forbids_it() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    for (holds, forbid_unverified, wanted) in [
        (Holds::Unverified, false, "flask-3.0-py3-none-any.whl"),
        (Holds::Unverified, true, "-flask-3.0-py3-none-any.whl unverified-forbidden"),
        (Holds::Hash, true, "flask-3.0-py3-none-any.whl"),
        (Holds::Signed, true, "flask-3.0-py3-none-any.whl"),
    ] {
        let mut standing = world.standing("web", &["*"]);
        standing.entry.learnt.holds = holds;
        let policy = Policy { forbid_unverified, ..Policy::default() };
        let gate = gate_under(policy, vec![standing], "2026-11-23", Purpose::Act);
        assert_eq!(offered(&gate, "flask", &world.bytes("flask")), wanted, "{holds:?}");
    }
}

#[test]
fn nobody_accepts_what_expired_where_the_policy_forbids_it() {
    let mut world = World::of(10, &["flask-3.0-py3-none-any.whl"]);
    for (purpose, allowed, forbidden) in [
        (Purpose::Act, "web expired", "web expired"),
        (Purpose::ActOnExpired, "web", "web expired"),
        (Purpose::Restore, "web", "web"),
        (Purpose::Look, "web", "web"),
    ] {
        for (forbid_accept_expired, wanted) in [(false, allowed), (true, forbidden)] {
            let policy = Policy { forbid_accept_expired, ..Policy::default() };
            let gate = gate_under(policy, vec![world.standing("web", &["*"])], "2026-12-23", purpose);
            assert_eq!(asked(&gate, "flask"), wanted, "{purpose:?}");
        }
    }
}
