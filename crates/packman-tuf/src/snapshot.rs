//! The snapshot: which versions of the targets files belong together.

use packman_strict::json::Reader;
use packman_strict::quote::quoted;

use crate::payload::{Header, Payload, sealed};
use crate::sorted::Sorted;
use crate::{MetaInfo, Reason, Refusal, Role, RoleName, Verified};

/// The name under which a snapshot lists the top-level targets.
const TARGETS: &str = "targets.json";

/// What a snapshot says (section 4.4).
#[derive(Clone, Debug)]
pub struct Snapshot {
    header: Header,
    targets: MetaInfo,
    meta: Sorted<MetaInfo>,
}

impl Snapshot {
    /// The targets that belong to this snapshot.
    pub const fn targets(&self) -> MetaInfo {
        self.targets
    }

    /// What is listed of a delegated role's file.
    pub fn role(&self, name: &RoleName) -> Option<MetaInfo> {
        self.meta.find(&name.in_snapshot()).copied()
    }

    /// All files listed, by name (`targets.json`, and `<role>.json` for delegated roles).
    pub fn meta(&self) -> impl ExactSizeIterator<Item = (&str, MetaInfo)> {
        self.meta.iter().map(|(name, info)| (name, *info))
    }
}

impl Verified<Snapshot> {
    /// 5.5.5: no file listed in a snapshot that was seen may be missing here, or have a lower version.
    pub(crate) fn follows(&self, seen: &Snapshot) -> Result<(), Refusal> {
        for (name, before) in seen.meta.iter() {
            let reason = match self.meta.find(name) {
                None => Reason::Disappeared { name: name.to_owned() },
                Some(after) if after.version < before.version => Reason::Rollback {
                    of: quoted(name).to_string(),
                    found: after.version,
                    wanted: before.version,
                },
                Some(_) => continue,
            };
            return Err(Refusal::new(self.file_path(), reason));
        }
        Ok(())
    }
}

impl sealed::Sealed for Snapshot {}

impl Payload for Snapshot {
    const ROLE: Role = Role::Snapshot;

    fn read(signed: Reader<'_, '_>) -> Result<Self, Reason> {
        let header = Header::read(signed, Role::Snapshot)?;
        let meta = signed.member("meta")?;
        let targets = MetaInfo::read(meta.member(TARGETS)?)?;
        let members = meta.members()?;
        let read = |(name, info)| Ok::<_, Reason>((name, MetaInfo::read(info)?));
        Ok(Self { header, targets, meta: Sorted::of_members(members.len(), members.map(read))? })
    }

    fn header(&self) -> Header {
        self.header
    }
}
