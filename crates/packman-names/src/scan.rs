//! Reads a line from left to right. What the parsers of requirements and markers share.

use crate::NameError;

/// The longest line that is read, in bytes. The longest of `apache-airflow`, `boto3-stubs` and `types-aiobotocore` has 117.
const LONGEST: usize = 16 << 10;

/// The most extras, specifiers and comparisons of one line together. Each costs whoever resolves work over and over; the
/// most extras that are known of a project are 439 (`boto3-stubs`).
const MOST_PARTS: usize = 512;

/// What is left to read of one line.
#[derive(Copy, Clone)]
pub(crate) struct Scanner<'a> {
    whole: &'a str,
    rest: &'a str,
    subject: &'static str,
    parts: usize,
}

impl<'a> Scanner<'a> {
    /// Begins to read `whole`; errors call it a `subject`. A line that is too long is refused before anything of it is
    /// read.
    pub(crate) fn new(subject: &'static str, whole: &'a str) -> Result<Self, NameError> {
        if whole.len() > LONGEST {
            let problem = format!("has {} bytes, wanted at most {LONGEST}", whole.len());
            return Err(NameError::new(subject, whole, problem));
        }
        Ok(Self { whole, rest: whole, subject, parts: 0 })
    }

    /// Counts an extra, a specifier or a comparison.
    pub(crate) fn part(&mut self) -> Result<(), NameError> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            let problem = format!("has more than {MOST_PARTS} extras, specifiers and comparisons");
            return Err(NameError::new(self.subject, self.whole, problem));
        }
        Ok(())
    }

    /// Returns what was not read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Says whether everything was read.
    pub(crate) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads white space; line ends count, since folded header lines hold them.
    pub(crate) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Reads `text` if it comes next.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads as long as `wanted` says so; may be nothing.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Reads a word of letters, digits, `_`, `.` and `-`; may be nothing.
    pub(crate) fn word(&mut self) -> &'a str {
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    }

    /// Makes an error about what comes next.
    pub(crate) fn wanted(&self, wanted: &str) -> NameError {
        let found: String = self.rest.chars().take(20).collect();
        let found = if found.is_empty() {
            "ends".to_owned()
        } else {
            format!("has `{}`", crate::error::escaped(&found))
        };
        NameError::new(self.subject, self.whole, format!("{found} where {wanted} was wanted"))
    }
}
