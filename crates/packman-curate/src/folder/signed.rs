//! What is signed in a folder: read back by the very state machine that clients use.

use std::collections::BTreeMap;
use std::path::Path;

use packman_database::{ProjectRecord, project_of_path};
use packman_machine::files;
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_tuf::{Answer, FirstUse, Good, Limits, Memory, Refresh, Refusal, Request, Role, Step};

use super::{Folder, Rotation};
use crate::error::{CurateError, No, Refused};
use crate::proposal::{Claims, Proposal};

/// What is signed in a folder, however old it is.
#[derive(Debug)]
pub(crate) struct Signed {
    memory: Memory,
}

/// Where signed files are read from: a folder, with files laid over it that are not written yet.
pub(crate) struct Shelf<'s> {
    folder: &'s Path,
    over: BTreeMap<String, &'s [u8]>,
}

impl<'s> Shelf<'s> {
    /// A folder as it is.
    pub(crate) fn of(folder: &'s Path) -> Self {
        Self { folder, over: BTreeMap::new() }
    }

    /// The same folder as it will be when this file is written.
    pub(crate) fn with(mut self, path: String, bytes: &'s [u8]) -> Self {
        self.over.insert(path, bytes);
        self
    }

    fn read(&self, request: &Request) -> Result<Option<Vec<u8>>, CurateError> {
        match self.over.get(request.path.as_str()) {
            Some(bytes) => Ok(Some(bytes.to_vec())),
            None => Ok(files::read_file(&self.folder.join(&request.path), request.max_bytes)?),
        }
    }
}

/// A verdict of the state machine; only the disk can fail.
type Verdict = Result<Result<Memory, Refusal>, CurateError>;

/// Verifies a publication as a client would at that time that never saw it before.
pub(crate) fn verify_publication(shelf: &Shelf<'_>, now: Time) -> Verdict {
    match verify_chain(shelf)? {
        Ok(memory) => verify_successor(memory, shelf, now),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Verifies the chain of roots alone.
fn verify_chain(shelf: &Shelf<'_>) -> Verdict {
    let mut first = FirstUse::remembering(Limits::default());
    while let Step::Fetch(request) = first.step() {
        let bytes = shelf.read(&request)?;
        if let Err(refusal) = first.answer(answer(bytes.as_deref())) {
            return Ok(Err(refusal));
        }
    }
    Ok(first.finish())
}

/// Verifies a folder with a new root as a client would that remembers the old one. Nothing has expired at the beginning
/// of time.
pub(crate) fn verify_rotation(memory: &Memory, shelf: &Shelf<'_>) -> Verdict {
    if memory.good().is_none() {
        return verify_chain(shelf);
    }
    verify_successor(memory.clone(), shelf, Time::from_seconds(0))
}

/// Verifies a publication as a client would at that time that remembers `memory`.
pub(crate) fn verify_successor(memory: Memory, shelf: &Shelf<'_>, now: Time) -> Verdict {
    let mut refresh = Refresh::begin(memory, now, Limits::default()).with_bins();
    while let Step::Fetch(request) = refresh.step() {
        let bytes = shelf.read(&request)?;
        if let Err(refusal) = refresh.answer(answer(bytes.as_deref())) {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(refresh.into_memory()))
}

fn answer(bytes: Option<&[u8]>) -> Answer<'_> {
    bytes.map_or(Answer::Missing, Answer::Bytes)
}

impl Signed {
    /// The same; `None` where even the first root is only proposed, for keepers to sign.
    pub(crate) fn begun(folder: &Folder) -> Result<Option<Self>, CurateError> {
        let first = Role::Root.file_path(1);
        let is_there = |path: &Path| Ok::<_, CurateError>(files::read_file(path, u64::MAX)?.is_some());
        if !is_there(&folder.join(&first))? && is_there(&Proposal::place(folder).join(&first))? {
            return Ok(None);
        }
        Self::read(folder.path()).map(Some)
    }

    /// Reads what is signed in a database's folder, expired or not; refuses what does not verify.
    pub(crate) fn read(folder: &Path) -> Result<Self, CurateError> {
        let begun = Rotation::read(folder)?.unwrap_or_default();
        let shelf =
            begun.files().fold(Shelf::of(folder), |shelf, (path, bytes)| shelf.with(path.to_owned(), bytes));
        let refused = |refusal| CurateError::from(Refused::Signed { folder: folder.to_owned(), refusal });
        if files::read_file(&folder.join(Role::Root.file_path(1)), u64::MAX)?.is_none()
            && let Ok(opened) = Folder::open(folder)
            && let Some(proposal) = Proposal::read(&opened)?
        {
            let needs = Claims::read(&proposal, &opened, None)?.needs;
            return Err(No::SignaturesMissing {
                missing: proposal.missing(&needs, &opened.settings()?.keys()),
            }
            .into());
        }
        // Between the first root and the first signature there is a chain and nothing else.
        if files::read_file(&folder.join(Role::Timestamp.file_path(0)), u64::MAX)?.is_none() {
            return Ok(Self { memory: verify_chain(&shelf)?.map_err(refused)? });
        }
        // At the beginning of time nothing has expired: an expired database is what signing is for.
        Ok(Self { memory: verify_publication(&shelf, Time::from_seconds(0))?.map_err(refused)? })
    }

    /// The chain of roots, and what stands on it.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The signed set; `None` before the first signature.
    pub(crate) fn good(&self) -> Option<&Good> {
        self.memory.good()
    }

    /// The bytes of a signed target in that folder; `None` where it is not signed.
    pub(crate) fn target(&self, folder: &Path, path: &str) -> Result<Option<Vec<u8>>, CurateError> {
        let Some((good, info)) = self.good().and_then(|good| Some((good, good.target(path)?))) else {
            return Ok(None);
        };
        let name = info.file_path(path);
        let missing =
            || Refused::Folder { path: folder.join(&name), why: "it is signed, and not there".to_owned() };
        let bytes = files::read_file(&folder.join(&name), info.length)?.ok_or_else(missing)?;
        good.verify_target(path, &bytes)
            .map_err(|refusal| Refused::Signed { folder: folder.to_owned(), refusal })?;
        Ok(Some(bytes))
    }

    /// The projects that are signed, in their order.
    pub(crate) fn projects(&self) -> Vec<ProjectName> {
        let targets = self.good().into_iter().flat_map(Good::targets);
        let mut projects: Vec<_> = targets.filter_map(|(path, _)| project_of_path(path)).collect();
        projects.sort_unstable();
        projects
    }

    /// The signed record of a project; `None` where there is none.
    pub(crate) fn record(
        &self,
        folder: &Path,
        project: &ProjectName,
    ) -> Result<Option<ProjectRecord>, CurateError> {
        let path = packman_database::record_path(project);
        let Some(bytes) = self.target(folder, &path)? else { return Ok(None) };
        let record = ProjectRecord::parse(project, &bytes)
            .map_err(|error| Refused::Folder { path: folder.join(path), why: error.to_string() })?;
        Ok(Some(record))
    }
}
