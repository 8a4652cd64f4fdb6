//! The parser: bytes to a [`Document`], or the first byte at which they stop being strict JSON.
//!
//! One pass, without recursion and without a value being built: what it leaves is where each value stands.

use super::document::{Document, LONGEST, Slot};
use super::scan::{blank, plain};
use super::{JsonError, JsonFault, Value};

/// No document is nested deeper than this, whatever its limits say: who writes or frees values recurses.
const DEEPEST: usize = 256;

/// How large a document may be before it is refused.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest document, in bytes; at most 1 GiB counts.
    pub bytes: usize,
    /// How many arrays and objects may stand inside each other; at most 256 count.
    pub depth: usize,
    /// How many values a document may hold, itself included.
    pub nodes: usize,
}

/// 64 MiB, 64 levels and 4,000,000 values: room for the targets of 500,000 projects.
impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 64, nodes: 4_000_000 }
    }
}

/// Parses one JSON value that fills `bytes` but for white space around it, as a tree of its own.
///
/// Who only reads takes a [`Document`] instead: it holds no value twice.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, JsonError> {
    Document::parse(bytes, limits).map(|document| document.to_value())
}

impl<'a> Document<'a> {
    /// Parses one JSON value that fills `bytes` but for white space around it.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, JsonError> {
        let longest = limits.bytes.min(LONGEST);
        if bytes.len() > longest {
            return Err(JsonError { offset: longest, fault: JsonFault::TooLong { limit: longest } });
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| JsonError { offset: error.valid_up_to(), fault: JsonFault::NotUtf8 })?;
        let mut parser = Parser {
            bytes: text.as_bytes(),
            at: 0,
            depth: limits.depth.min(DEEPEST),
            limits: *limits,
            nodes: limits.nodes,
            open: Vec::new(),
            document: Self::over(text),
        };
        parser.document()?;
        Ok(parser.document)
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    limits: Limits,
    /// How many values may still come.
    nodes: usize,
    /// The arrays and objects around the place where the parser stands, the innermost last.
    open: Vec<Open>,
    document: Document<'a>,
}

/// An array or object that is not closed yet.
struct Open {
    slot: usize,
    begin: usize,
    /// Of an object: the slot of its newest name, and whether all names came in their order so far.
    names: Option<(usize, bool)>,
}

/// What comes next.
enum Next {
    Value,
    End,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), JsonError> {
        self.skip_white_space();
        while let Next::Value = self.value()? {}
        self.skip_white_space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.wanted("the end of the document")) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes the next byte if it is this one.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_white_space(&mut self) {
        self.at += blank(self.bytes.get(self.at..).unwrap_or_default());
    }

    /// Takes one value, or the beginning of one that holds others, and goes on to where the next begins.
    fn value(&mut self) -> Result<Next, JsonError> {
        self.nodes = match self.nodes.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.fault(JsonFault::TooMany { limit: self.limits.nodes })),
        };
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.enter(b'}'),
            Some(b'[') => return self.enter(b']'),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            _ => return Err(self.wanted("a value")),
        }
        self.leave()
    }

    fn word(&mut self, word: &'static str) -> Result<(), JsonError> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.wanted("`true`, `false` or `null`"));
        }
        self.document.push(Slot::scalar(self.at, self.at + word.len()));
        self.at += word.len();
        Ok(())
    }

    /// Enters an array or an object, up to its first value; or all through it, if `end` comes at once.
    fn enter(&mut self, end: u8) -> Result<Next, JsonError> {
        if self.open.len() >= self.depth {
            return Err(self.fault(JsonFault::TooDeep { limit: self.depth }));
        }
        let (begin, slot) = (self.at, self.document.push(Slot::container(self.at)));
        self.at += 1;
        self.skip_white_space();
        if self.take(end) {
            self.document.close(slot);
            return self.leave();
        }
        let names = if end == b'}' { Some((self.name()?, true)) } else { None };
        self.open.push(Open { slot, begin, names });
        Ok(Next::Value)
    }

    /// Goes on behind a value: to the next one beside it, or out of as many arrays and objects as end here.
    fn leave(&mut self) -> Result<Next, JsonError> {
        while let Some(open) = self.open.last() {
            let names = open.names;
            let (end, wanted) = if names.is_some() { (b'}', "`,` or `}`") } else { (b']', "`,` or `]`") };
            self.skip_white_space();
            if self.take(b',') {
                self.skip_white_space();
                if let Some((before, sorted)) = names {
                    let name = self.name()?;
                    let sorted = sorted && self.document.text(before) < self.document.text(name);
                    if let Some(open) = self.open.last_mut() {
                        open.names = Some((name, sorted));
                    }
                }
                return Ok(Next::Value);
            }
            if !self.take(end) {
                return Err(self.wanted(wanted));
            }
            self.close()?;
        }
        Ok(Next::End)
    }

    /// Closes the innermost array or object. Names that came in their order are each there once; else they are
    /// sorted to see it. Never quadratic: a hostile object may have millions.
    fn close(&mut self) -> Result<(), JsonError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.document.close(open.slot);
        if !matches!(open.names, Some((_, false))) {
            return Ok(());
        }
        self.document.set_unsorted(open.slot);
        let mut names: Vec<&str> = self.document.names(open.slot).collect();
        names.sort_unstable();
        match names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next) {
            Some((key, _)) => {
                let fault = JsonFault::DuplicateKey { key: (*key).to_owned() };
                Err(JsonError { offset: open.begin, fault })
            }
            None => Ok(()),
        }
    }

    /// Takes the name of a member and its colon, up to its value; gives the slot of the name.
    fn name(&mut self) -> Result<usize, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.wanted("the name of a member"));
        }
        let slot = self.document.next_slot();
        self.string()?;
        self.skip_white_space();
        if !self.take(b':') {
            return Err(self.wanted("`:`"));
        }
        self.skip_white_space();
        Ok(slot)
    }

    /// A number by JSON's grammar, kept as text. `-0` is refused: to Python it is `0`, so two readers would
    /// sign over two texts.
    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let negative = self.take(b'-');
        let zero = self.take(b'0');
        if !zero {
            self.digits()?;
        }
        let integer_end = self.at;
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let integer = self.at == integer_end;
        if negative && zero && integer {
            return Err(JsonError { offset: start, fault: JsonFault::NegativeZero });
        }
        if let Some(b'0'..=b'9') = self.peek() {
            return Err(self.wanted("a number without leading zeros"));
        }
        let slot = self.document.push(Slot::scalar(start, self.at));
        if !integer {
            self.document.add_fraction(slot);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.wanted("a digit")) } else { Ok(()) }
    }

    /// A string; `at` stands on its opening quote.
    fn string(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.at += 1;
        self.plain()?;
        if self.take(b'"') {
            self.document.push(Slot::scalar(start, self.at));
            return Ok(());
        }
        let begin = self.document.unescaped.len();
        self.copy(start + 1);
        while !self.take(b'"') {
            self.at += 1; // the backslash: `plain` stops at nothing else
            let character = self.escape()?;
            self.document.unescaped.push(character);
            let from = self.at;
            self.plain()?;
            self.copy(from);
        }
        self.document.push(Slot::escaped(begin, self.document.unescaped.len()));
        Ok(())
    }

    /// Adds the text from there to here to what was unescaped.
    fn copy(&mut self, from: usize) {
        let text = self.document.text.get(from..self.at).unwrap_or_default();
        self.document.unescaped.push_str(text);
    }

    /// Goes on to the next quote or backslash.
    fn plain(&mut self) -> Result<(), JsonError> {
        self.at += plain(self.bytes.get(self.at..).unwrap_or_default());
        match self.peek() {
            Some(b'"' | b'\\') => Ok(()),
            Some(_) => Err(self.fault(JsonFault::ControlCharacter)),
            None => Err(self.wanted("`\"`")),
        }
    }

    /// One escape; `at` stands behind its backslash.
    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at - 1;
        let Some(byte) = self.peek() else { return Err(self.wanted("an escape")) };
        let plain = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start),
            _ => return Err(self.wanted("one of `\"\\/bfnrtu`")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `\uXXXX`, or two of them for a character above U+FFFF; half of such a pair is refused.
    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let high = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&high) && self.take(b'\\') && self.peek() == Some(b'u') {
            let low = self.four_digits()?;
            let both = 0x10000 + ((high - 0xd800) << 10);
            if (0xdc00..0xe000).contains(&low) { both + (low - 0xdc00) } else { high }
        } else {
            high
        };
        char::from_u32(code).ok_or(JsonError { offset: start, fault: JsonFault::LoneSurrogate })
    }

    /// The number behind `uXXXX`; `at` stands on the `u`.
    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.wanted("a hexadecimal digit"))?;
        }
        self.at += 1;
        Ok(code)
    }

    fn fault(&self, fault: JsonFault) -> JsonError {
        JsonError { offset: self.at, fault }
    }

    #[cold]
    fn wanted(&self, wanted: &'static str) -> JsonError {
        let found = self.document.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.fault(JsonFault::Syntax { found, wanted })
    }
}
