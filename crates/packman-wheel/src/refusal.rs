//! Why a wheel is not to be believed: one variant and one stable code for each rule.
//!
//! Everything here blames the bytes of the wheel (or whoever vouched for other bytes). What blames the
//! environment is in `conflict`, what blames the machine in `failure`.

use std::fmt;

use packman_names::NameError;
use packman_strict::path::{Collision, PathError};
use packman_strict::quote::quoted;
use packman_strict::zip::ZipRefusal;

use crate::record::RowFault;

/// A wheel that is refused, and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "fields say what their variant says: a path, what was found, what was wanted"
)]
pub enum WheelRefusal {
    /// The archive itself, or a path in it, is not to be believed; has the code of what it holds.
    Zip(ZipRefusal),
    /// No top-level `.dist-info` folder.
    NoDistInfo,
    /// A second `.dist-info`, at the top level or where `.data` would put it there.
    SecondDistInfo { first: String, second: String },
    /// The `.dist-info` folder is named after another project or version than the file.
    DistInfoName { found: String, wanted: String },
    /// One of `METADATA`, `WHEEL`, `RECORD` is not there.
    FileMissing { path: String },
    /// A file of `.dist-info` that must be read is over the limit.
    FileTooLong { path: String, size: u64, limit: u64 },
    /// A file of `.dist-info` that must be read is not UTF-8.
    FileNotText { path: String },
    /// A major version of the format that we do not know.
    WheelVersion { found: String },
    /// A field of `WHEEL` that must be there once, with a known value.
    WheelField { field: &'static str, found: &'static str },
    /// `WHEEL` names other tags than the file name.
    WheelTags { wanted: String },
    /// METADATA cannot be read.
    Metadata(NameError),
    /// METADATA says another name or version than the file name.
    Identity { field: &'static str, found: String, wanted: String },
    /// METADATA says other dependencies, Pythons or extras than the record that was vouched for.
    MetadataDiffers { field: &'static str, wheel: String, record: String },
    /// RECORD cannot be read.
    RecordMalformed(RowFault),
    /// A path in RECORD that no file in a wheel can have.
    RecordPath { line: usize, why: PathError },
    /// RECORD has two rows for one file.
    RecordDuplicate { path: String },
    /// A file that RECORD does not list.
    RecordMisses { path: String },
    /// RECORD lists a file that is not there.
    RecordAdds { path: String },
    /// RECORD has no hash for a file.
    RecordNoHash { path: String },
    /// RECORD has a hash that is too weak, or that PackMan does not read.
    RecordWeakHash { path: String, algorithm: String },
    /// RECORD has another size or hash than the file.
    RecordContradicts { path: String, what: &'static str, found: String, wanted: String },
    /// Another RECORD than was vouched for.
    RecordDiffers { found: String, wanted: String },
    /// A top-level `.data` folder of another name.
    ForeignData { folder: String, wanted: String },
    /// A part of `.data` that is no part of an installation.
    DataScheme { path: String },
    /// A file of `.data/data` that would land where Python looks for modules or for its own settings.
    DataEscapes { path: String },
    /// Two files that would land at one place, or whose paths differ in case or Unicode form only.
    Collision(Collision),
    /// A file that only an installer writes.
    ReservedFile { path: String },
    /// `entry_points.txt` cannot be read in one way only.
    EntryPointsMalformed { line: usize, why: String },
    /// An entry point whose value is not `module[:attr(.attr)*]` with optional extras.
    EntryPointValue { group: String, name: String, value: String },
    /// The name of a command that is no plain file name.
    ScriptName { name: String },
    /// The name of a command that belongs to the interpreter, an environment, or another project.
    ScriptReserved { name: String, owner: String },
}

impl WheelRefusal {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Zip(refusal) => refusal.code(),
            Self::NoDistInfo => "wheel-no-dist-info",
            Self::SecondDistInfo { .. } => "wheel-second-dist-info",
            Self::DistInfoName { .. } => "wheel-dist-info-name",
            Self::FileMissing { .. } => "wheel-file-missing",
            Self::FileTooLong { .. } => "wheel-file-too-long",
            Self::FileNotText { .. } => "wheel-file-not-text",
            Self::WheelVersion { .. } => "wheel-version",
            Self::WheelField { .. } => "wheel-field",
            Self::WheelTags { .. } => "wheel-tags",
            Self::Metadata(_) => "wheel-metadata",
            Self::Identity { .. } => "wheel-identity",
            Self::MetadataDiffers { .. } => "wheel-metadata-differs",
            Self::RecordMalformed(_) => "record-malformed",
            Self::RecordPath { .. } => "record-path",
            Self::RecordDuplicate { .. } => "record-duplicate",
            Self::RecordMisses { .. } => "record-misses-file",
            Self::RecordAdds { .. } => "record-adds-file",
            Self::RecordNoHash { .. } => "record-no-hash",
            Self::RecordWeakHash { .. } => "record-weak-hash",
            Self::RecordContradicts { .. } => "record-contradicts-file",
            Self::RecordDiffers { .. } => "record-differs",
            Self::ForeignData { .. } => "wheel-foreign-data",
            Self::DataScheme { .. } => "wheel-data-scheme",
            Self::DataEscapes { .. } => "wheel-data-escapes",
            Self::Collision(_) => "wheel-collision",
            Self::ReservedFile { .. } => "wheel-reserved-file",
            Self::EntryPointsMalformed { .. } => "entry-points-malformed",
            Self::EntryPointValue { .. } => "entry-point-value",
            Self::ScriptName { .. } => "script-name",
            Self::ScriptReserved { .. } => "script-reserved-name",
        }
    }

    /// Every code of this type but those of the archive.
    pub const CODES: [&'static str; 29] = [
        "wheel-no-dist-info",
        "wheel-second-dist-info",
        "wheel-dist-info-name",
        "wheel-file-missing",
        "wheel-file-too-long",
        "wheel-file-not-text",
        "wheel-version",
        "wheel-field",
        "wheel-tags",
        "wheel-metadata",
        "wheel-identity",
        "wheel-metadata-differs",
        "record-malformed",
        "record-path",
        "record-duplicate",
        "record-misses-file",
        "record-adds-file",
        "record-no-hash",
        "record-weak-hash",
        "record-contradicts-file",
        "wheel-foreign-data",
        "wheel-data-scheme",
        "wheel-data-escapes",
        "wheel-collision",
        "wheel-reserved-file",
        "entry-points-malformed",
        "entry-point-value",
        "script-name",
        "script-reserved-name",
    ];
}

impl fmt::Display for WheelRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let q = quoted;
        match self {
            Self::Zip(refusal) => refusal.fmt(f),
            Self::NoDistInfo => {
                f.write_str("wheel: found no `.dist-info` folder, wanted one at its top level")
            }
            Self::SecondDistInfo { first, second } => {
                write!(f, "wheel: found a second `.dist-info` at {}, wanted only {}", q(second), q(first))
            }
            Self::DistInfoName { found, wanted } => {
                write!(f, "wheel: its `.dist-info` folder is {}, wanted one for {}", q(found), q(wanted))
            }
            Self::FileMissing { path } => write!(f, "wheel: {} is missing", q(path)),
            Self::FileTooLong { path, size, limit } => {
                write!(f, "{}: has {size} bytes, wanted at most {limit}", q(path))
            }
            Self::FileNotText { path } => write!(f, "{}: is not UTF-8", q(path)),
            Self::WheelVersion { found } => write!(f, "WHEEL: found format version {}, wanted 1", q(found)),
            Self::WheelField { field, found } => write!(f, "WHEEL: found {found} of `{field}`, wanted one"),
            Self::WheelTags { wanted } => {
                write!(f, "WHEEL: lacks the tag {} that the file name has", q(wanted))
            }
            Self::Metadata(error) => write!(f, "METADATA: {error}"),
            Self::Identity { field, found, wanted } => {
                write!(f, "METADATA: found {field} {}, wanted {} as in the file name", q(found), q(wanted))
            }
            Self::MetadataDiffers { field, wheel, record } => {
                write!(f, "METADATA: {field} is {}, but {} was vouched for", q(wheel), q(record))
            }
            Self::RecordMalformed(fault) => write!(f, "RECORD: {fault}"),
            Self::RecordPath { line, why } => write!(f, "RECORD: line {line}: {why}"),
            Self::RecordDuplicate { path } => write!(f, "RECORD: lists {} twice", q(path)),
            Self::RecordMisses { path } => write!(f, "RECORD: does not list {}", q(path)),
            Self::RecordAdds { path } => write!(f, "RECORD: lists {}, which is not in the wheel", q(path)),
            Self::RecordNoHash { path } => write!(f, "RECORD: has no hash for {}", q(path)),
            Self::RecordWeakHash { path, algorithm } => {
                write!(f, "RECORD: hash of {} is {}, wanted `sha256`", q(path), q(algorithm))
            }
            Self::RecordContradicts { path, what, found, wanted } => {
                write!(f, "{}: {what} is {}, but RECORD says {}", q(path), q(found), q(wanted))
            }
            Self::RecordDiffers { found, wanted } => {
                write!(f, "RECORD: has SHA-256 {}, but {} was vouched for", q(found), q(wanted))
            }
            Self::ForeignData { folder, wanted } => {
                write!(f, "wheel: found folder {}, wanted only {}", q(folder), q(wanted))
            }
            Self::DataScheme { path } => write!(
                f,
                "{}: is in none of `purelib`, `platlib`, `scripts`, `headers`, `data` of the `.data` folder",
                q(path)
            ),
            Self::DataEscapes { path } => write!(f, "{}: would land where Python itself looks", q(path)),
            Self::Collision(collision) => write!(f, "wheel: {collision}"),
            Self::ReservedFile { path } => write!(f, "{}: only an installer writes this file", q(path)),
            Self::EntryPointsMalformed { line, why } => {
                write!(f, "entry_points.txt: line {line}: found {why}")
            }
            Self::EntryPointValue { group, name, value } => write!(
                f,
                "entry point {} in {}: found {}, wanted `module:attribute`",
                q(name),
                q(group),
                q(value)
            ),
            Self::ScriptName { name } => write!(f, "command {}: is not the name of a single file", q(name)),
            Self::ScriptReserved { name, owner } => {
                write!(f, "command {}: belongs to {owner}, no other project may install it", q(name))
            }
        }
    }
}

impl std::error::Error for WheelRefusal {}

impl From<ZipRefusal> for WheelRefusal {
    fn from(refusal: ZipRefusal) -> Self {
        Self::Zip(refusal)
    }
}
