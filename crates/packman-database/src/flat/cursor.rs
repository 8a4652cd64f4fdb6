//! Numbers one after the other, from bytes that may end too soon.

use packman_strict::Sha256;

/// What is left to be read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'b>(pub(super) &'b [u8]);

impl<'b> Cursor<'b> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<&'b [u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(super) fn size(&mut self) -> Option<u64> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(super) fn seconds(&mut self) -> Option<i64> {
        self.array().map(|bytes| i64::from_le_bytes(*bytes))
    }

    pub(super) fn sha256(&mut self) -> Option<Sha256> {
        self.array().map(|bytes| Sha256::from_bytes(*bytes))
    }
}

/// The number at a place of a row.
pub(super) fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    Cursor(bytes.get(at..)?).number()
}
