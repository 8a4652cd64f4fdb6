//! `recalls.json`: every file the scapegoat takes back. This is where a recall is decided.

use std::collections::BTreeMap;

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, ShapeError, Value};
use packman_strict::time::Time;

use crate::reading::{member_sha256, member_time, optional_text, text};
use crate::record::MalformedRecord;

/// Why one file was taken back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recall {
    /// The project whose file it is.
    pub project: ProjectName,
    /// The version it was recorded under, for people.
    pub version: String,
    /// Why, in the scapegoat's words.
    pub reason: String,
    /// What to do now, in the scapegoat's words.
    pub advice: Option<String>,
    /// When it was decided.
    pub at: Time,
}

/// Every recalled file, by its SHA-256.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recalls {
    by_hash: BTreeMap<Sha256, Recall>,
}

/// The largest `recalls.json` that is read: 16 MiB, about 50,000 recalls.
const LIMITS: Limits = Limits { bytes: 16 << 20, depth: 8, nodes: 1_000_000 };

impl Recalls {
    /// Parses `recalls.json`. Nothing in it is trusted yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let document = Document::parse(bytes, &LIMITS)?;
        let mut recalls = Self::default();
        for entry in Reader::root(&document).member("recalls")?.elements()? {
            let sha256 = member_sha256(entry)?;
            if recalls.by_hash.insert(sha256, parse_recall(entry)?).is_some() {
                return Err(entry.member("sha256")?.wrong("each file once").into());
            }
        }
        Ok(recalls)
    }

    /// Writes `recalls.json`.
    pub fn encode(&self) -> Vec<u8> {
        let list: Vec<Value<'static>> =
            self.by_hash.iter().map(|(hash, recall)| encode(hash, recall)).collect();
        Value::from(Object::new().with("recalls", list)).to_pretty()
    }

    /// Why the file with this hash was taken back, where it was.
    pub fn of(&self, sha256: &Sha256) -> Option<&Recall> {
        self.by_hash.get(sha256)
    }

    /// Takes a file back. A second recall of one file replaces the words of the first.
    pub fn insert(&mut self, sha256: Sha256, recall: Recall) {
        self.by_hash.insert(sha256, recall);
    }

    /// Recalls a file no longer; gives what was said of it.
    pub fn remove(&mut self, sha256: &Sha256) -> Option<Recall> {
        self.by_hash.remove(sha256)
    }

    /// Every recalled file, in the order of the hashes.
    pub fn iter(&self) -> impl Iterator<Item = (&Sha256, &Recall)> {
        self.by_hash.iter()
    }
}

fn parse_recall(entry: Reader<'_, '_>) -> Result<Recall, ShapeError> {
    let project = entry.member("project")?;
    Ok(Recall {
        project: ProjectName::parse(project.str()?).map_err(|_| project.wrong("a project name"))?,
        version: text(entry.member("version")?)?,
        reason: text(entry.member("reason")?)?,
        advice: optional_text(entry, "advice")?,
        at: member_time(entry, "at")?,
    })
}

fn encode(sha256: &Sha256, recall: &Recall) -> Value<'static> {
    let mut entry = Object::new()
        .with("sha256", sha256.to_string())
        .with("project", recall.project.as_str().to_owned())
        .with("version", recall.version.clone())
        .with("reason", recall.reason.clone());
    if let Some(advice) = &recall.advice {
        entry = entry.with("advice", advice.clone());
    }
    entry.with("at", recall.at.to_string()).into()
}
