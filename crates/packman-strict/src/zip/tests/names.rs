//! Attacks by name and kind: files that land elsewhere, on each other, or are no files.

use super::check;
use super::raw::{Raw, Zip, deflated, extra, folder, stored};
use crate::zip::entry::crc32;

fn named(name: &str) -> String {
    check(&Zip::of([stored(name, b"x")]))
}

#[test]
fn refuses_names_that_leave_the_folder() {
    insta::assert_snapshot!(named("../evil.py"), @"zip-unsafe-path: entry `../evil.py` has a component `.` or `..`");
    insta::assert_snapshot!(named("/etc/cron.d/evil"), @"zip-unsafe-path: entry `/etc/cron.d/evil` is absolute, wanted a relative path");
    insta::assert_snapshot!(named("C:evil.py"), @"zip-unsafe-path: entry `C:evil.py` has a colon");
    insta::assert_snapshot!(named("a\\..\\evil.py"), @r"zip-unsafe-path: entry `a\\..\\evil.py` has a backslash, wanted only `/` between components");
    insta::assert_snapshot!(named("a.py\0.txt"), @r"zip-unsafe-path: entry `a.py\0.txt` has a control character");
    insta::assert_snapshot!(named("aux.py"), @"zip-unsafe-path: entry `aux.py` has a component that is a device on Windows");
    insta::assert_snapshot!(named("a\u{1b}[2J"), @r"zip-unsafe-path: entry `a\u{1b}[2J` has a control character");
    insta::assert_snapshot!(named(""), @"zip-unsafe-path: entry `` is empty, wanted a relative path");
    insta::assert_snapshot!(check(&Zip::of([folder("../")])), @"zip-unsafe-path: entry `..` has a component `.` or `..`");
    insta::assert_snapshot!(check(&Zip::of([folder("/")])), @"zip-unsafe-path: entry `` is empty, wanted a relative path");
    insta::assert_snapshot!(check(&Zip::of([folder("a//")])), @"zip-unsafe-path: entry `a/` has an empty component");
}

#[test]
fn refuses_two_entries_of_one_name() {
    insta::assert_snapshot!(check(&Zip::of([stored("a", b"x"), stored("a", b"y")])), @"zip-duplicate: entry `a` stands there twice");
    insta::assert_snapshot!(check(&Zip::of([stored("a", b"x"), stored("a", b"x")])), @"zip-duplicate: entry `a` stands there twice");
    insta::assert_snapshot!(check(&Zip::of([folder("a/"), folder("a/")])), @"zip-duplicate: entry `a/` stands there twice");
    insta::assert_snapshot!(check(&Zip::of([folder("a/"), stored("a", b"x")])), @"zip-duplicate: entry `a` stands there twice");
}

#[test]
fn refuses_names_that_fall_together() {
    insta::assert_snapshot!(check(&Zip::of([stored("p/init.py", b"x"), stored("p/Init.py", b"y")])), @"zip-collision: entry `p/Init.py` cannot stand beside `p/init.py` on every system");
    insta::assert_snapshot!(check(&Zip::of([stored("caf\u{e9}", b"x"), stored("cafe\u{301}", b"y")])), @r"zip-collision: entry `cafe\u{301}` cannot stand beside `café` on every system");
    insta::assert_snapshot!(check(&Zip::of([stored("a", b"x"), stored("a/b", b"y")])), @"zip-collision: entry `a/b` cannot stand beside `a` on every system");
    insta::assert_snapshot!(check(&Zip::of([stored("a/b", b"x"), stored("A", b"y")])), @"zip-collision: entry `A` cannot stand beside `a/b` on every system");
}

/// Code page 437 to Python and the specification, UTF-8 to others: one name, two files.
#[test]
fn refuses_names_in_an_unclear_encoding() {
    let unmarked = stored("naïve", b"x").both(|header| header.flags = 0);
    insta::assert_snapshot!(check(&Zip::of([unmarked])), @"zip-name-encoding: entry `naïve` has a name in an unclear encoding, wanted ASCII or marked UTF-8");
    let latin = stored("x", b"x").both(|header| {
        header.name = b"na\xefve".to_vec();
        header.flags = 1 << 11;
    });
    insta::assert_snapshot!(check(&Zip::of([latin])), @"zip-name-encoding: entry `na�ve` has a name in an unclear encoding, wanted ASCII or marked UTF-8");
}

/// The Unicode path field: readers that know it take its name, the others that of the header.
#[test]
fn refuses_a_second_name_that_differs() {
    let field = |version: u8, crc: u32, name: &str| {
        extra(0x7075, &[&[version][..], &crc.to_le_bytes(), name.as_bytes()].concat())
    };
    let central =
        |field: Vec<u8>| check(&Zip::of([stored("a", b"x").change(|raw| raw.central.extra = field)]));
    let local = |field: Vec<u8>| check(&Zip::of([stored("a", b"x").change(|raw| raw.local.extra = field)]));
    let right = field(1, crc32(b"a"), "a");
    assert_eq!((central(right.clone()), local(right)), ("a 1 x".to_owned(), "a 1 x".to_owned()));
    for wrong in
        [field(1, crc32(b"a"), "../evil"), field(1, 7, "a"), field(2, crc32(b"a"), "a"), extra(0x7075, b"")]
    {
        let refused = "zip-unicode-path: entry `a` has a second name that differs";
        assert_eq!(central(wrong.clone()), refused, "{wrong:?}");
        assert_eq!(local(wrong.clone()), refused, "{wrong:?}");
    }
}

/// A link makes the next entry write wherever it points.
#[test]
fn refuses_links_and_devices() {
    insta::assert_snapshot!(check(&Zip::of([stored("a", b"/etc").change(|raw| raw.central.attributes = 0o120_777 << 16)])), @"zip-special: entry `a` is a link, device, pipe or socket, wanted a file or folder");
    for kind in [0o010_000, 0o020_000, 0o060_000, 0o120_000, 0o140_000, 0o170_000, 0o110_000] {
        let raw = stored("a", b"x").change(|raw| raw.central.attributes = (kind | 0o644) << 16);
        assert_eq!(
            check(&Zip::of([raw])),
            "zip-special: entry `a` is a link, device, pipe or socket, wanted a file or folder"
        );
    }
    // Whatever system the header names: pip looks at the mode all the same.
    insta::assert_snapshot!(check(&Zip::of([folder("a/").change(|raw| raw.central.attributes = 0o120_777 << 16)])), @"zip-special: entry `a/` is a link, device, pipe or socket, wanted a file or folder");
}

#[test]
fn refuses_what_is_a_file_and_a_folder() {
    let is = |raw: Raw, change: fn(&mut Raw)| check(&Zip::of([raw.change(change)]));
    let refused = |name: &str| {
        format!("zip-folder: entry `{name}` is a file by some of its marks and a folder by others")
    };
    assert_eq!(is(stored("a", b""), |raw| raw.central.attributes = 0o040_755 << 16), refused("a"));
    assert_eq!(is(stored("a", b""), |raw| raw.central.attributes = 0x10), refused("a"));
    assert_eq!(is(folder("a/"), |raw| raw.central.attributes = 0o100_644 << 16), refused("a/"));
    assert_eq!(is(stored("a/", b"hidden"), |raw| raw.central.attributes = 0o040_755 << 16), refused("a/"));
    // Data behind the header of a folder: its size says zero, so nobody looks.
    let hidden = deflated("a/", b"hidden").both(|header| (header.size, header.crc) = (0, 0));
    assert_eq!(is(hidden, |raw| raw.central.attributes = 0o040_755 << 16), refused("a/"));
    assert_eq!(
        is(deflated("a/", b"").both(|header| header.size = 1), |raw| raw.central.attributes = 0),
        refused("a/")
    );
    assert_eq!(is(folder("a/").both(|header| header.crc = 1), |_| ()), refused("a/"));
}
