//! The answer, on standard output. Talk goes to standard error, elsewhere.

use std::borrow::Cow;
use std::io::{self, Write as _};

use packman_strict::json::Value;
use packman_strict::quote;

/// Prints an answer as JSON.
pub(crate) fn answer(value: &Value<'_>) -> io::Result<()> {
    let text = value.to_pretty();
    let mut out = io::stdout().lock();
    out.write_all(readable(&String::from_utf8_lossy(&text)).as_bytes())?;
    out.flush()
}

/// The same JSON, in which nothing that stands in a text acts on a terminal that shows it: it is written by its number.
fn readable(json: &str) -> Cow<'_, str> {
    let acts = |c: char| quote::acts(c) || c == '\u{7f}';
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut plain = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if acts(c) {
            // Outside of texts JSON is ASCII, so this is one.
            plain.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Prints an answer as lines for people.
pub(crate) fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    for line in lines {
        writeln!(out, "{}", tame(line.as_ref()))?;
    }
    out.flush()
}

/// The last look at a line for people: whoever made it should have escaped what came from outside, and what still acts
/// on a terminal is written by its number here.
pub(crate) fn tame(line: &str) -> Cow<'_, str> {
    let acts = |c: char| quote::acts(c) || (c.is_control() && c != '\n');
    if !line.contains(acts) {
        return Cow::Borrowed(line);
    }
    Cow::Owned(quote::tamed(line, |c| c.is_control() && c != '\n'))
}

/// The widest a column becomes, and its last one, in characters: what stands in a cell may be as long as somebody else
/// liked.
const WIDEST: usize = 120;
const WIDEST_LAST: usize = 400;

/// Lays rows out in columns, two spaces apart; the last column is not padded. What is too long for its column is cut.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let most = |column: usize| if column + 1 == count { WIDEST_LAST } else { WIDEST };
    let cut_row = |row: &Vec<String>| -> Vec<String> {
        row.iter().enumerate().map(|(column, cell)| cut(cell, most(column))).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cut_row).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let missing = width.saturating_sub(cell.chars().count());
            line.extend(std::iter::repeat_n(' ', missing + 2));
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A text of at most so many characters; one that is cut says so by its end.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use packman_strict::json::{self, Limits, Object, Value};

    use super::{WIDEST, WIDEST_LAST, columns, readable, tame};

    #[test]
    fn cells_of_any_length_make_a_table() {
        let long = "é".repeat(70_000);
        let rows = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let lines = columns(&[rows(&["a", &long, "b"]), rows(&["cc", "d", &long]), rows(&["e"])]);
        insta::assert_snapshot!(lines[0].replace(&"é".repeat(WIDEST - 1), "…"), @"a   ……  b");
        assert_eq!(lines[1].chars().count(), 2 + 2 + WIDEST + 2 + WIDEST_LAST);
        assert_eq!(lines[2], "e");
        assert!(columns(&[]).is_empty());
    }

    #[test]
    fn no_line_acts_on_a_terminal_whoever_made_it() {
        assert_eq!(tame("plain 漢 é\nnext"), "plain 漢 é\nnext");
        assert_eq!(tame("by Jose\u{301}"), "by Jose\u{301}");
        insta::assert_snapshot!(tame("\u{1b}[2J \u{9b}2J \r \u{202e}gpj.exe \u{7}"), @r"\u{1b}[2J \u{9b}2J \u{d} \u{202e}gpj.exe \u{7}");
    }

    #[test]
    fn texts_in_json_are_the_same_and_act_on_no_terminal() {
        let text = "\u{7f}\u{9b}2J \u{202e}gpj.exe \u{e0041} é 漢";
        let json = Value::from(Object::new().with("title", text)).to_pretty();
        let json = String::from_utf8(json).unwrap();
        let plain = readable(&json);
        insta::assert_snapshot!(plain.trim_end(), @r#"
        {
         "title": "\u007f\u009b2J \u202egpj.exe \udb40\udc41 é 漢"
        }
        "#);
        let read = json::parse(plain.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(read.as_object().unwrap().get("title").and_then(Value::as_str), Some(text));
    }
}
