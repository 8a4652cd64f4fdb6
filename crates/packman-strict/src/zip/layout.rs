//! How the entries share the bytes of the archive: one after the other from the first byte to the central
//! directory, in any order, with nothing between them and nothing shared.

use super::bytes::range;
use super::central::Central;
use super::{ZipRefusal, local};

/// The packed data of every entry, in the order of the headers.
pub(super) fn divide<'a>(
    bytes: &'a [u8],
    directory_offset: u64,
    headers: &[Central<'_>],
) -> Result<Vec<&'a [u8]>, ZipRefusal> {
    let mut order: Vec<(u64, usize)> =
        headers.iter().enumerate().map(|(place, h)| (h.offset, place)).collect();
    order.sort_unstable();
    if order.first().map_or(directory_offset, |(offset, _)| *offset) != 0 {
        return Err(ZipRefusal::DataBefore);
    }
    let ends = order.iter().skip(1).map(|(offset, _)| *offset).chain([directory_offset]);
    let mut spans: Vec<(usize, &[u8])> = Vec::with_capacity(headers.len());
    for (&(start, place), end) in order.iter().zip(ends) {
        let Some(header) = headers.get(place) else { continue };
        let own = range(bytes, start, end.min(directory_offset)).filter(|own| !own.is_empty());
        let own = own.ok_or_else(|| ZipRefusal::Overlap { entry: header.shown_name() })?;
        spans.push((place, local::read(own, header)?));
    }
    spans.sort_unstable_by_key(|(place, _)| *place);
    Ok(spans.into_iter().map(|(_, data)| data).collect())
}
