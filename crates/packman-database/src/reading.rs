//! Reading what every file of a database has: digests, times, texts.

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

/// The text under `member`, where there is one.
pub(crate) fn optional_text(place: Reader<'_, '_>, member: &str) -> Result<Option<String>, ShapeError> {
    place.optional(member)?.map(|text| text.str().map(str::to_owned)).transpose()
}

/// The list of texts under `member`, where there is one.
pub(crate) fn optional_texts(place: Reader<'_, '_>, member: &str) -> Result<Option<Vec<String>>, ShapeError> {
    let Some(list) = place.optional(member)? else { return Ok(None) };
    list.elements()?.map(|text| text.str().map(str::to_owned)).collect::<Result<_, _>>().map(Some)
}
