use std::cell::RefCell;

use packman_strict::Sha256;

use super::fetcher;
use crate::location::Location;
use crate::loopback::{Answer, Asked, Loopback};
use crate::network::{DownloadFailure, Downloaded, Expected, Fault, FileSink, Sink as _};
use crate::stop::Stop;

const RIGHT: &[u8] = b"the right bytes";

fn host(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Loopback {
    Loopback::answering(answer).unwrap()
}

fn expected() -> Expected {
    Expected::exactly(Sha256::of(RIGHT), RIGHT.len() as u64)
}

/// Downloads from hosts of which each gives one answer.
fn download(answers: &[Answer], expected: &Expected) -> (Result<Downloaded, DownloadFailure>, Vec<u8>) {
    let hosts: Vec<_> = answers.iter().cloned().map(|answer| host(move |_| answer.clone())).collect();
    let locations: Vec<_> = hosts.iter().map(Loopback::location).collect();
    let mut bytes = Vec::new();
    let result = fetcher().download(&locations, expected, &mut bytes, &|_| (), &Stop::new());
    (result, bytes)
}

fn check(fault: Answer, is: impl FnOnce(&Fault) -> bool) {
    let (result, bytes) = download(&[fault, Answer::bytes(RIGHT)], &expected());
    let downloaded = result.unwrap();
    assert_eq!((downloaded.sha256, bytes.as_slice()), (Sha256::of(RIGHT), RIGHT));
    assert_eq!(downloaded.passed_over.len(), 1);
    assert!(is(&downloaded.passed_over[0].fault), "{:?}", downloaded.passed_over);
}

#[test]
fn the_next_host_is_asked_when_one_has_not_the_right_bytes() {
    let wrong_size =
        |found| move |fault: &Fault| matches!(fault, Fault::WrongSize { found: it, .. } if *it == found);
    check(Answer::bytes("the wrong bytes"), |fault| matches!(fault, Fault::WrongHash { .. }));
    check(Answer::bytes("short"), wrong_size(5));
    check(Answer::bytes("much, much longer"), wrong_size(17));
    check(Answer::endless(), wrong_size(16));
    check(Answer::raw("HTTP/1.1 200 OK\r\n\r\nthe right"), wrong_size(9));
    check(Answer::status(404), |fault| matches!(fault, Fault::Missing));
    check(Answer::status(500), |fault| matches!(fault, Fault::Failed(_)));
    check(Answer::truncated(b"the right", RIGHT.len()), |fault| matches!(fault, Fault::Failed(_)));
    check(Answer::dropped(), |fault| matches!(fault, Fault::Failed(_)));
    check(Answer::redirect("file:///etc/passwd"), |fault| matches!(fault, Fault::Failed(_)));
}

#[test]
fn with_no_host_left_each_is_named_with_its_fault() {
    let (result, _) = download(&[Answer::bytes("the wrong bytes"), Answer::status(404)], &expected());
    let failure = result.unwrap_err();
    assert!(failure.gave_wrong_bytes());
    let text = failure.to_string();
    assert!(text.contains(&format!("SHA-256 {}", Sha256::of(b"the wrong bytes"))), "{text}");
    assert!(text.ends_with("has no such file"), "{text}");
    let (result, _) = download(&[Answer::dropped()], &expected());
    assert!(!result.unwrap_err().gave_wrong_bytes());
    let (result, _) = download(&[], &expected());
    insta::assert_snapshot!(result.unwrap_err(), @"no host is known for it");
}

#[test]
fn a_busy_host_is_asked_again_only_after_the_others() {
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = |name: &'static str, answer: fn(usize) -> Answer| {
        let order = std::sync::Arc::clone(&order);
        host(move |_| {
            let mut order = order.lock().unwrap();
            order.push(name);
            answer(order.len())
        })
    };
    let busy = note("busy", |count| if count < 3 { Answer::status(503) } else { Answer::bytes(RIGHT) });
    let wrong = note("wrong", |_| Answer::bytes("wrong"));
    let mut bytes = Vec::new();
    let downloaded = fetcher()
        .download(&[busy.location(), wrong.location()], &expected(), &mut bytes, &|_| (), &Stop::new())
        .unwrap();
    assert_eq!(*order.lock().unwrap(), ["busy", "wrong", "busy"]);
    assert_eq!(downloaded.from, busy.location());
    assert_eq!(downloaded.passed_over.len(), 1);
}

#[test]
fn without_a_hash_it_is_computed_and_the_limit_holds() {
    let (result, bytes) = download(&[Answer::bytes("anything")], &Expected::anything(8));
    assert_eq!((result.unwrap().sha256, bytes.as_slice()), (Sha256::of(b"anything"), &b"anything"[..]));
    let (result, _) = download(&[Answer::bytes("anything")], &Expected::anything(7));
    assert!(!result.unwrap_err().gave_wrong_bytes());
}

#[test]
fn progress_is_told_and_a_stop_is_heeded_between_pieces() {
    let endless = host(|_| Answer::endless());
    let stop = Stop::new();
    let told = RefCell::new(Vec::new());
    let progress = |bytes| {
        told.borrow_mut().push(bytes);
        stop.ask();
    };
    let size = 1 << 40;
    let expected = Expected::exactly(Sha256::of(b""), size);
    let result = fetcher().download(&[endless.location()], &expected, &mut Vec::new(), &progress, &stop);
    assert!(matches!(result, Err(DownloadFailure::Stopped)), "{result:?}");
    assert_eq!(told.borrow().len(), 1);
}

#[test]
fn a_file_takes_bytes_and_forgets_those_of_the_wrong_host() {
    let folder = tempfile::tempdir().unwrap();
    let (wrong, right) = (host(|_| Answer::bytes("the wrong bytes")), host(|_| Answer::bytes(RIGHT)));
    let mut sink = FileSink::in_folder(folder.path()).unwrap();
    let hosts = [wrong.location(), right.location()];
    fetcher().download(&hosts, &expected(), &mut sink, &|_| (), &Stop::new()).unwrap();
    let kept = sink.keep(&folder.path().join("kept")).unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), RIGHT);

    let mut dropped = FileSink::in_folder(folder.path()).unwrap();
    dropped.take(b"x").unwrap();
    drop(dropped);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_of_this_machine_are_downloaded_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), RIGHT).unwrap();
    let at = |name: &str| Location::local(folder.path().join(name));
    let mut bytes = Vec::new();
    let downloaded =
        fetcher().download(&[at("gone"), at("f")], &expected(), &mut bytes, &|_| (), &Stop::new()).unwrap();
    assert_eq!((downloaded.from, bytes.as_slice()), (at("f"), RIGHT));
}
