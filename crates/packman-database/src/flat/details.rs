//! What is read of a file only when it is to be fetched or shown.
//!
//! ```text
//! flags        1   1: METADATA's hash, 2: RECORD's hash, 4: upload time, 8: review
//! first seen   8   seconds
//! the hash of METADATA (32), of RECORD (32), the upload time (8), where the flags say so
//! the review, where they say so: by (text), at (8), kind (1: a person), basis (1, and 32 where it is a delta),
//!              notes (text)
//! addresses    4   how many; each 1 and a text: 0 a blob, 1 the whole address, 2 what stands before the file's name
//! ```

use packman_strict::Sha256;
use packman_strict::time::Time;

use super::NONE;
use super::cursor::Cursor;
use super::texts::Texts;
use crate::{FileUrl, RecordedFile, Review, ReviewBasis, Reviewer};

const METADATA: u8 = 1;
const RECORD: u8 = 2;
const UPLOADED: u8 = 4;
const REVIEW: u8 = 8;

const BLOB: u8 = 0;
const WHOLE: u8 = 1;
const PREFIX: u8 = 2;

/// The details of one file.
pub(super) struct Details {
    pub(super) first_seen: Time,
    pub(super) metadata_sha256: Option<Sha256>,
    pub(super) record_sha256: Option<Sha256>,
    pub(super) uploaded: Option<Time>,
    pub(super) review: Option<Review>,
    pub(super) urls: Vec<FileUrl>,
}

/// Writes the details of a file, and its texts.
pub(super) fn write<'r>(out: &mut Vec<u8>, file: &'r RecordedFile, texts: &mut Texts<'r>) {
    let flag = |there: bool, flag: u8| if there { flag } else { 0 };
    out.push(
        flag(file.metadata_sha256.is_some(), METADATA)
            | flag(file.record_sha256.is_some(), RECORD)
            | flag(file.uploaded.is_some(), UPLOADED)
            | flag(file.review.is_some(), REVIEW),
    );
    out.extend_from_slice(&file.first_seen.seconds().to_le_bytes());
    for hash in file.metadata_sha256.iter().chain(&file.record_sha256) {
        out.extend_from_slice(hash.as_bytes());
    }
    if let Some(uploaded) = file.uploaded {
        out.extend_from_slice(&uploaded.seconds().to_le_bytes());
    }
    if let Some(review) = &file.review {
        write_review(out, review, texts);
    }
    out.extend_from_slice(&u32::try_from(file.urls.len()).unwrap_or(u32::MAX).to_le_bytes());
    for (place, url) in file.urls.iter().enumerate() {
        let (kind, text) = match url {
            FileUrl::Blob => (BLOB, NONE),
            // Either all files of a record lie in one folder, or each in one of its own.
            FileUrl::Absolute(url) => match url.strip_suffix(file.name.as_str()) {
                Some(prefix) => (PREFIX, texts.near(place, prefix)),
                None => (WHOLE, texts.own(url)),
            },
        };
        out.push(kind);
        out.extend_from_slice(&text.to_le_bytes());
    }
}

fn write_review<'r>(out: &mut Vec<u8>, review: &'r Review, texts: &mut Texts<'r>) {
    out.extend_from_slice(&texts.shared(Some(&review.by)).to_le_bytes());
    out.extend_from_slice(&review.at.seconds().to_le_bytes());
    out.push(u8::from(review.kind == Reviewer::Human));
    match &review.basis {
        ReviewBasis::Full => out.push(0),
        ReviewBasis::Delta(from) => {
            out.push(1);
            out.extend_from_slice(from.as_bytes());
        }
    }
    out.extend_from_slice(&texts.shared(review.notes.as_deref()).to_le_bytes());
}

/// Reads the details of the file of that name; `text` gives the text of a place.
pub(super) fn read<'t>(
    mut from: Cursor<'_>,
    filename: &str,
    text: impl Fn(u32) -> Option<&'t str>,
) -> Option<Details> {
    let flags = from.byte()?;
    let first_seen = Time::from_seconds(from.seconds()?);
    let metadata_sha256 = if flags & METADATA == 0 { None } else { Some(from.sha256()?) };
    let record_sha256 = if flags & RECORD == 0 { None } else { Some(from.sha256()?) };
    let uploaded = if flags & UPLOADED == 0 { None } else { Some(Time::from_seconds(from.seconds()?)) };
    let review = if flags & REVIEW == 0 { None } else { Some(read_review(&mut from, &text)?) };
    let mut urls = Vec::new();
    for _ in 0..from.number()? {
        let (kind, place) = (from.byte()?, from.number()?);
        urls.push(match kind {
            BLOB => FileUrl::Blob,
            WHOLE => FileUrl::Absolute(text(place)?.to_owned()),
            PREFIX => FileUrl::Absolute(format!("{}{filename}", text(place)?)),
            _ => return None,
        });
    }
    Some(Details { first_seen, metadata_sha256, record_sha256, uploaded, review, urls })
}

/// The SHA-256 of METADATA alone.
pub(super) fn metadata_sha256(mut from: Cursor<'_>) -> Option<Sha256> {
    let (flags, _) = (from.byte()?, from.seconds()?);
    if flags & METADATA == 0 { None } else { from.sha256() }
}

/// Who looked inside, a person or a machine, alone.
pub(super) fn reviewer(mut from: Cursor<'_>) -> Option<Reviewer> {
    let (flags, _) = (from.byte()?, from.seconds()?);
    for flag in [METADATA, RECORD] {
        _ = if flags & flag == 0 { None } else { Some(from.sha256()?) };
    }
    _ = if flags & UPLOADED == 0 { None } else { Some(from.seconds()?) };
    if flags & REVIEW == 0 {
        return None;
    }
    let _by_and_at = (from.number()?, from.seconds()?);
    Some(if from.byte()? == 1 { Reviewer::Human } else { Reviewer::Machine })
}

fn read_review<'t>(from: &mut Cursor<'_>, text: &impl Fn(u32) -> Option<&'t str>) -> Option<Review> {
    let by = text(from.number()?)?.to_owned();
    let at = Time::from_seconds(from.seconds()?);
    let kind = if from.byte()? == 1 { Reviewer::Human } else { Reviewer::Machine };
    let basis = match from.byte()? {
        0 => ReviewBasis::Full,
        _ => ReviewBasis::Delta(from.sha256()?),
    };
    let notes = text(from.number()?).map(str::to_owned);
    Some(Review { by, at, kind, basis, notes })
}
