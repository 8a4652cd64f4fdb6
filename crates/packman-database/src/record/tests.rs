//! What a record may say, and what is refused in one.

use packman_strict::json::Value;

use super::*;

/// A record of two versions: one file as most are, one that differs from its version in everything it may.
const RECORD: &str = r#"{
  "meta": {"api-version": "1.1"}, "name": "flask", "versions": ["3.0", "3.1"],
  "files": [
    {"filename": "flask-3.0-py3-none-any.whl", "url": "https://files.example/a/flask-3.0-py3-none-any.whl",
     "hashes": {"sha256": "HASH1"}, "size": 10, "requires-python": ">=3.8", "core-metadata": {"sha256": "HASH2"},
     "_packman": {"record": {"sha256": "HASH3"}, "first-seen": "2026-11-01T00:00:00Z", "also": [0]}},
    {"filename": "flask-3.0-cp311-cp311-win_amd64.whl", "url": "http://127.0.0.1:1/w.whl",
     "hashes": {"sha256": "HASH4"}, "size": 11, "yanked": "broken", "upload-time": "2026-10-01T00:00:00Z",
     "_packman": {"requires-dist": ["colorama"], "first-seen": "2026-11-01T00:00:00Z", "recalled": "worm",
       "review": {"by": "Ann", "at": "2026-11-02T00:00:00Z", "kind": "human", "basis": "delta:HASH1", "notes": "ok"}}},
    {"filename": "flask-3.1.tar.gz", "url": "https://files.example/flask-3.1.tar.gz",
     "hashes": {"sha256": "HASH5"}, "size": 12, "yanked": true,
     "_packman": {"first-seen": "2026-11-01T00:00:00Z"}}
  ],
  "_packman": {"format": 1, "summary": "A web framework", "prefixes": ["https://mirror.example/"],
    "versions": {"3.0": {"requires-dist": ["werkzeug>=3", "asgiref ; extra == 'async'"], "provides-extra": ["async"]}, "3.1": {}}}
}"#;

fn record() -> String {
    (1..=5).fold(RECORD.to_owned(), |text, n| {
        text.replace(&format!("HASH{n}"), &Sha256::of(n.to_string().as_bytes()).to_string())
    })
}

fn parse(text: &str) -> Result<ProjectRecord, MalformedRecord> {
    ProjectRecord::parse(&ProjectName::parse("flask").unwrap(), text.as_bytes())
}

#[test]
fn reads_what_a_version_shares_and_where_a_file_differs() {
    let record = parse(&record()).unwrap();
    let [wheel, windows, sdist] = &record.files[..] else { panic!("three files") };
    assert_eq!(*wheel.metadata.requires_dist, ["werkzeug>=3", "asgiref ; extra == 'async'"]);
    assert_eq!(wheel.metadata.requires_python.as_deref(), Some(">=3.8"));
    assert_eq!(*windows.metadata.requires_dist, ["colorama"]);
    assert_eq!(*windows.metadata.provides_extra, ["async"]);
    assert_eq!(wheel.urls.len(), 2);
    assert_eq!(wheel.urls[1], FileUrl::Absolute("https://mirror.example/flask-3.0-py3-none-any.whl".into()));
    assert_eq!(windows.yanked.as_deref(), Some("broken"));
    assert_eq!(sdist.yanked.as_deref(), Some(""));
    assert_eq!(windows.review.as_ref().unwrap().basis, ReviewBasis::Delta(Sha256::of(b"1")));
    assert_eq!(record.versions().len(), 2);
}

#[test]
fn reads_back_what_it_writes() {
    let record = parse(&record()).unwrap();
    let written = record.encode();
    assert_eq!(parse(std::str::from_utf8(&written).unwrap()).unwrap(), record);
    assert_eq!(parse(std::str::from_utf8(&written).unwrap()).unwrap().encode(), written);
}

#[test]
fn writes_what_a_simple_index_serves() {
    let written = parse(&record()).unwrap().encode();
    let page = packman_strict::json::parse(&written, &packman_strict::json::Limits::default()).unwrap();
    let member = |path: &[&str]| {
        path.iter()
            .try_fold(&page, |value: &Value<'_>, name| value.as_object().and_then(|object| object.get(name)))
    };
    assert_eq!(member(&["meta", "api-version"]).and_then(Value::as_str), Some("1.1"));
    assert_eq!(member(&["versions"]).and_then(Value::as_array).map(<[_]>::len), Some(2));
}

fn refuses(from: &str, to: &str, wanted: &str) {
    let changed = record().replacen(from, to, 1);
    assert_ne!(changed, record(), "`{from}` is there");
    let error = parse(&changed).expect_err(to).to_string();
    assert!(error.contains(wanted), "{error}");
}

#[test]
fn refuses_a_record_that_speaks_of_another_project() {
    refuses(r#""name": "flask""#, r#""name": "f1ask""#, "wanted `flask`");
    refuses(r#""filename": "flask-3.0-py3"#, r#""filename": "werkzeug-3.0-py3"#, "a file of `flask`");
}

#[test]
fn refuses_what_is_not_well_formed() {
    let hash = Sha256::of(b"1").to_string();
    refuses(&hash, &hash.to_uppercase(), "lower-case");
    refuses(&hash, "abc", "64");
    refuses(r#""sha256": "#, r#""md5": "#, "no member `sha256`");
    refuses("https://files.example/a/", "file:///etc/", "an http or https address");
    refuses(r#""also": [0]"#, r#""also": [1]"#, "prefixes");
    refuses(r#""size": 10"#, r#""size": -1"#, "an integer");
    refuses(r#""size": 10"#, r#""size": "10""#, "an integer");
    refuses(r#""format": 1"#, r#""format": 2"#, "wanted 1");
    refuses("flask-3.0-cp311-cp311-win_amd64.whl", "flask-3.0-py3-none-any.whl", "each file name once");
    refuses(r#""3.1": {}"#, r#""3.0.0": {}"#, "each version once");
    refuses(r#""kind": "human""#, r#""kind": "oracle""#, "`human` or `machine`");
    refuses("delta:", "since:", "`full` or `delta:`");
    refuses(r#""first-seen": "2026-11-01T00:00:00Z""#, r#""first-seen": "yesterday""#, "a time");
    refuses("flask-3.1.tar.gz", "flask-3.1.exe", "the name of a wheel");
}

/// A signed record may be 64 MiB; what is made of it must not be a hundred times that.
#[test]
fn files_of_a_version_share_its_needs() {
    let text = record().replace(r#""requires-dist": ["colorama"], "#, "");
    let record = parse(&text).unwrap();
    let [wheel, windows, _] = &record.files[..] else { panic!("three files") };
    assert_ne!(wheel.metadata.requires_python, windows.metadata.requires_python);
    assert!(Arc::ptr_eq(&wheel.metadata.requires_dist, &windows.metadata.requires_dist));
    assert!(Arc::ptr_eq(&wheel.metadata.provides_extra, &windows.metadata.provides_extra));
}

#[test]
fn refuses_what_would_become_more_than_a_record_is() {
    let places = |count: usize| format!(r#""also": [{}]"#, vec!["0"; count].join(","));
    assert_eq!(parse(&record().replace(r#""also": [0]"#, &places(32))).unwrap().files[0].urls.len(), 33);
    refuses(r#""also": [0]"#, &places(33), "at most 32 further addresses");
    let lines = |count: usize| format!("\"requires-dist\": [{}]", vec!["\"x\""; count].join(","));
    assert!(parse(&record().replace(r#""requires-dist": ["colorama"]"#, &lines(4_096))).is_ok());
    refuses(r#""requires-dist": ["colorama"]"#, &lines(4_097), "at most 4096 lines of 1 MiB together");
    refuses(
        r#""provides-extra": ["async"]"#,
        &lines(4_097).replace("requires-dist", "provides-extra"),
        "4096",
    );
    // Each file asks for 64 kB of addresses with 100 bytes.
    let prefix = format!("https://mirror.example/{}", "x".repeat(1_900));
    let file = |n: usize| {
        let also = vec!["0"; 32].join(",");
        format!(
            r#"{{"filename": "flask-4.0-{n}-py3-none-any.whl", "url": "https://files.example/a", "size": 1,
             "hashes": {{"sha256": "{}"}}, "_packman": {{"first-seen": "2026-11-01T00:00:00Z", "also": [{also}]}}}},"#,
            Sha256::of(b"1"),
        )
    };
    let with = |count: usize| {
        let files: String = (1..=count).map(file).collect();
        record()
            .replace("https://mirror.example/", &prefix)
            .replace("\"files\": [", &format!("\"files\": [{files}"))
    };
    assert!(parse(&with(1_000)).is_ok());
    let error = parse(&with(1_100)).unwrap_err().to_string();
    assert!(error.contains("further addresses of at most 64 MiB together"), "{error}");
}

/// What is written for people is shown, and kept beside what is installed.
#[test]
fn refuses_texts_that_nobody_would_read() {
    for text in ["A web framework", "broken", "worm", "Ann", "ok", ">=3.8"] {
        let (quoted, long) = (format!("\"{text}\""), |length| format!("\"{}\"", "x".repeat(length)));
        assert!(parse(&record().replacen(&quoted, &long(4_096), 1)).is_ok(), "{text}");
        refuses(&quoted, &long(4_097), "a text of at most 4096 bytes");
    }
}

#[test]
fn keeps_recalls_by_hash() {
    let mut recalls = crate::Recalls::default();
    let recall = crate::Recall {
        project: ProjectName::parse("flask").unwrap(),
        version: "3.0".to_owned(),
        reason: "worm".to_owned(),
        advice: Some("rotate your keys".to_owned()),
        at: Time::parse("2026-11-01T00:00:00Z").unwrap(),
    };
    recalls.insert(Sha256::of(b"1"), recall.clone());
    let read = crate::Recalls::parse(&recalls.encode()).unwrap();
    assert_eq!(read.of(&Sha256::of(b"1")), Some(&recall));
    assert_eq!(read.of(&Sha256::of(b"2")), None);
    let twice = String::from_utf8(recalls.encode()).unwrap();
    let entry = twice.split_once('[').unwrap().1.rsplit_once(']').unwrap().0.to_owned();
    let twice = twice.replace(&entry, &format!("{entry},{entry}"));
    assert!(crate::Recalls::parse(twice.as_bytes()).is_err(), "one file recalled twice has two reasons");
}
