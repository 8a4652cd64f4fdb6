//! Delegations: whom a targets role lets provide which targets (section 4.5), one by one or as succinct hash bins
//! (TAP 15).

use std::collections::HashSet;

use packman_strict::json::Reader;

use crate::pattern::path_digest;
use crate::root::{Keys, read_key_set, read_keys, same_key_set};
use crate::{HashPrefix, KeySet, PathPattern, Reason, RoleName};

/// The most bits of a path's digest that choose a bin: 2^32 bins are more than anybody can publish.
const MOST_BITS: u32 = 32;

/// Whom a targets role delegates to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Delegations {
    /// Roles one by one, in the order in which they are asked.
    Roles(Vec<DelegatedRole>),
    /// Hash bins of one shape, which share their keys.
    Bins(SuccinctBins),
}

/// One delegated role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DelegatedRole {
    /// Its name.
    pub name: RoleName,
    /// Who signs for it.
    pub keys: KeySet,
    /// What it may provide.
    pub paths: DelegatedPaths,
    /// Whether nobody after it is asked for what it may provide.
    pub terminating: bool,
}

/// Which target paths are delegated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DelegatedPaths {
    /// Those that one of these patterns means.
    Patterns(Vec<PathPattern>),
    /// Those whose SHA-256 begins with one of these digits.
    HashPrefixes(Vec<HashPrefix>),
}

/// 2^`bits` roles, each for the target paths whose SHA-256 begins with its number (TAP 15).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SuccinctBins {
    prefix: RoleName,
    keys: KeySet,
    bits: u32,
}

/// One edge of the graph of delegations, for one target path: the role, and who signs for it *here*.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) name: RoleName,
    pub(crate) keys: KeySet,
    pub(crate) terminating: bool,
}

impl Delegations {
    pub(crate) fn read(delegations: Reader<'_, '_>) -> Result<Self, Reason> {
        let keys = read_keys(delegations.member("keys")?)?;
        let roles = delegations.optional("roles")?;
        let bins = delegations.optional("succinct_roles")?;
        match (roles, bins) {
            (Some(roles), None) => Ok(Self::Roles(read_roles(roles, &keys)?)),
            (None, Some(bins)) => Ok(Self::Bins(SuccinctBins::read(bins, &keys)?)),
            _ => Err(delegations.wrong("either `roles` or `succinct_roles`").into()),
        }
    }

    /// The bins of one shape, where it is these.
    pub(crate) const fn bins(&self) -> Option<&SuccinctBins> {
        match self {
            Self::Bins(bins) => Some(bins),
            Self::Roles(_) => None,
        }
    }

    /// Who is to be asked for a target, in their order.
    pub(crate) fn edges(&self, path: &str) -> Vec<Edge> {
        match self {
            Self::Roles(roles) => {
                let digest = path_digest(path).to_string();
                let asked = roles.iter().filter(|role| role.paths.mean(path, &digest));
                asked.map(DelegatedRole::edge).collect()
            }
            // A bin is the only one for its paths: nobody comes after it.
            Self::Bins(bins) => {
                vec![Edge { name: bins.bin_of(path), keys: bins.keys.clone(), terminating: true }]
            }
        }
    }
}

impl DelegatedRole {
    /// Reads a role; `before` is the one before it, which mostly has the same keys.
    fn read<'v, 'a>(
        role: Reader<'v, 'a>,
        keys: &Keys,
        before: Option<(Reader<'v, 'a>, &Self)>,
    ) -> Result<Self, Reason> {
        let name = role.member("name")?;
        let wanted = || name.wrong("a name that is not empty and not of a top-level role");
        let name = RoleName::delegated(name.str()?).ok_or_else(wanted)?;
        let terminating = role.member("terminating")?.bool()?;
        let paths = DelegatedPaths::read(role)?;
        let keys = match before.filter(|(before, _)| same_key_set(*before, role)) {
            Some((_, before)) => before.keys.for_role(name.clone()),
            None => read_key_set(role, name.clone(), keys)?,
        };
        Ok(Self { name, keys, paths, terminating })
    }

    fn edge(&self) -> Edge {
        Edge { name: self.name.clone(), keys: self.keys.clone(), terminating: self.terminating }
    }
}

fn read_roles(roles: Reader<'_, '_>, keys: &Keys) -> Result<Vec<DelegatedRole>, Reason> {
    let roles = roles.elements()?;
    let (mut names, mut read) = (HashSet::new(), Vec::with_capacity(roles.len()));
    let mut before = None;
    for role in roles {
        let delegated = DelegatedRole::read(role, keys, before.zip(read.last()))?;
        if !names.insert(role.member("name")?.str()?) {
            return Err(role.wrong("each role once").into());
        }
        read.push(delegated);
        before = Some(role);
    }
    Ok(read)
}

impl DelegatedPaths {
    fn read(role: Reader<'_, '_>) -> Result<Self, Reason> {
        match (role.optional("paths")?, role.optional("path_hash_prefixes")?) {
            (Some(paths), None) => {
                let patterns = paths.elements()?.map(|path| Ok(PathPattern::new(path.str()?)));
                Ok(Self::Patterns(patterns.collect::<Result<_, Reason>>()?))
            }
            (None, Some(prefixes)) => {
                let read = |prefix: Reader<'_, '_>| {
                    let wanted = || prefix.wrong("1 to 64 lower-case hexadecimal digits");
                    Ok(HashPrefix::parse(prefix.str()?).ok_or_else(wanted)?)
                };
                let prefixes = prefixes.elements()?.map(read);
                Ok(Self::HashPrefixes(prefixes.collect::<Result<_, Reason>>()?))
            }
            _ => Err(role.wrong("either `paths` or `path_hash_prefixes`").into()),
        }
    }

    fn mean(&self, path: &str, digest: &str) -> bool {
        match self {
            Self::Patterns(patterns) => patterns.iter().any(|pattern| pattern.matches(path)),
            Self::HashPrefixes(prefixes) => prefixes.iter().any(|prefix| prefix.matches(digest)),
        }
    }
}

impl SuccinctBins {
    /// Takes 2^`bits` bins named `prefix-0…`, all signed by `keys`; `bits` is 1 to 32.
    pub fn new(prefix: RoleName, keys: KeySet, bits: u32) -> Option<Self> {
        (1..=MOST_BITS).contains(&bits).then_some(Self { prefix, keys, bits })
    }

    fn read(bins: Reader<'_, '_>, keys: &Keys) -> Result<Self, Reason> {
        let prefix = bins.member("name_prefix")?;
        let wanted = || prefix.wrong("a name that is not empty and not of a top-level role");
        let prefix = RoleName::delegated(prefix.str()?).ok_or_else(wanted)?;
        let bits = bins.member("bit_length")?;
        let keys = read_key_set(bins, prefix.clone(), keys)?;
        let wanted = || bits.wrong("an integer from 1 to 32");
        let number = u32::try_from(bits.u64()?).ok().and_then(|bits| Self::new(prefix, keys, bits));
        Ok(number.ok_or_else(wanted)?)
    }

    /// What the names of all bins begin with.
    pub const fn prefix(&self) -> &RoleName {
        &self.prefix
    }

    /// Who signs the bins.
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// How many bits of a path's digest choose its bin.
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// How many bins there are.
    pub const fn count(&self) -> u64 {
        1 << self.bits
    }

    /// The name of the bin with that number, counted from 0.
    pub fn name(&self, number: u64) -> RoleName {
        // As many digits as the highest number has.
        let width = usize::try_from(self.bits.div_ceil(4)).unwrap_or_default();
        let name = format!("{}-{number:0width$x}", self.prefix.as_str());
        // It holds a dash and a digit after a prefix, so it names no top-level role.
        RoleName::delegated(&name).unwrap_or_else(|| self.prefix.clone())
    }

    /// The number of the bin that a target of that path belongs to: the first bits of its SHA-256.
    pub fn number_of(&self, path: &str) -> u64 {
        let digest = path_digest(path);
        let [a, b, c, d, ..] = *digest.as_bytes();
        u64::from(u32::from_be_bytes([a, b, c, d]) >> (MOST_BITS - self.bits))
    }

    /// The bin that a target of that path belongs to.
    pub fn bin_of(&self, path: &str) -> RoleName {
        self.name(self.number_of(path))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use packman_strict::json::{Document, Limits, Reader};

    use super::{Delegations, SuccinctBins};
    use crate::{KeySet, RoleName};

    fn bins(bits: u32) -> Option<SuccinctBins> {
        let prefix = RoleName::delegated("bin").unwrap();
        SuccinctBins::new(prefix.clone(), KeySet::of(prefix, [], NonZeroU32::MIN), bits)
    }

    #[test]
    fn bins_are_named_by_as_many_digits_as_the_highest_number_needs() {
        for (bits, last) in
            [(1, "bin-1"), (4, "bin-f"), (5, "bin-1f"), (8, "bin-ff"), (14, "bin-3fff"), (32, "bin-ffffffff")]
        {
            let bins = bins(bits).unwrap();
            assert_eq!(bins.name(bins.count() - 1).as_str(), last);
            assert_eq!(bins.name(0).as_str().len(), last.len());
        }
        assert!(bins(0).is_none() && bins(33).is_none());
    }

    #[test]
    fn a_path_belongs_to_the_bin_of_its_first_bits() {
        let [a, b, c, d, ..] = *super::path_digest("projects/flask.json").as_bytes();
        let first = u32::from_be_bytes([a, b, c, d]);
        for bits in [1, 7, 8, 14, 32] {
            assert_eq!(bins(bits).unwrap().number_of("projects/flask.json"), u64::from(first >> (32 - bits)));
        }
    }

    /// Roles share the keys of the one before them, where they state the same; here each differs in one thing.
    #[test]
    fn every_role_has_the_keys_and_the_threshold_that_it_states() {
        let key = |digit: &str| {
            let public = digit.repeat(64);
            format!(r#"{{"keytype": "ed25519", "scheme": "ed25519", "keyval": {{"public": "{public}"}}}}"#)
        };
        let stated = [
            ("a", r#""x""#, 1),
            ("b", r#""x""#, 1),
            ("c", r#""x""#, 2),
            ("d", r#""y""#, 2),
            ("e", r#""y", "x""#, 2),
        ];
        let role = |(name, ids, threshold)| {
            format!(
                r#"{{"name": "{name}", "keyids": [{ids}], "threshold": {threshold}, "terminating": true, "paths": []}}"#
            )
        };
        let roles = stated.map(role).join(", ");
        let text = format!(r#"{{"keys": {{"x": {}, "y": {}}}, "roles": [{roles}]}}"#, key("1"), key("2"));
        let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        let Ok(Delegations::Roles(roles)) = Delegations::read(Reader::root(&document)) else {
            panic!("{text} is not read")
        };
        for (role, (name, ids, threshold)) in roles.iter().zip(stated) {
            let mut wanted: Vec<_> = ids.split(", ").map(|id| id.trim_matches('"')).collect();
            wanted.sort_unstable();
            let found: Vec<_> = role.keys.keys().map(|(id, _)| id.as_str()).collect();
            let of = (role.keys.role().as_str(), role.keys.threshold().get());
            assert_eq!((of, found), ((name, threshold), wanted));
        }
        assert_eq!(roles.len(), 5);
    }
}
