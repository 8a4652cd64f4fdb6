//! Looking after the cache: how large it is, whether all of it is still sound, and what may go.
//!
//! Reading goes on beside installs. What removes something takes the cache alone first, so that no install ever
//! misses what it has seen.

use std::time::{Duration, SystemTime};

use packman_machine::cache::{KEPT_FILES, WHEELS};
use packman_machine::lock::FileLock;
use packman_machine::parallel::for_each_parallel;
use packman_wheel::{KeptWheel, kept_wheels, sweep};

use crate::client::Client;
use crate::download::cores;
use crate::error::ClientError;
use crate::host::Event;

/// How large the cache is.
#[derive(Clone, Debug)]
pub struct CacheSize {
    /// Its folder; none where there is no place for one.
    pub folder: Option<String>,
    /// What it keeps, kind by kind.
    pub kinds: Vec<CacheKind>,
}

/// One kind of thing in the cache.
#[derive(Clone, Debug)]
pub struct CacheKind {
    /// What people call it.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
    /// How many bytes they have together.
    pub bytes: u64,
}

/// What was found when every byte was read.
#[derive(Clone, Debug)]
pub struct CacheVerified {
    /// How many unpacked wheels were read.
    pub wheels: usize,
    /// How many downloaded files were read.
    pub files: usize,
    /// The unpacked wheels that were not as they were unpacked, and were dropped.
    pub dropped_wheels: Vec<String>,
    /// How many downloaded files had another hash, and were dropped.
    pub dropped_files: usize,
}

/// What may go.
#[derive(Clone, Copy, Debug)]
pub struct PruneRequest {
    /// What was not used for so long.
    pub unused_for: Duration,
    /// Also every unpacked wheel that no environment has a hard link to.
    pub not_linked: bool,
    /// Say what would go, and remove nothing.
    pub dry_run: bool,
}

/// What went.
#[derive(Clone, Debug, Default)]
pub struct CachePruned {
    /// The unpacked wheels, by name.
    pub wheels: Vec<String>,
    /// How many other files.
    pub files: usize,
    /// How many folders that killed runs had left.
    pub left_over: usize,
    /// How many bytes all of them had, without what is left over; those that are linked go on taking their place.
    pub bytes: u64,
}

impl Client<'_> {
    /// Says how large the cache is.
    pub fn cache_size(&self) -> Result<CacheSize, ClientError> {
        let wheels = self.kept_wheels()?;
        let bytes = wheels.iter().map(|wheel| wheel.bytes).sum();
        let mut kinds = vec![CacheKind { what: "unpacked wheels", count: wheels.len(), bytes }];
        for (name, what) in KEPT_FILES {
            let shelf = self.cache.shelf(name)?;
            kinds.push(CacheKind { what, count: shelf.files.len(), bytes: shelf.bytes() });
        }
        Ok(CacheSize { folder: self.cache.existing().map(|path| path.display().to_string()), kinds })
    }

    /// Reads every byte that installs would take without reading, and drops what is not as it was kept. It is
    /// fetched again when it is needed.
    pub fn cache_verify(&self) -> Result<CacheVerified, ClientError> {
        let wheels = self.kept_wheels()?;
        let count = wheels.len();
        let sound = for_each_parallel(wheels, cores(), self.stop, |wheel, _| {
            let sound = wheel.is_sound()?;
            Ok::<_, ClientError>((!sound).then_some(wheel))
        })?;
        let spoiled: Vec<KeptWheel> = sound.into_iter().flatten().collect();
        let mut verified =
            CacheVerified { wheels: count, files: 0, dropped_wheels: Vec::new(), dropped_files: 0 };
        if !spoiled.is_empty() {
            let _alone = self.cache_alone()?;
            // Who had the cache meanwhile may have repaired it.
            for wheel in spoiled {
                if !wheel.is_sound()? {
                    wheel.remove()?;
                    verified.dropped_wheels.push(name_of(&wheel));
                }
            }
        }
        for file in self.cache.shelf("blobs")?.files {
            self.stop.live()?;
            verified.files += 1;
            if file.has_its_hash()? == Some(false) {
                file.remove()?;
                verified.dropped_files += 1;
            }
        }
        Ok(verified)
    }

    /// Removes what was not used for long, and what killed runs left. Waits until nobody uses the cache.
    pub fn cache_prune(&self, request: &PruneRequest) -> Result<CachePruned, ClientError> {
        let mut pruned = CachePruned::default();
        if !self.cache.existing().is_some_and(std::path::Path::is_dir) {
            return Ok(pruned);
        }
        let _alone = if request.dry_run { None } else { Some(self.cache_alone()?) };
        // The end of this second: what was used within it was used before now.
        let seconds = u64::try_from(self.now.seconds()).unwrap_or_default().saturating_add(1);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        for wheel in self.kept_wheels()? {
            self.stop.live()?;
            let age = wheel.used.and_then(|used| now.duration_since(used).ok());
            let goes = wheel.name.is_none()
                || age.is_some_and(|age| age >= request.unused_for)
                || request.not_linked && !wheel.is_linked()?;
            if goes {
                pruned.bytes += wheel.bytes;
                pruned.wheels.push(name_of(&wheel));
                if !request.dry_run {
                    wheel.remove()?;
                }
            }
        }
        for (name, _) in KEPT_FILES {
            for file in self.cache.shelf(name)?.files {
                self.stop.live()?;
                if file.is_idle(now, request.unused_for) {
                    pruned.bytes += file.size;
                    pruned.files += 1;
                    if !request.dry_run {
                        file.remove()?;
                    }
                }
            }
        }
        if !request.dry_run {
            pruned.left_over = sweep(&self.cache.wheels()?)?;
        }
        Ok(pruned)
    }

    /// Keeps what is in the cache from being removed while it is used. What killed runs left there goes, where
    /// nobody else is at it.
    pub(crate) fn use_cache(&self) -> Result<Option<FileLock>, ClientError> {
        if let Some(_alone) = self.cache.try_alone()
            && let Some(cache) = self.cache.existing()
        {
            // What cannot be removed is in nobody's way.
            let _ = sweep(&cache.join(WHEELS));
        }
        Ok(self.cache.in_use(self.stop, &|| self.tell_waiting())?)
    }

    fn cache_alone(&self) -> Result<FileLock, ClientError> {
        Ok(self.cache.alone(self.stop, &|| self.tell_waiting())?)
    }

    fn tell_waiting(&self) {
        let what =
            self.cache.existing().map_or_else(|| "the cache".to_owned(), |path| path.display().to_string());
        self.host.event(Event::Waiting { what });
    }

    fn kept_wheels(&self) -> Result<Vec<KeptWheel>, ClientError> {
        let Some(cache) = self.cache.existing() else { return Ok(Vec::new()) };
        Ok(kept_wheels(&cache.join(WHEELS))?)
    }
}

fn name_of(wheel: &KeptWheel) -> String {
    wheel.name.clone().unwrap_or_else(|| wheel.folder_name())
}
