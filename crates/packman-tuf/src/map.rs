//! TAP 4: several repositories, and how many of them must agree on a target before it is believed.
//!
//! For applications that use this crate alone. A [`TrustMap`] says which repositories are asked for a path; each is
//! refreshed and searched by itself, with roots of its own; [`TrustMap::decide`] compares what they say.

use std::collections::BTreeMap;

use packman_strict::json::{self, Reader, ShapeError};

use crate::{FoundTarget, Hashes, PathPattern, Refusal, Request, TargetInfo, TargetPath, VerifiedTarget};

/// The longest map that is read, in bytes: it comes with the application, not from a repository.
const MAP_BYTES: usize = 1 << 20;

/// Which repositories are asked for which targets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustMap {
    repositories: BTreeMap<String, Vec<String>>,
    mappings: Vec<Mapping>,
}

/// One entry of a map. The first whose paths mean a target is asked, and the next ones only while none decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapping {
    /// Which targets it is for.
    pub paths: Vec<PathPattern>,
    /// Who is asked, by name, in this order.
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
    Agreed(AgreedTarget),
    /// Nobody who was asked has it.
    Unknown,
    /// Too few say the same.
    Disagreed {
        /// The most that said one thing.
        found: usize,
        /// How many were needed.
        wanted: usize,
    },
}

/// A target on which as many repositories agree as its map asks for.
///
/// Only [`TrustMap::decide`] makes one:
///
/// ```compile_fail,E0451
/// fn forge(found: packman_tuf::FoundTarget) -> packman_tuf::AgreedTarget {
///     packman_tuf::AgreedTarget { first: ("alone".to_owned(), found), others: Vec::new() }
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgreedTarget {
    first: (String, FoundTarget),
    others: Vec<(String, FoundTarget)>,
}

impl AgreedTarget {
    fn all(&self) -> impl Iterator<Item = &(String, FoundTarget)> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Who agreed, in the order of the map, and the file to fetch there: the mirrors of any of them will do.
    pub fn requests(&self) -> impl Iterator<Item = (&str, Request)> {
        self.all().map(|(name, found)| (name.as_str(), found.request()))
    }

    /// Believes its bytes: they are what each of those who agreed signed for (5.7.3).
    pub fn verify<'b>(&'b self, bytes: &'b [u8]) -> Result<VerifiedTarget<'b>, Refusal> {
        self.others.iter().try_for_each(|(_, found)| found.verify(bytes).map(drop))?;
        self.first.1.verify(bytes)
    }
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

    /// Decides on a target: `ask` says what a [`Lookup`](crate::Lookup) in a repository found, or that it found nothing.
    ///
    /// The repositories of an entry are asked in their order, until enough of them agree. Where they do not, a later entry
    /// is asked unless this one terminates: so TAP 4 has it, and an entry that others must not answer for says so.
    ///
    /// A repository that cannot be asked is an error of `ask`, not a "no such target": whoever could keep one of them
    /// away could else choose who answers.
    pub fn decide<E>(
        &self,
        path: &TargetPath,
        mut ask: impl FnMut(&str) -> Result<Option<FoundTarget>, E>,
    ) -> Result<Agreement, E> {
        let meant = |mapping: &&Mapping| mapping.paths.iter().any(|pattern| pattern.matches(path.as_str()));
        let mut agreement = Agreement::Unknown;
        for mapping in self.mappings.iter().filter(meant) {
            match mapping.decide(path, &mut ask)? {
                Agreement::Agreed(target) => return Ok(Agreement::Agreed(target)),
                Agreement::Unknown => {}
                disagreed @ Agreement::Disagreed { .. } => agreement = disagreed,
            }
            if mapping.terminating {
                break;
            }
        }
        Ok(agreement)
    }
}

impl Mapping {
    fn decide<E>(
        &self,
        path: &TargetPath,
        ask: &mut impl FnMut(&str) -> Result<Option<FoundTarget>, E>,
    ) -> Result<Agreement, E> {
        let mut said: Vec<(String, FoundTarget)> = Vec::new();
        let mut most = 0;
        for name in &self.repositories {
            // What was found for another path says nothing of this one.
            let Some(found) = ask(name)?.filter(|found| found.path() == path) else { continue };
            said.push((name.clone(), found));
            // The first of those who are not alone leads: who stands earlier in the map comes first.
            for (_, one) in &said {
                let agreeing: Vec<_> =
                    said.iter().filter(|(_, other)| same(one.info(), other.info())).collect();
                most = most.max(agreeing.len());
                if agreeing.len() >= self.threshold {
                    let mut agreeing = agreeing.into_iter().cloned();
                    return Ok(agreeing.next().map_or(Agreement::Unknown, |first| {
                        Agreement::Agreed(AgreedTarget { first, others: agreeing.collect() })
                    }));
                }
            }
        }
        Ok(match most {
            0 => Agreement::Unknown,
            found => Agreement::Disagreed { found, wanted: self.threshold },
        })
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
    use crate::{FoundTarget, TargetInfo, TargetPath};

    const MAP: &str = r#"{
        "repositories": {"a": ["https://a.example"], "b": ["https://b.example"], "c": ["https://c.example"]},
        "mapping": [
            {"paths": ["both/*"], "repositories": ["a", "b", "c"], "threshold": 2, "terminating": true},
            {"paths": ["any/*"], "repositories": ["a"], "threshold": 1, "terminating": false},
            {"paths": ["any/*"], "repositories": ["b"], "threshold": 1, "terminating": false},
            {"paths": ["first/*"], "repositories": ["a", "b"], "threshold": 1, "terminating": true},
            {"paths": ["else/*"], "repositories": ["a", "b"], "threshold": 2, "terminating": false},
            {"paths": ["else/*"], "repositories": ["c"], "threshold": 1, "terminating": false},
            {"paths": ["only/*"], "repositories": ["a", "b"], "threshold": 2, "terminating": true},
            {"paths": ["only/*"], "repositories": ["c"], "threshold": 1, "terminating": true}
        ]
    }"#;

    fn target(path: &str) -> TargetPath {
        TargetPath::parse(path).unwrap()
    }

    /// The decision in words, and who was asked for it.
    fn decide(path: &str, said: &[(&str, &str)]) -> String {
        let map = TrustMap::parse(MAP.as_bytes()).unwrap();
        let mut asked = String::new();
        let says = |name: &str| {
            asked.push_str(name);
            let said = said.iter().find(|(who, _)| *who == name);
            said.map(|(_, what)| FoundTarget::new(target(path), TargetInfo::of(what.as_bytes()), true))
        };
        let mut says = says;
        let agreement = map.decide::<()>(&target(path), |name| Ok(says(name))).unwrap();
        let told = match agreement {
            Agreement::Agreed(agreed) => {
                let by: Vec<_> = agreed.requests().map(|(name, _)| name.to_owned()).collect();
                let what = said.iter().find(|(_, what)| agreed.verify(what.as_bytes()).is_ok()).unwrap().1;
                format!("{what} by {}", by.join(" and "))
            }
            Agreement::Unknown => "nobody".to_owned(),
            Agreement::Disagreed { found, wanted } => format!("{found} of {wanted}"),
        };
        format!("{told}, asked {asked}")
    }

    #[test]
    fn a_target_is_believed_when_so_many_repositories_agree() {
        assert_eq!(decide("both/x", &[("a", "1"), ("b", "1")]), "1 by a and b, asked ab");
        assert_eq!(decide("both/x", &[("a", "2"), ("b", "1"), ("c", "1")]), "1 by b and c, asked abc");
        assert_eq!(decide("both/x", &[("a", "1")]), "1 of 2, asked abc");
        assert_eq!(decide("both/x", &[("a", "1"), ("b", "2"), ("c", "3")]), "1 of 2, asked abc");
        assert_eq!(decide("both/x", &[]), "nobody, asked abc");
    }

    /// With one that is enough, the first in the map is not overruled by the last.
    #[test]
    fn who_stands_first_in_the_map_is_asked_first() {
        assert_eq!(decide("first/x", &[("a", "1"), ("b", "2")]), "1 by a, asked a");
        assert_eq!(decide("first/x", &[("b", "2")]), "2 by b, asked ab");
    }

    #[test]
    fn later_entries_are_asked_only_while_none_decides_or_terminates() {
        assert_eq!(decide("any/x", &[("b", "1")]), "1 by b, asked ab");
        assert_eq!(decide("any/x", &[("a", "2"), ("b", "1")]), "2 by a, asked a");
        assert_eq!(decide("else/x", &[("a", "1"), ("b", "2"), ("c", "3")]), "3 by c, asked abc");
        assert_eq!(decide("else/x", &[("a", "1"), ("b", "2")]), "1 of 2, asked abc");
        assert_eq!(decide("only/x", &[("a", "1"), ("b", "2"), ("c", "3")]), "1 of 2, asked ab");
        assert_eq!(decide("only/x", &[("c", "3")]), "nobody, asked ab");
        assert_eq!(decide("other/x", &[("a", "1")]), "nobody, asked ");
    }

    #[test]
    fn a_repository_that_cannot_be_asked_decides_nothing() {
        let map = TrustMap::parse(MAP.as_bytes()).unwrap();
        assert_eq!(map.decide(&target("any/x"), |_| Err("unreachable")), Err("unreachable"));
        // Nor does one that comes after enough others were asked.
        let found = || FoundTarget::new(target("both/x"), TargetInfo::of(b"1"), true);
        let says = |name: &str| if name == "c" { Err("unreachable") } else { Ok(Some(found())) };
        assert!(matches!(map.decide(&target("both/x"), says), Ok(Agreement::Agreed(_))));
        assert_eq!(
            map.decide(&target("both/x"), |name| says(if name == "b" { "c" } else { name })),
            Err("unreachable")
        );
    }

    #[test]
    fn what_was_found_for_another_path_says_nothing() {
        let map = TrustMap::parse(MAP.as_bytes()).unwrap();
        let other =
            |_: &str| Ok::<_, ()>(Some(FoundTarget::new(target("both/y"), TargetInfo::of(b"1"), true)));
        assert_eq!(map.decide(&target("both/x"), other), Ok(Agreement::Unknown));
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
