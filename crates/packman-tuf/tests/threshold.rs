//! Counting signatures: distinct keys by their material, over the canonical form, against a threshold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::format_collect,
    reason = "a test may fail loudly"
)]

mod craft;

use std::num::NonZeroU32;

use craft::{NOW, replaced, resigned, unsigned};
use insta::assert_snapshot;
use packman_tuf::{
    Envelope, KeySet, MetaInfo, PublicKey, Refusal, Role, SigningKey, Timestamp, TimestampDraft, Verified,
    add_signature,
};
use testkit::repository::Repository;

const PATH: &str = "metadata/timestamp.json";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

fn keys(seeds: &[u8], threshold: u32) -> KeySet {
    let keys = seeds.iter().map(|seed| key(*seed).public());
    KeySet::of(Role::Timestamp, keys, NonZeroU32::new(threshold).unwrap())
}

fn signed_by(seeds: &[u8]) -> Vec<u8> {
    let signers: Vec<_> = seeds.iter().map(|seed| key(*seed)).collect();
    let draft = TimestampDraft::new(5, NOW.plus_days(1), MetaInfo::of(4, b"snapshot"));
    draft.sign(&signers.iter().collect::<Vec<_>>()).unwrap()
}

fn verify(keys: &KeySet, file: &[u8]) -> Result<Verified<Timestamp>, Refusal> {
    keys.verify(&Envelope::parse(PATH, file, u64::MAX)?)
}

/// The verdict on a file: its version, or code and text of the refusal.
fn check(keys: &KeySet, file: &[u8]) -> String {
    match verify(keys, file) {
        Ok(timestamp) => format!("version {}", timestamp.version()),
        Err(refusal) => format!("{}: {refusal}", refusal.code()),
    }
}

#[test]
fn a_threshold_of_distinct_keys_is_enough() {
    assert_snapshot!(check(&keys(&[1], 1), &signed_by(&[1])), @"version 5");
    assert_snapshot!(check(&keys(&[1, 2, 3], 2), &signed_by(&[1, 3])), @"version 5");
    assert_snapshot!(check(&keys(&[1, 2, 3], 2), &signed_by(&[1, 9, 3, 8])), @"version 5");
}

#[test]
fn fewer_are_not() {
    assert_snapshot!(check(&keys(&[1, 2, 3], 2), &signed_by(&[3])), @"bad-signature: `metadata/timestamp.json`: signed by 1 of the `timestamp` keys, wanted 2");
    assert_snapshot!(check(&keys(&[1, 2], 2), &signed_by(&[1, 9])), @"bad-signature: `metadata/timestamp.json`: signed by 1 of the `timestamp` keys, wanted 2");
    assert_snapshot!(check(&keys(&[1], 1), &signed_by(&[])), @"bad-signature: `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1");
    // More than there are keys: nobody can ever sign enough.
    assert_snapshot!(check(&keys(&[1, 2], 3), &signed_by(&[1, 2])), @"bad-signature: `metadata/timestamp.json`: signed by 2 of the `timestamp` keys, wanted 3");
}

#[test]
fn refuses_one_key_signing_twice_under_one_id() {
    let file = String::from_utf8(signed_by(&[1])).unwrap();
    let start = file.find("  {").unwrap();
    let end = file.find("  }").unwrap() + 3;
    let twice = format!("{},\n{}", &file[..end], &file[start..]);
    assert_snapshot!(check(&keys(&[1, 2], 2), twice.as_bytes()), @"bad-metadata: `metadata/timestamp.json`: signatures[1].keyid: found the string `7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828b12`, wanted each key id once");
}

/// A root whose keys say that one key has two ids, and that both must sign.
#[test]
fn refuses_one_key_signing_twice_under_two_ids() {
    let mut repository = Repository::new(NOW);
    let memory = repository.remembered(NOW);
    let online = repository.signers(Role::Timestamp)[0].clone();
    let id = online.id().to_string();
    let alias = "0".repeat(64);
    repository.publish_root();
    let root = String::from_utf8(unsigned(&repository.file(Role::Root))).unwrap();
    let object = &root[root.find(&format!("\"{id}\": {{")).unwrap()..];
    let object = &object[object.find('{').unwrap()..object.find("\n   }").unwrap() + 5];
    let root = root.replacen("\"keys\": {", &format!("\"keys\": {{\"{alias}\": {object},"), 1);
    let twice = format!("\"{id}\",\"{alias}\"\n    ],\n    \"threshold\": 2");
    let root = root.replace(&format!("\"{id}\"\n    ],\n    \"threshold\": 1"), &twice);
    let root = resigned(root.as_bytes(), &repository.signers(Role::Root));
    repository.files_mut().insert("metadata/2.root.json".to_owned(), root);
    repository.publish();
    let timestamp = String::from_utf8(repository.file(Role::Timestamp)).unwrap();
    let entry = &timestamp[timestamp.find("  {").unwrap()..timestamp.find("  }").unwrap() + 3];
    let both = format!("{entry},{}", entry.replace(&id, &alias));
    repository.files_mut().insert(PATH.to_owned(), timestamp.replacen(entry, &both, 1).into_bytes());
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.memory.root().keys(Role::Timestamp).keys().len(), 2, "the root itself is fine");
    assert_snapshot!(outcome.refusal.unwrap(), @"`metadata/timestamp.json`: signed by 1 of the `timestamp` keys, wanted 2");
}

#[test]
fn signatures_hold_over_the_canonical_form_alone() {
    let set = keys(&[1], 1);
    let file = signed_by(&[1]);
    for (from, to) in [
        ("\n", "\r\n\t  "),
        ("\"version\": 5", "\"version\":5"),
        ("\"timestamp\"", "\"\\u0074imestamp\""),
        ("\"signatures\": [", "\"unsigned\": 7, \"signatures\": ["),
    ] {
        assert_eq!(check(&set, &replaced(&file, from, to)), "version 5", "{from}");
    }
    for (from, to) in [
        ("\"version\": 5", "\"version\": 6"),
        ("\"version\": 5", "\"version\": 5, \"x\": 0"),
        ("\"timestamp\"", "\"timestamp \""),
    ] {
        assert!(check(&set, &replaced(&file, from, to)).starts_with("bad-signature"), "{from}");
    }
}

#[test]
fn refuses_other_spellings_of_a_signature() {
    let set = keys(&[1], 1);
    let file = signed_by(&[1]);
    let text = std::str::from_utf8(&file).unwrap();
    let start = text.find("\"sig\": \"").unwrap() + 8;
    let signature = &text[start..start + 128];
    // A signature with the group order added to its scalar: the same to a verifier that is not strict.
    let high = add_group_order(signature);
    for other in
        [String::new(), signature.to_uppercase(), format!("{signature}00"), format!(" {signature}"), high]
    {
        assert!(check(&set, &replaced(&file, signature, &other)).starts_with("bad-signature"), "{other}");
    }
}

/// The signature R, S + L, where L is the order of the group of Ed25519 (RFC 8032, 5.1).
fn add_group_order(signature: &str) -> String {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    let sum: String = (0..32)
        .map(|place| {
            let digits = &signature[64 + 2 * place..66 + 2 * place];
            let sum = u16::from_str_radix(digits, 16).unwrap() + u16::from(order[place]) + carry;
            carry = sum >> 8;
            format!("{:02x}", sum & 0xff)
        })
        .collect();
    format!("{}{sum}", &signature[..64])
}

#[test]
fn refuses_keys_of_small_order_that_everything_is_signed_by() {
    // The neutral point as a key, and as the R of a signature whose S is 0: it holds for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = PublicKey::ed25519(neutral);
    let set = KeySet::of(Role::Timestamp, [weak.clone()], NonZeroU32::MIN);
    let file = signed_by(&[1]);
    let text = String::from_utf8(file).unwrap();
    let start = text.find("\"sig\": \"").unwrap() + 8;
    let forged = text.replace(&text[start..start + 128], &format!("01{}", "0".repeat(126)));
    let forged = forged.replace(&key(1).id().to_string(), &weak.id().to_string());
    assert_snapshot!(check(&set, forged.as_bytes()), @"bad-signature: `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1");
}

#[test]
fn a_flood_of_signatures_is_refused_before_one_is_verified() {
    let entry = |n: usize| format!("{{\"keyid\":\"{n}\",\"sig\":\"00\"}}");
    let flood = |n: usize| {
        let list: Vec<_> = (0..n).map(entry).collect();
        format!("{{\"signatures\":[{}],\"signed\":{{}}}}", list.join(","))
    };
    assert_snapshot!(check(&keys(&[1], 1), flood(1_001).as_bytes()), @"bad-metadata: `metadata/timestamp.json`: signatures: found an array, wanted at most 1,000 signatures");
    assert_snapshot!(check(&keys(&[1], 1), flood(1_000).as_bytes()), @"bad-signature: `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1");
}

#[test]
fn keepers_of_a_threshold_sign_one_after_the_other() {
    let set = keys(&[1, 2, 3], 3);
    let mut file = signed_by(&[]);
    for (seed, found) in [(1, 1), (2, 2), (2, 2)] {
        file = add_signature(PATH, &file, &key(seed)).unwrap();
        assert!(check(&set, &file).contains(&format!("signed by {found} of")), "{}", check(&set, &file));
    }
    file = add_signature(PATH, &file, &key(3)).unwrap();
    assert_eq!(check(&set, &file), "version 5");
    assert_eq!(file, signed_by(&[3, 2, 1]), "whoever signs first, the file is the same");
}

#[test]
fn refuses_files_without_the_shape_of_one() {
    let set = keys(&[1], 1);
    let texts: Vec<_> = [
        "",
        "[]",
        "{}",
        "{\"signatures\": {}, \"signed\": {}}",
        "{\"signatures\": [], \"signed\": []}",
        "{\"signatures\": [{\"keyid\": 1, \"sig\": \"\"}], \"signed\": {}}",
        "{\"signatures\": [{\"keyid\": \"a\"}], \"signed\": {}}",
        "{\"signatures\": [], \"signed\": {}} {}",
        "\u{feff}{\"signatures\": [], \"signed\": {}}",
    ]
    .iter()
    .map(|file| check(&set, file.as_bytes()))
    .collect();
    assert_snapshot!(texts.join("\n"), @r"
    bad-json: `metadata/timestamp.json`: byte 0: found the end of the document, wanted a value
    bad-metadata: `metadata/timestamp.json`: the document: found an array, wanted an object
    bad-metadata: `metadata/timestamp.json`: the document: found no member `signatures`, wanted one
    bad-metadata: `metadata/timestamp.json`: signatures: found an object, wanted an array
    bad-metadata: `metadata/timestamp.json`: signed: found an array, wanted an object
    bad-metadata: `metadata/timestamp.json`: signatures[0].keyid: found the number `1`, wanted a string
    bad-metadata: `metadata/timestamp.json`: signatures[0]: found no member `sig`, wanted one
    bad-json: `metadata/timestamp.json`: byte 33: found `{`, wanted the end of the document
    bad-json: `metadata/timestamp.json`: byte 0: found a byte order mark, wanted a value
    ");
    let deep = format!("{{\"signatures\":[],\"signed\":{}", "[".repeat(100_000));
    assert!(check(&set, deep.as_bytes()).starts_with("bad-json: "));
}
