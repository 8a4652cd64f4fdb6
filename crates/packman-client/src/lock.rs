//! Locking: what an installation would choose, written down as `pylock.toml` (PEP 751) with the hash of every file.
//!
//! For one environment it is what the resolver chooses there. A universal lock is that for every Python and platform
//! for which it finds something; what differs between them is told apart by markers.

mod file;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use packman_database::{FileUrl, blob_path};
use packman_names::{ProjectName, Target, Version};
use packman_resolve::{Failure, OfferSource, Request, Upgrade};
use packman_trust::{Gate, Offer, OfferedFile, Purpose};

use crate::client::Client;
use crate::environment::Absent;
use crate::error::{ClientError, No};
use crate::install::{InstallRequest, refuse_other_python, resolve_error};
use crate::offers::Offers;

use file::{Package, Wheel};
use targets::Targets;

/// What is to be locked.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// What is asked for, and the environment it is for.
    pub asked: InstallRequest,
    /// Whether it is for every Python and platform that somebody vouches for enough.
    pub universal: bool,
}

/// A lock.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The file.
    pub text: String,
    /// What it locks, by name.
    pub packages: Vec<LockPackage>,
    /// The environments it is for, each as a marker.
    pub environments: Vec<String>,
    /// The Python that was asked what it is, where there is no environment here.
    pub stood_in: Option<PathBuf>,
}

/// A release that is locked.
#[derive(Clone, Debug)]
pub struct LockPackage {
    /// The project.
    pub name: ProjectName,
    /// The version.
    pub version: Version,
    /// Where it counts; everywhere where there is none.
    pub marker: Option<String>,
    /// Its files.
    pub files: Vec<OfferedFile>,
}

impl Client<'_> {
    /// Locks what is asked for. What is installed has no say in it.
    pub fn lock(&self, request: &LockRequest) -> Result<Lock, ClientError> {
        let (own, stood_in) = self.own_target(request)?;
        let purpose = if self.accept_expired { Purpose::ActOnExpired } else { Purpose::Act };
        let gate = self.gate(purpose)?;
        let lock = self.tell_refused(&gate.refusals(), self.lock_in(request, &own, &gate))?;
        Ok(Lock { stood_in, ..lock })
    }

    /// What is locked for: the environment. A lock for every platform needs none; this machine's Python, which has to be
    /// among those it is for, stands in, and is named.
    fn own_target(&self, request: &LockRequest) -> Result<(Target, Option<PathBuf>), ClientError> {
        match self.environment(&request.asked.which, Absent::Refuse) {
            Ok(environment) => Ok((environment.found.target, None)),
            Err(ClientError::No(no)) if request.universal && matches!(*no, No::NoEnvironment) => {
                let python = self.pythons().base(None);
                let python = python.map_err(|failure| self.python_error(&failure))?;
                Ok((python.target, Some(python.executable)))
            }
            Err(error) => Err(error),
        }
    }

    fn lock_in(&self, request: &LockRequest, own: &Target, gate: &Gate) -> Result<Lock, ClientError> {
        let (targets, packages) = self.with_offers(gate, |offers| {
            let mut offers = Remembered { offers, known: BTreeMap::new() };
            if request.universal {
                return universal(&request.asked, own, &mut offers);
            }
            refuse_other_python(own, &request.asked.pythons)?;
            let chosen = choose(&request.asked, own, &mut offers)?;
            let mut packages: Vec<LockPackage> = chosen.into_iter().map(alone).collect();
            packages.sort_by(|one, other| one.name.cmp(&other.name));
            Ok::<_, ClientError>((Targets::only(own), packages))
        })?;
        let text = self.write(&targets, &packages)?;
        Ok(Lock { text, environments: targets.environments(), packages, stood_in: None })
    }

    fn write(&self, targets: &Targets, packages: &[LockPackage]) -> Result<String, ClientError> {
        let mut written = Vec::new();
        for package in packages {
            let mut wheels = Vec::new();
            for file in &package.files {
                wheels.push(Wheel { file, url: self.address(file)? });
            }
            written.push(Package {
                name: &package.name,
                version: &package.version,
                marker: package.marker.as_deref(),
                wheels,
            });
        }
        Ok(file::write(&targets.environments(), &targets.requires_python(), &written))
    }

    /// The address by which others know a file: that of its own host, else of the copy beside the metadata.
    fn address(&self, file: &OfferedFile) -> Result<String, ClientError> {
        let absolute = file.urls().iter().find_map(|url| match url {
            FileUrl::Absolute(url) => Some(url.clone()),
            FileUrl::Blob => None,
        });
        if let Some(url) = absolute {
            return Ok(url);
        }
        let path = blob_path(file.sha256(), file.filename());
        let place = self.places_of(file.source())?.into_iter().find_map(|place| place.join(&path).ok());
        let unknown = || ClientError::usage(format!("`{}` has no address", file.filename()));
        let place = place.ok_or_else(unknown)?;
        Ok(place.as_path().map_or_else(|| place.to_string(), file::file_url))
    }
}

/// One wheel, which counts wherever the lock does.
fn alone(file: OfferedFile) -> LockPackage {
    LockPackage {
        name: file.project().clone(),
        version: file.version().clone(),
        marker: None,
        files: vec![file],
    }
}

/// Offers, each asked for once: a universal lock resolves many times.
struct Remembered<'o, 'scope, 'env> {
    offers: &'o mut Offers<'scope, 'env>,
    known: BTreeMap<ProjectName, Option<Arc<Offer>>>,
}

impl OfferSource for Remembered<'_, '_, '_> {
    type Failure = ClientError;

    fn offer(&mut self, project: &ProjectName) -> Result<Option<Arc<Offer>>, ClientError> {
        if let Some(known) = self.known.get(project) {
            return Ok(known.clone());
        }
        let offer = self.offers.offer(project)?;
        self.known.insert(project.clone(), offer.clone());
        Ok(offer)
    }

    fn expect(&mut self, projects: &[ProjectName]) {
        let new: Vec<ProjectName> =
            projects.iter().filter(|project| !self.known.contains_key(*project)).cloned().collect();
        self.offers.expect(&new);
    }
}

/// What the resolver chooses for a target.
fn resolved(
    asked: &InstallRequest,
    target: &Target,
    offers: &mut Remembered<'_, '_, '_>,
) -> Result<Vec<OfferedFile>, Failure<ClientError>> {
    let request = Request {
        requirements: &asked.requirements,
        constraints: &asked.constraints,
        target,
        installed: &[],
        upgrade: &Upgrade::Nothing,
    };
    let resolution = loop {
        let resolution = packman_resolve::resolve_offers(&request, offers)?;
        if !offers.offers.inherit(&resolution) {
            break resolution;
        }
        offers.known.clear();
    };
    Ok(resolution.chosen.into_iter().filter_map(|chosen| chosen.action.file().cloned()).collect())
}

fn choose(
    asked: &InstallRequest,
    target: &Target,
    offers: &mut Remembered<'_, '_, '_>,
) -> Result<Vec<OfferedFile>, ClientError> {
    let chosen = resolved(asked, target, offers)
        .map_err(|failure| resolve_error(failure, offers.offers, &asked.requirements))?;
    match chosen.iter().find(|file| !is_pinned(asked, file)) {
        None => Ok(chosen),
        Some(file) => Err(No::NotPinned { file: file.filename().to_owned(), vouched: *file.sha256() }.into()),
    }
}

/// Hashes that the user named must agree with what was vouched for.
fn is_pinned(asked: &InstallRequest, file: &OfferedFile) -> bool {
    asked.pins.get(file.project()).map_or(!asked.only_pinned, |hashes| hashes.contains(file.sha256()))
}

/// The same as [`for_all`], again until no rule is inherited anew: what one target needs stays under it for all.
fn universal(
    asked: &InstallRequest,
    own: &Target,
    offers: &mut Remembered<'_, '_, '_>,
) -> Result<(Targets, Vec<LockPackage>), ClientError> {
    loop {
        let before = offers.offers.inherited().clone();
        let locked = for_all(asked, own, offers)?;
        if *offers.offers.inherited() == before {
            return Ok(locked);
        }
    }
}

/// Chooses for every target, those for which nothing fits aside; for the environment's own something has to.
fn for_all(
    asked: &InstallRequest,
    own: &Target,
    offers: &mut Remembered<'_, '_, '_>,
) -> Result<(Targets, Vec<LockPackage>), ClientError> {
    choose(asked, own, offers)?;
    let mut targets = Targets::default();
    let mut chosen: BTreeMap<(ProjectName, Version), BTreeSet<usize>> = BTreeMap::new();
    for (python, platform) in targets::all(own.markers.python(), &asked.pythons) {
        let files = match resolved(asked, &Target::of(platform, python), offers) {
            Ok(files) => files,
            Err(Failure::Supply(error)) => return Err(error),
            Err(Failure::NoSolution(_) | Failure::Requirement(_)) => continue,
        };
        if !files.iter().all(|file| is_pinned(asked, file)) {
            continue;
        }
        let number = targets.add(python, &Target::of(platform, python));
        for file in files {
            chosen.entry((file.project().clone(), file.version().clone())).or_default().insert(number);
        }
    }
    let mut packages = Vec::new();
    for ((name, version), numbers) in chosen {
        let mut files = Vec::new();
        if let Some(Some(offer)) = offers.known.get(&name) {
            for wheel in offer.wheels().filter(|wheel| *wheel.flat().version() == version) {
                files.push(offer.file(wheel.place())?);
            }
        }
        files.retain(|file| is_pinned(asked, file));
        packages.push(LockPackage { marker: targets.marker(&numbers), name, version, files });
    }
    Ok((targets, packages))
}
