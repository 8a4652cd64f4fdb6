//! What is done to one file of a repository: edits of what is signed, of its signatures, of its bytes, of where it is.

use std::cell::RefCell;

use packman_strict::json::{Object, Value};
use packman_strict::time::Time;

use crate::craft::NOW;
use crate::edit::{VERSIONS, edit, put, value};
use crate::rng::Rng;
use crate::world::{Files, Kinds, encoded, key_id, key_value, signature};

#[derive(Clone, Debug)]
pub(crate) struct Harm {
    role: String,
    what: What,
    /// What pins the file pins it as it was before.
    stale: bool,
    now: Time,
    /// What was edited, once it was: the story tells it.
    edited: RefCell<String>,
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
    /// All Ed25519 keys that it lists, in another spelling.
    Keys(&'static str),
    Kinds(Kinds),
    PinKinds(Kinds),
    Serve(&'static str),
    /// A value at a place in the signed part.
    Put(&'static [&'static str], &'static str),
}

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
const KEYS: [&str; 3] = ["upper case", "spaces", "cut"];
const SERVE: [&str; 4] = ["missing", "of another role", "of the first visit", "endless"];

impl Harm {
    pub(crate) const fn none() -> Self {
        Self {
            role: String::new(),
            what: What::Nothing,
            stale: false,
            now: NOW,
            edited: RefCell::new(String::new()),
        }
    }

    pub(crate) fn on_purpose(role: &str, what: What) -> Self {
        Self { role: role.to_owned(), what, stale: false, now: NOW, edited: RefCell::new(String::new()) }
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
            17 if rng.percent(80) => What::Serve(rng.one_of(&SERVE)),
            17 => What::Keys(rng.one_of(&KEYS)),
            18 => What::Kinds(rng.one_of(&[Kinds::None, Kinds::Sha384, Kinds::Unknown, Kinds::Upper])),
            _ => What::PinKinds(rng.one_of(&[Kinds::None, Kinds::Sha384, Kinds::Unknown, Kinds::Upper])),
        };
        Self {
            role: rng.one_of(roles),
            what,
            stale: rng.percent(10),
            now,
            edited: RefCell::new(String::new()),
        }
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
            What::Edit => drop(self.edited.replace(edit(&mut signed, rng))),
            What::Keys(how) => harm_keys(how, &mut signed),
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

pub(crate) fn signed_file(signed: &Value<'static>, signers: &[u8]) -> Vec<u8> {
    let signatures: Value<'static> = signers.iter().map(|key| signature(*key, signed)).collect();
    Value::from(Object::new().with("signatures", signatures).with("signed", signed.clone())).to_pretty()
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

fn harm_keys(how: &str, signed: &mut Value<'static>) {
    for holder in ["keys", "delegations"] {
        let keys =
            signed.as_object_mut().and_then(|signed| signed.get_mut(holder)).and_then(Value::as_object_mut);
        let Some(keys) = keys else { continue };
        let keys =
            if holder == "keys" { Some(keys) } else { keys.get_mut("keys").and_then(Value::as_object_mut) };
        let Some(keys) = keys else { continue };
        let names: Vec<String> = keys.keys().map(str::to_owned).collect();
        for name in names {
            let value =
                keys.get_mut(&name).and_then(Value::as_object_mut).and_then(|key| key.get_mut("keyval"));
            let Some(value) = value.and_then(Value::as_object_mut) else { continue };
            let public = value.get("public").and_then(Value::as_str).unwrap_or_default().to_owned();
            let other = match how {
                "upper case" => public.to_uppercase(),
                "spaces" => format!("{} {}", &public[..32], &public[32..]),
                _ => public[..62].to_owned(),
            };
            value.insert("public", other);
        }
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
