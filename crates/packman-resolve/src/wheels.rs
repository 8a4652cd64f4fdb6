//! Which wheel of a release fits a target best. Both supplies choose here, so that the scapegoat records what the
//! client would choose.

use std::cmp::Reverse;

use packman_names::{MarkerEnvironment, RequiresPython, Target, Version, WheelName};
use packman_trust::{Offer, WheelPlace};
use pubgrub::Map;

use crate::supply::{Release, Releases, Unusable};

/// How many wheels of other platforms an explanation names.
const TAGS_SHOWN: usize = 3;

/// One wheel that a supply lists.
#[derive(Clone, Copy, Debug)]
pub struct ListedWheel<'a, F> {
    /// Its file name.
    pub name: &'a WheelName,
    /// Its `Requires-Python`, as it stands.
    pub requires_python: Option<&'a str>,
    /// Why it was yanked, where it was; may be empty.
    pub yanked: Option<&'a str>,
    /// What the supply calls it.
    pub file: F,
}

/// Chooses for each version the wheel that fits best: one not yanked before one that is, then by its tags' place, then
/// by its build tag. A wheel whose `Requires-Python` does not admit the target does not fit.
pub fn choose_wheels<'a, F>(
    wheels: impl IntoIterator<Item = ListedWheel<'a, F>>,
    target: &Target,
) -> Releases<F> {
    let candidate = |wheel: ListedWheel<'a, F>| Candidate {
        version: wheel.name.version(),
        rank: target.tags.rank(wheel.name),
        tags: [wheel.name.python_tags(), wheel.name.abi_tags(), wheel.name.platform_tags()],
        build: wheel.name.build().map(|(number, rest)| (*number, rest.as_str())),
        filename: wheel.name.as_str(),
        requires_python: wheel.requires_python,
        yanked: wheel.yanked,
        file: wheel.file,
    };
    let mut wheels: Vec<Candidate<'_, F>> = wheels.into_iter().map(candidate).collect();
    // Listings come in the order of upload, which is nearly that of versions: this costs about one comparison each.
    wheels.sort_by(|one, other| one.version.cmp(other.version));
    choose(wheels, target)
}

/// The same of the wheels of an offer, none of which is read whole. Thousands of wheels share some dozens of tags.
pub fn choose_offered(offer: &Offer, target: &Target) -> Releases<WheelPlace> {
    let mut ranks: Vec<Option<Option<u32>>> = Vec::new();
    let mut rank = |number: usize, [python, abi, platform]: [&str; 3]| {
        if ranks.len() <= number {
            ranks.resize(number + 1, None);
        }
        let rank = || target.tags.rank_of_sets(python, abi, platform);
        ranks.get_mut(number).and_then(|known| *known.get_or_insert_with(rank))
    };
    let candidates = offer.wheels_by_version().filter_map(|wheel| {
        let (place, wheel) = (wheel.place(), wheel.flat());
        let fit = wheel.fit()?;
        let tags = [fit.python, fit.abi, fit.platform];
        let rank = rank(fit.number, tags);
        // Most are for other machines: of those nothing else is read.
        let (build, filename, requires_python, yanked) = match rank {
            Some(_) => (wheel.build(), wheel.filename(), wheel.requires_python(), wheel.yanked()),
            None => (None, "", None, None),
        };
        let version = wheel.version();
        Some(Candidate { version, rank, tags, build, filename, requires_python, yanked, file: place })
    });
    choose(candidates, target)
}

/// What decides between the wheels of one version.
struct Candidate<'a, F> {
    version: &'a Version,
    /// The place of its best tag; `None` where it cannot be installed.
    rank: Option<u32>,
    tags: [&'a str; 3],
    build: Option<(u64, &'a str)>,
    filename: &'a str,
    requires_python: Option<&'a str>,
    yanked: Option<&'a str>,
    file: F,
}

/// Chooses among wheels that come sorted by version.
fn choose<'a, F>(wheels: impl IntoIterator<Item = Candidate<'a, F>>, target: &Target) -> Releases<F> {
    let mut pythons = Pythons { environment: &target.markers, known: Map::default() };
    let mut groups: Vec<(&Version, Group<'_, F>)> = Vec::new();
    for wheel in wheels {
        let version = wheel.version;
        if groups.last().is_none_or(|(last, _)| *last != version) {
            groups.push((version, Group::default()));
        }
        let Some((_, group)) = groups.last_mut() else { continue };
        match wheel.rank {
            None => group.other_tags.push(wheel.tags),
            Some(_) if !pythons.admit(wheel.requires_python) => group.other_python = wheel.requires_python,
            Some(rank) => group.offer(wheel, rank),
        }
    }
    let mut releases = Releases::default();
    for (version, group) in groups {
        match group.decide(version, &target.markers) {
            Ok(release) => releases.usable.push(release),
            Err(unusable) => releases.unusable.push((version.clone(), unusable)),
        }
    }
    releases
}

/// The wheels of one version.
struct Group<'a, F> {
    best: Option<(Candidate<'a, F>, u32)>,
    other_tags: Vec<[&'a str; 3]>,
    other_python: Option<&'a str>,
}

impl<F> Default for Group<'_, F> {
    fn default() -> Self {
        Self { best: None, other_tags: Vec::new(), other_python: None }
    }
}

impl<'a, F> Group<'a, F> {
    /// Of two that are alike in all, the one with the lower file name is kept, whatever order they come in.
    fn offer(&mut self, wheel: Candidate<'a, F>, rank: u32) {
        let order = |wheel: &Candidate<'a, F>, rank: u32| {
            (wheel.yanked.is_some(), rank, Reverse(wheel.build), wheel.filename)
        };
        let better =
            self.best.as_ref().is_none_or(|(best, best_rank)| order(&wheel, rank) < order(best, *best_rank));
        if better {
            self.best = Some((wheel, rank));
        }
    }

    fn decide(self, version: &Version, environment: &MarkerEnvironment) -> Result<Release<F>, Unusable> {
        if let Some((wheel, _)) = self.best {
            let yanked = wheel.yanked.map(str::to_owned);
            return Ok(Release { version: version.clone(), yanked, file: wheel.file });
        }
        if let Some(wanted) = self.other_python {
            let found = environment.python().full();
            return Err(Unusable::RequiresPython { wanted: wanted.to_owned(), found });
        }
        let tags: Vec<String> = self.other_tags.iter().take(TAGS_SHOWN).map(|tags| tags.join("-")).collect();
        Err(Unusable::NoWheel { more: self.other_tags.len() - tags.len(), tags })
    }
}

/// Says whether a `Requires-Python` admits the target, and reads each text once: thousands of wheels share a few.
struct Pythons<'a> {
    environment: &'a MarkerEnvironment,
    known: Map<&'a str, bool>,
}

impl<'a> Pythons<'a> {
    /// A text that is none admits nothing: the wheel's own METADATA holds it, and it asks for something.
    fn admit(&mut self, requires_python: Option<&'a str>) -> bool {
        let Some(text) = requires_python else { return true };
        let python = self.environment.python();
        *self
            .known
            .entry(text)
            .or_insert_with(|| RequiresPython::parse(text).is_ok_and(|wanted| wanted.admits(python)))
    }
}
