//! Reads a requirements file as pip does: comments, continued lines, `-r`, `-c`, `--hash`; one requirement a line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use packman_names::Requirement;
use packman_strict::Sha256;

use super::{Asked, NotTaken, Place, TeamFile, UnreadableFile, WhyNotTaken, text_of};

/// Gives the bytes of a file, or says in words why it cannot.
pub type ReadFile<'f> = &'f dyn Fn(&Path) -> Result<Vec<u8>, String>;

/// How many files deep `-r` is followed.
const DEEPEST: usize = 16;

/// Parses a requirements file and those it names.
pub(super) fn parse(path: &Path, read: ReadFile<'_>) -> Result<TeamFile, UnreadableFile> {
    let mut reading = Reading { read, found: TeamFile::default(), open: HashSet::new() };
    reading.file(path, Mode::Requirements)?;
    Ok(reading.found)
}

/// Whether a file asks for packages or only narrows what is asked for elsewhere.
#[derive(Copy, Clone)]
enum Mode {
    Requirements,
    Constraints,
}

struct Reading<'f> {
    read: ReadFile<'f>,
    found: TeamFile,
    /// The files we are inside of: a file that names itself would never end.
    open: HashSet<PathBuf>,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path, mode: Mode) -> Result<(), UnreadableFile> {
        let text = text_of(path, self.read)?;
        self.open.insert(path.to_owned());
        for (line, text) in logical_lines(&text) {
            self.line(&text, &Place { file: path.to_owned(), line }, mode)?;
        }
        self.open.remove(path);
        Ok(())
    }

    fn line(&mut self, text: &str, place: &Place, mode: Mode) -> Result<(), UnreadableFile> {
        match classify(text) {
            Line::Nested(option, file) => self.nested(option, file, text, place, mode),
            Line::NotTaken(why) => {
                self.found.not_taken.push(NotTaken { what: text.to_owned(), why, place: place.clone() });
                Ok(())
            }
            Line::Requirement(requirement, hashes) => {
                let asked = Asked { requirement: *requirement, hashes, place: place.clone() };
                match mode {
                    Mode::Requirements => self.found.asked.push(asked),
                    Mode::Constraints => self.found.constraints.push(asked),
                }
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
        if is_address(file) {
            let (what, why) = (text.to_owned(), WhyNotTaken::Url);
            self.found.not_taken.push(NotTaken { what, why, place: place.clone() });
            return Ok(());
        }
        let path = place.file.parent().unwrap_or(Path::new("")).join(file);
        if self.open.contains(&path) || self.open.len() >= DEEPEST {
            return Err(UnreadableFile::new(
                place.clone(),
                "it names itself, or files nest more than 16 deep",
            ));
        }
        // Whatever a file of constraints names is one too.
        let mode = if matches!(mode, Mode::Constraints) { mode } else { option };
        self.file(&path, mode)
    }
}

/// Joins lines that end with a backslash and drops comments; gives each with the number of its first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = line.trim_start().starts_with('#');
        let (mut line, continues) = match line.strip_suffix('\\') {
            // As pip does: a comment ends what was begun, a backslash at its end notwithstanding.
            Some(line) if !comment => (line, true),
            _ => (line, false),
        };
        if comment {
            line = "";
        }
        let (_, joined) = begun.get_or_insert_with(|| (number, String::new()));
        joined.push_str(line);
        if !continues {
            lines.extend(begun.take());
        }
    }
    lines.extend(begun);
    for (_, line) in &mut lines {
        *line = without_comment(line).trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// A comment begins with `#` at the start of a line or after white space: elsewhere it belongs to an address.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return line.get(..at).unwrap_or(line);
        }
        before = character;
    }
    line
}

/// What one line is.
enum Line<'t> {
    Nested(Mode, &'t str),
    Requirement(Box<Requirement>, Vec<Sha256>),
    NotTaken(WhyNotTaken),
}

fn classify(text: &str) -> Line<'_> {
    if has_variable(text) {
        return Line::NotTaken(WhyNotTaken::Variable);
    }
    if let Some(file) = option_value(text, "-r", "--requirement") {
        return Line::Nested(Mode::Requirements, file);
    }
    if let Some(file) = option_value(text, "-c", "--constraint") {
        return Line::Nested(Mode::Constraints, file);
    }
    if let Some(target) = option_value(text, "-e", "--editable") {
        return Line::NotTaken(place_of(target));
    }
    if text.starts_with('-') {
        return Line::NotTaken(WhyNotTaken::Option);
    }
    requirement(text)
}

/// The value of an option that is given as `-r FILE`, `-rFILE`, `--requirement FILE` or `--requirement=FILE`.
fn option_value<'t>(text: &'t str, short: &str, long: &str) -> Option<&'t str> {
    let value = match text.strip_prefix(long) {
        Some(rest) => {
            rest.strip_prefix('=').or_else(|| rest.starts_with(char::is_whitespace).then_some(rest))?
        }
        // `-r` alone, so that `--require-hashes` is not taken for `-r`.
        None => text.strip_prefix(short)?,
    };
    let value = value.trim();
    (!value.is_empty()).then_some(value)
}

/// `${NAME}`, as pip expands it. What a file means must not depend on who reads it.
fn has_variable(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        })
    })
}

fn requirement(text: &str) -> Line<'_> {
    let (body, options) = split_options(text);
    let requirement = match Requirement::parse(body) {
        Ok(requirement) => requirement,
        Err(_) if looks_like_place(body) => return Line::NotTaken(place_of(body)),
        Err(error) => return Line::NotTaken(WhyNotTaken::Malformed(error.to_string())),
    };
    if let Some(url) = &requirement.url {
        return Line::NotTaken(place_of(url));
    }
    match parse_hashes(options) {
        Ok(hashes) => Line::Requirement(Box::new(requirement), hashes),
        Err(why) => Line::NotTaken(why),
    }
}

/// Splits a line where its options begin.
fn split_options(text: &str) -> (&str, &str) {
    let at = text
        .match_indices("--")
        .map(|(at, _)| at)
        .find(|at| text.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace)));
    at.and_then(|at| text.split_at_checked(at))
        .map_or((text, ""), |(body, options)| (body.trim_end(), options))
}

/// Reads `--hash=sha256:…` as often as it stands there. Weak hashes beside strong ones are not looked at.
fn parse_hashes(options: &str) -> Result<Vec<Sha256>, WhyNotTaken> {
    let mut words = options.split_whitespace();
    let mut hashes = Vec::new();
    let mut weak = false;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--hash") {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.strip_prefix('=').ok_or(WhyNotTaken::Option)?,
            None => return Err(WhyNotTaken::Option),
        };
        match value.split_once(':') {
            Some(("sha256", hex)) => {
                let hash = Sha256::parse(&hex.to_ascii_lowercase());
                hashes.push(hash.map_err(|error| WhyNotTaken::Malformed(error.to_string()))?);
            }
            _ => weak = true,
        }
    }
    if weak && hashes.is_empty() { Err(WhyNotTaken::WeakHash) } else { Ok(hashes) }
}

fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// Whether a line that is no requirement names a place: an address, or a path.
fn looks_like_place(text: &str) -> bool {
    let path = text.split([';', '[']).next().unwrap_or(text).trim();
    is_address(text)
        || path.starts_with(['.', '/', '~', '\\'])
        || path.contains(['/', '\\'])
        || path.get(1..2) == Some(":")
        || [".whl", ".tar.gz", ".zip"].iter().any(|ending| path.to_ascii_lowercase().ends_with(ending))
}

/// Sorts a place by what would have to be done to take it.
pub(super) fn place_of(text: &str) -> WhyNotTaken {
    let scheme =
        text.split("://").next().filter(|_| is_address(text)).unwrap_or_default().to_ascii_lowercase();
    match scheme.as_str() {
        "" | "file" => WhyNotTaken::Path,
        "http" | "https" | "ftp" => WhyNotTaken::Url,
        _ => WhyNotTaken::VersionControl,
    }
}
