//! What is not to be believed: bytes, pages, files of the folder, publications. Exit code 3.

use std::fmt;
use std::path::PathBuf;

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_wheel::WheelRefusal;

use super::shown;
use crate::index::MalformedPage;

/// What is not to be believed.
#[derive(Clone, Debug)]
pub enum Refused {
    /// A host gave other bytes than the index (or a lock file, or a requirements file) says.
    Bytes {
        /// The file name.
        file: String,
        /// The SHA-256 that was promised.
        wanted: Sha256,
        /// The SHA-256 of the bytes, where they were read to their end.
        found: Option<Sha256>,
        /// The sizes in bytes that were found and promised, where the file was not read to its end for that.
        sizes: Option<(u64, u64)>,
        /// Who promised it.
        promised_by: String,
    },
    /// A file has none of the hashes that a person named for its project.
    OtherHash {
        /// The file name.
        file: String,
        /// The SHA-256 that it has, or that its source says.
        found: Sha256,
        /// The SHA-256 of each file that will do.
        wanted: Vec<Sha256>,
        /// Where they are named.
        named_by: String,
    },
    /// A file name that is recorded already has other bytes now.
    HashChanged {
        /// The file name.
        file: String,
        /// The SHA-256 that is recorded.
        recorded: Sha256,
        /// The SHA-256 that was found.
        found: Sha256,
    },
    /// A wheel that is malformed, or does not say what the resolver was told.
    Wheel {
        /// The file name.
        file: String,
        /// Why.
        refusal: WheelRefusal,
    },
    /// METADATA beside a wheel that cannot be read.
    Metadata {
        /// The file name.
        file: String,
        /// Why.
        why: String,
    },
    /// A source distribution that cannot be read without running it.
    Sdist {
        /// The file name.
        file: String,
        /// Why.
        why: String,
    },
    /// A page of the index that cannot be read.
    Index {
        /// Its address.
        page: String,
        /// Why.
        why: MalformedPage,
    },
    /// A file of the database's folder that is not what PackMan writes there.
    Folder {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A record that would hold more than one that can be read.
    Record {
        /// Its project.
        project: ProjectName,
        /// Why.
        why: String,
    },
    /// Signed files of the database's folder that do not verify.
    Signed {
        /// The folder.
        folder: PathBuf,
        /// Why.
        refusal: packman_tuf::Refusal,
    },
    /// A database that was to be listed and is not the one that was meant.
    Listed {
        /// Its address.
        url: String,
        /// Why.
        refusal: packman_tuf::Refusal,
    },
    /// A folder to publish to that holds another root chain.
    ForeignPublication {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// A folder to publish to that holds a version which ours does not follow.
    NotASuccessor {
        /// The folder.
        folder: PathBuf,
        /// The file there.
        file: String,
        /// What was found and wanted.
        why: String,
    },
    /// What a keeper was given to sign is not what it says, or not what follows what is signed.
    Proposal {
        /// The file, or the folder of the proposal.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A private key that cannot be read.
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl Refused {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bytes { .. } | Self::OtherHash { .. } => "hash-mismatch",
            Self::HashChanged { .. } => "hash-changed",
            Self::Wheel { refusal, .. } => refusal.code(),
            Self::Metadata { .. } => "wheel-metadata",
            Self::Sdist { .. } => "malformed-sdist",
            Self::Index { .. } => MalformedPage::CODE,
            Self::Folder { .. } => "database-damaged",
            Self::Record { .. } => "record-excess",
            Self::Signed { refusal, .. } | Self::Listed { refusal, .. } => refusal.code(),
            Self::ForeignPublication { .. } => "foreign-publication",
            Self::NotASuccessor { .. } => "not-a-successor",
            Self::Proposal { .. } => "bad-proposal",
            Self::Key { .. } => "malformed-key",
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::HashChanged { .. } => {
                "a published file never changes: ask its maintainers before you trust either of the two"
            }
            Self::Bytes { .. } => {
                "another host or a newer index page may have the right bytes; nothing was recorded of this file"
            }
            Self::OtherHash { .. } => {
                "the file that was locked and the one that is listed are not the same: find out why before you lock anew"
            }
            Self::Sdist { .. } => {
                "nothing of it was recorded: its wheels stand as they are, and what builds it can be named as a requirement"
            }
            Self::Record { .. } => {
                "nothing was recorded; record fewer releases of it, and look who made those that say so much"
            }
            Self::Folder { .. } => "restore the file from a copy (a git checkout, say); nothing was touched",
            Self::Listed { .. } => {
                "nothing was listed; ask its scapegoat, by another way than this address, for the number and the address"
            }
            Self::ForeignPublication { .. } => "publish to a folder of its own",
            Self::NotASuccessor { .. } => {
                "sign on top of what was published: take over the newer `metadata/` and `targets/`, then sign again"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { file, wanted, found: Some(found), promised_by, .. } => {
                write!(f, "{}: found SHA-256 {found}, wanted {wanted} as {promised_by} says", quoted(file))
            }
            Self::Bytes { file, wanted, found: None, sizes, promised_by } => {
                let (found, size) = sizes.unwrap_or_default();
                write!(
                    f,
                    "{}: found {found} bytes, wanted {size} as {promised_by} says of SHA-256 {wanted}",
                    quoted(file)
                )
            }
            Self::OtherHash { file, found, wanted, named_by } => {
                let wanted = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
                write!(f, "{}: found SHA-256 {found}, wanted {wanted} as {named_by} says", quoted(file))
            }
            Self::HashChanged { file, recorded, found } => {
                write!(f, "{}: recorded with SHA-256 {recorded}, found {found}", quoted(file))
            }
            Self::Wheel { file, refusal: WheelRefusal::MetadataDiffers { field, wheel, record } } => write!(
                f,
                "{}: its METADATA says {field} {}, the index said {}",
                quoted(file),
                quoted(wheel),
                quoted(record)
            ),
            Self::Wheel { file, refusal } => write!(f, "{}: {refusal}", quoted(file)),
            Self::Metadata { file, why } | Self::Sdist { file, why } => write!(f, "{}: {why}", quoted(file)),
            Self::Index { page, why } => write!(f, "index page {}: {why}", quoted(page)),
            Self::Folder { path, why } | Self::Proposal { path, why } | Self::Key { path, why } => {
                write!(f, "{}: {why}", shown(path))
            }
            Self::Record { project, why } => write!(f, "the record of `{project}` would be: {why}"),
            Self::Listed { url, refusal } => write!(f, "{}: {refusal}", quoted(url)),
            Self::Signed { folder, refusal } => write!(f, "{}: {refusal}", shown(folder)),
            Self::ForeignPublication { folder, why } => {
                write!(f, "{} holds the publication of another root chain: {why}", shown(folder))
            }
            Self::NotASuccessor { folder, file, why } => {
                write!(f, "{}: {}: {why}", shown(folder), quoted(file))
            }
        }
    }
}
