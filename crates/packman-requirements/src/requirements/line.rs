//! What one line of a requirements file is.

use packman_names::Requirement;
use packman_strict::Sha256;
use packman_strict::quote::escaped;

use super::Mode;
use super::words::{has_variable, words};
use crate::WhyNotTaken;

/// What one line is.
pub(super) enum Line {
    /// Options that are followed; none, where they ask for what PackMan does anyhow.
    Acts(Vec<Act>),
    Requirement(Box<Requirement>, Vec<Sha256>),
    NotTaken(WhyNotTaken),
}

/// What an option makes the reader do.
pub(super) enum Act {
    Nested(Mode, String),
    RequireHashes,
}

/// What an option of pip's is to us.
enum Sort {
    Nested(Mode),
    RequireHashes,
    Editable,
    /// It asks for wheels, and there is nothing else.
    Kept,
    Not(WhyNotTaken),
}

pub(super) fn classify(text: &str) -> Line {
    if has_variable(text) {
        return Line::NotTaken(WhyNotTaken::Variable);
    }
    if !text.starts_with('-') {
        return requirement(text);
    }
    match words(text) {
        Some(words) => options(&words),
        None => Line::NotTaken(WhyNotTaken::Malformed("a quote is not closed".to_owned())),
    }
}

fn options(words: &[String]) -> Line {
    let (mut acts, mut words) = (Vec::new(), words.iter());
    while let Some(word) = words.next() {
        let Some((sort, takes_value, given)) = option(word) else {
            return Line::NotTaken(WhyNotTaken::Option);
        };
        let value = if takes_value { given.or_else(|| words.next().cloned()) } else { None };
        if takes_value && value.as_ref().is_none_or(String::is_empty) {
            return Line::NotTaken(WhyNotTaken::Malformed(format!("`{word}` lacks its value")));
        }
        match sort {
            Sort::Nested(mode) => acts.push(Act::Nested(mode, value.unwrap_or_default())),
            Sort::RequireHashes => acts.push(Act::RequireHashes),
            Sort::Kept => {}
            Sort::Editable => {
                return Line::NotTaken(match place_of(&value.unwrap_or_default()) {
                    WhyNotTaken::Path => WhyNotTaken::Editable,
                    other => other,
                });
            }
            Sort::Not(why) => return Line::NotTaken(why),
        }
    }
    Line::Acts(acts)
}

/// An option as it is given (`-r FILE`, `-rFILE`, `--requirement FILE`, `--requirement=FILE`): what it is, whether it has
/// a value, and the value that stands in the same word.
fn option(word: &str) -> Option<(Sort, bool, Option<String>)> {
    let (name, given) = match word.split_once('=') {
        Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
        _ if word.starts_with("--") => (word, None),
        _ => {
            let (name, value) = word.split_at_checked(2)?;
            (name, (!value.is_empty()).then(|| value.to_owned()))
        }
    };
    let (sort, takes_value) = match name {
        "-r" | "--requirement" => (Sort::Nested(Mode::Requirements), true),
        "-c" | "--constraint" => (Sort::Nested(Mode::Constraints), true),
        "-e" | "--editable" => (Sort::Editable, true),
        "-i" | "--index-url" | "--pypi-url" | "--extra-index-url" | "-f" | "--find-links"
        | "--trusted-host" => (Sort::Not(WhyNotTaken::Index), true),
        "--no-index" => (Sort::Not(WhyNotTaken::Index), false),
        "--require-hashes" => (Sort::RequireHashes, false),
        "--only-binary" => (Sort::Kept, true),
        "--prefer-binary" => (Sort::Kept, false),
        _ => (Sort::Not(WhyNotTaken::Option), false),
    };
    Some((sort, takes_value, given))
}

fn requirement(text: &str) -> Line {
    let (body, options) = split_options(text);
    let requirement = match Requirement::parse(body) {
        Ok(requirement) => requirement,
        Err(_) if looks_like_place(body) => return Line::NotTaken(place_of(body)),
        Err(error) => return Line::NotTaken(WhyNotTaken::Malformed(error.to_string())),
    };
    if let Some(url) = requirement.url.as_ref().filter(|url| is_no_place(url)) {
        let instead = format!("`{}=={}`", requirement.name, escaped(url));
        return Line::NotTaken(WhyNotTaken::Malformed(format!(
            "what is behind `@` is no address; {instead} asks for a version"
        )));
    }
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

/// Whether what stands where an address should is none, and no path either: `flask@3.0`, as it is written elsewhere.
fn is_no_place(text: &str) -> bool {
    !text.contains(['/', '\\', ':']) && !text.starts_with(['.', '~'])
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
pub(crate) fn place_of(text: &str) -> WhyNotTaken {
    let scheme =
        text.split("://").next().filter(|_| is_address(text)).unwrap_or_default().to_ascii_lowercase();
    match scheme.as_str() {
        "" | "file" => WhyNotTaken::Path,
        "http" | "https" | "ftp" => WhyNotTaken::Url,
        _ => WhyNotTaken::VersionControl,
    }
}
