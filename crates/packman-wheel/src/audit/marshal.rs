//! What Python writes of compiled code, read without Python: whether two such files hold the same code.
//!
//! The format (CPython's `marshal`) leaves a choice in how one thing is written: which objects are written once and
//! named again, whether a text is interned, in which order a set stands. So bytes that differ may be the same code, and
//! loading them to see would hand whatever an intruder wrote to a reader that is not made for it. Here each object
//! becomes a digest of what it is, and where two digests are equal the code is. The name of the file that was compiled
//! counts for nothing: Python replaces it when it loads the code.

use std::fmt;

use packman_names::PythonVersion;
use packman_strict::Sha256;
use packman_strict::digest::Sha256Stream;

/// Deeper than any function in a function is; CPython itself reads 2,000 levels.
const DEEPEST: usize = 400;

/// What is set in the type of an object that is named again later.
const IS_NAMED: u8 = 0x80;

/// Why bytes are no compiled code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoCode(&'static str);

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The digest of compiled code, as a Python of that version writes it.
pub fn digest_code(bytes: &[u8], version: PythonVersion) -> Result<Sha256, NoCode> {
    let layout = Layout::of(version).ok_or(NoCode("it is of a Python whose form is not known"))?;
    let mut reader = Reader { rest: bytes, layout, named: Vec::new() };
    let digest = reader.object(0)?;
    // Python would pass over what follows; nothing honest has anything there.
    if reader.rest.is_empty() { Ok(digest) } else { Err(NoCode("more follows its code")) }
}

/// How a code object is laid out.
#[derive(Clone, Copy)]
struct Layout {
    /// Numbers before the objects.
    numbers: usize,
    /// Which of the eight objects that follow is the name of the file.
    file: usize,
    /// Objects after the first line's number.
    last: usize,
}

impl Layout {
    fn of(version: PythonVersion) -> Option<Self> {
        match (version.major, version.minor) {
            (3, 8..=10) => Some(Self { numbers: 6, file: 6, last: 1 }),
            (3, 11..) => Some(Self { numbers: 5, file: 5, last: 2 }),
            _ => None,
        }
    }
}

struct Reader<'b> {
    rest: &'b [u8],
    layout: Layout,
    /// The objects that may be named again; `None` while one is being read.
    named: Vec<Option<Sha256>>,
}

impl Reader<'_> {
    fn object(&mut self, depth: usize) -> Result<Sha256, NoCode> {
        if depth > DEEPEST {
            return Err(NoCode("it is nested more deeply than code is"));
        }
        let kind = self.byte()?;
        let (kind, is_named) = (kind & !IS_NAMED, kind & IS_NAMED != 0);
        if kind == b'r' {
            let place = self.number()? as usize;
            let known = self.named.get(place).copied().flatten();
            return known.ok_or(NoCode("it names an object that is not there"));
        }
        // Of these there is one each, and Python gives them no place.
        if b"NFTS.".contains(&kind) {
            return Ok(Sha256::of(&[kind]));
        }
        let place = is_named.then_some(self.named.len());
        if is_named {
            self.named.push(None);
        }
        let digest = self.content(kind, depth)?;
        if let Some(slot) = place.and_then(|place| self.named.get_mut(place)) {
            *slot = Some(digest);
        }
        Ok(digest)
    }

    fn content(&mut self, kind: u8, depth: usize) -> Result<Sha256, NoCode> {
        let leaf = |kind: u8, bytes: &[u8]| {
            let mut digest = Sha256Stream::new();
            digest.update(&[kind]);
            digest.update(bytes);
            Ok(digest.finish())
        };
        match kind {
            b'i' => leaf(kind, self.bytes(4)?),
            b'I' | b'g' => leaf(kind, self.bytes(8)?),
            b'y' => leaf(kind, self.bytes(16)?),
            b'l' => {
                // Digits of 15 bits; the sign is that of their number.
                let many = self.number()?;
                let digits = usize::try_from(many.cast_signed().unsigned_abs()).unwrap_or(usize::MAX);
                let bytes = self.bytes(digits.saturating_mul(2))?;
                let sign = if many.cast_signed() < 0 { b'-' } else { b'l' };
                leaf(sign, bytes)
            }
            b's' => {
                let length = self.length()?;
                leaf(kind, self.bytes(length)?)
            }
            b't' | b'u' | b'a' | b'A' => {
                let length = self.length()?;
                leaf(b'u', self.bytes(length)?)
            }
            b'z' | b'Z' => {
                let length = usize::from(self.byte()?);
                leaf(b'u', self.bytes(length)?)
            }
            b')' => {
                let many = usize::from(self.byte()?);
                self.list(b'(', many, depth)
            }
            b'(' | b'[' | b'<' | b'>' => {
                let many = self.length()?;
                self.list(kind, many, depth)
            }
            b':' => self.list(kind, 3, depth),
            b'c' => self.function(depth),
            _ => Err(NoCode("it holds what no code holds")),
        }
    }

    /// Several objects; of a set the order counts for nothing.
    fn list(&mut self, kind: u8, many: usize, depth: usize) -> Result<Sha256, NoCode> {
        let mut parts = Vec::new();
        for _ in 0..many {
            parts.push(self.object(depth + 1)?);
        }
        if matches!(kind, b'<' | b'>') {
            parts.sort_unstable();
        }
        let mut digest = Sha256Stream::new();
        digest.update(&[kind]);
        parts.iter().for_each(|part| digest.update(part.as_bytes()));
        Ok(digest.finish())
    }

    fn function(&mut self, depth: usize) -> Result<Sha256, NoCode> {
        let Layout { numbers, file, last } = self.layout;
        let mut digest = Sha256Stream::new();
        digest.update(b"c");
        digest.update(self.bytes(numbers * 4)?);
        for place in 0..8 {
            let part = self.object(depth + 1)?;
            if place != file {
                digest.update(part.as_bytes());
            }
        }
        digest.update(self.bytes(4)?);
        for _ in 0..last {
            digest.update(self.object(depth + 1)?.as_bytes());
        }
        Ok(digest.finish())
    }

    fn byte(&mut self) -> Result<u8, NoCode> {
        self.bytes(1).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    fn number(&mut self) -> Result<u32, NoCode> {
        let bytes = self.bytes(4)?;
        Ok(bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)))
    }

    /// How many bytes or objects follow: never more than there are bytes.
    fn length(&mut self) -> Result<usize, NoCode> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if length > self.rest.len() { Err(NoCode("it is cut off")) } else { Ok(length) }
    }

    fn bytes(&mut self, many: usize) -> Result<&[u8], NoCode> {
        let (bytes, rest) = self.rest.split_at_checked(many).ok_or(NoCode("it is cut off"))?;
        self.rest = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use packman_names::PythonVersion;

    use super::digest_code;

    const PYTHON: PythonVersion = PythonVersion::new(3, 11);

    fn same(one: &[u8], other: &[u8]) -> bool {
        digest_code(one, PYTHON).unwrap() == digest_code(other, PYTHON).unwrap()
    }

    /// A code object of Python 3.11 with these constants, compiled from this file.
    fn function(constants: &[u8], file: &str) -> Vec<u8> {
        let text = |text: &str| [&[b'z', u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let numbers = [0_u8; 20];
        [
            b"c".as_slice(),
            &numbers,
            b"s\x02\0\0\0\x97\0",
            constants,
            b")\0",
            b")\0",
            b"s\0\0\0\0",
            &text(file),
            &text("name"),
            &text("qualified"),
            &[1, 0, 0, 0],
            b"s\0\0\0\0",
            b"s\0\0\0\0",
        ]
        .concat()
    }

    #[test]
    fn one_thing_written_in_two_ways_is_the_same() {
        // A text interned or not, short or long; a tuple whose second item is named again.
        assert!(same(b"z\x01a", b"u\x01\0\0\0a"));
        assert!(same(b"Z\x01a", b"t\x01\0\0\0a"));
        assert!(same(b")\x02z\x01az\x01a", b"(\x02\0\0\0\xfa\x01ar\0\0\0\0"));
        assert!(same(b"\xa9\x02\xfa\x01ar\x01\0\0\0", b")\x02z\x01az\x01a"));
        assert!(same(b">\x02\0\0\0z\x01az\x01b", b">\x02\0\0\0z\x01bz\x01a"));
        assert!(same(&function(b")\0", "/one/a.py"), &function(b"(\0\0\0\0", "/another/place/a.py")));
    }

    #[test]
    fn what_would_run_differently_is_not() {
        assert!(!same(b"z\x01a", b"s\x01\0\0\0a"));
        assert!(!same(b"i\x01\0\0\0", b"i\x02\0\0\0"));
        assert!(!same(b"l\x01\0\0\0\x01\0", b"l\xff\xff\xff\xff\x01\0"));
        assert!(!same(b"g\0\0\0\0\0\0\0\0", b"g\0\0\0\0\0\0\0\x80"));
        assert!(!same(b")\x02z\x01az\x01b", b")\x02z\x01bz\x01a"));
        assert!(!same(b")\x01)\x01N", b")\x02NN"));
        assert!(!same(b">\x01\0\0\0N", b"<\x01\0\0\0N"));
        assert!(!same(&function(b")\x01N", "a.py"), &function(b")\x01T", "a.py")));
        let mut flags = function(b")\0", "a.py");
        flags[17] ^= 1;
        assert!(!same(&function(b")\0", "a.py"), &flags));
    }

    #[test]
    fn refuses_what_is_no_code() {
        let deep = [b")\x01".repeat(5_000), b"N".to_vec()].concat();
        for (bytes, why) in [
            (&b""[..], "it is cut off"),
            (b"z\x05abc", "it is cut off"),
            (b"(\xff\xff\xff\xffN", "it is cut off"),
            (b"l\0\0\0\x80", "it is cut off"),
            (b"NN", "more follows its code"),
            (b"r\0\0\0\0", "it names an object that is not there"),
            (b"\xa9\x01r\0\0\0\0", "it names an object that is not there"),
            (b"{NN0", "it holds what no code holds"),
            (&deep, "it is nested more deeply than code is"),
        ] {
            assert_eq!(digest_code(bytes, PYTHON).unwrap_err().to_string(), why);
        }
        let unknown = digest_code(b"N", PythonVersion::new(2, 7)).unwrap_err();
        assert_eq!(unknown.to_string(), "it is of a Python whose form is not known");
    }

    #[test]
    fn what_names_one_thing_over_and_over_is_read_in_no_time() {
        // Tuples of a tuple and twice the text before it, 300 deep: written out it would fit no memory.
        let mut bytes = b"\xa9\x01z\x01a".to_vec();
        for _ in 0..300_u32 {
            bytes = [b")\x03".as_slice(), &bytes, b"r\0\0\0\0r\0\0\0\0"].concat();
        }
        assert!(digest_code(&bytes, PYTHON).is_ok());
        let mut doubled = b")\x28\xa9\x01N".to_vec();
        for place in 0..39_u32 {
            let again = [b"r".as_slice(), &place.to_le_bytes()].concat();
            doubled.extend_from_slice(&[b"\xa9\x02", again.as_slice(), again.as_slice()].concat());
        }
        assert!(digest_code(&doubled, PYTHON).is_ok());
    }
}
