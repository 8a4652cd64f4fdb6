//! Versions, specifiers and `Requires-Python`. What a specifier admits was worked out with the Python library
//! `packaging` 26.3, which is what pip asks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::{
    PythonVersion, RequiresPython, Version, admits, describe, parse_specifiers, parse_version, ranges,
};

/// From oldest to newest; equal ones stand in one row.
const ORDER: [&str; 20] = [
    "0.9",
    "1.dev0 1.0.dev0 1.0.DEV",
    "1.0a1.dev0",
    "1.0a1 1.0.alpha.1 1.0A1 v1.0a1",
    "1.0a2",
    "1.0b1 1.0.beta1",
    "1.0rc1 1.0c1 1.0.pre1",
    "1.0 1 1.0.0 01.0",
    "1.0+abc",
    "1.0+abc.1 1.0+abc-1",
    "1.0+1",
    "1.0.post0.dev0",
    "1.0.post1 1.0-1 1.0.rev1",
    "1.0.1.dev0",
    "1.0.1",
    "1.9",
    "1.10",
    "2.0b1",
    "2023.1.0",
    "1!0.1",
];

#[test]
fn orders_versions_as_pep_440_does() {
    let rows: Vec<Vec<Version>> =
        ORDER.iter().map(|row| row.split(' ').map(|text| parse_version(text).unwrap()).collect()).collect();
    for (place, row) in rows.iter().enumerate() {
        for one in row {
            for (other_place, other_row) in rows.iter().enumerate() {
                for other in other_row {
                    assert_eq!(one.cmp(other), place.cmp(&other_place), "{one} and {other}");
                }
            }
        }
    }
}

#[test]
fn refuses_what_is_no_version() {
    let check = |text: &str| parse_version(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("1.0-final"), @"version `1.0-final`: is not one that PEP 440 knows");
    for text in ["", "one", "1..0", "1.0+", "1.0 0", "1.0.*", "1.0+a+b", "dev", "18446744073709551616"] {
        check(text);
    }
}

/// In their order.
const VERSIONS: &str = "0.9 1.0.dev0 1.0a1.dev0 1.0a1 1.0a1+x 1.0a1.post1 1.0a2 1.0rc1 1 1.0.0 1.0+x 1.0+x.1 1.0.post0.dev0 1.0.post1 1.0.post1+x 1.0.post2 1.0.1.dev0 1.0.1 1.1a1 1.1 1.9 2.dev0 2 1!0.1";

const ADMITTED: &[(&str, &str)] = &[
    ("==1.0", "1..1.0+x.1"),
    ("==1.0.0", "1..1.0+x.1"),
    ("==1", "1..1.0+x.1"),
    ("==1.0+x", "1.0+x"),
    ("==1.0a1", "1.0a1..1.0a1+x"),
    ("==1.0.post1", "1.0.post1..1.0.post1+x"),
    ("==1.*", "1.0.dev0..1.9"),
    ("==1.0.*", "1.0.dev0..1.0.1"),
    ("==1!0.*", "1!0.1"),
    ("==18446744073709551615.*", ""),
    ("!=1.0", "0.9..1.0rc1 1.0.post0.dev0..1!0.1"),
    ("!=1.0.*", "0.9 1.1a1..1!0.1"),
    ("!=1.0+x", "0.9..1.0.0 1.0+x.1..1!0.1"),
    ("===1.0", "1..1.0.0"),
    (">=1.0", "1..1!0.1"),
    (">=1.0a1", "1.0a1..1!0.1"),
    ("<=1.0", "0.9..1.0+x.1"),
    ("<=1.0a1", "0.9..1.0a1+x"),
    ("<=1.0.post1", "0.9..1.0.post1+x"),
    (">1.0", "1.0.1.dev0..1!0.1"),
    (">1.0a1", "1.0a2..1!0.1"),
    (">1.0.dev0", "1.0a1.dev0..1!0.1"),
    (">1.0.post1", "1.0.post2..1!0.1"),
    ("<1.0", "0.9"),
    ("<1.0a2", "0.9..1.0a1.post1"),
    ("<1.0.post1", "0.9..1.0.post0.dev0"),
    ("<1.0a1.dev0", "0.9..1.0.dev0"),
    ("<2", "0.9..1.9"),
    ("<2.dev0", "0.9..1.9"),
    ("~=1.0", "1..1.9"),
    ("~=1.0.0", "1..1.0.1"),
    ("~=1.0a1", "1.0a1..1.9"),
    ("~=1.0.post1", "1.0.post1..1.9"),
    (">=1,<2", "1..1.9"),
    (">=1.0,!=1.0.*,<2", "1.1a1..1.9"),
    (">1,<1", ""),
    (">=2", "2..1!0.1"),
    ("<0", ""),
];

#[test]
fn admits_the_versions_that_packaging_admits() {
    for (specifiers, admitted) in ADMITTED {
        assert_eq!(runs(specifiers), *admitted, "{specifiers}");
    }
}

/// Returns what is admitted of [`VERSIONS`], neighbours as `first..last`.
fn runs(specifiers: &str) -> String {
    let specifiers = parse_specifiers(specifiers).unwrap();
    let range = ranges(&specifiers);
    let mut runs: Vec<(&str, &str)> = Vec::new();
    let mut within = false;
    for text in VERSIONS.split(' ') {
        let version = parse_version(text).unwrap();
        let admitted = admits(&specifiers, &version);
        assert_eq!(admitted, range.contains(&version), "a list and its range agree on {text}");
        match runs.last_mut() {
            Some(run) if admitted && within => run.1 = text,
            _ if admitted => runs.push((text, text)),
            _ => {}
        }
        within = admitted;
    }
    let show = |(first, last): &(&str, &str)| {
        if first == last { (*first).to_owned() } else { format!("{first}..{last}") }
    };
    runs.iter().map(show).collect::<Vec<_>>().join(" ")
}

#[test]
fn refuses_specifiers_that_do_not_fit_their_operator() {
    let check = |text: &str| parse_specifiers(text).unwrap_err().to_string();
    insta::assert_snapshot!(check(">=1.*"), @"version specifier `>=1.*`: does not fit its operator: `.*` goes with `==` and `!=`, a local version with `==`, `!=` and `===`, and `~=` needs two numbers");
    insta::assert_snapshot!(check("~=1"), @"version specifier `~=1`: does not fit its operator: `.*` goes with `==` and `!=`, a local version with `==`, `!=` and `===`, and `~=` needs two numbers");
    insta::assert_snapshot!(check(">=1.0+local"), @"version specifier `>=1.0+local`: does not fit its operator: `.*` goes with `==` and `!=`, a local version with `==`, `!=` and `===`, and `~=` needs two numbers");
    insta::assert_snapshot!(check(">=dev"), @"version specifier `>=dev`: names no version that PEP 440 knows");
    insta::assert_snapshot!(check(">=1 <2"), @"version specifier `>=1 <2`: has `<2` where a comma or the end was wanted");
    insta::assert_snapshot!(check("1.0"), @"version specifier `1.0`: has `1.0` where a comma or the end was wanted");
    insta::assert_snapshot!(check("===not-a-version"), @"version specifier `===not-a-version`: names no version that PEP 440 knows");
}

#[test]
fn says_ranges_in_the_words_of_specifiers() {
    let check = |text: &str| describe(&ranges(&parse_specifiers(text).unwrap()));
    for same in [
        "==1.0",
        ">=1.0",
        "<=1.0",
        ">1.0",
        "<1.0",
        "==1.0a1",
        ">1.0.post1",
        "<=1.0.dev3",
        "==1.0+x",
        "==1.2.*",
        "!=1.5",
        "!=1.5.*",
        ">=1, !=1.5.*, !=1.7, <2",
    ] {
        assert_eq!(check(same), same);
    }
    insta::assert_snapshot!(check(""), @"any version");
    insta::assert_snapshot!(check(">2,<1"), @"no version");
    insta::assert_snapshot!(check("~=1.2.3"), @">=1.2.3, <1.3");
    let either =
        ranges(&parse_specifiers("==1.0").unwrap()).union(&ranges(&parse_specifiers(">=2").unwrap()));
    insta::assert_snapshot!(describe(&either), @"==1.0 or >=2");
}

/// What old releases really say: the text, what is understood, and the oldest and newest of 3.5 to 3.14 admitted.
const REQUIRES_PYTHON: &[(&str, &str)] = &[
    ("", "any 3.5 3.14"),
    (">=3.8", ">=3.8 3.8 3.14"),
    (">=3.8,<3.12", ">=3.8, <3.12 3.8 3.11"),
    (">=3.6.*", ">=3.6 3.6 3.14"),
    (">3.6.*", ">3.6 3.7 3.14"),
    ("<3.9.*", "<3.9 3.5 3.8"),
    ("~=3.6", "~=3.6 3.6 3.14"),
    ("~=3.6.*", "==3.6.* 3.6 3.6"),
    ("==3.7.*", "==3.7.* 3.7 3.7"),
    (">=2.7, !=3.0.*, !=3.1.*, <4", ">=2.7, !=3.0.*, !=3.1.*, <4 3.5 3.14"),
    (">=2.7,!=3.0*", ">=2.7, !=3.0.* 3.5 3.14"),
    (">=3.6 <3.10", ">=3.6, <3.10 3.6 3.9"),
    (">=3.6<3.10", ">=3.6, <3.10 3.6 3.9"),
    ("'>=3.8'", ">=3.8 3.8 3.14"),
    (">= '3.8'", ">=3.8 3.8 3.14"),
    (">=3.8,", ">=3.8 3.8 3.14"),
    ("=>3.8", ">=3.8 3.8 3.14"),
    ("=<3.8", "<=3.8 3.5 3.8"),
    (">=3.11.1", ">=3.11.1 3.12 3.14"),
];

#[test]
fn reads_requires_python_as_old_releases_write_it() {
    for (text, expected) in REQUIRES_PYTHON {
        let requires = RequiresPython::parse(text).unwrap();
        let admitted: Vec<PythonVersion> = (5..=14)
            .map(|minor| PythonVersion::new(3, minor))
            .filter(|python| requires.admits(*python))
            .collect();
        let words: Vec<String> = requires.specifiers().iter().map(ToString::to_string).collect();
        let words = if words.is_empty() { "any".to_owned() } else { words.join(", ") };
        let (first, last) = (admitted.first().unwrap(), admitted.last().unwrap());
        assert_eq!(format!("{words} {first} {last}"), *expected, "{text}");
    }
}

#[test]
fn asks_for_the_patch_where_it_is_known() {
    let requires = RequiresPython::parse(">=3.11.4, !=3.11.6").unwrap();
    let admits = |text: &str| requires.admits(PythonVersion::parse(text).unwrap());
    assert_eq!(
        ["3.11", "3.11.3", "3.11.4", "3.11.6", "3.11.7"].map(admits),
        [false, false, true, false, true]
    );
}

#[test]
fn refuses_a_requires_python_that_nobody_can_read() {
    let check = |text: &str| RequiresPython::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("3.8"), @"requires-python `3.8`: wanted specifiers such as `>=3.9, <4`");
    for text in ["3.8+", "python3", ">=", ">=three", ">=3.8;<4", "~=3"] {
        check(text);
    }
}

#[test]
fn reads_versions_of_python_as_people_name_them() {
    for text in ["3.12", "3.12.4", "2.7"] {
        assert_eq!(PythonVersion::parse(text).unwrap().to_string(), text);
    }
    let check = |text: &str| PythonVersion::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("3"), @"Python version `3`: wanted two or three numbers, as in `3.12`");
    // Each older minor version makes tags of its own: 3.65535 would make millions.
    for text in ["", "3.", "3.12.4.1", "3.12rc1", "+3.12", "3.x", "3.256", "3.65535"] {
        check(text);
    }
}

#[test]
fn draws_the_line_exactly_where_versions_are_rare() {
    let check = |specifiers: &str, version: &str| {
        admits(&parse_specifiers(specifiers).unwrap(), &parse_version(version).unwrap())
    };
    // A pre-release in the specifier lets in what comes before it, also of the same release.
    assert!(check("<1.0a2", "1.0a2.dev1") && !check("<1.0a2", "1.0a2"));
    assert!(check("<1.0.dev3", "1.0.dev1") && !check("<1.0.dev3", "1.0.dev3"));
    // The largest number there is has a successor: the next number before it goes up.
    assert!(check("==1.18446744073709551615.*", "1.18446744073709551615.3"));
    assert!(!check("==1.18446744073709551615.*", "2.0"));
    assert!(check("==18446744073709551615.*", "18446744073709551615.1"));
    assert!(!check("==18446744073709551615.*", "1!0"));
    assert!(check("~=18446744073709551615.1", "18446744073709551615.2"));
}
