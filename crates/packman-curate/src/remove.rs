//! `curate remove`: stops vouching for a project, or for one of its releases, from the next signature on.
//!
//! A removed file does not come back with other bytes: what was recorded stays remembered in the folder's
//! `retired.json`, which is not published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_database::{Kind, ProjectRecord, RecordedFile};
use packman_machine::files;
use packman_names::{ProjectName, Requirement, admits};
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_strict::quote::quoted;

use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::folder::{Folder, Signed};

/// What to remove.
#[derive(Clone, Debug)]
pub struct RemoveRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// Projects, each with the versions that go: `flask`, `flask==3.0.0`, `flask<3`.
    pub requirements: Vec<Requirement>,
}

/// What was removed.
#[derive(Clone, Debug, Default)]
pub struct RemoveReport {
    /// The files that are no longer staged.
    pub files: Vec<String>,
    /// Projects of which nothing is left.
    pub projects: Vec<ProjectName>,
}

impl Curator<'_> {
    /// Removes releases from what is staged. All or nothing: a name that is not recorded ends it.
    pub fn remove(&self, request: &RemoveRequest) -> Result<RemoveReport, CurateError> {
        request.requirements.iter().try_for_each(refuse_parts)?;
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.must_be(Kind::Database)?;
        let mut retired = Retired::read(&folder)?;
        let mut report = RemoveReport::default();
        let mut damaged = Vec::new();
        let mut changed: BTreeMap<ProjectName, ProjectRecord> = BTreeMap::new();
        for requirement in &request.requirements {
            let name = &requirement.name;
            let not_recorded = || No::NotRecorded { what: requirement.to_string() };
            let mut record =
                match changed.remove(name).map_or_else(|| folder.record(name), |record| Ok(Some(record))) {
                    Ok(record) => record.ok_or_else(not_recorded)?,
                    // What cannot be read can still be taken away, whole.
                    Err(CurateError::Refused(_)) if requirement.specifiers.is_empty() => {
                        let signed = Signed::read(folder.path())?.record(folder.path(), name)?;
                        for file in signed.iter().flat_map(|record| &record.files) {
                            retired.insert(file.name.as_str(), file.sha256);
                        }
                        damaged.push(name);
                        continue;
                    }
                    Err(why) => return Err(why),
                };
            let goes = |file: &RecordedFile| admits(&requirement.specifiers, file.name.version());
            let (gone, kept): (Vec<_>, Vec<_>) =
                std::mem::take(&mut record.files).into_iter().partition(goes);
            if gone.is_empty() {
                return Err(not_recorded().into());
            }
            for file in &gone {
                retired.insert(file.name.as_str(), file.sha256);
                report.files.push(file.name.as_str().to_owned());
            }
            record.files = kept;
            changed.insert(name.clone(), record);
        }
        // Remembered before it is forgotten.
        retired.write(&folder)?;
        folder.stage(&changed.values().collect::<Vec<_>>())?;
        for project in damaged {
            folder.unstage(project)?;
            report.projects.push(project.clone());
        }
        for record in changed.values() {
            report.projects.extend(record.files.is_empty().then(|| record.name.clone()));
        }
        Ok(report)
    }
}

/// A file is vouched for or not, whatever extra or platform asks for it: words that would pick some of a release are
/// not taken for all of it.
pub(crate) fn refuse_parts(requirement: &Requirement) -> Result<(), CurateError> {
    if requirement.extras.is_empty() && requirement.marker().is_none() && requirement.url.is_none() {
        return Ok(());
    }
    let what = quoted(&requirement.to_string()).to_string();
    Err(CurateError::usage(format!("{what}: wanted a project, or some of its releases, such as `flask<3`")))
}

/// The files that were recorded once, by name.
pub(crate) struct Retired(BTreeMap<String, Sha256>);

/// Its place in the folder.
const RETIRED: &str = "retired.json";
/// Room for 500,000 files.
const LIMITS: Limits = Limits { bytes: 64 << 20, depth: 4, nodes: 2_000_000 };

impl Retired {
    /// Reads what was recorded once.
    pub(crate) fn read(folder: &Folder) -> Result<Self, CurateError> {
        let path = folder.join(RETIRED);
        let Some(bytes) = files::read_file(&path, LIMITS.bytes as u64)? else {
            return Ok(Self(BTreeMap::new()));
        };
        Self::parse(&bytes).map_err(|why| Refused::Folder { path, why }.into())
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        let root = Reader::root(&document).member("sha256").map_err(|error| error.to_string())?;
        let mut files = BTreeMap::new();
        for (name, hash) in root.members().map_err(|error| error.to_string())? {
            let text = hash.str().map_err(|error| error.to_string())?;
            files.insert(name.to_owned(), Sha256::parse(text).map_err(|error| error.to_string())?);
        }
        Ok(Self(files))
    }

    /// The SHA-256 that the file of that name had when it was recorded.
    pub(crate) fn hash_of(&self, file: &str) -> Option<Sha256> {
        self.0.get(file).copied()
    }

    /// Every file that was recorded once and removed, with the SHA-256 it had.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Sha256)> {
        self.0.iter().map(|(name, sha256)| (name.as_str(), *sha256))
    }

    fn insert(&mut self, file: &str, sha256: Sha256) {
        self.0.insert(file.to_owned(), sha256);
    }

    fn write(&self, folder: &Folder) -> Result<(), CurateError> {
        let hashes: Object<'static> =
            self.0.iter().map(|(name, hash)| (name.clone(), hash.to_string())).collect();
        folder.write(RETIRED, &Value::from(Object::new().with("sha256", hashes)).to_pretty())
    }
}

/// The safety number of a database's newest root.
pub fn number(folder: &Path) -> Result<packman_tuf::SafetyNumber, CurateError> {
    let folder = Folder::open(folder)?;
    folder.settings()?;
    let signed = Signed::read(folder.path())?;
    Ok(signed.memory().root().number())
}
