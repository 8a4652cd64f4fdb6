//! Where the entries of a zip archive lie, as its central directory says. Nothing is held against anything.

use crate::Outcome;

/// One file of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) deflated: bool,
    pub(crate) crc32: u32,
    pub(crate) compressed: usize,
    pub(crate) size: usize,
    pub(crate) executable: bool,
    header: usize,
}

/// The files of an archive, in the order of its central directory.
pub(crate) fn entries(bytes: &[u8]) -> Outcome<Vec<Entry>> {
    let end =
        bytes.windows(4).rposition(|four| four == b"PK\x05\x06").ok_or("no end of a central directory")?;
    let (count, mut at) = (u16_at(bytes, end + 10)?, u32_at(bytes, end + 16)?);
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let name_length = u16_at(bytes, at + 28)?;
        let name = bytes.get(at + 46..at + 46 + name_length).ok_or("cut off")?;
        let name = std::str::from_utf8(name).map_err(|_| "a name that is no text")?;
        if !name.ends_with('/') {
            entries.push(Entry {
                name: name.to_owned(),
                deflated: u16_at(bytes, at + 10)? == 8,
                crc32: u32::try_from(u32_at(bytes, at + 16)?).unwrap_or_default(),
                compressed: u32_at(bytes, at + 20)?,
                size: u32_at(bytes, at + 24)?,
                executable: (u32_at(bytes, at + 38)? >> 16) & 0o111 != 0,
                header: u32_at(bytes, at + 42)?,
            });
        }
        at += 46 + name_length + u16_at(bytes, at + 30)? + u16_at(bytes, at + 32)?;
    }
    Ok(entries)
}

/// The bytes of an entry as they lie in the archive.
pub(crate) fn packed<'a>(bytes: &'a [u8], entry: &Entry) -> Outcome<&'a [u8]> {
    let from = entry.header + 30 + u16_at(bytes, entry.header + 26)? + u16_at(bytes, entry.header + 28)?;
    bytes.get(from..from + entry.compressed).ok_or_else(|| "cut off".to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Outcome<usize> {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).ok_or("cut off")?;
    Ok(usize::from(u16::from_le_bytes(two)))
}

fn u32_at(bytes: &[u8], at: usize) -> Outcome<usize> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).ok_or("cut off")?;
    usize::try_from(u32::from_le_bytes(four)).map_err(|_| "too large".to_owned())
}
