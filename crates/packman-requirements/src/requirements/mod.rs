//! Reads a requirements file as pip does: comments, continued lines, `-r`, `-c`, `--hash`; one requirement a line.

mod line;
mod words;

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use packman_strict::quote::quoted;

use crate::text::text_of;
use crate::{Asked, Demand, FileKind, NotTaken, Place, ReadFile, UnreadableFile, WhyNotTaken};

use line::{Act, Line, classify};

pub(crate) use line::place_of;

/// How many files deep `-r` is followed.
const DEEPEST: usize = 16;

/// Whether a file asks for packages or only narrows what is asked for elsewhere.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    Requirements,
    Constraints,
}

/// Parses a requirements file and those it names.
pub(crate) fn parse(path: &Path, mode: Mode, read: ReadFile<'_>) -> Result<Demand, UnreadableFile> {
    let mut reading = Reading { read, found: Demand::default(), open: HashSet::new() };
    reading.file(path, mode)?;
    Ok(reading.found)
}

struct Reading<'f> {
    read: ReadFile<'f>,
    found: Demand,
    /// The files we are inside of: a file that names itself would never end.
    open: HashSet<PathBuf>,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path, mode: Mode) -> Result<(), UnreadableFile> {
        let text = text_of(path, self.read)?;
        refuse_other_forms(path, &text)?;
        self.open.insert(plain(path));
        for (line, text) in words::logical_lines(&text) {
            self.line(&text, &Place { file: path.to_owned(), line }, mode)?;
        }
        self.open.remove(&plain(path));
        Ok(())
    }

    fn line(&mut self, text: &str, place: &Place, mode: Mode) -> Result<(), UnreadableFile> {
        match classify(text) {
            Line::Acts(acts) => acts.into_iter().try_for_each(|act| self.act(act, text, place, mode)),
            Line::NotTaken(why) => {
                self.not_taken(text, why, place);
                Ok(())
            }
            Line::Requirement(requirement, hashes) => {
                let asked = Asked { requirement: *requirement, hashes, place: place.clone() };
                match mode {
                    Mode::Requirements => self.found.asked.push(asked),
                    Mode::Constraints if !asked.requirement.extras.is_empty() => {
                        let why = "a constraint narrows versions, and can ask for no extra".to_owned();
                        self.not_taken(text, WhyNotTaken::Malformed(why), place);
                    }
                    Mode::Constraints => self.found.constraints.push(asked),
                }
                Ok(())
            }
        }
    }

    fn act(&mut self, act: Act, text: &str, place: &Place, mode: Mode) -> Result<(), UnreadableFile> {
        match act {
            Act::Nested(option, file) => self.nested(option, &file, text, place, mode),
            Act::RequireHashes => {
                self.found.hashes_required.get_or_insert_with(|| place.clone());
                Ok(())
            }
        }
    }

    fn nested(
        &mut self,
        option: Mode,
        file: &str,
        text: &str,
        place: &Place,
        mode: Mode,
    ) -> Result<(), UnreadableFile> {
        if file.contains("://") {
            self.not_taken(text, WhyNotTaken::Url, place);
            return Ok(());
        }
        let path = place.file.parent().unwrap_or(Path::new("")).join(file);
        let named = quoted(&path.to_string_lossy()).to_string();
        if self.open.contains(&plain(&path)) {
            let what = format!("it asks for {named}, which leads to this line: a circle");
            return Err(UnreadableFile::new(place.clone(), what));
        }
        if self.open.len() >= DEEPEST {
            let what = format!("it asks for {named}, and files nest more than {DEEPEST} deep");
            return Err(UnreadableFile::new(place.clone(), what));
        }
        let kind = FileKind::of(&path).map_err(|error| error.asked_for_at(&path, place))?;
        if kind != FileKind::Requirements {
            let what =
                "only files of requirements are read from within one; name it on the command line, with `-r`";
            return Err(UnreadableFile::new(place.clone(), what));
        }
        // Whatever a file of constraints names is one too.
        let mode = if mode == Mode::Constraints { mode } else { option };
        self.file(&path, mode).map_err(|error| error.asked_for_at(&path, place))
    }

    fn not_taken(&mut self, text: &str, why: WhyNotTaken, place: &Place) {
        self.found.not_taken.push(NotTaken { what: text.to_owned(), why, place: place.clone() });
    }
}

/// A path without what leads down and up again: the same file under another spelling is still the same.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Refuses what is no list of requirements at all, whatever it is called: a page, a lock of another tool.
fn refuse_other_forms(path: &Path, text: &str) -> Result<(), UnreadableFile> {
    let wrong = |what: &str| {
        Err(UnreadableFile::new(Place::of(path), format!("{what}: wanted a requirement a line")))
    };
    let begins = text.trim_start();
    let toml = |line: &str| line.starts_with("[[") || line.starts_with('[') && line.trim_end().ends_with(']');
    match begins.chars().next() {
        Some('{') => wrong("is JSON"),
        Some('<') => wrong("is a page or XML"),
        _ if begins.lines().map(str::trim).any(toml) => wrong("is TOML, or an INI file"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
