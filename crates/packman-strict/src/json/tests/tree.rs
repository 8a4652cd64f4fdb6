//! Building, changing and writing values.

use crate::json::{Limits, Number, Object, Value, parse};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn members_keep_their_order() {
    let mut object = Object::new().with("z", 1).with("a", "two").with("m", Value::Null);
    assert_eq!(object.insert("a", 3), Some("two".into()));
    assert_eq!(object.insert("b", true), None);
    assert_eq!(object.remove("m"), Some(Value::Null));
    assert_eq!(object.remove("m"), None);
    assert_eq!(object.keys().collect::<Vec<_>>(), ["z", "a", "b"]);
    assert_eq!((object.len(), object.is_empty(), object.get("m")), (3, false, None));
    if let Some(value) = object.get_mut("z") {
        *value = vec![Value::from("x")].into();
    }
    assert_eq!(text(Value::from(object).to_bytes()), r#"{"z":["x"],"a":3,"b":true}"#);
}

#[test]
fn collecting_members_keeps_the_last_of_each_name() {
    let object: Object<'_> = [("b", 1), ("a", 2), ("b", 3)].into_iter().collect();
    assert_eq!(text(Value::from(object).to_bytes()), r#"{"b":3,"a":2}"#);
}

#[test]
fn writes_for_people() {
    let document = br#"{"a":[],"b":{},"c":[1,[2]],"d":{"e":"x\u0001\u001f"}}"#;
    insta::assert_snapshot!(text(parse(document, &Limits::default()).unwrap().to_pretty()), @r#"{
 "a": [],
 "b": {},
 "c": [
  1,
  [
   2
  ]
 ],
 "d": {
  "e": "x\u0001\u001f"
 }
}"#);
}

#[test]
fn an_owned_value_outlives_its_document() {
    let owned = {
        let document = br#"{"a":["b",1,null,true,{"c":"\n"}]}"#.to_vec();
        parse(&document, &Limits::default()).unwrap().into_owned()
    };
    assert_eq!(text(owned.to_bytes()), r#"{"a":["b",1,null,true,{"c":"\n"}]}"#);
}

#[test]
fn numbers_are_their_text() {
    let number = |text: &'static str| match parse(text.as_bytes(), &Limits::default()).unwrap() {
        Value::Number(number) => number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
    assert_eq!(number("18446744073709551616").as_u64(), None);
    assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
    assert_eq!((number("-1").as_u64(), number("1.0").as_u64(), number("1e2").as_u64()), (None, None, None));
    assert!(number("123456789012345678901234567890").is_integer());
    assert!(!number("1.0").is_integer() && !number("1e2").is_integer() && !number("1E2").is_integer());
    assert_ne!(number("1.0"), number("1"));
    assert_eq!((Number::from(7_u64), Number::from(-7_i64)), (number("7"), number("-7")));
}
