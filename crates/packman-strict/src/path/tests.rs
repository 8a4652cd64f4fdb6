//! Which paths are refused, and which two cannot stand side by side.

use super::{PathSet, SafePath};

fn check(path: &str) -> String {
    SafePath::parse(path).map_or_else(|error| error.to_string(), |path| format!("fine: {path}"))
}

/// Adds paths one after the other, those that end in `/` as folders; the first collision, if there is one.
fn check_set(paths: &[&str]) -> String {
    let mut set = PathSet::new();
    for text in paths {
        let path = SafePath::parse(text.trim_end_matches('/')).unwrap();
        let added = if text.ends_with('/') { set.insert_folder(&path) } else { set.insert(&path) };
        if let Err(collision) = added {
            return collision.to_string();
        }
    }
    "fine".to_owned()
}

#[test]
fn accepts_what_honest_wheels_hold() {
    for path in [
        "a",
        "pkg/__init__.py",
        "pkg-1.0.dist-info/METADATA",
        "pkg/.hidden",
        "pkg/..data",
        "pkg/...three",
        "setuptools/script (dev).tmpl",
        "pkg/naïve-文件.txt",
        "pkg/console.py",
        "pkg/com.py",
        "pkg/com10.py",
        "pkg/nullable.py",
        "pkg/a b",
        "pkg/~tilde",
        "-dash",
    ] {
        assert_eq!(check(path), format!("fine: {path}"));
    }
}

#[test]
fn refuses_what_leaves_the_folder_or_means_two_things() {
    insta::assert_snapshot!(check(""), @"path `` is empty, wanted a relative path");
    insta::assert_snapshot!(check("/etc/passwd"), @"path `/etc/passwd` is absolute, wanted a relative path");
    insta::assert_snapshot!(check("//host/share"), @"path `//host/share` is absolute, wanted a relative path");
    insta::assert_snapshot!(check("../evil.py"), @"path `../evil.py` has a component `.` or `..`");
    insta::assert_snapshot!(check("a/../../evil.py"), @"path `a/../../evil.py` has a component `.` or `..`");
    insta::assert_snapshot!(check("a/./b"), @"path `a/./b` has a component `.` or `..`");
    insta::assert_snapshot!(check(".."), @"path `..` has a component `.` or `..`");
    insta::assert_snapshot!(check("a//b"), @"path `a//b` has an empty component");
    insta::assert_snapshot!(check("a/"), @"path `a/` has an empty component");
    insta::assert_snapshot!(check(r"..\evil.py"), @r"path `..\\evil.py` has a backslash, wanted only `/` between components");
    insta::assert_snapshot!(check("C:/evil.py"), @"path `C:/evil.py` has a colon");
    insta::assert_snapshot!(check("a/b.py:hidden"), @"path `a/b.py:hidden` has a colon");
    insta::assert_snapshot!(check("a\0.py"), @r"path `a\0.py` has a control character");
    insta::assert_snapshot!(check("a\u{9b}2J"), @r"path `a\u{9b}2J` has a control character");
    insta::assert_snapshot!(check("bin/pip.exe."), @"path `bin/pip.exe.` has a component that ends in a dot or a space");
    insta::assert_snapshot!(check("bin/pip.exe /x"), @"path `bin/pip.exe /x` has a component that ends in a dot or a space");
}

#[test]
fn refuses_windows_devices_with_any_suffix() {
    for path in [
        "NUL",
        "a/con.py",
        "aux.tar.gz/b",
        "Prn .txt",
        "com1",
        "LPT9.log",
        "COM¹.x",
        "com0",
        "conin$",
        "CONOUT$.a",
    ] {
        assert_eq!(check(path), format!("path `{path}` has a component that is a device on Windows"));
    }
}

#[test]
fn refuses_what_is_too_long_to_be_made() {
    let component = "x".repeat(255);
    assert!(SafePath::parse(&component).is_ok());
    assert!(check(&format!("{component}x")).ends_with("has a component of more than 255 bytes"));
    let path = [component.as_str(); 4].join("/");
    assert_eq!(path.len(), 1023);
    assert!(SafePath::parse(&format!("x{}", path.replacen('x', "/", 1))).is_ok());
    assert!(check(&format!("{path}/x")).ends_with("has more than 1,024 bytes"));
}

#[test]
fn a_path_knows_its_parts() {
    let path = SafePath::parse("a/b/c.py").unwrap();
    assert_eq!(path.components().collect::<Vec<_>>(), ["a", "b", "c.py"]);
    assert_eq!(path.file_name(), "c.py");
    assert_eq!(path.parent().unwrap().as_str(), "a/b");
    assert_eq!(SafePath::parse("a").unwrap().parent(), None);
}

#[test]
fn accepts_paths_that_stand_side_by_side() {
    for paths in [
        &["a", "b", "a.py"][..],
        &["a/", "a/b", "a/b2"],
        &["a/b/c", "a/", "a/b/"],
        // Two spellings of a folder: their files differ, so none is lost where they fall together.
        &["Tests/one.py", "tests/two.py"],
        &["a-b", "a_b"],
    ] {
        assert_eq!(check_set(paths), "fine", "{paths:?}");
    }
}

#[test]
fn refuses_paths_that_fall_together() {
    insta::assert_snapshot!(check_set(&["a/b", "a/b"]), @"path `a/b` stands there twice");
    insta::assert_snapshot!(check_set(&["pkg/init.py", "pkg/Init.py"]), @"path `pkg/Init.py` cannot stand beside `pkg/init.py` on every system");
    insta::assert_snapshot!(check_set(&["PKG/a", "pkg/A"]), @"path `pkg/A` cannot stand beside `PKG/a` on every system");
    insta::assert_snapshot!(check_set(&["caf\u{e9}", "cafe\u{301}"]), @r"path `cafe\u{301}` cannot stand beside `café` on every system");
    insta::assert_snapshot!(check_set(&["ﬁle", "FILE"]), @"path `FILE` cannot stand beside `ﬁle` on every system");
    insta::assert_snapshot!(check_set(&["straße", "STRASSE"]), @"path `STRASSE` cannot stand beside `straße` on every system");
    insta::assert_snapshot!(check_set(&["ΟΔΟΣ", "οδος"]), @"path `οδος` cannot stand beside `ΟΔΟΣ` on every system");
    assert_ne!(check_set(&["\u{212a}", "k"]), "fine", "the Kelvin sign");
    assert_ne!(check_set(&["\u{1d400}", "a"]), "fine", "a mathematical A, which has no lower case");
    insta::assert_snapshot!(check_set(&["pip.py", "p\u{200d}ip.py"]), @r"path `p\u{200d}ip.py` cannot stand beside `pip.py` on every system");
    insta::assert_snapshot!(check_set(&["Ａ", "a"]), @"path `a` cannot stand beside `Ａ` on every system");
    insta::assert_snapshot!(check_set(&["a/", "A/"]), @"path `A` cannot stand beside `a` on every system");
}

#[test]
fn refuses_a_file_where_another_needs_a_folder() {
    insta::assert_snapshot!(check_set(&["a/b", "a"]), @"path `a` cannot stand beside `a/b` on every system");
    insta::assert_snapshot!(check_set(&["a", "a/b/c"]), @"path `a/b/c` cannot stand beside `a` on every system");
    insta::assert_snapshot!(check_set(&["A", "a/b/c"]), @"path `a/b/c` cannot stand beside `A` on every system");
    insta::assert_snapshot!(check_set(&["a/", "a"]), @"path `a` stands there twice");
    insta::assert_snapshot!(check_set(&["a/b/", "a/B"]), @"path `a/B` cannot stand beside `a/b` on every system");
    insta::assert_snapshot!(check_set(&["a/b/c", "a/x", "a/b"]), @"path `a/b` cannot stand beside `a/b/c` on every system");
}

#[test]
fn a_path_that_is_refused_leaves_no_trace() {
    let mut set = PathSet::new();
    let path = |text| SafePath::parse(text).unwrap();
    set.insert(&path("a")).unwrap();
    for _ in 0..2 {
        assert_eq!(set.insert(&path("a/b")).unwrap_err().before(), &path("a"));
    }
}

#[test]
fn deep_folders_are_held_once_each_however_long_the_way_to_them_is() {
    let mut set = PathSet::new();
    let mut length = 0;
    for file in 0..100 {
        let path = format!("{file:06}/{}b", "a/".repeat(62));
        length += path.len();
        set.insert(&SafePath::parse(&path).unwrap()).unwrap();
    }
    assert!(set.held() <= length, "{} bytes for {length}", set.held());
    assert!(SafePath::parse(&format!("{}b", "a/".repeat(63))).is_ok());
    let error = SafePath::parse(&format!("{}b", "a/".repeat(64))).unwrap_err().to_string();
    assert!(error.ends_with("has more than 64 components"), "{error}");
}
