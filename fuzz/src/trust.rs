//! The ring, lists, links and pasted hashes.

use packman_trust::{EntryName, Link, Listings, Pattern, Ring, pasted_sha256};
use packman_tuf::SafetyNumber;

use crate::{choose, round_trip};

/// Texts that decide whom to trust.
pub fn trust_texts(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    if choice % 6 == 0 {
        return round_trip(rest, |bytes| Listings::parse(bytes).ok(), Listings::encode);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice % 6 {
        1 => round_trip(
            rest,
            |bytes| Ring::parse(std::str::from_utf8(bytes).ok()?).ok(),
            |ring| ring.encode().into_bytes(),
        ),
        2 => {
            if let Ok(Link::Add(named)) = Link::parse(text) {
                let address = named.address.as_str();
                assert!(
                    address.is_ascii() && !address.contains(['@', '%', '\\', '?', '#', ' ']),
                    "{address}"
                );
            }
        }
        3 => drop(pasted_sha256(text)),
        4 => drop((EntryName::parse(text), EntryName::suggest(text), Pattern::parse(text))),
        _ => {
            if let Ok(number) = SafetyNumber::parse(text) {
                assert_eq!(SafetyNumber::parse(&number.digits()), Ok(number));
            }
        }
    }
}
