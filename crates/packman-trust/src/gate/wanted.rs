//! What must be read before the gate can answer, and the one place where an offer is made of it.

use std::sync::Arc;

use packman_database::{FlatFile, MalformedRecord, Reviewer};
use packman_names::ProjectName;

use super::{Gate, Record, SignedRecord};
use crate::assurance::Holds;
use crate::offer::{Offer, Source, WhyNot};
use crate::quorum::{Ballot, Dissent, Jury, Voter};
use crate::refused::{Refused, WhyRefused};
use crate::ring::{EntryName, Quorum};

/// A rule that holds for a project, with the databases that it names.
#[derive(Debug)]
pub(super) struct RuleWanted<'g> {
    pub(super) rule: &'g Quorum,
    pub(super) voters: Vec<(&'g EntryName, usize, Result<SignedRecord<'g>, Dissent>)>,
    pub(super) inherited_from: Option<ProjectName>,
}

/// A record that must be read before the gate can answer, and those of others that must agree with it.
#[derive(Debug)]
pub struct RecordWanted<'g> {
    pub(super) gate: &'g Gate,
    pub(super) own: SignedRecord<'g>,
    pub(super) rules: Vec<RuleWanted<'g>>,
}

impl<'g> RecordWanted<'g> {
    /// The record of the database that answers.
    pub fn own(&self) -> &SignedRecord<'g> {
        &self.own
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.own.project
    }

    /// The database that answers.
    pub fn source(&self) -> &Source {
        self.own.source
    }

    /// The rules by which others must agree with what it lists.
    pub fn rules(&self) -> impl Iterator<Item = &'g Quorum> {
        self.rules.iter().map(|rule| rule.rule)
    }

    /// The records of other databases that have to be read to see whether enough agree, each once.
    pub fn witnesses(&self) -> Vec<&SignedRecord<'g>> {
        let mut witnesses: Vec<&SignedRecord<'g>> = Vec::new();
        let voters = self.rules.iter().flat_map(|rule| &rule.voters);
        for signed in voters.filter_map(|(_, _, signed)| signed.as_ref().ok()) {
            let is_known = |known: &&SignedRecord<'_>| known.database() == signed.database();
            if signed.database() != self.own.database() && !witnesses.iter().any(is_known) {
                witnesses.push(signed);
            }
        }
        witnesses
    }

    /// Makes the offer, of what this database lists and enough others agree on. It is the only place where an offer is
    /// made. A witness that is not among those given agrees on nothing.
    pub fn offer(&self, own: &Record, witnesses: &[Witness]) -> Result<Offer, Refused> {
        if !self.own.is(own) {
            let error = MalformedRecord::new("found the record of another project or database".to_owned());
            return Err(self.own.refused(WhyRefused::Malformed { path: self.own.path(), error }));
        }
        let juries: Vec<Jury<'_>> = self.rules.iter().map(|rule| rule.jury(own, witnesses)).collect();
        let recalls = &self.own.database.recalls;
        let policy = self.gate.ring.policy();
        let is_unverified = self.own.source.assurance.holds == Holds::Unverified;
        let why_not = |file: &FlatFile<'_>| {
            let recall = recalls.of(&file.sha256()).map(|recall| recall.reason.clone());
            if let Some(reason) = recall.or_else(|| file.recalled().map(str::to_owned)) {
                return Some(WhyNot::Recalled { reason });
            }
            if file.fit().is_none() {
                return Some(WhyNot::SourceDistribution);
            }
            if policy.forbid_unverified && is_unverified {
                return Some(WhyNot::Unverified);
            }
            if policy.require_human_review && file.reviewer() != Some(Reviewer::Human) {
                return Some(WhyNot::Unreviewed { by_machine: file.reviewer().is_some() });
            }
            let lacking = juries.iter().find_map(|jury| jury.lacks(file));
            lacking.map(|shortfall| WhyNot::Quorum(Box::new(shortfall)))
        };
        Ok(Offer::of(Arc::clone(&own.flat), Arc::clone(self.own.source), why_not))
    }
}

impl<'g> RuleWanted<'g> {
    fn jury<'r>(&'r self, own: &'r Record, witnesses: &'r [Witness]) -> Jury<'r>
    where
        'g: 'r,
    {
        let ballot = |signed: &'r SignedRecord<'g>| {
            let read = witnesses.iter().find(|witness| witness.database == *signed.database());
            let record = match read.map(|witness| &witness.record) {
                _ if signed.is(own) => own,
                Some(Ok(record)) if signed.is(record) => record,
                Some(Err(why)) => return Err(Dissent::Unread(why.clone())),
                Some(Ok(_)) | None => return Err(Dissent::Unread("nobody read it".to_owned())),
            };
            Ok(Ballot::of(&record.flat, &signed.database.recalls))
        };
        let voter = |(name, group, signed): &'r (&'g EntryName, usize, Result<SignedRecord<'g>, Dissent>)| {
            let ballot = signed.as_ref().map_err(Clone::clone).and_then(ballot);
            Voter { name: (*name).clone(), group: *group, ballot }
        };
        let inherited_from = self.inherited_from.clone();
        Jury { wanted: self.rule.agree, voters: self.voters.iter().map(voter).collect(), inherited_from }
    }
}

/// How reading the record of a witness went.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The database.
    pub database: EntryName,
    /// Its record, or why it could not be read.
    pub record: Result<Record, String>,
}
