//! What can be had again: downloaded files, records in parsed form, unpacked wheels.
//!
//! A file counts only if it still has the hash it is kept under; any other, and any error of the cache, is a
//! miss. Nothing is synced to the disk: what a power cut spoils is a miss, too.

mod shelf;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use packman_strict::Sha256;
use packman_strict::digest::Hashed;

use crate::environ::Environ;
use crate::failure::{Act, DiskFailure, DiskReason};
use crate::files::{self, Exposure, Keeping, Scratch};
use crate::lock::{FileLock, LockFailure, LockWait};
use crate::stop::{Stop, Stopped};

pub use shelf::{KEPT_FILES, Shelf, Shelved};

/// The folder of unpacked wheels in the cache.
pub const WHEELS: &str = "wheels";

/// The file whose lock is the cache's.
const LOCK: &str = "lock";

/// The folder of things that can be had again.
pub struct Cache {
    wanted: Option<PathBuf>,
    open: OnceLock<Opened>,
    warn: Box<dyn Fn(CacheWarning) + Send + Sync>,
}

struct Opened {
    folder: Option<PathBuf>,
    /// Removed when the program ends, and by the next such run where this one was killed.
    _private: Option<Scratch>,
}

/// Why the cache is not used: the program goes on with a private folder that it removes at its end.
#[derive(Clone, Debug)]
pub enum CacheWarning {
    /// It cannot be made or written.
    Unwritable(DiskFailure),
    /// Others can write it, and could slip something in.
    Exposed(PathBuf),
}

impl Cache {
    /// The folder named by `PACKMAN_CACHE_DIR`, else the platform's for caches. Nothing is made yet; when it turns
    /// out that it cannot be used, `warn` is called once.
    pub fn of(environ: &Environ, warn: impl Fn(CacheWarning) + Send + Sync + 'static) -> Self {
        let wanted = environ.path("PACKMAN_CACHE_DIR").or_else(|| cache_folder(environ));
        Self { wanted, open: OnceLock::new(), warn: Box::new(warn) }
    }

    /// Reads the file of that hash; `None` when it is not there, or not whole. One with wrong bytes is removed.
    pub fn blob(&self, sha256: &Sha256) -> Option<Vec<u8>> {
        self.hashed_blob(sha256).map(Hashed::into_bytes)
    }

    /// The same, for whoever needs it to be known that the bytes have the hash.
    pub fn hashed_blob(&self, sha256: &Sha256) -> Option<Hashed> {
        let path = self.existing()?.join(blob_name(sha256));
        let bytes = Hashed::of(files::read_file(&path, u64::MAX).ok().flatten()?);
        if bytes.sha256() == *sha256 {
            return Some(bytes);
        }
        let _ = files::remove_file(&path);
        None
    }

    /// Keeps bytes under their hash, which is computed here; a cache that cannot take them is no failure.
    pub fn put_blob(&self, bytes: &[u8]) -> Sha256 {
        let sha256 = Sha256::of(bytes);
        self.put_known_blob(&sha256, bytes);
        sha256
    }

    /// Keeps bytes under a hash that the caller has just found them to have. Were it wrong, they would be a miss.
    pub fn put_known_blob(&self, sha256: &Sha256, bytes: &[u8]) {
        self.put(&blob_name(sha256), bytes);
    }

    /// Keeps bytes that were hashed already.
    pub fn put_hashed_blob(&self, bytes: &Hashed) {
        self.put_known_blob(&bytes.sha256(), bytes.bytes());
    }

    /// Reads what was derived (a parsed record, the facts of an interpreter) under a key; `kind` names what it is
    /// and the version of its form. Spoiled bytes are a miss.
    pub fn derived(&self, kind: &'static str, key: &Sha256) -> Option<Vec<u8>> {
        let path = self.existing()?.join(derived_name(kind, key));
        let mut bytes = files::read_file(&path, u64::MAX).ok().flatten()?;
        let whole =
            bytes.split_first_chunk::<32>().is_some_and(|(sum, rest)| Sha256::of(rest).as_bytes() == sum);
        if whole {
            return Some(bytes.split_off(32));
        }
        let _ = files::remove_file(&path);
        None
    }

    /// Keeps what was derived, with a sum of its own; a cache that cannot take it is no failure.
    pub fn put_derived(&self, kind: &'static str, key: &Sha256, bytes: &[u8]) {
        let mut sealed = Vec::with_capacity(32 + bytes.len());
        sealed.extend_from_slice(Sha256::of(bytes).as_bytes());
        sealed.extend_from_slice(bytes);
        self.put(&derived_name(kind, key), &sealed);
    }

    /// Reads what was derived in a form that has a sum of its own; what `open` does not take is a miss, and removed.
    pub fn summed<T>(
        &self,
        kind: &'static str,
        key: &Sha256,
        open: impl FnOnce(Vec<u8>) -> Option<T>,
    ) -> Option<T> {
        let path = self.existing()?.join(derived_name(kind, key));
        let bytes = files::read_file(&path, u64::MAX).ok().flatten()?;
        let opened = open(bytes);
        if opened.is_none() {
            let _ = files::remove_file(&path);
        }
        opened
    }

    /// Whether something was derived under a key. It may turn out to be spoiled.
    pub fn has_derived(&self, kind: &'static str, key: &Sha256) -> bool {
        self.existing().is_some_and(|folder| folder.join(derived_name(kind, key)).is_file())
    }

    /// Whether there is a file of that hash. It may turn out to be spoiled.
    pub fn has_blob(&self, sha256: &Sha256) -> bool {
        self.existing().is_some_and(|folder| folder.join(blob_name(sha256)).is_file())
    }

    /// Keeps what was derived in a form that has a sum of its own.
    pub fn put_summed(&self, kind: &'static str, key: &Sha256, bytes: &[u8]) {
        self.put(&derived_name(kind, key), bytes);
    }

    /// The folder for unpacked wheels, made when it is not there.
    pub fn wheels(&self) -> Result<PathBuf, DiskFailure> {
        self.subfolder(WHEELS)
    }

    /// The folder for a download that is still going on, on the same file system as the rest of the cache.
    pub fn downloads(&self) -> Result<PathBuf, DiskFailure> {
        self.subfolder("downloads")
    }

    /// Keeps others from taking the cache alone while something of it is used; several may at once. `None` where
    /// nothing can be locked: then nobody can take it alone either.
    pub fn in_use(&self, stop: &Stop, waiting: &dyn Fn()) -> Result<Option<FileLock>, Stopped> {
        let Some(path) = self.writable().map(|folder| folder.join(LOCK)) else { return Ok(None) };
        match FileLock::take_shared(&path, LockWait::default(), stop, waiting) {
            Ok(lock) => Ok(Some(lock)),
            Err(LockFailure::Stopped) => Err(Stopped),
            Err(LockFailure::Disk(_)) => Ok(None),
        }
    }

    /// Takes the cache alone if nobody uses it at this moment.
    pub fn try_alone(&self) -> Option<FileLock> {
        FileLock::try_alone(&self.writable()?.join(LOCK)).ok().flatten()
    }

    /// Takes the cache alone, once nobody uses it: what is removed from it then is missed by nobody.
    pub fn alone(&self, stop: &Stop, waiting: &dyn Fn()) -> Result<FileLock, LockFailure> {
        let nowhere = || DiskFailure::because(Act::Lock, LOCK, DiskReason::NoPlace);
        let folder = self.writable().ok_or_else(nowhere)?;
        FileLock::take(&folder.join(LOCK), LockWait::default(), stop, waiting)
    }

    /// The folder in use, when there is one already; reading never makes any.
    pub fn existing(&self) -> Option<&Path> {
        match self.open.get() {
            Some(open) => open.folder.as_deref(),
            None => self.wanted.as_deref().filter(|folder| !exposed(folder)),
        }
    }

    fn subfolder(&self, name: &str) -> Result<PathBuf, DiskFailure> {
        let nowhere = || DiskFailure::because(Act::Make, name, DiskReason::NoPlace);
        let folder = self.writable().ok_or_else(nowhere)?.join(name);
        files::make_private_folder(&folder)?;
        Ok(folder)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let Some(path) = self.writable().map(|folder| folder.join(name)) else { return };
        let made = path.parent().map_or(Ok(()), files::make_private_folder);
        // No file takes the place of a folder, and none of ours has such a name.
        if path.is_dir() {
            let _ = std::fs::remove_dir_all(&path);
        }
        let _ = made.and_then(|()| files::write_file(&path, bytes, Keeping::Cache));
    }

    fn writable(&self) -> Option<&Path> {
        let open = self.open.get_or_init(|| match open(self.wanted.as_deref()) {
            Ok(folder) => Opened { folder: Some(folder), _private: None },
            Err(warning) => {
                (self.warn)(warning);
                // A random name, made for this user alone: a name that can be guessed can be prepared.
                let beside = tempfile::env::temp_dir();
                files::clear_own_abandoned(&beside);
                let private = Scratch::in_folder(&beside).ok();
                Opened { folder: private.as_ref().map(|folder| folder.path().to_owned()), _private: private }
            }
        });
        open.folder.as_deref()
    }
}

fn open(wanted: Option<&Path>) -> Result<PathBuf, CacheWarning> {
    let unwritable = CacheWarning::Unwritable;
    let folder =
        wanted.ok_or_else(|| unwritable(DiskFailure::because(Act::Make, "cache", DiskReason::NoPlace)))?;
    files::make_private_folder(folder).map_err(unwritable)?;
    if exposed(folder) {
        return Err(CacheWarning::Exposed(folder.to_owned()));
    }
    // Permission bits do not tell of a file system mounted read-only: only a file that is made does.
    files::temporary(folder, Keeping::Cache)
        .map_err(|error| unwritable(DiskFailure::new(Act::Write, folder, &error)))?;
    Ok(folder.to_owned())
}

/// Parsed records and unpacked wheels are not hashed again, so they may come from nobody else. A group's members
/// are let pass: where the umask is 002 the group is the user's own.
fn exposed(folder: &Path) -> bool {
    matches!(files::exposure(folder), Ok(Exposure::Everybody | Exposure::OwnedByAnother))
}

fn blob_name(sha256: &Sha256) -> String {
    let hex = sha256.to_string();
    format!("blobs/{}/{hex}", hex.get(..2).unwrap_or_default())
}

fn derived_name(kind: &str, key: &Sha256) -> String {
    let hex = key.to_string();
    format!("records/{kind}/{}/{hex}", hex.get(..2).unwrap_or_default())
}

fn cache_folder(environ: &Environ) -> Option<PathBuf> {
    if cfg!(windows) {
        return environ.absolute("LOCALAPPDATA").map(|data| data.join("packman").join("cache"));
    }
    let home = || environ.user_home();
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Caches/packman"));
    }
    let cache = environ.absolute("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("packman"))
}

impl std::fmt::Display for CacheWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unwritable(failure) => write!(f, "the cache is not used: {failure}"),
            Self::Exposed(folder) => {
                write!(f, "the cache is not used: others can write {}", crate::failure::shown(folder))
            }
        }
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
