//! Why an archive is refused: one variant and one code for each rule.

use std::fmt;

use crate::path::{Collision, PathError};
use crate::quote::quoted_exactly;

/// The rule that an archive breaks. `entry` is the name of the entry as the archive writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields say what their variant says: an entry, a size, a limit")]
pub enum ZipRefusal {
    /// No end of central directory in the last 22 bytes: not a zip archive, or cut off.
    NoEnd,
    /// The archive has a comment.
    Comment,
    /// Bytes follow the end of central directory.
    DataAfter,
    /// Bytes stand before the first local header.
    DataBefore,
    /// The archive is part of several.
    MultiDisk,
    /// 64-bit records contradict what they extend, or hold something else than what is missing there.
    Zip64 { entry: Option<String> },
    /// The central directory is not where, or not as long as, the end record says.
    Directory,
    /// More bytes than the limit.
    ArchiveTooLarge { size: u64, limit: u64 },
    /// More entries than the limit.
    TooManyEntries { entries: u64, limit: usize },
    /// An entry inflates to more bytes than the limit.
    EntryTooLarge { entry: String, size: u64, limit: u64 },
    /// All entries together inflate to more bytes than the limit.
    TotalTooLarge { size: u64, limit: u64 },
    /// An entry is encrypted.
    Encrypted { entry: String },
    /// An entry is a patch of other data.
    Patched { entry: String },
    /// An entry is packed by a method that is not read here.
    Method { entry: String, method: u16, wanted: &'static str },
    /// The extra fields of a header are not well formed.
    Extra { entry: String },
    /// There is no local header where the central directory says.
    LocalHeader { entry: String },
    /// Local header and central directory say different things.
    Disagreement { entry: String, field: &'static str },
    /// The data descriptor is missing or says something else than the central directory.
    Descriptor { entry: String },
    /// An entry shares bytes with the next or with the central directory.
    Overlap { entry: String },
    /// Bytes behind an entry belong to nothing.
    Gap { entry: String },
    /// Two entries have one name.
    Duplicate { entry: String },
    /// Two names fall together on some system.
    Collision(Collision),
    /// A name is no safe path.
    UnsafePath(PathError),
    /// A name is not ASCII and not marked as UTF-8, or marked and not UTF-8.
    NameEncoding { entry: String },
    /// A second name, in the Unicode path field, differs.
    UnicodePath { entry: String },
    /// An entry is a link, a device, a pipe or a socket.
    Special { entry: String },
    /// Name, attributes and size contradict each other about whether an entry is a folder.
    Folder { entry: String },
    /// An entry has another size than declared.
    Size { entry: String, declared: u64 },
    /// The content has another CRC-32 than declared.
    Crc { entry: String },
    /// The deflate stream is damaged, or does not end with the packed data.
    Deflate { entry: String },
}

impl ZipRefusal {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEnd => "zip-no-end",
            Self::Comment => "zip-comment",
            Self::DataAfter => "zip-data-after",
            Self::DataBefore => "zip-data-before",
            Self::MultiDisk => "zip-multi-disk",
            Self::Zip64 { .. } => "zip-zip64",
            Self::Directory => "zip-directory",
            Self::ArchiveTooLarge { .. } => "zip-archive-too-large",
            Self::TooManyEntries { .. } => "zip-too-many-entries",
            Self::EntryTooLarge { .. } => "zip-entry-too-large",
            Self::TotalTooLarge { .. } => "zip-total-too-large",
            Self::Encrypted { .. } => "zip-encrypted",
            Self::Patched { .. } => "zip-patched",
            Self::Method { .. } => "zip-method",
            Self::Extra { .. } => "zip-extra",
            Self::LocalHeader { .. } => "zip-local-header",
            Self::Disagreement { .. } => "zip-disagreement",
            Self::Descriptor { .. } => "zip-descriptor",
            Self::Overlap { .. } => "zip-overlap",
            Self::Gap { .. } => "zip-gap",
            Self::Duplicate { .. } => "zip-duplicate",
            Self::Collision(_) => "zip-collision",
            Self::UnsafePath(_) => "zip-unsafe-path",
            Self::NameEncoding { .. } => "zip-name-encoding",
            Self::UnicodePath { .. } => "zip-unicode-path",
            Self::Special { .. } => "zip-special",
            Self::Folder { .. } => "zip-folder",
            Self::Size { .. } => "zip-size",
            Self::Crc { .. } => "zip-crc",
            Self::Deflate { .. } => "zip-deflate",
        }
    }

    /// The entry that breaks the rule, as the archive names it; none where the archive as a whole does.
    pub fn entry(&self) -> Option<&str> {
        match self {
            Self::NoEnd
            | Self::Comment
            | Self::DataAfter
            | Self::DataBefore
            | Self::MultiDisk
            | Self::Directory
            | Self::ArchiveTooLarge { .. }
            | Self::TooManyEntries { .. }
            | Self::TotalTooLarge { .. } => None,
            Self::Zip64 { entry } => entry.as_deref(),
            Self::Collision(collision) => Some(collision.path().as_str()),
            Self::UnsafePath(error) => Some(error.path()),
            Self::EntryTooLarge { entry, .. }
            | Self::Encrypted { entry }
            | Self::Patched { entry }
            | Self::Method { entry, .. }
            | Self::Extra { entry }
            | Self::LocalHeader { entry }
            | Self::Disagreement { entry, .. }
            | Self::Descriptor { entry }
            | Self::Overlap { entry }
            | Self::Gap { entry }
            | Self::Duplicate { entry }
            | Self::NameEncoding { entry }
            | Self::UnicodePath { entry }
            | Self::Special { entry }
            | Self::Folder { entry }
            | Self::Size { entry, .. }
            | Self::Crc { entry }
            | Self::Deflate { entry } => Some(entry),
        }
    }

    /// What was found and what was wanted, without the subject.
    fn reason(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NoEnd => "does not end as a zip archive: cut off, or something else",
            Self::Comment => "has a comment at its end, wanted none",
            Self::DataAfter => "has data after its end, wanted none",
            Self::DataBefore => "has data before its first entry, wanted none",
            Self::MultiDisk => "is one part of several, wanted a whole",
            Self::Zip64 { .. } => "has 64-bit records that contradict the others",
            Self::Directory => "has a central directory that is not what its end record says",
            Self::ArchiveTooLarge { size, limit } => {
                return write!(f, "has {size} bytes, wanted at most {limit}");
            }
            Self::TooManyEntries { entries, limit } => {
                return write!(f, "has {entries} entries, wanted at most {limit}");
            }
            Self::EntryTooLarge { size, limit, .. } | Self::TotalTooLarge { size, limit } => {
                return write!(f, "unpacks to {size} bytes, wanted at most {limit}");
            }
            Self::Encrypted { .. } => "is encrypted, wanted plain content",
            Self::Patched { .. } => "is a patch of other data, wanted whole content",
            Self::Method { method, wanted, .. } => {
                return write!(f, "is packed by method {method}, wanted {wanted}");
            }
            Self::Extra { .. } => "has extra fields that are not well formed",
            Self::LocalHeader { .. } => "has no local header where the central directory says",
            Self::Disagreement { field, .. } => {
                return write!(f, "has one {field} in its local header and another in the central directory");
            }
            Self::Descriptor { .. } => "has no data descriptor that says what the central directory says",
            Self::Overlap { .. } => "shares bytes with what follows it",
            Self::Gap { .. } => "is followed by bytes that belong to nothing",
            Self::Duplicate { .. } => "stands there twice",
            Self::Collision(collision) => {
                return write!(
                    f,
                    "cannot stand beside {} on every system",
                    quoted_exactly(collision.before().as_str())
                );
            }
            Self::UnsafePath(error) => return write!(f, "{}", error.fault()),
            Self::NameEncoding { .. } => "has a name in an unclear encoding, wanted ASCII or marked UTF-8",
            Self::UnicodePath { .. } => "has a second name that differs",
            Self::Special { .. } => "is a link, device, pipe or socket, wanted a file or folder",
            Self::Folder { .. } => "is a file by some of its marks and a folder by others",
            Self::Size { declared, .. } => {
                return write!(f, "has another size than the {declared} bytes it declares");
            }
            Self::Crc { .. } => "has another CRC-32 than it declares",
            Self::Deflate { .. } => "is damaged: its deflate stream does not end with its data",
        };
        f.write_str(text)
    }
}

impl fmt::Display for ZipRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some(entry) => write!(f, "entry {} ", quoted_exactly(entry))?,
            None => f.write_str("archive ")?,
        }
        self.reason(f)
    }
}

impl std::error::Error for ZipRefusal {}
