//! The safety number: the vectors of its document, and what is read as one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use insta::assert_snapshot;
use packman_strict::{Sha256, json};
use packman_tuf::{Answer, FirstUse, Limits, SafetyNumber};

const DOCUMENT: &str = include_str!("../../../docs/formats/safety-number.md");

/// The blocks of one language in the test vectors of the document.
fn blocks(language: &str) -> Vec<&'static str> {
    let vectors = DOCUMENT.split_once("## Test vectors").unwrap().1;
    let blocks = vectors.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)).map(str::trim).collect()
}

fn number_of(root: &str) -> SafetyNumber {
    let mut first_use = FirstUse::remembering(Limits::default());
    first_use.answer(Answer::Bytes(root.as_bytes())).unwrap();
    first_use.answer(Answer::Missing).unwrap();
    SafetyNumber::of_root(first_use.finish().unwrap().root())
}

/// What step 2 of the document gives.
fn digest_of(root: &str) -> Sha256 {
    let root = json::parse(root.as_bytes(), &json::Limits::default()).unwrap();
    let signed = json::canonical(root.as_object().unwrap().get("signed").unwrap()).unwrap();
    Sha256::of(&[b"packman-root-v1\0", &signed[..]].concat())
}

#[test]
fn the_vectors_of_the_document_hold() {
    let (roots, results) = (blocks("json"), blocks("text"));
    assert_eq!((roots.len(), results.len()), (4, 4));
    for (root, result) in roots.iter().zip(&results) {
        let (digest, number) = result.split_once('\n').unwrap();
        assert_eq!(digest_of(root).to_string(), digest);
        assert_eq!(number_of(root).to_string(), number);
    }
    assert!(results.last().unwrap().contains("\n00000 "), "one begins with zeros");
}

#[test]
fn a_numbered_vector_is_a_beginning() {
    for (root, result) in blocks("json").iter().zip(blocks("text")) {
        let number = SafetyNumber::parse(result.lines().last().unwrap()).unwrap();
        let mut first_use = FirstUse::with_number(number, Limits::default());
        first_use.answer(Answer::Bytes(root.as_bytes())).unwrap();
        first_use.answer(Answer::Missing).unwrap();
        assert_eq!(first_use.finish().unwrap().numbers(), [(1, number)]);
    }
}

#[test]
fn reads_60_digits_however_they_are_grouped() {
    let number = SafetyNumber::parse(&"01234 ".repeat(12)).unwrap();
    assert_eq!(number.to_string(), "01234 ".repeat(12).trim_end());
    assert_eq!(number.digits(), "01234".repeat(12));
    for text in [
        "01234".repeat(12),
        "01234-".repeat(12),
        "01234\u{2013}".repeat(12),
        "\u{a0}01234\u{a0}".repeat(12),
        "01234\r\n".repeat(12),
        "\t0 1 2 3 4".repeat(12),
        "0123401234 0123401234\n".repeat(3),
    ] {
        assert_eq!(SafetyNumber::parse(&text).unwrap(), number, "{text:?}");
    }
}

#[test]
fn refuses_everything_else() {
    let texts: Vec<_> = [
        String::new(),
        "01234 ".repeat(11),
        "01234 ".repeat(11) + "0123",
        "01234 ".repeat(12) + "0",
        "01234 ".repeat(1_000_000),
        "0123f ".repeat(12),
        "0x".to_owned() + &"01234".repeat(12),
        "01234, ".repeat(12),
        "٠١٢٣٤ ".repeat(12),
        "01234\u{202e}".repeat(12),
    ]
    .iter()
    .map(|text| SafetyNumber::parse(text).unwrap_err().to_string())
    .collect();
    assert_snapshot!(texts.join("\n"), @r"
    safety number has 0 digits, wanted 60
    safety number has 55 digits, wanted 60
    safety number has 59 digits, wanted 60
    safety number has 61 digits, wanted 60
    safety number has 5000000 digits, wanted 60
    safety number has `f`, wanted digits in groups
    safety number has `x`, wanted digits in groups
    safety number has `,`, wanted digits in groups
    safety number has `٠`, wanted digits in groups
    safety number has `\u{202e}`, wanted digits in groups
    ");
}
