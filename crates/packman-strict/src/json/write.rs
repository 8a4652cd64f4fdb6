//! Writing: compact for machines, one member a line for people and for version control.

use super::Value;

/// The value without white space.
pub(super) fn compact(value: &Value<'_>) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), pretty: false };
    writer.value(value, 0);
    writer.out
}

/// The value with one member or element a line, one space a level, and a final newline.
pub(super) fn pretty(value: &Value<'_>) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), pretty: true };
    writer.value(value, 0);
    writer.out.push(b'\n');
    writer.out
}

struct Writer {
    out: Vec<u8>,
    pretty: bool,
}

impl Writer {
    fn value(&mut self, value: &Value<'_>, depth: usize) {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(bool) => self.out.extend_from_slice(if *bool { b"true" } else { b"false" }),
            Value::Number(number) => self.out.extend_from_slice(number.as_str().as_bytes()),
            Value::String(text) => self.string(text),
            Value::Array(elements) => {
                self.out.push(b'[');
                for (place, element) in elements.iter().enumerate() {
                    self.separate(place, depth + 1);
                    self.value(element, depth + 1);
                }
                self.close(b']', elements.is_empty(), depth);
            }
            Value::Object(object) => {
                self.out.push(b'{');
                for (place, (name, value)) in object.iter().enumerate() {
                    self.separate(place, depth + 1);
                    self.string(name);
                    self.out.extend_from_slice(if self.pretty { b": " } else { b":" });
                    self.value(value, depth + 1);
                }
                self.close(b'}', object.is_empty(), depth);
            }
        }
    }

    fn separate(&mut self, place: usize, depth: usize) {
        if place > 0 {
            self.out.push(b',');
        }
        self.line(depth);
    }

    fn close(&mut self, bracket: u8, empty: bool, depth: usize) {
        if !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if self.pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + depth, b' ');
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                0..=0x1f => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }
}
