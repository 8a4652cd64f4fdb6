//! Keys that were written and that nothing names yet: a note of their files, in the folder of the database.
//!
//! It is there before the first file of a new key is, and goes when what names the keys is written. Whoever finds it was
//! preceded by somebody who was killed in between, and takes the keys away that came to nothing: they would lie about for
//! good, and a spare key's place would count as taken.
//!
//! The folder may be a clone, and the note anybody's. A file is removed only where it holds the very bytes that were to
//! be written, by SHA-256, which nobody knows who has not seen the key; and only below the keys of the home, or where
//! this command is told to write a key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_machine::files::{self, Keeping};
use packman_machine::home::Home;
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, Value};

use super::ring::LARGEST_KEY;
use crate::error::{CurateError, Refused};
use crate::folder::Settings;

/// Its place in the folder.
const NOTE: &str = "new-keys.json";
/// Two root keys for each of a hundred people, with much room.
const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 4, nodes: 10_000 };

/// The files of keys that nothing names yet, each with the SHA-256 of what is in it. Those in the home are named from
/// there.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Undecided(BTreeMap<String, Sha256>);

impl Undecided {
    /// A note of these files.
    pub(super) fn of<'f>(home: &Home, files: impl Iterator<Item = (&'f Path, &'f [u8])>) -> Self {
        let name = |path: &Path| path.strip_prefix(home.folder()).unwrap_or(path).display().to_string();
        Self(files.map(|(path, bytes)| (name(path), Sha256::of(bytes))).collect())
    }

    /// Writes the note into the folder of a database.
    pub(super) fn write(&self, database: &Path) -> Result<(), CurateError> {
        let text = |(name, sha256): (&String, &Sha256)| (name.clone(), sha256.to_string());
        let files: Object<'static> = self.0.iter().map(text).collect();
        let bytes = Value::from(Object::new().with("files", files)).to_pretty();
        Ok(files::write_file(&database.join(NOTE), &bytes, Keeping::Published)?)
    }

    /// Takes the note away: something names the keys now, or they are gone.
    pub(super) fn remove(database: &Path) -> Result<(), CurateError> {
        Ok(files::remove_file(&database.join(NOTE))?)
    }

    /// Takes away the keys of whoever was killed before anything named them. `settings` are those of the database where
    /// it has any, `spare` is where this command will write a key. The caller holds the lock of the folder.
    pub(crate) fn clear(
        database: &Path,
        home: &Home,
        settings: Option<&Settings>,
        spare: Option<&Path>,
    ) -> Result<(), CurateError> {
        let Some(Self(noted)) = Self::read(database)? else { return Ok(()) };
        let mut elsewhere = BTreeMap::new();
        let is_named = |file: &Path| settings.is_some_and(|settings| settings.names(file));
        for (name, sha256) in &noted {
            let here = spare.filter(|path| *path == Path::new(name));
            match (in_home(home, name), here) {
                (Some(path), _) if !path.file_name().is_some_and(|file| is_named(Path::new(file))) => {
                    remove_key(&path, sha256)?;
                }
                (None, Some(path)) if !is_named(path) => remove_key(path, sha256)?,
                // Where nobody asks for its place it is in nobody's way; whoever does later finds it noted.
                (None, None) if !is_named(Path::new(name)) => _ = elsewhere.insert(name.clone(), *sha256),
                _ => {}
            }
        }
        let left = Self(elsewhere);
        match left.0.len() {
            0 => Self::remove(database),
            count if count == noted.len() => Ok(()),
            _ => left.write(database),
        }
    }

    fn read(database: &Path) -> Result<Option<Self>, CurateError> {
        let path = database.join(NOTE);
        let Some(bytes) = files::read_file(&path, LIMITS.bytes as u64)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).map_err(|why| Refused::Folder { path, why }.into())
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        let root = Reader::root(&document).member("files").map_err(|error| error.to_string())?;
        let mut files = BTreeMap::new();
        for (name, sha256) in root.members().map_err(|error| error.to_string())? {
            let sha256 = sha256.str().map_err(|error| error.to_string())?;
            files.insert(name.to_owned(), Sha256::parse(sha256).map_err(|error| error.to_string())?);
        }
        Ok(Self(files))
    }
}

/// Where a key of the home is: `keys/<chain>/<file>`, and nothing else.
fn in_home(home: &Home, name: &str) -> Option<PathBuf> {
    let (chain, _file) =
        name.strip_prefix("keys/")?.split_once('/').filter(|(_, file)| !file.contains('/'))?;
    Sha256::parse(chain).ok()?;
    home.path(name).ok()
}

fn remove_key(path: &Path, wanted: &Sha256) -> Result<(), CurateError> {
    let bytes = files::read_file(path, LARGEST_KEY)?;
    if bytes.is_some_and(|bytes| Sha256::of(&bytes) == *wanted) {
        files::remove_file(path)?;
    }
    if let Some(folder) = path.parent() {
        files::clear_abandoned(folder);
        if Sha256::parse(&folder.file_name().unwrap_or_default().to_string_lossy()).is_ok() {
            files::remove_empty_folder(folder)?;
        }
    }
    Ok(())
}
