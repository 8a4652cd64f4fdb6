//! What strict JSON accepts and refuses, and what is signed over.

mod agree;
mod canonical;
mod oracle;
mod read;
mod tree;

use super::{JsonError, Limits, Value, parse};

/// Reads a document and writes it compactly, or says why it is refused.
fn check(document: &[u8]) -> String {
    check_within(document, &Limits::default())
}

fn check_within(document: &[u8], limits: &Limits) -> String {
    match parse(document, limits) {
        Ok(value) => String::from_utf8(value.to_bytes()).unwrap(),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

fn refuse(document: impl AsRef<[u8]>) -> JsonError {
    parse(document.as_ref(), &Limits::default()).unwrap_err()
}

#[test]
fn reads_what_json_allows() {
    for (document, read) in [
        ("null", "null"),
        (" \t\r\n true \t\r\n ", "true"),
        ("[ ]", "[]"),
        ("{ }", "{}"),
        ("[1 , 2\n,\t3]", "[1,2,3]"),
        (r#"{ "a" : { "b" : [ ] } , "" : false }"#, r#"{"a":{"b":[]},"":false}"#),
        ("0", "0"),
        ("-1", "-1"),
        ("-0.0", "-0.0"),
        ("1.50", "1.50"),
        ("1e5", "1e5"),
        ("1E+05", "1E+05"),
        ("0.1e-7", "0.1e-7"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        (r#""\"\\\/\b\f\n\r\t""#, r#""\"\\/\u0008\u000c\n\r\t""#),
        (r#""\u0041\u00e9\u20AC\ud83d\uDE00""#, r#""Aé€😀""#),
        ("\"\u{7f}\u{2028}\u{feff}\"", "\"\u{7f}\u{2028}\u{feff}\""),
    ] {
        assert_eq!(check(document.as_bytes()), read, "{document}");
    }
}

#[test]
fn refuses_what_is_not_json() {
    for document in [
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r#"{"a":1 "b":2}"#,
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        r#"{"a":1}{"#,
        r#"{"a":1}{"a":1}"#,
        "1 2",
        "1,",
        "\"",
        "\"a",
        r#""\""#,
        r#""\x""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\U0041""#,
        "'a'",
        "+1",
        "-",
        "--1",
        "01",
        "-01",
        "00",
        "1.",
        ".1",
        "1.e1",
        "1e",
        "1e+",
        "0x1",
        "1_0",
        "NaN",
        "Infinity",
        "-Infinity",
        "// c\n1",
        "/* c */ 1",
        "1 // c",
        "[1]#",
        "\u{a0}1",
        "\u{c}1",
        "1\0",
    ] {
        assert_eq!(refuse(document).code(), "json-malformed", "{document}");
    }
}

#[test]
fn says_where_and_what_was_wanted() {
    insta::assert_snapshot!(refuse(""), @"byte 0: found the end of the document, wanted a value");
    insta::assert_snapshot!(refuse("[1,]"), @"byte 3: found `]`, wanted a value");
    insta::assert_snapshot!(refuse("[1 2]"), @"byte 3: found `2`, wanted `,` or `]`");
    insta::assert_snapshot!(refuse("{\"a\":1 \u{1b}}"), @r"byte 7: found `\u{1b}`, wanted `,` or `}`");
    insta::assert_snapshot!(refuse("{a:1}"), @"byte 1: found `a`, wanted the name of a member");
    insta::assert_snapshot!(refuse("{\"a\"=1}"), @"byte 4: found `=`, wanted `:`");
    insta::assert_snapshot!(refuse("{}{}"), @"byte 2: found `{`, wanted the end of the document");
    insta::assert_snapshot!(refuse("012"), @"byte 1: found `1`, wanted a number without leading zeros");
    insta::assert_snapshot!(refuse("1.x"), @"byte 2: found `x`, wanted a digit");
    insta::assert_snapshot!(refuse("nul"), @"byte 0: found `n`, wanted `true`, `false` or `null`");
    insta::assert_snapshot!(refuse(r#""\x""#), @r#"byte 2: found `x`, wanted one of `"\/bfnrtu`"#);
    insta::assert_snapshot!(refuse("\"abc"), @r#"byte 4: found the end of the document, wanted `"`"#);
}

/// A reader in another language drops a byte order mark, takes Latin-1, or replaces what it cannot read.
#[test]
fn refuses_other_encodings() {
    insta::assert_snapshot!(check("\u{feff}{}".as_bytes()), @"json-malformed: byte 0: found a byte order mark, wanted a value");
    insta::assert_snapshot!(check(b"\"\xe9\""), @"json-malformed: byte 1: found bytes that are not UTF-8, wanted UTF-8");
    insta::assert_snapshot!(check(b"\"\xc0\x80\""), @"json-malformed: byte 1: found bytes that are not UTF-8, wanted UTF-8");
    insta::assert_snapshot!(check(b"\"\xed\xa0\x80\""), @"json-malformed: byte 1: found bytes that are not UTF-8, wanted UTF-8");
    insta::assert_snapshot!(check(b"\"\xf4\x90\x80\x80\""), @"json-malformed: byte 1: found bytes that are not UTF-8, wanted UTF-8");
    insta::assert_snapshot!(check(b"{\0}\0"), @r"json-malformed: byte 1: found `\0`, wanted the name of a member");
}

/// Some readers take the first of two members, some the last: whoever signs sees one, whoever installs another.
#[test]
fn refuses_two_members_of_one_name() {
    insta::assert_snapshot!(check(br#"{"a":1,"a":2}"#), @"json-duplicate-key: byte 0: found two members `a` in one object, wanted each name once");
    insta::assert_snapshot!(check(br#"{"a":1,"b":2,"a":1}"#), @"json-duplicate-key: byte 0: found two members `a` in one object, wanted each name once");
    insta::assert_snapshot!(check(br#"{"a":1,"\u0061":2}"#), @"json-duplicate-key: byte 0: found two members `a` in one object, wanted each name once");
    insta::assert_snapshot!(check(br#"{"/":1,"\/":2}"#), @"json-duplicate-key: byte 0: found two members `/` in one object, wanted each name once");
    insta::assert_snapshot!(check(br#"{"":1,"":2}"#), @"json-duplicate-key: byte 0: found two members `` in one object, wanted each name once");
    insta::assert_snapshot!(check(br#"[0,{"x":{"a":1,"a":2}}]"#), @"json-duplicate-key: byte 8: found two members `a` in one object, wanted each name once");
    // Two forms of one letter are two names: JSON compares code points.
    assert_eq!(check("{\"\u{e9}\":1,\"e\u{301}\":2}".as_bytes()), "{\"\u{e9}\":1,\"e\u{301}\":2}");
}

#[test]
fn finds_a_duplicate_among_very_many_names_wherever_it_stands() {
    let names: Vec<String> =
        (0..300_u32).map(|number| format!("\"{}\":0", number.wrapping_mul(2_654_435_761))).collect();
    assert!(parse(format!("{{{}}}", names.join(",")).as_bytes(), &Limits::default()).is_ok());
    for (first, second) in [(0, 299), (0, 1), (63, 64), (100, 250), (298, 299)] {
        let mut twice = names.clone();
        twice[second].clone_from(&names[first]);
        assert_eq!(refuse(format!("{{{}}}", twice.join(","))).code(), "json-duplicate-key");
    }
}

/// Python keeps half a pair, others replace it: two names become one, or one two.
#[test]
fn refuses_half_of_a_surrogate_pair() {
    for document in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\ud800\ud800""#,
        r#""\udc00\ud800""#,
        r#"{"\uDFFF":1}"#,
    ] {
        assert!(
            refuse(document).to_string().ends_with("found half of a surrogate pair, wanted both halves"),
            "{document}"
        );
    }
    insta::assert_snapshot!(refuse(r#"["\ud83d\u0041"]"#), @"byte 2: found half of a surrogate pair, wanted both halves");
}

#[test]
fn refuses_control_characters_in_strings() {
    for byte in 0..0x20_u8 {
        let error = refuse([b'"', b'a', byte, b'"']);
        assert_eq!(error.to_string(), "byte 2: found a control character in a string, wanted it escaped");
    }
}

#[test]
fn refuses_negative_zero() {
    insta::assert_snapshot!(check(b"-0"), @"json-malformed: byte 0: found `-0`, wanted `0`");
    insta::assert_snapshot!(check(br#"{"version":-0}"#), @"json-malformed: byte 11: found `-0`, wanted `0`");
}

#[test]
fn refuses_more_than_its_limits() {
    let limits = Limits { bytes: 12, depth: 2, nodes: 4 };
    assert_eq!(check_within(b"[[1, 2],  3]", &Limits { nodes: 5, ..limits }), "[[1,2],3]");
    insta::assert_snapshot!(check_within(b"[[1, 2],   3]", &limits), @"json-limit: byte 12: the document goes on, wanted at most 12 bytes");
    insta::assert_snapshot!(check_within(b"[[1, 2],  3]", &limits), @"json-limit: byte 10: values go on, wanted at most 4");
    insta::assert_snapshot!(check_within(b"[[[1]]]", &limits), @"json-limit: byte 2: nesting goes on, wanted at most 2 levels");
    insta::assert_snapshot!(check_within(br#"{"":{"":{}}}"#, &limits), @"json-limit: byte 8: nesting goes on, wanted at most 2 levels");
    assert_eq!(check_within(b"1", &Limits { depth: 0, ..limits }), "1");
    insta::assert_snapshot!(check_within(b"1", &Limits { nodes: 0, ..limits }), @"json-limit: byte 0: values go on, wanted at most 0");
}

/// Whatever a caller allows: the stack of a thread is not the caller's to spend.
#[test]
fn nesting_never_goes_deeper_than_256() {
    let limits = Limits { bytes: usize::MAX, depth: usize::MAX, nodes: usize::MAX };
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(check_within(nested(256).as_bytes(), &limits), nested(256));
    assert_eq!(
        check_within("[{\"a\":".repeat(1_000_000).as_bytes(), &limits),
        "json-limit: byte 768: nesting goes on, wanted at most 256 levels"
    );
}

/// No change of one byte crashes, reads as two things, or is lost on the way out and in again.
#[test]
fn every_change_of_one_byte_is_refused_or_survives_writing() {
    let document = r#"{"a": [1, -20.5e1, "x\n\u00e9\ud83d\ude00é"], "b": {"c": null, "d": true}}"#.as_bytes();
    for place in 0..document.len() {
        assert!(parse(&document[..place], &Limits::default()).is_err(), "the first {place} bytes");
        for change in 1..=255 {
            let mut changed = document.to_vec();
            changed[place] ^= change;
            let Ok(value) = parse(&changed, &Limits::default()) else { continue };
            for written in [value.to_bytes(), value.to_pretty()] {
                assert_eq!(parse(&written, &Limits::default()).unwrap(), value, "byte {place} ^ {change}");
            }
        }
    }
}

#[test]
fn borrows_strings_without_escapes() {
    let borrowed = |document: &'static [u8]| {
        let value = parse(document, &Limits::default()).unwrap();
        matches!(value, Value::String(std::borrow::Cow::Borrowed(_)))
    };
    assert!(borrowed("\"plain é\"".as_bytes()));
    assert!(!borrowed(br#""with \n escape""#));
}
