//! RECORD: which files a wheel or an installed project consists of, with hash and size.
//!
//! Reads and writes the rows; whether a wheel's rows agree with its files is decided in `verify`. The dialect is
//! the one Python's `csv` reads by default, narrowed: what two readers could split in two ways is refused.

use std::borrow::Cow;
use std::fmt;

use packman_strict::Sha256;

use crate::base64;

/// One row of RECORD, its three fields as they stand there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row<'a> {
    /// The line it starts in, from 1.
    pub line: usize,
    /// The path, relative to the folder that holds the `.dist-info`, or absolute.
    pub path: Cow<'a, str>,
    /// Empty, or algorithm, `=` and digest.
    pub hash: Cow<'a, str>,
    /// Empty, or the size in bytes.
    pub size: Cow<'a, str>,
}

/// Why RECORD cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowFault {
    /// The line, from 1.
    pub line: usize,
    /// What was found there.
    pub why: &'static str,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: found {}, wanted path, hash and size", self.line, self.why)
    }
}

/// Parses every row; blank lines are skipped.
pub fn parse(text: &str) -> Result<Vec<Row<'_>>, RowFault> {
    let mut rows = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        if let Some(after) = line_end(rest) {
            (rest, line) = (after, line + 1);
            continue;
        }
        let before = rest;
        let row = parse_row(&mut rest, line)?;
        let read = before.len() - rest.len();
        line += before.as_bytes().iter().take(read).filter(|byte| **byte == b'\n').count();
        rows.push(row);
    }
    Ok(rows)
}

fn parse_row<'a>(rest: &mut &'a str, line: usize) -> Result<Row<'a>, RowFault> {
    let fault = |why| RowFault { line, why };
    let mut fields = [Cow::Borrowed(""), Cow::Borrowed(""), Cow::Borrowed("")];
    let last = fields.len() - 1;
    for (number, slot) in fields.iter_mut().enumerate() {
        let (value, after) = parse_field(rest).map_err(fault)?;
        *slot = value;
        *rest = match after.strip_prefix(',') {
            Some(after) if number < last => after,
            Some(_) => return Err(fault("a fourth field")),
            None if number < last => return Err(fault("fewer than three fields")),
            None if after.is_empty() => after,
            None => {
                line_end(after).ok_or_else(|| fault("text after a quoted field or a lone carriage return"))?
            }
        };
    }
    let [path, hash, size] = fields;
    Ok(Row { line, path, hash, size })
}

fn parse_field(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n', '\r']).unwrap_or(text.len());
        let (field, rest) = text.split_at(end);
        return if field.contains('"') {
            Err("a quote within a field")
        } else {
            Ok((Cow::Borrowed(field), rest))
        };
    };
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or("a quote that is never closed")?;
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => (value, rest) = (value + "\"", more),
            None => return Ok((Cow::Owned(value), after)),
        }
    }
}

fn line_end(text: &str) -> Option<&str> {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n"))
}

/// Collects the rows of an installed project and writes them sorted by path.
#[derive(Debug, Default)]
pub(crate) struct RecordWriter {
    rows: Vec<String>,
}

impl RecordWriter {
    /// Adds a file with its hash and size.
    pub(crate) fn add(&mut self, path: &str, digest: &Sha256, size: u64) {
        let (path, digest, size) = (quote(path), base64::encode(digest), size.to_string());
        self.rows.push([&*path, ",sha256=", &digest, ",", &size, "\n"].concat());
    }

    /// Adds a file of which neither is recorded: RECORD itself.
    pub(crate) fn add_bare(&mut self, path: &str) {
        self.rows.push(format!("{},,\n", quote(path)));
    }

    /// The whole file.
    pub(crate) fn finish(mut self) -> String {
        self.rows.sort_unstable();
        self.rows.concat()
    }
}

fn quote(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use packman_strict::Sha256;

    use super::{RecordWriter, parse};

    fn check(text: &str) -> String {
        match parse(text) {
            Ok(rows) => rows
                .iter()
                .map(|row| format!("{}: {:?} {:?} {:?}\n", row.line, row.path, row.hash, row.size))
                .collect::<Vec<_>>()
                .concat(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn reads_the_dialect_of_pythons_csv() {
        insta::assert_snapshot!(
            check("a.py,sha256=xx,3\r\n\n\"odd, \"\"name\"\".py\",,\nlast,,0"),
            @r#"
        1: "a.py" "sha256=xx" "3"
        3: "odd, \"name\".py" "" ""
        4: "last" "" "0"
        "#
        );
        insta::assert_snapshot!(check("\"two\nlines\",,\nb,,"), @r#"
        1: "two\nlines" "" ""
        3: "b" "" ""
        "#);
    }

    #[test]
    fn refuses_rows_that_two_readers_could_split_differently() {
        for (text, why) in [
            ("a,b", "line 1: found fewer than three fields, wanted path, hash and size"),
            ("a,b,\nc,,,", "line 2: found a fourth field, wanted path, hash and size"),
            ("a\"b\",,", "line 1: found a quote within a field, wanted path, hash and size"),
            ("\"a,,\n", "line 1: found a quote that is never closed, wanted path, hash and size"),
            (
                "a,,\rb,,",
                "line 1: found text after a quoted field or a lone carriage return, wanted path, hash and size",
            ),
            (
                "a,,\"1\"2",
                "line 1: found text after a quoted field or a lone carriage return, wanted path, hash and size",
            ),
        ] {
            assert_eq!(check(text), why);
        }
    }

    #[test]
    fn writes_what_it_reads_with_the_rows_sorted() {
        let mut writer = RecordWriter::default();
        writer.add_bare("z/RECORD");
        writer.add("odd, \"name\".py", &Sha256::of(b""), 0);
        insta::assert_snapshot!(writer.finish(), @r#"
        "odd, ""name"".py",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
        z/RECORD,,
        "#);
    }
}
