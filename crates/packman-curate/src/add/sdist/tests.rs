//! Archives as tools write them, and as somebody might who wants two readers to see two things.

use std::io::Write as _;

use packman_names::SdistName;

use super::{Limits, pyproject};

const LIMITS: Limits = Limits { inflated: 1 << 20, entries: 20 };

struct Entry<'e> {
    path: &'e str,
    kind: u8,
    bytes: &'e [u8],
    /// The size that is said, where it is a lie.
    says: Option<&'e str>,
    prefix: &'e str,
}

fn entry<'e>(path: &'e str, kind: u8, bytes: &'e [u8]) -> Entry<'e> {
    Entry { path, kind, bytes, says: None, prefix: "" }
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        let mut header = [0_u8; 512];
        let size = entry.says.map_or_else(|| format!("{:011o}", entry.bytes.len()), str::to_owned);
        header[..entry.path.len()].copy_from_slice(entry.path.as_bytes());
        header[124..124 + size.len()].copy_from_slice(size.as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = entry.kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[345..345 + entry.prefix.len()].copy_from_slice(entry.prefix.as_bytes());
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(header);
        tar.extend(entry.bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> String {
    match pyproject(&SdistName::parse("a_b-1.0.tar.gz").unwrap(), bytes, LIMITS) {
        Ok(Some(found)) => String::from_utf8(found).unwrap(),
        Ok(None) => "none".to_owned(),
        Err(why) => format!("refused: {why}"),
    }
}

fn check(entries: &[Entry<'_>]) -> String {
    read(&packed(&tar(entries)))
}

const FILE: &str = "a_b-1.0/pyproject.toml";

#[test]
fn the_one_file_is_found_however_an_archive_names_it() {
    assert_eq!(check(&[entry("a_b-1.0/", b'5', b""), entry(FILE, b'0', b"x = 1")]), "x = 1");
    assert_eq!(check(&[entry("./A.B-1.0//pyproject.toml", b'\0', b"x")]), "x");
    let deep =
        [entry("a_b-1.0/docs/pyproject.toml", b'0', b"no"), entry("c-1.0/pyproject.toml", b'0', b"no")];
    assert_eq!(check(&deep), "none");
    assert_eq!(check(&[Entry { prefix: "a_b-1.0", ..entry("pyproject.toml", b'0', b"x") }]), "x");
    assert_eq!(check(&[entry("long", b'L', b"a_b-1.0/pyproject.toml\0"), entry("?", b'0', b"x")]), "x");
    let record = b"31 path=a_b-1.0/pyproject.toml\n";
    assert_eq!(
        check(&[entry("g", b'g', b"12 a=bcdefg\n"), entry("p", b'x', record), entry("?", b'0', b"x")]),
        "x"
    );
    // The name is of the next entry alone.
    assert_eq!(check(&[entry("p", b'x', record), entry("?", b'0', b"x"), entry("?", b'0', b"y")]), "x");
}

#[test]
fn refuses_what_two_readers_could_take_for_two_things() {
    let twice = [entry(FILE, b'0', b"x"), entry("./a_b-1.0/PyProject.toml", b'0', b"y")];
    insta::assert_snapshot!(check(&twice), @"refused: `./a_b-1.0/PyProject.toml` is there twice");
    insta::assert_snapshot!(check(&[entry(FILE, b'2', b"")]), @"refused: `a_b-1.0/pyproject.toml` is no regular file");
    let link = Entry { says: Some("00000001000"), ..entry("a_b-1.0/x", b'1', b"") };
    insta::assert_snapshot!(check(&[link, entry(FILE, b'0', b"x")]), @"refused: a link, device or folder says that it has 512 bytes");
    let names = [entry("l", b'L', b"other"), entry("p", b'x', b"12 path=xyz\n"), entry(FILE, b'0', b"x")];
    insta::assert_snapshot!(check(&names), @"refused: `other` has two names");
    insta::assert_snapshot!(check(&[entry("p", b'x', b"10 size=9\n"), entry(FILE, b'0', b"x")]), @"refused: an extended header says `size`");
    insta::assert_snapshot!(check(&[entry("g", b'g', b"12 path=xyz\n"), entry(FILE, b'0', b"x")]), @"refused: it gives all entries one name");
    for record in [&b"99 path=x\n"[..], b"x path=x\n", b"0 path=x\n", b"11 path=x\n", b"6 path\n", b"path"] {
        let refused = check(&[entry("p", b'x', record), entry(FILE, b'0', b"x")]);
        assert_eq!(refused, "refused: an extended header is not understood", "{}", record.escape_ascii());
    }
    insta::assert_snapshot!(check(&[entry("c-1.0/pyproject.toml", b'0', b"x")]), @"refused: it holds no folder with its name and version");
}

#[test]
fn refuses_sizes_that_lie() {
    let says = |says| check(&[Entry { says: Some(says), ..entry(FILE, b'0', b"x") }]);
    insta::assert_snapshot!(says("00000010000"), @"refused: it ends in the middle");
    insta::assert_snapshot!(says("00010000000"), @"refused: a file or name to be read has 2097152 bytes, wanted at most 1048576");
    insta::assert_snapshot!(says("77777777777"), @"refused: a file or name to be read has 8589934591 bytes, wanted at most 1048576");
    insta::assert_snapshot!(says("-0000000001"), @"refused: an entry has no size");
    insta::assert_snapshot!(says("00000000009"), @"refused: an entry has no size");
    let beside = Entry { says: Some("77777777777"), ..entry("a_b-1.0/x", b'0', b"x") };
    insta::assert_snapshot!(check(&[beside, entry(FILE, b'0', b"x")]), @"refused: it ends in the middle");
}

#[test]
fn refuses_bombs_and_what_is_damaged() {
    let zeros = vec![b'x'; 2 << 20];
    let bomb = packed(&tar(&[entry("a_b-1.0/x", b'0', &zeros), entry(FILE, b'0', b"x")]));
    assert!(bomb.len() < 100_000);
    insta::assert_snapshot!(read(&bomb), @"refused: it inflates to more than 1048576 bytes");
    let many: Vec<Entry<'_>> = (0..21).map(|_| entry("a_b-1.0/x", b'0', b"")).collect();
    insta::assert_snapshot!(check(&many), @"refused: it has more than 20 entries");
    insta::assert_snapshot!(read(b"nothing that anybody packed"), @"refused: it is no gzip, or a damaged one");
    let whole = tar(&[entry(FILE, b'0', b"x")]);
    insta::assert_snapshot!(read(&packed(&whole[..1024])), @"refused: it ends in the middle");
    let mut other = whole;
    other[0] = b'c';
    insta::assert_snapshot!(read(&packed(&other)), @"refused: a header's sum is wrong");
}
