//! A rotation that was decided and is not written whole yet.
//!
//! Root, timestamp and settings change together: each of them alone would leave a folder that nobody can verify, or
//! sign for. So they are written as one file first, `rotation.json`, in one step. From then on the folder counts as
//! rotated for whoever reads it, and whoever next locks it writes the files that it names and takes it away.

use std::collections::BTreeMap;
use std::path::Path;

use packman_machine::files;
use packman_machine::stop::Commit;
use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_tuf::Role;

use super::{Folder, SETTINGS, Signed};
use crate::error::{CurateError, Refused};

/// Its place in the folder.
const ROTATION: &str = "rotation.json";
/// A root, a timestamp and the settings, with much room.
const LIMITS: Limits = Limits { bytes: 16 << 20, depth: 4, nodes: 1_000 };

/// The files of a rotation, by their place in the folder.
#[derive(Debug, Default)]
pub(crate) struct Rotation(BTreeMap<String, String>);

impl Rotation {
    /// A rotation of these files.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(files.into_iter().collect())
    }

    /// Reads the rotation that is not written whole yet; `None` where there is none, as nearly always.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, CurateError> {
        let path = folder.join(ROTATION);
        let Some(bytes) = files::read_file(&path, LIMITS.bytes as u64)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).map_err(|why| Refused::Folder { path, why }.into())
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        let root = Reader::root(&document).member("files").map_err(|error| error.to_string())?;
        let mut files = BTreeMap::new();
        for (name, text) in root.members().map_err(|error| error.to_string())? {
            // It is a file that others can edit, too: it names nothing but what a rotation changes.
            if !is_rotated(name) {
                return Err(format!("found {}, wanted files of a rotation only", crate::quoted(name)));
            }
            files.insert(name.to_owned(), text.str().map_err(|error| error.to_string())?.to_owned());
        }
        Ok(Self(files))
    }

    /// The bytes of a file after the rotation, where it changes that one.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(String::as_bytes)
    }

    /// Every file of it.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_bytes()))
    }

    /// Decides the rotation, in one step, and writes its files.
    pub(crate) fn apply(&self, folder: &Folder, commit: &Commit) -> Result<(), CurateError> {
        let files: Object<'static> = self.0.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        // What the new timestamp leads to, and the new keys, are on the disk before it is.
        files::settle(folder.path())?;
        folder.write(ROTATION, &Value::from(Object::new().with("files", files)).to_pretty())?;
        // Decided it is, and counts: what cannot be written now whoever comes next writes.
        let _ = files::settle(folder.path())
            .map_err(CurateError::from)
            .and_then(|()| self.finish(folder, commit));
        Ok(())
    }

    /// Writes the files of a rotation that was decided; the caller holds the lock, and verified the folder as it will be.
    fn finish(&self, folder: &Folder, _: &Commit) -> Result<(), CurateError> {
        for (name, bytes) in self.files() {
            folder.write(name, bytes)?;
        }
        files::settle(folder.path())?;
        Ok(files::remove_file(&folder.join(ROTATION))?)
    }

    /// Finishes what somebody else began and did not end.
    pub(super) fn finish_begun(folder: &Folder) -> Result<(), CurateError> {
        let Some(begun) = Self::read(folder.path())? else { return Ok(()) };
        // Read with the rotation laid over it: what does not verify so is nothing that we wrote.
        Signed::read(folder.path())?;
        begun.finish(folder, &Commit::begin())
    }
}

/// Whether a rotation changes the file of that name.
fn is_rotated(name: &str) -> bool {
    let is_root = || {
        let version = name.strip_prefix("metadata/").and_then(|name| name.strip_suffix(".root.json"));
        let version = version.and_then(|version| version.parse().ok());
        version.is_some_and(|version| Role::Root.file_path(version) == name)
    };
    name == SETTINGS || name == Role::Timestamp.file_path(0) || is_root()
}
