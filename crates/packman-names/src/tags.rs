//! Compatibility tags (PEP 425): which wheels a Python can install, and which of two suits it better.
//!
//! [`Tags`] is the ordered list that `packaging.tags.sys_tags()` (26) gives for the same interpreter, computed
//! from [`InterpreterFacts`], so that no library is needed in the Python that is asked.

mod facts;
mod linux;
mod macos;

pub use facts::{InterpreterFacts, Libc, System};

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use crate::{NameError, WheelName};

/// One tag, as in `cp312-abi3-manylinux_2_17_x86_64`; in lower case.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Tag {
    /// The Python it was made for: `py3`, `cp312`.
    pub python: String,
    /// The binary interface it needs: `none`, `abi3`, `cp312`.
    pub abi: String,
    /// The platform it runs on: `any`, `win_amd64`.
    pub platform: String,
}

impl Tag {
    /// Parses one tag, not a compressed set of them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refused = || NameError::new("tag", text, "wanted three parts, as in `py3-none-any`");
        let mut parts = text.split('-');
        let mut part =
            || parts.next().filter(|part| !part.is_empty() && !part.contains('.')).ok_or_else(refused);
        let (python, abi, platform) = (part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(refused());
        }
        Ok(Self {
            python: python.to_ascii_lowercase(),
            abi: abi.to_ascii_lowercase(),
            platform: platform.to_ascii_lowercase(),
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// The tags that an interpreter supports, best first. They are listed when the first wheel is held against them: who
/// installs nothing needs none.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    /// What they are computed from, where they were not given.
    facts: Option<InterpreterFacts>,
    listed: OnceLock<Listed>,
}

/// A thousand tags are usual, so parts are kept once and looked up by number.
#[derive(Clone, Debug, Default)]
struct Listed {
    parts: HashMap<String, u32>,
    names: Vec<String>,
    ordered: Vec<[u32; 3]>,
    ranks: HashMap<[u32; 3], u32>,
}

impl Tags {
    /// Computes the tags of an interpreter from what is known of it.
    pub fn of(facts: &InterpreterFacts) -> Self {
        Self { facts: Some(facts.clone()), listed: OnceLock::new() }
    }

    /// Takes a list of tags that was found in another way, best first.
    pub fn from_list(list: impl IntoIterator<Item = Tag>) -> Self {
        let mut listed = Listed::default();
        for tag in list {
            listed.push(&tag.python, &tag.abi, &tag.platform);
        }
        Self { facts: None, listed: OnceLock::from(listed) }
    }

    fn listed(&self) -> &Listed {
        self.listed.get_or_init(|| {
            let mut listed = Listed::default();
            let mut push = |python: &str, abi: &str, platform: &str| listed.push(python, abi, platform);
            self.facts.iter().for_each(|facts| facts::list(facts, &mut push));
            listed
        })
    }

    /// Returns how well a wheel fits: the place of its best tag, 0 being best. `None`: it cannot be installed.
    pub fn rank(&self, wheel: &WheelName) -> Option<u32> {
        self.rank_of_sets(wheel.python_tags(), wheel.abi_tags(), wheel.platform_tags())
    }

    /// The same of a wheel's three sets of tags, each joined by dots and in lower case.
    pub fn rank_of_sets(&self, python: &str, abi: &str, platform: &str) -> Option<u32> {
        let listed = self.listed();
        let known = |parts: &str| -> Vec<u32> {
            let mut known: Vec<u32> =
                parts.split('.').filter_map(|part| listed.parts.get(part).copied()).collect();
            // A name may say one tag forty times over; three times forty would be looked up 64,000 times.
            if known.len() > 1 {
                known.sort_unstable();
                known.dedup();
            }
            known
        };
        let (abis, platforms) = (known(abi), known(platform));
        let mut best: Option<u32> = None;
        for python in known(python) {
            for abi in &abis {
                for platform in &platforms {
                    if let Some(rank) = listed.ranks.get(&[python, *abi, *platform]) {
                        best = Some(best.map_or(*rank, |best| best.min(*rank)));
                    }
                }
            }
        }
        best
    }

    /// Returns the place of one tag.
    pub fn rank_of(&self, tag: &Tag) -> Option<u32> {
        let listed = self.listed();
        let number = |part: &str| listed.parts.get(part).copied();
        listed.ranks.get(&[number(&tag.python)?, number(&tag.abi)?, number(&tag.platform)?]).copied()
    }

    /// Returns the tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = Tag> {
        let listed = self.listed();
        let name = |number: u32| listed.names.get(number as usize).cloned().unwrap_or_default();
        listed.ordered.iter().map(move |&[python, abi, platform]| Tag {
            python: name(python),
            abi: name(abi),
            platform: name(platform),
        })
    }

    /// Returns how many tags there are.
    pub fn len(&self) -> usize {
        self.listed().ordered.len()
    }

    /// Says whether there is no tag at all.
    pub fn is_empty(&self) -> bool {
        self.listed().ordered.is_empty()
    }
}

impl Listed {
    /// A tag that is there already keeps its better place.
    fn push(&mut self, python: &str, abi: &str, platform: &str) {
        let key = [self.number(python), self.number(abi), self.number(platform)];
        let rank = u32::try_from(self.ordered.len()).unwrap_or(u32::MAX);
        if let std::collections::hash_map::Entry::Vacant(place) = self.ranks.entry(key) {
            place.insert(rank);
            self.ordered.push(key);
        }
    }

    fn number(&mut self, part: &str) -> u32 {
        if let Some(number) = self.parts.get(part) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(part.to_owned());
        self.parts.insert(part.to_owned(), number);
        number
    }
}
