//! How text from outside is shown in errors: in backticks, escaped, and cut when it is long.
//!
//! A name in a hostile archive or database may hold terminal control sequences, right-to-left marks or a
//! megabyte of letters; none of them may reach the terminal of the person who reads the refusal.

use std::fmt;

/// The longest piece of outside text that an error repeats, in characters.
const SHOWN: usize = 120;

/// Shows outside text in backticks: escaped as Rust escapes debug strings, and cut after 120 characters.
pub fn quoted(text: &str) -> Quoted<'_> {
    Quoted { text, bears_accents: true }
}

/// The same where two spellings of one name have to be told apart: an accent that is a character of its own is written
/// by its number.
pub fn quoted_exactly(text: &str) -> Quoted<'_> {
    Quoted { text, bears_accents: false }
}

/// Outside text on its way into an error; made by [`quoted`] and [`quoted_exactly`].
#[derive(Copy, Clone, Debug)]
pub struct Quoted<'t> {
    text: &'t str,
    bears_accents: bool,
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        let mut before = Before::default();
        for c in self.text.chars().take(SHOWN) {
            match c {
                '`' => write!(f, "{}", c.escape_unicode())?,
                _ if self.bears_accents && before.bears(c) => write!(f, "{c}")?,
                _ => write_escaped(f, c)?,
            }
        }
        f.write_str(if self.text.chars().nth(SHOWN).is_some() { "…`" } else { "`" })
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
        let mut before = Before::default();
        self.0.chars().try_for_each(|c| if before.bears(c) { write!(f, "{c}") } else { write_escaped(f, c) })
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

/// The same text in which only what acts is written by its number, for who knows that it was escaped before.
pub fn tamed(text: &str, acts_too: impl Fn(char) -> bool) -> String {
    let mut before = Before::default();
    let mut tame = String::with_capacity(text.len());
    for c in text.chars() {
        if !before.bears(c) && (acts(c) || acts_too(c)) {
            tame.extend(c.escape_unicode());
        } else {
            tame.push(c);
        }
    }
    tame
}

/// What stands before a character: an accent belongs to its letter. One that has none would be drawn over what is not
/// its own, and a heap of them over the lines above and below.
#[derive(Default)]
struct Before {
    /// How many more accents the last letter bears.
    room: usize,
}

impl Before {
    /// The most accents on one letter; Vietnamese has two, the scripts of India and Thai three.
    const ACCENTS: usize = 3;

    /// Whether `c` is an accent on a letter before it. Every character has to come by, in order.
    fn bears(&mut self, c: char) -> bool {
        if is_accent(c) {
            let bears = self.room > 0;
            self.room = self.room.saturating_sub(1);
            return bears;
        }
        self.room = if c.is_alphabetic() { Self::ACCENTS } else { 0 };
        false
    }
}

/// Whether a character is drawn on the letter before it, and is seen there.
fn is_accent(c: char) -> bool {
    // Marks that show nothing: joiners, selectors of variants, vowels that are not written.
    let is_unseen = matches!(c, '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    if c.is_ascii() || is_unseen || c.escape_debug().len() == 1 {
        return false;
    }
    // In a text a mark is escaped at the beginning alone, and what cannot be seen everywhere.
    let mut text = [b'a', 0, 0, 0, 0];
    let length = text.get_mut(1..).map_or(0, |rest| c.encode_utf8(rest).len());
    let text = text.get(..=length).and_then(|text| core::str::from_utf8(text).ok());
    text.is_some_and(|text| text.escape_debug().nth(1) == Some(c))
}

/// Letters, by Unicode's word, that show nothing.
const fn is_blank_letter(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}

#[cfg(test)]
mod tests {
    use super::{acts, escaped, quoted, tamed};

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
        // Accents on their letters are read; without a letter, or in a heap, they would be drawn over something else.
        for read in ["Jose\u{301} Rami\u{301}rez", "Nguye\u{302}\u{303}n", "हिन्दी", "ภาษาไทย", "שָׁלוֹם"]
        {
            assert_eq!(escaped(read).to_string(), read);
            assert_eq!(quoted(read).to_string(), format!("`{read}`"));
            assert_eq!(tamed(read, |_| false), read);
        }
        insta::assert_snapshot!(quoted("\u{301}a"), @r"`\u{301}a`");
        insta::assert_snapshot!(escaped("- \u{301}"), @r"- \u{301}");
        let heap = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(escaped(&heap).to_string(), "a\u{301}\u{301}\u{301}\\u{301}\\u{301}");
        assert_eq!(escaped("a\u{fe0f}\u{34f}").to_string(), r"a\u{fe0f}\u{34f}");
        insta::assert_snapshot!(escaped("Bob's `tools`\u{1b}[2J\u{202e}"), @r"Bob's `tools`\u{1b}[2J\u{202e}");
    }
}
