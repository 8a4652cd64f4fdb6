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
        _ if acts(c) => write!(f, "{}", c.escape_unicode()),
        _ => write!(f, "{}", c.escape_debug()),
    }
}

/// Whether a character beyond ASCII acts on its reader instead of being read: it controls a terminal, turns the
/// direction of what stands around it, joins what stands before it, or is not seen at all.
pub fn acts(c: char) -> bool {
    // What Unicode calls a control, a format mark, a separator, a mark, private or unassigned.
    !c.is_ascii() && (is_blank_letter(c) || c.escape_debug().len() > 1)
}

/// Letters, by Unicode's word, that show nothing.
const fn is_blank_letter(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}

#[cfg(test)]
mod tests {
    use super::{acts, escaped, quoted};

    #[test]
    fn outside_text_cannot_act_on_the_terminal() {
        insta::assert_snapshot!(quoted("plain/name-1.0.whl"), @"`plain/name-1.0.whl`");
        insta::assert_snapshot!(quoted("\u{1b}[2Jcleared\n"), @r"`\u{1b}[2Jcleared\n`");
        insta::assert_snapshot!(quoted("a`b \u{202e}gpj.exe"), @r"`a\u{60}b \u{202e}gpj.exe`");
        assert_eq!(quoted(&"x".repeat(1_000_000)).to_string().chars().count(), 123);
        for acting in [
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{202e}',
            '\u{2028}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
            '\u{3164}',
        ] {
            assert!(acts(acting), "{}", acting.escape_unicode());
            let number = acting.escape_unicode().to_string();
            assert_eq!(escaped(&acting.to_string()).to_string(), number);
            assert_eq!(quoted(&acting.to_string()).to_string(), format!("`{number}`"));
        }
        for read in ['a', 'é', '漢', 'א', 'ß', '😀', '…'] {
            assert_eq!(escaped(&read.to_string()).to_string(), read.to_string());
        }
        insta::assert_snapshot!(escaped("Bob's `tools`\u{1b}[2J\u{202e}"), @r"Bob's `tools`\u{1b}[2J\u{202e}");
    }
}
