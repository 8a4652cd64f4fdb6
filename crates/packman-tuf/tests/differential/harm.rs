//! What is done to one file of a repository: edits of what is signed, of its signatures, of its bytes, of where it is.

use packman_strict::json::{self, Object, Value};
use packman_strict::time::Time;

use crate::craft::NOW;
use crate::rng::Rng;
use crate::world::{Files, Kinds, encoded, key_id, key_value, signature};

#[derive(Clone, Debug)]
pub(crate) struct Harm {
    role: String,
    what: What,
    /// What pins the file pins it as it was before.
    stale: bool,
    now: Time,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Nothing,
    /// A member somewhere in the signed part: another value, another name, gone, or one more.
    Edit,
    /// So many seconds from the visit.
    Expire(i64),
    Version(&'static str),
    Signers(&'static str),
    Signatures(&'static str),
    Bytes(&'static str),
    Kinds(Kinds),
    PinKinds(Kinds),
    Serve(&'static str),
    /// A value at a place in the signed part.
    Put(&'static [&'static str], &'static str),
}

const VERSIONS: [&str; 16] = [
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
const SIGNERS: [&str; 6] = ["none", "stranger", "one", "and a stranger", "of another role", "one fewer"];
const SIGNATURES: [&str; 13] = [
    "twice",
    "twice under two ids",
    "upper case",
    "empty",
    "no hex",
    "cut",
    "number",
    "no sig",
    "more members",
    "thousand",
    "object",
    "null id",
    "spaces",
];
const BYTES: [&str; 19] = [
    "flip",
    "flip",
    "flip",
    "flip",
    "flip",
    "cut",
    "space",
    "byte order mark",
    "utf-16",
    "two documents",
    "twice outside",
    "twice inside",
    "fraction inside",
    "fraction outside",
    "not a number outside",
    "half a pair outside",
    "deep outside",
    "minus zero outside",
    "empty",
];
const SERVE: [&str; 4] = ["missing", "of another role", "of the first visit", "endless"];

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

impl Harm {
    pub(crate) const fn none() -> Self {
        Self { role: String::new(), what: What::Nothing, stale: false, now: NOW }
    }

    pub(crate) fn on_purpose(role: &str, what: What) -> Self {
        Self { role: role.to_owned(), what, stale: false, now: NOW }
    }

    /// Something, to one of these roles.
    pub(crate) fn random(roles: &[String], now: Time, rng: &mut Rng) -> Self {
        let what = match rng.below(20) {
            0..=7 => What::Edit,
            8 => What::Expire(rng.one_of(&[-1, 0, 1, -100_000_000])),
            9 => What::Version(rng.one_of(&VERSIONS)),
            10 | 11 => What::Signers(rng.one_of(&SIGNERS)),
            12 | 13 => What::Signatures(rng.one_of(&SIGNATURES)),
            14..=16 => What::Bytes(rng.one_of(&BYTES)),
            17 => What::Serve(rng.one_of(&SERVE)),
            18 => What::Kinds(rng.one_of(&[Kinds::None, Kinds::Sha384, Kinds::Unknown, Kinds::Upper])),
            _ => What::PinKinds(rng.one_of(&[Kinds::None, Kinds::Sha384, Kinds::Unknown, Kinds::Upper])),
        };
        Self { role: rng.one_of(roles), what, stale: rng.percent(10), now }
    }

    pub(crate) fn is_of(&self, role: &str) -> bool {
        self.role == role
    }

    pub(crate) fn is_stale(&self, role: &str) -> bool {
        self.is_of(role) && self.stale
    }

    pub(crate) fn kinds(&self, role: &str) -> Option<Kinds> {
        match self.what {
            What::Kinds(kinds) if self.is_of(role) => Some(kinds),
            _ => None,
        }
    }

    pub(crate) fn pin_kinds(&self, role: &str) -> Option<Kinds> {
        match self.what {
            What::PinKinds(kinds) if self.is_of(role) => Some(kinds),
            _ => None,
        }
    }

    /// The version that the file says instead, for who pins it.
    pub(crate) fn version(&self, role: &str) -> Option<Value<'static>> {
        match self.what {
            What::Version(text) if self.is_of(role) && !self.stale => Some(value(text)),
            _ => None,
        }
    }

    /// The file of a role, harmed where it is the one.
    pub(crate) fn file(
        &self,
        role: &str,
        mut signed: Value<'static>,
        signers: &[u8],
        rng: &mut Rng,
    ) -> Vec<u8> {
        if !self.is_of(role) {
            return signed_file(&signed, signers);
        }
        let mut signers = signers.to_vec();
        match &self.what {
            What::Edit => edit(&mut signed, rng),
            What::Expire(seconds) => {
                signed
                    .as_object_mut()
                    .unwrap()
                    .insert("expires", self.now.plus_seconds(*seconds).to_string());
            }
            What::Version(text) => {
                signed.as_object_mut().unwrap().insert("version", value(text));
            }
            What::Put(names, text) => put(&mut signed, names, value(text)),
            What::Signers(how) => match *how {
                "none" => signers.clear(),
                "stranger" => signers = vec![250],
                "one" => signers.truncate(1),
                "and a stranger" => signers.insert(0, 250),
                "of another role" => signers = vec![3],
                _ => drop(signers.pop()),
            },
            _ => {}
        }
        let mut signatures: Vec<Value<'static>> =
            signers.iter().map(|key| signature(*key, &signed)).collect();
        if let What::Signatures(how) = self.what {
            if how == "twice under two ids" {
                return two_ids(signed, &signers);
            }
            harm_signatures(how, &mut signatures);
        }
        let mut file = Object::new().with("signatures", signatures).with("signed", signed);
        if matches!(self.what, What::Signatures("object")) {
            file.insert("signatures", Object::new());
        }
        let bytes = Value::from(file).to_pretty();
        if let What::Bytes(how) = self.what { harm_bytes(how, bytes, rng) } else { bytes }
    }

    /// What a mirror does to a file of which it has no keys.
    pub(crate) fn serve(&self, files: &mut Files, first: &Files) {
        let What::Serve(how) = self.what else { return };
        let name = format!("{}.json", encoded(&self.role));
        let mine = |path: &String| path.ends_with(&format!(".{name}")) || *path == format!("metadata/{name}");
        let paths: Vec<String> = files.keys().filter(|path| mine(path)).cloned().collect();
        let newest =
            paths.iter().max_by_key(|path| (path.len(), (*path).clone())).cloned().unwrap_or_default();
        for path in paths {
            let lie = match how {
                "missing" => None,
                "of another role" => files.get("metadata/timestamp.json").cloned(),
                "endless" => files.get(&path).map(|file| [&file[..], &vec![b' '; 600_000][..]].concat()),
                _ => first.iter().find(|(path, _)| mine(path)).map(|(_, file)| file.clone()),
            };
            if self.role == "root" && path != newest {
                continue;
            }
            drop(files.remove(&path));
            files.extend(lie.map(|lie| (path, lie)));
        }
    }
}

/// Sets the member that these names lead to; a list is gone into by its first element, `*` the first member of an object.
fn put(signed: &mut Value<'static>, names: &[&str], new: Value<'static>) {
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

fn value(text: &str) -> Value<'static> {
    json::parse(text.as_bytes(), &json::Limits::default()).unwrap().into_owned()
}

pub(crate) fn signed_file(signed: &Value<'static>, signers: &[u8]) -> Vec<u8> {
    let signatures: Value<'static> = signers.iter().map(|key| signature(*key, signed)).collect();
    Value::from(Object::new().with("signatures", signatures).with("signed", signed.clone())).to_pretty()
}

/// The way to a member or an element.
type Place = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Name(String),
    Index(usize),
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

fn edit(signed: &mut Value<'static>, rng: &mut Rng) {
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
    let parent = at(signed, before);
    match rng.below(10) {
        0 => remove(parent, last),
        1 => add(parent, last, rng.one_of(&NAMES), old),
        2 => {
            remove(parent, last);
            add(parent, last, rng.one_of(&NAMES), old);
        }
        3 => add(parent, last, rng.one_of(&NAMES), value(rng.one_of(&ANY))),
        4..=7 if !special.is_empty() => {
            let new = match rng.one_of(special) {
                "UPPER" => old.as_str().unwrap_or_default().to_uppercase().into(),
                text => value(text),
            };
            *at(signed, &place) = new;
        }
        _ => *at(signed, &place) = value(rng.one_of(&ANY)),
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

/// A root that lists its first key under a second id for the timestamp, and wants both; else just two signatures.
fn two_ids(mut signed: Value<'static>, signers: &[u8]) -> Vec<u8> {
    let Some(first) = signers.first() else { return signed_file(&signed, signers) };
    let other = "00".repeat(32);
    let is_root = signed.as_object().and_then(|object| object.get("roles")).is_some();
    if is_root {
        let object = signed.as_object_mut().unwrap();
        object.get_mut("keys").unwrap().as_object_mut().unwrap().insert(other.clone(), key_value(*first));
        let role = object.get_mut("roles").unwrap().as_object_mut().unwrap().get_mut("root").unwrap();
        let ids: Value<'static> = [key_id(*first), other.clone()].into_iter().collect();
        role.as_object_mut().unwrap().insert("keyids", ids);
        role.as_object_mut().unwrap().insert("threshold", 2_u64);
    }
    let mut signatures: Vec<Value<'static>> = signers.iter().map(|key| signature(*key, &signed)).collect();
    let mut again = signature(*first, &signed);
    again.as_object_mut().unwrap().insert("keyid", other);
    signatures.push(again);
    Value::from(Object::new().with("signatures", signatures).with("signed", signed)).to_pretty()
}

fn harm_signatures(how: &str, list: &mut Vec<Value<'static>>) {
    let Some(first) = list.first().cloned() else { return };
    let text = first.as_object().unwrap().get("sig").unwrap().as_str().unwrap().to_owned();
    let set = |list: &mut Vec<Value<'static>>, name: &'static str, value: Value<'static>| {
        list[0].as_object_mut().unwrap().insert(name, value);
    };
    match how {
        "twice" => list.push(first),
        "upper case" => set(list, "sig", text.to_uppercase().into()),
        "empty" => set(list, "sig", "".into()),
        "no hex" => set(list, "sig", "x".repeat(128).into()),
        "cut" => set(list, "sig", text[..126].to_owned().into()),
        "spaces" => set(list, "sig", format!("{} {}", &text[..64], &text[64..]).into()),
        "number" => set(list, "sig", 7_u64.into()),
        "no sig" => drop(list[0].as_object_mut().unwrap().remove("sig")),
        "more members" => set(list, "method", "none".into()),
        "null id" => set(list, "keyid", Value::Null),
        "thousand" => list.extend(
            (0..1_000).map(|number| Object::new().with("keyid", number.to_string()).with("sig", "00").into()),
        ),
        _ => {}
    }
}

fn harm_bytes(how: &str, mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let outside = |more: &str| [b"{".as_slice(), more.as_bytes(), &bytes[1..]].concat();
    let inside = |more: &str| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        text.replacen("\"_type\":", &format!("{more}\"_type\":"), 1).into_bytes()
    };
    match how {
        "flip" => {
            let place = rng.below(bytes.len());
            bytes[place] ^= 1 << rng.below(8);
            bytes
        }
        "cut" => bytes[..rng.below(bytes.len())].to_vec(),
        "space" => [b" \n\t\r", &bytes[..], b" "].concat(),
        "byte order mark" => ["\u{feff}".as_bytes(), &bytes[..]].concat(),
        "utf-16" => String::from_utf8(bytes).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "two documents" => [&bytes[..], b"{}"].concat(),
        "twice outside" => outside("\"signatures\": [], "),
        "twice inside" => inside("\"_type\": \"other\", "),
        // A number that has no canonical form is signed as nothing is; it is there for the parser.
        "fraction inside" => inside("\"x\": 1.5, "),
        "fraction outside" => outside("\"x\": 1.5, "),
        "not a number outside" => outside("\"x\": NaN, "),
        "half a pair outside" => outside("\"x\": \"\\ud800\", "),
        "deep outside" => outside(&format!("\"x\": {}{}, ", "[".repeat(200), "]".repeat(200))),
        "minus zero outside" => outside("\"x\": -0, "),
        "empty" => Vec::new(),
        _ => bytes,
    }
}
