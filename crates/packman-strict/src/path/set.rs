//! Which paths can stand side by side: names that one file system tells apart are one file on another.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::SafePath;
use crate::quote::quoted_exactly;

/// Paths that can stand side by side on every system: no two that some file system takes for one, and no file
/// where another needs a folder. What it holds grows with the length of the paths, however deep they are: a folder is kept
/// as one name in another.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    /// Every file and folder: in which folder, under what file systems may see of its name.
    seen: HashMap<(u32, Box<str>), Seen>,
    /// The folder around the path that came last, and its number.
    last_folder: (Box<str>, u32),
}

/// The number of the folder that all paths begin in.
const TOP: u32 = 0;

#[derive(Clone, Debug)]
struct Seen {
    path: SafePath,
    kind: Kind,
    number: u32,
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
        let (folder, name) = folded.rsplit_once('/').unwrap_or(("", &folded));
        let folder = self.pass_through(folder, path)?;
        let number = self.next();
        match self.seen.entry((folder, name.into())) {
            Entry::Vacant(place) => drop(place.insert(Seen { path: path.clone(), kind, number })),
            Entry::Occupied(mut before) if before.get().kind == Kind::Passed && kind == Kind::Folder => {
                (before.get_mut().path, before.get_mut().kind) = (path.clone(), kind);
            }
            Entry::Occupied(before) => {
                return Err(Collision { path: path.clone(), before: before.get().path.clone() });
            }
        }
        Ok(())
    }

    /// Goes down the folders around a path, noting those that are new, and gives the number of the innermost.
    fn pass_through(&mut self, folder: &str, path: &SafePath) -> Result<u32, Collision> {
        // Archives list a folder's files one after the other, so the last folder is mostly the next.
        if *self.last_folder.0 == *folder {
            return Ok(self.last_folder.1);
        }
        let mut number = TOP;
        for name in folder.split('/').filter(|_| !folder.is_empty()) {
            let next = self.next();
            let passed = || Seen { path: path.clone(), kind: Kind::Passed, number: next };
            let seen = self.seen.entry((number, name.into())).or_insert_with(passed);
            if seen.kind == Kind::File {
                return Err(Collision { path: path.clone(), before: seen.path.clone() });
            }
            number = seen.number;
        }
        self.last_folder = (folder.into(), number);
        Ok(number)
    }

    /// The number of what is noted next. No archive of those that are read holds so many names.
    fn next(&self) -> u32 {
        u32::try_from(self.seen.len()).unwrap_or(u32::MAX).saturating_add(1)
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
        let (path, before) = (quoted_exactly(self.path.as_str()), quoted_exactly(self.before.as_str()));
        if self.path == self.before {
            return write!(f, "path {path} stands there twice");
        }
        write!(f, "path {path} cannot stand beside {before} on every system")
    }
}

impl std::error::Error for Collision {}

#[cfg(test)]
impl PathSet {
    /// How many bytes of names it holds.
    pub(super) fn held(&self) -> usize {
        self.seen.keys().map(|(_, name)| name.len()).sum()
    }
}
