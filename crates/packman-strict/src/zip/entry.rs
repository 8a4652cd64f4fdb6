//! The content of entries: inflated, measured and summed before anybody gets to see it.

use std::borrow::Cow;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::ZipRefusal;
use super::central::{Central, Method};
use crate::path::SafePath;

/// The most that deflate can grow: 258 bytes from two bits.
const LARGEST_RATIO: u64 = 1032;

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
        let mut content = Vec::new();
        self.read_into(&mut content)?;
        Ok(Cow::Owned(content))
    }

    /// Reads the content as [`Entry::read`] does, in place of what `content` held; empty after a refusal.
    pub fn read_into(&self, content: &mut Vec<u8>) -> Result<(), ZipRefusal> {
        content.clear();
        let read = match self.method {
            Method::Stored => {
                content.extend_from_slice(self.data);
                Ok(())
            }
            Method::Deflated => self.inflate(content),
        };
        let read = read.and_then(|()| self.verify_crc(content));
        if read.is_err() {
            content.clear();
        }
        read
    }

    fn inflate(&self, content: &mut Vec<u8>) -> Result<(), ZipRefusal> {
        let wrong_size = || ZipRefusal::Size { entry: self.path.to_string(), declared: self.size };
        // No memory for a size that these few bytes cannot have.
        if self.size > self.compressed_size().saturating_mul(LARGEST_RATIO) {
            return Err(wrong_size());
        }
        let size = usize::try_from(self.size).map_err(|_| wrong_size())?;
        // One byte more than declared, so that a stream with more to say is told from one that is damaged.
        let room = size.saturating_add(1);
        if content.capacity() < room {
            // Fresh zeros come from the system for nothing.
            *content = vec![0; room];
        } else {
            content.resize(room, 0);
        }
        let read = inflate_all(self.data, content);
        match read {
            Some((_, written)) if written != self.size => Err(wrong_size()),
            Some((taken, _)) if taken == self.compressed_size() => {
                content.truncate(size);
                Ok(())
            }
            _ => Err(ZipRefusal::Deflate { entry: self.path.to_string() }),
        }
    }

    fn verify_crc(&self, content: &[u8]) -> Result<(), ZipRefusal> {
        if crc32(content) == self.crc {
            return Ok(());
        }
        Err(ZipRefusal::Crc { entry: self.path.to_string() })
    }
}

/// Inflates a raw deflate stream into `output`: bytes taken and bytes written when it ended or `output` was
/// full; none when the stream is damaged or goes on past `input`.
fn inflate_all(input: &[u8], output: &mut [u8]) -> Option<(u64, u64)> {
    let mut inflate = Inflate::new(false, 15);
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
