//! The one spelling of a digest in RECORD: URL-safe base64 without padding.
//!
//! A digest is compared by writing ours and comparing the text, and what is read is written again, so that no second
//! spelling of one digest is ever accepted.

use packman_strict::Sha256;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes a digest as RECORD has it after `sha256=`: 43 characters.
pub(crate) fn encode(digest: &Sha256) -> String {
    let mut text = String::with_capacity(44);
    let mut push = |bits: u32, digits: usize| {
        for digit in 0..digits {
            // Six bits are an index into 64 digits.
            let index = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(char::from(DIGITS.get(index).copied().unwrap_or_default()));
        }
    };
    let (groups, rest) = digest.as_bytes().as_chunks::<3>();
    for [a, b, c] in groups {
        push(u32::from_be_bytes([0, *a, *b, *c]), 4);
    }
    // Of 32 bytes two are left, which give three digits.
    if let [a, b] = rest {
        push(u32::from_be_bytes([0, *a, *b, 0]), 3);
    }
    text
}

/// Reads what [`encode`] writes; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Sha256> {
    let mut bytes = [0; 32];
    for (digits, into) in text.as_bytes().chunks(4).zip(bytes.chunks_mut(3)) {
        let mut bits = 0;
        for place in 0..4 {
            let digit = digits.get(place).copied().map_or(Some(0), value)?;
            bits = bits << 6 | u32::from(digit);
        }
        for (slot, byte) in into.iter_mut().zip(bits.to_be_bytes().into_iter().skip(1)) {
            *slot = byte;
        }
    }
    let digest = Sha256::from_bytes(bytes);
    (encode(&digest) == text).then_some(digest)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use packman_strict::Sha256;

    #[test]
    fn writes_what_the_specification_of_record_shows() {
        // The digest of no bytes, as Python's `urlsafe_b64encode` writes it.
        assert_eq!(super::encode(&Sha256::of(b"")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        assert_eq!(super::encode(&Sha256::from_bytes([0xff; 32])), format!("{}8", "_".repeat(42)));
    }
    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for text in ["", "a", "xyz", "the same"] {
            let digest = Sha256::of(text.as_bytes());
            let written = super::encode(&digest);
            assert_eq!(super::decode(&written), Some(digest));
            for other in [
                format!("{written}="),
                format!("{written}A"),
                written.chars().skip(1).collect(),
                String::new(),
            ] {
                assert_eq!(super::decode(&other), None, "{other}");
            }
        }
        // The last digit holds two bits that count for nothing: only zeros are the one spelling.
        let spelled = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF";
        assert!(super::decode(&format!("{spelled}U")).is_some());
        assert!(super::decode(&format!("{spelled}V")).is_none());
        assert!(super::decode(&format!("{spelled}+")).is_none());
    }
}
