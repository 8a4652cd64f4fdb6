//! Getting wheels ready: from the cache as they were unpacked, else from the first host that gives the right bytes,
//! hashed while they come, verified whole, and unpacked beside the environment.

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use packman_database::{FileUrl, blob_path};
use packman_machine::cache::WHEELS;
use packman_machine::failure::DiskFailure;
use packman_machine::files::Scratch;
use packman_machine::location::Location;
use packman_machine::network::{DownloadFailure, Downloaded, Expected as ExpectedBytes, Fault};
use packman_machine::parallel::{Budget, for_each_parallel};
use packman_machine::stop::Stop;
use packman_strict::digest::{Hashed, Hashing};
use packman_strict::quote::quoted;
use packman_trust::OfferedFile;
use packman_wheel::{Crew, Expected, ExpectedMetadata, UnpackError, Unpacked, Wheel, WheelLimits, unpack};

use crate::client::{Client, Reach};
use crate::error::{ClientError, Failed, RefusedWhy};
use crate::host::Event;

/// How many downloads go on at once: what they wait for is the network, not a core.
pub(crate) const DOWNLOADS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// How many bytes of wheels are in memory at once; a larger wheel is alone. The largest that people often install have
/// about 35 MB: with room for others beside one of those, the peak would be above uv's.
const IN_MEMORY: u64 = 24 << 20;

/// How many threads work at once where the processor is what they need.
pub(crate) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Wheels that are unpacked, for as long as an environment takes them from there.
pub(crate) struct Ready {
    pub(crate) wheels: Vec<Unpacked>,
    /// Where those are that the cache had no room for.
    _spare: Option<Scratch>,
}

/// What every wheel of one run shares while it is got ready.
struct Workshop<'w> {
    wheels: Result<PathBuf, DiskFailure>,
    spare: Spare<'w>,
    crew: Crew,
    memory: Budget,
}

/// A folder beside the environment, made when the cache cannot take a wheel: the environment may still have room.
struct Spare<'w> {
    environment: &'w Path,
    made: OnceLock<Option<Scratch>>,
    told: AtomicBool,
}

impl Spare<'_> {
    fn folder(&self) -> Option<&Path> {
        let make = || {
            let beside = self.environment.parent().unwrap_or(self.environment);
            // Whoever may write the environment need not be able to write beside it.
            Scratch::in_folder(beside).or_else(|_| Scratch::in_folder(self.environment)).ok()
        };
        self.made.get_or_init(make).as_ref().map(Scratch::path)
    }
}

/// Wheels that were fetched, each with its place in the plan.
type Fetched = Vec<(usize, Unpacked)>;

impl Client<'_> {
    /// Whether a file seems to be unpacked in the cache. Where it could not be fetched if it were not, this looks at each
    /// of its files, so that a plan is not of what cannot be had; else that is left to who takes it from there.
    pub(crate) fn is_unpacked(&self, file: &OfferedFile) -> bool {
        let Some(wheels) = self.cache.existing().map(|cache| cache.join(WHEELS)) else { return false };
        let is_taken = || self.reach == Reach::Online || !Unpacked::is_changed(&wheels, file.sha256());
        Unpacked::is_there(&wheels, file.sha256()) && is_taken()
    }

    /// Gets every one of these files ready, in their order.
    pub(crate) fn ready(&self, files: &[OfferedFile], environment: &Path) -> Result<Ready, ClientError> {
        let mut ready = self.kept(files)?;
        let mut spare = None;
        let mut missing: Vec<(usize, &OfferedFile)> = files
            .iter()
            .enumerate()
            .filter(|(place, _)| ready.get(*place).is_some_and(Option::is_none))
            .collect();
        if !missing.is_empty() {
            // The longest first: one that is begun last ends last, alone.
            missing.sort_by_key(|(_, file)| Reverse(file.size()));
            let (fetched, used) = self.fetch_all(missing, environment)?;
            spare = used;
            for (place, unpacked) in fetched {
                ready.splice(place..=place, [Some(unpacked)]);
            }
        }
        Ok(Ready { wheels: ready.into_iter().flatten().collect(), _spare: spare })
    }

    /// Opens those that are unpacked already, each as it was vouched for.
    fn kept(&self, files: &[OfferedFile]) -> Result<Vec<Option<Unpacked>>, ClientError> {
        let Some(wheels) = self.cache.existing().map(|cache| cache.join(WHEELS)) else {
            return Ok(files.iter().map(|_| None).collect());
        };
        for_each_parallel(files.iter().collect(), cores(), self.stop, |file, _| {
            let Some(expected) = expected(file) else { return Ok(None) };
            let opened = Unpacked::open(&wheels, file.sha256(), &expected);
            let opened = opened.map_err(|refusal| wheel_error(file, refusal))?;
            opened.iter().for_each(Unpacked::mark_used);
            if opened.is_none() && Unpacked::is_changed(&wheels, file.sha256()) {
                let file = quoted(file.filename());
                let then = if self.reach == Reach::Online { "made anew" } else { "not used" };
                self.host.event(Event::Warning(format!(
                    "the cache's copy of {file} was changed since it was unpacked; it is {then}"
                )));
            }
            Ok(opened)
        })
    }

    fn fetch_all(
        &self,
        missing: Vec<(usize, &OfferedFile)>,
        environment: &Path,
    ) -> Result<(Fetched, Option<Scratch>), ClientError> {
        let bytes = missing.iter().map(|(_, file)| file.size()).sum();
        self.host.event(Event::Downloading { files: missing.len(), bytes });
        let shop = Workshop {
            wheels: self.cache.wheels(),
            spare: Spare { environment, made: OnceLock::new(), told: AtomicBool::new(false) },
            crew: Crew::new(cores()),
            memory: Budget::of(IN_MEMORY),
        };
        let fetched: Result<_, ClientError> =
            for_each_parallel(missing, DOWNLOADS, self.stop, |(place, file), stop| {
                Ok((place, self.fetch(file, &shop, stop)?))
            });
        self.host.event(Event::DownloadsDone);
        Ok((fetched?, shop.spare.made.into_inner().flatten()))
    }

    fn fetch(&self, file: &OfferedFile, shop: &Workshop<'_>, stop: &Stop) -> Result<Unpacked, ClientError> {
        let Some(expected) = expected(file) else {
            return Err(ClientError::usage(format!("`{}` is no wheel", file.filename())));
        };
        let _memory = shop.memory.take(file.size(), stop)?;
        let bytes = self.download(file, stop)?;
        let refused = |refusal| wheel_error(file, refusal);
        let wheel = Wheel::verify(&bytes, &expected, &WheelLimits::default()).map_err(refused)?;
        let unpacked = self.unpacked(file, &wheel, shop, stop);
        // What was stopped on its second way is not told the fault of the first.
        let unpacked =
            unpacked.map_err(|error| if stop.is_asked() { ClientError::Stopped } else { error })?;
        self.host.event(Event::Ready { file: file.filename().to_owned() });
        Ok(unpacked)
    }

    /// Unpacks a wheel into the cache, or beside the environment where the cache cannot take it.
    fn unpacked(
        &self,
        file: &OfferedFile,
        wheel: &Wheel<'_>,
        shop: &Workshop<'_>,
        stop: &Stop,
    ) -> Result<Unpacked, ClientError> {
        let unpack_to = |folder: &Path| unpack(wheel, folder, &shop.crew, &|| stop.is_asked());
        // Where the environment has no room either, the first failure is the one to tell.
        let beside = |why: &str| {
            let unpacked = shop.spare.folder().and_then(|spare| unpack_to(spare).ok())?;
            if !shop.spare.told.swap(true, Ordering::AcqRel) {
                self.host.event(Event::Warning(format!("wheels are unpacked beside the environment: {why}")));
            }
            Some(unpacked)
        };
        match &shop.wheels {
            Err(failure) => beside(&failure.to_string()).ok_or_else(|| failure.clone().into()),
            Ok(wheels) => match unpack_to(wheels) {
                Err(UnpackError::Failed(failure)) if failure.is_of_place() => {
                    beside(&failure.to_string()).ok_or(UnpackError::Failed(failure))
                }
                unpacked => unpacked,
            }
            .map_err(|error| match error {
                UnpackError::Refused(refusal) => wheel_error(file, refusal),
                UnpackError::Failed(failure) => failure.into(),
                UnpackError::Stopped => ClientError::Stopped,
            }),
        }
    }

    fn download(&self, file: &OfferedFile, stop: &Stop) -> Result<Hashed, ClientError> {
        let hosts = self.hosts_of(file)?;
        let mut bytes = Hashing::with_capacity(usize::try_from(file.size()).unwrap_or_default());
        let before = AtomicU64::new(0);
        let progress = |now: u64| {
            let came = now.saturating_sub(before.swap(now, Ordering::Relaxed));
            self.host.event(Event::Downloaded { file: file.filename().to_owned(), bytes: came });
        };
        let exactly = ExpectedBytes::exactly(*file.sha256(), file.size());
        match self.fetcher.download(&hosts, &exactly, &mut bytes, &progress, stop) {
            Ok(downloaded) => {
                self.tell_failed_hosts(file, &downloaded);
                Ok(bytes.finish())
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
        requires_dist: metadata.requires_dist.to_vec(),
        requires_python: metadata.requires_python.clone(),
        provides_extra: metadata.provides_extra.to_vec(),
    };
    Some(Expected { name: file.wheel()?, metadata: Some(metadata), record: file.record_sha256().copied() })
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
