//! The one error of this crate: a text that does not follow its rules. It says which text, and what was
//! found and wanted; whether that is a refusal, an honest no or a wrong use is for the caller to say.

use std::fmt;

/// How many characters of outside text an error repeats; hostile metadata can be megabytes long.
const SHOWN: usize = 200;

/// A text that is not what it should be, with the text shortened and escaped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameError {
    subject: &'static str,
    found: String,
    problem: String,
}

impl NameError {
    /// Says that `found`, read as a `subject` (`version`, `wheel name`), has a `problem`.
    pub(crate) fn new(subject: &'static str, found: &str, problem: impl Into<String>) -> Self {
        Self { subject, found: escaped(found), problem: problem.into() }
    }

    /// Says in which larger text the problem was found, if the error does not say so yet.
    pub(crate) fn within(self, subject: &'static str, found: &str) -> Self {
        if self.subject == subject { self } else { Self::new(subject, found, self.to_string()) }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, found, problem } = self;
        write!(out, "{subject} `{found}`: {problem}")
    }
}

impl std::error::Error for NameError {}

/// Makes outside text harmless to show: whatever is not visible ASCII, and the backtick, becomes an escape,
/// quotes stay readable, and what is long is cut.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == SHOWN {
            shown.push('…');
            break;
        }
        match character {
            '\'' | '"' => shown.push(character),
            '`' => shown.push_str("\\u{60}"),
            // A letter of another alphabet can look like the one that was expected.
            other if !other.is_ascii() => shown.extend(other.escape_unicode()),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}
