//! Archives by hand, which can lie in every field. Honest until a test changes something.

use super::super::entry::crc32;

/// Fields that local and central header both have, and those of the central one alone.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) signature: [u8; 4],
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u32,
    pub(super) size: u32,
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) disk: u16,
    pub(super) attributes: u32,
    /// Instead of the true one.
    pub(super) offset: Option<u32>,
}

/// One entry: what stands in front of it, its two headers, its data, and what follows the data.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) before: Vec<u8>,
    pub(super) local: Header,
    pub(super) central: Header,
    pub(super) data: Vec<u8>,
    pub(super) descriptor: Vec<u8>,
    /// In the central directory only: for a second header of the same entry.
    pub(super) central_only: bool,
}

/// The end record; none of its fields is worked out if it is set.
#[derive(Clone, Default)]
pub(super) struct End {
    pub(super) disk: u16,
    pub(super) directory_disk: u16,
    pub(super) entries_here: Option<u16>,
    pub(super) entries: Option<u16>,
    pub(super) length: Option<u32>,
    pub(super) offset: Option<u32>,
    pub(super) comment: Vec<u8>,
    /// Instead of the true length of the comment.
    pub(super) comment_length: Option<u16>,
}

/// The zip64 end record and its locator.
#[derive(Clone, Default)]
pub(super) struct End64 {
    pub(super) record_length: Option<u64>,
    pub(super) disk: u32,
    pub(super) entries: Option<u64>,
    pub(super) length: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) between: Vec<u8>,
    pub(super) locator_offset: Option<u64>,
    pub(super) locator_disk: u32,
    pub(super) disks: Option<u32>,
}

/// A whole archive.
#[derive(Clone, Default)]
pub(super) struct Zip {
    pub(super) entries: Vec<Raw>,
    /// Whether the central directory lists the last entry first.
    pub(super) directory_reversed: bool,
    pub(super) before_directory: Vec<u8>,
    pub(super) after_directory: Vec<u8>,
    pub(super) end64: Option<End64>,
    pub(super) end: End,
    pub(super) after: Vec<u8>,
}

/// A stored file with mode 0644.
pub(super) fn stored(name: &str, content: &[u8]) -> Raw {
    entry(name, content, content.to_vec(), 0)
}

/// A deflated file with mode 0644.
pub(super) fn deflated(name: &str, content: &[u8]) -> Raw {
    entry(name, content, deflate(content), 8)
}

/// A folder with mode 0755, as auditwheel writes it.
pub(super) fn folder(name: &str) -> Raw {
    let mut raw = stored(name, b"");
    raw.central.attributes = 0o040_755 << 16 | 0x10;
    raw
}

fn entry(name: &str, content: &[u8], data: Vec<u8>, method: u16) -> Raw {
    let local = Header {
        signature: *b"PK\x03\x04",
        flags: if name.is_ascii() { 0 } else { 1 << 11 },
        method,
        crc: crc32(content),
        compressed: data.len().try_into().unwrap(),
        size: content.len().try_into().unwrap(),
        name: name.into(),
        extra: Vec::new(),
        comment: Vec::new(),
        disk: 0,
        attributes: 0o100_644 << 16,
        offset: None,
    };
    let central = Header { signature: *b"PK\x01\x02", ..local.clone() };
    Raw { before: Vec::new(), local, central, data, descriptor: Vec::new(), central_only: false }
}

/// A raw deflate stream of stored and fixed blocks as zlib makes it.
pub(super) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; content.len() + 64];
    let mut deflate = zlib_rs::Deflate::new(6, false, 15);
    deflate.compress(content, &mut packed, zlib_rs::DeflateFlush::Finish).unwrap();
    packed.truncate(deflate.total_out().try_into().unwrap());
    packed
}

/// A data descriptor with a signature and 32-bit sizes.
pub(super) fn descriptor(crc: u32, compressed: u32, size: u32) -> Vec<u8> {
    [&b"PK\x07\x08"[..], &crc.to_le_bytes(), &compressed.to_le_bytes(), &size.to_le_bytes()].concat()
}

/// An extra field.
pub(super) fn extra(id: u16, body: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes(), &u16::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
}

/// A zip64 extra field.
pub(super) fn zip64(values: &[u64]) -> Vec<u8> {
    extra(1, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

impl Raw {
    /// The same change to both headers.
    pub(super) fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Moves CRC-32 and sizes behind the data, as a writer does that cannot seek.
    pub(super) fn streamed(self) -> Self {
        let mut raw = self.both(|header| header.flags |= 1 << 3);
        raw.descriptor = descriptor(raw.central.crc, raw.central.compressed, raw.central.size);
        (raw.local.crc, raw.local.compressed, raw.local.size) = (0, 0, 0);
        raw
    }
}

impl Header {
    fn common(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(20_u16.to_le_bytes());
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0, 0, 0x21, 0]);
        out.extend(self.crc.to_le_bytes());
        out.extend(self.compressed.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        out
    }

    fn local(&self) -> Vec<u8> {
        [&self.signature[..], &self.common(), &self.name, &self.extra].concat()
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = [&self.signature[..], &[20, 3], &self.common()].concat();
        out.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        out.extend(self.disk.to_le_bytes());
        out.extend([0, 0]);
        out.extend(self.attributes.to_le_bytes());
        out.extend(self.offset.unwrap_or(offset).to_le_bytes());
        [&out[..], &self.name, &self.extra, &self.comment].concat()
    }
}

impl Zip {
    pub(super) fn of(entries: impl IntoIterator<Item = Raw>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The bytes of the archive.
    pub(super) fn build(&self) -> Vec<u8> {
        let (mut out, mut headers) = (Vec::new(), Vec::new());
        for raw in &self.entries {
            out.extend(&raw.before);
            headers.push(raw.central.central(u32::try_from(out.len()).unwrap()));
            if !raw.central_only {
                out.extend(raw.local.local());
                out.extend(&raw.data);
                out.extend(&raw.descriptor);
            }
        }
        if self.directory_reversed {
            headers.reverse();
        }
        let directory = headers.concat();
        out.extend(&self.before_directory);
        let offset = out.len() as u64;
        out.extend(&directory);
        out.extend(&self.after_directory);
        if let Some(end64) = &self.end64 {
            self.build_end64(end64, offset, directory.len() as u64, &mut out);
        }
        self.build_end(offset, directory.len(), &mut out);
        out.extend(&self.after);
        out
    }

    fn build_end64(&self, end: &End64, offset: u64, length: u64, out: &mut Vec<u8>) {
        let record = out.len() as u64;
        let entries = end.entries.unwrap_or(self.entries.len() as u64);
        out.extend(b"PK\x06\x06");
        out.extend(end.record_length.unwrap_or(44).to_le_bytes());
        out.extend([45, 3, 45, 0]);
        out.extend(end.disk.to_le_bytes());
        out.extend(end.disk.to_le_bytes());
        for value in [entries, entries, end.length.unwrap_or(length), end.offset.unwrap_or(offset)] {
            out.extend(value.to_le_bytes());
        }
        out.extend(&end.between);
        out.extend(b"PK\x06\x07");
        out.extend(end.locator_disk.to_le_bytes());
        out.extend(end.locator_offset.unwrap_or(record).to_le_bytes());
        out.extend(end.disks.unwrap_or(1).to_le_bytes());
    }

    fn build_end(&self, offset: u64, length: usize, out: &mut Vec<u8>) {
        let (end, entries) = (&self.end, u16::try_from(self.entries.len()).unwrap());
        out.extend(b"PK\x05\x06");
        out.extend(end.disk.to_le_bytes());
        out.extend(end.directory_disk.to_le_bytes());
        out.extend(end.entries_here.unwrap_or(entries).to_le_bytes());
        out.extend(end.entries.unwrap_or(entries).to_le_bytes());
        out.extend(end.length.unwrap_or(length.try_into().unwrap()).to_le_bytes());
        out.extend(end.offset.unwrap_or(offset.try_into().unwrap()).to_le_bytes());
        let comment = u16::try_from(end.comment.len()).unwrap();
        out.extend(end.comment_length.unwrap_or(comment).to_le_bytes());
        out.extend(&end.comment);
    }
}
