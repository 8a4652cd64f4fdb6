//! Pages of simple indexes, honest and not.

use super::IndexPage;
use super::page::parse_upload_time;

const BASE: &str = "https://index.example/simple/flask/";

/// One line a file: everything that was read of it.
fn check(bytes: &[u8], content_type: Option<&str>) -> String {
    let page = match IndexPage::parse(bytes, content_type, BASE) {
        Ok(page) => page,
        Err(error) => return error.to_string(),
    };
    let line = |file: &super::IndexFile| {
        let hash = file
            .hashes
            .sha256
            .map_or("no hash".to_owned(), |hash| hash.to_string().chars().take(6).collect());
        format!(
            "{} | {} | {hash} {:?} | {:?} | {:?} | {:?} | {:?} | {:?}",
            file.name,
            file.url,
            file.hashes.others,
            file.requires_python,
            file.yanked,
            file.upload_time.map(|time| time.to_string()),
            file.core_metadata,
            file.size
        )
    };
    page.files.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn json(file: &str) -> String {
    let page = format!(r#"{{"meta":{{"api-version":"1.3","_last":1}},"name":"flask","files":[{file}]}}"#);
    check(page.as_bytes(), Some("application/vnd.pypi.simple.v1+json"))
}

fn html(body: &str) -> String {
    check(
        format!("<!DOCTYPE html><html><body>{body}</body></html>").as_bytes(),
        Some("text/html; charset=utf-8"),
    )
}

const HASH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn reads_everything_a_json_page_says() {
    let full = format!(
        r#"{{"filename":"flask-3-py3-none-any.whl","url":"../../f/flask-3-py3-none-any.whl#x","hashes":{{"sha256":"{HASH}","md5":"0"}},
            "requires-python":">=3.9","yanked":"broken","upload-time":"2024-11-13T18:24:38.127481Z",
            "core-metadata":{{"sha256":"{HASH}"}},"dist-info-metadata":false,"size":103}}"#
    );
    insta::assert_snapshot!(json(&full), @r#"flask-3-py3-none-any.whl | https://index.example/f/flask-3-py3-none-any.whl | aaaaaa ["md5"] | Some(">=3.9") | Some("broken") | Some("2024-11-13T18:24:38Z") | Beside(Some(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)) | Some(103)"#);
}

#[test]
fn reads_what_a_json_page_leaves_out_or_writes_as_null() {
    let bare = r#"{"filename":"a.whl","url":"https://f.example/a.whl","hashes":{}}"#;
    let nulls = r#"{"filename":"a.whl","url":"https://f.example/a.whl","hashes":{},"requires-python":null,"yanked":false,
        "upload-time":null,"core-metadata":null,"dist-info-metadata":true,"size":null}"#;
    insta::assert_snapshot!(json(bare), @"a.whl | https://f.example/a.whl | no hash [] | None | None | None | Absent | None");
    insta::assert_snapshot!(json(nulls), @"a.whl | https://f.example/a.whl | no hash [] | None | None | None | Beside(None) | None");
    insta::assert_snapshot!(
        json(r#"{"filename":"a.whl","url":"a.whl","hashes":{},"yanked":true}"#),
        @r#"a.whl | https://index.example/simple/flask/a.whl | no hash [] | None | Some("") | None | Absent | None"#
    );
}

#[test]
fn refuses_json_pages_that_say_something_else() {
    insta::assert_snapshot!(json("7"), @"files[0]: found the number `7`, wanted an object");
    insta::assert_snapshot!(
        json(r#"{"filename":"a.whl","url":"a.whl","hashes":{"sha256":"abc"}}"#),
        @"sha256: found `abc`, wanted 64 hexadecimal digits"
    );
    insta::assert_snapshot!(
        json(r#"{"filename":"a.whl","url":"a.whl","hashes":{},"upload-time":"yesterday"}"#),
        @"upload-time: found `yesterday`, wanted YYYY-MM-DDTHH:MM:SSZ, with or without fractions"
    );
    insta::assert_snapshot!(
        check(br#"{"meta":{"api-version":"2.0"},"files":[]}"#, None),
        @"meta.api-version: found `2.0`, wanted `1.` and a number"
    );
    // Two answers to one question: which one the next reader takes is not ours to guess.
    assert!(
        json(r#"{"filename":"a.whl","filename":"b.whl","url":"a.whl","hashes":{}}"#).contains("filename")
    );
    insta::assert_snapshot!(
        json(r#"{"filename":"a.whl","url":"https://[","hashes":{}}"#),
        @"url: found `https://[`, wanted an address"
    );
}

#[test]
fn reads_everything_an_html_page_says() {
    let full = format!(
        r#"<a href="/f/flask-3-py3-none-any.whl#sha256={HASH}" data-requires-python="&gt;=3.9" data-yanked="broken"
            data-core-metadata="sha256={HASH}">flask</a>"#
    );
    insta::assert_snapshot!(html(&full), @r#"flask-3-py3-none-any.whl | https://index.example/f/flask-3-py3-none-any.whl | aaaaaa [] | Some(">=3.9") | Some("broken") | None | Beside(Some(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)) | None"#);
}

#[test]
fn reads_html_as_browsers_do() {
    insta::assert_snapshot!(
        html(r#"<!-- <a href=no.whl> --><base href="https://files.example/x/"><base href="https://late.example/">
            <A HREF='a%2B1-1-py3-none-any.whl'>1</A><a>2</a><a href="../">up</a><a href=b-1.tar.gz#md5=00 data-yanked>3
            <script>"<a href=c.whl>"</script>"#),
        @r#"
    a+1-1-py3-none-any.whl | https://files.example/x/a%2B1-1-py3-none-any.whl | no hash [] | None | None | None | Absent | None
    b-1.tar.gz | https://files.example/x/b-1.tar.gz | no hash ["md5"] | None | Some("") | None | Absent | None
    "#
    );
}

#[test]
fn refuses_html_pages_that_say_something_else() {
    insta::assert_snapshot!(
        html(r#"<a href="a.whl#sha256=zz">a</a>"#),
        @"sha256: found `zz`, wanted 64 hexadecimal digits"
    );
    insta::assert_snapshot!(
        html(r#"<meta name="pypi:repository-version" content="2.0">"#),
        @"pypi:repository-version: found `2.0`, wanted `1.` and a number"
    );
    insta::assert_snapshot!(check(b"<a href=\"\xff.whl\">", Some("text/html")), @"the page is not UTF-8");
    // A name that would be a path is no name.
    insta::assert_snapshot!(html(r#"<a href="..%2Fevil.whl">a</a><a href="%ZZ.whl">b</a>"#), @"");
}

#[test]
fn tells_json_from_html_by_the_server_and_else_by_the_first_byte() {
    let json = br#" {"meta":{"api-version":"1.0"},"files":[]}"#;
    assert_eq!(check(json, None), "");
    assert_eq!(check(json, Some("application/octet-stream")), "");
    assert_eq!(check(b"<a href=a.whl>", None).lines().count(), 1);
    assert_eq!(check(b"<a href=a.whl>", Some("application/vnd.pypi.simple.v1+html")).lines().count(), 1);
    assert!(check(b"<html>", Some("application/json")).contains("byte"));
}

#[test]
fn a_page_over_tls_names_a_file_over_plain_http_only_with_its_hash() {
    let plain = "http://f.example/a.whl";
    insta::assert_snapshot!(html(&format!("<a href={plain}>a</a>")), @"url: found `http://f.example/a.whl`, wanted https, as the page, or a SHA-256");
    assert_eq!(html(&format!("<a href={plain}#sha256={HASH}>a</a>")).lines().count(), 1);
    assert!(
        json(&format!(r#"{{"filename":"a.whl","url":"{plain}","hashes":{{}}}}"#)).starts_with("url: found")
    );
}

#[test]
fn reads_times_with_and_without_fractions() {
    for good in ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000001Z", "2024-01-02T03:04:05.1+00:00"] {
        assert_eq!(parse_upload_time(good).unwrap().to_string(), "2024-01-02T03:04:05Z");
    }
    for bad in ["2024-01-02T03:04:05", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05+02:00", "2024-01-02", ""]
    {
        assert!(parse_upload_time(bad).is_err(), "{bad}");
    }
}

/// A page costs its host nothing, and must not cost us hours.
#[test]
fn refuses_pages_that_are_made_to_keep_us_busy() {
    let links = |count: usize| "<a href=a-1-py3-none-any.whl>a</a>".repeat(count);
    assert_eq!(html(&links(100_000)).lines().count(), 100_000);
    insta::assert_snapshot!(html(&links(100_001)), @"found more than 100000 links, wanted those of one project");
    let file = r#"{"filename":"a.whl","url":"a.whl","hashes":{}}"#;
    insta::assert_snapshot!(json(&vec![file; 100_001].join(",")), @"found more than 100000 links, wanted those of one project");
    // Each link would be as long as its base.
    let base = format!("<base href=\"https://files.example/{}/\">", "x".repeat(3_000));
    assert!(html(&format!("{base}{}", links(2))).ends_with("wanted at most 2048 bytes"));
    let near = format!("<base href=\"https://files.example/{}/\">", "x".repeat(2_006));
    assert!(html(&format!("{near}{}", links(2))).ends_with("wanted at most 2048 bytes"));
    assert!(
        html(&format!("<a href=\"{}.whl\">a</a>", "x".repeat(3_000))).ends_with("wanted at most 2048 bytes")
    );
}

#[test]
fn refuses_an_address_without_telling_its_password() {
    let words = html("<a href=http://u:hunter2@f.example/a.whl>a</a>");
    assert!(words.starts_with("url: found") && !words.contains("hunter2"), "{words}");
    let words = html("<a href='https://u:hunter2@[/a.whl'>a</a>");
    assert!(words.starts_with("url: found") && !words.contains("hunter2"), "{words}");
}

/// What can be no file costs nothing, however many and however long the addresses would become.
#[test]
fn passes_over_what_can_be_no_file_before_it_makes_an_address() {
    let base = format!("<base href=\"https://files.example/{}/\">", "x".repeat(2_000));
    let links =
        "<a href=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">a</a>".repeat(3);
    assert_eq!(html(&format!("{base}{links}")), "");
    assert_eq!(
        json(r#"{"filename":"","url":"//[","hashes":{}},{"filename":"README","url":"a","hashes":{}}"#),
        ""
    );
}
