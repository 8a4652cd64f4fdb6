//! Drafts: what is to be signed, as typed values, and back from a file that was signed.
//!
//! A draft that was read from a file keeps the members that this version does not know, at every level, as
//! section 4 of the specification asks. Signing writes what python-tuf writes: any TUF client reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use packman_strict::json::{Object, Value};
use packman_strict::time::Time;

use crate::sign::{read_part, sign_part};
use crate::{
    DelegatedPaths, DelegatedRole, Delegations, KeySet, MetaInfo, Payload, Refusal, Role, RoleKeys, Root,
    SigningKey, Snapshot, TargetInfo, TargetPath, Targets, Timestamp, Unsignable,
};

/// The version of the specification that our files are written by.
const SPECIFICATION: &str = "1.0.31";

/// A root to be signed.
#[derive(Clone, Debug)]
pub struct RootDraft {
    /// The version, one more than that of the root before.
    pub version: u64,
    /// When it expires.
    pub expires: Time,
    /// The keys of every role.
    pub keys: RoleKeys,
    base: Object<'static>,
}

impl RootDraft {
    /// Drafts a root.
    pub fn new(version: u64, expires: Time, keys: RoleKeys) -> Self {
        Self { version, expires, keys, base: Object::new() }
    }

    /// Drafts a root like one that is there; `path` is for refusals. Its signatures are not looked at.
    pub fn parse(path: &str, file: &[u8]) -> Result<Self, Refusal> {
        let (root, base) = read_part::<Root>(path, file)?;
        Ok(Self { version: root.version(), expires: root.expires(), keys: root.role_keys().clone(), base })
    }

    /// The file, signed by those keys. Refused where a role's threshold is above the number of its keys.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<Vec<u8>, Unsignable> {
        let mut signed = header(&self.base, Role::Root, self.version, self.expires);
        signed.insert("consistent_snapshot", true);
        let old_roles = object_at(&self.base, "roles");
        // Only the keys that some role has: what a rotation retired does not stay behind.
        let mut all = Keys::new();
        let mut roles = old_roles.clone();
        for role in Role::ALL {
            let set = self.keys.of(role);
            roles.insert(role.name(), role_value(set, old_roles.get(role.name()))?);
            add_keys(&mut all, set, &self.base)?;
        }
        signed.insert("keys", all.into_iter().collect::<Object<'static>>());
        signed.insert("roles", roles);
        sign_part(signed, keys)
    }
}

/// Ids and threshold of a role. A threshold that no keys can reach would lock everybody out.
fn role_value(set: &KeySet, base: Option<&Value<'static>>) -> Result<Value<'static>, Unsignable> {
    let (role, threshold) = (set.role(), set.threshold().get());
    // What we cannot verify, nobody can who reads it as we do.
    let keys = set.distinct().into_iter().filter(|key| key.is_usable()).count();
    if usize::try_from(threshold).is_ok_and(|threshold| threshold > keys) {
        let why =
            format!("role {role} has {keys} distinct keys, wanted at least its threshold of {threshold}");
        return Err(Unsignable::new(why));
    }
    let mut value = base.and_then(Value::as_object).cloned().unwrap_or_default();
    let ids: Value<'static> = set.keys().map(|(id, _)| id.as_str().to_owned()).collect();
    value.insert("keyids", ids);
    value.insert("threshold", u64::from(threshold));
    Ok(value.into())
}

/// A timestamp to be signed.
#[derive(Clone, Debug)]
pub struct TimestampDraft {
    /// The version, above that of the timestamp before.
    pub version: u64,
    /// When it expires.
    pub expires: Time,
    /// The newest snapshot.
    pub snapshot: MetaInfo,
    base: Object<'static>,
}

impl TimestampDraft {
    /// Drafts a timestamp.
    pub fn new(version: u64, expires: Time, snapshot: MetaInfo) -> Self {
        Self { version, expires, snapshot, base: Object::new() }
    }

    /// Drafts a timestamp like one that is there. Its signatures are not looked at.
    pub fn parse(path: &str, file: &[u8]) -> Result<Self, Refusal> {
        let (timestamp, base) = read_part::<Timestamp>(path, file)?;
        let (version, expires) = (timestamp.version(), timestamp.expires());
        Ok(Self { version, expires, snapshot: timestamp.snapshot(), base })
    }

    /// The file, signed by those keys.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<Vec<u8>, Unsignable> {
        let mut signed = header(&self.base, Role::Timestamp, self.version, self.expires);
        let mut meta = object_at(&self.base, "meta");
        let snapshot = self.snapshot.write(meta.get("snapshot.json"));
        meta.insert("snapshot.json", snapshot);
        signed.insert("meta", meta);
        sign_part(signed, keys)
    }
}

/// A snapshot to be signed.
#[derive(Clone, Debug)]
pub struct SnapshotDraft {
    /// The version, above that of the snapshot before.
    pub version: u64,
    /// When it expires.
    pub expires: Time,
    /// Every targets file, `targets.json` first of all, by name.
    pub meta: BTreeMap<String, MetaInfo>,
    base: Object<'static>,
}

impl SnapshotDraft {
    /// Drafts a snapshot of the top-level targets alone.
    pub fn new(version: u64, expires: Time, targets: MetaInfo) -> Self {
        let meta = BTreeMap::from([("targets.json".to_owned(), targets)]);
        Self { version, expires, meta, base: Object::new() }
    }

    /// Drafts a snapshot like one that is there. Its signatures are not looked at.
    pub fn parse(path: &str, file: &[u8]) -> Result<Self, Refusal> {
        let (snapshot, base) = read_part::<Snapshot>(path, file)?;
        let meta = snapshot.meta().map(|(name, info)| (name.to_owned(), info)).collect();
        Ok(Self { version: snapshot.version(), expires: snapshot.expires(), meta, base })
    }

    /// The file, signed by those keys.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<Vec<u8>, Unsignable> {
        let mut signed = header(&self.base, Role::Snapshot, self.version, self.expires);
        let old = by_name(object_at(&self.base, "meta"));
        let meta = self.meta.iter().map(|(name, info)| (name.clone(), info.write(old.get(name.as_str()))));
        signed.insert("meta", meta.collect::<Object<'static>>());
        sign_part(signed, keys)
    }
}

/// Targets to be signed.
#[derive(Clone, Debug)]
pub struct TargetsDraft {
    /// The version, above that of the targets before.
    pub version: u64,
    /// When they expire.
    pub expires: Time,
    /// Every target, by path.
    pub targets: BTreeMap<TargetPath, TargetInfo>,
    /// Whom more targets are delegated to.
    pub delegations: Option<Delegations>,
    base: Object<'static>,
}

impl TargetsDraft {
    /// Drafts targets.
    pub fn new(version: u64, expires: Time, targets: BTreeMap<TargetPath, TargetInfo>) -> Self {
        Self { version, expires, targets, delegations: None, base: Object::new() }
    }

    /// Drafts targets like the ones that are there. Their signatures are not looked at.
    pub fn parse(path: &str, file: &[u8]) -> Result<Self, Refusal> {
        let (targets, base) = read_part::<Targets>(path, file)?;
        let (version, expires) = (targets.version(), targets.expires());
        let (targets, delegations) = targets.into_parts();
        Ok(Self { version, expires, targets, delegations, base })
    }

    /// The file, signed by those keys.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<Vec<u8>, Unsignable> {
        let mut signed = header(&self.base, Role::Targets, self.version, self.expires);
        let old = by_name(object_at(&self.base, "targets"));
        let targets = self.targets.iter().map(|(path, info)| {
            let base = old.get(path.as_str()).and_then(Value::as_object);
            (path.as_str().to_owned(), target_value(info, base))
        });
        signed.insert("targets", targets.collect::<Object<'static>>());
        match &self.delegations {
            Some(delegations) => {
                let value = delegations_value(delegations, &object_at(&self.base, "delegations"))?;
                signed.insert("delegations", value);
            }
            None => drop(signed.remove("delegations")),
        }
        sign_part(signed, keys)
    }
}

/// Whom targets are delegated to, and with which keys: those that some role has, each once.
fn delegations_value(
    delegations: &Delegations,
    base: &Object<'static>,
) -> Result<Object<'static>, Unsignable> {
    let mut value = base.clone();
    value.remove("roles");
    value.remove("succinct_roles");
    let mut keys = Keys::new();
    match delegations {
        Delegations::Roles(roles) => {
            let old = roles_by_name(base);
            let mut written = Vec::new();
            for role in roles {
                add_keys(&mut keys, &role.keys, base)?;
                let base = old.get(role.name.as_str()).cloned().unwrap_or_default();
                written.push(delegated_value(role, base)?);
            }
            value.insert("roles", written.into_iter().collect::<Value<'static>>());
        }
        Delegations::Bins(bins) => {
            add_keys(&mut keys, bins.keys(), base)?;
            let shape = object_at(base, "succinct_roles")
                .with("bit_length", u64::from(bins.bits()))
                .with("name_prefix", bins.prefix().as_str().to_owned());
            value.insert("succinct_roles", role_value(bins.keys(), Some(&shape.into()))?);
        }
    }
    value.insert("keys", keys.into_iter().collect::<Object<'static>>());
    Ok(value)
}

fn roles_by_name(base: &Object<'static>) -> BTreeMap<String, Object<'static>> {
    let roles = base.get("roles").and_then(Value::as_array).unwrap_or_default();
    let objects = roles.iter().filter_map(Value::as_object);
    objects.filter_map(|role| Some((role.get("name")?.as_str()?.to_owned(), role.clone()))).collect()
}

fn delegated_value(role: &DelegatedRole, mut base: Object<'static>) -> Result<Value<'static>, Unsignable> {
    base.remove("paths");
    base.remove("path_hash_prefixes");
    let (member, paths): (_, Value<'static>) = match &role.paths {
        DelegatedPaths::Patterns(patterns) => {
            ("paths", patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect())
        }
        DelegatedPaths::HashPrefixes(prefixes) => {
            ("path_hash_prefixes", prefixes.iter().map(|prefix| prefix.as_str().to_owned()).collect())
        }
    };
    let base = base
        .with("name", role.name.as_str().to_owned())
        .with(member, paths)
        .with("terminating", role.terminating);
    role_value(&role.keys, Some(&base.into()))
}

/// Key objects under their ids, sorted.
type Keys = BTreeMap<String, Value<'static>>;

fn add_keys(all: &mut Keys, set: &KeySet, base: &Object<'static>) -> Result<(), Unsignable> {
    let old = object_at(base, "keys");
    for (id, key) in set.keys() {
        let value = old.get(id.as_str()).cloned().or_else(|| key.to_value());
        let value = value.ok_or_else(|| {
            Unsignable::new(format!("key `{id}` is of an unknown kind, or none of its kind"))
        })?;
        all.insert(id.as_str().to_owned(), value);
    }
    Ok(())
}

/// One target. Digests of other kinds stay only while the file is the one that they were made of.
fn target_value(info: &TargetInfo, base: Option<&Object<'static>>) -> Object<'static> {
    let mut value = base.cloned().unwrap_or_default();
    let old = object_at(&value, "hashes");
    let same = info.hashes.are_stated_by(&old);
    value.insert("hashes", if same { old.into() } else { info.hashes.to_value() });
    value.insert("length", info.length);
    value
}

fn header(base: &Object<'static>, role: Role, version: u64, expires: Time) -> Object<'static> {
    base.clone()
        .with("_type", role.name())
        .with("expires", expires.to_string())
        .with("spec_version", SPECIFICATION)
        .with("version", version)
}

/// The members as a map: looking a name up in an object walks it, and there may be 100,000.
fn by_name(object: Object<'static>) -> BTreeMap<Cow<'static, str>, Value<'static>> {
    object.into_iter().collect()
}

fn object_at(object: &Object<'static>, name: &str) -> Object<'static> {
    object.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}
