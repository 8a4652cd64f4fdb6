//! A hash that a person read elsewhere, mostly in a browser, and pasted.
//!
//! People paste what a page shows: in capitals, with spaces, with a label, with the file's name behind it. Every such
//! spelling of one SHA-256 is taken; everything else is refused with what it seems to be.

use core::fmt;

use packman_strict::Sha256;

/// Text that was pasted for a SHA-256 and is none. Code `bad-hash`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PastedError {
    /// A digest of a kind that can be forged.
    Weak {
        /// Its name.
        kind: &'static str,
    },
    /// A good digest, of a kind that databases are not compared by.
    Other {
        /// Its name.
        kind: &'static str,
    },
    /// The 60 digits of a safety number.
    SafetyNumber,
    /// More than one digest.
    Several,
    /// Hexadecimal digits, but not 64.
    Digits(usize),
    /// Nothing that looks like a digest.
    Nothing,
}

impl PastedError {
    /// The stable code.
    pub const CODE: &'static str = "bad-hash";
}

impl fmt::Display for PastedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weak { kind } => write!(
                f,
                "found an {kind}, wanted a SHA-256: two files with one {kind} can be made by anybody, so it says nothing"
            ),
            Self::Other { kind } => write!(f, "found a {kind}, wanted the SHA-256 of the same file"),
            Self::SafetyNumber => f.write_str(
                "found a safety number, wanted a SHA-256: signed databases are compared by `--number`",
            ),
            Self::Several => f.write_str("found more than one hash, wanted the one of this file"),
            Self::Digits(digits) => {
                write!(
                    f,
                    "found {digits} hexadecimal digits, wanted the 64 of a SHA-256: part of it may be missing"
                )
            }
            Self::Nothing => f.write_str("found no hash, wanted the 64 hexadecimal digits of a SHA-256"),
        }
    }
}

impl core::error::Error for PastedError {}

/// Reads a pasted SHA-256: 64 hexadecimal digits in any case and grouping, with `sha256:` before them, as a line of
/// `sha256sum`, or as subresource integrity (`sha256-…=`).
pub fn pasted_sha256(text: &str) -> Result<Sha256, PastedError> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    for (label, refusal) in [
        ("md5", PastedError::Weak { kind: "MD5" }),
        ("sha1", PastedError::Weak { kind: "SHA-1" }),
        ("sha-1", PastedError::Weak { kind: "SHA-1" }),
        ("sha384", PastedError::Other { kind: "SHA-384" }),
        ("sha512", PastedError::Other { kind: "SHA-512" }),
        ("sha-512", PastedError::Other { kind: "SHA-512" }),
    ] {
        let labelled =
            lower.strip_prefix(label).is_some_and(|rest| rest.starts_with([':', '-', ' ', '=', '(']));
        // `sha-1` is also how `sha-15…` would begin, which is nothing at all.
        if labelled {
            return Err(refusal);
        }
    }
    if let Some(base64) = text.strip_prefix("sha256-") {
        return integrity(base64);
    }
    let digits = ["sha256:", "sha-256:", "sha256="].iter().find_map(|label| lower.strip_prefix(label));
    hexadecimal(digits.unwrap_or(&lower))
}

fn hexadecimal(text: &str) -> Result<Sha256, PastedError> {
    let together: String = text.split_whitespace().collect();
    if is_hex(&together) && together.len() <= 64 {
        return digest(&together);
    }
    // A line of `sha256sum`: the digest, then the file's name, which says nothing to us.
    let mut words = text.split_whitespace();
    let first = words.next().filter(|word| is_hex(word)).ok_or(PastedError::Nothing)?;
    if first.len() < 32 {
        return if is_hex(&together) { digest(&together) } else { Err(PastedError::Nothing) };
    }
    let is_another = |word: &str| word.len() >= 32 && is_hex(word);
    if words.any(is_another) || text.contains('\n') { Err(PastedError::Several) } else { digest(first) }
}

fn digest(hex: &str) -> Result<Sha256, PastedError> {
    match hex.len() {
        64 => Sha256::parse(hex).map_err(|_| PastedError::Nothing),
        32 => Err(PastedError::Weak { kind: "MD5" }),
        40 => Err(PastedError::Weak { kind: "SHA-1" }),
        96 => Err(PastedError::Other { kind: "SHA-384" }),
        128 => Err(PastedError::Other { kind: "SHA-512" }),
        60 if hex.bytes().all(|digit| digit.is_ascii_digit()) => Err(PastedError::SafetyNumber),
        digits => Err(PastedError::Digits(digits)),
    }
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// 32 bytes in base64 (RFC 4648, section 4): 43 characters and one `=`, whose unused bits are zero.
fn integrity(text: &str) -> Result<Sha256, PastedError> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if text.contains(char::is_whitespace) {
        return Err(PastedError::Several);
    }
    let characters = text.strip_suffix('=').filter(|text| text.len() == 43).ok_or(PastedError::Nothing)?;
    let (mut bytes, mut kept, mut bits) = (Vec::with_capacity(32), 0_u32, 0_u32);
    for character in characters.bytes() {
        let value = ALPHABET.iter().position(|known| *known == character).ok_or(PastedError::Nothing)?;
        kept = (kept << 6 | u32::try_from(value).unwrap_or(0)) & 0xfff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(kept >> bits & 0xff).unwrap_or(0));
        }
    }
    let rest = kept & ((1 << bits) - 1);
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| PastedError::Nothing)?;
    if rest == 0 { Ok(Sha256::from_bytes(bytes)) } else { Err(PastedError::Nothing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the bytes `abc` (FIPS 180-4).
    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const BASE64: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    #[test]
    fn takes_every_spelling_of_one_hash() {
        let wanted = Sha256::of(b"abc");
        let grouped = |size: usize| {
            HEX.as_bytes()
                .chunks(size)
                .map(|part| std::str::from_utf8(part).unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for text in [
            HEX.to_owned(),
            HEX.to_uppercase(),
            format!("  {HEX}\n"),
            format!("sha256:{HEX}"),
            format!("SHA256: {}", HEX.to_uppercase()),
            format!("sha-256:{HEX}"),
            format!("sha256={HEX}"),
            grouped(8),
            grouped(4),
            grouped(2),
            grouped(16).replace(' ', " \t"),
            grouped(32).replace(' ', "\n"),
            format!("{HEX}  web.packman"),
            format!("{HEX} *web tools.packman\n"),
            format!("sha256-{BASE64}"),
        ] {
            assert_eq!(pasted_sha256(&text), Ok(wanted), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_sha256_and_says_what_it_seems_to_be() {
        let weak = |kind| PastedError::Weak { kind };
        let other = |kind| PastedError::Other { kind };
        let (md5, sha1) = ("9".repeat(32), "a".repeat(40));
        for (text, why) in [
            (md5.clone(), weak("MD5")),
            (format!("md5:{md5}"), weak("MD5")),
            (format!("MD5 (web.packman) = {md5}"), weak("MD5")),
            (format!("{md5}  web.packman"), weak("MD5")),
            (sha1.clone(), weak("SHA-1")),
            (format!("sha1-{sha1}"), weak("SHA-1")),
            (format!("SHA1:{HEX}"), weak("SHA-1")),
            ("b".repeat(96), other("SHA-384")),
            ("b".repeat(128), other("SHA-512")),
            ("sha512-AAAA".to_owned(), other("SHA-512")),
            ("7".repeat(60), PastedError::SafetyNumber),
            (["12345"; 12].join(" "), PastedError::SafetyNumber),
            (HEX.get(..63).unwrap().to_owned(), PastedError::Digits(63)),
            (format!("{HEX}0"), PastedError::Digits(65)),
            (format!("{HEX}  a\n{HEX}  b"), PastedError::Several),
            (format!("{HEX} {}", "b".repeat(64)), PastedError::Several),
            (format!("sha256-{BASE64} sha256-{BASE64}"), PastedError::Several),
            (String::new(), PastedError::Nothing),
            ("yes".to_owned(), PastedError::Nothing),
            (HEX.replacen('b', "g", 1), PastedError::Nothing),
            (format!("sha256:{HEX}").replacen("ba", "\u{202e}", 1), PastedError::Nothing),
            (format!("sha256-{}", BASE64.replace('=', "")), PastedError::Nothing),
            // The last character has two bits that belong to no byte.
            (format!("sha256-{}", BASE64.replace("a0=", "a1=")), PastedError::Nothing),
            (format!("sha256-{}", BASE64.replace('/', "_")), PastedError::Nothing),
        ] {
            assert_eq!(pasted_sha256(&text), Err(why), "{text:?}");
        }
    }
}
