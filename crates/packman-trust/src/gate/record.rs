//! The record of one database for one project: signed, and read.
//!
//! ```compile_fail,E0451
//! fn forge(record: packman_trust::Record) -> packman_trust::Record {
//!     packman_trust::Record { ..record }
//! }
//! ```

use std::sync::Arc;

use packman_database::{
    FlatRecord, MalformedRecord, PACK_PATH, Pack, ProjectRecord, project_of_path, record_path,
};
use packman_names::ProjectName;
use packman_tuf::TargetInfo;

use super::Database;
use crate::offer::Source;
use crate::refused::{Refused, WhyRefused};
use crate::ring::EntryName;

/// A record that a database signed, still to be read.
#[derive(Debug)]
pub struct SignedRecord<'g> {
    pub(super) database: &'g Database,
    pub(super) source: &'g Arc<Source>,
    pub(super) project: ProjectName,
    pub(super) target: TargetInfo,
}

/// What one database says of one project, in bytes that it signed. Made by [`SignedRecord`] alone; nothing in it is
/// offered before the gate has sorted it.
#[derive(Clone, Debug)]
pub struct Record {
    database: EntryName,
    pub(super) flat: Arc<FlatRecord>,
}

impl Record {
    /// The form in which it is kept in the cache, to be opened by [`SignedRecord::cached`].
    pub fn to_cache(&self) -> Vec<u8> {
        self.flat.to_bytes()
    }
}

impl SignedRecord<'_> {
    /// The target's path, `projects/<name>.json`.
    pub fn path(&self) -> String {
        record_path(&self.project)
    }

    /// The hash and length by which its bytes are believed.
    pub fn target(&self) -> &TargetInfo {
        &self.target
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The user's word for the database.
    pub fn database(&self) -> &EntryName {
        &self.database.entry.name
    }

    /// The database that signed it.
    pub fn source(&self) -> &Source {
        self.source
    }

    /// The hash and length of the pack in which its database publishes all its records, where it does.
    pub fn pack(&self) -> Option<TargetInfo> {
        self.database.good.target(PACK_PATH)
    }

    /// Opens the pack, if the bytes have the signed hash. What is in it is held against its own hash when it is read.
    pub fn open_pack(&self, bytes: &[u8]) -> Option<Pack> {
        let verified = self.database.good.verify_target(PACK_PATH, bytes).ok()?;
        Pack::open(verified.bytes())
    }

    /// The hash and length of every record that its database lists without delegating.
    pub fn siblings(&self) -> impl Iterator<Item = TargetInfo> {
        let targets = self.database.good.targets();
        targets.filter(|(path, _)| project_of_path(path).is_some()).map(|(_, target)| target)
    }

    /// Verifies the record's bytes.
    pub fn verify(&self, bytes: &[u8]) -> Result<Record, Refused> {
        let path = self.path();
        let good = &self.database.good;
        let verified =
            good.verify_target(&path, bytes).map_err(|refusal| self.refused(WhyRefused::Bytes(refusal)))?;
        let source = verified.sha256();
        let malformed = |error| self.refused(WhyRefused::Malformed { path: path.clone(), error });
        let record = ProjectRecord::parse(&self.project, verified.bytes()).map_err(malformed)?;
        let flat = FlatRecord::of(&record, &source);
        let unheard_of = || MalformedRecord::new("found more in it than 32 bits count".to_owned());
        flat.map(|flat| self.record(flat)).ok_or_else(unheard_of).map_err(malformed)
    }

    /// Opens what [`Record::to_cache`] gave for this very record; `None` for anything else.
    ///
    /// The form is not signed. It is believed since it names the signed SHA-256, its sum holds, and it comes from a
    /// folder that only the user writes: whoever can forge it there can change the environment as well.
    pub fn cached(&self, cached: Vec<u8>) -> Option<Record> {
        let sha256 = self.target.sha256()?;
        FlatRecord::open(&self.project, &sha256, cached).map(|flat| self.record(flat))
    }

    fn record(&self, flat: FlatRecord) -> Record {
        Record { database: self.database().clone(), flat: Arc::new(flat) }
    }

    /// Whether that is what was read of it.
    pub(super) fn is(&self, record: &Record) -> bool {
        record.database == *self.database()
            && *record.flat.project() == self.project
            && self.target.sha256().is_some_and(|sha256| sha256 == *record.flat.source())
    }

    pub(super) fn refused(&self, why: WhyRefused) -> Refused {
        Refused { database: self.database().clone(), why }
    }
}
