//! Names of entries: bytes to [`SafePath`].
//!
//! Without the UTF-8 flag a name is in code page 437 to Python and to the specification, and in UTF-8 to
//! other readers: one name, two files. So such a name must be ASCII. Python sets the flag for every other name,
//! and so do the builders of wheels that are written in other languages.

use super::ZipRefusal;
use super::central::Central;
use crate::path::SafePath;

/// The path of an entry; of a folder, without the slash at its end.
pub(super) fn parse(header: &Central<'_>) -> Result<SafePath, ZipRefusal> {
    let text = std::str::from_utf8(header.name).ok().filter(|name| header.is_utf8() || name.is_ascii());
    let text = text.ok_or_else(|| ZipRefusal::NameEncoding { entry: header.shown_name() })?;
    let path = if header.is_folder() { text.strip_suffix('/').unwrap_or(text) } else { text };
    SafePath::parse(path).map_err(ZipRefusal::UnsafePath)
}
