//! What several keepers sign one after the other: files that count for nobody until a threshold of keys signed them.
//!
//! It lies in the database's folder as `proposed/`, laid out as it will be published, so that it travels with the folder
//! (a git repository, say), or as one file that `--export` writes. Whoever gets it believes nothing of it: what it says is
//! held against what is signed, and shown, before a signature is added. See `docs/formats/curated-folder.md`.

mod carry;
mod claims;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use packman_machine::files;
use packman_machine::stop::Commit;
use packman_tuf::{Envelope, KeySet, Role, RoleName, merge_signatures};

use crate::error::{CurateError, Refused};
use crate::folder::{Folder, SETTINGS};
use crate::keys::{KeyPlace, Signer, sign_file};

pub(crate) use claims::{Claims, Needs};

/// Its folder in the database's.
const FOLDER: &str = "proposed";
/// The longest file of it, in bytes.
const LARGEST: u64 = 64 << 20;

/// The files of a proposal, by the place that they will have in the folder.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// What a file of a proposal is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    Root(u64),
    Targets(u64),
    Bin(u64, RoleName),
    /// The bytes of a target.
    Content,
    Settings,
}

impl Piece {
    /// Which it is, by its place; `None` for what no proposal has.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path == SETTINGS {
            return Some(Self::Settings);
        }
        if path.starts_with("targets/") {
            return Some(Self::Content);
        }
        let (version, name) = path.strip_prefix("metadata/")?.strip_suffix(".json")?.split_once('.')?;
        let version: u64 = version.parse().ok()?;
        let piece = match Role::parse(name) {
            Some(Role::Root) => Self::Root(version),
            Some(Role::Targets) => Self::Targets(version),
            Some(_) => return None,
            None => Self::Bin(version, RoleName::delegated(name)?),
        };
        // Nothing but the one spelling that we write.
        let wanted = match &piece {
            Self::Bin(version, name) => name.file_path(*version, true),
            Self::Root(version) => Role::Root.file_path(*version),
            _ => Role::Targets.file_path(version),
        };
        (wanted == path).then_some(piece)
    }

    pub(crate) const fn is_signed(&self) -> bool {
        matches!(self, Self::Root(_) | Self::Targets(_) | Self::Bin(..))
    }
}

/// Signatures that are missing under one file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// What is to be signed, such as `targets 3`.
    pub what: String,
    /// How many distinct keys signed it.
    pub have: usize,
    /// How many must.
    pub wanted: u32,
    /// Who can sign and did not yet: names and the beginnings of key ids.
    pub keepers: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, have, wanted, keepers } = self;
        write!(f, "{what} has {have} of {wanted}; wanted of {}", keepers.join(", "))
    }
}

impl Proposal {
    /// The proposal that lies in a folder; `None` where there is none, as nearly always.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>, CurateError> {
        let mut files = BTreeMap::new();
        let below = folder.join(FOLDER);
        for file in files::list_tree(&below)? {
            let path = file.path.as_str().to_owned();
            if file.path.file_name().starts_with('.') {
                continue;
            }
            if let Some(bytes) = files::read_file(&below.join(&path), LARGEST)? {
                files.insert(path, bytes);
            }
        }
        Ok((!files.is_empty()).then_some(Self { files }))
    }

    /// Writes it in the place of the one that is there.
    pub(crate) fn write(&self, folder: &Folder, _: &Commit) -> Result<(), CurateError> {
        for file in files::list_tree(&folder.join(FOLDER))? {
            if !self.files.contains_key(file.path.as_str()) {
                files::remove_file(&folder.join(FOLDER).join(file.path.as_str()))?;
            }
        }
        self.files.iter().try_for_each(|(path, bytes)| folder.write(&format!("{FOLDER}/{path}"), bytes))
    }

    /// Takes the proposal of a folder away.
    pub(crate) fn remove(folder: &Folder) -> Result<(), CurateError> {
        Ok(files::remove_tree(&folder.join(FOLDER))?)
    }

    /// Where it lies.
    pub(crate) fn place(folder: &Folder) -> PathBuf {
        folder.join(FOLDER)
    }

    /// The same proposal with the signatures of both; refused where the other says something else.
    pub(crate) fn merged(
        &self,
        other: &Self,
        refused: impl Fn(String) -> Refused,
    ) -> Result<Self, CurateError> {
        let mut merged = self.clone();
        let fixed = |path: &&String| Piece::of(path) != Some(Piece::Content);
        if !self.files.keys().filter(fixed).eq(other.files.keys().filter(fixed)) {
            return Err(refused("found other files than in the proposal that is here".to_owned()).into());
        }
        for (path, theirs) in &other.files {
            // What is there by its hash may be in either of them.
            let ours = merged.files.entry(path.clone()).or_insert_with(|| theirs.clone());
            if Piece::of(path).is_some_and(|piece| piece.is_signed()) {
                let both =
                    merge_signatures(path, ours, theirs).map_err(|error| refused(error.to_string()))?;
                let differs =
                    || refused(format!("{path} says something else than the proposal that is here"));
                *ours = both.ok_or_else(differs)?;
            } else if ours != theirs {
                return Err(refused(format!("{path} is another than in the proposal that is here")).into());
            }
        }
        Ok(merged)
    }

    /// Adds the signatures of these to every file in which they count and are not yet. Whether there was any.
    pub(crate) fn sign(&mut self, needs: &Needs, signers: &[Signer]) -> Result<bool, CurateError> {
        let mut added = false;
        for (path, sets) in needs {
            let Some(file) = self.files.get_mut(path) else { continue };
            let wanted = unsigned(path, file, sets, signers);
            if !wanted.is_empty() {
                *file = sign_file(path, std::mem::take(file), &wanted)?;
                added = true;
            }
        }
        Ok(added)
    }

    /// Whether one of these could add a signature.
    pub(crate) fn wants(&self, needs: &Needs, signers: &[Signer]) -> bool {
        let wants = |(path, sets): (&String, &Vec<KeySet>)| {
            self.files.get(path).is_some_and(|file| !unsigned(path, file, sets, signers).is_empty())
        };
        needs.iter().any(wants)
    }

    /// The signatures that are missing. `keepers` says who has which key.
    pub(crate) fn missing(&self, needs: &Needs, keepers: &[KeyPlace]) -> Vec<Missing> {
        let mut missing: Vec<Missing> = Vec::new();
        for (path, sets) in needs {
            let Some(envelope) =
                self.files.get(path).and_then(|file| Envelope::parse(path, file, LARGEST).ok())
            else {
                continue;
            };
            for set in sets {
                let found = missing_of(path, &envelope, set, keepers);
                // Bins and targets are signed by the same keys at once.
                let told =
                    |other: &Missing| Some(&other.keepers) == found.as_ref().map(|found| &found.keepers);
                if !missing.iter().any(told) {
                    missing.extend(found);
                }
            }
        }
        missing
    }
}

fn missing_of(path: &str, envelope: &Envelope<'_>, set: &KeySet, keepers: &[KeyPlace]) -> Option<Missing> {
    let holding = set.holding(envelope);
    let signed: std::collections::BTreeSet<_> =
        set.keys().filter(|(id, _)| holding.contains(id)).map(|(_, key)| key).collect();
    let wanted = set.threshold().get();
    if usize::try_from(wanted).is_ok_and(|wanted| signed.len() >= wanted) {
        return None;
    }
    let named = |id: &str| {
        let unknown = || KeyPlace { id: id.to_owned(), file: None, keeper: None };
        keepers.iter().find(|place| place.id == id).cloned().unwrap_or_else(unknown).shown()
    };
    let absent = set.keys().filter(|(_, key)| !signed.contains(key));
    let what = match Piece::of(path)? {
        Piece::Root(version) => format!("root {version}"),
        Piece::Targets(version) => format!("targets {version}"),
        _ => crate::quoted(path).to_string(),
    };
    Some(Missing {
        what,
        have: signed.len(),
        wanted,
        keepers: absent.map(|(id, _)| named(id.as_str())).collect(),
    })
}

/// Those of the signers who can sign a file, and did not.
fn unsigned(path: &str, file: &[u8], sets: &[KeySet], signers: &[Signer]) -> Vec<Signer> {
    let Ok(envelope) = Envelope::parse(path, file, LARGEST) else { return Vec::new() };
    let counts = |signer: &&Signer| sets.iter().any(|set| set.keys().any(|(id, _)| *id == signer.id()));
    let signed = |signer: &&Signer| sets.iter().any(|set| set.holding(&envelope).contains(&signer.id()));
    let mut found: Vec<Signer> = Vec::new();
    for signer in signers.iter().filter(counts).filter(|signer| !signed(signer)) {
        if found.iter().all(|other| other.id() != signer.id()) {
            found.push(signer.clone());
        }
    }
    found
}
