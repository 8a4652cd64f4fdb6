//! Typed reading: every error names the path of its value.

use crate::json::{Document, Limits, Reader, ShapeError};

const DOCUMENT: &[u8] = br#"{
  "signed": {"version": 3, "roles": {"root": {"threshold": "two", "keyids": ["ab", 7, {"x": []}]}}, "expires": null},
  "odd key\u001b": {"": [true]}, "same": ["a", "a", {"n": -1}], "big": 18446744073709551616
}"#;

fn check<T: std::fmt::Debug>(read: impl FnOnce(Reader<'_, '_>) -> Result<T, ShapeError>) -> String {
    let document = Document::parse(DOCUMENT, &Limits::default()).unwrap();
    read(Reader::root(&document))
        .map_or_else(|error| format!("{}: {error}", error.code()), |read| format!("{read:?}"))
}

#[test]
fn reads_what_is_there() {
    insta::assert_snapshot!(check(|root| root.member("signed")?.member("version")?.u64()), @"3");
    insta::assert_snapshot!(check(|root| root.optional("nothing").map(|found| found.is_none())), @"true");
    insta::assert_snapshot!(check(|root| Ok(root.member("signed")?.member("expires")?.non_null().is_none())), @"true");
    insta::assert_snapshot!(check(|root| root.members().map(|all| all.map(|(name, _)| name.len()).collect::<Vec<_>>())), @"[6, 8, 4, 3]");
    insta::assert_snapshot!(check(|root| root.member("same")?.elements()?.take(2).map(Reader::str).collect::<Result<Vec<_>, _>>().map(|all| all.concat())), @r#""aa""#);
}

#[test]
fn errors_name_the_path() {
    let keyid = |place: usize| {
        check(|root| {
            let keyids = root.member("signed")?.member("roles")?.member("root")?.member("keyids")?;
            keyids.elements()?.nth(place).unwrap().str().map(str::to_owned)
        })
    };
    insta::assert_snapshot!(keyid(1), @"json-shape: signed.roles.root.keyids[1]: found the number `7`, wanted a string");
    insta::assert_snapshot!(keyid(2), @"json-shape: signed.roles.root.keyids[2]: found an object, wanted a string");
    insta::assert_snapshot!(check(|root| root.member("signed")?.member("roles")?.member("root")?.member("threshold")?.u64()), @"json-shape: signed.roles.root.threshold: found the string `two`, wanted an integer from 0 to 2^64-1");
    insta::assert_snapshot!(check(|root| root.member("signed")?.member("type")?.u64()), @"json-shape: signed: found no member `type`, wanted one");
    insta::assert_snapshot!(check(|root| root.member("type")?.u64()), @"json-shape: the document: found no member `type`, wanted one");
    insta::assert_snapshot!(check(|root| root.str().map(str::to_owned)), @"json-shape: the document: found an object, wanted a string");
    insta::assert_snapshot!(check(|root| root.member("signed")?.elements().map(|_| ())), @"json-shape: signed: found an object, wanted an array");
    insta::assert_snapshot!(check(|root| root.member("same")?.members().map(|_| ())), @"json-shape: same: found an array, wanted an object");
    insta::assert_snapshot!(check(|root| root.member("same")?.elements()?.nth(1).unwrap().bool()), @"json-shape: same[1]: found the string `a`, wanted `true` or `false`");
    insta::assert_snapshot!(check(|root| root.member("same")?.elements()?.nth(2).unwrap().member("n")?.u64()), @"json-shape: same[2].n: found the number `-1`, wanted an integer from 0 to 2^64-1");
    insta::assert_snapshot!(check(|root| root.member("odd key\u{1b}")?.member("")?.elements()?.next().unwrap().u64()), @r"json-shape: `odd key\u{1b}`.``[0]: found `true`, wanted an integer from 0 to 2^64-1");
    insta::assert_snapshot!(check(|root| root.member("big")?.u64()), @"json-shape: big: found the number `18446744073709551616`, wanted an integer from 0 to 2^64-1");
    insta::assert_snapshot!(check(|root| root.member("signed")?.member("expires")?.object().map(|_| ())), @"json-shape: signed.expires: found null, wanted an object");
    insta::assert_snapshot!(check(|root| Err::<(), _>(root.member("signed")?.member("version")?.wrong("version 4"))), @"json-shape: signed.version: found the number `3`, wanted version 4");
}
