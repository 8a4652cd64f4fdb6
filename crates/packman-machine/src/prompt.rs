//! Questions to a person: yes or no, and passphrases. Words are the caller's.
//!
//! Without a terminal nobody can answer, and every question is answered no. A passphrase may then come from the
//! file that `PACKMAN_PASSPHRASE_FILE` names, which suits the secrets of CI systems; never from a variable itself,
//! which every child would inherit.

use std::fmt;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::PathBuf;

use crate::environ::Environ;
use crate::failure::{Act, DiskFailure, DiskReason, system_words};
use crate::files;
use crate::stop::Stopped;

const FILE: &str = "PACKMAN_PASSPHRASE_FILE";

/// A passphrase; never shown.
#[derive(Clone, Eq, PartialEq)]
pub struct Passphrase(String);

/// Asks a person.
#[derive(Clone, Debug)]
pub struct Prompt {
    terminal: bool,
    file: Option<PathBuf>,
}

/// Why there is no passphrase.
#[derive(Clone, Debug)]
pub enum PromptFailure {
    /// There is neither a terminal nor a file to read it from.
    NobodyToAsk,
    /// The file cannot be read.
    Disk(DiskFailure),
    /// The terminal failed; what the system says.
    Terminal(String),
    /// It is empty, or differs when it is typed again.
    NotGiven(&'static str),
    /// The user pressed Ctrl-C.
    Stopped,
}

impl Passphrase {
    /// Takes text for a passphrase.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The passphrase, for the one who derives a key from it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Prompt {
    /// Asks at the terminal, when questions can be read and answered there.
    pub fn new(environ: &Environ) -> Self {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        Self { terminal, file: environ.path(FILE) }
    }

    /// Asks nobody.
    pub fn nobody() -> Self {
        Self { terminal: false, file: None }
    }

    /// Whether there is a person to ask.
    pub fn is_interactive(&self) -> bool {
        self.terminal
    }

    /// Whether passphrases come from a file, which says the same however often it is asked.
    pub fn is_from_file(&self) -> bool {
        self.file.is_some()
    }

    /// Asks a question at the terminal; anything but a yes is a no, and so is nobody to ask.
    pub fn yes(&self, question: &str) -> bool {
        self.terminal && ask(question, &mut io::stdin().lock(), &mut io::stderr()).unwrap_or(false)
    }

    /// Asks for a line of text at the terminal; `None` where nobody is there, and where nothing more is typed.
    pub fn line(&self, question: &str) -> Option<String> {
        let read = || ask_line(question, &mut io::stdin().lock(), &mut io::stderr());
        Some(self.terminal).filter(|there| *there).and_then(|_| read().ok()?)
    }

    /// Asks for a passphrase that was set before.
    pub fn passphrase(&self, question: &str) -> Result<Passphrase, PromptFailure> {
        self.kept().unwrap_or_else(|| self.typed(question))
    }

    /// Asks for a new passphrase, twice where it is typed.
    pub fn new_passphrase(&self, question: &str, again: &str) -> Result<Passphrase, PromptFailure> {
        let first = match self.kept() {
            Some(first) => return first,
            None => self.typed(question)?,
        };
        if self.typed(again)? == first {
            Ok(first)
        } else {
            Err(PromptFailure::NotGiven("the two passphrases differ"))
        }
    }

    fn kept(&self) -> Option<Result<Passphrase, PromptFailure>> {
        let path = self.file.as_ref()?;
        let read = || {
            let bytes = files::read_file(path, 4096).map_err(PromptFailure::Disk)?;
            let missing = || DiskFailure::because(Act::Read, path, DiskReason::Missing);
            let bytes = bytes.ok_or_else(missing).map_err(PromptFailure::Disk)?;
            let text =
                String::from_utf8(bytes).map_err(|_| PromptFailure::NotGiven("the passphrase is no text"))?;
            given(text.lines().next().unwrap_or_default().to_owned())
        };
        Some(read())
    }

    fn typed(&self, question: &str) -> Result<Passphrase, PromptFailure> {
        if !self.terminal {
            return Err(PromptFailure::NobodyToAsk);
        }
        match rpassword::prompt_password(question) {
            Ok(text) => given(text),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(PromptFailure::Stopped),
            Err(error) => Err(PromptFailure::Terminal(system_words(&error))),
        }
    }
}

fn given(text: String) -> Result<Passphrase, PromptFailure> {
    if text.is_empty() {
        Err(PromptFailure::NotGiven("the passphrase is empty"))
    } else {
        Ok(Passphrase(text))
    }
}

fn ask(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    let answer = ask_line(&format!("{question} [y/N] "), input, output)?.unwrap_or_default();
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// The line that is typed, without the white space around it; `None` at the end of what is typed.
fn ask_line(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Option<String>> {
    write!(output, "{question}")?;
    output.flush()?;
    let mut answer = String::new();
    Ok((input.read_line(&mut answer)? > 0).then(|| answer.trim().to_owned()))
}

impl PromptFailure {
    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NobodyToAsk => Some("PACKMAN_PASSPHRASE_FILE names a file that holds it"),
            _ => None,
        }
    }
}

impl fmt::Display for PromptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyToAsk => f.write_str("a passphrase is needed, and there is no terminal to ask at"),
            Self::Disk(failure) => failure.fmt(f),
            Self::Terminal(words) => write!(f, "the terminal cannot be read: {words}"),
            Self::NotGiven(words) => f.write_str(words),
            Self::Stopped => Stopped.fmt(f),
        }
    }
}

impl std::error::Error for PromptFailure {}

#[cfg(test)]
mod tests {
    use super::{Passphrase, Prompt, PromptFailure, ask};
    use crate::environ::Environ;

    #[test]
    fn only_a_yes_is_a_yes() {
        let check = |typed: &str, yes| {
            let mut shown = Vec::new();
            assert_eq!(ask("go on?", &mut typed.as_bytes(), &mut shown).unwrap(), yes, "{typed:?}");
            assert_eq!(shown, b"go on? [y/N] ");
        };
        for typed in ["y\n", "Yes\r\n", " y \n", "y"] {
            check(typed, true);
        }
        for typed in ["", "\n", "n\n", "yep\n", "yes please\n", "ｙ\n", "\u{0}y\n"] {
            check(typed, false);
        }
    }

    #[test]
    fn nobody_says_no_and_knows_no_passphrase() {
        let nobody = Prompt::nobody();
        assert!(!nobody.yes("sure?") && !nobody.is_interactive());
        let failure = nobody.new_passphrase("p", "p").unwrap_err();
        assert!(matches!(failure, PromptFailure::NobodyToAsk) && failure.hint().is_some());
    }

    #[test]
    fn a_passphrase_comes_from_a_file_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let ask = || {
            let environ = Environ::of(folder.path(), [("PACKMAN_PASSPHRASE_FILE", "secret")]);
            Prompt { terminal: false, ..Prompt::new(&environ) }.new_passphrase("p", "p")
        };
        assert!(matches!(ask(), Err(PromptFailure::Disk(_))));
        std::fs::write(&file, "correct horse \r\nnot this\n").unwrap();
        let passphrase = ask().unwrap();
        assert_eq!(passphrase, Passphrase::new("correct horse "));
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
        for nothing in [&b""[..], b"\nsecond\n", b"\xff\n"] {
            std::fs::write(&file, nothing).unwrap();
            assert!(matches!(ask(), Err(PromptFailure::NotGiven(_))), "{nothing:?}");
        }
    }
}
