//! The environments of a lock, and the markers that tell them apart.

use std::collections::{BTreeMap, BTreeSet};

use packman_names::{Platform, PythonVersion, Target};
use packman_requirements::PythonAsked;

/// The Pythons that a universal lock is tried for, as 3.N.
const MINORS: std::ops::RangeInclusive<u16> = 9..=14;

/// A Python and a platform.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    system: String,
    machine: String,
}

/// The environments of a lock.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    all: Vec<(PythonVersion, Place)>,
}

/// Every Python and platform that a universal lock is tried for. Markers cannot tell one C library of Linux from
/// another, so the usual one stands for both.
pub(super) fn all(
    own: PythonVersion,
    pythons: &[PythonAsked],
) -> impl Iterator<Item = (PythonVersion, Platform)> {
    let own = PythonVersion::new(own.major, own.minor);
    let minors: BTreeSet<PythonVersion> =
        MINORS.map(|minor| PythonVersion::new(3, minor)).chain([own]).collect();
    let wanted =
        minors.into_iter().filter(|python| pythons.iter().all(|asked| asked.requires.admits(*python)));
    let wanted: Vec<PythonVersion> = wanted.collect();
    let platforms = Platform::all().filter(|platform| !matches!(platform, Platform::Musllinux(..)));
    platforms.flat_map(move |platform| wanted.clone().into_iter().map(move |python| (python, platform)))
}

impl Targets {
    /// One environment alone.
    pub(super) fn only(target: &Target) -> Self {
        let python = target.markers.python();
        let mut targets = Self::default();
        targets.add(PythonVersion::new(python.major, python.minor), target);
        targets
    }

    /// Adds an environment, and gives its number.
    pub(super) fn add(&mut self, python: PythonVersion, target: &Target) -> usize {
        let value = |name| target.markers.get(name).unwrap_or_default().to_owned();
        let place = Place { system: value("sys_platform"), machine: value("platform_machine") };
        self.all.push((python, place));
        self.all.len() - 1
    }

    /// Each platform as a marker, with the Pythons where not all of them are for it.
    pub(super) fn environments(&self) -> Vec<String> {
        let all: BTreeSet<usize> = (0..self.all.len()).collect();
        let pythons = self.pythons(&all);
        let groups = self.by_place(&all);
        let one = |(place, some): (&Place, BTreeSet<PythonVersion>)| {
            joined([Some(place.marker()), range(&some, &pythons)], " and ")
        };
        groups.into_iter().map(one).collect()
    }

    /// The Pythons, as a specifier.
    pub(super) fn requires_python(&self) -> String {
        let all: BTreeSet<usize> = (0..self.all.len()).collect();
        let pythons = self.pythons(&all);
        match (pythons.first(), pythons.last()) {
            (Some(only), Some(last)) if only == last => format!("=={}.{}.*", only.major, only.minor),
            (Some(first), _) => format!(">={}.{}", first.major, first.minor),
            _ => ">=3.8".to_owned(),
        }
    }

    /// The marker that is true in these environments, and in none of the others; none where these are all.
    pub(super) fn marker(&self, some: &BTreeSet<usize>) -> Option<String> {
        let all: BTreeSet<usize> = (0..self.all.len()).collect();
        if *some == all {
            return None;
        }
        let (every, pythons) = (self.by_place(&all), self.pythons(&all));
        let here = self.by_place(some);
        let shared = self.pythons(some);
        let is_shared = every.iter().all(|(place, there)| {
            let expected: BTreeSet<PythonVersion> = there.intersection(&shared).copied().collect();
            here.get(place).cloned().unwrap_or_default() == expected
        });
        if is_shared {
            return range(&shared, &pythons);
        }
        // Platforms with the same Pythons are said together.
        let mut groups: BTreeMap<BTreeSet<PythonVersion>, Vec<&Place>> = BTreeMap::new();
        for (place, some) in here {
            let some = if every.get(place) == Some(&some) { pythons.clone() } else { some };
            groups.entry(some).or_default().push(place);
        }
        let alternatives: Vec<String> = groups
            .into_iter()
            .map(|(some, places)| {
                let places = places_marker(&places, &every.keys().copied());
                joined([Some(places), range(&some, &pythons)], " and ")
            })
            .collect();
        Some(alternatives.join(" or "))
    }

    fn pythons(&self, some: &BTreeSet<usize>) -> BTreeSet<PythonVersion> {
        some.iter().filter_map(|number| self.all.get(*number)).map(|(python, _)| *python).collect()
    }

    fn by_place(&self, some: &BTreeSet<usize>) -> BTreeMap<&Place, BTreeSet<PythonVersion>> {
        let mut places: BTreeMap<&Place, BTreeSet<PythonVersion>> = BTreeMap::new();
        for (python, place) in some.iter().filter_map(|number| self.all.get(*number)) {
            places.entry(place).or_default().insert(*python);
        }
        places
    }
}

impl Place {
    fn marker(&self) -> String {
        format!("sys_platform == '{}' and platform_machine == '{}'", self.system, self.machine)
    }
}

/// A marker for some of all platforms; a system all of whose machines are among them is named alone.
fn places_marker<'p>(places: &[&Place], all: &(impl Iterator<Item = &'p Place> + Clone)) -> String {
    let mut systems: Vec<&str> = places.iter().map(|place| place.system.as_str()).collect();
    systems.dedup();
    let mut parts = Vec::new();
    for system in systems {
        let of_system = |place: &&Place| place.system == system;
        if all.clone().filter(of_system).all(|place| places.contains(&place)) {
            parts.push(format!("sys_platform == '{system}'"));
        } else {
            let some = places.iter().copied().filter(of_system);
            parts.extend(some.map(|place| format!("({})", place.marker())));
        }
    }
    match parts.as_slice() {
        [one] => one.trim_start_matches('(').trim_end_matches(')').to_owned(),
        more => format!("({})", more.join(" or ")),
    }
}

/// A marker for some of all Pythons; none where these are all.
fn range(some: &BTreeSet<PythonVersion>, all: &BTreeSet<PythonVersion>) -> Option<String> {
    if some == all {
        return None;
    }
    let mut runs: Vec<(PythonVersion, Option<PythonVersion>)> = Vec::new();
    let mut open: Option<PythonVersion> = None;
    for python in all {
        match (some.contains(python), open) {
            (true, None) => open = Some(*python),
            (false, Some(first)) => {
                runs.push((first, Some(*python)));
                open = None;
            }
            _ => {}
        }
    }
    runs.extend(open.map(|first| (first, None)));
    let run = |(first, next): &(PythonVersion, Option<PythonVersion>)| {
        let low = (all.first() != Some(first))
            .then(|| format!("python_version >= '{}.{}'", first.major, first.minor));
        let high = next.map(|next| format!("python_version < '{}.{}'", next.major, next.minor));
        joined([low, high], " and ")
    };
    let runs: Vec<String> = runs.iter().map(run).collect();
    Some(if runs.len() == 1 { runs.concat() } else { format!("({})", runs.join(" or ")) })
}

fn joined<const N: usize>(parts: [Option<String>; N], by: &str) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(by)
}

#[cfg(test)]
mod tests {
    use packman_names::Marker;

    use super::*;

    /// Holds markers against what they stand for, in every environment.
    fn check(wanted: impl Fn(&PythonVersion, &Place) -> bool) -> String {
        let mut targets = Targets::default();
        let mut environments = Vec::new();
        for (python, platform) in all(PythonVersion::new(3, 12), &[]) {
            let target = Target::of(platform, python);
            targets.add(python, &target);
            environments.push(target);
        }
        let some: BTreeSet<usize> = targets
            .all
            .iter()
            .enumerate()
            .filter(|(_, (python, place))| wanted(python, place))
            .map(|(number, _)| number)
            .collect();
        let marker = targets.marker(&some);
        let parsed = marker.as_deref().map(|marker| Marker::parse(marker).expect(marker));
        for (number, target) in environments.iter().enumerate() {
            let applies = parsed.as_ref().is_none_or(|marker| marker.applies(&target.markers, &[]));
            assert_eq!(applies, some.contains(&number), "{marker:?} in {:?}", targets.all[number]);
        }
        marker.unwrap_or_default()
    }

    #[test]
    fn markers_tell_the_environments_apart() {
        insta::assert_snapshot!(check(|_, _| true), @"");
        insta::assert_snapshot!(check(|python, _| python.minor < 11), @"python_version < '3.11'");
        insta::assert_snapshot!(check(|python, _| python.minor >= 11 && python.minor < 13), @"python_version >= '3.11' and python_version < '3.13'");
        insta::assert_snapshot!(check(|python, _| python.minor != 11), @"(python_version < '3.11' or python_version >= '3.12')");
        insta::assert_snapshot!(check(|_, place| place.system == "win32"), @"sys_platform == 'win32'");
        insta::assert_snapshot!(check(|_, place| place.system == "darwin" && place.machine == "arm64"), @"sys_platform == 'darwin' and platform_machine == 'arm64'");
        insta::assert_snapshot!(check(|python, place| place.system != "win32" && (python.minor < 10 || place.system == "linux")), @"sys_platform == 'darwin' and python_version < '3.10' or sys_platform == 'linux'");
        insta::assert_snapshot!(check(|python, place| place.machine == "aarch64" && python.minor % 2 == 0), @"sys_platform == 'linux' and platform_machine == 'aarch64' and (python_version >= '3.10' and python_version < '3.11' or python_version >= '3.12' and python_version < '3.13' or python_version >= '3.14')");
    }
}
