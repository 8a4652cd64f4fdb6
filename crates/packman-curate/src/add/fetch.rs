//! Fetches files and reads what they are. Every hash is computed; a promised one is compared.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use packman_database::{CoreMetadata, FileName, FileUrl, RecordedFile, blob_path};
use packman_machine::files;
use packman_machine::location::Location;
use packman_machine::network::{Attempt, DownloadFailure, Expected, Fault};
use packman_machine::stop::Stop;
use packman_names::{Metadata, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::{Hashed, Hashing};
use packman_wheel::{ExpectedMetadata, Wheel, WheelLimits};

use crate::compare::Publishers;
use crate::curator::{Curator, Event, Note};
use crate::error::{CurateError, Failed, No, Refused};
use crate::folder::Folder;
use crate::listing::{Candidate, Origin, Promise};
use crate::once::Once;

/// Fetches files for one run.
pub(crate) struct Files<'f> {
    pub(super) curator: &'f Curator<'f>,
    folder: &'f Folder,
    with_copies: bool,
    /// What the resolver was told of wheels before they were fetched.
    pub(super) told: Once<String, Result<Arc<CoreMetadata>, CurateError>>,
    downloads: AtomicUsize,
    without_hash: Mutex<Option<String>>,
    noted: Mutex<Vec<Note>>,
}

/// A file that was fetched, read and found honest; its blobs are in the folder.
pub(super) struct FetchedFile {
    /// What is recorded of it.
    pub(super) file: RecordedFile,
    /// What it is, in one line.
    pub(super) summary: Option<String>,
}

impl<'f> Files<'f> {
    pub(crate) fn new(curator: &'f Curator<'f>, folder: &'f Folder, with_copies: bool) -> Self {
        Self {
            curator,
            folder,
            with_copies,
            told: Once::new(),
            downloads: AtomicUsize::new(0),
            without_hash: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    /// Fetches a file, verifies it, and writes its blobs into the folder.
    pub(super) fn fetch(&self, candidate: &Candidate, stop: &Stop) -> Result<FetchedFile, CurateError> {
        self.verify_address(candidate)?;
        let wheel_bytes = self.bytes(candidate, stop)?;
        let (bytes, sha256) = (wheel_bytes.bytes(), wheel_bytes.sha256());
        let mut file = RecordedFile {
            name: candidate.name.clone(),
            sha256,
            size: bytes.len() as u64,
            urls: self.urls(candidate, &sha256)?,
            metadata_sha256: None,
            record_sha256: None,
            metadata: Arc::default(),
            uploaded: candidate.uploaded,
            first_seen: self.curator.now,
            for_lock: candidate.for_lock,
            yanked: candidate.yanked.clone(),
            provenance: self.publishers(candidate, &sha256).0,
            review: None,
            recalled: None,
        };
        let mut summary = None;
        if let FileName::Wheel(name) = &candidate.name {
            let told = self.told.known(&candidate.name.as_str().to_owned()).and_then(Result::ok);
            let wheel = verified(&wheel_bytes, name, told.as_deref())?;
            // A wheel that no client could unpack is not to be vouched for.
            wheel.verify_contents(1).map_err(|refusal| refused(name, refusal))?;
            file.metadata = Arc::new(core_metadata(wheel.metadata()));
            file.metadata_sha256 = Some(self.keep(
                &sha256,
                &format!("{name}.metadata", name = name.as_str()),
                wheel.metadata_bytes(),
            )?);
            file.record_sha256 = Some(self.keep(&sha256, "RECORD", wheel.record_bytes())?);
            summary.clone_from(&wheel.metadata().summary);
        }
        if self.with_copies {
            self.keep(&sha256, candidate.name.as_str(), bytes)?;
        }
        Ok(FetchedFile { file, summary })
    }

    /// Verifies that users will have an address to fetch it from, before it is fetched.
    fn verify_address(&self, candidate: &Candidate) -> Result<(), CurateError> {
        let file = || candidate.name.as_str().to_owned();
        match &candidate.origin {
            _ if self.with_copies => Ok(()),
            Origin::Local(_) => Err(No::CopyNeeded { file: file() }.into()),
            Origin::Web(url) if has_query(url) => Err(No::PrivateAddress { file: file() }.into()),
            Origin::Web(_) => Ok(()),
        }
    }

    fn keep(&self, of: &Sha256, name: &str, bytes: &[u8]) -> Result<Sha256, CurateError> {
        self.folder.write(&blob_path(of, name), bytes)?;
        Ok(Sha256::of(bytes))
    }

    /// Where users will fetch it: the published copy first, since that is as near as the metadata.
    fn urls(&self, candidate: &Candidate, sha256: &Sha256) -> Result<Vec<FileUrl>, CurateError> {
        let mut urls = Vec::new();
        if self.with_copies {
            urls.push(FileUrl::Blob);
        }
        let file = candidate.name.as_str();
        match &candidate.origin {
            // What follows the `?` may open more than this file, and is good for a while only.
            Origin::Web(url) if has_query(url) => {}
            Origin::Web(url) => {
                let parsed = FileUrl::parse(url, sha256, file);
                urls.push(parsed.map_err(|error| unfetchable(file, &error.to_string()))?);
            }
            Origin::Local(_) => {}
        }
        Ok(urls)
    }

    /// The bytes of a file, from the cache where its hash is promised, else from where it is.
    pub(crate) fn bytes(&self, candidate: &Candidate, stop: &Stop) -> Result<Hashed, CurateError> {
        self.bytes_of_at_most(candidate, WheelLimits::default().zip.archive_bytes, stop)
    }

    /// The same of a file that may have at most so many bytes.
    pub(super) fn bytes_of_at_most(
        &self,
        candidate: &Candidate,
        most: u64,
        stop: &Stop,
    ) -> Result<Hashed, CurateError> {
        let promised = candidate.promise.as_ref().map(|promise| promise.sha256);
        if let Some(kept) = promised.and_then(|sha256| self.curator.cache.hashed_blob(&sha256)) {
            return Ok(kept);
        }
        let bytes = match &candidate.origin {
            Origin::Local(path) => {
                let missing = || Failed::Program(format!("{} is gone", crate::error::shown(path)));
                Hashed::of(files::read_file(path, most)?.ok_or_else(missing)?)
            }
            Origin::Web(url) => {
                if promised.is_none() {
                    lock(&self.without_hash).get_or_insert_with(|| candidate.name.as_str().to_owned());
                }
                let expected = Expected {
                    sha256: promised,
                    size: candidate.size,
                    max_bytes: candidate.size.unwrap_or(most).min(most),
                };
                self.download(candidate, url, &expected, stop)?
            }
        };
        self.curator.cache.put_hashed_blob(&bytes);
        Ok(bytes)
    }

    fn download(
        &self,
        candidate: &Candidate,
        url: &str,
        expected: &Expected,
        stop: &Stop,
    ) -> Result<Hashed, CurateError> {
        let file = candidate.name.as_str();
        let location = link(file, url)?;
        let id = self.downloads.fetch_add(1, Ordering::Relaxed);
        let events = self.curator.events;
        events.event(Event::Began { id, file, size: candidate.size });
        let mut bytes = Hashing::default();
        let progress = |received: u64| events.event(Event::Received { id, bytes: received });
        let done = self.curator.fetcher.download(&[location], expected, &mut bytes, &progress, stop);
        events.event(Event::Ended { id });
        done.map_err(|failure| not_fetched(file, candidate.promise.as_ref(), failure))?;
        Ok(bytes.finish())
    }

    /// Who built the file with this SHA-256, as the index says; nobody where it does not.
    pub(crate) fn publishers(&self, candidate: &Candidate, sha256: &Sha256) -> Publishers {
        let Some(address) = &candidate.provenance else { return Publishers::default() };
        self.ask_publishers(candidate.name.as_str(), address, sha256).unwrap_or_else(|why| {
            let file = candidate.name.as_str().to_owned();
            lock(&self.noted).push(Note::ProvenanceUnread { file, why });
            Publishers::default()
        })
    }

    fn ask_publishers(&self, file: &str, address: &str, sha256: &Sha256) -> Result<Publishers, String> {
        const ACCEPT: &str = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5";
        let location = link(file, address).map_err(|error| error.to_string())?;
        let page = self.curator.fetcher.page(&location, ACCEPT, Publishers::LARGEST);
        match page.map_err(|failure| failure.to_string())? {
            Some(page) => Publishers::parse(&page.bytes, sha256),
            None => Err("it is not where the index says".to_owned()),
        }
    }

    /// What was noticed, once in a run.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let without_hash = lock(&self.without_hash).take().map(|file| Note::NoIndexHash { file });
        without_hash.into_iter().chain(std::mem::take(&mut *lock(&self.noted))).collect()
    }
}

/// Whether an address has a query, which may be a signature or a token.
pub(super) fn has_query(url: &str) -> bool {
    url.contains('?')
}

pub(super) fn link(what: &str, url: &str) -> Result<Location, CurateError> {
    Location::parse_link(url).map_err(|error| unfetchable(what, &error.to_string()))
}

fn unfetchable(what: &str, why: &str) -> CurateError {
    Failed::Network { what: crate::quoted(what).to_string(), why: why.to_owned(), hint: None }.into()
}

/// Sorts a failed download by blame: other bytes than were promised are refused, everything else is the network's.
fn not_fetched(file: &str, promise: Option<&Promise>, failure: DownloadFailure) -> CurateError {
    let attempts = match failure {
        DownloadFailure::Stopped => return CurateError::Stopped,
        DownloadFailure::Disk(failure) => return failure.into(),
        DownloadFailure::NoHost(attempts) => attempts,
    };
    let why = attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ");
    let wrong = attempts.iter().find_map(|attempt| match &attempt.fault {
        Fault::WrongHash { found, .. } => Some((Some(*found), None)),
        Fault::WrongSize { found, wanted } => Some((None, Some((*found, *wanted)))),
        Fault::Missing | Fault::Failed(_) => None,
    });
    match (wrong, promise) {
        (Some((found, sizes)), Some(promise)) => Refused::Bytes {
            file: file.to_owned(),
            wanted: promise.sha256,
            found,
            sizes,
            promised_by: promise.by.clone(),
        }
        .into(),
        _ => unfetchable(file, &why),
    }
}

pub(crate) fn verified<'b>(
    bytes: &'b Hashed,
    name: &WheelName,
    told: Option<&CoreMetadata>,
) -> Result<Wheel<'b>, CurateError> {
    let metadata = told.map(|told| ExpectedMetadata {
        requires_dist: told.requires_dist.to_vec(),
        requires_python: told.requires_python.clone(),
        provides_extra: told.provides_extra.to_vec(),
    });
    let expected = packman_wheel::Expected { name, metadata, record: None };
    Wheel::verify(bytes, &expected, &WheelLimits::default()).map_err(|refusal| refused(name, refusal))
}

pub(crate) fn refused(name: &WheelName, refusal: packman_wheel::WheelRefusal) -> CurateError {
    Refused::Wheel { file: name.as_str().to_owned(), refusal }.into()
}

pub(super) fn core_metadata(metadata: &Metadata) -> CoreMetadata {
    CoreMetadata {
        requires_dist: metadata.requires_dist.as_slice().into(),
        requires_python: metadata.requires_python.clone(),
        provides_extra: metadata.provides_extra.as_slice().into(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
