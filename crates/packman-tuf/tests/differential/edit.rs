//! Edits of what is signed: a member somewhere gets another value or another name, goes, or is one more.

use packman_strict::json::{self, Value};

use crate::rng::Rng;

pub(crate) const VERSIONS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1000000000000000000000000000000",
    "true",
    "\"1\"",
    "null",
    "[]",
    "4294967296",
    "5",
];

/// Values that mean something where they stand.
const VALUES: &[(&str, &[&str])] = &[
    ("version", &VERSIONS),
    ("threshold", &["0", "-1", "1", "2", "3", "4294967295", "4294967296", "true", "\"1\"", "null"]),
    ("length", &["0", "-1", "1", "18446744073709551616", "true", "\"5\"", "null"]),
    (
        "expires",
        &[
            "\"2030-1-5T0:0:0Z\"",
            "\"2031-01-01T00:00:00.5Z\"",
            "\"2031-01-01T00:00:00+00:00\"",
            "\"2031-01-01T00:00:00z\"",
            "\"2031-01-01 00:00:00Z\"",
            "\"2031-02-30T00:00:00Z\"",
            "\"2031-01-01T24:00:00Z\"",
            "\"2031-01-01T23:59:60Z\"",
            "\"9999-12-31T23:59:59Z\"",
            "\"10000-01-01T00:00:00Z\"",
            "\"2031-01-01T00:00Z\"",
            "1924905600",
            "\"2031-01-01T00:00:00\"",
            "\"0000-01-01T00:00:00Z\"",
            "\" 2031-01-01T00:00:00Z\"",
            "\"2031-01-01T00:00:00Z \"",
            "\"2028-02-29T00:00:00Z\"",
            "\"2031-12-31T23:59:59Z\"",
        ],
    ),
    (
        "spec_version",
        &[
            "\"1.0\"",
            "\"1\"",
            "\"2.0.0\"",
            "\"1.0.31-rc\"",
            "\"1.99.99\"",
            "\"01.0.0\"",
            "\"1.0.31.1\"",
            "\"1.\u{b2}\"",
            "\"\"",
            "\"1..0\"",
            "1",
            "\"1.0.18446744073709551616\"",
            "\"1.\u{661}.0\"",
            "\" 1.0.0\"",
        ],
    ),
    ("_type", &["\"root\"", "\"timestamp\"", "\"snapshot\"", "\"targets\"", "\"Root\"", "\"mirrors\"", "1"]),
    ("keytype", &["\"ecdsa\"", "\"rsa\"", "\"unknown\"", "\"\"", "1"]),
    ("scheme", &["\"ecdsa-sha2-nistp256\"", "\"rsassa-pss-sha256\"", "\"unknown\"", "\"ed25519ph\"", "1"]),
    ("keyval", &["{}", "{\"public\": 1}", "[]", "{\"private\": \"00\"}"]),
    ("public", &["\"\"", "\"00\"", "\"zz\"", "1", "UPPER"]),
    ("consistent_snapshot", &["false", "true", "null", "1", "\"true\""]),
    ("terminating", &["true", "false", "1", "0", "\"true\"", "null"]),
    (
        "paths",
        &[
            "[]",
            "[\"*\"]",
            "[\"[a-z]\"]",
            "[\"[!a]\"]",
            "[\"?\"]",
            "[\"**\"]",
            "[\"*/*\"]",
            "[\"\"]",
            "[\"x\"]",
            "[1]",
            "\"*\"",
            "null",
            "[\"[]\"]",
            "[\"[a]\"]",
            "[\"X\"]",
            "[\"\\\\x\"]",
            "[\"t/\"]",
        ],
    ),
    ("path_hash_prefixes", &["[]", "[\"\"]", "[\"A\"]", "[\"g\"]", "[1]", "null", "[\"0\", \"F\"]", "\"0\""]),
    ("name", &["\"\"", "\"root\"", "\"targets\"", "\"../x\"", "\"a\"", "\"A\"", "\"\u{fc}\"", "1", "null"]),
    ("bit_length", &["0", "1", "2", "3", "33", "-1", "true", "\"1\""]),
    ("name_prefix", &["\"\"", "\"root\"", "\"x\"", "1", "\"bin-\""]),
    ("keyids", &["[]", "[\"nobody\"]", "\"abc\"", "{}", "[1]", "null"]),
    (
        "hashes",
        &[
            "{}",
            "null",
            "{\"sha256\": \"\"}",
            "{\"x-hash\": \"00\"}",
            "[]",
            "{\"md5\": \"00\"}",
            "{\"sha256\": 1}",
        ],
    ),
    (
        "sha256",
        &[
            "\"\"",
            "\"00\"",
            "1",
            "UPPER",
            "\"0000000000000000000000000000000000000000000000000000000000000000\"",
        ],
    ),
    ("sha512", &["\"\"", "\"00\"", "1", "UPPER"]),
];
const ANY: [&str; 14] = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "[null]",
    "{\"a\": 1}",
    "18446744073709551616",
    "\"\u{1f511}\\u0000\\\"\\\\\"",
    "[[[[[[[[[[]]]]]]]]]]",
];
const NAMES: [&str; 12] =
    ["../x", "/x", "a//b", "a\\b", "", "x/./y", "root", "mirrors", "x-more", "\u{ffee}", "\u{10000}", "t/.."];

/// The way to a member or an element.
type Place = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Name(String),
    Index(usize),
}

impl Step {
    fn told(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Index(index) => index.to_string(),
        }
    }
}

fn places(of: &Value<'static>, before: &Place, all: &mut Vec<Place>) {
    let mut add = |step: Step, value: &Value<'static>| {
        let place = [&before[..], &[step]].concat();
        all.push(place.clone());
        places(value, &place, all);
    };
    match of {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| add(Step::Name(name.to_owned()), value))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| add(Step::Index(index), value))
        }
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value<'static>, place: &[Step]) -> &'v mut Value<'static> {
    place.iter().fold(value, |value, step| match (value, step) {
        (Value::Object(object), Step::Name(name)) => object.get_mut(name).unwrap(),
        (Value::Array(list), Step::Index(index)) => &mut list[*index],
        _ => unreachable!(),
    })
}

/// Edits something, and says what became of which member.
pub(crate) fn edit(signed: &mut Value<'static>, rng: &mut Rng) -> String {
    let mut all = Vec::new();
    places(signed, &Vec::new(), &mut all);
    // First what the members are called, so that a rare one is met as often as one that there is many of.
    let called = |place: &Place| {
        place.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(name.clone()),
            Step::Index(_) => None,
        })
    };
    let mut names: Vec<_> = all.iter().filter_map(called).collect();
    names.sort();
    names.dedup();
    let name = rng.one_of(&names);
    let all: Vec<_> = all.into_iter().filter(|place| called(place).as_ref() == Some(&name)).collect();
    let place = rng.one_of(&all);
    let (last, before) = place.split_last().unwrap();
    let old = at(signed, &place).clone();
    let special = VALUES.iter().find(|(of, _)| *of == name).map(|(_, values)| *values).unwrap_or_default();
    let told = place.iter().map(Step::told).collect::<Vec<_>>().join(".");
    let parent = at(signed, before);
    match rng.below(10) {
        0 => {
            remove(parent, last);
            format!("{told} gone")
        }
        1 => {
            let other = rng.one_of(&NAMES);
            add(parent, last, other, old);
            format!("{told} also as {other}")
        }
        2 => {
            remove(parent, last);
            let other = rng.one_of(&NAMES);
            add(parent, last, other, old);
            format!("{told} now {other}")
        }
        3 => {
            let (other, new) = (rng.one_of(&NAMES), rng.one_of(&ANY));
            add(parent, last, other, value(new));
            format!("beside {told} {other}: {new}")
        }
        4..=7 if !special.is_empty() => {
            let text = rng.one_of(special);
            let new = match text {
                "UPPER" => old.as_str().unwrap_or_default().to_uppercase().into(),
                text => value(text),
            };
            *at(signed, &place) = new;
            format!("{told}: {text}")
        }
        _ => {
            let new = rng.one_of(&ANY);
            *at(signed, &place) = value(new);
            format!("{told}: {new}")
        }
    }
}

fn remove(parent: &mut Value<'static>, step: &Step) {
    match (parent, step) {
        (Value::Object(object), Step::Name(name)) => drop(object.remove(name)),
        (Value::Array(list), Step::Index(index)) => drop(list.remove(*index)),
        _ => {}
    }
}

fn add(parent: &mut Value<'static>, step: &Step, name: &str, new: Value<'static>) {
    match (parent, step) {
        (Value::Object(object), _) => drop(object.insert(name.to_owned(), new)),
        (Value::Array(list), Step::Index(index)) => list.insert(*index, new),
        _ => {}
    }
}

/// Sets the member that these names lead to; a list is gone into by its first element, `*` the first member of an object.
pub(crate) fn put(signed: &mut Value<'static>, names: &[&str], new: Value<'static>) {
    let Some((last, before)) = names.split_last() else { return };
    let parent = before.iter().try_fold(signed, |value, name| match value {
        Value::Object(object) => object.get_mut(name),
        Value::Array(list) => list.get_mut(0),
        _ => None,
    });
    if let Some(Value::Object(object)) = parent {
        object.insert((*last).to_owned(), new);
    }
}

pub(crate) fn value(text: &str) -> Value<'static> {
    json::parse(text.as_bytes(), &json::Limits::default()).unwrap().into_owned()
}
