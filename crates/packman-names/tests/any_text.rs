//! No text, however wrong, makes a parser fail in another way than by saying so; and what one of them shows,
//! it reads again as the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::{
    Marker, Metadata, Platform, ProjectName, PythonVersion, Requirement, RequiresPython, SdistName, Tag,
    Version, WheelName, describe, parse_specifiers, parse_version, ranges,
};

/// What texts are put together from: pieces of every grammar, and things that belong to none.
const PIECES: &[&str] = &[
    "foo",
    "Foo.Bar",
    "-",
    "_",
    ".",
    "1",
    "1.0",
    "0",
    "18446744073709551615",
    "a1",
    ".post1",
    ".dev0",
    "+x",
    "1!",
    ".*",
    "==",
    "===",
    "!=",
    "~=",
    "<=",
    ">=",
    "<",
    ">",
    ",",
    " ",
    "[",
    "]",
    "(",
    ")",
    ";",
    "@",
    "x",
    "'",
    "\"",
    "\\",
    "python_version",
    "extra",
    "os_name",
    "and",
    "or",
    "in",
    "not in",
    "'3.8'",
    "extra == 'x'",
    "py3",
    "none",
    "any",
    "-py3-none-any.whl",
    ".tar.gz",
    ".zip",
    "Name: ",
    "Version: 1\n",
    "Metadata-Version: 2.1\n",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\t",
    "é",
    "\u{202e}",
    "\u{1f600}",
    "3.12",
    "x86_64",
    "manylinux_2_17",
    "linux",
    "%",
    "/",
    ":",
];

#[test]
fn survives_any_text_and_reads_again_what_it_shows() {
    let mut state = 20_031_006_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..20_000 {
        let pieces = 1 + next(9);
        let text: String = (0..pieces).map(|_| PIECES[next(PIECES.len())]).collect();
        check(&text);
    }
}

fn check(text: &str) {
    if let Ok(requirement) = Requirement::parse(text) {
        let shown = requirement.to_string();
        assert_eq!(Requirement::parse(&shown).as_ref(), Ok(&requirement), "{text:?}");
        assert_eq!(Requirement::parse_name(text).as_ref(), Ok(&requirement.name), "{text:?}");
    }
    if let Ok(specifiers) = parse_specifiers(text) {
        describe(&ranges(&specifiers));
        describe(&ranges(&specifiers).complement());
    }
    if let Ok(version) = parse_version(text) {
        assert_eq!(version.to_string().parse::<Version>().as_ref(), Ok(&version), "{text:?}");
    }
    if let Ok(name) = ProjectName::parse(text) {
        assert_eq!(ProjectName::parse(name.as_str()).as_ref(), Ok(&name), "{text:?}");
    }
    for file_name in [text.to_owned(), format!("foo-1.0{text}-py3-none-any.whl"), format!("foo-{text}.whl")] {
        if let Ok(wheel) = WheelName::parse(&file_name) {
            let stem = format!("{}-{}", wheel.project().escaped(), wheel.version());
            assert!(wheel.dist_info_matches(&format!("{stem}.dist-info")), "{file_name:?}");
            assert!(wheel.tags().count() > 0);
        }
        _ = SdistName::parse(&file_name);
    }
    _ = Marker::parse(text).map(|marker| marker.extras());
    _ = RequiresPython::parse(text).map(|requires| requires.admits(PythonVersion::new(3, 12)));
    _ = Metadata::parse(text.as_bytes());
    _ = (Tag::parse(text), Platform::parse(text), PythonVersion::parse(text));
}
