//! Reading what every file of a database has: digests, times, texts.

use std::sync::Arc;

use packman_names::refuse_excess;
use packman_strict::Sha256;
use packman_strict::json::{Reader, ShapeError};
use packman_strict::time::Time;

/// What is wanted of a point in time.
pub(crate) const A_TIME: &str = "a time as `YYYY-MM-DDTHH:MM:SSZ`";

/// The SHA-256 in an object of hashes. Others may stand beside it and are not looked at.
pub(crate) fn member_sha256(hashes: Reader<'_, '_>) -> Result<Sha256, ShapeError> {
    let place = hashes.member("sha256")?;
    Sha256::parse(place.str()?).map_err(|_| place.wrong("64 lower-case hexadecimal digits"))
}

/// The SHA-256 in the object of hashes under `member`, where there is one.
pub(crate) fn optional_hashes(place: Reader<'_, '_>, member: &str) -> Result<Option<Sha256>, ShapeError> {
    place.optional(member)?.map(member_sha256).transpose()
}

/// The time under `member`.
pub(crate) fn member_time(place: Reader<'_, '_>, member: &str) -> Result<Time, ShapeError> {
    let place = place.member(member)?;
    Time::parse(place.str()?).map_err(|_| place.wrong(A_TIME))
}

/// How long a text for people may be, in bytes: it is shown, and kept in receipts.
const LONGEST_TEXT: usize = 4_096;

/// The text, cut where it is longer than a record may have it: what an index says is not always short.
#[must_use]
pub fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    text
}

/// A text for people, or a short one of METADATA.
pub(crate) fn text(place: Reader<'_, '_>) -> Result<String, ShapeError> {
    let text = place.str()?;
    if text.len() > LONGEST_TEXT {
        return Err(place.wrong(&format!("a text of at most {LONGEST_TEXT} bytes")));
    }
    Ok(text.to_owned())
}

/// The text under `member`, where there is one.
pub(crate) fn optional_text(place: Reader<'_, '_>, member: &str) -> Result<Option<String>, ShapeError> {
    place.optional(member)?.map(text).transpose()
}

/// The longest line, in bytes.
const LONGEST_LINE: usize = 1_024;

/// A label: one line that a terminal can print without being told to do something.
pub fn line_of_text(place: Reader<'_, '_>) -> Result<String, ShapeError> {
    let text = place.str()?;
    if text.is_empty() || text.len() > LONGEST_LINE || text.chars().any(char::is_control) {
        return Err(place.wrong("a line of 1 to 1,024 bytes without control characters"));
    }
    Ok(text.to_owned())
}

/// The list of addresses under `member`, where there is one.
pub(crate) fn optional_prefixes(
    place: Reader<'_, '_>,
    member: &str,
) -> Result<Option<Vec<String>>, ShapeError> {
    place.optional(member)?.map(|list| list.elements()?.map(text).collect()).transpose()
}

/// The lines of METADATA under `member`, where there are some: no more than one release may have.
pub(crate) fn optional_lines(
    place: Reader<'_, '_>,
    member: &str,
) -> Result<Option<Arc<[String]>>, ShapeError> {
    let Some(list) = place.optional(member)? else { return Ok(None) };
    let lines = list.elements()?.map(Reader::str).collect::<Result<Vec<_>, _>>()?;
    refuse_excess("needs", lines.iter().copied())
        .map_err(|_| list.wrong("at most 4096 lines of 1 MiB together"))?;
    Ok(Some(lines.into_iter().map(str::to_owned).collect()))
}
