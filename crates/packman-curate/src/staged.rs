//! What is staged and not signed: the difference between the folder's records and the signed ones.

use std::collections::BTreeMap;

use packman_database::{
    ABOUT_PATH, About, Kind, PACK_PATH, Pack, ProjectRecord, RECALLS_PATH, Recall, Recalls, RecordedFile,
    Review, record_path,
};
use packman_names::{ProjectName, Version};
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{Role, SafetyNumber};

use crate::compare::Notes;
use crate::error::{CurateError, Refused};
use crate::folder::{Folder, Signed};
use crate::list::{self, StagedDatabase};

/// Everything that signing would change.
#[derive(Clone, Debug, Default)]
pub struct Staged {
    /// Files that would be vouched for, and are not yet.
    pub new: Vec<NewFile>,
    /// Files that would not be vouched for any more.
    pub gone: Vec<StagedFile>,
    /// Files of which something else is said: a review, a yank, an address.
    pub changed: Vec<ChangedFile>,
    /// Files that would be taken back, or of whose recall something else would be said.
    pub recalled: Vec<StagedRecall>,
    /// Files that would not be taken back any more.
    pub restored: Vec<StagedRecall>,
    /// Of a list: databases of which it would say something else.
    pub databases: Vec<StagedDatabase>,
    /// Whether the database says something else of itself.
    pub about: bool,
    /// Whether there is no signature at all yet.
    pub first: bool,
    /// A new root.
    pub root: Option<RootChange>,
    /// What several keepers sign: the version of the targets, and the SHA-256 of what is signed.
    pub proposed: Option<(u64, Sha256)>,
}

/// What a new root changes.
#[derive(Clone, Debug)]
pub struct RootChange {
    /// Its version.
    pub version: u64,
    /// Its safety number.
    pub number: SafetyNumber,
    /// When it expires.
    pub expires: Time,
    /// What it says of every role.
    pub roles: Vec<RoleChange>,
}

/// What a new root says of a role. Keys are shown by their ids, whole.
#[derive(Clone, Debug)]
pub struct RoleChange {
    /// The role.
    pub role: Role,
    /// How many keys must sign.
    pub threshold: u32,
    /// How many had to; none before the first root.
    pub threshold_before: Option<u32>,
    /// Keys that it gets.
    pub added: Vec<String>,
    /// Keys that it loses.
    pub removed: Vec<String>,
}

/// A file of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct StagedFile {
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
    /// The file name.
    pub file: String,
}

/// A file of which something else would be said.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedFile {
    /// Which it is.
    pub file: StagedFile,
    /// Who looked inside, where that is what changes; nobody any more where there is none.
    pub review: Option<Option<Review>>,
}

/// A file that would be taken back, or no longer.
#[derive(Clone, Debug, PartialEq)]
pub struct StagedRecall {
    /// Its name where it is recorded, else the project and version that it had.
    pub file: String,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Why, and what to do.
    pub recall: Recall,
}

/// A file that would be vouched for.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is said of a file by itself")]
pub struct NewFile {
    /// Which it is.
    pub file: StagedFile,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// When it was uploaded, where the source says so.
    pub uploaded: Option<Time>,
    /// The newest signed version of the project, where this is a newer one.
    pub replaces: Option<Version>,
    /// The same, where this is an older one.
    pub older_than: Option<Version>,
    /// Why it was yanked at its source, where it was; may be empty.
    pub yanked: Option<String>,
    /// Whether it is there for lockers alone.
    pub for_lock: bool,
    /// Whether it is a source distribution, which nobody can install.
    pub is_source: bool,
    /// Who looked inside; nobody where there is none.
    pub review: Option<Review>,
    /// Whether it comes to a release of which other files are signed already.
    pub is_beside: bool,
    /// Whether somebody compared it, in this folder, with what was vouched for before.
    pub is_compared: bool,
}

impl NewFile {
    /// Whether there was something to compare it with, and nobody did, nor looked inside.
    pub fn lacks_comparison(&self) -> bool {
        let follows = self.replaces.is_some() || self.older_than.is_some() || self.is_beside;
        follows && !self.is_compared && !self.is_source && self.review.is_none()
    }

    /// How many whole days ago it was uploaded.
    pub fn age_days(&self, now: Time) -> Option<i64> {
        self.uploaded.map(|uploaded| (now.seconds().saturating_sub(uploaded.seconds())).div_euclid(86_400))
    }
}

impl Staged {
    /// Whether signing would only prolong what is signed.
    pub fn is_empty(&self) -> bool {
        let files = self.new.len()
            + self.gone.len()
            + self.changed.len()
            + self.recalled.len()
            + self.restored.len()
            + self.databases.len();
        files == 0 && !self.about && !self.first && self.root.is_none()
    }
}

/// What is to be signed: the bytes of every target, by path, and how they differ from what is signed.
pub(crate) struct Targets {
    pub(crate) bytes: BTreeMap<String, Vec<u8>>,
    pub(crate) staged: Staged,
    pub(crate) records: BTreeMap<ProjectName, ProjectRecord>,
}

impl Targets {
    /// Reads what is staged, derives what signing derives, and compares with what is signed.
    pub(crate) fn gather(folder: &Folder, signed: &Signed) -> Result<Self, CurateError> {
        Self::of(folder, signed, folder.records()?)
    }

    /// The same of the records that can be read, and why the others cannot: what looks must not stop at the first.
    pub(crate) fn gather_readable(
        folder: &Folder,
        signed: &Signed,
    ) -> Result<(Self, Vec<(ProjectName, CurateError)>), CurateError> {
        let (records, damaged) = folder.readable_records()?;
        let mut targets = Self::of(folder, signed, records)?;
        targets.staged.gone.retain(|file| damaged.iter().all(|(project, _)| *project != file.project));
        Ok((targets, damaged))
    }

    fn of(
        folder: &Folder,
        signed: &Signed,
        mut records: BTreeMap<ProjectName, ProjectRecord>,
    ) -> Result<Self, CurateError> {
        let about = folder.about()?;
        verify_same_kind(folder, signed, &about)?;
        if about.kind == Kind::List {
            return Self::of_list(folder, signed, &about);
        }
        let recalls = folder.recalls()?;
        let mut bytes = BTreeMap::new();
        for record in records.values_mut() {
            derive_recalls(record, &recalls);
            bytes.insert(record_path(&record.name), record.encode());
        }
        let pack = pack(&records, &bytes);
        bytes.extend(pack.map(|pack| (PACK_PATH.to_owned(), pack)));
        let about = about.encode();
        let staged = compared(folder, Some(signed), &records, &about, &recalls)?;
        bytes.insert(ABOUT_PATH.to_owned(), about);
        bytes.insert(RECALLS_PATH.to_owned(), recalls.encode());
        Ok(Self { bytes, staged, records })
    }

    fn of_list(folder: &Folder, signed: &Signed, about: &About) -> Result<Self, CurateError> {
        let (bytes, databases) = list::stage(folder, signed, about)?;
        let said = signed.target(folder.path(), ABOUT_PATH)?;
        let staged = Staged {
            databases,
            about: bytes.get(ABOUT_PATH) != said.as_ref(),
            first: signed.good().is_none(),
            ..Staged::default()
        };
        Ok(Self { bytes, staged, records: BTreeMap::new() })
    }
}

/// What was signed as a database never becomes a list, nor the other way round: nobody who trusts it has asked for that.
pub(crate) fn verify_same_kind(folder: &Folder, signed: &Signed, about: &About) -> Result<(), CurateError> {
    let Some(bytes) = signed.target(folder.path(), ABOUT_PATH)? else { return Ok(()) };
    let damaged = |why: String| Refused::Folder { path: folder.join(ABOUT_PATH), why };
    let was = About::parse(&bytes).map_err(|error| damaged(error.to_string()))?.kind;
    if was == about.kind {
        return Ok(());
    }
    let (found, wanted) = (about.kind.as_str(), was.as_str());
    Err(damaged(format!("found the kind `{found}`, wanted `{wanted}` as it was signed before")).into())
}

/// How records, and what the database says of itself, differ from what is signed.
pub(crate) fn compared(
    folder: &Folder,
    signed: Option<&Signed>,
    records: &BTreeMap<ProjectName, ProjectRecord>,
    about: &[u8],
    recalls: &Recalls,
) -> Result<Staged, CurateError> {
    let first = signed.is_none_or(|signed| signed.good().is_none());
    let mut staged = Staged { first, ..Staged::default() };
    let compared_here = Notes::read(folder);
    let before =
        |project: &ProjectName| signed.map_or(Ok(None), |signed| signed.record(folder.path(), project));
    for (project, record) in records {
        compare(record, before(project)?.as_ref(), &compared_here, &mut staged)?;
    }
    for project in signed.map(Signed::projects).unwrap_or_default() {
        if let (false, Some(before)) = (records.contains_key(&project), before(&project)?) {
            staged.gone.extend(before.files.iter().map(staged_file));
        }
    }
    let target = |path: &str| signed.map_or(Ok(None), |signed| signed.target(folder.path(), path));
    staged.about = target(ABOUT_PATH)?.as_deref() != Some(about);
    let recalled = signed.map_or(Ok(Recalls::default()), |signed| signed_recalls(folder, signed))?;
    compare_recalls(recalls, &recalled, records, &mut staged);
    Ok(staged)
}

/// All records in one file, where there are so many that somebody may lack many of them.
fn pack(
    records: &BTreeMap<ProjectName, ProjectRecord>,
    bytes: &BTreeMap<String, Vec<u8>>,
) -> Option<Vec<u8>> {
    const MANY: usize = 9;
    let record = |project| Some((project, bytes.get(&record_path(project))?.as_slice()));
    let packed = || Pack::encode(&records.keys().filter_map(record).collect());
    (records.len() >= MANY).then(packed).filter(|pack| pack.len() as u64 <= Pack::LONGEST)
}

/// A record says of each file whether it is recalled, so that a client that reads only the record knows it too.
fn derive_recalls(record: &mut ProjectRecord, recalls: &Recalls) {
    for file in &mut record.files {
        file.recalled = recalls.of(&file.sha256).map(|recall| recall.reason.clone());
    }
}

fn compare(
    record: &ProjectRecord,
    before: Option<&ProjectRecord>,
    compared_here: &Notes,
    staged: &mut Staged,
) -> Result<(), CurateError> {
    let newest = before.and_then(|before| before.versions().last().map(|version| (*version).clone()));
    for file in &record.files {
        match before.and_then(|before| before.file(file.name.as_str())) {
            None => staged.new.push(new_file(file, newest.as_ref(), compared_here)),
            Some(old) if old.sha256 != file.sha256 => return Err(hash_changed(file, old.sha256)),
            // Recalls are compared by themselves: one may be of a file that is recorded no more.
            Some(old) if but_recall(old) == but_recall(file) => {}
            Some(old) => staged.changed.push(ChangedFile {
                file: staged_file(file),
                review: (old.review != file.review).then(|| file.review.clone()),
            }),
        }
    }
    let gone = before
        .into_iter()
        .flat_map(|before| &before.files)
        .filter(|old| record.file(old.name.as_str()).is_none());
    staged.gone.extend(gone.map(staged_file));
    Ok(())
}

fn but_recall(file: &RecordedFile) -> RecordedFile {
    RecordedFile { recalled: None, ..file.clone() }
}

fn signed_recalls(folder: &Folder, signed: &Signed) -> Result<Recalls, CurateError> {
    let Some(bytes) = signed.target(folder.path(), RECALLS_PATH)? else { return Ok(Recalls::default()) };
    let damaged = |error: packman_database::MalformedRecord| Refused::Folder {
        path: folder.join(RECALLS_PATH),
        why: error.to_string(),
    };
    Ok(Recalls::parse(&bytes).map_err(damaged)?)
}

fn compare_recalls(
    now: &Recalls,
    before: &Recalls,
    records: &BTreeMap<ProjectName, ProjectRecord>,
    staged: &mut Staged,
) {
    let named = |sha256: &Sha256, recall: &Recall| {
        let files = records.get(&recall.project).into_iter().flat_map(|record| &record.files);
        let file = files.into_iter().find(|file| file.sha256 == *sha256);
        let unrecorded = || format!("{} {}, SHA-256 {sha256}", recall.project, recall.version);
        StagedRecall {
            file: file.map_or_else(unrecorded, |file| file.name.as_str().to_owned()),
            sha256: *sha256,
            recall: recall.clone(),
        }
    };
    let new = now.iter().filter(|(sha256, recall)| before.of(sha256) != Some(recall));
    staged.recalled.extend(new.map(|(sha256, recall)| named(sha256, recall)));
    let ended = before.iter().filter(|(sha256, _)| now.of(sha256).is_none());
    staged.restored.extend(ended.map(|(sha256, recall)| named(sha256, recall)));
}

/// The refusal of a file whose name is vouched for with other bytes.
pub(crate) fn hash_changed(file: &RecordedFile, recorded: Sha256) -> CurateError {
    Refused::HashChanged { file: file.name.as_str().to_owned(), recorded, found: file.sha256 }.into()
}

fn staged_file(file: &RecordedFile) -> StagedFile {
    StagedFile {
        project: file.name.project().clone(),
        version: file.name.version().clone(),
        file: file.name.as_str().to_owned(),
    }
}

fn new_file(file: &RecordedFile, newest: Option<&Version>, compared_here: &Notes) -> NewFile {
    NewFile {
        file: staged_file(file),
        sha256: file.sha256,
        size: file.size,
        uploaded: file.uploaded,
        replaces: newest.filter(|newest| *newest < file.name.version()).cloned(),
        older_than: newest.filter(|newest| *newest > file.name.version()).cloned(),
        yanked: file.yanked.clone(),
        for_lock: file.for_lock,
        is_source: file.name.wheel().is_none(),
        review: file.review.clone(),
        is_beside: newest == Some(file.name.version()),
        is_compared: compared_here.has(&file.sha256),
    }
}
