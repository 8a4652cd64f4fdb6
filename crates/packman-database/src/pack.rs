//! The pack: many records in one file, for transport only. See `docs/formats/database.md`.
//!
//! Nothing is believed because it came in a pack: each record is held against its own signed hash by whoever asked.
//! So a pack that is wrong in any way is merely of no use.
//!
//! All numbers are little-endian, of 4 bytes.
//!
//! ```text
//! magic    16   "packman-pack  1\n"
//! how many frames, how many records
//! frames    4 each: how many bytes it has as it lies here
//! records   by name: the record's length; 1 byte, the length of the project's name; the normalised name
//! the frames, one after the other, to the end
//! ```
//!
//! The records, one after the other, are cut into pieces of 1 MiB, the last may be shorter; each piece is a zstd frame
//! of its own with a window of at most 1 MiB. Where anything begins follows from the lengths, so there is no index that
//! could point elsewhere, and no two frames that overlap.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::OnceLock;

use packman_names::ProjectName;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

const MAGIC: &[u8; 16] = b"packman-pack  1\n";

/// What a frame holds.
const FRAME: usize = 1 << 20;

/// The most that all records of a pack may come to: 1 GiB, some ten thousand projects.
const MOST: usize = 1 << 30;

/// Records in one file. A frame is inflated when the first record in it is asked for.
#[derive(Debug)]
pub struct Pack {
    frames: Vec<Frame>,
    records: BTreeMap<ProjectName, Place>,
}

#[derive(Debug)]
struct Frame {
    packed: Vec<u8>,
    length: usize,
    inflated: OnceLock<Option<Vec<u8>>>,
}

/// Where a record lies in the records as they follow each other.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    end: usize,
}

impl Pack {
    /// The longest pack that is opened, in bytes: 64 MiB.
    pub const LONGEST: u64 = 64 << 20;

    /// Packs records. Equal records give an equal pack.
    pub fn encode(records: &BTreeMap<&ProjectName, &[u8]>) -> Vec<u8> {
        let whole: Vec<u8> = records.values().copied().flatten().copied().collect();
        let frames: Vec<Vec<u8>> =
            whole.chunks(FRAME).map(|piece| compress_to_vec(piece, CompressionLevel::Fastest)).collect();
        let mut out = MAGIC.to_vec();
        for count in [frames.len(), records.len()].into_iter().chain(frames.iter().map(Vec::len)) {
            push(&mut out, count);
        }
        for (project, record) in records {
            push(&mut out, record.len());
            // A normalised name has at most 255 bytes: it stands in file names.
            out.push(u8::try_from(project.as_str().len()).unwrap_or_default());
            out.extend_from_slice(project.as_str().as_bytes());
        }
        out.extend(frames.iter().flatten());
        out
    }

    /// Opens a pack; `None` where its lengths do not add up.
    pub fn open(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let (frames, records) = (take_number(&mut rest)?, take_number(&mut rest)?);
        // Each has at least so many bytes here: a count alone makes us set nothing aside.
        if frames.checked_mul(4)?.checked_add(records.checked_mul(6)?)? > rest.len() {
            return None;
        }
        let lengths = (0..frames).map(|_| take_number(&mut rest)).collect::<Option<Vec<usize>>>()?;
        let (records, whole) = take_records(&mut rest, records)?;
        if frames != whole.div_ceil(FRAME) {
            return None;
        }
        let mut taken = Vec::with_capacity(frames);
        for (number, packed) in lengths.into_iter().enumerate() {
            let (packed, after) = rest.split_at_checked(packed)?;
            rest = after;
            let length = (whole - number * FRAME).min(FRAME);
            taken.push(Frame { packed: packed.to_vec(), length, inflated: OnceLock::new() });
        }
        rest.is_empty().then_some(Self { frames: taken, records })
    }

    /// The bytes that stand for a project's record: not yet believed.
    pub fn record(&self, project: &ProjectName) -> Option<Vec<u8>> {
        let Place { start, end } = *self.records.get(project)?;
        let mut record = Vec::with_capacity(end - start);
        let mut at = start;
        while at < end {
            let (number, from) = (at / FRAME, at % FRAME);
            let piece = self.frames.get(number)?.inflate()?;
            let piece =
                piece.get(from..piece.len().min(from + (end - at))).filter(|piece| !piece.is_empty())?;
            record.extend_from_slice(piece);
            at += piece.len();
        }
        Some(record)
    }
}

impl Frame {
    fn inflate(&self) -> Option<&[u8]> {
        self.inflated.get_or_init(|| inflate(&self.packed, self.length)).as_deref()
    }
}

/// Inflates a frame that has exactly this length. No more than one byte beyond it is ever made.
fn inflate(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let decoder = StreamingDecoder::new_with_max_window_size(packed, FRAME as u64).ok()?;
    let mut inflated = Vec::with_capacity(length);
    decoder.take(length as u64 + 1).read_to_end(&mut inflated).ok()?;
    (inflated.len() == length).then_some(inflated)
}

/// The records by name, each name once and in order, and how long they are together.
fn take_records(rest: &mut &[u8], count: usize) -> Option<(BTreeMap<ProjectName, Place>, usize)> {
    let mut records = BTreeMap::new();
    let mut start = 0;
    for _ in 0..count {
        let length = take_number(rest)?;
        let (name, after) =
            rest.split_first().and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)))?;
        *rest = after;
        let name = std::str::from_utf8(name).ok()?;
        let project = ProjectName::parse(name).ok().filter(|project| project.as_str() == name)?;
        let in_order = records.last_key_value().is_none_or(|(last, _)| *last < project);
        let end = start + length;
        if !in_order || end > MOST {
            return None;
        }
        records.insert(project, Place { start, end });
        start = end;
    }
    Some((records, start))
}

fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

fn push(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests;
