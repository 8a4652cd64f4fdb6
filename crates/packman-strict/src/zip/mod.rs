//! Strict zip archives: one whole slice in, entries out, or a refusal that says which rule was broken.
//!
//! A zip file says everything two or three times (local header, central directory, data descriptor, zip64
//! records), and readers differ in whom they believe. A wheel that pip, an auditor and we would unpack
//! differently is an attack, so here an archive has exactly one reading: every byte belongs to exactly one
//! entry, the central directory or the end records, and everything said twice is the same. The rules stand in
//! `docs/formats/archives.md`; the format in APPNOTE.TXT 6.3.10 of PKWARE.
//!
//! [`Archive::parse`] decides everything about structure, names and limits before a byte is inflated;
//! [`Entry::read`] decides about the content. What the files *mean* is for `packman-wheel`.

mod bytes;
mod central;
mod end;
mod entry;
mod extra;
mod layout;
mod local;
mod name;
mod refusal;
mod write;

#[cfg(test)]
mod tests;

pub use entry::{Entry, Scratch};
pub use refusal::ZipRefusal;
pub use write::{Mode, Packing, WriteError, Writer};

use crate::path::{PathSet, SafePath};
use central::Central;

/// How large an archive may be before it is refused. One file of zeros honestly deflates 1,000-fold, a whole wheel does not.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ZipLimits {
    /// The longest archive, in bytes.
    pub archive_bytes: u64,
    /// The most entries, folders included.
    pub entries: usize,
    /// The longest entry once inflated, in bytes.
    pub entry_bytes: u64,
    /// The most that all entries together may inflate to, in bytes.
    pub total_bytes: u64,
    /// How many bytes one byte of the archive may inflate to over all, where that is more than a gigabyte: what is
    /// fetched in a second must not keep a machine busy for hours.
    pub total_ratio: u64,
}

/// 4 GiB and 250,000 entries, 6 GiB each and 10 GiB together: twice the largest wheels there are, which inflate about
/// threefold.
impl Default for ZipLimits {
    fn default() -> Self {
        Self {
            archive_bytes: 4 << 30,
            entries: 250_000,
            entry_bytes: 6 << 30,
            total_bytes: 10 << 30,
            total_ratio: 50,
        }
    }
}

/// What any archive may inflate to.
const ANY_TOTAL: u64 = 1 << 30;

/// A zip archive whose structure has exactly one reading. Its content is not read yet.
#[derive(Clone, Debug)]
pub struct Archive<'a> {
    entries: Vec<Entry<'a>>,
    /// Places in `entries`, sorted by path.
    by_path: Vec<usize>,
    folders: Vec<SafePath>,
}

impl<'a> Archive<'a> {
    /// Parses an archive of stored and deflated entries, such as a wheel.
    pub fn parse(bytes: &'a [u8], limits: &ZipLimits) -> Result<Self, ZipRefusal> {
        Self::parse_with(bytes, limits, Methods::StoredAndDeflated)
    }

    /// Parses an archive of stored entries only, such as a `.packman` container: what stands in it can be
    /// hashed in place, and nothing grows by being read.
    pub fn parse_stored(bytes: &'a [u8], limits: &ZipLimits) -> Result<Self, ZipRefusal> {
        Self::parse_with(bytes, limits, Methods::StoredOnly)
    }

    fn parse_with(bytes: &'a [u8], limits: &ZipLimits, methods: Methods) -> Result<Self, ZipRefusal> {
        let end = end::find(bytes, limits)?;
        let headers = central::parse_all(end.directory, end.entries)?;
        for header in &headers {
            header.verify_supported(methods)?;
        }
        verify_totals(&headers, bytes.len() as u64, limits)?;
        let paths = parse_paths(&headers)?;
        let spans = layout::divide(bytes, end.directory_offset, &headers)?;
        let mut archive =
            Self { entries: Vec::with_capacity(headers.len()), by_path: Vec::new(), folders: Vec::new() };
        for ((header, path), data) in headers.iter().zip(paths).zip(spans) {
            if header.is_folder() {
                entry::verify_folder(header, data)?;
                archive.folders.push(path);
            } else {
                archive.entries.push(Entry::new(header, path, data)?);
            }
        }
        archive.sort_paths();
        Ok(archive)
    }

    fn sort_paths(&mut self) {
        let mut places: Vec<(&str, usize)> =
            self.entries.iter().enumerate().map(|(place, entry)| (entry.path().as_str(), place)).collect();
        places.sort_unstable();
        self.by_path = places.into_iter().map(|(_, place)| place).collect();
    }

    /// All files, in the order of the central directory. Folders are not among them.
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// The file of that path.
    pub fn entry(&self, path: &str) -> Option<&Entry<'a>> {
        let at = |place: &usize| self.entries.get(*place);
        let found = self
            .by_path
            .binary_search_by(|place| at(place).map(|entry| entry.path().as_str()).cmp(&Some(path)));
        self.by_path.get(found.ok()?).and_then(at)
    }

    /// The folders that have entries of their own; most archives have none, and nothing needs them.
    pub fn folders(&self) -> &[SafePath] {
        &self.folders
    }
}

/// Which ways of packing an archive may use.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Methods {
    StoredOnly,
    StoredAndDeflated,
}

/// The totals, from what the entries declare; reading never writes more than that.
fn verify_totals(headers: &[Central<'_>], archive: u64, limits: &ZipLimits) -> Result<(), ZipRefusal> {
    let mut total: u64 = 0;
    for header in headers {
        if header.size > limits.entry_bytes {
            let (entry, size) = (header.shown_name(), header.size);
            return Err(ZipRefusal::EntryTooLarge { entry, size, limit: limits.entry_bytes });
        }
        total = total.saturating_add(header.size);
    }
    let limit = archive.saturating_mul(limits.total_ratio).max(ANY_TOTAL).min(limits.total_bytes);
    if total > limit {
        return Err(ZipRefusal::TotalTooLarge { size: total, limit });
    }
    Ok(())
}

/// The path of every entry, in their order, none of which stands in the way of another.
fn parse_paths(headers: &[Central<'_>]) -> Result<Vec<SafePath>, ZipRefusal> {
    let mut set = PathSet::new();
    let mut paths = Vec::with_capacity(headers.len());
    for header in headers {
        let path = name::parse(header)?;
        let added = if header.is_folder() { set.insert_folder(&path) } else { set.insert(&path) };
        added.map_err(|collision| {
            if collision.path() == collision.before() {
                return ZipRefusal::Duplicate { entry: header.shown_name() };
            }
            ZipRefusal::Collision(collision)
        })?;
        paths.push(path);
    }
    Ok(paths)
}
