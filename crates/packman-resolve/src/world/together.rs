//! Takes together what one release wants of one package: a hostile release may say it in thousands of lines.

use std::collections::HashMap;

use packman_names::{Ranges, Version, intersection};

use super::Dependency;
use crate::package::Package;

/// How many requirements of one release on one package stay apart. Real releases have one or two, and a proof names them
/// in their own words; of thousands the solver would keep one fact each.
pub(crate) const KEPT_APART: usize = 8;

/// How many holes the range of an extra may have. It follows its project, which has them all.
const HOLES_OF_EXTRAS: usize = 16;

/// Takes the requirements on one package together, where there are too many of them.
pub(super) fn together(dependencies: Vec<Dependency>) -> Vec<Dependency> {
    let mut places: HashMap<Package, usize> = HashMap::new();
    let mut wanted: Vec<(Package, Vec<Ranges<Version>>)> = Vec::new();
    for (package, range) in dependencies {
        let place = *places.entry(package.clone()).or_insert(wanted.len());
        match wanted.get_mut(place) {
            Some((_, ranges)) => ranges.push(range),
            None => wanted.push((package, vec![range])),
        }
    }
    let join = |(package, ranges): (Package, Vec<Ranges<Version>>)| {
        let ranges = if ranges.len() > KEPT_APART { vec![intersection(ranges)] } else { ranges };
        ranges.into_iter().map(move |range| (package.clone(), range))
    };
    wanted.into_iter().flat_map(join).collect()
}

/// The range without its holes, where it has many.
pub(crate) fn outline(range: &Ranges<Version>) -> Ranges<Version> {
    match range.bounding_range() {
        Some((low, high)) if range.iter().count() > HOLES_OF_EXTRAS => {
            Ranges::from_range_bounds((low.cloned(), high.cloned()))
        }
        _ => range.clone(),
    }
}

#[cfg(test)]
mod tests {
    use packman_names::{ProjectName, parse_specifiers, ranges};

    use super::*;

    /// What is left of `x!=0`, `x!=1` and so on: how many requirements, with how many holes.
    fn check(lines: usize) -> (usize, usize) {
        let package = |name| Package::Project(ProjectName::parse(name).unwrap());
        let line = |n| (package("x"), ranges(&parse_specifiers(&format!("!={n}")).unwrap()));
        let other = (package("y"), Ranges::full());
        let left = together((0..lines).map(line).chain([other.clone()]).collect());
        assert_eq!(left.last(), Some(&other));
        (left.len() - 1, left.first().unwrap().1.iter().count() - 1)
    }

    #[test]
    fn thousands_of_requirements_on_one_package_are_one() {
        assert_eq!(check(8), (8, 1));
        assert_eq!(check(9), (1, 9));
        assert_eq!(check(4_096), (1, 4_096));
    }

    #[test]
    fn the_range_of_an_extra_has_no_thousand_holes() {
        let shut: Vec<String> = (0..17).map(|n| format!("!={n}")).collect();
        let holes = |text: &str| outline(&ranges(&parse_specifiers(text).unwrap())).iter().count() - 1;
        assert_eq!(holes(&shut[..15].join(",")), 15);
        assert_eq!(holes(&shut.join(",")), 0);
    }
}
