//! The content of entries: inflated, measured and summed before anybody gets to see it.

use std::borrow::Cow;
use std::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::ZipRefusal;
use super::central::{Central, Method};
use crate::path::SafePath;

/// The most that deflate can grow: 258 bytes from two bits.
const LARGEST_RATIO: u64 = 1032;

/// The largest window of deflate, 32 KiB, as zip uses it.
const WINDOW_BITS: u8 = 15;

/// Nothing, deflated: what some writers put behind the header of a folder.
const DEFLATED_NOTHING: &[u8] = &[3, 0];

/// A file in an archive, not read yet. Entries can be read from several threads at once.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    path: SafePath,
    data: &'a [u8],
    size: u64,
    crc: u32,
    method: Method,
    executable: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn new(header: &Central<'_>, path: SafePath, data: &'a [u8]) -> Result<Self, ZipRefusal> {
        let method = header.known_method().ok_or_else(|| ZipRefusal::Method {
            entry: header.shown_name(),
            method: header.method,
            wanted: "stored or deflated",
        })?;
        let executable = header.is_executable();
        Ok(Self { path, data, size: header.size, crc: header.crc, method, executable })
    }

    /// The path of the file.
    pub fn path(&self) -> &SafePath {
        &self.path
    }

    /// The size of the content in bytes, as declared; [`Entry::read`] gives exactly so many or a refusal.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The size of the packed content in bytes.
    pub fn compressed_size(&self) -> u64 {
        self.data.len() as u64
    }

    /// Whether the Unix mode lets anybody execute the file.
    pub fn is_executable(&self) -> bool {
        self.executable
    }

    /// Reads the content: borrowed where it is stored, inflated where it is deflated. Refused unless size and
    /// CRC-32 are those declared and the deflate stream ends with the last packed byte.
    pub fn read(&self) -> Result<Cow<'a, [u8]>, ZipRefusal> {
        if self.method == Method::Stored {
            self.verify_crc(self.data)?;
            return Ok(Cow::Borrowed(self.data));
        }
        let mut scratch = Scratch::default();
        let size = self.inflate(&mut scratch)?;
        scratch.room.truncate(size);
        Ok(Cow::Owned(scratch.room))
    }

    /// Reads the content as [`Entry::read`] does, in memory that was used before; what is stored is not copied.
    pub fn read_with<'s>(&'s self, scratch: &'s mut Scratch) -> Result<&'s [u8], ZipRefusal> {
        if self.method == Method::Stored {
            self.verify_crc(self.data)?;
            return Ok(self.data);
        }
        let size = self.inflate(scratch)?;
        Ok(scratch.room.get(..size).unwrap_or_default())
    }

    /// Inflates to the beginning of the scratch, and says how many bytes: as many as declared.
    fn inflate(&self, scratch: &mut Scratch) -> Result<usize, ZipRefusal> {
        let wrong_size = || ZipRefusal::Size { entry: self.path.to_string(), declared: self.size };
        // No memory for a size that these few bytes cannot have.
        if self.size > self.compressed_size().saturating_mul(LARGEST_RATIO) {
            return Err(wrong_size());
        }
        let size = usize::try_from(self.size).map_err(|_| wrong_size())?;
        // One byte more than declared, so that a stream with more to say is told from one that is damaged.
        let read = scratch.inflate(self.data, size.saturating_add(1));
        match read {
            Some((_, written)) if written != self.size => return Err(wrong_size()),
            Some((taken, _)) if taken == self.compressed_size() => {}
            _ => return Err(ZipRefusal::Deflate { entry: self.path.to_string() }),
        }
        self.verify_crc(scratch.room.get(..size).unwrap_or_default())?;
        Ok(size)
    }

    fn verify_crc(&self, content: &[u8]) -> Result<(), ZipRefusal> {
        if crc32(content) == self.crc {
            return Ok(());
        }
        Err(ZipRefusal::Crc { entry: self.path.to_string() })
    }
}

/// Memory for reading one entry after the other. It only grows, and nothing in it is set to zero twice: between two
/// entries that alone would cost as much as hashing them.
pub struct Scratch {
    inflate: Inflate,
    /// Never shorter than before; an entry has only what was written for it.
    room: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { inflate: Inflate::new(false, WINDOW_BITS), room: Vec::new() }
    }
}

impl Scratch {
    /// Inflates to the beginning of the room; see [`inflate_all`].
    fn inflate(&mut self, input: &[u8], room: usize) -> Option<(u64, u64)> {
        if self.room.len() < room {
            // Fresh zeros come from the system for nothing.
            self.room = vec![0; room];
        }
        inflate_all(&mut self.inflate, input, self.room.get_mut(..room)?)
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("room", &self.room.len()).finish_non_exhaustive()
    }
}

/// Inflates a raw deflate stream into `output`: bytes taken and bytes written when it ended or `output` was
/// full; none when the stream is damaged or goes on past `input`.
fn inflate_all(inflate: &mut Inflate, input: &[u8], output: &mut [u8]) -> Option<(u64, u64)> {
    inflate.reset(false);
    loop {
        let before = (inflate.total_in(), inflate.total_out());
        let rest = input.get(usize::try_from(before.0).ok()?..)?;
        let room = output.get_mut(usize::try_from(before.1).ok()?..)?;
        let status = inflate.decompress(rest, room, InflateFlush::Finish).ok()?;
        let after = (inflate.total_in(), inflate.total_out());
        // Slices of more than 4 GiB take more than one round.
        if status == Status::StreamEnd || after.1 == output.len() as u64 {
            return Some(after);
        }
        if after == before {
            return None;
        }
    }
}

/// Refuses a folder that hides data behind its header.
pub(super) fn verify_folder(header: &Central<'_>, data: &[u8]) -> Result<(), ZipRefusal> {
    let nothing = match header.known_method() {
        Some(Method::Deflated) => data.is_empty() || data == DEFLATED_NOTHING,
        _ => data.is_empty(),
    };
    if nothing && header.crc == 0 { Ok(()) } else { Err(ZipRefusal::Folder { entry: header.shown_name() }) }
}

/// The CRC-32 that zip uses: finds accidents, proves nothing.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    zlib_rs::crc32::crc32(0, bytes)
}
