//! Whether an environment is still what was installed into it, and whether somebody still vouches for that. Runs nothing
//! of it.
//!
//! Compared are the files with the RECORD in the environment, and, where a database of the ring knows the project, with
//! the RECORD of the wheel that it vouches for, which is fetched from where the database keeps it. Nothing else is asked
//! for, and nothing of the environment is told to anybody.

mod bytecode;
mod disable;
mod known;

use std::collections::BTreeSet;

use packman_names::{ProjectName, Version};
use packman_strict::time::Time;
use packman_trust::{EntryName, Gate, Purpose};
use packman_wheel::{Audit, Candidates, Held, Installed, Note, Noted};

use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment, change_error};
use crate::error::ClientError;

pub use disable::Moved;
use known::Known;

/// What an audit found, and where.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The environment's folder.
    pub environment: String,
    /// What was found of files.
    pub audit: Audit,
    /// What was found of installed projects, by path.
    pub packages: Vec<PackageFinding>,
    /// What could not be compared with what is vouched for, and why.
    pub not_covered: Vec<NotCovered>,
    /// How many files of bytecode were compared with what compiling their modules gives.
    pub bytecode: usize,
    /// The databases whose word had expired when it was gone by, and since when.
    pub expired: Vec<(EntryName, Time)>,
    /// Whether a database was asked at all.
    pub is_held_against_databases: bool,
}

impl Audited {
    /// How many findings there are in all.
    pub fn findings(&self) -> usize {
        self.audit.findings.len() + self.packages.len()
    }
}

/// An installed project that should not be there as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackageFinding {
    /// Its folder of facts, relative to the environment.
    pub path: String,
    /// The project.
    pub project: ProjectName,
    /// Its version.
    pub version: Version,
    /// What is wrong.
    pub what: PackageWrong,
}

/// What is wrong with an installed project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PackageWrong {
    /// Its file was taken back.
    Recalled(Recalled),
    /// No database that may answer lists the project.
    UnknownProject,
    /// The database that answers lists other versions of it.
    UnknownVersion(EntryName),
    /// Of the wheels of that version that the database vouches for, so many, it is none.
    UnknownWheel(EntryName, usize),
}

/// What is said of a file that was taken back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recalled {
    /// Who took it back.
    pub by: EntryName,
    /// Why.
    pub reason: String,
    /// What to do now.
    pub advice: Option<String>,
    /// Whether it is known that this is the file: else its receipt says so, or a file of this version was recalled and
    /// which one this is cannot be told.
    pub is_certain: bool,
    /// Whether the one who took it back answers for the project; another's recall is a warning.
    pub answers: bool,
}

/// Something that was not compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotCovered {
    /// The project; none where it is all bytecode.
    pub project: Option<ProjectName>,
    /// Why.
    pub why: String,
}

impl Client<'_> {
    /// Audits an environment.
    pub fn audit(&self, which: &WhichEnvironment) -> Result<Audited, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        if self.ring()?.entries().is_empty() {
            let audit = compare(&environment, &Candidates::new())?;
            return Ok(Audited {
                environment: environment.folder(),
                audit,
                packages: Vec::new(),
                not_covered: Vec::new(),
                bytecode: 0,
                expired: Vec::new(),
                is_held_against_databases: false,
            });
        }
        let gate = self.gate(Purpose::Look)?;
        let known = self.known(&gate, &environment)?;
        let mut audit = compare(&environment, &known.candidates)?;
        let mut not_covered = known.not_covered.clone();
        let bytecode = self.compare_bytecode(&environment, &mut audit, &mut not_covered)?;
        let mut packages = Vec::new();
        for installed in &environment.inventory.installed {
            let held = audit.held.iter().find(|held| held.dist_info == installed.dist_info);
            let Some(held) = held else { continue };
            packages.extend(package_findings(&gate, &known, installed, held));
        }
        // One of several RECORDs may be missing where another is its own.
        let is_held = |project: &ProjectName| {
            let of =
                |held: &&Held| held.wheel.as_ref().is_some_and(|wheel| wheel.name().project() == project);
            audit.held.iter().any(|held| of(&held))
        };
        not_covered.retain(|one| one.project.as_ref().is_none_or(|project| !is_held(project)));
        packages.sort_by(|one, other| one.path.cmp(&other.path));
        let expired = known.expired.into_iter().collect();
        let environment = environment.folder();
        Ok(Audited {
            environment,
            audit,
            packages,
            not_covered,
            bytecode,
            expired,
            is_held_against_databases: true,
        })
    }
}

/// Compares an environment with its RECORDs, with what is vouched for, and looks for what nobody recorded.
fn compare(environment: &Environment, candidates: &Candidates) -> Result<Audit, ClientError> {
    let found = &environment.found;
    let base = found.is_venv.then_some(found.asked.as_path());
    let mut audit = packman_wheel::audit(&environment.scheme, base, candidates).map_err(change_error)?;
    if !found.also_sees.is_empty() {
        let path = "pyvenv.cfg".to_owned();
        audit.notes.push(Note { path, project: None, what: Noted::SeesBelow });
    }
    Ok(audit)
}

/// What is wrong with an installed project as a whole.
fn package_findings(gate: &Gate, known: &Known, installed: &Installed, held: &Held) -> Vec<PackageFinding> {
    let finding = |what| PackageFinding {
        path: format!("{}/", held.path.trim_end_matches('/')),
        project: installed.name.clone(),
        version: installed.version.clone(),
        what,
    };
    let mut found: Vec<PackageFinding> = recalls(gate, known, installed, held)
        .into_iter()
        .map(|recall| finding(PackageWrong::Recalled(recall)))
        .collect();
    if held.wheel.is_none()
        && let Some(what) = known.unvouched.get(&installed.dist_info)
    {
        found.push(finding(what.clone()));
    }
    found
}

/// Who takes back what is installed: each database once.
fn recalls(gate: &Gate, known: &Known, installed: &Installed, held: &Held) -> Vec<Recalled> {
    let own = held.wheel.as_ref().map(|wheel| *wheel.sha256());
    let told = installed.receipt().map(|receipt| receipt.sha256);
    let answering = known.answering.get(&installed.name);
    let mut found = Vec::new();
    for database in gate.standings().filter_map(|standing| standing.database.as_ref()) {
        let by = database.entry().name.clone();
        let answers = answering.is_none_or(|answering| *answering == by);
        let recalls = database.recalls();
        let recalled = |reason: &str, advice: Option<String>, is_certain| Recalled {
            by: by.clone(),
            reason: reason.to_owned(),
            advice,
            is_certain,
            answers,
        };
        if let Some(recall) = own.and_then(|sha256| recalls.of(&sha256)) {
            found.push(recalled(&recall.reason, recall.advice.clone(), true));
            continue;
        }
        // The record says so alone: either refuses.
        let marked = own.filter(|_| answers).and_then(|sha256| known.recalled.get(&sha256));
        if let Some(reason) = marked {
            found.push(recalled(reason, None, true));
            continue;
        }
        if own.is_some() {
            continue;
        }
        let version = |text: &str| text.parse::<Version>().is_ok_and(|version| version == installed.version);
        let by_receipt = told.and_then(|sha256| recalls.of(&sha256));
        let by_version = || {
            let mut all = recalls.iter().map(|(_, recall)| recall);
            all.find(|recall| recall.project == installed.name && version(&recall.version))
        };
        if let Some(recall) = by_receipt.or_else(by_version) {
            found.push(recalled(&recall.reason, recall.advice.clone(), false));
        }
    }
    found
}

/// The names of what is installed, each once.
fn names(environment: &Environment) -> Vec<ProjectName> {
    let names = environment.inventory.installed.iter().map(|installed| installed.name.clone());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
