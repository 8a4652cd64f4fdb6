//! Getting wheels ready: from the cache as they were unpacked, else from the first host that gives the right bytes,
//! hashed while they come, verified whole, and unpacked beside the environment.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use packman_database::{FileUrl, blob_path};
use packman_machine::location::Location;
use packman_machine::network::{DownloadFailure, Downloaded, Expected as ExpectedBytes, Fault};
use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::Stop;
use packman_strict::quote::quoted;
use packman_trust::OfferedFile;
use packman_wheel::{Expected, ExpectedMetadata, UnpackError, Unpacked, Wheel, WheelLimits, unpack};

use crate::client::Client;
use crate::error::{ClientError, Failed, RefusedWhy};
use crate::host::Event;

/// How many threads fetch or unpack at once.
pub(crate) fn threads() -> NonZeroUsize {
    const MOST: usize = 16;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new((cores * 4).min(MOST)).unwrap_or(NonZeroUsize::MIN)
}

impl Client<'_> {
    /// Says which of these files are unpacked in the cache, as they were vouched for.
    pub(crate) fn unpacked(&self, file: &OfferedFile) -> Result<Option<Unpacked>, ClientError> {
        let Some(cache) = self.cache.existing() else { return Ok(None) };
        let Some(expected) = expected(file) else { return Ok(None) };
        Unpacked::open(&cache.join("wheels"), file.sha256(), &expected)
            .map_err(|refusal| wheel_error(file, refusal))
    }

    /// Gets every one of these files ready, in their order.
    pub(crate) fn ready(&self, files: &[OfferedFile]) -> Result<Vec<Unpacked>, ClientError> {
        let kept: Vec<Option<Unpacked>> =
            files.iter().map(|file| self.unpacked(file)).collect::<Result<_, _>>()?;
        let missing = files.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let (count, bytes) =
            missing.fold((0, 0), |(count, bytes), (file, _)| (count + 1, bytes + file.size()));
        if count > 0 {
            self.host.event(Event::Downloading { files: count, bytes });
        }
        let work: Vec<_> = files.iter().zip(kept).collect();
        let ready = for_each_parallel(work, threads(), self.stop, |(file, kept), stop| match kept {
            Some(unpacked) => Ok(unpacked),
            None => self.fetch(file, stop),
        });
        self.host.event(Event::DownloadsDone);
        ready
    }

    fn fetch(&self, file: &OfferedFile, stop: &Stop) -> Result<Unpacked, ClientError> {
        let Some(expected) = expected(file) else {
            return Err(ClientError::usage(format!("`{}` is no wheel", file.filename())));
        };
        let bytes = self.download(file, stop)?;
        let refused = |refusal| wheel_error(file, refusal);
        let wheel = Wheel::verify(&bytes, &expected, &WheelLimits::default()).map_err(refused)?;
        let parent = self.cache.wheels()?;
        let unpacked = unpack(&wheel, &parent, 1).map_err(|error| match error {
            UnpackError::Refused(refusal) => wheel_error(file, refusal),
            UnpackError::Failed(failure) => {
                Failed::Environment { code: failure.code(), what: failure.to_string() }.into()
            }
        })?;
        self.host.event(Event::Ready { file: file.filename().to_owned() });
        Ok(unpacked)
    }

    fn download(&self, file: &OfferedFile, stop: &Stop) -> Result<Vec<u8>, ClientError> {
        let hosts = self.hosts_of(file)?;
        let mut bytes = Vec::with_capacity(usize::try_from(file.size()).unwrap_or_default());
        let before = AtomicU64::new(0);
        let progress = |now: u64| {
            let came = now.saturating_sub(before.swap(now, Ordering::Relaxed));
            self.host.event(Event::Downloaded { file: file.filename().to_owned(), bytes: came });
        };
        let exactly = ExpectedBytes::exactly(*file.sha256(), file.size());
        match self.fetcher.download(&hosts, &exactly, &mut bytes, &progress, stop) {
            Ok(downloaded) => {
                self.tell_failed_hosts(file, &downloaded);
                Ok(bytes)
            }
            Err(failure) => Err(download_error(file, failure)),
        }
    }

    /// Says which hosts gave nothing or something else, when another had the file.
    fn tell_failed_hosts(&self, file: &OfferedFile, downloaded: &Downloaded) {
        for attempt in &downloaded.passed_over {
            self.host.event(Event::HostFailed { file: file.filename().to_owned(), why: attempt.to_string() });
        }
    }

    /// Every place that may have the file, best first.
    fn hosts_of(&self, file: &OfferedFile) -> Result<Vec<Location>, ClientError> {
        let mut hosts = Vec::new();
        for url in file.urls() {
            match url {
                FileUrl::Absolute(url) => hosts.extend(Location::parse_link(url)),
                FileUrl::Blob => {
                    let path = blob_path(file.sha256(), file.filename());
                    let places = self.places_of(file.source())?;
                    hosts.extend(places.iter().filter_map(|place| place.join(&path).ok()));
                }
            }
        }
        Ok(hosts)
    }
}

/// What was vouched for, as the wheel must say it.
fn expected(file: &OfferedFile) -> Option<Expected<'_>> {
    let metadata = file.metadata();
    let metadata = ExpectedMetadata {
        requires_dist: metadata.requires_dist.clone(),
        requires_python: metadata.requires_python.clone(),
        provides_extra: metadata.provides_extra.clone(),
    };
    Some(Expected { name: file.wheel()?, metadata: Some(metadata) })
}

fn wheel_error(file: &OfferedFile, refusal: packman_wheel::WheelRefusal) -> ClientError {
    RefusedWhy::Wheel { file: file.filename().to_owned(), refusal }.into()
}

fn download_error(file: &OfferedFile, failure: DownloadFailure) -> ClientError {
    let wrong = failure.gave_wrong_bytes();
    let attempts = match failure {
        DownloadFailure::Stopped => return ClientError::Stopped,
        DownloadFailure::Disk(failure) => return failure.into(),
        DownloadFailure::NoHost(attempts) => attempts,
    };
    let filename = file.filename().to_owned();
    let hint = attempts.iter().find_map(|attempt| match &attempt.fault {
        Fault::Failed(failure) => failure.hint(),
        _ => None,
    });
    let tried = attempts.iter().map(ToString::to_string).collect();
    if wrong {
        return RefusedWhy::WrongBytes { file: filename, wanted: *file.sha256(), tried }.into();
    }
    Failed::Network { what: quoted(&filename).to_string(), why: tried, hint }.into()
}
