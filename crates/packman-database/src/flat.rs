//! A project record in a form that opens without parsing: what a cache keeps beside the record itself.
//!
//! It is derived from a record whose bytes were verified, and kept in a folder that is the user's own. Whatever is
//! not exactly what [`FlatRecord::encode`] wrote for that record is a miss. Opening looks at the table only; a file's
//! name, addresses and needs are read when somebody asks for that file.
//!
//! All numbers are little-endian. `text` is the place of a text in the table of texts, 0xFFFF_FFFF where there is none.
//!
//! ```text
//! magic      16   "packman-record 1"
//! sum        32   the SHA-256 of everything that follows
//! source     32   the SHA-256 of the record that this was made from
//! project     4   text
//! summary     4   text
//! counts   7 × 4  versions, fits, needs, items, files, bytes of details, texts
//! versions    4 each: text; distinct, lowest first
//! fits       12 each: the three texts of a wheel's tags, as its name joins them
//! needs      16 each: first item and count of `requires-dist`, then of `provides-extra`
//! items       4 each: text
//! files      76 each, in the record's order: sha256 (32), size (8), and 4 each: file name (text), version, fit (none:
//!                 a source distribution), build tag, requires-python, yanked, recalled (texts), needs, place in details
//! details    see `flat/details.rs`
//! texts       8 each: where it begins and ends in what follows
//! the texts, UTF-8, to the end
//! ```

mod cursor;
mod details;
mod read;
mod texts;
mod write;

use packman_names::{ProjectName, Version};
use packman_strict::Sha256;

pub use read::{Fit, FlatFile};

const MAGIC: &[u8; 16] = b"packman-record 1";

/// What stands for no text, no fit.
const NONE: u32 = u32::MAX;

/// The bytes before the project's place.
const BEFORE_COUNTS: usize = 16 + 32 + 32;

/// The bytes before the counted tables.
const HEAD: usize = BEFORE_COUNTS + 4 + 4 + 7 * 4;

/// The bytes of one file's row.
const ROW: usize = 32 + 8 + 9 * 4;

/// A project record that was opened from its flat form.
#[derive(Clone, Debug)]
pub struct FlatRecord {
    project: ProjectName,
    source: Sha256,
    summary: Option<String>,
    versions: Vec<Version>,
    /// Everything before the texts themselves.
    table: Vec<u8>,
    texts: String,
    places: Places,
}

/// Where each table lies, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    fits: Span,
    needs: Span,
    items: Span,
    files: Span,
    details: Span,
    texts: Span,
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests;

impl FlatRecord {
    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The SHA-256 of the record that it was made from.
    pub fn source(&self) -> &Sha256 {
        &self.source
    }

    /// What the project is, in one line.
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// The distinct versions of its files, lowest first.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// How many files it has.
    pub fn len(&self) -> usize {
        (self.places.files.end - self.places.files.start) / ROW
    }

    /// Says whether it has no file.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its files, in the order of the record.
    pub fn files(&self) -> impl Iterator<Item = FlatFile<'_>> {
        let rows = self.table.get(self.places.files.start..self.places.files.end).unwrap_or_default();
        rows.as_chunks::<ROW>().0.iter().filter_map(|row| FlatFile::of(self, row))
    }

    /// The file of that place.
    pub fn file(&self, place: usize) -> Option<FlatFile<'_>> {
        let rows = self.table.get(self.places.files.start..self.places.files.end)?;
        rows.as_chunks::<ROW>().0.get(place).and_then(|row| FlatFile::of(self, row))
    }

    /// The bytes to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.table.len() + self.texts.len());
        bytes.extend_from_slice(&self.table);
        bytes.extend_from_slice(self.texts.as_bytes());
        bytes
    }
}
