//! Repositories by chance: roles, keys, delegations and targets, published again and again.

use std::collections::BTreeMap;

use ed25519_dalek::Signer as _;
use packman_strict::Sha256;
use packman_strict::digest::Sha512;
use packman_strict::json::{Object, Value, canonical};
use sha2::Digest as _;

use crate::craft::NOW;
use crate::harm::Harm;
use crate::rng::Rng;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The paths that are looked for, whether anybody lists them or not.
pub(crate) const PATHS: [&str; 9] =
    ["x", "y", "A.json", "t/x", "t/y.json", "t/u/z", "\u{fc}/\u{f6} \u{1f511}", "[a]", "a*"];

const ROLES: [&str; 6] = ["a", "b", "c", "d/e", "\u{fc}", "z z"];
const TOP: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// Which digests are stated.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kinds {
    None,
    Sha256,
    Sha512,
    Both,
    /// One that few clients know.
    Sha384,
    /// One that nobody knows, beside one that everybody does.
    Unknown,
    /// SHA-256 in upper case.
    Upper,
}

/// Keys, by their seeds, and how many must sign.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    pub(crate) keys: Vec<u8>,
    pub(crate) threshold: u64,
}

#[derive(Clone, Debug)]
struct Edge {
    from: String,
    to: String,
    paths: (&'static str, Vec<String>),
    signers: Signers,
    terminating: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    consistent: bool,
    signers: BTreeMap<&'static str, Signers>,
    root_signers: Vec<u8>,
    edges: Vec<Edge>,
    bins: Option<(u32, Signers)>,
    targets: BTreeMap<String, Vec<String>>,
    /// Digests and lengths of targets, and of metadata.
    kinds: (Kinds, Kinds),
    lengths: bool,
    pub(crate) versions: BTreeMap<String, u64>,
    roots: Files,
    next_key: u8,
    edition: u64,
}

pub(crate) fn key_value(seed: u8) -> Value<'static> {
    let public = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
    let value = Object::new().with("public", hex(&public));
    Object::new().with("keytype", "ed25519").with("keyval", value).with("scheme", "ed25519").into()
}

pub(crate) fn key_id(seed: u8) -> String {
    Sha256::of(&canonical(&key_value(seed)).unwrap()).to_string()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn signature(seed: u8, signed: &Value<'_>) -> Value<'static> {
    let message = canonical(signed).unwrap_or_default();
    let signature = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).sign(&message).to_bytes();
    Object::new().with("keyid", key_id(seed)).with("sig", hex(&signature)).into()
}

pub(crate) fn hashes(bytes: &[u8], kinds: Kinds) -> Option<Value<'static>> {
    let object = Object::new();
    let (sha256, sha512) = (Sha256::of(bytes).to_string(), Sha512::of(bytes).to_string());
    Some(Value::from(match kinds {
        Kinds::None => return None,
        Kinds::Sha256 => object.with("sha256", sha256),
        Kinds::Sha512 => object.with("sha512", sha512),
        Kinds::Both => object.with("sha256", sha256).with("sha512", sha512),
        Kinds::Sha384 => object.with("sha384", hex(&sha2::Sha384::digest(bytes))),
        Kinds::Unknown => object.with("sha256", sha256).with("x-hash", "00"),
        Kinds::Upper => object.with("sha256", sha256.to_uppercase()),
    }))
}

impl World {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut world = Self {
            consistent: rng.percent(80),
            signers: BTreeMap::new(),
            root_signers: Vec::new(),
            edges: Vec::new(),
            bins: None,
            targets: BTreeMap::new(),
            kinds: (rng.one_of(&[Kinds::Sha256, Kinds::Sha512, Kinds::Both]), Kinds::Both),
            lengths: rng.percent(80),
            versions: BTreeMap::new(),
            roots: Files::new(),
            next_key: 1,
            edition: 0,
        };
        world.kinds.1 = rng.one_of(&[Kinds::None, Kinds::Sha256, Kinds::Sha256, Kinds::Sha512, Kinds::Both]);
        for role in TOP {
            let signers = world.new_signers(rng);
            world.signers.insert(role, signers);
        }
        world.redelegate(rng);
        world.publish_root(rng, &Harm::none());
        world
    }

    pub(crate) fn rotate_snapshot(&mut self, rng: &mut Rng) {
        let signers = self.new_signers(rng);
        self.signers.insert("snapshot", signers);
        self.publish_root(rng, &Harm::none());
    }

    /// More roles than are visited, each for every path of one part.
    pub(crate) fn wide(rng: &mut Rng) -> Self {
        let mut world = Self::new(rng);
        world.bins = None;
        world.edges = (0..40)
            .map(|number| Edge {
                from: "targets".to_owned(),
                to: format!("role-{number}"),
                paths: ("paths", vec!["*".to_owned()]),
                signers: Signers { keys: vec![200], threshold: 1 },
                terminating: false,
            })
            .collect();
        world.targets = BTreeMap::new();
        world
    }

    fn new_signers(&mut self, rng: &mut Rng) -> Signers {
        let keys: Vec<u8> = (0..=rng.below(3)).map(|_| self.new_key()).collect();
        let threshold = 1 + rng.below(keys.len()) as u64;
        Signers { keys, threshold }
    }

    pub(crate) const fn new_key(&mut self) -> u8 {
        self.next_key += 1;
        self.next_key
    }

    fn redelegate(&mut self, rng: &mut Rng) {
        self.edges.clear();
        self.bins = None;
        if rng.percent(15) {
            let signers = self.new_signers(rng);
            self.bins = Some((1 + u32::try_from(rng.below(5)).unwrap(), signers));
        } else {
            for _ in 0..rng.below(8) {
                let reached: Vec<String> = self.edges.iter().map(|edge| edge.to.clone()).collect();
                let from = if reached.is_empty() || rng.percent(50) {
                    "targets".to_owned()
                } else {
                    rng.one_of(&reached)
                };
                let to = rng.one_of(&ROLES).to_owned();
                if self.edges.iter().any(|edge| edge.from == from && edge.to == to) {
                    continue;
                }
                let signers = self.new_signers(rng);
                let edge = Edge { from, to, paths: random_paths(rng), signers, terminating: rng.percent(25) };
                self.edges.push(edge);
            }
        }
        self.retarget(rng);
    }

    fn retarget(&mut self, rng: &mut Rng) {
        self.edition += 1;
        self.targets = self
            .role_names()
            .into_iter()
            .chain(["targets".to_owned()])
            .map(|role| (role, rng.some_of(&PATHS.map(str::to_owned))))
            .collect();
    }

    /// The delegated roles.
    pub(crate) fn role_names(&self) -> Vec<String> {
        if let Some((bits, _)) = &self.bins {
            let width = usize::try_from(bits.div_ceil(4)).unwrap();
            return (0..1_u64 << bits).map(|number| format!("bin-{number:0width$x}")).collect();
        }
        let mut names: Vec<String> = self.edges.iter().map(|edge| edge.to.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// What an honest repository does between two visits. Says it, for reports.
    pub(crate) fn evolve(&mut self, rng: &mut Rng) -> String {
        match rng.below(10) {
            0 | 1 => {
                self.retarget(rng);
                "new targets".to_owned()
            }
            2 => {
                self.redelegate(rng);
                "new delegations".to_owned()
            }
            3..=5 => {
                let role = rng.one_of(&TOP);
                let old = self.signers[role].clone();
                let signers = if rng.percent(50) { self.new_signers(rng) } else { self.changed(&old, rng) };
                self.signers.insert(role, signers);
                self.publish_root(rng, &Harm::none());
                format!("new keys of {role}")
            }
            6 => {
                self.kinds.1 = rng.one_of(&[Kinds::None, Kinds::Sha256, Kinds::Both]);
                "other digests".to_owned()
            }
            _ => "no news".to_owned(),
        }
    }

    fn changed(&mut self, old: &Signers, rng: &mut Rng) -> Signers {
        let mut keys = old.keys.clone();
        keys.remove(rng.below(keys.len()));
        let key = self.new_key();
        keys.push(key);
        let threshold = 1 + rng.below(keys.len()) as u64;
        Signers { keys, threshold }
    }

    fn next_version(&mut self, role: &str) -> u64 {
        let version = self.versions.entry(role.to_owned()).or_default();
        *version += 1;
        *version
    }

    fn header(role: &str, version: u64) -> Object<'static> {
        let days = if role == "timestamp" { 5 } else { 50 };
        Object::new()
            .with("_type", if TOP.contains(&role) { role.to_owned() } else { "targets".to_owned() })
            .with("expires", NOW.plus_days(days).to_string())
            .with("spec_version", "1.0.31")
            .with("version", version)
    }

    pub(crate) fn publish_root(&mut self, rng: &mut Rng, harm: &Harm) {
        let version = self.next_version("root");
        let mut keys = Object::new();
        let mut roles = Object::new();
        for role in TOP {
            let signers = &self.signers[role];
            for key in &signers.keys {
                keys.insert(key_id(*key), key_value(*key));
            }
            roles.insert(role, role_value(Object::new(), signers));
        }
        let signed = Self::header("root", version)
            .with("consistent_snapshot", self.consistent)
            .with("keys", keys)
            .with("roles", roles);
        let mut signers = self.root_signers.clone();
        signers.extend(self.signers["root"].keys.iter().filter(|key| !self.root_signers.contains(key)));
        let file = harm.file("root", signed.into(), &signers, rng);
        self.roots.insert(format!("metadata/{version}.root.json"), file);
        self.root_signers = self.signers["root"].keys.clone();
    }

    fn delegations(&self, from: &str) -> Option<Value<'static>> {
        let mut keys = Object::new();
        let mut add = |signers: &Signers| {
            for key in &signers.keys {
                keys.insert(key_id(*key), key_value(*key));
            }
        };
        if let Some((bits, signers)) = self.bins.as_ref().filter(|_| from == "targets") {
            add(signers);
            let shape = Object::new().with("bit_length", u64::from(*bits)).with("name_prefix", "bin");
            return Some(
                Object::new().with("keys", keys).with("succinct_roles", role_value(shape, signers)).into(),
            );
        }
        let edges: Vec<&Edge> = self.edges.iter().filter(|edge| edge.from == from).collect();
        let roles = edges.iter().map(|edge| {
            add(&edge.signers);
            let paths: Value<'static> = edge.paths.1.iter().cloned().collect();
            let base = Object::new()
                .with("name", edge.to.clone())
                .with("terminating", edge.terminating)
                .with(edge.paths.0, paths);
            role_value(base, &edge.signers)
        });
        let roles: Value<'static> = roles.collect();
        (!edges.is_empty()).then(|| Object::new().with("keys", keys).with("roles", roles).into())
    }

    fn targets_value(&self, role: &str, kinds: Kinds, files: &mut Files) -> Value<'static> {
        let mut listed = Object::new();
        for path in self.targets.get(role).into_iter().flatten() {
            // Without digests in their names, all roles that list a path list one file.
            let bytes =
                if self.consistent { format!("{role} {path} {}", self.edition) } else { path.clone() };
            let bytes = bytes.into_bytes();
            let info = Object::new().with("length", bytes.len() as u64);
            listed.insert(
                path.clone(),
                match hashes(&bytes, kinds) {
                    Some(hashes) => info.with("hashes", hashes),
                    None => info,
                },
            );
            for place in places(path, &bytes) {
                files.insert(place, bytes.clone());
            }
        }
        listed.into()
    }

    /// All files of a mirror, with harm done to one of them. What pins a file pins it as it is, unless the harm says so.
    pub(crate) fn publish(&mut self, harm: &Harm, rng: &mut Rng) -> Files {
        let mut files = Files::new();
        if harm.is_of("root") {
            self.publish_root(rng, harm);
        }
        let mut meta = Object::new();
        for role in self.role_names().into_iter().chain(["targets".to_owned()]) {
            let version = self.next_version(&role);
            let kinds = harm.kinds(&role).unwrap_or(self.kinds.0);
            let mut signed =
                Self::header(&role, version).with("targets", self.targets_value(&role, kinds, &mut files));
            if let Some(delegations) = self.delegations(&role) {
                signed.insert("delegations", delegations);
            }
            let signers = match (&self.bins, role.as_str()) {
                (_, "targets") => self.signers["targets"].keys.clone(),
                (Some((_, signers)), _) => signers.keys.clone(),
                (None, _) => self
                    .edges
                    .iter()
                    .filter(|edge| edge.to == role)
                    .flat_map(|edge| edge.signers.keys.clone())
                    .collect(),
            };
            let (name, info) = self.put(&mut files, &role, version, signed.into(), &signers, harm, rng);
            meta.insert(name, info);
        }
        let version = self.next_version("snapshot");
        let signed = Self::header("snapshot", version).with("meta", meta);
        let signers = self.signers["snapshot"].keys.clone();
        let (name, info) = self.put(&mut files, "snapshot", version, signed.into(), &signers, harm, rng);
        let version = self.next_version("timestamp");
        let signed = Self::header("timestamp", version).with("meta", Object::new().with(name, info));
        let file = harm.file("timestamp", signed.into(), &self.signers["timestamp"].keys.clone(), rng);
        files.insert("metadata/timestamp.json".to_owned(), file);
        files.extend(self.roots.clone());
        files
    }

    /// Puts a file there, and gives what pins it.
    #[allow(clippy::too_many_arguments, reason = "all of it is of one file")]
    fn put(
        &self,
        files: &mut Files,
        role: &str,
        version: u64,
        signed: Value<'static>,
        signers: &[u8],
        harm: &Harm,
        rng: &mut Rng,
    ) -> (String, Value<'static>) {
        let honest = crate::harm::signed_file(&signed, signers);
        let file = harm.file(role, signed, signers, rng);
        let pinned = if harm.is_stale(role) { &honest } else { &file };
        let kinds = harm.pin_kinds(role).unwrap_or(self.kinds.1);
        // A version that was harmed is pinned as it is, where it is one.
        let said = harm.version(role).unwrap_or_else(|| version.into());
        let number = said.as_u64().unwrap_or(version);
        let mut info = Object::new().with("version", said);
        if self.lengths {
            info.insert("length", pinned.len() as u64);
        }
        if let Some(hashes) = hashes(pinned, kinds) {
            info.insert("hashes", hashes);
        }
        let name = encoded(role);
        for path in [format!("{number}.{name}"), format!("{version}.{name}"), name] {
            files.insert(format!("metadata/{path}.json"), file.clone());
        }
        (format!("{role}.json"), info.into())
    }
}

/// Where a target's file is asked for, whatever digest it is asked for by.
fn places(path: &str, bytes: &[u8]) -> Vec<String> {
    let (folder, name) =
        path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
    let digests = [
        Sha256::of(bytes).to_string(),
        Sha512::of(bytes).to_string(),
        hex(&sha2::Sha384::digest(bytes)),
        Sha256::of(bytes).to_string().to_uppercase(),
    ];
    let hashed = digests.iter().map(|digest| format!("targets/{folder}{digest}.{name}"));
    hashed.chain([format!("targets/{path}")]).collect()
}

/// A role's name as both clients ask for its file.
pub(crate) fn encoded(role: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    role.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn role_value(base: Object<'static>, signers: &Signers) -> Value<'static> {
    let ids: Value<'static> = signers.keys.iter().map(|key| key_id(*key)).collect();
    base.with("keyids", ids).with("threshold", signers.threshold).into()
}

fn random_paths(rng: &mut Rng) -> (&'static str, Vec<String>) {
    if rng.percent(25) {
        let digits = rng.some_of(&[
            "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f", "0a", "ff",
        ]);
        return ("path_hash_prefixes", digits.into_iter().map(str::to_owned).collect());
    }
    let patterns = ["*", "x", "?", "t/*", "*/*", "t/*.json", "*.json", "*/*/*", "t/u/?", "a*", "\u{fc}/*"];
    ("paths", rng.some_of(&patterns).into_iter().map(str::to_owned).collect())
}
