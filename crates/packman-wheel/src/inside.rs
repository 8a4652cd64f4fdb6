//! Looks into a wheel that was verified: which files it holds, where each goes, and their bytes piece by piece.
//!
//! For whoever compares two wheels. Nothing is unpacked, and the bytes are only read.

use packman_strict::zip::{Entry, Scratch};

use crate::layout::{Destination, command_name};
use crate::refusal::WheelRefusal;
use crate::verify::{Listed, Wheel};

/// One file of a verified wheel.
#[derive(Copy, Clone, Debug)]
pub struct WheelFile<'w> {
    entry: &'w Entry<'w>,
    listed: &'w Listed,
}

impl<'w> WheelFile<'w> {
    /// Its path in the archive.
    pub fn path(&self) -> &'w str {
        self.entry.path().as_str()
    }

    /// Where it goes.
    pub fn destination(&self) -> &'w Destination {
        &self.listed.destination
    }

    /// The name of the command that it becomes, where it becomes one.
    pub fn command(&self) -> Option<&'w str> {
        command_name(&self.listed.destination)
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.entry.size()
    }

    /// Its SHA-256 as RECORD has it, without padding; nothing for RECORD itself and its signatures.
    pub fn digest(&self) -> Option<&'w str> {
        self.listed.digest.as_deref()
    }

    /// Hands its bytes on, piece by piece. They are what RECORD says only after [`Wheel::verify_contents`].
    pub fn read_pieces(
        &self,
        scratch: &mut Scratch,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), WheelRefusal> {
        self.entry.read_pieces(scratch, |piece| {
            take(piece);
            Ok(())
        })
    }
}

impl Wheel<'_> {
    /// Its files, in the order of the archive.
    pub fn files(&self) -> impl Iterator<Item = WheelFile<'_>> {
        self.listed().map(|(entry, listed)| WheelFile { entry, listed })
    }

    /// The text of a file of `.dist-info`, such as `WHEEL`: at most so many bytes of it; nothing where there is none.
    pub fn dist_info_text(&self, name: &str, most: u64) -> Result<Option<String>, WheelRefusal> {
        let path = format!("{}/{name}", self.layout.dist_info);
        let Some(file) = self.files().find(|file| file.path() == path && file.size() <= most) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_pieces(&mut Scratch::default(), |piece| bytes.extend_from_slice(piece))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
