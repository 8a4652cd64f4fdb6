//! Which paths can stand side by side: names that one file system tells apart are one file on another.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::SafePath;
use crate::quote::quoted;

/// Paths that can stand side by side on every system: no two that some file system takes for one, and no file
/// where another needs a folder.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    /// Every path and every folder around one, under what file systems may see of its name.
    seen: BTreeMap<Box<str>, Seen>,
    /// The folder around the path that came last, which `seen` holds.
    last_folder: Box<str>,
}

#[derive(Clone, Debug)]
struct Seen {
    path: SafePath,
    kind: Kind,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Kind {
    File,
    /// A folder with an entry of its own.
    Folder,
    /// A folder that some path goes through. Two spellings of it hold different files, so none is lost where
    /// they fall together.
    Passed,
}

impl PathSet {
    /// A set without paths.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn insert(&mut self, path: &SafePath) -> Result<(), Collision> {
        self.insert_as(path, Kind::File)
    }

    /// Adds a folder that is named for itself.
    pub fn insert_folder(&mut self, path: &SafePath) -> Result<(), Collision> {
        self.insert_as(path, Kind::Folder)
    }

    fn insert_as(&mut self, path: &SafePath, kind: Kind) -> Result<(), Collision> {
        let folded = fold(path.as_str());
        match self.seen.entry(folded.as_ref().into()) {
            Entry::Vacant(place) => drop(place.insert(Seen { path: path.clone(), kind })),
            Entry::Occupied(mut before) if before.get().kind == Kind::Passed && kind == Kind::Folder => {
                *before.get_mut() = Seen { path: path.clone(), kind };
            }
            Entry::Occupied(before) => {
                return Err(Collision { path: path.clone(), before: before.get().path.clone() });
            }
        }
        let passed = self.pass_through(&folded, path);
        if passed.is_err() {
            self.seen.remove(folded.as_ref());
        }
        passed
    }

    /// Notes the folders around a path, innermost first, up to the first that is known.
    fn pass_through(&mut self, folded: &str, path: &SafePath) -> Result<(), Collision> {
        // Archives list a folder's files one after the other, so the last folder is mostly the next.
        let innermost = folded.rsplit_once('/').map_or("", |(parent, _)| parent);
        if *self.last_folder == *innermost {
            return Ok(());
        }
        let mut rest = folded;
        while let Some((parent, _)) = rest.rsplit_once('/') {
            match self.seen.get(parent) {
                Some(before) if before.kind == Kind::File => {
                    return Err(Collision { path: path.clone(), before: before.path.clone() });
                }
                Some(_) => break,
                None => {
                    self.seen.insert(parent.into(), Seen { path: path.clone(), kind: Kind::Passed });
                }
            }
            rest = parent;
        }
        self.last_folder = innermost.into();
        Ok(())
    }
}

/// What is left of a name once everything is gone that some file system does not see: case (NTFS, APFS),
/// Unicode form (APFS, HFS+) and characters that HFS+ ignores. Folds a little more than each of them, never less.
fn fold(path: &str) -> Cow<'_, str> {
    if path.is_ascii() {
        let lower = path.bytes().all(|byte| !byte.is_ascii_uppercase());
        return if lower { Cow::Borrowed(path) } else { Cow::Owned(path.to_ascii_lowercase()) };
    }
    let visible = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let folded: String = fold_case(path.nfkd().filter(visible)).nfkc().collect();
    Cow::Owned(folded)
}

/// Upper case and back: so `ß` meets `SS`, and `ς` meets `σ`, as full case folding has it.
fn fold_case(chars: impl Iterator<Item = char>) -> String {
    chars.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Two paths that cannot stand side by side on every system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collision {
    path: SafePath,
    before: SafePath,
}

impl Collision {
    /// The path that could not be added.
    pub fn path(&self) -> &SafePath {
        &self.path
    }

    /// The path that was there before and is in its way.
    pub fn before(&self) -> &SafePath {
        &self.before
    }

    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "path-collision"
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, before) = (quoted(self.path.as_str()), quoted(self.before.as_str()));
        if self.path == self.before {
            return write!(f, "path {path} stands there twice");
        }
        write!(f, "path {path} cannot stand beside {before} on every system")
    }
}

impl std::error::Error for Collision {}
