//! A plan: what would be done in an environment, to be shown before it is done.

use std::collections::BTreeSet;
use std::sync::Arc;

use packman_names::{ProjectName, Version};
use packman_resolve::{Action, Chosen};
use packman_trust::{Gate, OfferedFile};
use packman_wheel::Installed;

use super::goal::Goal;
use crate::environment::Environment;
use crate::error::ClientError;
use crate::lapsed::Lapsed;
use crate::storing::Storing;

/// A plan for one environment.
#[derive(Debug)]
pub struct Planned {
    /// The environment.
    pub environment: Environment,
    /// What would be done, dependencies before what depends on them.
    pub steps: Vec<PlannedStep>,
    /// What it is for.
    pub(super) goal: Goal,
    /// What may be replaced without a question: what the command names.
    pub(super) named: BTreeSet<ProjectName>,
    /// The requirements that ask for nothing here, where that is to be told: their markers are for another Python or
    /// platform.
    pub elsewhere: Vec<String>,
    /// What stays of what was asked for although nobody vouches for it any more.
    pub lapsed: Vec<Lapsed>,
    /// The gate of the plan's offers, for planning again where somebody changes the environment meanwhile.
    pub(super) gate: Arc<Gate>,
    /// The warnings that were given.
    pub(super) warned: Vec<String>,
    /// What the refresh before it verified, on its way to the disk.
    pub(super) storing: Storing,
}

impl Planned {
    /// Waits until all that the plan goes by is stored: for who shows it and does no more.
    pub fn settle(&mut self) -> Result<(), ClientError> {
        std::mem::take(&mut self.storing).wait()
    }

    /// The plan, with what is stored beside it.
    pub(crate) fn beside((planned, storing): (Self, Storing)) -> Self {
        Self { storing, ..planned }
    }
}

/// What is done with one project.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    /// The project.
    pub project: ProjectName,
    /// Its version afterwards.
    pub version: Version,
    /// Whether the command names it.
    pub requested: bool,
    /// What is done.
    pub kind: StepKind,
    /// The file that is installed, where one is.
    pub file: Option<OfferedFile>,
    /// What installed it, in its own words, where it stays and nobody vouched for it when it came.
    pub unvouched: Option<String>,
}

/// What is done with a project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StepKind {
    /// It is there and fits.
    Keep,
    /// It is installed.
    Install {
        /// Whether its file is in the cache already.
        is_cached: bool,
    },
    /// It is installed in place of another version.
    Replace {
        /// The version that is there.
        old: Version,
        /// Whether its file is in the cache already.
        is_cached: bool,
    },
    /// It is removed.
    Remove,
}

impl PlannedStep {
    pub(crate) fn of(chosen: Chosen<OfferedFile>, is_cached: bool, there: Option<&Installed>) -> Self {
        let (kind, file) = match chosen.action {
            Action::Keep => (StepKind::Keep, None),
            Action::Install(file) => (StepKind::Install { is_cached }, Some(file)),
            Action::Replace { old, file } => (StepKind::Replace { old, is_cached }, Some(file)),
        };
        let stranger = there.filter(|there| kind == StepKind::Keep && !there.has_receipt());
        let by = |there: &Installed| there.installer().unwrap_or_else(|| "unknown means".to_owned());
        Self {
            project: chosen.project,
            version: chosen.version,
            requested: chosen.requested,
            unvouched: stranger.map(by),
            kind,
            file,
        }
    }

    /// The version that goes.
    pub fn replaces(&self) -> Option<&Version> {
        match &self.kind {
            StepKind::Replace { old, .. } => Some(old),
            StepKind::Keep | StepKind::Install { .. } | StepKind::Remove => None,
        }
    }

    /// Whether what is there of it goes.
    pub(crate) fn takes_away(&self) -> bool {
        matches!(self.kind, StepKind::Replace { .. } | StepKind::Remove)
    }

    /// The bytes that have to be fetched for it.
    pub fn bytes_to_fetch(&self) -> u64 {
        match (&self.kind, &self.file) {
            (
                StepKind::Install { is_cached: false } | StepKind::Replace { is_cached: false, .. },
                Some(file),
            ) => file.size(),
            _ => 0,
        }
    }
}

impl Planned {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.kind == StepKind::Keep)
    }

    /// How many of the projects there PackMan did not install, and how many there are. Where projects are named, those
    /// it did not install are no question, and none are told.
    pub fn by_others(&self) -> (usize, usize) {
        let Goal::Upgrade(projects) = &self.goal else { return (0, 0) };
        let installed = &self.environment.inventory.installed;
        if !projects.is_empty() {
            return (0, installed.len());
        }
        let others = installed.iter().filter(|installed| installed.receipt().is_none()).count();
        (others, installed.len())
    }

    /// The bytes that have to be fetched.
    pub fn bytes_to_fetch(&self) -> u64 {
        self.steps.iter().map(PlannedStep::bytes_to_fetch).sum()
    }
}
