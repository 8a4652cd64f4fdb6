//! How text from outside is shown in errors: in backticks, escaped, and cut when it is long.
//!
//! A name in a hostile archive or database may hold terminal control sequences, right-to-left marks or a
//! megabyte of letters; none of them may reach the terminal of the person who reads the refusal.

use std::fmt;

/// The longest piece of outside text that an error repeats, in characters.
const SHOWN: usize = 120;

/// Shows outside text in backticks: escaped as Rust escapes debug strings, and cut after 120 characters.
pub fn quoted(text: &str) -> Quoted<'_> {
    Quoted(text)
}

/// Outside text on its way into an error; made by [`quoted`].
#[derive(Copy, Clone, Debug)]
pub struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        for c in self.0.chars().take(SHOWN) {
            match c {
                '`' => write!(f, "{}", c.escape_unicode())?,
                _ => write_escaped(f, c)?,
            }
        }
        f.write_str(if self.0.chars().nth(SHOWN).is_some() { "…`" } else { "`" })
    }
}

/// Shows outside text whole and without backticks, for a column or a line of its own.
pub fn escaped(text: &str) -> Escaped<'_> {
    Escaped(text)
}

/// Outside text on its way to a person; made by [`escaped`].
#[derive(Copy, Clone, Debug)]
pub struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_escaped(f, c))
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        // Quotes are harmless, and escaping them makes names hard to recognise.
        '"' | '\'' => write!(f, "{c}"),
        // Letters that turn or hide text are no control characters for `escape_debug`.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            write!(f, "{}", c.escape_unicode())
        }
        _ => write!(f, "{}", c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, quoted};

    #[test]
    fn outside_text_cannot_act_on_the_terminal() {
        insta::assert_snapshot!(quoted("plain/name-1.0.whl"), @"`plain/name-1.0.whl`");
        insta::assert_snapshot!(quoted("\u{1b}[2Jcleared\n"), @r"`\u{1b}[2Jcleared\n`");
        insta::assert_snapshot!(quoted("a`b \u{202e}gpj.exe"), @r"`a\u{60}b \u{202e}gpj.exe`");
        assert_eq!(quoted(&"x".repeat(1_000_000)).to_string().chars().count(), 123);
        insta::assert_snapshot!(escaped("Bob's `tools`\u{1b}[2J\u{202e}"), @r"Bob's `tools`\u{1b}[2J\u{202e}");
    }
}
