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
            self.verify_crc(crc32(self.data))?;
            return Ok(Cow::Borrowed(self.data));
        }
        let mut content = Vec::with_capacity(self.room()?);
        self.read_pieces(&mut Scratch::default(), |piece| {
            content.extend_from_slice(piece);
            Ok::<(), ZipRefusal>(())
        })?;
        Ok(Cow::Owned(content))
    }

    /// Hands the content on in pieces, each still in the processor's own memory: written from there, a large wheel
    /// takes a third less time than written from a whole file's buffer. What was handed on is the content only when
    /// this returns without a refusal, as [`Entry::read`] would.
    pub fn read_pieces<E: From<ZipRefusal>>(
        &self,
        scratch: &mut Scratch,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut crc = 0;
        let mut take = |piece: &[u8]| {
            crc = zlib_rs::crc32::crc32(crc, piece);
            take(piece)
        };
        match self.method {
            Method::Stored => self.data.chunks(PIECE).try_for_each(&mut take)?,
            Method::Deflated => self.inflate(scratch, &mut take)?,
        }
        Ok(self.verify_crc(crc)?)
    }

    fn inflate<E: From<ZipRefusal>>(
        &self,
        scratch: &mut Scratch,
        take: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let damaged = || ZipRefusal::Deflate { entry: self.path.to_string() };
        let wrong_size = || ZipRefusal::Size { entry: self.path.to_string(), declared: self.size };
        self.room()?;
        let Scratch { inflate, piece } = scratch;
        inflate.reset(false);
        loop {
            let before = (inflate.total_in(), inflate.total_out());
            let rest = usize::try_from(before.0)
                .ok()
                .and_then(|taken| self.data.get(taken..))
                .ok_or_else(damaged)?;
            // One byte more than declared, so that a stream with more to say is told from one that is damaged.
            let room = usize::try_from(self.size.saturating_add(1) - before.1).unwrap_or(PIECE).min(PIECE);
            let flush = if room < PIECE { InflateFlush::Finish } else { InflateFlush::NoFlush };
            let out = piece.get_mut(..room).unwrap_or_default();
            let status = inflate.decompress(rest, out, flush).map_err(|_| damaged())?;
            if inflate.total_out() > self.size {
                return Err(wrong_size().into());
            }
            let came = usize::try_from(inflate.total_out() - before.1).unwrap_or_default();
            if came > 0 {
                take(out.get(..came).unwrap_or_default())?;
            }
            match status {
                Status::StreamEnd if inflate.total_out() != self.size => return Err(wrong_size().into()),
                Status::StreamEnd if inflate.total_in() == self.compressed_size() => return Ok(()),
                Status::StreamEnd => return Err(damaged().into()),
                // It wants more than there is.
                _ if (inflate.total_in(), inflate.total_out()) == before => return Err(damaged().into()),
                _ => {}
            }
        }
    }

    /// The declared size as memory; refused where these few bytes cannot have it.
    fn room(&self) -> Result<usize, ZipRefusal> {
        let possible = self.size <= self.compressed_size().saturating_mul(LARGEST_RATIO);
        let room = usize::try_from(self.size).ok().filter(|_| possible);
        room.ok_or_else(|| ZipRefusal::Size { entry: self.path.to_string(), declared: self.size })
    }

    fn verify_crc(&self, found: u32) -> Result<(), ZipRefusal> {
        if found == self.crc {
            return Ok(());
        }
        Err(ZipRefusal::Crc { entry: self.path.to_string() })
    }
}

/// How much is inflated at once: it fits the memory of one core together with the window of deflate.
const PIECE: usize = 128 << 10;

/// Memory for reading one entry after the other, as large for a large one as for a small one.
pub struct Scratch {
    inflate: Inflate,
    piece: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { inflate: Inflate::new(false, WINDOW_BITS), piece: vec![0; PIECE] }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("piece", &self.piece.len()).finish_non_exhaustive()
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
