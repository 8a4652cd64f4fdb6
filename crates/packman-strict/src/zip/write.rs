//! Writing archives: plainly, so that every reader reads them alike, and the same bytes for the same input.
//!
//! All times are the earliest that zip knows (1980-01-01), all systems Unix; sizes always stand in the local
//! header; 64-bit records appear where a value needs them. Deflated bytes may differ between versions of the
//! compressor and between processors; stored ones never do.

use std::fmt;
use std::io;

use zlib_rs::{Deflate, DeflateFlush, Status};

use super::entry::crc32;
use crate::path::{Collision, PathSet, SafePath};

/// 1980-01-01 00:00:00 in DOS form: time, then date.
const MODIFIED: [u8; 4] = [0, 0, 0x21, 0];
const UTF8: u16 = 1 << 11;
const UNIX: u16 = 3 << 8;

/// How the content of an entry is packed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Packing {
    /// As it is.
    Stored,
    /// Deflated, unless that makes it longer.
    Deflated,
}

/// Who may execute a file.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Nobody: mode 0644.
    Plain,
    /// Everybody: mode 0755.
    Executable,
}

/// Writes an archive to memory, or to whatever bytes can be written to.
#[derive(Debug)]
pub struct Writer<W = Vec<u8>> {
    out: W,
    offset: u64,
    directory: Vec<u8>,
    entries: u64,
    paths: PathSet,
    /// From this value on, a field of 32 bits is all ones and the value stands in a 64-bit record.
    pub(super) wide_from: u64,
}

impl Writer {
    /// Starts an archive in memory.
    pub fn new() -> Self {
        Self::to(Vec::new())
    }

    /// Ends the archive and gives its bytes.
    pub fn finish(mut self) -> Vec<u8> {
        let end = self.end();
        self.out.extend_from_slice(&end);
        self.out
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: io::Write> Writer<W> {
    /// Starts an archive that is written to `out` as it grows.
    pub fn to(out: W) -> Self {
        let (directory, paths) = (Vec::new(), PathSet::new());
        Self { out, offset: 0, directory, entries: 0, paths, wide_from: u32::MAX.into() }
    }

    /// Adds a plain file, stored.
    pub fn stored(&mut self, path: &SafePath, content: &[u8]) -> Result<(), WriteError> {
        self.file(path, content, Packing::Stored, Mode::Plain)
    }

    /// Adds a plain file, deflated.
    pub fn deflated(&mut self, path: &SafePath, content: &[u8]) -> Result<(), WriteError> {
        self.file(path, content, Packing::Deflated, Mode::Plain)
    }

    /// Adds a file. One that cannot stand beside those already there is refused and leaves the archive as it is.
    pub fn file(
        &mut self,
        path: &SafePath,
        content: &[u8],
        packing: Packing,
        mode: Mode,
    ) -> Result<(), WriteError> {
        self.paths.insert(path).map_err(WriteError::Collision)?;
        let deflated = if packing == Packing::Deflated { deflate(content) } else { None };
        let header = Header {
            path: path.as_str(),
            method: if deflated.is_some() { 8 } else { 0 },
            mode,
            crc: crc32(content),
            size: content.len() as u64,
            compressed: deflated.as_deref().unwrap_or(content).len() as u64,
            offset: self.offset,
        };
        let local = header.local(self.wide_from);
        self.out.write_all(&local).map_err(WriteError::Failed)?;
        self.out.write_all(deflated.as_deref().unwrap_or(content)).map_err(WriteError::Failed)?;
        self.offset += local.len() as u64 + header.compressed;
        header.central(self.wide_from, &mut self.directory);
        self.entries += 1;
        Ok(())
    }

    /// Ends the archive and gives back what it was written to.
    pub fn complete(mut self) -> io::Result<W> {
        let end = self.end();
        self.out.write_all(&end)?;
        Ok(self.out)
    }
}

impl<W> Writer<W> {
    /// The central directory and the end records.
    fn end(&mut self) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.directory);
        let length = out.len() as u64;
        let wide = self.entries >= u16::MAX.into() || length.max(self.offset) >= self.wide_from;
        if wide {
            put(&mut out, &[&0x0606_4b50_u32.to_le_bytes(), &44_u64.to_le_bytes(), &versions(true)]);
            put(&mut out, &[&[0; 8], &self.entries.to_le_bytes(), &self.entries.to_le_bytes()]);
            put(&mut out, &[&length.to_le_bytes(), &self.offset.to_le_bytes()]);
            put(&mut out, &[&0x0706_4b50_u32.to_le_bytes(), &[0; 4]]);
            put(&mut out, &[&(self.offset + length).to_le_bytes(), &1_u32.to_le_bytes()]);
        }
        let entries = u16::try_from(self.entries).unwrap_or(u16::MAX).to_le_bytes();
        put(&mut out, &[&0x0605_4b50_u32.to_le_bytes(), &[0; 4], &entries, &entries]);
        put(&mut out, &[&narrow(length, self.wide_from), &narrow(self.offset, self.wide_from), &[0; 2]]);
        out
    }
}

struct Header<'p> {
    path: &'p str,
    method: u16,
    mode: Mode,
    crc: u32,
    size: u64,
    compressed: u64,
    offset: u64,
}

impl Header<'_> {
    /// What both headers have in common: version needed, flags, method, time, CRC-32, sizes, length of the name.
    fn common(&self, wide: bool, wide_from: u64, out: &mut Vec<u8>) {
        let flags = if self.path.is_ascii() { 0 } else { UTF8 };
        let needed = if wide { 45_u16 } else { 20 };
        put(out, &[&needed.to_le_bytes(), &flags.to_le_bytes(), &self.method.to_le_bytes(), &MODIFIED]);
        put(
            out,
            &[&self.crc.to_le_bytes(), &narrow(self.compressed, wide_from), &narrow(self.size, wide_from)],
        );
        // A safe path has at most 1,024 bytes.
        put(out, &[&u16::try_from(self.path.len()).unwrap_or(u16::MAX).to_le_bytes()]);
    }

    /// The local header. In a zip64 one both sizes are all ones, whichever of them needs it.
    fn local(&self, wide_from: u64) -> Vec<u8> {
        let wide = self.size.max(self.compressed) >= wide_from;
        let mut out = 0x0403_4b50_u32.to_le_bytes().to_vec();
        self.common(wide, if wide { 0 } else { wide_from }, &mut out);
        let extra = if wide { zip64(&[self.size, self.compressed]) } else { Vec::new() };
        put(&mut out, &[&length(&extra), self.path.as_bytes(), &extra]);
        out
    }

    /// The header in the central directory, whose zip64 field holds exactly what does not fit.
    fn central(&self, wide_from: u64, out: &mut Vec<u8>) {
        let mut values = vec![self.size, self.compressed, self.offset];
        values.retain(|value| *value >= wide_from);
        let extra = if values.is_empty() { Vec::new() } else { zip64(&values) };
        let mode: u32 = if self.mode == Mode::Executable { 0o100_755 } else { 0o100_644 };
        let [made_low, made_high, ..] = versions(!values.is_empty());
        put(out, &[&0x0201_4b50_u32.to_le_bytes(), &[made_low, made_high]]);
        self.common(!values.is_empty(), wide_from, out);
        // No comment, disk 0, no internal attributes.
        put(out, &[&length(&extra), &[0; 6], &(mode << 16).to_le_bytes(), &narrow(self.offset, wide_from)]);
        put(out, &[self.path.as_bytes(), &extra]);
    }
}

/// Version made by and version needed.
fn versions(wide: bool) -> [u8; 4] {
    let version = if wide { 45 } else { 20 };
    let ([a, b], [c, d]) = ((UNIX | version).to_le_bytes(), version.to_le_bytes());
    [a, b, c, d]
}

fn zip64(values: &[u64]) -> Vec<u8> {
    let body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    [&[1, 0], &length(&body)[..], &body].concat()
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes()
}

fn narrow(value: u64, wide_from: u64) -> [u8; 4] {
    if value >= wide_from { [0xff; 4] } else { u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes() }
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// The content as a raw deflate stream; none where that is not shorter.
fn deflate(content: &[u8]) -> Option<Vec<u8>> {
    let mut packed = vec![0; content.len().saturating_sub(1)];
    let mut deflate = Deflate::new(6, false, 15);
    loop {
        let before = (deflate.total_in(), deflate.total_out());
        let rest = content.get(usize::try_from(before.0).ok()?..)?;
        let room = packed.get_mut(usize::try_from(before.1).ok()?..)?;
        let status = deflate.compress(rest, room, DeflateFlush::Finish).ok()?;
        if status == Status::StreamEnd {
            packed.truncate(usize::try_from(deflate.total_out()).ok()?);
            return Some(packed);
        }
        if (deflate.total_in(), deflate.total_out()) == before {
            return None;
        }
    }
}

/// Why a file could not be added to an archive.
#[derive(Debug)]
pub enum WriteError {
    /// It cannot stand beside one that is already there.
    Collision(Collision),
    /// The bytes could not be written.
    Failed(io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collision(collision) => collision.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {}
