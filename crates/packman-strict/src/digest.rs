//! SHA-256 and SHA-512: the digests by which files are believed. MD5, SHA-1 and CRC-32 have no type here on purpose.

use std::fmt;

use sha2::Digest as _;

use crate::quote::quoted;

/// A SHA-256 digest: what PackMan believes files by. Written as 64 lower-case hexadecimal digits, and read from
/// nothing else.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Parses exactly 64 lower-case hexadecimal digits; anything else is refused, so that one digest has one text.
    pub fn parse(hex: &str) -> Result<Self, DigestError> {
        parse(hex).map(Self).ok_or_else(|| DigestError { kind: "sha-256", digits: 64, found: hex.to_owned() })
    }

    /// Takes 32 bytes for a digest that was computed or decoded elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex_of(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A SHA-512 digest, which repositories of others may sign. Written as 128 lower-case hexadecimal digits, and read
/// from nothing else.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Sha512([u8; 64]);

impl Sha512 {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha512::digest(bytes).into())
    }

    /// Parses exactly 128 lower-case hexadecimal digits.
    pub fn parse(hex: &str) -> Result<Self, DigestError> {
        parse(hex).map(Self).ok_or_else(|| DigestError {
            kind: "sha-512",
            digits: 128,
            found: hex.to_owned(),
        })
    }
}

impl fmt::Display for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex_of(&self.0))
    }
}

impl fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn parse<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    // Without a branch for each digit: a file may have 100,000 digests.
    let (mut bytes, mut wrong) = ([0; N], false);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (nibble(*high), nibble(*low));
        *byte = high.0 << 4 | low.0;
        wrong |= high.1 | low.1;
    }
    (!wrong).then_some(bytes)
}

/// What a digit stands for, and whether it is none.
const fn nibble(digit: u8) -> (u8, bool) {
    let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    let is_number = number < 10;
    (if is_number { number } else { letter.wrapping_add(10) & 15 }, !is_number && letter >= 6)
}

fn hex_of(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

/// Computes a [`Sha256`] of bytes that arrive in pieces.
#[derive(Clone, Default)]
pub struct Sha256Stream(sha2::Sha256);

impl Sha256Stream {
    /// Starts with no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces in their order.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

impl fmt::Debug for Sha256Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256Stream")
    }
}

/// Bytes with the SHA-256 that they have: hashed once, as they came.
///
/// ```compile_fail
/// # use packman_strict::{Sha256, digest::Hashed};
/// # fn f(bytes: Vec<u8>, sha256: Sha256) {
/// let claimed = Hashed { bytes, sha256 };
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hashed {
    bytes: Vec<u8>,
    sha256: Sha256,
}

impl Hashed {
    /// Hashes bytes that are here already.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { sha256: Sha256::of(&bytes), bytes }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their SHA-256.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes the pieces of a [`Hashed`] and hashes them as they come.
#[derive(Debug, Default)]
pub struct Hashing {
    bytes: Vec<u8>,
    hash: Sha256Stream,
}

impl Hashing {
    /// Starts with memory for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), hash: Sha256Stream::new() }
    }

    /// Adds the next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes.extend_from_slice(bytes);
    }

    /// Forgets every piece.
    pub fn restart(&mut self) {
        self.bytes.clear();
        self.hash = Sha256Stream::new();
    }

    /// The SHA-256 of the pieces so far.
    pub fn sha256(&self) -> Sha256 {
        self.hash.clone().finish()
    }

    /// All pieces in their order.
    pub fn finish(self) -> Hashed {
        Hashed { sha256: self.hash.finish(), bytes: self.bytes }
    }
}

/// Text that is not a digest as we write it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DigestError {
    kind: &'static str,
    digits: usize,
    found: String,
}

impl DigestError {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "digest-malformed"
    }
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, digits, found } = self;
        write!(f, "{kind} {}: wanted {digits} lower-case hexadecimal digits", quoted(found))
    }
}

impl std::error::Error for DigestError {}

#[cfg(test)]
mod tests {
    use super::{Hashed, Hashing, Sha256, Sha256Stream, Sha512};

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    const ABC_512: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                           2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn the_vectors_of_fips_180_hold() {
        assert_eq!(Sha512::of(b"abc").to_string(), ABC_512);
        assert_eq!(Sha512::parse(ABC_512).unwrap(), Sha512::of(b"abc"));
        assert_eq!(Sha256::of(b"abc").to_string(), ABC);
        assert_eq!(Sha256::parse(ABC).unwrap(), Sha256::of(b"abc"));
        let mut stream = Sha256Stream::new();
        stream.update(b"a");
        stream.update(b"bc");
        assert_eq!(stream.finish(), Sha256::of(b"abc"));
    }

    #[test]
    fn bytes_that_come_in_pieces_have_the_digest_of_the_whole() {
        let mut hashing = Hashing::with_capacity(3);
        hashing.add(b"from another host");
        hashing.restart();
        hashing.add(b"a");
        hashing.add(b"bc");
        assert_eq!(hashing.sha256().to_string(), ABC);
        let hashed = hashing.finish();
        assert_eq!((hashed.bytes(), hashed.sha256().to_string().as_str()), (&b"abc"[..], ABC));
        assert_eq!(hashed, Hashed::of(b"abc".to_vec()));
    }

    #[test]
    fn refuses_every_other_spelling_of_a_digest() {
        let upper = ABC.to_uppercase();
        let prefixed = format!("sha256:{ABC}");
        let non_ascii = ABC.replacen("ba", "é", 1);
        for text in [
            "",
            ABC.trim_start_matches('b'),
            &upper,
            &prefixed,
            &non_ascii,
            &ABC.replace('b', "g"),
            &format!("{ABC} "),
        ] {
            assert!(Sha256::parse(text).is_err(), "{text}");
            assert!(Sha512::parse(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(
            Sha256::parse("900150983cd24fb0").unwrap_err(),
            @"sha-256 `900150983cd24fb0`: wanted 64 lower-case hexadecimal digits"
        );
    }
}
