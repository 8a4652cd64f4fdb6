//! TAP 4: several repositories, and how many of them must agree on a target before it is believed.
//!
//! For applications that use this crate alone. A [`TrustMap`] says which repositories are asked for a path; each is
//! refreshed and searched by itself, with roots of its own; [`TrustMap::decide`] compares what they say.

use std::collections::BTreeMap;

use packman_strict::json::{self, Reader, ShapeError};

use crate::{Hashes, PathPattern, TargetInfo, TargetPath};

/// The longest map that is read, in bytes: it comes with the application, not from a repository.
const MAP_BYTES: usize = 1 << 20;

/// Which repositories are asked for which targets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustMap {
    repositories: BTreeMap<String, Vec<String>>,
    mappings: Vec<Mapping>,
}

/// One entry of a map: the first whose paths mean a target is asked, and the next ones only while none decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapping {
    /// Which targets it is for.
    pub paths: Vec<PathPattern>,
    /// Who is asked, by name.
    pub repositories: Vec<String>,
    /// How many of them must say the same.
    pub threshold: usize,
    /// Whether no later entry is asked when this one does not decide.
    pub terminating: bool,
}

/// What the repositories say of a target together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Agreement {
    /// So many as are needed say the same.
    Agreed(TargetInfo),
    /// Nobody who decides has it.
    Unknown,
    /// Too few say the same.
    Disagreed {
        /// The most that said one thing.
        found: usize,
        /// How many were needed.
        wanted: usize,
    },
}

/// Text that is no map.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MapError(String);

impl std::fmt::Display for MapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the map of repositories: {}", self.0)
    }
}

impl std::error::Error for MapError {}

impl From<ShapeError> for MapError {
    fn from(error: ShapeError) -> Self {
        Self(error.to_string())
    }
}

impl TrustMap {
    /// Parses `map.json` as TAP 4 has it.
    pub fn parse(bytes: &[u8]) -> Result<Self, MapError> {
        let limits = json::Limits { bytes: MAP_BYTES, ..json::Limits::default() };
        let map = json::Document::parse(bytes, &limits).map_err(|error| MapError(error.to_string()))?;
        let map = Reader::root(&map);
        let repositories = map.member("repositories")?.members()?;
        let repositories = repositories.map(|(name, urls)| Ok((name.to_owned(), texts(urls)?)));
        let repositories: BTreeMap<_, _> = repositories.collect::<Result<_, MapError>>()?;
        let mappings = map.member("mapping")?.elements()?.map(|mapping| read_mapping(mapping, &repositories));
        let mappings = mappings.collect::<Result<_, MapError>>()?;
        Ok(Self { repositories, mappings })
    }

    /// Every repository with the addresses of its mirrors.
    pub fn repositories(&self) -> impl ExactSizeIterator<Item = (&str, &[String])> {
        self.repositories.iter().map(|(name, urls)| (name.as_str(), urls.as_slice()))
    }

    /// The entries in their order.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// Decides on a target: `ask` says what a repository signs of it, or that it has no such target.
    ///
    /// A repository that cannot be asked is an error of `ask`, not a "no such target": whoever could keep one of them
    /// away could else choose who answers.
    pub fn decide<E>(
        &self,
        path: &TargetPath,
        mut ask: impl FnMut(&str) -> Result<Option<TargetInfo>, E>,
    ) -> Result<Agreement, E> {
        let meant = |mapping: &&Mapping| mapping.paths.iter().any(|pattern| pattern.matches(path.as_str()));
        for mapping in self.mappings.iter().filter(meant) {
            let said = mapping.repositories.iter().map(|name| ask(name)).collect::<Result<Vec<_>, E>>()?;
            let agreement = mapping.agree(&said.into_iter().flatten().collect::<Vec<_>>());
            let is_open = agreement == Agreement::Unknown && !mapping.terminating;
            if !is_open {
                return Ok(agreement);
            }
        }
        Ok(Agreement::Unknown)
    }
}

impl Mapping {
    /// What is said most often, if it is said often enough.
    fn agree(&self, said: &[TargetInfo]) -> Agreement {
        let agreeing = |one: &TargetInfo| said.iter().filter(|other| same(one, other)).count();
        let best = said.iter().max_by_key(|info| agreeing(info));
        match best.map(|info| (info, agreeing(info))) {
            None => Agreement::Unknown,
            Some((info, found)) if found >= self.threshold => Agreement::Agreed(*info),
            Some((_, found)) => Agreement::Disagreed { found, wanted: self.threshold },
        }
    }
}

/// Whether two repositories mean the same bytes: one length, and one digest at least that both state, none that differs.
fn same(one: &TargetInfo, other: &TargetInfo) -> bool {
    let Hashes { sha256, sha512, .. } = one.hashes;
    let pairs = [
        sha256.zip(other.hashes.sha256).map(|(a, b)| a == b),
        sha512.zip(other.hashes.sha512).map(|(a, b)| a == b),
    ];
    one.length == other.length
        && pairs.iter().flatten().count() > 0
        && pairs.iter().flatten().all(|equal| *equal)
}

fn read_mapping(mapping: Reader<'_, '_>, known: &BTreeMap<String, Vec<String>>) -> Result<Mapping, MapError> {
    let names = mapping.member("repositories")?;
    let repositories = texts(names)?;
    let distinct: std::collections::BTreeSet<_> = repositories.iter().collect();
    // One repository that is named twice would agree with itself.
    if distinct.len() != repositories.len() || !repositories.iter().all(|name| known.contains_key(name)) {
        return Err(names.wrong("names of `repositories`, each once").into());
    }
    let threshold = mapping.member("threshold")?;
    let number = usize::try_from(threshold.u64()?).unwrap_or(usize::MAX);
    if number == 0 || number > repositories.len() {
        return Err(threshold.wrong("an integer from 1 to the number of repositories").into());
    }
    let paths = texts(mapping.member("paths")?)?;
    let terminating = mapping.member("terminating")?.bool()?;
    let paths = paths.iter().map(|path| PathPattern::new(path)).collect();
    Ok(Mapping { paths, repositories, threshold: number, terminating })
}

fn texts(list: Reader<'_, '_>) -> Result<Vec<String>, MapError> {
    list.elements()?.map(|text| Ok(text.str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{Agreement, TrustMap};
    use crate::{TargetInfo, TargetPath};

    const MAP: &str = r#"{
        "repositories": {"a": ["https://a.example"], "b": ["https://b.example"], "c": ["https://c.example"]},
        "mapping": [
            {"paths": ["both/*"], "repositories": ["a", "b", "c"], "threshold": 2, "terminating": true},
            {"paths": ["any/*"], "repositories": ["a"], "threshold": 1, "terminating": false},
            {"paths": ["any/*"], "repositories": ["b"], "threshold": 1, "terminating": false}
        ]
    }"#;

    fn decide(path: &str, said: &[(&str, &str)]) -> Agreement {
        let map = TrustMap::parse(MAP.as_bytes()).unwrap();
        let says = |name: &str| {
            said.iter().find(|(who, _)| *who == name).map(|(_, what)| TargetInfo::of(what.as_bytes()))
        };
        map.decide::<()>(&TargetPath::parse(path).unwrap(), |name| Ok(says(name))).unwrap()
    }

    #[test]
    fn a_target_is_believed_when_so_many_repositories_agree() {
        let agreed = |what: &str| Agreement::Agreed(TargetInfo::of(what.as_bytes()));
        assert_eq!(decide("both/x", &[("a", "1"), ("b", "1")]), agreed("1"));
        assert_eq!(decide("both/x", &[("a", "2"), ("b", "1"), ("c", "1")]), agreed("1"));
        assert_eq!(decide("both/x", &[("a", "1")]), Agreement::Disagreed { found: 1, wanted: 2 });
        assert_eq!(
            decide("both/x", &[("a", "1"), ("b", "2"), ("c", "3")]),
            Agreement::Disagreed { found: 1, wanted: 2 }
        );
        assert_eq!(decide("both/x", &[]), Agreement::Unknown);
    }

    #[test]
    fn later_entries_are_asked_only_while_none_decides() {
        assert_eq!(decide("any/x", &[("b", "1")]), Agreement::Agreed(TargetInfo::of(b"1")));
        assert_eq!(decide("any/x", &[("a", "2"), ("b", "1")]), Agreement::Agreed(TargetInfo::of(b"2")));
        assert_eq!(decide("other/x", &[("a", "1")]), Agreement::Unknown);
    }

    #[test]
    fn a_repository_that_cannot_be_asked_decides_nothing() {
        let map = TrustMap::parse(MAP.as_bytes()).unwrap();
        let path = TargetPath::parse("any/x").unwrap();
        assert_eq!(map.decide(&path, |_| Err("unreachable")), Err("unreachable"));
    }

    #[test]
    fn refuses_maps_that_agree_with_themselves_or_with_nobody() {
        let errors = [
            ("[\"a\", \"b\", \"c\"], \"threshold\": 2", "[\"a\", \"a\"], \"threshold\": 2"),
            ("\"threshold\": 2", "\"threshold\": 0"),
            ("\"threshold\": 2", "\"threshold\": 4"),
            ("\"a\", \"b\", \"c\"]", "\"d\"]"),
        ]
        .map(|(from, to)| TrustMap::parse(MAP.replacen(from, to, 1).as_bytes()).unwrap_err().to_string());
        insta::assert_snapshot!(errors.join("\n"), @"
        the map of repositories: mapping[0].repositories: found an array, wanted names of `repositories`, each once
        the map of repositories: mapping[0].threshold: found the number `0`, wanted an integer from 1 to the number of repositories
        the map of repositories: mapping[0].threshold: found the number `4`, wanted an integer from 1 to the number of repositories
        the map of repositories: mapping[0].repositories: found an array, wanted names of `repositories`, each once
        ");
    }
}
