//! The one spelling of a digest in RECORD: URL-safe base64 without padding.
//!
//! Only writing is needed: a digest is compared by writing ours and comparing the text, so that no second
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

#[cfg(test)]
mod tests {
    use packman_strict::Sha256;

    #[test]
    fn writes_what_the_specification_of_record_shows() {
        // The digest of no bytes, as Python's `urlsafe_b64encode` writes it.
        assert_eq!(super::encode(&Sha256::of(b"")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        assert_eq!(super::encode(&Sha256::from_bytes([0xff; 32])), format!("{}8", "_".repeat(42)));
    }
}
