//! The XML of property lists, and no more of XML than that: no entities but the five that every XML has, no document type
//! but the name of one that is never fetched, no attributes, no instructions, no binary form.

use core::fmt;
use std::collections::BTreeSet;

use packman_strict::quote::quoted;

/// The longest list that is read, in bytes. The largest that the first PackMan had was 100 kB.
const LONGEST: usize = 4 << 20;
const DEEPEST: usize = 16;
const MOST: usize = 100_000;

/// Why bytes are no property list that is read here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlistError {
    subject: String,
    found: String,
    wanted: &'static str,
}

impl PlistError {
    pub(super) fn shape(subject: &str, found: &str, wanted: &'static str) -> Self {
        Self { subject: subject.to_owned(), found: found.to_owned(), wanted }
    }
}

impl fmt::Display for PlistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, wanted {}", self.subject, self.found, self.wanted)
    }
}

impl core::error::Error for PlistError {}

/// A value of a property list. Numbers, dates and data are kept as they are written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Dict(Vec<(String, Self)>),
    Array(Vec<Self>),
    Text(String),
    Number(String),
    Truth(bool),
    Other,
}

impl Value {
    pub(super) fn text(self, key: &str) -> Result<String, PlistError> {
        match self {
            Self::Text(text) | Self::Number(text) => Ok(text),
            _ => Err(PlistError::shape(&format!("`{key}`"), "no text", "one")),
        }
    }

    pub(super) fn array(self, key: &str) -> Result<Vec<Self>, PlistError> {
        match self {
            Self::Array(values) => Ok(values),
            _ => Err(PlistError::shape(&format!("`{key}`"), "no array", "one")),
        }
    }

    pub(super) fn texts(self, key: &str) -> Result<Vec<String>, PlistError> {
        self.array(key)?.into_iter().map(|value| value.text(key)).collect()
    }

    /// As Python took it then: a number that is not 0 and a text that is not empty are true as well.
    pub(super) fn truth(self, key: &str) -> Result<bool, PlistError> {
        match self {
            Self::Truth(truth) => Ok(truth),
            Self::Number(text) => Ok(text.trim() != "0"),
            Self::Text(text) => Ok(!text.is_empty()),
            _ => Err(PlistError::shape(&format!("`{key}`"), "neither a number nor true nor false", "one")),
        }
    }
}

/// Reads the one value of a list.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, PlistError> {
    if bytes.starts_with(b"bplist") {
        return Err(PlistError::shape("the list", "a binary property list", "the XML form"));
    }
    if bytes.len() > LONGEST {
        let found = format!("{} bytes", bytes.len());
        return Err(PlistError::shape("the list", &found, "at most 4194304"));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|_| PlistError::shape("the list", "bytes that are no UTF-8", "text"))?;
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}'), values: 0 };
    let value = reader.list()?;
    reader.skip()?;
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.wrong("text after the list", "its end")) }
}

struct Reader<'t> {
    rest: &'t str,
    values: usize,
}

/// How an element begins.
struct Tag<'t> {
    name: &'t str,
    is_empty: bool,
}

impl<'t> Reader<'t> {
    fn wrong(&self, found: &str, wanted: &'static str) -> PlistError {
        let left: String = self.rest.chars().take(40).collect();
        let place = if left.is_empty() { "its end".to_owned() } else { format!("before {}", quoted(&left)) };
        PlistError { subject: format!("the list, {place}"), found: found.to_owned(), wanted }
    }

    fn list(&mut self) -> Result<Value, PlistError> {
        self.space();
        if let Some(after) = self.rest.strip_prefix("<?xml ") {
            let (head, rest) = after.split_once("?>").ok_or_else(|| self.wrong("the end", "`?>`"))?;
            let lower = head.to_ascii_lowercase();
            if lower.contains("encoding") && !lower.contains("utf-8") {
                return Err(self.wrong("another encoding", "UTF-8"));
            }
            self.rest = rest;
        }
        self.skip()?;
        if let Some(after) = self.rest.strip_prefix("<!DOCTYPE") {
            let (kind, rest) = after.split_once('>').ok_or_else(|| self.wrong("the end", "`>`"))?;
            if kind.contains(['[', '<']) {
                return Err(self.wrong("a declaration of entities or elements", "none"));
            }
            self.rest = rest;
        }
        self.skip()?;
        if self.rest.starts_with("<!DOCTYPE") {
            return Err(self.wrong("a declaration of entities or elements", "none"));
        }
        let rest =
            self.rest.strip_prefix("<plist").ok_or_else(|| self.wrong("something else", "`<plist>`"))?;
        let (attributes, rest) = rest.split_once('>').ok_or_else(|| self.wrong("the end", "`>`"))?;
        if !matches!(attributes.trim(), "" | "version=\"0.9\"" | "version=\"1.0\"") {
            return Err(self.wrong("attributes", "at most a version, 0.9 or 1.0"));
        }
        self.rest = rest;
        self.skip()?;
        let value = self.value(1)?;
        self.skip()?;
        self.end("plist")?;
        Ok(value)
    }

    fn value(&mut self, depth: usize) -> Result<Value, PlistError> {
        if depth > DEEPEST {
            return Err(self.wrong("more than 16 levels", "fewer"));
        }
        self.values += 1;
        if self.values > MOST {
            return Err(self.wrong("more than 100000 values", "fewer"));
        }
        let Tag { name, is_empty } = self.tag()?;
        match name {
            "dict" if is_empty => Ok(Value::Dict(Vec::new())),
            "dict" => self.dict(depth),
            "array" if is_empty => Ok(Value::Array(Vec::new())),
            "array" => {
                let mut values = Vec::new();
                loop {
                    self.skip()?;
                    if self.rest.starts_with("</") {
                        self.end(name)?;
                        return Ok(Value::Array(values));
                    }
                    values.push(self.value(depth + 1)?);
                }
            }
            "true" | "false" => {
                if !is_empty {
                    self.end(name)?;
                }
                Ok(Value::Truth(name == "true"))
            }
            "string" => Ok(Value::Text(self.content(name, is_empty)?)),
            "integer" | "real" => Ok(Value::Number(self.content(name, is_empty)?)),
            "date" | "data" => self.content(name, is_empty).map(|_| Value::Other),
            "key" => Err(self.wrong("a key without a value", "one")),
            other => Err(self.wrong(&format!("the element {}", quoted(other)), "one of a property list")),
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Value, PlistError> {
        let (mut members, mut known) = (Vec::new(), BTreeSet::new());
        loop {
            self.skip()?;
            if self.rest.starts_with("</") {
                self.end("dict")?;
                return Ok(Value::Dict(members));
            }
            let Tag { name, is_empty } = self.tag()?;
            if name != "key" {
                return Err(self.wrong("a value without a key", "a key"));
            }
            let key = self.content("key", is_empty)?;
            if !known.insert(key.clone()) {
                return Err(self.wrong(&format!("the key {} a second time", quoted(&key)), "each once"));
            }
            self.skip()?;
            if self.rest.starts_with("</") {
                return Err(self.wrong("a key without a value", "one"));
            }
            members.push((key, self.value(depth + 1)?));
        }
    }

    /// The text of an element, to its end.
    fn content(&mut self, name: &str, is_empty: bool) -> Result<String, PlistError> {
        if is_empty {
            return Ok(String::new());
        }
        let (raw, _) = self.rest.split_once('<').ok_or_else(|| self.wrong("the end", "the end of a text"))?;
        let mut text = String::with_capacity(raw.len());
        let mut left = raw;
        while let Some((before, after)) = left.split_once('&') {
            text.push_str(before);
            let (entity, after) =
                after.split_once(';').ok_or_else(|| self.wrong("`&`", "an entity that ends in `;`"))?;
            let unknown =
                || self.wrong(&format!("the entity {}", quoted(&format!("&{entity};"))), "a known one");
            text.push(letter(entity).ok_or_else(unknown)?);
            left = after;
        }
        text.push_str(left);
        self.rest = self.rest.get(raw.len()..).unwrap_or_default();
        if !self.rest.starts_with("</") {
            return Err(self.wrong("an element in a text", "none"));
        }
        self.end(name)?;
        Ok(text)
    }

    fn tag(&mut self) -> Result<Tag<'t>, PlistError> {
        let after = self.rest.strip_prefix('<').ok_or_else(|| match self.rest {
            "" => self.wrong("the end", "a value"),
            _ => self.wrong("text", "a value"),
        })?;
        let (inside, rest) = after.split_once('>').ok_or_else(|| self.wrong("the end", "`>`"))?;
        let (name, is_empty) = inside.strip_suffix('/').map_or((inside, false), |name| (name, true));
        let name = name.trim_end_matches(' ');
        if name.starts_with('?') {
            return Err(self.wrong("an instruction", "none"));
        }
        if name.contains(char::is_whitespace) {
            return Err(self.wrong("attributes", "none"));
        }
        self.rest = rest;
        Ok(Tag { name, is_empty })
    }

    fn end(&mut self, name: &str) -> Result<(), PlistError> {
        let Some(after) = self.rest.strip_prefix("</") else {
            return Err(self.wrong("the end", "the end of an element"));
        };
        let (found, rest) = after.split_once('>').ok_or_else(|| self.wrong("the end", "`>`"))?;
        if found.trim_end() != name {
            let wanted = format!("`</{}>`, wanted `</{name}>`", packman_strict::quote::escaped(found));
            return Err(self.wrong(&wanted, "elements that end where they began"));
        }
        self.rest = rest;
        Ok(())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Passes over spaces and comments.
    fn skip(&mut self) -> Result<(), PlistError> {
        loop {
            self.space();
            let Some(after) = self.rest.strip_prefix("<!--") else { return Ok(()) };
            let (_, rest) =
                after.split_once("-->").ok_or_else(|| self.wrong("the end", "the end of a comment"))?;
            self.rest = rest;
        }
    }
}

/// The letter that an entity stands for.
fn letter(entity: &str) -> Option<char> {
    match entity {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = entity.strip_prefix('#')?;
    let digits = number.strip_prefix('x');
    let base = if digits.is_some() { 16 } else { 10 };
    let digits = digits.unwrap_or(number);
    let plain = !digits.is_empty() && digits.len() <= 8 && digits.chars().all(|digit| digit.is_digit(base));
    let found = u32::from_str_radix(digits, base).ok().filter(|_| plain).and_then(char::from_u32)?;
    // XML has no other control characters.
    (!found.is_control() || matches!(found, '\t' | '\n' | '\r')).then_some(found)
}
