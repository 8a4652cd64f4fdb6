//! Base64 (RFC 4648, section 4), as lines of public keys and fingerprints have it.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Without padding, as fingerprints are written.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digits = (0..=chunk.len()).map(|place| group >> (18 - 6 * place) & 63);
        text.extend(
            digits.filter_map(|digit| DIGITS.get(usize::try_from(digit).ok()?).map(|c| char::from(*c))),
        );
    }
    text
}

/// With or without padding; `None` for anything that no encoder writes.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let digit =
            |c: &u8| DIGITS.iter().position(|digit| digit == c).and_then(|digit| u32::try_from(digit).ok());
        let group = chunk.iter().try_fold(0_u32, |group, c| Some(group << 6 | digit(c)?))?;
        let group = group << (6 * (4 - chunk.len()));
        bytes.extend(group.to_be_bytes().get(1..chunk.len())?);
    }
    // The one spelling that there is of these bytes, but for its padding.
    (encode(&bytes) == text.trim_end_matches('=')).then_some(bytes)
}
