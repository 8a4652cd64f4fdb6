//! The text of every stable code. One table: `explain.md`.
//!
//! That every code has a text and every text a code is `cargo xtask tidy`'s to see; that a text names only commands
//! that there are, the tests below.

/// The table: below headings `# topic` a section for each code, `## code`, a first sentence on its own line, and more.
const TABLE: &str = include_str!("explain.md");

/// The text of a code.
pub(crate) fn text(code: &str) -> Option<&'static str> {
    sections().find(|(known, _)| *known == code).map(|(_, text)| text)
}

/// Every code with the first sentence of its text, without its full stop, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    sections().map(|(code, text)| (code, text.split_once(".\n").map_or(text, |(first, _)| first)))
}

/// The code that is spelt most like what was typed, where one is near enough to be meant.
pub(crate) fn nearest(typed: &str) -> Option<&'static str> {
    const LONGEST: usize = 64;
    let typed: String = typed.chars().take(LONGEST).collect::<String>().to_lowercase().replace('_', "-");
    let (steps, code) = sections().map(|(code, _)| (steps_between(&typed, code), code)).min()?;
    (steps * 3 <= code.len()).then_some(code)
}

/// How many letters have to be added, left out or replaced to make one text of the other.
fn steps_between(one: &str, other: &str) -> usize {
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.bytes().enumerate() {
        let mut left = row + 1;
        let mut now = vec![left];
        for (wanted, above) in other.bytes().zip(before.windows(2)) {
            let &[diagonal, above] = above else { continue };
            left = (diagonal + usize::from(letter != wanted)).min(above + 1).min(left + 1);
            now.push(left);
        }
        before = now;
    }
    before.last().copied().unwrap_or_default()
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.split("\n## ").skip(1).filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        // Behind the last section of a topic the next topic begins.
        let text = text.split_once("\n# ").map_or(text, |(text, _)| text);
        Some((code.trim(), text.trim()))
    })
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use super::*;
    use crate::args::Arguments;

    #[test]
    fn every_code_stands_once_with_a_text() {
        let mut codes: Vec<&str> = sections().map(|(code, _)| code).collect();
        assert!(codes.len() > 100, "the table is read");
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "each stands once");
        assert!(text("rollback").is_some_and(|text| text.contains("version")));
        assert_eq!(text("no such code"), None);
    }

    #[test]
    fn finds_the_code_that_was_meant() {
        for (typed, code) in [
            ("rolback", Some("rollback")),
            ("Rollback", Some("rollback")),
            ("hash_mismatch", Some("hash-mismatch")),
            ("state-damage", Some("state-damaged")),
            ("expird", Some("expired")),
            ("", None),
            ("banana", None),
            (&*"x".repeat(10_000), None),
        ] {
            assert_eq!(nearest(typed), code, "{typed}");
        }
    }

    #[test]
    fn a_text_begins_with_one_short_sentence_and_goes_on() {
        // Beside the longest code, it fits into the 100 columns of a terminal.
        const LONGEST: usize = 74;
        for (code, text) in sections() {
            let first = text.lines().next().unwrap();
            assert!(first.ends_with('.') && !first.contains(". "), "{code}: {first}");
            assert!(first.chars().count() <= LONGEST, "{code}: {first}");
            assert!(text.lines().count() > 1, "{code} says what can be done");
            assert!(text.lines().all(|line| !line.starts_with('#')), "{code} ends where a topic begins");
            let known = all().find(|(known, _)| *known == code).unwrap();
            assert_eq!(format!("{}.", known.1), first);
        }
    }

    #[test]
    fn texts_are_calm_and_fit_into_a_terminal() {
        for line in TABLE.lines() {
            assert!(line.chars().count() <= 100, "{line}");
            assert!(!line.contains('!'), "{line}");
            let mut words = line.split(|letter: char| !letter.is_alphabetic());
            assert!(!words.any(|word| matches!(word, "just" | "simply" | "obviously")), "{line}");
        }
    }

    #[test]
    fn texts_name_only_commands_and_options_that_there_are() {
        let mut root = Arguments::command();
        root.build();
        let mut found = 0;
        for (code, text) in sections() {
            for quoted in quoted(code, text) {
                let words: Vec<&str> = quoted.split(' ').collect();
                match words.as_slice() {
                    ["packman", "explain", other, ..] => {
                        assert!(super::text(other).is_some(), "{code}: {other}");
                    }
                    ["packman", rest @ ..] => {
                        verify_command(&root, rest).unwrap_or_else(|why| panic!("{code}: `{quoted}`: {why}"));
                        found += 1;
                    }
                    [option, ..] if option.starts_with("--") => {
                        assert!(has_option_below(&root, option), "{code}: nothing takes `{option}`");
                    }
                    _ => {}
                }
            }
        }
        assert!(found > 20, "commands are found");
        for wrong in ["packman trust accept", "packman install --force", "packman shred"] {
            let words: Vec<&str> = wrong.split(' ').skip(1).collect();
            assert!(verify_command(&root, &words).is_err(), "{wrong}");
        }
    }

    /// What stands in backticks. None is broken over two lines: people copy it.
    fn quoted<'t>(code: &str, text: &'t str) -> Vec<&'t str> {
        let even = |line: &str| line.matches('`').count().is_multiple_of(2);
        assert!(text.lines().all(even), "{code}: what is in backticks stands in one line");
        text.split('`').skip(1).step_by(2).collect()
    }

    fn verify_command(root: &Command, words: &[&str]) -> Result<(), String> {
        let mut command = root;
        for word in words {
            if let Some(below) = command.find_subcommand(word) {
                command = below;
            } else if word.starts_with("--") && !has_option(command, word) {
                return Err(format!("`{}` has no `{word}`", command.get_name()));
            } else if command.has_subcommands() {
                return Err(format!("`{}` has no command `{word}`", command.get_name()));
            }
        }
        Ok(())
    }

    fn has_option(command: &Command, option: &str) -> bool {
        let long = option.strip_prefix("--");
        command.get_arguments().any(|argument| argument.get_long() == long)
    }

    fn has_option_below(command: &Command, option: &str) -> bool {
        has_option(command, option) || command.get_subcommands().any(|below| has_option_below(below, option))
    }
}
