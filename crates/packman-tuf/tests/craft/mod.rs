//! Files as an attacker with or without keys makes them.
#![allow(dead_code, reason = "each test file uses its own share of this")]

use packman_strict::json::{self, Value};
use packman_strict::time::Time;
use packman_tuf::{SigningKey, add_signature};

/// The day on which all tests take place: 2030-01-01.
pub(crate) const NOW: Time = Time::from_seconds(1_893_456_000);

/// The file with one piece of its text replaced everywhere; signatures no longer hold.
#[track_caller]
pub(crate) fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to).into_bytes()
}

/// The file without signatures.
pub(crate) fn unsigned(file: &[u8]) -> Vec<u8> {
    let mut value = json::parse(file, &json::Limits::default()).unwrap();
    value.as_object_mut().unwrap().insert("signatures", Value::Array(Vec::new()));
    value.to_pretty()
}

/// The file signed by these keys and no others; as it is, where it cannot be signed.
pub(crate) fn resigned(file: &[u8], keys: &[&SigningKey]) -> Vec<u8> {
    if json::parse(file, &json::Limits::default()).is_err() {
        return file.to_vec();
    }
    let sign = |file: Vec<u8>, key: &&SigningKey| add_signature("", &file, key).unwrap_or(file);
    keys.iter().fold(unsigned(file), sign)
}
