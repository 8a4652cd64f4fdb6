use super::{Channel, Location};
use std::path::Path;

fn parse(text: &str) -> Result<Location, String> {
    Location::parse(text, Path::new("/here")).map_err(|error| error.to_string())
}

fn check(text: &str, shown: &str) {
    assert_eq!(parse(text).map(|location| location.to_string()).as_deref(), Ok(shown), "{text}");
}

fn refused(text: &str) {
    assert!(parse(text).is_err(), "{text:?} was taken for {}", parse(text).unwrap());
    assert!(Location::parse_link(text).is_err(), "{text:?} as a link");
}

#[test]
fn addresses_and_paths_are_understood() {
    check("https://example.org/db/", "https://example.org/db/");
    check("HTTPS://Example.ORG", "https://example.org/");
    check("http://127.0.0.1:8765/", "http://127.0.0.1:8765/");
    check("http://[::1]:80/x", "http://[::1]/x");
    check("https://bücher.example/", "https://xn--bcher-kva.example/");
    check("site", "/here/site");
    check("/srv/a b", "/srv/a b");
    check("file:///srv/a%20b", "/srv/a b");
    check("c:", "/here/c:");
}

#[test]
fn refuses_what_two_readers_could_take_for_two_places() {
    for text in [
        "",
        "https://",
        "https:///etc",
        "https:example.org",
        "https:/example.org",
        "https:\\\\example.org",
        "https://good.example\\@evil.example/",
        "https://good.example\t.evil.example/",
        "https://good.example\n/",
        "https://a b.example/",
        "https://example.org/a b",
        "https://good.example\\.evil.example/",
        " https://example.org/",
        "-https://example.org/",
        " https://example.org/\u{7f}",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://@example.org/",
        "https://example.org/#x",
        "https://exa%6dple.org%2f@/",
        "https://[::1/",
        "https://example.org:99999/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "file://server/share",
        "file:relative",
        "file:///a%00b",
        "file:///a?b",
    ] {
        refused(text);
    }
    refused(&format!("https://example.org/{}", "x".repeat(9000)));
    assert!(parse("https://example.org/?q=1").is_err(), "a folder has no query");
}

#[test]
fn a_password_is_not_repeated() {
    insta::assert_snapshot!(parse("https://u:hunter2@example.org/x").unwrap_err(), @"address `https://…@example.org/x`: wanted an address without user name and password");
    for (text, shown) in [
        ("flask@3.0", "flask@3.0"),
        ("flask@latest", "flask@latest"),
        ("hunter2@example.org", "…@example.org"),
        ("hunter2@example.org/x", "…@example.org/x"),
        ("u:hunter2@3.0", "…@3.0"),
        ("https://hunter2@3.0", "https://…@3.0"),
        ("u:hunter/2@example.org", "…@example.org"),
    ] {
        assert_eq!(super::without_secrets(text), shown, "{text}");
    }
    insta::assert_snapshot!(parse("ftp://u:hunter2@example.org").unwrap_err(), @"address `ftp://…@example.org`: wanted an http, https or file address");
    for (mistyped, secret) in [
        ("https://u:hun/ter2@example.org/", "hun"),
        ("https:u:hunter2@example.org/", "hunter2"),
        ("https://u:hunter2\\@example.org/", "hunter2"),
        ("https://example.org/simple/?token=hunter2", "hunter2"),
    ] {
        let words = parse(mistyped).unwrap_err();
        assert!(!words.contains(secret), "{words}");
    }
    let signed = Location::parse_link("https://example.org/a.whl?X-Amz-Signature=hunter2").unwrap();
    assert_eq!(signed.shown(), "https://example.org/a.whl?…");
    let page = Location::parse_link("https://example.org/").unwrap();
    let failure = page.follow("http://u:hunter2@example.org/").unwrap_err();
    assert!(!failure.to_string().contains("hunter2"), "{failure}");
}

#[test]
fn joining_encodes_what_is_data() {
    let base = parse("https://example.org/a%20b").unwrap();
    let join = |relative: &str| base.join(relative).map(|location| location.to_string());
    assert_eq!(join("metadata/2.root.json").unwrap(), "https://example.org/a%20b/metadata/2.root.json");
    assert_eq!(join("x-1+c%2f #.whl").unwrap(), "https://example.org/a%20b/x-1+c%252f%20%23.whl");
    assert_eq!(parse("site").unwrap().join("a/b").unwrap(), Location::local("/here/site/a/b"));
    let linked = Location::parse_link("https://example.org/d/?token=1").unwrap();
    assert_eq!(linked.join("f").unwrap().to_string(), "https://example.org/d/f");
    for relative in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "//evil.example/x", "a\\b", "a\nb"] {
        assert!(base.join(relative).is_err(), "{relative:?}");
        assert!(parse("site").unwrap().join(relative).is_err(), "{relative:?}");
    }
}

#[test]
fn a_link_leads_neither_to_files_nor_down_to_http() {
    let page = Location::parse_link("https://example.org/simple/flask/").unwrap();
    let follow = |reference: &str| page.follow(reference).map(|(to, fragment)| (to.to_string(), fragment));
    assert_eq!(
        follow("../../files/f.whl#sha256=00").unwrap(),
        ("https://example.org/files/f.whl".to_owned(), Some("sha256=00".to_owned()))
    );
    assert_eq!(follow("//files.example/f?x=1").unwrap().0, "https://files.example/f?x=1");
    for reference in
        ["http://example.org/f", "file:///etc/passwd", "data:,x", "https://u:p@example.org/", "a\r\nb"]
    {
        assert!(follow(reference).is_err(), "{reference:?}");
    }
    let plain = Location::parse_link("http://example.org/").unwrap();
    assert!(plain.follow("https://example.org/").is_ok());
    assert!(Location::local("/srv").follow("x").is_err());
}

#[test]
fn the_channel_is_told() {
    assert_eq!(parse("https://example.org").unwrap().channel(), Channel::Tls);
    assert_eq!(parse("http://127.0.0.1").unwrap().channel(), Channel::Plain);
    assert_eq!(parse("site").unwrap().channel(), Channel::Local);
}
