//! The bytes of files, shared instead of copied: a file of 100,000 targets is 16 MB, and is here once.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes that several may hold: a file as it came, or a part of one. A clone is the same bytes.
#[derive(Clone, Default)]
pub struct Bytes {
    whole: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }
}

/// Takes the bytes without copying them.
impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), whole: Arc::new(bytes) }
    }
}

/// Says how many there are.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// A file that is to be read: borrowed bytes, which who keeps the file copies, or [`Bytes`], which he shares.
#[derive(Copy, Clone)]
pub struct File<'a> {
    bytes: &'a [u8],
    /// What they are a part of, and where in it they begin.
    shared: Option<(&'a Arc<Vec<u8>>, usize)>,
}

impl<'a> File<'a> {
    /// The bytes.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// A part of the file, shared as it is; nothing where it is not that long.
    pub(crate) fn part(self, range: Range<usize>) -> Option<Self> {
        let shared = self.shared.map(|(whole, start)| (whole, start.saturating_add(range.start)));
        Some(Self { bytes: self.bytes.get(range)?, shared })
    }

    /// The bytes for keeping. The whole is shared only where this is most of it: a root must not keep in memory the
    /// large file that it stood beside.
    pub(crate) fn keep(self) -> Bytes {
        let most = |whole: &Vec<u8>| self.bytes.len() >= whole.len() / 2;
        match self.shared.filter(|(whole, _)| most(whole)) {
            Some((whole, start)) => {
                Bytes { whole: Arc::clone(whole), range: start..start + self.bytes.len() }
            }
            None => self.bytes.to_vec().into(),
        }
    }
}

impl<'a> From<&'a [u8]> for File<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { bytes, shared: None }
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for File<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a> From<&'a Vec<u8>> for File<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a> From<&'a Bytes> for File<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self { bytes, shared: Some((&bytes.whole, bytes.range.start)) }
    }
}

/// What is in memory once is not compared.
pub(crate) fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    std::ptr::eq(one, other) || one == other
}

#[cfg(test)]
mod tests {
    use super::{Bytes, File};

    #[test]
    fn most_of_a_file_is_shared_and_a_little_of_it_is_copied() {
        let whole = Bytes::from((0..100).collect::<Vec<u8>>());
        let check = |file: File<'_>, shared: bool| {
            let kept = file.keep();
            assert_eq!(&*kept, file.bytes());
            assert_eq!(kept.as_ptr() == file.bytes().as_ptr(), shared);
            kept
        };
        let most = check(File::from(&whole).part(10..90).unwrap(), true);
        check(File::from(&whole).part(10..20).unwrap(), false);
        check(File::from(&most).part(0..70).unwrap(), true);
        check(File::from(&whole[..]), false);
        assert!(File::from(&whole).part(90..101).is_none());
    }
}
