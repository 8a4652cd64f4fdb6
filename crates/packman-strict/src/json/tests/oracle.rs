//! The plain parser: recursive, a tree at once, no bit tricks. What ships must agree with it in every value and every
//! refusal.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::json::{JsonError, JsonFault, Limits, Number, Object, Value};

/// One member of an object.
type Member<'a> = (Cow<'a, str>, Value<'a>);

/// No document is nested deeper than this, whatever its limits say.
const DEEPEST: usize = 256;

/// Parses one JSON value that fills `bytes` but for white space around it.
pub(super) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Value<'a>, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError { offset: limits.bytes, fault: JsonFault::TooLong { limit: limits.bytes } });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError { offset: error.valid_up_to(), fault: JsonFault::NotUtf8 })?;
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: limits.depth.min(DEEPEST),
        limits: *limits,
        nodes: limits.nodes,
    };
    parser.skip_white_space();
    let value = parser.value(0)?;
    parser.skip_white_space();
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.wanted("the end of the document")),
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    limits: Limits,
    /// How many values may still come.
    nodes: usize,
}

impl<'a> Parser<'a> {
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
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.nodes = match self.nodes.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.fault(JsonFault::TooMany { limit: self.limits.nodes })),
        };
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.wanted("a value")),
        }
    }

    fn word(&mut self, word: &'static str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.wanted("`true`, `false` or `null`"))
    }

    /// Enters an array or an object: takes its bracket, and says whether it is closed at once by `end`.
    fn open(&mut self, depth: usize, end: u8) -> Result<bool, JsonError> {
        if depth > self.depth {
            return Err(self.fault(JsonFault::TooDeep { limit: self.depth }));
        }
        self.at += 1;
        self.skip_white_space();
        Ok(self.take(end))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        if self.open(depth, b']')? {
            return Ok(Value::Array(Vec::new()));
        }
        let mut all = Vec::new();
        loop {
            all.push(self.value(depth)?);
            self.skip_white_space();
            if self.take(b']') {
                break;
            }
            if !self.take(b',') {
                return Err(self.wanted("`,` or `]`"));
            }
            self.skip_white_space();
        }
        Ok(Value::Array(all))
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        let begin = self.at;
        if self.open(depth, b'}')? {
            return Ok(Value::Object(Object::new()));
        }
        let mut all = Vec::new();
        loop {
            all.push(self.member(depth)?);
            self.skip_white_space();
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return Err(self.wanted("`,` or `}`"));
            }
            self.skip_white_space();
        }
        match duplicate(&all) {
            Some(key) => Err(JsonError { offset: begin, fault: JsonFault::DuplicateKey { key } }),
            None => Ok(Value::Object(all.into_iter().collect::<Object<'_>>())),
        }
    }

    fn member(&mut self, depth: usize) -> Result<Member<'a>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.wanted("the name of a member"));
        }
        let name = self.string()?;
        self.skip_white_space();
        if !self.take(b':') {
            return Err(self.wanted("`:`"));
        }
        self.skip_white_space();
        Ok((name, self.value(depth)?))
    }

    /// A number by JSON's grammar, kept as text. `-0` is refused: to Python it is `0`, so two readers would
    /// sign over two texts.
    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = self.slice(start, self.at);
        if text == "-0" {
            return Err(JsonError { offset: start, fault: JsonFault::NegativeZero });
        }
        if let Some(b'0'..=b'9') = self.peek() {
            return Err(self.wanted("a number without leading zeros"));
        }
        Ok(Value::Number(Number::from_text(text)))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.wanted("a digit")) } else { Ok(()) }
    }

    /// A string; `at` stands on its opening quote. Borrows unless there is an escape.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let first = self.plain()?;
        if self.take(b'"') {
            return Ok(Cow::Borrowed(first));
        }
        let mut text = first.to_owned();
        while !self.take(b'"') {
            self.at += 1; // the backslash: `plain` stops at nothing else
            text.push(self.escape()?);
            text.push_str(self.plain()?);
        }
        Ok(Cow::Owned(text))
    }

    /// The text up to the next quote or backslash.
    fn plain(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length =
            rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
        self.at = start + length;
        match self.peek() {
            Some(b'"' | b'\\') => Ok(self.slice(start, self.at)),
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

    /// Text between two places that are both next to ASCII characters, so it never comes out empty by accident.
    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn fault(&self, fault: JsonFault) -> JsonError {
        JsonError { offset: self.at, fault }
    }

    fn wanted(&self, wanted: &'static str) -> JsonError {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.fault(JsonFault::Syntax { found, wanted })
    }
}

/// The first name, in the order of names, that two members have.
fn duplicate(members: &[Member<'_>]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let twice = members.iter().map(|(name, _)| name.as_ref()).filter(|name| !seen.insert(*name));
    twice.min().map(str::to_owned)
}
