//! What was compared in this folder: a note for who signs here, so that he sees what nobody looked at.
//!
//! It is no trust: nothing is believed for its sake, nothing of it is signed or published, and whoever can write the folder
//! can write it. What is wrong with it makes it empty: then there is more to look at, not less.

use std::collections::BTreeMap;

use packman_machine::files;
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_strict::time::Time;

use crate::error::CurateError;
use crate::folder::Folder;

/// Its place in the folder. Git is told to leave it out: who has the folder from elsewhere compared nothing yet.
pub(crate) const NOTE: &str = ".packman-compared.json";

/// Room for 100,000 files; of more, the oldest are forgotten.
const LIMITS: Limits = Limits { bytes: 32 << 20, depth: 4, nodes: 500_000 };
const MOST: usize = 100_000;

/// The files that were compared here, by SHA-256, each with the time and what it was held against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(BTreeMap<Sha256, (Time, Option<Sha256>)>);

impl Notes {
    /// Reads the note; what cannot be read is empty.
    pub(crate) fn read(folder: &Folder) -> Self {
        let bytes = files::read_file(&folder.join(NOTE), LIMITS.bytes as u64).ok().flatten();
        bytes.and_then(|bytes| Self::parse(&bytes)).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let document = Document::parse(bytes, &LIMITS).ok()?;
        let mut notes = BTreeMap::new();
        for (sha256, note) in Reader::root(&document).member("compared").ok()?.members().ok()? {
            let at = Time::parse(note.member("at").ok()?.str().ok()?).ok()?;
            let against = note
                .optional("against")
                .ok()?
                .map(|hash| hash.str().ok().and_then(|hex| Sha256::parse(hex).ok()));
            notes.insert(Sha256::parse(sha256).ok()?, (at, against.flatten()));
        }
        Some(Self(notes))
    }

    /// Whether the file with this SHA-256 was compared here.
    pub(crate) fn has(&self, sha256: &Sha256) -> bool {
        self.0.contains_key(sha256)
    }

    /// Notes that files were compared, and writes it.
    pub(super) fn add(
        folder: &Folder,
        compared: impl Iterator<Item = (Sha256, Option<Sha256>)>,
        now: Time,
    ) -> Result<(), CurateError> {
        let mut notes = Self::read(folder);
        notes.0.extend(compared.map(|(sha256, against)| (sha256, (now, against))));
        while notes.0.len() > MOST {
            let oldest = notes.0.iter().min_by_key(|(_, (at, _))| *at).map(|(sha256, _)| *sha256);
            let Some(oldest) = oldest else { break };
            notes.0.remove(&oldest);
        }
        folder.write(NOTE, &notes.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let note = |(sha256, (at, against)): (&Sha256, &(Time, Option<Sha256>))| {
            let note = Object::new().with("at", at.to_string());
            let note = match against {
                Some(against) => note.with("against", against.to_string()),
                None => note,
            };
            (sha256.to_string(), note)
        };
        let compared: Object<'static> = self.0.iter().map(note).collect();
        Value::from(Object::new().with("compared", compared)).to_pretty()
    }
}
