//! The central directory: what each entry is said to be, with zip64 values already in their places.

use super::bytes::Bytes;
use super::extra::Extra;
use super::{Methods, ZipRefusal};

const CENTRAL: u32 = 0x0201_4b50;

/// The entry is encrypted, strongly or not, or its headers are masked (APPNOTE 4.4.4).
const ENCRYPTED: u16 = 1 << 0 | 1 << 6 | 1 << 13;
/// The data is a patch of other data.
const PATCHED: u16 = 1 << 5;
/// CRC-32 and sizes follow the data.
const DESCRIPTOR: u16 = 1 << 3;
/// Name and comment are UTF-8.
const UTF8: u16 = 1 << 11;

/// Flags that change what an entry is; local and central header must agree on them.
pub(super) const FLAGS_THAT_MATTER: u16 = ENCRYPTED | PATCHED | DESCRIPTOR | UTF8;

const FILE_TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const DOS_FOLDER: u32 = 0x10;

/// How an entry is packed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// One header of the central directory.
#[derive(Debug)]
pub(super) struct Central<'a> {
    pub(super) name: &'a [u8],
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where the local header begins.
    pub(super) offset: u64,
    attributes: u32,
    disk: u32,
    extra: Extra<'a>,
}

/// Parses the whole directory: exactly as many headers as were promised, and nothing else.
pub(super) fn parse_all(directory: &[u8], entries: usize) -> Result<Vec<Central<'_>>, ZipRefusal> {
    // A header has at least 46 bytes: a promise of more entries than fit must not reserve memory.
    let mut headers = Vec::with_capacity(entries.min(directory.len() / 46));
    let mut rest = Bytes(directory);
    while !rest.0.is_empty() {
        headers.push(Central::parse(&mut rest)?);
    }
    if headers.len() == entries { Ok(headers) } else { Err(ZipRefusal::Directory) }
}

impl<'a> Central<'a> {
    fn parse(rest: &mut Bytes<'a>) -> Result<Self, ZipRefusal> {
        let raw = Raw::parse(rest).ok_or(ZipRefusal::Directory)?;
        let shown = || show(raw.name);
        let extra = Extra::parse(raw.extra).ok_or_else(|| ZipRefusal::Extra { entry: shown() })?;
        raw.widen(extra).ok_or_else(|| ZipRefusal::Zip64 { entry: Some(shown()) })
    }

    /// The name for errors, whatever its bytes are.
    pub(super) fn shown_name(&self) -> String {
        show(self.name)
    }

    /// Whether the name says that this is a folder; everything else must then say so too.
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with(b"/")
    }

    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR != 0
    }

    pub(super) fn is_utf8(&self) -> bool {
        self.flags & UTF8 != 0
    }

    /// Whether somebody may execute the file.
    pub(super) fn is_executable(&self) -> bool {
        self.attributes >> 16 & 0o111 != 0
    }

    pub(super) fn known_method(&self) -> Option<Method> {
        match self.method {
            0 => Some(Method::Stored),
            8 => Some(Method::Deflated),
            _ => None,
        }
    }

    /// Refuses what this reader does not read: other disks, encryption, methods, links and devices, second names.
    pub(super) fn verify_supported(&self, methods: Methods) -> Result<(), ZipRefusal> {
        let entry = || self.shown_name();
        if self.disk != 0 {
            return Err(ZipRefusal::MultiDisk);
        }
        if self.flags & ENCRYPTED != 0 {
            return Err(ZipRefusal::Encrypted { entry: entry() });
        }
        if self.flags & PATCHED != 0 {
            return Err(ZipRefusal::Patched { entry: entry() });
        }
        let allowed = match self.known_method() {
            Some(Method::Stored) => true,
            Some(Method::Deflated) => methods == Methods::StoredAndDeflated,
            None => false,
        };
        if !allowed {
            let wanted = if methods == Methods::StoredOnly { "stored" } else { "stored or deflated" };
            return Err(ZipRefusal::Method { entry: entry(), method: self.method, wanted });
        }
        if self.known_method() == Some(Method::Stored) && self.compressed != self.size {
            return Err(ZipRefusal::Size { entry: entry(), declared: self.size });
        }
        self.verify_kind()?;
        if !self.extra.agrees_with_name(self.name) {
            return Err(ZipRefusal::UnicodePath { entry: entry() });
        }
        Ok(())
    }

    /// Name, Unix type and DOS attribute must say the same: a file, or a folder. Type 0 says nothing: many
    /// writers leave it out. The type counts whatever system the header names, since pip looks at it so too.
    fn verify_kind(&self) -> Result<(), ZipRefusal> {
        let kind = self.attributes >> 16 & FILE_TYPE;
        if kind != 0 && kind != REGULAR && kind != FOLDER {
            return Err(ZipRefusal::Special { entry: self.shown_name() });
        }
        let says_folder = kind == FOLDER || self.attributes & DOS_FOLDER != 0;
        let wrong = if self.is_folder() { kind == REGULAR || self.size != 0 } else { says_folder };
        if wrong {
            return Err(ZipRefusal::Folder { entry: self.shown_name() });
        }
        Ok(())
    }
}

/// A header as it stands there.
struct Raw<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
    disk: u16,
    attributes: u32,
    offset: u32,
    name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> Raw<'a> {
    fn parse(rest: &mut Bytes<'a>) -> Option<Self> {
        rest.signature(CENTRAL)?;
        let _versions = rest.take(4)?;
        let (flags, method) = (rest.u16()?, rest.u16()?);
        let _modified = rest.take(4)?;
        let (crc, compressed, size) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let (name, extra, comment) = (rest.u16()?, rest.u16()?, rest.u16()?);
        let disk = rest.u16()?;
        let _internal = rest.u16()?;
        let (attributes, offset) = (rest.u32()?, rest.u32()?);
        let (name, extra) = (rest.take(name.into())?, rest.take(extra.into())?);
        let _comment = rest.take(comment.into())?;
        Some(Self { flags, method, crc, compressed, size, disk, attributes, offset, name, extra })
    }

    /// Puts zip64 values where a field is all ones. The zip64 field must hold exactly those, in their order:
    /// readers disagree about what any other means (APPNOTE 4.5.3).
    fn widen(self, extra: Extra<'a>) -> Option<Central<'a>> {
        let mut central = Central {
            name: self.name,
            flags: self.flags,
            method: self.method,
            crc: self.crc,
            compressed: self.compressed.into(),
            size: self.size.into(),
            offset: self.offset.into(),
            attributes: self.attributes,
            disk: self.disk.into(),
            extra,
        };
        let Some(mut wide) = extra.zip64 else { return Some(central) };
        for field in [&mut central.size, &mut central.compressed, &mut central.offset] {
            if *field == u64::from(u32::MAX) {
                *field = wide.u64()?;
            }
        }
        if self.disk == u16::MAX {
            central.disk = wide.u32()?;
        }
        wide.0.is_empty().then_some(central)
    }
}

fn show(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
