//! The root: which keys every role has.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use packman_strict::json::{Canonical, Reader, ShapeError};

use crate::payload::{Header, Payload, sealed};
use crate::{
    Envelope, File, KeyId, KeySet, Limits, PublicKey, Reason, Refusal, Role, RoleName, SafetyNumber, Verified,
};

/// What a root says (section 4.3).
#[derive(Clone, Debug)]
pub struct Root {
    header: Header,
    keys: RoleKeys,
    consistent: bool,
    number: SafetyNumber,
}

/// The keys of each top-level role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleKeys {
    /// Who signs roots.
    pub root: KeySet,
    /// Who signs timestamps.
    pub timestamp: KeySet,
    /// Who signs snapshots.
    pub snapshot: KeySet,
    /// Who signs targets.
    pub targets: KeySet,
}

impl RoleKeys {
    /// The keys of a role.
    pub const fn of(&self, role: Role) -> &KeySet {
        match role {
            Role::Root => &self.root,
            Role::Timestamp => &self.timestamp,
            Role::Snapshot => &self.snapshot,
            Role::Targets => &self.targets,
        }
    }
}

impl Root {
    /// The keys of a role.
    pub const fn keys(&self, role: Role) -> &KeySet {
        self.keys.of(role)
    }

    /// The keys of all roles.
    pub const fn role_keys(&self) -> &RoleKeys {
        &self.keys
    }

    /// Whether files are published under their versions and digests (section 6.2).
    pub const fn is_consistent(&self) -> bool {
        self.consistent
    }

    /// The safety number that stands for this root.
    pub const fn number(&self) -> SafetyNumber {
        self.number
    }
}

impl sealed::Sealed for Root {}

impl Payload for Root {
    const ROLE: Role = Role::Root;

    fn read(signed: Reader<'_, '_>) -> Result<Self, Reason> {
        let header = Header::read(signed, Role::Root)?;
        let consistent =
            signed.optional("consistent_snapshot")?.map(Reader::bool).transpose()?.unwrap_or(false);
        let keys = read_keys(signed.member("keys")?)?;
        let roles = signed.member("roles")?;
        let keys = RoleKeys {
            root: read_role(roles, Role::Root, &keys)?,
            timestamp: read_role(roles, Role::Timestamp, &keys)?,
            snapshot: read_role(roles, Role::Snapshot, &keys)?,
            targets: read_role(roles, Role::Targets, &keys)?,
        };
        let form = Canonical::of(signed).map_err(|error| Reason::BadMetadata(error.to_string()))?;
        Ok(Self { header, keys, consistent, number: SafetyNumber::of_signed_part(&form.to_vec()) })
    }

    fn header(&self) -> Header {
        self.header
    }
}

pub(crate) type Keys = BTreeMap<KeyId, PublicKey>;

/// Reads the keys under their ids. That the object has no id twice was the strict parser's to see.
pub(crate) fn read_keys(keys: Reader<'_, '_>) -> Result<Keys, Reason> {
    keys.members()?.map(|(id, key)| Ok((KeyId::new(id), PublicKey::read(key)?))).collect()
}

fn read_role(roles: Reader<'_, '_>, role: Role, keys: &Keys) -> Result<KeySet, Reason> {
    read_key_set(roles.member(role.name())?, role.into(), keys)
}

/// Reads the ids and the threshold of a role, top-level or delegated.
pub(crate) fn read_key_set(of: Reader<'_, '_>, role: RoleName, keys: &Keys) -> Result<KeySet, Reason> {
    let threshold = of.member("threshold")?;
    // A threshold of 0 would believe a file that nobody signed.
    let number = u32::try_from(threshold.u64()?).ok().and_then(NonZeroU32::new);
    let number = number.ok_or_else(|| threshold.wrong("an integer from 1 to 2^32-1"))?;
    let mut own = Keys::new();
    let mut seen = std::collections::BTreeSet::new();
    for id in of.member("keyids")?.elements()? {
        let text = id.str()?;
        if !seen.insert(text) {
            return Err(id.wrong("each key id once").into());
        }
        // An id without a key can sign nothing, so it is no more than a key nobody has.
        own.extend(keys.get_key_value(&KeyId::new(text)).map(|(id, key)| (id.clone(), key.clone())));
    }
    Ok(KeySet::new(role, own, number))
}

/// Whether two roles state the same ids in the same order and the same threshold, both as they may.
pub(crate) fn same_key_set(one: Reader<'_, '_>, other: Reader<'_, '_>) -> bool {
    let same = || -> Result<bool, ShapeError> {
        let (ids, others) = (one.member("keyids")?.elements()?, other.member("keyids")?.elements()?);
        let same_ids = ids.map(|id| id.str().ok()).eq(others.map(|id| id.str().ok()));
        Ok(same_ids && one.member("threshold")?.u64()? == other.member("threshold")?.u64()?)
    };
    same().unwrap_or(false)
}

/// A root that a threshold of its own keys signed. That says that it is whole, not that it is to be believed.
pub(crate) struct SelfSigned(Verified<Root>);

impl SelfSigned {
    /// Reads the root of that version, and counts its own keys' signatures.
    pub(crate) fn parse(bytes: &[u8], version: u64, limits: &Limits) -> Result<Self, Refusal> {
        let envelope = Envelope::parse(Role::Root.file_path(version), bytes, limits.root_bytes)?;
        let claim: Root = envelope.claim()?;
        let root: Verified<Root> = claim.keys(Role::Root).verify(&envelope)?;
        let found = root.version();
        if found != version {
            return Err(envelope.refusal(Reason::WrongVersion { found, wanted: version }));
        }
        limits.rules.allow_root(&root)?;
        Ok(Self(root))
    }

    /// The safety number, to be compared before the root is believed.
    pub(crate) fn number(&self) -> SafetyNumber {
        self.0.number()
    }

    /// Believes the root: its number was compared, or it is the first and remembered.
    pub(crate) fn believe(self) -> Verified<Root> {
        self.0
    }
}

/// Believes the root after `before`: a threshold of the keys of both signed it, and its version is the next.
pub(crate) fn successor(
    before: &Verified<Root>,
    file: File<'_>,
    limits: &Limits,
) -> Result<Verified<Root>, Refusal> {
    let wanted = before.version().saturating_add(1);
    let envelope = Envelope::parse(Role::Root.file_path(wanted), file, limits.root_bytes)?;
    // 5.3.4, first half: the keys that are remembered.
    let old = before.keys(Role::Root);
    let next: Verified<Root> = old.verify(&envelope).map_err(|refusal| explain(refusal, &envelope))?;
    // 5.3.4, second half: its own keys, or a root could be published that nobody can follow.
    next.keys(Role::Root).threshold_met(&envelope)?;
    limits.rules.allow_root(&next)?;
    // 5.3.5: exactly the next version, so that no root in between is passed over.
    match next.version() {
        found if found == wanted => Ok(next),
        found if found < wanted => {
            Err(envelope.refusal(Reason::Rollback { of: "the root".to_owned(), found, wanted }))
        }
        found => Err(envelope.refusal(Reason::WrongVersion { found, wanted })),
    }
}

/// Judges a whole root that stands in the place of one that is remembered, and is another: the remembered keys signed
/// both, or somebody else took the place.
pub(crate) fn other(remembered: &Verified<Root>, bytes: &[u8], limits: &Limits) -> Option<Refusal> {
    let version = remembered.version();
    let root = SelfSigned::parse(bytes, version, limits).ok()?.believe();
    if root.number() == remembered.number() {
        return None;
    }
    let envelope = Envelope::parse(Role::Root.file_path(version), bytes, limits.root_bytes).ok()?;
    let reason = match remembered.keys(Role::Root).threshold_met(&envelope) {
        Ok(()) => Reason::Contradiction {
            version,
            found: root.signed_digest(),
            remembered: remembered.signed_digest(),
        },
        Err(refusal) => match *refusal.reason() {
            Reason::BadSignature { found, wanted, .. } => Reason::UnexplainedChange { found, wanted },
            _ => return None,
        },
    };
    Some(envelope.refusal(reason))
}

/// Judges a whole root that should be the one before a remembered root, and does not lead to it.
pub(crate) fn not_after(
    before: &Verified<Root>,
    remembered: &Verified<Root>,
    limits: &Limits,
) -> Option<Refusal> {
    let path = Role::Root.file_path(before.version());
    match successor(before, File::from(remembered.bytes()), limits) {
        Ok(_) => None,
        Err(refusal) => match *refusal.reason() {
            Reason::UnexplainedChange { found, wanted } => {
                Some(Refusal::new(path, Reason::UnexplainedChange { found, wanted }))
            }
            _ => None,
        },
    }
}

/// Tells a broken next root from a whole one that somebody else signed: the second is a change that needs a
/// new safety number from the maintainer, the first is only a bad copy.
fn explain(refusal: Refusal, envelope: &Envelope<'_>) -> Refusal {
    let Reason::BadSignature { found, wanted, .. } = *refusal.reason() else { return refusal };
    let own_keys_signed = |root: &Root| root.keys(Role::Root).threshold_met(envelope).is_ok();
    match envelope.claim::<Root>() {
        Ok(root) if own_keys_signed(&root) => envelope.refusal(Reason::UnexplainedChange { found, wanted }),
        _ => refusal,
    }
}
