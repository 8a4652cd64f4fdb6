//! Names and requirements.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::{ExtraName, ProjectName, Requirement};

#[test]
fn takes_every_spelling_of_a_name_for_one() {
    for text in ["foo-bar", "Foo_Bar", "FOO.BAR", "foo__bar", "foo._-bar", "fOO-.-bAR"] {
        assert_eq!(ProjectName::parse(text).unwrap().as_str(), "foo-bar", "{text}");
        assert_eq!(ExtraName::parse(text).unwrap().as_str(), "foo-bar", "{text}");
    }
    assert_eq!(ProjectName::parse("Zope.Interface").unwrap().escaped(), "zope_interface");
}

#[test]
fn refuses_what_is_no_name() {
    let check = |text: &str| ProjectName::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check(""), @"project name ``: is empty, wanted letters or digits");
    insta::assert_snapshot!(check("-foo"), @"project name `-foo`: begins or ends with a separator, wanted a letter or digit");
    insta::assert_snapshot!(check("foo_"), @"project name `foo_`: begins or ends with a separator, wanted a letter or digit");
    insta::assert_snapshot!(check("foo bar"), @"project name `foo bar`: holds ` `, wanted ASCII letters, digits, `.`, `-` and `_`");
    insta::assert_snapshot!(check("../etc"), @"project name `../etc`: holds `/`, wanted ASCII letters, digits, `.`, `-` and `_`");
    // A Cyrillic letter that looks like a Latin one.
    insta::assert_snapshot!(check("f\u{43e}o"), @r"project name `f\u{43e}o`: holds `\u{43e}`, wanted ASCII letters, digits, `.`, `-` and `_`");
    insta::assert_snapshot!(check(&"a".repeat(215)), @"project name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…`: is longer than 214 characters");
    assert!(ProjectName::parse(&"a".repeat(214)).is_ok());
}

/// What wheels really say, and how it is understood.
const READ: &[(&str, &str)] = &[
    ("foo", "foo"),
    (" Foo.Bar ", "foo-bar"),
    ("foo>=1.0", "foo>=1.0"),
    ("foo (>=1.0)", "foo>=1.0"),
    ("foo(>=1.0,<2)", "foo>=1.0,<2"),
    ("foo ()", "foo"),
    ("foo >= 1.0 , < 2", "foo>=1.0,<2"),
    ("foo>=1.0,", "foo>=1.0"),
    ("foo==1.*", "foo==1.*"),
    ("foo!=1.5,>=1", "foo>=1,!=1.5"),
    ("foo>=v1.0.RC1", "foo>=1.0rc1"),
    ("foo===1.0", "foo===1.0"),
    ("foo[bar]", "foo[bar]"),
    ("foo [Bar_Baz, qux ,qux]>1", "foo[bar-baz,qux]>1"),
    ("foo[]", "foo"),
    ("foo>=1;python_version<'3'", "foo>=1; python_version<'3'"),
    ("foo (>=1) ; python_version < '3'", "foo>=1; python_version < '3'"),
    ("foo; extra == 'x'", "foo; extra == 'x'"),
    ("foo @ https://example.org/foo-1.whl", "foo @ https://example.org/foo-1.whl"),
    ("foo@file:///a;b ; os_name=='nt'", "foo @ file:///a;b ; os_name=='nt'"),
    ("foo>=1\n  ; os_name=='nt'", "foo>=1; os_name=='nt'"),
];

#[test]
fn reads_requirements_as_wheels_write_them() {
    for (text, expected) in READ {
        let requirement = Requirement::parse(text).unwrap();
        assert_eq!(requirement.to_string(), *expected, "{text}");
        assert_eq!(Requirement::parse(expected).unwrap(), requirement, "what is shown reads as the same");
        assert_eq!(Requirement::parse_name(text).unwrap(), requirement.name);
    }
}

#[test]
fn keeps_a_url_apart() {
    let requirement = Requirement::parse("foo[x] @ git+https://example.org/foo@v1#egg=foo").unwrap();
    assert_eq!(requirement.url.as_deref(), Some("git+https://example.org/foo@v1#egg=foo"));
    assert!(requirement.specifiers.is_empty());
    assert_eq!(Requirement::parse("foo>=1").unwrap().url, None);
}

#[test]
fn refuses_requirements_that_packaging_refuses() {
    let check = |text: &str| Requirement::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check(""), @"requirement ``: ends where a project name was wanted");
    insta::assert_snapshot!(check("./wheels/foo.whl"), @"requirement `./wheels/foo.whl`: project name `.`: begins or ends with a separator, wanted a letter or digit");
    insta::assert_snapshot!(check("-r other.txt"), @"requirement `-r other.txt`: project name `-r`: begins or ends with a separator, wanted a letter or digit");
    insta::assert_snapshot!(check("foo bar"), @"requirement `foo bar`: has `bar` where `;` or the end was wanted");
    insta::assert_snapshot!(check("foo[a,]"), @"requirement `foo[a,]`: has `]` where an extra name was wanted");
    insta::assert_snapshot!(check("foo[a b]"), @"requirement `foo[a b]`: has `b]` where a comma or `]` was wanted");
    insta::assert_snapshot!(check("foo[a"), @"requirement `foo[a`: ends where a comma or `]` was wanted");
    insta::assert_snapshot!(check("foo>=1 <2"), @"requirement `foo>=1 <2`: has `<2` where `;` or the end was wanted");
    insta::assert_snapshot!(check("foo (>=1"), @"requirement `foo (>=1`: ends where `)` was wanted");
    insta::assert_snapshot!(check("foo=1"), @"requirement `foo=1`: has `=1` where `;` or the end was wanted");
    insta::assert_snapshot!(check("foo>=1.*"), @"requirement `foo>=1.*`: version specifier `>=1.*`: does not fit its operator: `.*` goes with `==` and `!=`, a local version with `==`, `!=` and `===`, and `~=` needs two numbers");
    insta::assert_snapshot!(check("foo @"), @"requirement `foo @`: ends where a URL was wanted");
    insta::assert_snapshot!(check("foo;"), @"requirement `foo;`: ends where a marker variable or a quoted text was wanted");
    insta::assert_snapshot!(check("foo; os_name == 'nt' # a comment"), @"requirement `foo; os_name == 'nt' # a comment`: has `# a comment` where `and`, `or` or the end was wanted");
}

/// One line of a hostile release is read for each release that has it, and what it says is solved for at every step.
#[test]
fn refuses_lines_that_are_made_to_keep_us_busy() {
    let many = |count: usize, one: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(one).collect::<Vec<_>>().join(between)
    };
    let lines = |count: usize| {
        [
            format!("x{}", many(count, &|n| format!("!={n}"), ",")),
            format!("x[{}]", many(count, &|n| format!("e{n}"), ",")),
            format!("x; {}", many(count, &|n| format!("extra=='e{n}'"), " or ")),
            format!("x[e]{}; os_name==''", many(count - 2, &|n| format!("!={n}"), ",")),
        ]
    };
    for line in lines(512) {
        assert!(Requirement::parse(&line).is_ok(), "{line}");
    }
    for line in lines(513) {
        let error = Requirement::parse(&line).unwrap_err().to_string();
        assert!(error.ends_with(": has more than 512 extras, specifiers and comparisons"), "{error}");
    }
    let long = |length: usize| Requirement::parse(&format!("x; os_name == '{}'", "a".repeat(length - 16)));
    assert!(long(16_384).is_ok());
    let error = long(16_385).unwrap_err().to_string();
    assert!(error.ends_with(": has 16385 bytes, wanted at most 16384"), "{error}");
    assert!(packman_names::RequiresPython::parse(&">=3 ".repeat(512)).is_ok());
    assert!(packman_names::RequiresPython::parse(&">=3 ".repeat(513)).is_err());
}

#[test]
fn shows_outside_text_harmlessly_in_errors() {
    let check = |text: &str| Requirement::parse(text).unwrap_err().to_string();
    // Terminal codes, a right-to-left mark, an end of the quoting.
    insta::assert_snapshot!(check("foo \u{1b}[2J"), @r"requirement `foo \u{1b}[2J`: has `\u{1b}[2J` where `;` or the end was wanted");
    insta::assert_snapshot!(check("foo \u{202e}whl"), @r"requirement `foo \u{202e}whl`: has `\u{202e}whl` where `;` or the end was wanted");
    insta::assert_snapshot!(check("foo `"), @r"requirement `foo \u{60}`: has `\u{60}` where `;` or the end was wanted");
    let long = check(&format!("foo {}", "!".repeat(1_000_000)));
    assert!(long.len() < 400, "{} bytes", long.len());
}

#[test]
fn tells_when_a_prerelease_is_named() {
    let check = |text: &str| Requirement::parse(text).unwrap().names_prerelease();
    for text in ["foo==1.0a1", "foo>=1.0.dev0", "foo<2.0rc1", "foo!=1.0b2", "foo>=1,<2.dev1", "foo~=1.0b1"] {
        assert!(check(text), "{text}");
    }
    for text in
        ["foo", "foo>=1.0", "foo==1.0.post1", "foo==1.0+dev", "foo==1.*", "foo @ https://example.org/1.0a1"]
    {
        assert!(!check(text), "{text}");
    }
}

#[test]
fn makes_requirements_without_text() {
    let name = || ProjectName::parse("Foo").unwrap();
    assert_eq!(Requirement::any(name()), Requirement::parse("foo").unwrap());
    assert_eq!(Requirement::exactly(name(), "1.0".parse().unwrap()), Requirement::parse("foo==1.0").unwrap());
}
