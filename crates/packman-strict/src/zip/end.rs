//! The end records: where the central directory is, how long, and how many entries it has.
//!
//! The end of central directory record must be the last 22 bytes. Readers that search for it backwards could
//! be led elsewhere by a comment or by appended bytes, so neither is allowed.

use super::bytes::{Bytes, range};
use super::{ZipLimits, ZipRefusal};

const END: u32 = 0x0605_4b50;
const END_LENGTH: u64 = 22;
const ZIP64_LOCATOR: u32 = 0x0706_4b50;
const ZIP64_LOCATOR_LENGTH: u64 = 20;
const ZIP64_END: u32 = 0x0606_4b50;
const ZIP64_END_LENGTH: u64 = 56;
const CENTRAL: &[u8] = b"PK\x01\x02";

/// Where the central directory is.
#[derive(Debug)]
pub(super) struct End<'a> {
    /// The bytes of the central directory.
    pub(super) directory: &'a [u8],
    /// Where it begins in the archive, and so where the last entry ends.
    pub(super) directory_offset: u64,
    /// How many entries it must have.
    pub(super) entries: usize,
}

/// What the end record, or the zip64 one, says.
#[derive(Copy, Clone, Debug)]
struct Record {
    disk: u32,
    directory_disk: u32,
    entries_here: u64,
    entries: u64,
    length: u64,
    offset: u64,
}

/// Finds the central directory, and refuses what stands before the archive or after it.
pub(super) fn find<'a>(bytes: &'a [u8], limits: &ZipLimits) -> Result<End<'a>, ZipRefusal> {
    let length = bytes.len() as u64;
    if length > limits.archive_bytes {
        return Err(ZipRefusal::ArchiveTooLarge { size: length, limit: limits.archive_bytes });
    }
    let end_offset = length.checked_sub(END_LENGTH).ok_or(ZipRefusal::NoEnd)?;
    let record =
        range(bytes, end_offset, length).and_then(parse_end).ok_or_else(|| explain_missing_end(bytes))?;
    let (record, directory_end) = match find_zip64(bytes, end_offset)? {
        None => (record, end_offset),
        Some((wide, offset)) if agree(&record, &wide) => (wide, offset),
        Some(_) => return Err(ZipRefusal::Zip64 { entry: None }),
    };
    if record.disk != 0 || record.directory_disk != 0 || record.entries_here != record.entries {
        return Err(ZipRefusal::MultiDisk);
    }
    if record.entries > limits.entries as u64 {
        return Err(ZipRefusal::TooManyEntries { entries: record.entries, limit: limits.entries });
    }
    let directory = place_directory(bytes, &record, directory_end)?;
    let entries = usize::try_from(record.entries).unwrap_or(usize::MAX);
    Ok(End { directory, directory_offset: record.offset, entries })
}

/// The end record, if these 22 bytes are one without a comment.
fn parse_end(bytes: &[u8]) -> Option<Record> {
    let mut bytes = Bytes(bytes);
    bytes.signature(END)?;
    let record = Record {
        disk: bytes.u16()?.into(),
        directory_disk: bytes.u16()?.into(),
        entries_here: bytes.u16()?.into(),
        entries: bytes.u16()?.into(),
        length: bytes.u32()?.into(),
        offset: bytes.u32()?.into(),
    };
    (bytes.u16()? == 0).then_some(record)
}

/// Why there is no end record in the last 22 bytes: other readers would find one further up.
fn explain_missing_end(bytes: &[u8]) -> ZipRefusal {
    let tail = bytes.len().saturating_sub(usize::from(u16::MAX) + 22);
    let tail = bytes.get(tail..).unwrap_or_default();
    let Some(at) = tail.windows(4).rposition(|window| window == END.to_le_bytes()) else {
        return ZipRefusal::NoEnd;
    };
    let record = tail.get(at..).unwrap_or_default();
    let Some((_, comment)) = record.split_at_checked(20) else { return ZipRefusal::NoEnd };
    match comment.split_first_chunk::<2>() {
        Some((length, comment)) if usize::from(u16::from_le_bytes(*length)) == comment.len() => {
            ZipRefusal::Comment
        }
        Some((length, comment)) if usize::from(u16::from_le_bytes(*length)) < comment.len() => {
            ZipRefusal::DataAfter
        }
        _ => ZipRefusal::NoEnd,
    }
}

/// The zip64 end record and its offset, if there is a locator of one before the end record.
fn find_zip64(bytes: &[u8], end_offset: u64) -> Result<Option<(Record, u64)>, ZipRefusal> {
    let wrong = ZipRefusal::Zip64 { entry: None };
    let Some(locator_offset) = end_offset.checked_sub(ZIP64_LOCATOR_LENGTH) else { return Ok(None) };
    let mut locator = Bytes(range(bytes, locator_offset, end_offset).unwrap_or_default());
    if locator.signature(ZIP64_LOCATOR).is_none() {
        return Ok(None);
    }
    let (disk, offset, disks) = (locator.u32(), locator.u64(), locator.u32());
    if disk != Some(0) || disks != Some(1) {
        return Err(ZipRefusal::MultiDisk);
    }
    // The record must end where its locator begins, so that nothing hides between them.
    let offset = offset
        .filter(|offset| locator_offset.checked_sub(ZIP64_END_LENGTH) == Some(*offset))
        .ok_or(wrong.clone())?;
    let record = range(bytes, offset, locator_offset).and_then(parse_zip64_end).ok_or(wrong)?;
    Ok(Some((record, offset)))
}

fn parse_zip64_end(bytes: &[u8]) -> Option<Record> {
    let mut bytes = Bytes(bytes);
    bytes.signature(ZIP64_END)?;
    // The length that follows leaves out signature and itself.
    if bytes.u64()? != ZIP64_END_LENGTH - 12 {
        return None;
    }
    let _versions = bytes.take(4)?;
    Some(Record {
        disk: bytes.u32()?,
        directory_disk: bytes.u32()?,
        entries_here: bytes.u64()?,
        entries: bytes.u64()?,
        length: bytes.u64()?,
        offset: bytes.u64()?,
    })
}

/// Whether each field of the narrow record is that of the wide one, or says to look there.
fn agree(narrow: &Record, wide: &Record) -> bool {
    let short = |narrow: u64, wide: u64| narrow == wide || narrow == u64::from(u16::MAX);
    let long = |narrow: u64, wide: u64| narrow == wide || narrow == u64::from(u32::MAX);
    short(narrow.disk.into(), wide.disk.into())
        && short(narrow.directory_disk.into(), wide.directory_disk.into())
        && short(narrow.entries_here, wide.entries_here)
        && short(narrow.entries, wide.entries)
        && long(narrow.length, wide.length)
        && long(narrow.offset, wide.offset)
}

/// The bytes of the central directory, which must end where the end records begin.
fn place_directory<'a>(bytes: &'a [u8], record: &Record, end: u64) -> Result<&'a [u8], ZipRefusal> {
    if record.offset.checked_add(record.length) == Some(end)
        && let Some(directory) = range(bytes, record.offset, end)
    {
        return Ok(directory);
    }
    // Where the directory stands right before the end records but says to be elsewhere, something was put
    // before the archive: readers of self-extracting archives move all offsets then.
    let moved = end.checked_sub(record.length).filter(|start| *start > record.offset);
    match moved.and_then(|start| range(bytes, start, end)) {
        Some(found) if found.starts_with(CENTRAL) || record.entries == 0 => Err(ZipRefusal::DataBefore),
        _ => Err(ZipRefusal::Directory),
    }
}
