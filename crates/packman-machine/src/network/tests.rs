use std::time::Duration;

use super::{Fetched, Fetcher, FetcherSettings, NetworkFailure, NetworkReason, Patience};
use crate::environ::Environ;
use crate::location::Location;
use crate::loopback::{Answer, Asked, Loopback};
use crate::stop::Stop;

mod downloads;

/// Long enough for a machine under load, and short enough for a test of what never comes.
fn patience() -> Patience {
    Patience { idle: Duration::from_millis(300), pause: Duration::ZERO, ..Patience::default() }
}

fn fetcher_with(patience: Patience, stop: &Stop) -> Fetcher {
    let environ = Environ::of("/", [("ALL_PROXY", "http://127.0.0.1:9")]);
    Fetcher::new(&environ, FetcherSettings { patience, ..FetcherSettings::default() }, stop)
}

fn fetcher() -> Fetcher {
    fetcher_with(Patience { pause: Duration::ZERO, ..Patience::default() }, &Stop::new())
}

fn get(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Result<Fetched, NetworkFailure> {
    let server = Loopback::answering(answer).unwrap();
    fetcher().get(&server.location(), "metadata/1.root.json", 1000)
}

fn check(answer: Answer, reason: impl FnOnce(&NetworkReason) -> bool) {
    let failure = get(move |_| answer.clone()).unwrap_err();
    assert!(reason(failure.reason()), "{failure:?}");
}

#[test]
fn a_file_is_fetched_over_one_kept_connection() {
    let server = Loopback::answering(|asked| match asked.path.as_str() {
        "missing" => Answer::status(404),
        path => Answer::bytes(format!("{path} for {}", asked.header("user-agent").unwrap())),
    })
    .unwrap();
    let fetcher = fetcher();
    let get = |path| fetcher.get(&server.location(), path, 100).unwrap();
    let found = format!("a/b for packman/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(get("a/b"), Fetched::Bytes(found.into_bytes()));
    for _ in 0..3 {
        assert_eq!(get("missing"), Fetched::Missing);
        get("a/b");
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_host_that_does_not_have_it_has_answered() {
    for status in [404, 410] {
        assert_eq!(get(move |_| Answer::status(status)).unwrap(), Fetched::Missing);
    }
}

#[test]
fn other_answers_are_failures() {
    for status in [100, 204, 206, 304, 400, 401, 418, 500] {
        let failure = get(move |_| Answer::status(status)).unwrap_err();
        assert!(failure.is_unreachable(), "{failure}");
    }
    check(Answer::status(418), |reason| *reason == NetworkReason::Status(418));
    // What may be for others is not said to be absent, and its host is no worse than any.
    let server = Loopback::answering(|_| Answer::status(403)).unwrap();
    let fetcher = fetcher();
    let forbidden = fetcher.get(&server.location(), "x", 5).unwrap_err();
    assert!(forbidden.is_forbidden() && forbidden.hint().is_some_and(|hint| hint.contains("netrc")));
    insta::assert_snapshot!(forbidden.reason(), @"the answer is 403: not for you, or not there");
    let here =
        [server.location(), Location::parse("http://127.0.0.1:1/", std::path::Path::new("/")).unwrap()];
    assert_eq!(fetcher.best_first(&here).first(), Some(&here[0]));
    insta::assert_snapshot!(NetworkReason::Status(401), @"the answer is 401: it wants to know who asks, and your netrc does not say");
    check(Answer::raw("SSH-2.0-OpenSSH\r\n\r\n"), |reason| matches!(reason, NetworkReason::Protocol(_)));
    check(Answer::dropped(), |reason| matches!(reason, NetworkReason::Broken(_)));
}

#[test]
fn a_body_is_cut_where_it_becomes_too_long() {
    let too_large = |reason: &NetworkReason| *reason == NetworkReason::TooLarge(1000);
    check(Answer::endless(), too_large);
    check(Answer::bytes(vec![0; 1001]), too_large);
    // What is said of the length is believed where it is too much, and memory is never set aside for it.
    check(Answer::truncated(b"x", usize::MAX), too_large);
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    check(Answer::raw_then_for_ever(chunks, b"4\r\nabcd\r\n".to_vec()), too_large);
    assert_eq!(get(|_| Answer::bytes(vec![7; 1000])).unwrap(), Fetched::Bytes(vec![7; 1000]));
}

#[test]
fn an_endless_head_ends() {
    let lines = b"x-more: and more\r\n".repeat(100);
    check(Answer::raw_then_for_ever("HTTP/1.1 200 OK\r\n", lines), |reason| {
        matches!(reason, NetworkReason::Protocol(_))
    });
}

#[test]
fn what_goes_on_inside_the_library_ends_too() {
    let patience = Patience { small: Duration::from_millis(200), ..patience() };
    for (head, then) in [
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "trailer: x\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let server =
            Loopback::answering(move |_| Answer::raw_then_for_ever(head, then.repeat(100).into_bytes()))
                .unwrap();
        let failure = fetcher_with(patience, &Stop::new()).get_whole(&server.location(), 1000).unwrap_err();
        assert!(failure.is_unreachable(), "{failure:?}");
    }
}

#[test]
fn a_transfer_that_ends_early_is_no_file() {
    check(Answer::truncated(b"half", 8), |reason| matches!(reason, NetworkReason::Broken(_)));
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n";
    check(Answer::raw(chunks), |reason| matches!(reason, NetworkReason::Broken(_)));
}

#[test]
fn a_connection_that_broke_is_made_again() {
    let server = Loopback::answering({
        let asked = std::sync::atomic::AtomicU32::new(0);
        move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Answer::dropped(),
            1 => Answer::status(503),
            _ => Answer::bytes("there"),
        }
    })
    .unwrap();
    assert_eq!(fetcher().get_whole(&server.location(), 9).unwrap(), Fetched::Bytes(b"there".to_vec()));
}

#[test]
fn silence_ends_by_itself_or_when_asked() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf";
    for answer in [Answer::silence(), Answer::silence_after(half)] {
        let server = Loopback::answering(move |_| answer.clone()).unwrap();
        let failure = fetcher_with(patience(), &Stop::new()).get_whole(&server.location(), 9).unwrap_err();
        assert!(matches!(failure.reason(), NetworkReason::TimedOut(_)), "{failure:?}");
    }

    let server = Loopback::answering(|_| Answer::silence()).unwrap();
    let stop = Stop::new();
    let long = Duration::from_hours(1);
    let fetcher = fetcher_with(Patience { idle: long, small: long, ..Patience::default() }, &stop);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| fetcher.get_whole(&server.location(), 9).unwrap_err());
        while server.take_asked().is_empty() {
            std::thread::yield_now();
        }
        stop.ask();
        assert_eq!(*waiting.join().unwrap().reason(), NetworkReason::Stopped);
    });
    let after = fetcher.get_whole(&server.location(), 9).unwrap_err();
    assert_eq!(*after.reason(), NetworkReason::Stopped);
}

/// Neither silence nor a body without an end takes more than what all questions have together; what is left of them is
/// not even asked, and the host is asked last from then on.
#[test]
fn many_questions_have_one_time_together() {
    let patience =
        Patience { together: Duration::from_millis(200), beside: Duration::from_hours(1), ..patience() };
    let patience = Patience { idle: Duration::from_hours(1), ..patience };
    let drip = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for answer in [
        Answer::silence(),
        Answer::silence_after(drip),
        Answer::raw_then_for_ever(drip, b"1\r\nx\r\n".to_vec()),
    ] {
        let server = Loopback::answering(move |_| answer.clone()).unwrap();
        let fetcher = fetcher_with(patience, &Stop::new());
        let hurried = fetcher.within(fetcher.hurried());
        let failure = hurried.get(&server.location(), "a", u64::MAX).unwrap_err();
        assert!(matches!(failure.reason(), NetworkReason::TimedOut(_)), "{failure:?}");
        let failure = hurried.get(&server.location(), "b", 9).unwrap_err();
        assert_eq!(*failure.reason(), NetworkReason::NoTimeLeft);
        assert!(failure.is_unreachable());
        assert_eq!(server.take_asked(), ["GET a"]);
        let other = Location::parse_link("http://127.0.0.1:1/").unwrap();
        let order = fetcher.best_first(&[server.location(), other.clone()]);
        assert_eq!(order, [other, server.location()]);
    }
}

#[test]
fn a_transfer_that_is_too_slow_on_the_whole_ends() {
    let server = Loopback::answering(|_| Answer::bytes("bytes")).unwrap();
    // No transfer is as fast as this asks.
    let patience = Patience { grace: Duration::ZERO, bytes_per_second: u64::MAX, ..patience() };
    let failure = fetcher_with(patience, &Stop::new()).get_whole(&server.location(), 9).unwrap_err();
    assert_eq!(*failure.reason(), NetworkReason::TooSlow);
}

#[test]
fn a_host_that_is_not_there_is_out_of_reach() {
    let server = Loopback::answering(|_| Answer::status(404)).unwrap();
    let gone = server.location();
    drop(server);
    let failure = fetcher().get(&gone, "x", 9).unwrap_err();
    assert!(matches!(failure.reason(), NetworkReason::NoConnection(_)), "{failure:?}");
    assert!(failure.is_unreachable());
    // The one proxy that is configured does not listen either; and what leads there is not shown.
    let proxied = fetcher().get_whole(&Location::parse_link("http://u.invalid/").unwrap(), 9).unwrap_err();
    assert!(proxied.is_unreachable() && !proxied.to_string().contains("127.0.0.1"), "{proxied}");
}

#[test]
fn redirects_are_followed_within_rules() {
    let answer = |asked: &Asked| match asked.path.as_str() {
        "metadata/1.root.json" => Answer::redirect("/r/5"),
        "r/1" => Answer::bytes("found"),
        path => {
            let left: u32 = path.trim_start_matches("r/").parse().unwrap();
            Answer::redirect(&format!("{}", left - 1))
        }
    };
    assert_eq!(get(answer).unwrap(), Fetched::Bytes(b"found".to_vec()));
    check(Answer::redirect("/again"), |reason| *reason == NetworkReason::TooManyRedirects);
    for to in ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "", "http://a b/"] {
        check(Answer::redirect(to), |reason| matches!(reason, NetworkReason::Redirect(_)));
    }
    check(Answer::status(302), |reason| *reason == NetworkReason::Status(302));
}

#[test]
fn packed_answers_are_taken_only_where_they_were_asked_for() {
    let packed = packed(&b"<a>".repeat(300));
    let server = Loopback::answering(move |asked| {
        let answer = match asked.path.as_str() {
            "bad" => Answer::page("text/html", "these are no packed bytes"),
            _ => Answer::page("Text/HTML; charset=utf-8", packed.clone()),
        };
        answer.with_header("content-encoding", "gzip")
    })
    .unwrap();
    let page = |path: &str, max_bytes| {
        fetcher().page(&server.location().join(path).unwrap(), "text/html", max_bytes)
    };
    let found = page("simple", 900).unwrap().unwrap();
    assert_eq!((found.content_type.as_str(), found.bytes.len()), ("text/html", 900));
    // The limit is of what it unpacks to, however small it comes.
    assert_eq!(*page("simple", 899).unwrap_err().reason(), NetworkReason::TooLarge(899));
    assert!(matches!(page("bad", 900).unwrap_err().reason(), NetworkReason::Encoding(_)));
    let unasked = fetcher().get(&server.location(), "file", 9000).unwrap_err();
    assert!(matches!(unasked.reason(), NetworkReason::Encoding(_)), "{unasked:?}");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn offline_asks_nobody_but_the_disk() {
    let server = Loopback::answering(|_| Answer::bytes("x")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), "here").unwrap();
    let settings = FetcherSettings { offline: true, ..FetcherSettings::default() };
    let fetcher = Fetcher::new(&Environ::of("/", [("", ""); 0]), settings, &Stop::new());
    let failure = fetcher.get(&server.location(), "x", 9).unwrap_err();
    assert_eq!(*failure.reason(), NetworkReason::Offline);
    assert_eq!(server.take_asked(), Vec::<String>::new());
    let here = Location::local(folder.path());
    assert_eq!(fetcher.get(&here, "x", 9).unwrap(), Fetched::Bytes(b"here".to_vec()));
}

#[test]
fn a_folder_answers_as_a_host_does() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("sub/x"), "12345").unwrap();
    let here = Location::local(folder.path());
    let get = |path, max| fetcher().get(&here, path, max);
    assert_eq!(get("sub/x", 5).unwrap(), Fetched::Bytes(b"12345".to_vec()));
    assert_eq!(get("sub/y", 5).unwrap(), Fetched::Missing);
    assert_eq!(get("sub/x/y", 5).unwrap(), Fetched::Missing);
    assert_eq!(*get("sub/x", 4).unwrap_err().reason(), NetworkReason::TooLarge(4));
    assert!(matches!(get("sub", 5).unwrap_err().reason(), NetworkReason::Disk(_)));
    let gone = fetcher().get(&Location::local(folder.path().join("gone")), "x", 5).unwrap_err();
    assert!(gone.is_unreachable(), "{gone}");
    insta::assert_snapshot!(fetcher().get(&Location::local("/nowhere"), "x", 5).unwrap_err(), @"`/nowhere` cannot be read: it is not there");
}
