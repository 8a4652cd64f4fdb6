//! Markers. What is true where was worked out with the Python library `packaging` 26.3, which is what pip asks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;

use packman_names::{ExtraName, Marker, MarkerEnvironment, PythonVersion, Requirement};

type Values = &'static [(&'static str, &'static str)];

/// Name, version of Python, and the other nine values.
const ENVIRONMENTS: [(&str, &str, Values); 3] = [
    (
        "linux",
        "3.11.7",
        &[
            ("implementation_name", "cpython"),
            ("implementation_version", "3.11.7"),
            ("os_name", "posix"),
            ("platform_machine", "x86_64"),
            ("platform_python_implementation", "CPython"),
            ("platform_release", "5.15.0-91-generic"),
            ("platform_system", "Linux"),
            ("platform_version", "#1 SMP"),
            ("sys_platform", "linux"),
        ],
    ),
    (
        "windows",
        "3.8.0",
        &[
            ("implementation_name", "cpython"),
            ("implementation_version", "3.8.0"),
            ("os_name", "nt"),
            ("platform_machine", "AMD64"),
            ("platform_python_implementation", "CPython"),
            ("platform_release", "10"),
            ("platform_system", "Windows"),
            ("platform_version", "10.0.19045"),
            ("sys_platform", "win32"),
        ],
    ),
    (
        "macos",
        "3.13.0rc1",
        &[
            ("implementation_name", "pypy"),
            ("implementation_version", "3.13.0rc1"),
            ("os_name", "posix"),
            ("platform_machine", "arm64"),
            ("platform_python_implementation", "PyPy"),
            ("platform_release", "23.1.0"),
            ("platform_system", "Darwin"),
            ("platform_version", "Darwin Kernel Version 23.1.0"),
            ("sys_platform", "darwin"),
        ],
    ),
];

const TRUE_WHERE: &[(&str, &str)] = &[
    ("python_version < '3.11'", "windows"),
    ("python_version >= \"3.10\"", "linux macos"),
    ("python_version < '3'", ""),
    ("python_version == '3.1'", ""),
    ("python_version == '3.*'", "linux windows macos"),
    ("python_version ~= '3.8'", "linux windows macos"),
    ("python_version in '3.8 3.9'", "windows"),
    ("python_version not in '3.8, 3.9'", "linux macos"),
    ("python_version > '3.9' and python_version < '3.12'", "linux"),
    ("'3.9' <= python_version", "linux macos"),
    ("\"3.11\" == python_version", "linux"),
    ("python_full_version < '3.11.8'", "linux windows"),
    ("python_full_version >= '3.13'", ""),
    ("python_full_version >= '3.13.0a1'", "macos"),
    ("python_full_version != '3.11.*'", "windows macos"),
    ("python_version === '3.11'", "linux"),
    ("python_version == '3.11.post'", ""),
    ("python_version >= 'three'", ""),
    ("implementation_version > '3.9'", "linux macos"),
    ("implementation_name == 'cpython'", "linux windows"),
    ("platform_python_implementation != 'PyPy'", "linux windows"),
    ("python_implementation == 'CPython'", "linux windows"),
    ("sys_platform == 'win32'", "windows"),
    ("sys.platform == 'darwin'", "macos"),
    ("sys_platform in 'linux linux2'", "linux"),
    ("'win' in sys_platform", "windows macos"),
    ("'nux' not in sys_platform", "windows macos"),
    ("os_name == 'posix' and sys_platform != 'darwin'", "linux"),
    ("os.name == \"nt\" or platform.machine == \"arm64\"", "windows macos"),
    ("platform_machine >= 'x86_64'", "linux"),
    ("platform_machine > 'a'", ""),
    ("platform_release >= '10'", "windows macos"),
    ("platform_release == '5.15.0-91-generic'", "linux"),
    ("platform_version == '#1 SMP'", "linux"),
    ("platform_system == 'Linux' or platform_system == 'Darwin' and python_version < '3'", "linux"),
    ("(platform_system == 'Linux' or platform_system == 'Darwin') and python_version < '3.12'", "linux"),
    ("((sys_platform == 'linux'))", "linux"),
    ("sys_platform=='linux'and python_version>='3'", "linux"),
    ("python_version<'3.9'or(sys_platform=='linux')", "linux windows"),
];

fn pairs(name: &str) -> BTreeMap<String, String> {
    let (_, full, values) = ENVIRONMENTS.iter().find(|(known, ..)| *known == name).unwrap();
    let (major_minor, _) = full.rsplit_once('.').unwrap();
    let versions = [("python_full_version", *full), ("python_version", major_minor)];
    values.iter().chain(&versions).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn environment(name: &str) -> MarkerEnvironment {
    MarkerEnvironment::from_pairs(&pairs(name)).unwrap()
}

fn extras(names: &[&str]) -> Vec<ExtraName> {
    names.iter().map(|name| ExtraName::parse(name).unwrap()).collect()
}

#[test]
fn is_true_where_packaging_finds_it_true() {
    for (text, expected) in TRUE_WHERE {
        let marker = Marker::parse(text).unwrap();
        let names = ENVIRONMENTS.iter().map(|(name, ..)| *name);
        let found: Vec<&str> = names.filter(|name| marker.applies(&environment(name), &[])).collect();
        assert_eq!(found.join(" "), *expected, "{text}");
    }
}

/// A marker, and for which of no extra, `a`, `b-c`, both it is true.
const EXTRAS: &[(&str, [bool; 4])] = &[
    ("extra == 'a'", [false, true, false, true]),
    ("'a' == extra", [false, true, false, true]),
    ("extra == 'B_C'", [false, false, true, true]),
    ("extra != 'a'", [true, false, true, false]),
    ("extra == ''", [true, false, false, false]),
    ("extra == 'a' or extra == 'b.c'", [false, true, true, true]),
    ("extra == 'a' and extra == 'b-c'", [false, false, false, true]),
    ("extra == 'a' and sys_platform == 'win32'", [false, false, false, false]),
    ("sys_platform == 'linux' or extra == 'a'", [true, true, true, true]),
    ("extra in 'a x'", [true, true, false, true]),
    ("'a' in extras", [false, true, false, true]),
    ("'B_C' not in extras", [true, true, false, false]),
    ("'a' in dependency_groups", [false, false, false, false]),
    ("extra > 'a'", [false, false, false, false]),
];

#[test]
fn compares_extras_as_a_set() {
    let sets = [extras(&[]), extras(&["a"]), extras(&["b-c"]), extras(&["a", "b-c"])];
    for (text, expected) in EXTRAS {
        let marker = Marker::parse(text).unwrap();
        let found = sets.each_ref().map(|active| marker.applies(&environment("linux"), active));
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn says_which_extras_a_requirement_depends_on() {
    let check = |text: &str| {
        let names = Requirement::parse(text).unwrap().marker_extras();
        names.iter().map(ExtraName::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(check("asgiref>=3.2; extra == \"Async\""), "async");
    assert_eq!(check("a; (extra == 'x' or 'y_z' == extra) and extra != 'x'"), "x y-z");
    assert_eq!(check("a; python_version < '3.11'"), "");
    assert_eq!(check("a"), "");
}

/// On some platform, with some patch of Python 3.11.
#[test]
fn says_what_can_be_true_on_any_platform() {
    let check = |text: &str, expected: bool| {
        let marker = Marker::parse(text).unwrap();
        assert_eq!(marker.may_apply(&environment("linux"), &extras(&["fast"])), expected, "{text}");
        // What is true here can be.
        assert!(expected || !marker.applies(&environment("linux"), &extras(&["fast"])), "{text}");
    };
    for text in [
        "platform_system == 'Windows'",
        "sys_platform != 'linux'",
        "sys_platform == 'win32' and python_version >= '3.11'",
        "python_version < '3' or os_name == 'nt'",
        "platform_python_implementation == 'PyPy'",
        "implementation_version < '3.10'",
        "python_full_version < '3.11.4'",
        "python_full_version > '3.11'",
        "'win' in sys_platform and extra == 'fast'",
        "python_version == '3.11'",
    ] {
        check(text, true);
    }
    for text in [
        "python_version < '3.11'",
        "sys_platform == 'win32' and python_version < '3.11'",
        "python_full_version >= '3.12.1'",
        "python_full_version < '3.1'",
        "os_name == 'nt' and extra == 'slow'",
    ] {
        check(text, false);
    }
}

#[test]
fn refuses_markers_that_say_nothing() {
    let check = |text: &str| Marker::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check(""), @"marker ``: ends where a marker variable or a quoted text was wanted");
    insta::assert_snapshot!(check("python_version"), @"marker `python_version`: ends where a comparison, `in` or `not in` was wanted");
    insta::assert_snapshot!(check("python_version < 3"), @"marker `python_version < 3`: has `3` where a marker variable or a quoted text was wanted");
    insta::assert_snapshot!(check("python_version < '3' and"), @"marker `python_version < '3' and`: ends where a marker variable or a quoted text was wanted");
    insta::assert_snapshot!(check("python_version < '3' xor os_name == 'nt'"), @"marker `python_version < '3' xor os_name == 'nt'`: has `xor os_name == 'nt'` where `and`, `or` or the end was wanted");
    insta::assert_snapshot!(check("(python_version < '3'"), @"marker `(python_version < '3'`: ends where `)` was wanted");
    insta::assert_snapshot!(check("python_version < '3"), @"marker `python_version < '3`: has `'3` where a closed quote was wanted");
    insta::assert_snapshot!(check("python_version notin '3'"), @"marker `python_version notin '3'`: has `notin '3'` where a comparison, `in` or `not in` was wanted");
    insta::assert_snapshot!(check("weather == 'fine'"), @"marker `weather == 'fine'`: has `weather == 'fine'` where a marker variable or a quoted text was wanted");
    insta::assert_snapshot!(check("'3' == '3'"), @"marker `'3' == '3'`: has `'3'` where a variable was wanted");
    insta::assert_snapshot!(check("os_name == sys_platform"), @"marker `os_name == sys_platform`: has `sys_platform` where a quoted text was wanted");
    insta::assert_snapshot!(check("os_name == 'a\\x62'"), @r"marker `os_name == 'a\\x62'`: has `'a\\x62'` where a text without a backslash was wanted");
}

#[test]
fn refuses_parentheses_that_would_exhaust_the_stack() {
    let nested = |depth: usize| format!("{}os_name == 'nt'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Marker::parse(&nested(63)).is_ok());
    for depth in [64, 8_000] {
        let error = Marker::parse(&nested(depth)).unwrap_err().to_string();
        assert!(error.ends_with("where an end to the parentheses was wanted"), "{error}");
    }
}

#[test]
fn joins_many_conditions_without_depth() {
    let many = vec!["os_name == 'nt'"; 512].join(" or ");
    assert!(!Marker::parse(&many).unwrap().applies(&environment("linux"), &[]));
}

#[test]
fn keeps_the_text_of_a_marker() {
    let requirement = Requirement::parse("a ;  os_name=='nt'  and(python_version<'3')  ").unwrap();
    assert_eq!(requirement.marker_text().unwrap(), "os_name=='nt'  and(python_version<'3')");
}

#[test]
fn refuses_an_environment_with_a_gap() {
    let mut without = pairs("linux");
    without.remove("os_name");
    insta::assert_snapshot!(MarkerEnvironment::from_pairs(&without).unwrap_err(), @"marker environment `os_name`: has no value");
    let mut wrong = pairs("linux");
    wrong.insert("python_full_version".to_owned(), "three".to_owned());
    insta::assert_snapshot!(MarkerEnvironment::from_pairs(&wrong).unwrap_err(), @"python_full_version `three`: wanted a version such as `3.12.4`");
}

#[test]
fn knows_the_python_of_an_environment() {
    let python = |name: &str| environment(name).python();
    assert_eq!(python("linux"), PythonVersion::parse("3.11.7").unwrap());
    assert_eq!(
        python("macos"),
        PythonVersion::parse("3.13.0").unwrap(),
        "a pre-release counts as its release"
    );
    assert_eq!(environment("linux").get("os_name"), Some("posix"));
    assert_eq!(environment("linux").get("weather"), None);
    assert_eq!(environment("linux").pairs().count(), 11);
}

#[test]
fn takes_a_python_built_from_a_working_copy() {
    let mut built = pairs("linux");
    built.insert("python_full_version".to_owned(), "3.14.0a1+".to_owned());
    let environment = MarkerEnvironment::from_pairs(&built).unwrap();
    assert!(Marker::parse("python_full_version == '3.14.0a1'").unwrap().applies(&environment, &[]));
    assert_eq!(environment.python(), PythonVersion::parse("3.14.0").unwrap());
}
