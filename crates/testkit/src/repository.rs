//! A TUF repository in memory that signs on demand, so that a test needs no files and no prepared keys.
//!
//! Honest by default. For an attack, change a field (`versions`, `expiry`, `thresholds`), swap signers with
//! [`Repository::signers_mut`], or put bytes of your own in place of a file with [`Repository::files_mut`].
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test's own repository may fail loudly")]

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use packman_strict::time::Time;
use packman_tuf::{
    Answer, BinBefore, BinsDraft, Delegations, FirstUse, KeyId, KeySet, Limits, Memory, MetaInfo, Refresh,
    Refusal, Request, Role, RoleKeys, RoleName, RootDraft, SafetyNumber, SigningKey, SnapshotDraft, Step,
    SuccinctBins, TargetInfo, TargetPath, TargetsDraft, TimestampDraft,
};

/// A repository whose keys are all at hand.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The version of the newest file of each role; the next one published gets one more.
    pub versions: BTreeMap<Role, u64>,
    /// When files of a role expire that are signed from now on.
    pub expiry: BTreeMap<Role, Time>,
    /// How many keys of a role must sign, from the next root on.
    pub thresholds: BTreeMap<Role, u32>,
    /// Whom the top-level targets delegate to, from the next ones on.
    pub delegations: Option<Delegations>,
    /// What the next snapshot lists beside the top-level targets.
    pub listed: BTreeMap<String, MetaInfo>,
    signers: BTreeMap<Role, Vec<SigningKey>>,
    /// Who signed the newest root: they sign the next one too.
    root_signers: Vec<SigningKey>,
    targets: BTreeMap<TargetPath, TargetInfo>,
    files: BTreeMap<String, Vec<u8>>,
    next_seed: u16,
}

/// What came of a refresh.
#[derive(Debug)]
pub struct Outcome {
    /// What is remembered now, after a refusal too.
    pub memory: Memory,
    /// Whether there is anything to write.
    pub changed: bool,
    /// The paths that were asked for, in their order.
    pub requests: Vec<String>,
    /// The refusal that ended it, if one did.
    pub refusal: Option<Refusal>,
}

impl Repository {
    /// A repository without targets, one key for each role, published at `now`.
    pub fn new(now: Time) -> Self {
        Self::with_seed(now, 0)
    }

    /// The same with other keys: a stranger's.
    pub fn with_seed(now: Time, seed: u16) -> Self {
        let lives = [(Role::Root, 365), (Role::Timestamp, 30), (Role::Snapshot, 30), (Role::Targets, 90)];
        let mut repository = Self {
            versions: Role::ALL.map(|role| (role, 0)).into(),
            expiry: lives.map(|(role, days)| (role, now.plus_days(days))).into(),
            thresholds: Role::ALL.map(|role| (role, 1)).into(),
            delegations: None,
            listed: BTreeMap::new(),
            signers: BTreeMap::new(),
            root_signers: Vec::new(),
            targets: BTreeMap::new(),
            files: BTreeMap::new(),
            next_seed: seed,
        };
        for role in Role::ALL {
            let key = repository.new_key();
            repository.signers.insert(role, vec![key]);
        }
        repository.publish_root();
        repository.publish();
        repository
    }

    /// A key that nobody has yet. The same calls give the same keys.
    pub fn new_key(&mut self) -> SigningKey {
        let mut seed = [7; 32];
        self.next_seed += 1;
        seed.iter_mut().zip(self.next_seed.to_be_bytes()).for_each(|(byte, next)| *byte = next);
        SigningKey::from_seed(seed)
    }

    /// Who signs for a role, to be changed: the next root lists exactly these keys.
    pub fn signers_mut(&mut self, role: Role) -> &mut Vec<SigningKey> {
        self.signers.entry(role).or_default()
    }

    /// Who signs for a role.
    pub fn signers(&self, role: Role) -> Vec<&SigningKey> {
        self.signers.get(&role).into_iter().flatten().collect()
    }

    /// Loses a key of a role: it signs nothing any more, not even the next root as a key of the one before.
    pub fn lose(&mut self, role: Role, key: &KeyId) {
        self.signers_mut(role).retain(|known| known.id() != *key);
        if role == Role::Root {
            self.root_signers.retain(|known| known.id() != *key);
        }
    }

    /// What somebody has who copied all that is published, and stole these keys. For a role of which he has none he signs
    /// with a key of his own.
    pub fn in_the_hands_of(&self, stolen: &[KeyId]) -> Self {
        let mut thief = self.clone();
        thief.next_seed += 20_000;
        for role in Role::ALL {
            thief.signers_mut(role).retain(|key| stolen.contains(&key.id()));
            if thief.signers(role).is_empty() {
                let own = thief.new_key();
                thief.signers_mut(role).push(own);
            }
        }
        thief.root_signers.retain(|key| stolen.contains(&key.id()));
        thief
    }

    /// Puts a target there; the next [`Repository::publish`] signs it.
    pub fn add_target(&mut self, path: &str, bytes: &[u8]) {
        let info = TargetInfo::of(bytes);
        self.targets.insert(TargetPath::parse(path).expect("a test's path is one"), info);
        self.files.insert(info.file_path(path), bytes.to_vec());
    }

    /// Takes a target away; the next [`Repository::publish`] no longer signs it.
    pub fn remove_target(&mut self, path: &str) {
        self.targets.remove(path);
    }

    /// Signs the next targets, snapshot and timestamp.
    pub fn publish(&mut self) {
        self.publish_targets();
        self.refresh();
    }

    /// Signs the next snapshot and timestamp.
    pub fn refresh(&mut self) {
        self.publish_snapshot();
        self.publish_timestamp();
    }

    /// Signs the next root, with the keys of the root before too.
    pub fn publish_root(&mut self) {
        let (version, expires) = self.next(Role::Root);
        let keys = RoleKeys {
            root: self.key_set(Role::Root),
            timestamp: self.key_set(Role::Timestamp),
            snapshot: self.key_set(Role::Snapshot),
            targets: self.key_set(Role::Targets),
        };
        let own = self.signers.get(&Role::Root).cloned().unwrap_or_default();
        let mut signers = self.root_signers.clone();
        signers.extend(
            own.iter().filter(|key| !self.root_signers.iter().any(|old| old.id() == key.id())).cloned(),
        );
        let signers: Vec<_> = signers.iter().collect();
        let file =
            RootDraft::new(version, expires, keys).sign(&signers).expect("a test's draft can be signed");
        self.root_signers = own;
        self.files.insert(Role::Root.file_path(version), file);
    }

    /// Gives a role a new key and signs the next root. What the role signed before has to be signed again.
    pub fn rotate(&mut self, role: Role) {
        let key = self.new_key();
        self.signers.insert(role, vec![key]);
        self.publish_root();
    }

    /// Signs the next targets.
    pub fn publish_targets(&mut self) {
        let (version, expires) = self.next(Role::Targets);
        let mut draft = TargetsDraft::new(version, expires, self.targets.clone());
        draft.delegations.clone_from(&self.delegations);
        let file = draft.sign(&self.signers(Role::Targets)).expect("a test's draft can be signed");
        self.files.insert(Role::Targets.file_path(version), file);
    }

    /// Signs the file of a delegated role, for the next snapshot to list.
    pub fn publish_delegated(&mut self, role: &RoleName, draft: &TargetsDraft, keys: &[&SigningKey]) {
        let file = draft.sign(keys).expect("a test's draft can be signed");
        self.listed.insert(format!("{}.json", role.as_str()), MetaInfo::of(draft.version, &file));
        self.files.insert(role.file_path(draft.version, true), file);
    }

    /// Signs the bins of a draft that changed, with the targets keys, for the next snapshot to list; gives their names.
    pub fn publish_bins(&mut self, draft: &BinsDraft) -> Vec<String> {
        let before = |name: &RoleName| {
            let version = self.listed.get(&format!("{}.json", name.as_str()))?.version;
            let file = self.files.get(&name.file_path(version, true)).map(Vec::as_slice);
            Some(BinBefore { version, file })
        };
        let signed = draft.sign(before, &self.signers(Role::Targets)).expect("a test's draft can be signed");
        let mut new = Vec::new();
        for bin in signed {
            self.listed.insert(bin.in_snapshot(), bin.info);
            if bin.is_new {
                new.push(bin.name.as_str().to_owned());
            }
            self.files.insert(bin.file_path(), bin.file);
        }
        new
    }

    /// Bins of that name which the targets keys sign.
    pub fn bins(&self, prefix: &str, bits: u32) -> SuccinctBins {
        let prefix = RoleName::delegated(prefix).expect("a test's name of a role is one");
        let keys = self.key_set(Role::Targets).for_role(prefix.clone());
        SuccinctBins::new(prefix, keys, bits).expect("a test's number of bits is one")
    }

    /// Signs the next snapshot, of the newest targets.
    pub fn publish_snapshot(&mut self) {
        let targets = self.newest(Role::Targets);
        let (version, expires) = self.next(Role::Snapshot);
        let mut draft = SnapshotDraft::new(version, expires, targets);
        draft.meta.extend(self.listed.clone());
        let file = draft.sign(&self.signers(Role::Snapshot)).expect("a test's draft can be signed");
        self.files.insert(Role::Snapshot.file_path(version), file);
    }

    /// Signs the next timestamp, of the newest snapshot.
    pub fn publish_timestamp(&mut self) {
        let snapshot = self.newest(Role::Snapshot);
        let (version, expires) = self.next(Role::Timestamp);
        let draft = TimestampDraft::new(version, expires, snapshot);
        let file = draft.sign(&self.signers(Role::Timestamp)).expect("a test's draft can be signed");
        self.files.insert(Role::Timestamp.file_path(version), file);
    }

    /// Every published file by its path.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Every published file, to be changed as a mirror may change it.
    pub fn files_mut(&mut self) -> &mut BTreeMap<String, Vec<u8>> {
        &mut self.files
    }

    /// The path of the newest file of a role.
    pub fn path(&self, role: Role) -> String {
        role.file_path(self.version(role))
    }

    /// The newest file of a role.
    pub fn file(&self, role: Role) -> Vec<u8> {
        self.files.get(&self.path(role)).cloned().unwrap_or_default()
    }

    /// The safety number of a root.
    pub fn number(&self, version: u64) -> SafetyNumber {
        let numbers = self.first_use(FirstUse::remembering(Limits::default())).map(|memory| memory.numbers());
        let numbers: BTreeMap<_, _> = numbers.expect("a test's chain verifies").into_iter().collect();
        *numbers.get(&version).expect("a test asks for a root that there is")
    }

    /// Answers a request as an honest mirror does.
    pub fn serve(&self, request: &Request) -> Answer<'_> {
        self.files.get(&request.path).map_or(Answer::Missing, |bytes| Answer::Bytes(bytes))
    }

    /// Carries a first use out against this repository.
    pub fn first_use(&self, mut first_use: FirstUse) -> Result<Memory, Refusal> {
        while let Step::Fetch(request) = first_use.step() {
            first_use.answer(self.serve(&request))?;
        }
        first_use.finish()
    }

    /// Refreshes what is remembered against this repository.
    pub fn refreshed(&self, memory: Memory, now: Time) -> Outcome {
        let mut refresh = Refresh::begin(memory, now, Limits::default());
        let (mut requests, mut refusal) = (Vec::new(), None);
        while let (None, Step::Fetch(request)) = (&refusal, refresh.step()) {
            refusal = refresh.answer(self.serve(&request)).err();
            requests.push(request.path);
        }
        Outcome { changed: refresh.changed(), memory: refresh.into_memory(), requests, refusal }
    }

    /// What a client remembers that has just met this repository and refreshed.
    pub fn remembered(&self, now: Time) -> Memory {
        let memory =
            self.first_use(FirstUse::remembering(Limits::default())).expect("a test's chain verifies");
        let outcome = self.refreshed(memory, now);
        assert_eq!(outcome.refusal, None, "a test's repository verifies");
        outcome.memory
    }

    /// The version of the newest file of a role.
    pub fn version(&self, role: Role) -> u64 {
        self.versions.get(&role).copied().unwrap_or_default()
    }

    /// Pins the newest file of a role as it stands there.
    pub fn newest(&self, role: Role) -> MetaInfo {
        MetaInfo::of(self.version(role), &self.file(role))
    }

    fn next(&mut self, role: Role) -> (u64, Time) {
        let version = self.versions.entry(role).or_default();
        *version += 1;
        (*version, *self.expiry.get(&role).expect("every role has one"))
    }

    fn key_set(&self, role: Role) -> KeySet {
        let threshold = self.thresholds.get(&role).copied().and_then(NonZeroU32::new);
        let keys = self.signers(role).into_iter().map(SigningKey::public);
        KeySet::of(role, keys, threshold.expect("a test's threshold is not zero"))
    }
}
