//! Finding one target through delegations (5.6.7 of the specification): a pre-order, depth-first walk over the roles
//! that may provide it, as a state machine like [`Refresh`](crate::Refresh).

use std::collections::BTreeSet;
use std::sync::Arc;

use packman_strict::time::Time;

use crate::delegations::Edge;
use crate::{
    Answer, Envelope, File, Good, KeySet, Limits, MetaInfo, Reason, Refusal, Request, RoleName, Step,
    TargetInfo, TargetPath, Targets, Verified, VerifiedTarget,
};

/// The search for one target in a good set and in what it delegates to.
///
/// Ask [`Lookup::step`] what is wanted, give it to [`Lookup::answer`], and so on until `Done`. What is wanted are the
/// files of delegated roles, each pinned by the snapshot of the good set: an answer may come from a cache as well as
/// from a mirror, since the one that is not the pinned one is refused and wanted again.
///
/// A role that does not verify refuses this target and no other: what it was delegated might be what was sought, so the
/// roles after it are not asked in its stead.
pub struct Lookup<'g> {
    good: &'g Good,
    now: Time,
    limits: Limits,
    path: TargetPath,
    /// Still to be visited; the next one last.
    open: Vec<Edge>,
    /// 5.6.7.1: a role is visited once, so that a circle of delegations ends.
    visited: BTreeSet<RoleName>,
    stage: Stage,
    files: Vec<Delegated>,
}

enum Stage {
    Role(Edge, MetaInfo),
    Done(Option<TargetInfo>),
}

/// A delegated role's file that verified on the way to a target, for whoever keeps such files.
#[derive(Clone, Debug)]
pub struct Delegated {
    /// The role.
    pub name: RoleName,
    /// Its file, as the role that delegated to it lets it be signed.
    pub file: Arc<Verified<Targets>>,
}

/// A target that was found, before its bytes are there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundTarget {
    path: TargetPath,
    info: TargetInfo,
    consistent: bool,
}

impl<'g> Lookup<'g> {
    /// Begins at the top-level targets of a good set. Refused where the first delegated role is in no snapshot.
    pub fn begin(good: &'g Good, path: TargetPath, now: Time, limits: Limits) -> Result<Self, Refusal> {
        let (open, visited, files) = (Vec::new(), BTreeSet::new(), Vec::new());
        let stage = Stage::Done(None);
        let mut lookup = Self { good, now, limits, path, open, visited, stage, files };
        lookup.visit(&good.targets)?;
        Ok(lookup)
    }

    /// What is wanted next.
    pub fn step(&self) -> Step {
        match &self.stage {
            Stage::Role(edge, info) => Step::Fetch(self.request(edge, info)),
            Stage::Done(_) => Step::Done,
        }
    }

    fn request(&self, edge: &Edge, info: &MetaInfo) -> Request {
        Request::metadata(self.file_path(&edge.name, info), info, self.limits.targets_bytes)
    }

    fn file_path(&self, name: &RoleName, info: &MetaInfo) -> String {
        name.file_path(info.version, self.good.root.is_consistent())
    }

    /// The role whose file is wanted next.
    pub const fn role(&self) -> Option<&RoleName> {
        match &self.stage {
            Stage::Role(edge, _) => Some(&edge.name),
            Stage::Done(_) => None,
        }
    }

    /// Takes the answer to what [`Lookup::step`] wants, and moves on; or refuses it, and stays.
    pub fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal> {
        let Stage::Role(edge, info) = &self.stage else { return Ok(()) };
        let path = self.file_path(&edge.name, info);
        let Some(found) = answer.file() else { return Err(Refusal::new(path, Reason::Missing)) };
        let max_bytes = self.limits.targets_bytes;
        let file = Arc::new(verify_delegated(&edge.keys, info, &path, found, max_bytes, self.now)?);
        let delegated = Delegated { name: edge.name.clone(), file: Arc::clone(&file) };
        let before = (self.open.clone(), self.visited.clone());
        let visited = self.visit(&file);
        if visited.is_ok() {
            self.files.push(delegated);
        } else {
            // The next role cannot be asked for: this one is wanted again, though no other answer will help.
            (self.open, self.visited) = before;
        }
        visited
    }

    /// Looks into one role's file: the target is there, or whom it delegates to comes next.
    fn visit(&mut self, targets: &Targets) -> Result<(), Refusal> {
        if let Some(info) = targets.target(self.path.as_str()) {
            self.stage = Stage::Done(Some(info));
            return Ok(());
        }
        if let Stage::Role(edge, _) = &self.stage {
            self.visited.insert(edge.name.clone());
        }
        let mut edges =
            targets.delegations().map(|found| found.edges(self.path.as_str())).unwrap_or_default();
        if let Some(last) = edges.iter().position(|edge| edge.terminating) {
            // 5.6.7.2: nobody after a terminating delegation is asked, here or further up.
            edges.truncate(last + 1);
            self.open.clear();
        }
        self.open.extend(edges.into_iter().rev());
        self.next()
    }

    fn next(&mut self) -> Result<(), Refusal> {
        while let Some(edge) = self.open.pop() {
            if self.visited.contains(&edge.name) {
                continue;
            }
            let limit = self.limits.delegations;
            if self.visited.len() >= limit {
                return Err(Refusal::new(self.sought(), Reason::TooManyDelegations { limit }));
            }
            let unlisted = || Refusal::new(self.sought(), Reason::NotInSnapshot { role: edge.name.clone() });
            let info = self.good.snapshot.role(&edge.name).ok_or_else(unlisted)?;
            self.stage = Stage::Role(edge, info);
            return Ok(());
        }
        self.stage = Stage::Done(None);
        Ok(())
    }

    fn sought(&self) -> String {
        format!("targets/{}", self.path)
    }

    /// The delegated roles' files that verified so far, in the order in which they were visited.
    pub fn files(&self) -> &[Delegated] {
        &self.files
    }

    /// The target, where one of the roles provides it; nothing before the machine is `Done`.
    pub fn finish(self) -> Option<FoundTarget> {
        match self.stage {
            Stage::Done(Some(info)) => {
                Some(FoundTarget::new(self.path, info, self.good.root.is_consistent()))
            }
            Stage::Done(None) | Stage::Role(..) => None,
        }
    }
}

/// 5.6.2 to 5.6.6 for a delegated role, with the keys that *this* delegation names: that the same file was believed on
/// another way says nothing here.
pub(crate) fn verify_delegated(
    keys: &KeySet,
    info: &MetaInfo,
    path: &str,
    file: File<'_>,
    max_bytes: u64,
    now: Time,
) -> Result<Verified<Targets>, Refusal> {
    info.verify_bytes(path, file.bytes())?;
    let envelope = Envelope::parse(path, file, max_bytes)?;
    let file: Verified<Targets> = keys.verify(&envelope)?;
    let (found, wanted) = (file.version(), info.version);
    if found != wanted {
        return Err(Refusal::new(path, Reason::WrongVersion { found, wanted }));
    }
    let expires = file.expires();
    if now >= expires {
        return Err(Refusal::new(path, Reason::Expired { expires, now }));
    }
    Ok(file)
}

impl FoundTarget {
    pub(crate) const fn new(path: TargetPath, info: TargetInfo, consistent: bool) -> Self {
        Self { path, info, consistent }
    }

    /// Its path.
    pub const fn path(&self) -> &TargetPath {
        &self.path
    }

    /// What is signed of it.
    pub const fn info(&self) -> &TargetInfo {
        &self.info
    }

    /// The file to fetch.
    pub fn request(&self) -> Request {
        let path = if self.consistent {
            self.info.file_path(self.path.as_str())
        } else {
            format!("targets/{}", self.path)
        };
        Request { path, ..Request::target(self.path.as_str(), self.info) }
    }

    /// Believes its bytes: their length and digests are the signed ones (5.7.3).
    pub fn verify<'b>(&'b self, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        self.info.verify(self.path.as_str(), bytes)
    }
}
