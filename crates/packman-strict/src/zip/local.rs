//! Local headers and data descriptors: what is said a second and a third time about each entry. Streaming
//! readers believe these, so they must say what the central directory says.

use super::ZipRefusal;
use super::bytes::Bytes;
use super::central::{Central, FLAGS_THAT_MATTER};
use super::extra::Extra;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

/// Reads one entry from the bytes that are its own: from its local header to where the next thing begins.
/// Gives its packed data; everything else there must agree with the central directory.
pub(super) fn read<'a>(own: &'a [u8], central: &Central<'_>) -> Result<&'a [u8], ZipRefusal> {
    let entry = || central.shown_name();
    let mut rest = Bytes(own);
    let local = Local::parse(&mut rest).ok_or_else(|| ZipRefusal::LocalHeader { entry: entry() })?;
    let extra = Extra::parse(local.extra).ok_or_else(|| ZipRefusal::Extra { entry: entry() })?;
    if let Some(field) = local.find_contradiction(central, &extra)? {
        return Err(ZipRefusal::Disagreement { entry: entry(), field });
    }
    if !extra.agrees_with_name(central.name) {
        return Err(ZipRefusal::UnicodePath { entry: entry() });
    }
    let data = usize::try_from(central.compressed).ok().and_then(|length| rest.take(length));
    let data = data.ok_or_else(|| ZipRefusal::Overlap { entry: entry() })?;
    if central.has_descriptor() {
        let wide = extra.zip64.is_some() || central.size.max(central.compressed) >= u32::MAX.into();
        descriptor_agrees(rest, central, wide).ok_or_else(|| ZipRefusal::Descriptor { entry: entry() })?;
    } else if !rest.0.is_empty() {
        return Err(ZipRefusal::Gap { entry: entry() });
    }
    Ok(data)
}

struct Local<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> Local<'a> {
    fn parse(rest: &mut Bytes<'a>) -> Option<Self> {
        rest.signature(LOCAL)?;
        let _version = rest.take(2)?;
        let (flags, method) = (rest.u16()?, rest.u16()?);
        let _modified = rest.take(4)?;
        let (crc, compressed, size) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let (name, extra) = (rest.u16()?, rest.u16()?);
        let (name, extra) = (rest.take(name.into())?, rest.take(extra.into())?);
        Some(Self { flags, method, crc, compressed, size, name, extra })
    }

    /// The first field that says something else than the central directory.
    fn find_contradiction(
        &self,
        central: &Central<'_>,
        extra: &Extra<'_>,
    ) -> Result<Option<&'static str>, ZipRefusal> {
        let wrong = || ZipRefusal::Zip64 { entry: Some(central.shown_name()) };
        let (size, compressed) = self.sizes(extra).ok_or_else(wrong)?;
        // With a descriptor the local header may not know yet, and then says zero.
        let later = central.has_descriptor();
        let agree = |local: u64, central: u64| local == central || later && local == 0;
        let agreements = [
            ("name", self.name == central.name),
            ("method", self.method == central.method),
            ("set of flags", (self.flags ^ central.flags) & FLAGS_THAT_MATTER == 0),
            ("CRC-32", agree(self.crc.into(), central.crc.into())),
            ("compressed size", agree(compressed, central.compressed)),
            ("size", agree(size, central.size)),
        ];
        Ok(agreements.into_iter().find(|(_, agrees)| !agrees).map(|(field, _)| field))
    }

    /// Size and compressed size. A zip64 field of a local header holds both (APPNOTE 4.5.3); the header then
    /// says all ones, or, as Python writes it, the sizes themselves once more.
    fn sizes(&self, extra: &Extra<'_>) -> Option<(u64, u64)> {
        let narrow = (u64::from(self.size), u64::from(self.compressed));
        let Some(mut wide) = extra.zip64 else { return Some(narrow) };
        let sizes = (wide.u64()?, wide.u64()?);
        let agree = |narrow: u64, wide: u64| narrow == wide || narrow == u64::from(u32::MAX);
        (wide.0.is_empty() && agree(narrow.0, sizes.0) && agree(narrow.1, sizes.1)).then_some(sizes)
    }
}

/// The descriptor behind the data (APPNOTE 4.3.9): with or without a signature, with sizes of 4 bytes, or of
/// 8 where the entry is zip64. It must fill the rest exactly and say what the central directory says.
fn descriptor_agrees(mut rest: Bytes<'_>, central: &Central<'_>, wide: bool) -> Option<()> {
    match (rest.0.len(), wide) {
        (12, false) | (20, true) => {}
        (16, false) | (24, true) => rest.signature(DESCRIPTOR)?,
        _ => return None,
    }
    let crc = rest.u32()?;
    let (compressed, size) =
        if wide { (rest.u64()?, rest.u64()?) } else { (rest.u32()?.into(), rest.u32()?.into()) };
    (crc == central.crc && compressed == central.compressed && size == central.size).then_some(())
}
