//! Making an environment equal to a lock, each file of which somebody in the ring has to vouch for.
//!
//! The lock says which files; that it says so vouches for nothing. Who vouches now is asked, as for an installation,
//! save that a word that has expired still counts: what was good when it was locked is not forgotten by time alone.

use std::collections::{BTreeMap, BTreeSet};

use packman_names::{ExtraName, ProjectName, Requirement, Target, WheelName};
use packman_requirements::{Demand, EnvironmentsAsked, Locked, LockedWheel, Locks, PythonAsked};
use packman_strict::Sha256;
use packman_trust::{Answer, Gate, Inherited, Offer, OfferedFile, WhyNot};
use packman_wheel::Installed;

use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment};
use crate::error::{ClientError, No};
use crate::freeze::installers;
use crate::install::{Goal, Planned, PlannedStep, StepKind, refuse_other_environment, refuse_other_python};
use crate::offers::Packs;

/// What an environment is to be made equal to.
#[derive(Clone, Debug)]
pub struct SyncRequest {
    /// The releases.
    pub(crate) locks: Locks,
    /// The Pythons that the lock is for.
    pub(crate) pythons: Vec<PythonAsked>,
    /// The environments that it is for.
    pub(crate) environments: Vec<EnvironmentsAsked>,
    /// Whether what others installed goes, too.
    pub(crate) exact: bool,
}

impl SyncRequest {
    /// Of a lock file, as it was read.
    pub fn of(demand: &Demand, exact: bool) -> Self {
        Self {
            locks: demand.locks.clone(),
            pythons: demand.pythons.clone(),
            environments: demand.environments.clone(),
            exact,
        }
    }
}

impl Client<'_> {
    /// Plans to make an environment equal to a lock.
    pub fn plan_sync(&self, request: &SyncRequest, which: &WhichEnvironment) -> Result<Planned, ClientError> {
        self.plan(which, Absent::Offer, Goal::Sync(Box::new(request.clone())))
    }

    /// What has to be done, and what of it needs no question.
    pub(crate) fn sync_steps(
        &self,
        environment: &Environment,
        gate: &Gate,
        request: &SyncRequest,
    ) -> Result<(Vec<PlannedStep>, BTreeSet<ProjectName>), ClientError> {
        refuse_other_python(&environment.found.target, &request.pythons)?;
        let target = &environment.found.target;
        refuse_other_environment(environment, &request.environments)?;
        let packs = Packs::default();
        let locked: Vec<&Locked> = request.locks.needed(&target.markers);
        let mut inherited = Inherited::default();
        // Rules are only ever added, and there are so many projects: it comes to an end.
        let files = loop {
            let mut files = Vec::new();
            for locked in &locked {
                files.push(self.vouched(gate, locked, target, (&packs, &inherited))?);
            }
            if !inherit(&mut inherited, gate, &files, target) {
                break files;
            }
        };
        let needed: BTreeSet<ProjectName> = files.iter().flat_map(needs).collect();
        let mut steps = Vec::new();
        for file in files {
            let requested = !needed.contains(file.project());
            steps.push(self.sync_step(environment, file, requested));
        }
        let locked: BTreeSet<ProjectName> = steps.iter().map(|step| step.project.clone()).collect();
        let goes = |installed: &&Installed| {
            !locked.contains(&installed.name)
                && (installed.receipt().is_some()
                    || request.exact && !installers(environment).contains(&installed.name.as_str()))
        };
        steps.extend(environment.inventory.installed.iter().filter(goes).map(removal));
        // What others installed is replaced by consent only, unless all that the lock does not name is to go.
        let ours = |project: &ProjectName| {
            environment.inventory.project(project).is_none_or(|installed| installed.receipt().is_some())
        };
        let named = locked.into_iter().filter(|project| request.exact || ours(project)).collect();
        Ok((steps, named))
    }

    /// The file of a locked release that fits best here, as somebody in the ring vouches for it.
    fn vouched(
        &self,
        gate: &Gate,
        locked: &Locked,
        target: &Target,
        (packs, inherited): (&Packs, &Inherited),
    ) -> Result<OfferedFile, ClientError> {
        if let Some(why) = &locked.left {
            return Err(No::LockedLeft { project: locked.name.clone(), why: why.clone() }.into());
        }
        let wheel = fitting(locked, target).ok_or_else(|| {
            ClientError::from(No::NoLockedWheel {
                project: locked.name.clone(),
                place: locked.place.to_string(),
            })
        })?;
        let wanted = match gate.ask_under(&locked.name, inherited)? {
            Answer::Record(wanted) => wanted,
            Answer::Nobody(nobody) => return Err(nobody.into()),
        };
        let offer = self.read_record(&wanted, packs)?;
        let found = offer.wheels().find(|one| {
            one.flat().sha256() == wheel.sha256 && Some(one.flat().version()) == locked.version.as_ref()
        });
        match found {
            Some(found) => Ok(offer.file(found.place())?),
            None => Err(unvouched(&offer, locked, wheel.sha256)),
        }
    }

    fn sync_step(&self, environment: &Environment, file: OfferedFile, requested: bool) -> PlannedStep {
        let there = environment.inventory.project(file.project());
        let same = |installed: &&Installed| {
            installed.receipt().is_some_and(|receipt| receipt.sha256 == *file.sha256())
        };
        let is_cached = self.is_unpacked(&file);
        let (kind, requested) = match there {
            Some(installed) if same(&installed) => (StepKind::Keep, installed.requested),
            Some(installed) => {
                (StepKind::Replace { old: installed.version.clone(), is_cached }, installed.requested)
            }
            None => (StepKind::Install { is_cached }, requested),
        };
        let (project, version) = (file.project().clone(), file.version().clone());
        let file = (kind != StepKind::Keep).then_some(file);
        PlannedStep { project, version, requested, kind, file, unvouched: None }
    }
}

fn removal(installed: &Installed) -> PlannedStep {
    PlannedStep {
        project: installed.name.clone(),
        version: installed.version.clone(),
        requested: installed.requested,
        kind: StepKind::Remove,
        file: None,
        unvouched: None,
    }
}

fn fitting<'l>(locked: &'l Locked, target: &Target) -> Option<&'l LockedWheel> {
    let name = |wheel: &LockedWheel| {
        let end = wheel.url.split(['?', '#']).next().and_then(|url| url.rsplit('/').next());
        WheelName::parse(wheel.name.as_deref().or(end)?).ok()
    };
    let ranked = locked.wheels.iter().filter_map(|wheel| Some((target.tags.rank(&name(wheel)?)?, wheel)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, wheel)| wheel)
}

/// The projects that a file says it needs, wherever.
fn needs(file: &OfferedFile) -> Vec<ProjectName> {
    let name = |line: &String| Requirement::parse_name(line).ok();
    file.metadata().requires_dist.iter().filter_map(name).collect()
}

/// Hands the rules of locked files on to the locked files that those need. A lock does not say with which extras
/// something was asked for: all of them count.
fn inherit(inherited: &mut Inherited, gate: &Gate, files: &[OfferedFile], target: &Target) -> bool {
    if gate.ring().quorums().is_empty() {
        return false;
    }
    let mut needed: BTreeMap<&ProjectName, Vec<ProjectName>> =
        files.iter().map(|file| (file.project(), Vec::new())).collect();
    for file in files {
        let extras: Vec<ExtraName> =
            file.metadata().provides_extra.iter().filter_map(|extra| ExtraName::parse(extra).ok()).collect();
        let needs = file.metadata().requires_dist.iter().filter_map(|line| Requirement::parse(line).ok());
        let counts = |need: &Requirement| {
            let by = |extra: &ExtraName| need.applies(&target.markers, std::slice::from_ref(extra));
            need.applies(&target.markers, &[]) || extras.iter().any(by)
        };
        for need in needs.filter(counts) {
            if let Some(by) = needed.get_mut(&need.name) {
                by.push(file.project().clone());
            }
        }
    }
    inherited.spread(gate.ring(), &needed.iter().map(|(project, by)| (*project, &**by)))
}

fn unvouched(offer: &Offer, locked: &Locked, sha256: Sha256) -> ClientError {
    let why = offer.left_out().find(|file| file.sha256() == sha256).map(|file| file.why().clone());
    let (project, version) = (locked.name.clone(), locked.version.clone());
    match why {
        Some(WhyNot::Recalled { reason }) => No::LockedRecalled { project, version, reason }.into(),
        Some(why) => No::LockedLeftOut { project, version, why }.into(),
        None => {
            No::LockedUnvouched { project, version, sha256, database: offer.source().database.clone() }.into()
        }
    }
}
