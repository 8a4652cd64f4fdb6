//! The canonical form, against what securesystemslib 1.6.0 writes for the same documents.

use crate::json::{Limits, Value, canonical, parse};

fn check(document: &str) -> String {
    let value = parse(document.as_bytes(), &Limits::default()).unwrap();
    canonical(&value)
        .map_or_else(|error| format!("{}: {error}", error.code()), |bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn is_that_of_securesystemslib() {
    let vectors = parse(include_bytes!("canonical-vectors.json"), &Limits::default()).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 32);
    for vector in vectors {
        let [document, form] = vector.as_array().unwrap() else { panic!("a vector has two strings") };
        assert_eq!(check(document.as_str().unwrap()), form.as_str().unwrap());
    }
}

/// JSON escapes control characters; the canonical form does not, so it is not always JSON.
#[test]
fn escapes_only_quotes_and_backslashes() {
    assert_eq!(check(r#""a\"b\\c\nd\u0000e\/""#), "\"a\\\"b\\\\c\nd\0e/\"");
}

#[test]
fn does_not_depend_on_white_space_escapes_or_the_order_of_members() {
    let forms = [
        r#"{"b":[1,"é"],"a":{"d":0,"c":""}}"#,
        "{ \"a\" : {\"c\":\"\", \"d\":0},\n\"\\u0062\":[1,\"\\u00e9\"] }",
    ];
    assert_eq!(check(forms[0]), check(forms[1]));
}

/// `1.0`, `1` and `10e-1` are one number with three texts: which of them was signed?
#[test]
fn refuses_numbers_that_are_not_integers() {
    insta::assert_snapshot!(check("[1.0]"), @"json-not-canonical: number `1.0` has no canonical form, wanted an integer");
    insta::assert_snapshot!(check(r#"{"a":1e3}"#), @"json-not-canonical: number `1e3` has no canonical form, wanted an integer");
    insta::assert_snapshot!(check("-0.0"), @"json-not-canonical: number `-0.0` has no canonical form, wanted an integer");
}

#[test]
fn building_gives_the_form_that_parsing_gives() {
    let built = Value::from(
        crate::json::Object::new().with("version", 7).with("a", "x\n").with("list", vec![true.into()]),
    );
    let parsed = parse(br#"{"version":7,"a":"x\n","list":[true]}"#, &Limits::default()).unwrap();
    assert_eq!(built, parsed);
    assert_eq!(canonical(&built), canonical(&parsed));
}
