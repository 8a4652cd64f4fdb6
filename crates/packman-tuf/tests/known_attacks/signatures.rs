//! Signatures that were counted twice, not looked at, or looked at for minutes.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use packman_strict::json::{self, Value};
use packman_tuf::{Envelope, KeySet, MetaInfo, PublicKey, Role, TargetsDraft, Timestamp};
use testkit::repository::Repository;

use crate::craft::{NOW, replaced, resigned};
use crate::{delegation, key, look, name, refused, repository, roles};

/// The list of signatures of a file, changed.
fn with_signatures(file: &[u8], edit: impl FnOnce(&mut Vec<Value<'static>>)) -> Vec<u8> {
    let mut value = json::parse(file, &json::Limits::default()).unwrap().into_owned();
    let object = value.as_object_mut().unwrap();
    let mut list = object.get("signatures").unwrap().as_array().unwrap().to_vec();
    edit(&mut list);
    object.insert("signatures", Value::Array(list));
    value.to_pretty()
}

/// A repository whose role wants two keys, of which the thief has one; what he publishes with it alone.
fn of_a_thief(role: Role, forge: impl Fn(&[u8]) -> Vec<u8>) -> &'static str {
    let mut repository = Repository::new(NOW);
    let second = repository.new_key();
    repository.signers_mut(role).push(second);
    repository.thresholds.insert(role, 2);
    repository.publish_root();
    repository.publish();
    let memory = repository.remembered(NOW);
    repository.publish();
    let (path, file) = (repository.path(role), repository.file(role));
    let stolen = repository.signers(role)[0].clone();
    let forged = forge(&resigned(&file, &[&stolen]));
    repository.files_mut().insert(path, forged);
    refused(&repository, &memory)
}

/// CVE-2020-6174 of python-tuf, and the same of php-tuf.
#[test]
fn one_key_that_signs_twice_counts_once() {
    let twice = |file: &[u8]| with_signatures(file, |list| list.push(list[0].clone()));
    assert_eq!(of_a_thief(Role::Timestamp, twice), "bad-metadata");
}

/// CVE-2020-15093 of tough, and the same of rust-tuf: not copies, but other signatures that the one key made.
#[test]
fn several_signatures_of_one_key_count_once() {
    let again = |file: &[u8]| {
        with_signatures(file, |list| {
            let mut other = list[0].clone();
            other.as_object_mut().unwrap().insert("sig", "00".repeat(64));
            list.push(other);
        })
    };
    assert_eq!(of_a_thief(Role::Timestamp, again), "bad-metadata");
}

/// GHSA-3633-5h82-39pq of go-tuf, and again in its second version (2026).
#[test]
fn one_key_under_two_ids_counts_once() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    let stolen = repository.signers(Role::Timestamp)[0].clone();
    let (id, public) = (stolen.id(), "0".repeat(64));
    repository.thresholds.insert(Role::Timestamp, 1);
    repository.publish_root();
    // The second root lists the key a second time, under an id that nobody computes, and wants two.
    let file = String::from_utf8(repository.file(Role::Root)).unwrap();
    let mut value = json::parse(file.as_bytes(), &json::Limits::default()).unwrap().into_owned();
    let signed = value.as_object_mut().unwrap().get_mut("signed").unwrap().as_object_mut().unwrap();
    let keys = signed.get_mut("keys").unwrap().as_object_mut().unwrap();
    let object = keys.get(id.as_str()).unwrap().clone();
    keys.insert(public.clone(), object);
    let role = signed.get_mut("roles").unwrap().as_object_mut().unwrap().get_mut("timestamp").unwrap();
    let role = role.as_object_mut().unwrap();
    role.insert("threshold", 2_u64);
    role.insert("keyids", [id.as_str().to_owned(), public.clone()].into_iter().collect::<Value<'static>>());
    let path = repository.path(Role::Root);
    let file = resigned(&value.to_pretty(), &repository.signers(Role::Root));
    repository.files_mut().insert(path, file);
    repository.publish();
    let both = with_signatures(&repository.file(Role::Timestamp), |list| {
        let mut other = list[0].clone();
        other.as_object_mut().unwrap().insert("keyid", public);
        list.push(other);
    });
    repository.files_mut().insert("metadata/timestamp.json".to_owned(), both);
    assert_eq!(refused(&repository, &memory), "bad-signature");
}

/// A delegated role that wants the keys `a` and `b`, and is signed as `forge` leaves it.
fn delegated_to_two(forge: impl Fn(&[u8]) -> Vec<u8>) -> &'static str {
    let mut repository = Repository::new(NOW);
    let two = NonZeroU32::new(2).unwrap();
    let keys = KeySet::of(name("role"), [key("a").public(), key("b").public()], two);
    repository.delegations = roles(&[packman_tuf::DelegatedRole { keys, ..delegation("role", "*", false) }]);
    let draft = TargetsDraft::new(1, NOW.plus_days(30), BTreeMap::new());
    let forged = forge(&draft.sign(&[&key("a")]).unwrap());
    repository.listed.insert("role.json".to_owned(), MetaInfo::of(1, &forged));
    repository.files_mut().insert("metadata/1.role.json".to_owned(), forged);
    repository.publish();
    let memory = repository.remembered(NOW);
    look(&repository, &memory, "x").unwrap_err().code()
}

/// CVE-2026-6966 of tough: the check of 2020, and delegated roles went another way.
#[test]
fn one_key_that_signs_a_delegated_role_twice_counts_once() {
    let twice = |file: &[u8]| with_signatures(file, |list| list.push(list[0].clone()));
    assert_eq!(delegated_to_two(twice), "bad-metadata");
    assert_eq!(delegated_to_two(<[u8]>::to_vec), "bad-signature");
}

/// CVE-2026-23992 of go-tuf.
#[test]
fn a_delegation_whose_threshold_is_not_above_zero_is_refused() {
    for threshold in ["0", "-1"] {
        let mut repository = repository();
        let memory = repository.remembered(NOW);
        repository.delegations = roles(&[delegation("role", "*", false)]);
        repository.publish_targets();
        let to = format!("\"threshold\": {threshold}");
        let file = replaced(&repository.file(Role::Targets), "\"threshold\": 1", &to);
        let file = resigned(&file, &repository.signers(Role::Targets));
        let path = repository.path(Role::Targets);
        repository.files_mut().insert(path, file);
        repository.refresh();
        assert_eq!(refused(&repository, &memory), "bad-metadata", "{threshold}");
    }
}

/// CVE-2020-6173 of python-tuf: hundreds of copies of one bad signature, and each was verified.
#[test]
fn copies_of_a_bad_signature_are_refused_before_one_is_verified() {
    let flood = |file: &[u8], copies| {
        with_signatures(file, |list| {
            let mut bad = list[0].clone();
            bad.as_object_mut().unwrap().insert("sig", "00".repeat(64));
            list.extend(std::iter::repeat_n(bad, copies));
        })
    };
    assert_eq!(of_a_thief(Role::Timestamp, |file| flood(file, 1)), "bad-metadata");
    assert_eq!(of_a_thief(Role::Timestamp, |file| flood(file, 5_000)), "too-large");
    let many = flood(&repository().file(Role::Root), 500);
    assert_eq!(Envelope::parse("x", &many, u64::MAX).err().unwrap().code(), "bad-metadata");
}

/// CVE-2015-9258 of Notary: the signature said how it was to be verified, and a key was read as one of another kind.
#[test]
fn the_key_says_how_it_is_verified_and_not_the_signature() {
    let file = Repository::new(NOW).file(Role::Timestamp);
    let signer = Repository::new(NOW).signers(Role::Timestamp)[0].public();
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";
    let other = PublicKey::ecdsa_p256(pem).unwrap();
    for method in ["ed25519", "ecdsa", "rsassa-pss-sha256", "none"] {
        let said = with_signatures(&file, |list| {
            let entry = list[0].as_object_mut().unwrap();
            entry.insert("method", method);
            entry.insert("scheme", method);
        });
        let verify = |keys: &KeySet| {
            keys.verify::<Timestamp>(&Envelope::parse("x", &said, u64::MAX).unwrap()).map(|_| ())
        };
        assert_eq!(verify(&KeySet::of(Role::Timestamp, [signer.clone()], NonZeroU32::MIN)), Ok(()));
        let with_its_id = replaced(&said, signer.id().as_str(), other.id().as_str());
        let keys = KeySet::of(Role::Timestamp, [other.clone()], NonZeroU32::MIN);
        let envelope = Envelope::parse("x", &with_its_id, u64::MAX).unwrap();
        assert_eq!(keys.verify::<Timestamp>(&envelope).unwrap_err().code(), "bad-signature");
    }
}
