//! The parser that ships against the plain one, and the two ways to the canonical form, on documents that were made and
//! broken at random.

use super::oracle;
use crate::json::{Canonical, Document, Limits, Reader, Value, canonical, parse};

const SEEDS: &[&str] = &[
    r#"{"a": [1, -20.5e1, "x\n\u00e9\ud83d\ude00é"], "b": {"c": null, "d": true}}"#,
    r#"{"signatures":[{"keyid":"ab","sig":"00"}],"signed":{"_type":"targets","version":1,"targets":{"p/a.json":{"hashes":{"sha256":"5feceb66ffc86f38"},"length":1},"p/b.json":{"length":2,"hashes":{}}}}}"#,
    "{\n \"b\": {\n  \"z\": 1,\n  \"a\\\\\": \"\\\"\"\n },\n \"a\": [ ],\n \"\\u0061b\": \"long text without any escape at all, longer than a word\"\n}\n",
    r#"[[[[]],{}],-0.0,0,10,1E+05,"\ud800\udc00",{"":{"":{"":""}}},"a\/b",false]"#,
    r#"{"b":1,"a":2,"c":{"z":[{"y":1,"x":2}],"y":{}},"aa":"\\","\"":0}"#,
];

/// Pieces of which mutations are made: the grammar's own, and what is near it.
const PIECES: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0061", "\\ud83d", "\\udc00", "0", "-", "-0", "1.5", "e",
    "null", "true", "\"a\":1,", " ", "\n", "\t", "\u{0}", "\u{1f}", "é", "\u{feff}", "\"a\"", "\"b\":",
    "[[[[[[[[", "12345678",
];

/// A generator that is the same on every machine (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap()
    }
}

fn mutated(chance: &mut Chance) -> Vec<u8> {
    let mut bytes = SEEDS[chance.below(SEEDS.len())].as_bytes().to_vec();
    for _ in 0..=chance.below(3) {
        let (from, to) = (chance.below(bytes.len() + 1), chance.below(bytes.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match chance.below(5) {
            0 if from < bytes.len() => bytes[from] = u8::try_from(chance.below(256)).unwrap(),
            1 => drop(bytes.drain(from..to.min(from + 9))),
            2 => {
                let copy = bytes[from..to].to_vec();
                let at = chance.below(bytes.len() + 1);
                bytes.splice(at..at, copy);
            }
            _ => {
                let piece = PIECES[chance.below(PIECES.len())].bytes();
                bytes.splice(from..from, piece);
            }
        }
    }
    bytes
}

fn check(bytes: &[u8], limits: &Limits) -> bool {
    let (ours, plain) = (parse(bytes, limits), oracle::parse(bytes, limits));
    assert_eq!(ours, plain, "{}", String::from_utf8_lossy(bytes));
    let Ok(value) = ours else { return false };
    let document = Document::parse(bytes, limits).unwrap();
    let root = Reader::root(&document);
    let streamed = Canonical::of(root).map(|form| form.to_vec());
    assert_eq!(streamed.as_ref().ok(), canonical(&value).as_ref().ok(), "{}", String::from_utf8_lossy(bytes));
    check_parts(root, &value);
    true
}

/// Every value inside reads the same, and its form is that of its own tree.
fn check_parts(reader: Reader<'_, '_>, value: &Value<'_>) {
    assert_eq!(&reader.value(), value);
    if let Ok(form) = Canonical::of(reader) {
        assert_eq!(form.to_vec(), canonical(value).unwrap());
    }
    match value {
        Value::Array(elements) => {
            assert_eq!(reader.elements().unwrap().len(), elements.len());
            reader.elements().unwrap().zip(elements).for_each(|(one, other)| check_parts(one, other));
        }
        Value::Object(object) => {
            assert_eq!(reader.members().unwrap().len(), object.len());
            for ((name, one), (wanted, other)) in reader.members().unwrap().zip(object.iter()) {
                assert_eq!(name, wanted);
                check_parts(one, other);
            }
        }
        Value::String(text) => assert_eq!(reader.str().unwrap(), text),
        Value::Number(number) => assert_eq!(reader.u64().ok(), number.as_u64()),
        Value::Bool(bool) => assert_eq!(reader.bool().unwrap(), *bool),
        Value::Null => assert!(reader.non_null().is_none()),
    }
}

/// `PACKMAN_MUTATIONS` asks for more of them.
#[test]
fn the_parser_agrees_with_the_plain_one_whatever_is_mutated() {
    let rounds = option_env!("PACKMAN_MUTATIONS").and_then(|text| text.parse().ok()).unwrap_or(60_000);
    let mut chance = Chance(1);
    let mut read = 0;
    for round in 0..rounds {
        let bytes = mutated(&mut chance);
        let limits = match round % 8 {
            0 => Limits { bytes: chance.below(400), depth: chance.below(9), nodes: chance.below(40) },
            _ => Limits::default(),
        };
        read += u32::from(check(&bytes, &limits));
    }
    assert!(read > rounds / 20, "only {read} of {rounds} were read");
    for seed in SEEDS {
        assert!(check(seed.as_bytes(), &Limits::default()));
    }
}

/// A form that stands in its document is handed on from there, in one piece however long it is.
#[test]
fn a_canonical_document_is_written_as_it_stands() {
    let long = "x".repeat(100_000);
    let text = format!(r#"{{"signed":{{"a":["{long}",1],"b":{{"c":null}}}}}}"#);
    let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
    let signed = Reader::root(&document).member("signed").unwrap();
    let mut pieces = Vec::new();
    Canonical::of(signed).unwrap().write(&mut |piece| pieces.push((piece.as_ptr(), piece.len())));
    pieces.retain(|(_, length)| *length > 0);
    assert_eq!(pieces, [(text.as_bytes()[10..].as_ptr(), text.len() - 11)]);
}
