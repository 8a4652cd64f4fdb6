//! The client workflow of TUF (section 5 of the specification) as a state machine: bytes and time in, evidence
//! or a refusal out. It fetches nothing, reads no clock and writes no file.
//!
//! ```text
//! root N+1, N+2, … until one is missing → timestamp → snapshot → targets → bins → attached targets → done
//! ```
//!
//! Each step names the clause it carries out. What is stricter than the specification says so.

mod bins;

use std::sync::Arc;

use packman_strict::time::Time;

use crate::{
    Answer, Envelope, File, Good, Limits, Memory, MetaInfo, Payload, Reason, Refusal, Request, Role,
    Snapshot, Step, TargetInfo, Targets, Timestamp, Verified,
};

/// A refresh of what is remembered, at one time (5.1: fixed when it begins).
///
/// Ask [`Refresh::step`] what is wanted, give it to [`Refresh::answer`], and so on until `Done`.
///
/// **A refusal leaves the machine where it was**: it wants the same file again, so that the answer of another
/// mirror can follow. What was seen and verified before the refusal stays seen, and *good* stays as it was; so
/// [`Refresh::memory`] is worth keeping after a refusal too, where [`Refresh::changed`] says so. Where a newer
/// timestamp of another mirror should be tried, begin again with [`Refresh::into_memory`].
pub struct Refresh {
    memory: Memory,
    now: Time,
    limits: Limits,
    stage: Stage,
    changed: bool,
    wants_bins: bool,
    bins: Vec<Arc<Verified<Targets>>>,
    wanted: &'static [&'static str],
    attached: Vec<(&'static str, Arc<[u8]>)>,
}

#[derive(Copy, Clone)]
enum Stage {
    Root,
    Timestamp,
    Snapshot(MetaInfo),
    Targets(MetaInfo),
    /// The bin after those that are here.
    Bin(MetaInfo),
    Attached(&'static str, TargetInfo),
    Done,
}

impl Refresh {
    /// Begins with what is remembered (5.2). That the newest root of it has expired does not matter yet.
    pub const fn begin(memory: Memory, now: Time, limits: Limits) -> Self {
        Self {
            memory,
            now,
            limits,
            stage: Stage::Root,
            changed: false,
            wants_bins: false,
            bins: Vec::new(),
            wanted: &[],
            attached: Vec::new(),
        }
    }

    /// Also wants every bin, where the targets delegate to succinct ones (TAP 15), and moves *good* only together with
    /// them: then everything that is listed is known, and stays so offline. Those that are here already are not
    /// fetched again. All together are at most as long as one targets file may be.
    pub const fn with_bins(mut self) -> Self {
        self.wants_bins = true;
        self
    }

    /// Also wants these targets, and moves *good* only together with them: what an application cannot answer
    /// without is then never newer or older than the rest. Refused where the targets do not list one of them.
    /// Their paths hold no spaces.
    pub const fn with_attached(mut self, paths: &'static [&'static str]) -> Self {
        self.wanted = paths;
        self
    }

    /// What is wanted next.
    pub fn step(&self) -> Step {
        Step::Fetch(match self.stage {
            Stage::Root => Request::next_root(&self.memory, &self.limits),
            // 5.4.1.
            Stage::Timestamp => Request::unpinned(Role::Timestamp, 0, self.limits.timestamp_bytes),
            // 5.5.1 and 5.6.1, with consistent snapshots.
            Stage::Snapshot(info) => {
                let path = self.path(Role::Snapshot, info.version);
                Request::metadata(path, &info, self.limits.snapshot_bytes)
            }
            Stage::Targets(info) => {
                let path = self.path(Role::Targets, info.version);
                Request::metadata(path, &info, self.limits.targets_bytes)
            }
            Stage::Bin(info) => self.bin_request(self.bins.len() as u64, &info),
            // 5.7.2, for the targets that belong to the good set.
            Stage::Attached(path, info) => Request::target(path, info),
            Stage::Done => return Step::Done,
        })
    }

    fn path(&self, role: Role, version: u64) -> String {
        role.published(version, self.memory.root.is_consistent())
    }

    /// Takes the answer to what [`Refresh::step`] wants, and moves on; or refuses it, and stays.
    pub fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal> {
        match (self.stage, answer.file()) {
            (Stage::Root, None) => self.end_of_chain(),
            (Stage::Root, Some(file)) => {
                // 5.3.3 to 5.3.9; an expired root on the way does not matter (5.3.6).
                self.memory.accept_root(file, &self.limits)?;
                self.changed = true;
                Ok(())
            }
            (Stage::Timestamp, Some(file)) => self.timestamp(file),
            (Stage::Snapshot(info), Some(file)) => self.snapshot(info, file),
            (Stage::Targets(info), Some(file)) => self.targets(info, file),
            (Stage::Bin(info), Some(file)) => self.bin(info, file),
            (Stage::Bin(_), None) => Err(Refusal::new(self.wanted_path(), Reason::Missing)),
            (Stage::Attached(path, _), Some(file)) => self.attach(path, file.bytes()),
            (Stage::Attached(path, info), None) => Err(Refusal::new(info.file_path(path), Reason::Missing)),
            (Stage::Timestamp, None) => Err(self.missing(Role::Timestamp, 0)),
            (Stage::Snapshot(info), None) => Err(self.missing(Role::Snapshot, info.version)),
            (Stage::Targets(info), None) => Err(self.missing(Role::Targets, info.version)),
            (Stage::Done, _) => Ok(()),
        }
    }

    /// What is remembered now: after a refusal too, with what was seen before it.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What is remembered now, for another refresh or for keeping.
    pub fn into_memory(self) -> Memory {
        self.memory
    }

    /// Whether what is remembered has changed since the beginning. If not, there is nothing to write.
    pub const fn changed(&self) -> bool {
        self.changed
    }

    fn end_of_chain(&mut self) -> Result<(), Refusal> {
        // 5.3.10: freeze attack. Only the newest root must not have expired.
        self.memory.root.current_at(self.now)?;
        // 5.3.11 was done with each root, 5.3.12 (consistent snapshots) when it was read.
        self.stage = Stage::Timestamp;
        Ok(())
    }

    fn timestamp(&mut self, file: File<'_>) -> Result<(), Refusal> {
        // 5.4.2: arbitrary software attack.
        let new: Verified<Timestamp> = self.verify(0, file, self.limits.timestamp_bytes)?;
        let path = new.file_path();
        let info = new.snapshot();
        if let Some(seen) = &self.memory.seen.timestamp {
            // 5.4.3.1: rollback of the timestamp.
            no_rollback(&path, "the timestamp", new.version(), seen.version())?;
            self.no_contradiction(&path, &new, seen)?;
            if new.version() == seen.version() {
                // 5.4.3.1: what was seen stays in force, and nothing is written.
                return self.after_timestamp(&Arc::clone(seen));
            }
            // 5.4.3.2: rollback of the snapshot.
            no_rollback(&path, "the snapshot it lists", info.version, seen.snapshot().version)?;
        }
        // 5.4.4: freeze attack; before it is seen, as the specification has it: an expired one is discarded.
        new.current_at(self.now)?;
        // 5.4.5.
        let new = Arc::new(new);
        self.memory.seen.timestamp = Some(Arc::clone(&new));
        self.changed = true;
        self.after_timestamp(&new)
    }

    /// Goes on from a timestamp that is in force: with the snapshot it pins, if it is here, else for it.
    fn after_timestamp(&mut self, timestamp: &Verified<Timestamp>) -> Result<(), Refusal> {
        // Again for a timestamp that was seen in an earlier refresh (5.4.4).
        timestamp.current_at(self.now)?;
        let info = timestamp.snapshot();
        if let Some(seen) = self.memory.seen.snapshot.clone().filter(|seen| info.pins(seen)) {
            return self.after_snapshot(&seen);
        }
        self.stage = Stage::Snapshot(info);
        Ok(())
    }

    fn snapshot(&mut self, info: MetaInfo, file: File<'_>) -> Result<(), Refusal> {
        let path = self.path(Role::Snapshot, info.version);
        // 5.5.2: mix-and-match.
        info.verify_bytes(&path, file.bytes())?;
        // 5.5.3: arbitrary software attack.
        let new: Verified<Snapshot> = self.verify(info.version, file, self.limits.snapshot_bytes)?;
        // 5.5.4: it is the version that the timestamp lists.
        same_version(&path, new.version(), info.version)?;
        self.limits.rules.allow_snapshot(&path, &new)?;
        if let Some(seen) = &self.memory.seen.snapshot {
            self.no_contradiction(&path, &new, seen)?;
            // 5.5.5: rollback of targets, or a role that disappears.
            new.follows(seen)?;
        }
        // 5.5.6: freeze attack.
        new.current_at(self.now)?;
        // 5.5.7.
        let new = Arc::new(new);
        self.memory.seen.snapshot = Some(Arc::clone(&new));
        self.changed = true;
        self.after_snapshot(&new)
    }

    /// Goes on from a snapshot that is in force: with the targets it pins, if they are here, else for them.
    fn after_snapshot(&mut self, snapshot: &Verified<Snapshot>) -> Result<(), Refusal> {
        // Again for a snapshot that was seen in an earlier refresh (5.5.6).
        snapshot.current_at(self.now)?;
        let info = snapshot.targets();
        match self.memory.seen.targets.clone().filter(|seen| info.pins(seen)) {
            Some(seen) => {
                seen.current_at(self.now)?;
                self.after_targets(&seen)?;
            }
            None => self.stage = Stage::Targets(info),
        }
        Ok(())
    }

    fn targets(&mut self, info: MetaInfo, file: File<'_>) -> Result<(), Refusal> {
        let path = self.path(Role::Targets, info.version);
        // 5.6.2: mix-and-match.
        info.verify_bytes(&path, file.bytes())?;
        // 5.6.3: arbitrary software attack.
        let new: Verified<Targets> = self.verify(info.version, file, self.limits.targets_bytes)?;
        // 5.6.4: it is the version that the snapshot lists.
        same_version(&path, new.version(), info.version)?;
        if let Some(seen) = &self.memory.seen.targets {
            self.no_contradiction(&path, &new, seen)?;
        }
        // 5.6.5: freeze attack.
        new.current_at(self.now)?;
        // 5.6.6.
        let new = Arc::new(new);
        self.memory.seen.targets = Some(Arc::clone(&new));
        self.changed = true;
        self.after_targets(&new)
    }

    /// Goes on from targets that are in force, with nothing of what was attached to others before a refusal.
    fn after_targets(&mut self, targets: &Verified<Targets>) -> Result<(), Refusal> {
        self.attached.clear();
        self.bins.clear();
        self.next_bin(targets)
    }

    /// Attaches what is here already, and goes on for the next that is not.
    fn attach_next(&mut self, targets: &Verified<Targets>) -> Result<(), Refusal> {
        for path in self.wanted.iter().skip(self.attached.len()) {
            let unknown = || Refusal::new(format!("targets/{path}"), Reason::UnknownTarget);
            let info = targets.target(path).ok_or_else(unknown)?;
            // It is kept with the state: one too long for that would make the state unreadable.
            if info.length > self.limits.attached_bytes {
                let reason = Reason::TooLarge { found: info.length, wanted: self.limits.attached_bytes };
                return Err(Refusal::new(info.file_path(path), reason));
            }
            let kept = self.memory.good.as_ref().and_then(|good| good.attached(path));
            let Some(bytes) = kept.filter(|bytes| TargetInfo::of(bytes) == info) else {
                self.stage = Stage::Attached(path, info);
                return Ok(());
            };
            self.attached.push((path, bytes.into()));
        }
        self.finish();
        Ok(())
    }

    fn attach(&mut self, path: &'static str, bytes: &[u8]) -> Result<(), Refusal> {
        let Some(targets) = self.memory.seen.targets.clone() else { return Ok(()) };
        // 5.7.3.
        let verified = targets.verify_target(path, bytes)?;
        self.attached.push((path, verified.bytes().into()));
        self.attach_next(&targets)
    }

    /// Moves *good* to what was seen: every role of it verified under this root, pins the next, and is current.
    fn finish(&mut self) {
        let seen = &self.memory.seen;
        if let (Some(timestamp), Some(snapshot), Some(targets)) =
            (&seen.timestamp, &seen.snapshot, &seen.targets)
        {
            let good = Good {
                root: Arc::clone(&self.memory.root),
                timestamp: Arc::clone(timestamp),
                snapshot: Arc::clone(snapshot),
                targets: Arc::clone(targets),
                bins: std::mem::take(&mut self.bins),
                attached: self.attached.drain(..).map(|(path, bytes)| (path.to_owned(), bytes)).collect(),
                verified_at: self.now,
            };
            if !self.memory.good.as_ref().is_some_and(|before| before.same_files(&good)) {
                self.memory.good = Some(good);
                self.changed = true;
            }
        }
        self.stage = Stage::Done;
    }

    fn verify<T: Payload>(
        &self,
        version: u64,
        file: File<'_>,
        max_bytes: u64,
    ) -> Result<Verified<T>, Refusal> {
        let envelope = Envelope::parse(self.path(T::ROLE, version), file, max_bytes)?;
        self.memory.root.keys(T::ROLE).verify(&envelope)
    }

    fn missing(&self, role: Role, version: u64) -> Refusal {
        Refusal::new(self.path(role, version), Reason::Missing)
    }

    /// Refuses a file whose signed part differs from one of the same version that the same keys signed.
    fn no_contradiction<T: Payload>(
        &self,
        path: &str,
        new: &Verified<T>,
        seen: &Verified<T>,
    ) -> Result<(), Refusal> {
        let (found, remembered) = (new.signed_digest(), seen.signed_digest());
        if !self.limits.rules.no_contradictions || new.version() != seen.version() || found == remembered {
            return Ok(());
        }
        Err(Refusal::new(path, Reason::Contradiction { version: new.version(), found, remembered }))
    }
}

pub(crate) fn missing(role: Role, version: u64) -> Refusal {
    Refusal::new(role.file_path(version), Reason::Missing)
}

fn same_version(path: &str, found: u64, wanted: u64) -> Result<(), Refusal> {
    if found == wanted { Ok(()) } else { Err(Refusal::new(path, Reason::WrongVersion { found, wanted })) }
}

fn no_rollback(path: &str, of: &str, found: u64, wanted: u64) -> Result<(), Refusal> {
    if found >= wanted {
        return Ok(());
    }
    Err(Refusal::new(path, Reason::Rollback { of: of.to_owned(), found, wanted }))
}
