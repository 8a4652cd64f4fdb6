//! What the databases of the ring know of what is installed: the wheels that it may be of, and their RECORDs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use packman_database::blob_path;
use packman_machine::network::{Fetched, NetworkReason};
use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::Stop;
use packman_names::{ProjectName, WheelName};
use packman_resolve::OfferSource as _;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{Age, EntryName, Gate, Nobody, Offer, Source, WhyNot};
use packman_wheel::{Candidates, Installed, Likeness, Recorded, VouchedWheel, likeness};

use super::{NotCovered, PackageWrong, names};
use crate::client::Client;
use crate::download::DOWNLOADS;
use crate::environment::Environment;
use crate::error::ClientError;

/// The longest RECORD that is fetched, in bytes: as long as that of a wheel may be.
const LONGEST: u64 = 64 << 20;

/// What is known of an environment.
#[derive(Default)]
pub(super) struct Known {
    /// The wheels that each may be of.
    pub(super) candidates: Candidates,
    /// Why each is vouched for by nobody, if it turns out to be none of these wheels.
    pub(super) unvouched: BTreeMap<PathBuf, PackageWrong>,
    /// Who answers for each project.
    pub(super) answering: BTreeMap<ProjectName, EntryName>,
    /// The wheels that were recalled, as their records have it, with the reason.
    pub(super) recalled: HashMap<Sha256, String>,
    pub(super) not_covered: Vec<NotCovered>,
    pub(super) expired: BTreeSet<(EntryName, Time)>,
}

/// A wheel that something installed may be of.
struct Candidate {
    dist_info: PathBuf,
    name: WheelName,
    sha256: Sha256,
    record: Sha256,
    source: Arc<Source>,
}

/// What became of fetching a RECORD.
type Fetch = Result<VouchedWheel, String>;

impl Client<'_> {
    /// Asks the databases for what is installed, and fetches the RECORDs of the wheels that it may be of.
    pub(super) fn known(&self, gate: &Gate, environment: &Environment) -> Result<Known, ClientError> {
        let (mut known, mut wanted) = (Known::default(), Vec::new());
        let names = names(environment);
        self.with_offers(gate, |offers| {
            offers.expect(&names);
            for name in &names {
                let offer = match offers.offer(name) {
                    Err(ClientError::Stopped) => return Err(ClientError::Stopped),
                    Err(error) => Err(reason(&error)),
                    Ok(Some(offer)) => Ok(Some(offer)),
                    Ok(None) => match offers.nobody(name) {
                        Some(Nobody { refused: Some(refused), .. }) => Err(refused.to_string()),
                        _ => Ok(None),
                    },
                };
                match offer {
                    Ok(offer) => {
                        for installed in environment.all_of(name) {
                            wanted.extend(known.take(installed, offer.as_deref()));
                        }
                    }
                    Err(why) => known.not_covered.push(NotCovered { project: Some(name.clone()), why }),
                }
            }
            Ok(())
        })?;
        let fetched: Vec<(Candidate, Fetch)> =
            for_each_parallel(wanted, DOWNLOADS, self.stop, |one, stop| {
                let fetched = self.fetch_vouched(&one, stop)?;
                Ok::<_, ClientError>((one, fetched))
            })?;
        for (candidate, fetched) in fetched {
            match fetched {
                Ok(wheel) => known.candidates.entry(candidate.dist_info).or_default().push(wheel),
                Err(why) => known.fail(&candidate, why),
            }
        }
        Ok(known)
    }

    /// Fetches the RECORD of a wheel, from the cache or the first place that has what was vouched for.
    fn fetch_vouched(&self, wanted: &Candidate, stop: &Stop) -> Result<Fetch, ClientError> {
        let verify = |bytes: &[u8]| VouchedWheel::verify(&wanted.name, wanted.sha256, bytes, &wanted.record);
        if let Some(wheel) = self.cache.blob(&wanted.record).and_then(|bytes| verify(&bytes).ok()) {
            return Ok(Ok(wheel));
        }
        let mut why = "no place is known that has it".to_owned();
        let within = self.fetcher.within(self.fetcher.unhurried());
        for place in self.places_of(&wanted.source)? {
            stop.live()?;
            match within.get(&place, &blob_path(&wanted.sha256, "RECORD"), LONGEST) {
                Ok(Fetched::Bytes(bytes)) => match verify(&bytes) {
                    Ok(wheel) => {
                        self.cache.put_known_blob(&wanted.record, &bytes);
                        return Ok(Ok(wheel));
                    }
                    Err(refusal) => why = format!("{place} gave something else: {refusal}"),
                },
                Ok(Fetched::Missing) => why = format!("{place} does not have it"),
                Err(failure) if *failure.reason() == NetworkReason::Stopped => {
                    return Err(ClientError::Stopped);
                }
                Err(failure) => why = failure.to_string(),
            }
        }
        Ok(Err(format!("the RECORD of `{}` could not be fetched: {why}", wanted.name.as_str())))
    }
}

impl Known {
    /// Notes what an offer says of an installed project; gives the wheels that it may be of.
    fn take(&mut self, installed: &Installed, offer: Option<&Offer>) -> Vec<Candidate> {
        let dist_info = || installed.dist_info.clone();
        let Some(offer) = offer else {
            self.unvouched.insert(dist_info(), PackageWrong::UnknownProject);
            return Vec::new();
        };
        let source = Arc::new(offer.source().clone());
        let database = source.database.clone();
        if let Age::Expired { since, .. } = source.age {
            self.expired.insert((database.clone(), since));
        }
        self.answering.insert(installed.name.clone(), database.clone());
        let (mut wheels, mut without) = (Vec::new(), 0);
        for (filename, sha256, record) in self.wheels_of(installed, offer) {
            let (Ok(name), Some(record)) = (WheelName::parse(&filename), record) else {
                without += 1;
                continue;
            };
            wheels.push(Candidate {
                dist_info: dist_info(),
                name,
                sha256,
                record,
                source: Arc::clone(&source),
            });
        }
        let all = wheels.len() + without;
        let wrong = match all {
            0 => PackageWrong::UnknownVersion(database.clone()),
            all => PackageWrong::UnknownWheel(database.clone(), all),
        };
        if wheels.is_empty() && without > 0 || installed.recorded == Recorded::EggInfo && all > 0 {
            let why = format!("`{database}` names no RECORD of it to compare with");
            self.not_covered.push(NotCovered { project: Some(installed.name.clone()), why });
        } else {
            self.unvouched.insert(dist_info(), wrong);
        }
        like(installed, wheels)
    }

    /// Every wheel of the version that is installed, also one that may not be installed any more.
    fn wheels_of(&mut self, installed: &Installed, offer: &Offer) -> Vec<(String, Sha256, Option<Sha256>)> {
        let offered = offer.wheels().filter(|wheel| *wheel.flat().version() == installed.version);
        let offered = offered.map(|wheel| {
            let file = wheel.flat();
            let record = file.decode().and_then(|file| file.record_sha256);
            (file.filename().to_owned(), file.sha256(), record)
        });
        let mut wheels: Vec<_> = offered.collect();
        for file in offer.left_out().filter(|file| *file.version() == installed.version) {
            match file.why() {
                WhyNot::SourceDistribution => continue,
                WhyNot::Recalled { reason } => _ = self.recalled.insert(file.sha256(), reason.clone()),
                _ => {}
            }
            wheels.push((file.filename().to_owned(), file.sha256(), file.record_sha256()));
        }
        wheels
    }

    /// Where one RECORD is missing, it cannot be said that the project is of no wheel.
    fn fail(&mut self, candidate: &Candidate, why: String) {
        let Some(PackageWrong::UnknownWheel(..)) = self.unvouched.remove(&candidate.dist_info) else {
            return;
        };
        let project = Some(candidate.name.project().clone());
        self.not_covered.push(NotCovered { project, why });
    }
}

/// Those of the wheels that something installed may be of, by the tags in its WHEEL file: the RECORDs of others are not
/// asked for.
fn like(installed: &Installed, wheels: Vec<Candidate>) -> Vec<Candidate> {
    let Some(wheel_file) = installed.wheel_file() else { return Vec::new() };
    let rated: Vec<_> = wheels.into_iter().map(|wheel| (likeness(&wheel_file, &wheel.name), wheel)).collect();
    let best = rated.iter().map(|(likeness, _)| *likeness).max().unwrap_or(Likeness::Other);
    let fits = |found: Likeness| found != Likeness::Other && found == best;
    rated.into_iter().filter(|(found, _)| fits(*found)).map(|(_, wheel)| wheel).collect()
}

/// Why a database could not answer, in one line.
fn reason(error: &ClientError) -> String {
    let because = error.because();
    because.first().map_or_else(|| error.to_string(), |first| format!("{error}: {first}"))
}
