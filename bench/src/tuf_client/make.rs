//! Repositories of the shapes that are measured, signed with keys that are made here and forgotten.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::SystemTime;

use packman_strict::time::Time;
use packman_tuf::{
    BinsDraft, Delegations, KeySet, MetaInfo, Role, RoleKeys, RoleName, RootDraft, SigningKey, SnapshotDraft,
    SuccinctBins, TargetInfo, TargetPath, TargetsDraft, TimestampDraft,
};

use crate::Outcome;

/// Signs a repository: `flat`, or `roles-BITS` (hash bins as roles one by one) or `succinct-BITS` (TAP 15).
pub(crate) fn make(folder: &Path, kind: &str, targets: &str) -> Outcome<()> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let expires = Time::from_seconds(i64::try_from(seconds)?).plus_days(60);
    let keys = Keys::new()?;
    fs::create_dir_all(folder.join("metadata"))?;
    let write = |path: String, bytes: &[u8]| -> Outcome<()> { Ok(fs::write(folder.join(path), bytes)?) };
    let root = RootDraft::new(1, expires, keys.roles()).sign(&[&keys.root])?;
    write(Role::Root.file_path(1), &root)?;

    let mut snapshot = SnapshotDraft::new(1, expires, MetaInfo::of(1, b""));
    let mut top = TargetsDraft::new(1, expires, BTreeMap::new());
    let listed = listed(folder, targets.parse()?)?;
    match kind.split_once('-') {
        None => top.targets = listed,
        Some((kind, bits)) => {
            let prefix = RoleName::delegated("bin").ok_or("no name for bins")?;
            let set = set(&keys.targets, prefix.clone());
            let bins = SuccinctBins::new(prefix, set, bits.parse()?).ok_or("wanted 1 to 32 bits")?;
            top.delegations = Some(match kind {
                "roles" => Delegations::Roles(bins.to_roles()),
                _ => Delegations::Bins(bins.clone()),
            });
            for bin in BinsDraft::new(bins, listed, expires, expires).sign(|_| None, &[&keys.targets])? {
                write(bin.file_path(), &bin.file)?;
                snapshot.meta.insert(bin.in_snapshot(), bin.info);
            }
        }
    }
    let top = top.sign(&[&keys.targets])?;
    write(Role::Targets.file_path(1), &top)?;
    snapshot.meta.insert("targets.json".to_owned(), MetaInfo::of(1, &top));
    let snapshot = snapshot.sign(&[&keys.online])?;
    write(Role::Snapshot.file_path(1), &snapshot)?;
    let timestamp = TimestampDraft::new(1, expires, MetaInfo::of(1, &snapshot)).sign(&[&keys.online])?;
    write(Role::Timestamp.file_path(1), &timestamp)
}

/// The targets; of all of them the one in the middle is there.
fn listed(folder: &Path, number: usize) -> Outcome<BTreeMap<TargetPath, TargetInfo>> {
    let mut targets = BTreeMap::new();
    for place in 0..number {
        let path = format!("projects/some-project-{place}.json");
        let bytes = format!("{{\"name\": \"some-project-{place}\"}}\n");
        let info = TargetInfo::of(bytes.as_bytes());
        if place == number / 2 {
            let file = folder.join(info.file_path(&path));
            fs::create_dir_all(file.parent().ok_or("no folder")?)?;
            fs::write(file, &bytes)?;
        }
        targets.insert(TargetPath::parse(&path)?, info);
    }
    Ok(targets)
}

struct Keys {
    root: SigningKey,
    targets: SigningKey,
    online: SigningKey,
}

impl Keys {
    fn new() -> Outcome<Self> {
        let mut random = File::open("/dev/urandom")?;
        let mut key = || -> Outcome<SigningKey> {
            let mut seed = [0; 32];
            random.read_exact(&mut seed)?;
            Ok(SigningKey::from_seed(seed))
        };
        Ok(Self { root: key()?, targets: key()?, online: key()? })
    }

    fn roles(&self) -> RoleKeys {
        RoleKeys {
            root: set(&self.root, Role::Root),
            timestamp: set(&self.online, Role::Timestamp),
            snapshot: set(&self.online, Role::Snapshot),
            targets: set(&self.targets, Role::Targets),
        }
    }
}

fn set(key: &SigningKey, role: impl Into<RoleName>) -> KeySet {
    KeySet::of(role, [key.public()], NonZeroU32::MIN)
}
