//! File names of wheels and source distributions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::{SdistName, WheelName};

/// A file name, and its project, version, build tag and tags.
const WHEELS: &[(&str, &str)] = &[
    ("flask-3.0.0-py3-none-any.whl", "flask 3.0.0 py3-none-any"),
    ("Flask-3.0-py2.PY3-none-any.whl", "flask 3.0 py2-none-any py3-none-any"),
    ("foo.bar-1.0-py3-none-any.whl", "foo-bar 1.0 py3-none-any"),
    ("zope_interface-8.7-cp311-cp311-win_amd64.whl", "zope-interface 8.7 cp311-cp311-win_amd64"),
    ("foo-1.0-1-py3-none-any.whl", "foo 1.0 build 1 `` py3-none-any"),
    ("foo-1.0-007abc-py3-none-any.whl", "foo 1.0 build 7 `abc` py3-none-any"),
    ("torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl", "torch 2.1.0+cu118 cp311-cp311-linux_x86_64"),
    ("foo-1!2.0-py3-none-any.whl", "foo 1!2.0 py3-none-any"),
    ("foo-v1.0_post1-py3-none-any.whl", "foo 1.0.post1 py3-none-any"),
    (
        "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "numpy 1.26.4 cp311-cp311-manylinux_2_17_x86_64 cp311-cp311-manylinux2014_x86_64",
    ),
];

#[test]
fn takes_names_of_wheels_apart() {
    for (file_name, expected) in WHEELS {
        let wheel = WheelName::parse(file_name).unwrap();
        let build =
            wheel.build().map(|(number, rest)| format!(" build {number} `{rest}`")).unwrap_or_default();
        let tags: Vec<String> = wheel.tags().map(|tag| tag.to_string()).collect();
        let found = format!("{} {}{build} {}", wheel.project(), wheel.version(), tags.join(" "));
        assert_eq!(found, *expected);
        assert_eq!(wheel.as_str(), *file_name);
    }
}

#[test]
fn refuses_names_that_pip_reads_in_another_way_or_not_at_all() {
    let check = |text: &str| WheelName::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("foo-1.0-py3-none.whl"), @"wheel name `foo-1.0-py3-none.whl`: has 4 parts between `-`, wanted 5 or 6");
    insta::assert_snapshot!(check("foo-1.0-1-2-py3-none-any.whl"), @"wheel name `foo-1.0-1-2-py3-none-any.whl`: has 7 parts between `-`, wanted 5 or 6");
    insta::assert_snapshot!(check("foo-1.0-py3-none-any.zip"), @"wheel name `foo-1.0-py3-none-any.zip`: wanted a name that ends in .whl");
    insta::assert_snapshot!(check("foo-1.0-py3-none-any.WHL"), @"wheel name `foo-1.0-py3-none-any.WHL`: wanted a name that ends in .whl");
    insta::assert_snapshot!(check("foo-one-py3-none-any.whl"), @"wheel name `foo-one-py3-none-any.whl`: version `one`: is not one that PEP 440 knows");
    insta::assert_snapshot!(check("foo__bar-1.0-py3-none-any.whl"), @"wheel name `foo__bar-1.0-py3-none-any.whl`: has `__` in the project name, wanted one `_`");
    insta::assert_snapshot!(check("_foo-1.0-py3-none-any.whl"), @"wheel name `_foo-1.0-py3-none-any.whl`: project name `_foo`: begins or ends with a separator, wanted a letter or digit");
    insta::assert_snapshot!(check("foo+bar-1.0-py3-none-any.whl"), @"wheel name `foo+bar-1.0-py3-none-any.whl`: project name `foo+bar`: holds `+`, wanted ASCII letters, digits, `.`, `-` and `_`");
    insta::assert_snapshot!(check("foo-1.0-abc-py3-none-any.whl"), @"wheel name `foo-1.0-abc-py3-none-any.whl`: has a build tag without number");
    insta::assert_snapshot!(check("foo-1.0-py2..py3-none-any.whl"), @"wheel name `foo-1.0-py2..py3-none-any.whl`: has an empty tag");
    insta::assert_snapshot!(check("foo-1.0-3py-none-any.whl"), @"wheel name `foo-1.0-3py-none-any.whl`: has a Python tag that is no identifier, wanted one such as `py3`");
    insta::assert_snapshot!(check("foo-1.0-99999999999999999999-py3-none-any.whl"), @"wheel name `foo-1.0-99999999999999999999-py3-none-any.whl`: has a build tag without number");
}

#[test]
fn refuses_names_that_would_leave_their_folder_or_hide() {
    let check = |text: &str| WheelName::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("foo-1.0-py3-none-../../any.whl"), @"wheel name `foo-1.0-py3-none-../../any.whl`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("foo-1.0-py3-none-a\\any.whl"), @r"wheel name `foo-1.0-py3-none-a\\any.whl`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("foo-1.0-py3-none-c:any.whl"), @"wheel name `foo-1.0-py3-none-c:any.whl`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("foo-1.0-py3-none-any\0.whl"), @r"wheel name `foo-1.0-py3-none-any\0.whl`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("foo-1.0-py3-none-any\u{202e}.whl"), @r"wheel name `foo-1.0-py3-none-any\u{202e}.whl`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("foo-1.0-py3-none-any .whl"), @"wheel name `foo-1.0-py3-none-any .whl`: holds a path separator, a colon, a space or something that is not ASCII");
    let of_length = |length: usize| format!("foo-1.0-py3-none-{}.whl", "a".repeat(length - 21));
    assert_eq!(of_length(255).len(), 255);
    assert!(WheelName::parse(&of_length(255)).is_ok());
    assert!(check(&of_length(256)).ends_with("is longer than 255 bytes"));
}

#[test]
fn knows_its_own_folders_however_they_are_spelled() {
    let wheel = WheelName::parse("Foo.Bar-1.0-py3-none-any.whl").unwrap();
    for stem in ["foo_bar-1.0", "Foo.Bar-1.0", "foo-bar-1.0.0", "foo_bar-v1"] {
        assert!(wheel.dist_info_matches(&format!("{stem}.dist-info")), "{stem}");
        assert!(wheel.data_matches(&format!("{stem}.data")), "{stem}");
    }
    for folder in [
        "foo_bar-1.1.dist-info",
        "foo_baz-1.0.dist-info",
        "foo_bar-1.0+local.dist-info",
        "foo_bar.dist-info",
        "-1.0.dist-info",
        "foo_bar-1.0.dist-info/x",
        "x/foo_bar-1.0.dist-info",
        "foo_bar-1.0.egg-info",
        "foo_bar-1.0.data",
        "foo_bar-1.0",
        "",
    ] {
        assert!(!wheel.dist_info_matches(folder), "{folder}");
    }
}

#[test]
fn takes_names_of_sdists_apart() {
    for (file_name, expected) in [
        ("flask-3.0.0.tar.gz", "flask 3.0.0"),
        ("Zope.Interface-5.0.zip", "zope-interface 5.0"),
        ("foo-bar-1.0.post1.tar.gz", "foo-bar 1.0.post1"),
    ] {
        let sdist = SdistName::parse(file_name).unwrap();
        assert_eq!(format!("{} {}", sdist.project(), sdist.version()), expected);
        assert_eq!(sdist.as_str(), file_name);
    }
    let check = |text: &str| SdistName::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("flask.tar.gz"), @"sdist name `flask.tar.gz`: wanted a project and a version with `-` between");
    insta::assert_snapshot!(check("flask-3.0.tar.bz2"), @"sdist name `flask-3.0.tar.bz2`: wanted a name that ends in .tar.gz or .zip");
    insta::assert_snapshot!(check("../flask-3.0.tar.gz"), @"sdist name `../flask-3.0.tar.gz`: holds a path separator, a colon, a space or something that is not ASCII");
    insta::assert_snapshot!(check("flask-three.zip"), @"sdist name `flask-three.zip`: version `three`: is not one that PEP 440 knows");
}
