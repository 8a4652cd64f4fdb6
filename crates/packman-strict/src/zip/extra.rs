//! Extra fields: the two that could change what an entry is (zip64 sizes, a second name), and that the rest
//! is well formed. Times, owners and the like are passed over.

use super::bytes::Bytes;

const ZIP64: u16 = 0x0001;
const UNICODE_PATH: u16 = 0x7075;

/// What the extra fields of a header say.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Extra<'a> {
    /// 64-bit values for fields of the header that are too narrow.
    pub(super) zip64: Option<Bytes<'a>>,
    unicode_path: Option<&'a [u8]>,
}

impl<'a> Extra<'a> {
    /// Parses extra fields; none when they do not fill their place, or when one that counts stands there twice.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (mut rest, mut extra) = (Bytes(bytes), Self::default());
        while !rest.0.is_empty() {
            let id = rest.u16()?;
            let length = rest.u16()?;
            let field = rest.take(length.into())?;
            let twice = match id {
                ZIP64 => extra.zip64.replace(Bytes(field)).is_some(),
                UNICODE_PATH => extra.unicode_path.replace(field).is_some(),
                _ => false,
            };
            if twice {
                return None;
            }
        }
        Some(extra)
    }

    /// Whether a second name, if there is one, is the name of the header (APPNOTE 4.6.9). Readers that know
    /// the field use its name when its CRC-32 is that of the header's name, so both must be right.
    pub(super) fn agrees_with_name(&self, name: &[u8]) -> bool {
        let Some(field) = self.unicode_path else { return true };
        let mut field = Bytes(field);
        let (version, crc) = (field.take(1), field.u32());
        version == Some(&[1]) && crc == Some(super::entry::crc32(name)) && field.0 == name
    }
}
