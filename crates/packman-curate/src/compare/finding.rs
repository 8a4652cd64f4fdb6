//! What a comparison tells, and in which order: what runs by itself first, what was merely edited last.

use packman_strict::quote::quoted;

use super::scan::Hint;

/// How much something matters to whoever decides.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Weight {
    /// To be understood before anything else.
    First,
    /// To be looked at.
    Look,
    /// Good to know.
    Know,
}

impl Weight {
    /// The stable name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Look => "look",
            Self::Know => "know",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum About {
    /// What runs whenever Python starts.
    StartUp,
    /// What tools load or run without being asked to.
    Hook,
    /// Commands.
    Command,
    /// What a processor runs, and nobody reads.
    Native,
    /// What the index says of where the file was built.
    Provenance,
    /// What is installed with it.
    Dependency,
    /// Names that can be imported.
    Import,
    /// Words and shapes in code; a hint.
    Hint,
    /// Code or programs where they have no business.
    Place,
    /// Data that nobody can read.
    Data,
    /// What the release says of itself.
    Metadata,
    /// Sizes.
    Size,
}

impl About {
    /// The stable name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::StartUp => "start-up",
            Self::Hook => "hook",
            Self::Command => "command",
            Self::Native => "native",
            Self::Provenance => "provenance",
            Self::Dependency => "dependency",
            Self::Import => "import",
            Self::Hint => "hint",
            Self::Place => "place",
            Self::Data => "data",
            Self::Metadata => "metadata",
            Self::Size => "size",
        }
    }
}

/// One thing that a comparison found.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// What it is about.
    pub about: About,
    /// How many kinds of hints come together, the most first; for the order alone.
    pub(super) fewer: u8,
    /// The file, as it is named in the archive; none where the release as a whole is meant.
    pub path: Option<String>,
    /// The line, from 1, where there is one.
    pub line: Option<u64>,
    /// What was found, in words; what came from outside is quoted in it.
    pub words: String,
    /// The hints, where it is one.
    pub hints: Vec<Hint>,
}

impl Finding {
    /// Something that was found.
    pub(super) fn new(weight: Weight, about: About, words: impl Into<String>) -> Self {
        Self { weight, about, fewer: u8::MAX, path: None, line: None, words: words.into(), hints: Vec::new() }
    }

    /// The same of a file.
    pub(super) fn of(weight: Weight, about: About, path: &str, words: impl Into<String>) -> Self {
        Self { path: Some(path.to_owned()), ..Self::new(weight, about, words) }
    }

    /// The finding in one line. Nothing in it acts on a terminal.
    pub fn line(&self) -> String {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => format!("{}, line {line}: {}", quoted(path), self.words),
            (Some(path), None) => format!("{}: {}", quoted(path), self.words),
            (None, _) => self.words.clone(),
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Became {
    /// It is new.
    Added,
    /// It is another.
    Changed,
    /// It is gone.
    Removed,
}

impl Became {
    /// The stable name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// One file that is not the same on both sides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileChange {
    /// Its path in the archive.
    pub path: String,
    /// What became of it.
    pub became: Became,
    /// Whether it is code.
    pub is_code: bool,
    /// Its size before; 0 where it is new.
    pub size_before: u64,
    /// Its size now; 0 where it is gone.
    pub size: u64,
    /// How many lines came and went, where both sides are text that was compared line by line.
    pub lines: Option<(u64, u64)>,
    /// Where lines changed: the first and the last line of the new text, from 1; at most 64 places.
    pub places: Vec<(u64, u64)>,
    /// The lines themselves, where they were asked for.
    pub text: Vec<ChangedLine>,
}

/// One line that came or went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChangedLine {
    /// Whether it came.
    pub is_new: bool,
    /// Its number on its side, from 1.
    pub number: u64,
    /// The line, cut where it is long; not escaped.
    pub text: String,
    /// How many bytes of it are not shown.
    pub cut: u64,
}
