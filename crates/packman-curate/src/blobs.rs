//! Blobs: files that records name by hash, and that are published beside the metadata.
//!
//! A wheel's METADATA and RECORD always are, the wheel itself where it was asked for. They are no TUF targets: the hash
//! in the record is what they are believed by.

use packman_database::{FileUrl, RecordedFile, blob_path};
use packman_machine::files;
use packman_strict::Sha256;

use crate::error::{CurateError, Refused};
use crate::folder::Folder;

/// One blob that a record names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Blob {
    /// Its path below the folder and below the published one.
    pub(crate) path: String,
    /// Its SHA-256.
    pub(crate) sha256: Sha256,
}

impl Blob {
    /// The blobs of a recorded file.
    pub(crate) fn of(file: &RecordedFile) -> Vec<Self> {
        let name = file.name.as_str();
        let of = |name: &str, sha256: Sha256| Self { path: blob_path(&file.sha256, name), sha256 };
        let metadata = file.metadata_sha256.map(|sha256| of(&format!("{name}.metadata"), sha256));
        let record = file.record_sha256.map(|sha256| of("RECORD", sha256));
        let copy = file.urls.contains(&FileUrl::Blob).then(|| of(name, file.sha256));
        metadata.into_iter().chain(record).chain(copy).collect()
    }
}

/// Verifies that a blob of the folder has the hash that its record names; gives its bytes.
pub(crate) fn verify(folder: &Folder, blob: &Blob) -> Result<Vec<u8>, CurateError> {
    let path = folder.join(&blob.path);
    let Some(bytes) = files::read_file(&path, u64::MAX)? else {
        let why = "a record names it, and it is not there".to_owned();
        return Err(Refused::Folder { path, why }.into());
    };
    let found = Sha256::of(&bytes);
    if found != blob.sha256 {
        let why = format!("found SHA-256 {found}, wanted {} as its record says", blob.sha256);
        return Err(Refused::Folder { path, why }.into());
    }
    Ok(bytes)
}
