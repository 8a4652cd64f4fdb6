//! METADATA of wheels.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::Metadata;

const HONEST: &str = "\
Metadata-Version: 2.4
Name: Foo.Bar
Version: 1.0.0
Summary: Does: what it says
Home-page: https://example.org
Author-email: A <a@example.org>
License: Example Licence

Requires-Dist: not-read
";

fn parse(text: impl AsRef<[u8]>) -> Result<Metadata, String> {
    Metadata::parse(text.as_ref()).map_err(|error| error.to_string())
}

/// Puts lines before the blank one that ends the header.
fn with(lines: &str) -> String {
    HONEST.replacen("\n\n", &format!("\n{lines}\n\n"), 1)
}

#[test]
fn reads_the_header_and_not_the_description() {
    let metadata = parse(HONEST).unwrap();
    assert_eq!(metadata.name.as_str(), "foo-bar");
    assert_eq!(metadata.version.to_string(), "1.0.0");
    assert_eq!(metadata.summary.as_deref(), Some("Does: what it says"));
    assert_eq!(metadata.home_page.as_deref(), Some("https://example.org"));
    assert_eq!(metadata.license.as_deref(), Some("Example Licence"));
    assert!(metadata.requires_dist.is_empty());
    assert_eq!(metadata.requires_python, None);
}

#[test]
fn keeps_dependencies_as_they_are_written() {
    let metadata = parse(with(
        "Requires-Dist: foo (>=1.0)\nrequires-dist:bar;extra=='X_Y'\nProvides-Extra: X_Y\nRequires-Python: >=3.8.*\n\
         Project-URL: Source, https://example.org/source\nLicense-Expression: MIT",
    ))
    .unwrap();
    assert_eq!(metadata.requires_dist, ["foo (>=1.0)", "bar;extra=='X_Y'"]);
    assert_eq!(metadata.provides_extra, ["X_Y"]);
    assert_eq!(metadata.requires_python.as_deref(), Some(">=3.8.*"));
    assert_eq!(metadata.project_urls, [("Source".to_owned(), "https://example.org/source".to_owned())]);
    assert_eq!(metadata.license_expression.as_deref(), Some("MIT"));
}

#[test]
fn joins_folded_lines() {
    let metadata =
        parse(with("Requires-Dist: foo\n    >=1.0\nX-Text: one\n        |two\n\t \n        three")).unwrap();
    assert_eq!(metadata.requires_dist, ["foo\n>=1.0"]);
    assert_eq!(
        packman_names::Requirement::parse(&metadata.requires_dist[0]).unwrap().to_string(),
        "foo>=1.0"
    );
}

#[test]
fn reads_line_ends_of_windows_and_a_header_without_description() {
    assert_eq!(parse(HONEST.replace('\n', "\r\n")).unwrap(), parse(HONEST).unwrap());
    assert_eq!(parse("Metadata-Version: 2.1\nName: a\nVersion: 1").unwrap().name.as_str(), "a");
}

#[test]
fn passes_over_what_a_description_holds() {
    let mut bytes = HONEST.as_bytes().to_vec();
    bytes.extend(b"\xff\x00\r not text");
    assert_eq!(parse(bytes).unwrap(), parse(HONEST).unwrap());
}

#[test]
fn refuses_a_second_answer_to_one_question() {
    let check = |lines: &str| parse(with(lines)).unwrap_err();
    insta::assert_snapshot!(check("Name: other"), @"METADATA field `Name`: stands there twice, wanted once");
    insta::assert_snapshot!(check("VERSION: 1.0.0"), @"METADATA field `Version`: stands there twice, wanted once");
    insta::assert_snapshot!(check("Metadata-Version: 2.4"), @"METADATA field `Metadata-Version`: stands there twice, wanted once");
    insta::assert_snapshot!(check("Requires-Python: >=3\nRequires-Python: >=2"), @"METADATA field `Requires-Python`: stands there twice, wanted once");
}

#[test]
fn refuses_a_header_that_two_readers_would_read_differently() {
    let check = |lines: &str| parse(with(lines)).unwrap_err();
    // Python's email package ends a line at a lone carriage return: pip would see a dependency.
    insta::assert_snapshot!(check("Summary: x\rRequires-Dist: evil"), @r"METADATA line `Summary: x\rRequires-Dist: evil`: holds a carriage return or NUL");
    insta::assert_snapshot!(check("Summary: x\0"), @r"METADATA line `Summary: x\0`: holds a carriage return or NUL");
    // It takes the first line that is no field for the beginning of the description: pip would see none.
    insta::assert_snapshot!(check("no field\nRequires-Dist: foo"), @"METADATA line `no field`: wanted `Field: value`");
    insta::assert_snapshot!(check("Two words: x"), @"METADATA line `Two words: x`: wanted `Field: value`");
    insta::assert_snapshot!(check(": x"), @"METADATA line `: x`: wanted `Field: value`");
    insta::assert_snapshot!(parse(format!(" folded\n{HONEST}")).unwrap_err(), @"METADATA line ` folded`: continues a field, and none came before");
    insta::assert_snapshot!(parse(format!("\u{feff}{HONEST}")).unwrap_err(), @r"METADATA line `\u{feff}Metadata-Version: 2.4`: wanted `Field: value`");
    insta::assert_snapshot!(parse([b"Name: \xff\n", HONEST.as_bytes()].concat()).unwrap_err(), @"METADATA ``: is not UTF-8 at byte 6");
}

#[test]
fn refuses_a_header_without_what_it_must_say() {
    let without = |field: &str| {
        let lines: Vec<&str> = HONEST.split('\n').filter(|line| !line.starts_with(field)).collect();
        parse(lines.join("\n")).unwrap_err()
    };
    insta::assert_snapshot!(without("Name"), @"METADATA field `Name`: is missing");
    insta::assert_snapshot!(without("Version"), @"METADATA field `Version`: is missing");
    insta::assert_snapshot!(without("Metadata-Version"), @"METADATA field `Metadata-Version`: is missing");
    insta::assert_snapshot!(parse(HONEST.replace("2.4", "3.0")).unwrap_err(), @"Metadata-Version `3.0`: is not known, wanted 1 or 2");
    insta::assert_snapshot!(parse(HONEST.replace("1.0.0", "one")).unwrap_err(), @"version `one`: is not one that PEP 440 knows");
    insta::assert_snapshot!(parse(HONEST.replace("Foo.Bar", "foo/bar")).unwrap_err(), @"project name `foo/bar`: holds `/`, wanted ASCII letters, digits, `.`, `-` and `_`");
    insta::assert_snapshot!(parse("").unwrap_err(), @"METADATA field `Metadata-Version`: is missing");
}

#[test]
fn refuses_more_needs_than_any_release_has() {
    for field in ["Requires-Dist", "Provides-Extra"] {
        let read = |count: usize, line: &str| {
            Metadata::parse(with(&format!("{field}: {line}\n").repeat(count)).as_bytes())
        };
        assert!(read(4_096, "x").is_ok());
        assert!(read(4_097, "x").is_err());
        assert!(read(1_024, &"x".repeat(1_024)).is_ok());
        let error = read(1_025, &"x".repeat(1_024)).unwrap_err().to_string();
        let wanted = "has more, wanted at most 4096 lines of 1048576 bytes together";
        assert_eq!(error, format!("METADATA field `{field}`: {wanted}"));
    }
}
