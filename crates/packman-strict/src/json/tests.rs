//! What strict JSON accepts and refuses.

use super::{Limits, Value, canonical, parse};

/// Reads a document and shows its canonical form, or why it is refused.
fn check(document: &str) -> String {
    match parse(document.as_bytes(), &Limits::default()) {
        Ok(value) => canonical(&value).map_or_else(|e| e.to_string(), |b| String::from_utf8(b).unwrap()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn reads_what_json_allows() {
    insta::assert_snapshot!(check(r#" {"b": [1, -2, true, null], "a": "x\u00e9\n\"\\"} "#), @r#"
    {"a":"xé
    \"\\","b":[1,-2,true,null]}
    "#);
}

#[test]
fn values_stay_small() {
    assert_eq!(size_of::<Value<'_>>(), 32);
}
