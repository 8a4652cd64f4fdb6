//! Roots that were believed too early, too late, or out of turn.

use packman_tuf::{Answer, Limits, Memory, Refresh, Role};
use testkit::repository::Repository;

use crate::craft::{NOW, resigned, unsigned};
use crate::{refused, repository};

/// CVE-2020-15163 of python-tuf: it was kept before it was verified, and believed when it was found there.
#[test]
fn a_root_that_was_refused_is_not_believed_later() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish_root();
    let honest = repository.clone();
    repository.rotate(Role::Timestamp);
    let path = repository.path(Role::Root);
    let forged = unsigned(&repository.file(Role::Root));
    repository.files_mut().insert(path, forged.clone());
    let outcome = repository.refreshed(memory, NOW);
    assert_eq!(outcome.refusal.unwrap().code(), "bad-signature");
    let kept = Memory::parse(&outcome.memory.encode()).unwrap();
    assert_eq!(kept.root().version(), 2, "what verified before it");
    assert!(!kept.encode().windows(forged.len()).any(|bytes| bytes == forged), "nothing of it is kept");
    let outcome = honest.refreshed(kept, NOW);
    assert_eq!((outcome.refusal, outcome.memory.root().version()), (None, 2));
}

/// GMS-2022-4197 of python-tuf 0.14 on: the new root's own threshold was met by one of its keys that signed twice.
#[test]
fn a_new_root_is_signed_by_a_threshold_of_its_own_distinct_keys() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    let old = repository.signers(Role::Root)[0].clone();
    let (stolen, absent) = (repository.new_key(), repository.new_key());
    *repository.signers_mut(Role::Root) = vec![stolen.clone(), absent];
    repository.thresholds.insert(Role::Root, 2);
    repository.publish_root();
    let path = repository.path(Role::Root);
    let file = resigned(&repository.file(Role::Root), &[&old, &stolen]);
    repository.files_mut().insert(path.clone(), file.clone());
    assert_eq!(refused(&repository, &memory), "bad-signature");
    let id = stolen.id();
    let text = String::from_utf8(file).unwrap();
    let from = text.find("\"signatures\": [").unwrap() + 15;
    let at = text[from..].find(id.as_str()).unwrap() + from;
    let (open, close) = (text[..at].rfind('{').unwrap(), text[at..].find('}').unwrap() + at + 1);
    let twice = format!("{}{}, {}", &text[..open], &text[open..close], &text[open..]);
    repository.files_mut().insert(path, twice.into_bytes());
    assert_eq!(refused(&repository, &memory), "bad-metadata");
}

/// CVE-2025-2885 of tough: a root of another version than the next one was taken for it.
#[test]
fn a_root_of_another_version_than_the_next_is_refused() {
    let mut repository = repository();
    repository.publish_root();
    let memory = repository.remembered(NOW);
    let (first, second) = ("metadata/1.root.json", "metadata/2.root.json");
    for _ in 0..2 {
        repository.publish_root();
    }
    for (lie, code) in [(first, "rollback"), (second, "rollback"), ("metadata/4.root.json", "wrong-version")]
    {
        let mut repository = repository.clone();
        let file = repository.files()[lie].clone();
        repository.files_mut().insert("metadata/3.root.json".to_owned(), file);
        assert_eq!(refused(&repository, &memory), code, "{lie}");
    }
}

/// CVE-2015-9259 of Notary: the comment said that the expiry of a root was checked.
#[test]
fn an_expired_root_is_refused() {
    let mut repository = Repository::new(NOW);
    repository.expiry.insert(Role::Root, NOW);
    repository.publish_root();
    let shipped = repository.file(Role::Root);
    let memory = Memory::trusting(&shipped, &Limits::default()).unwrap();
    let mut refresh = Refresh::begin(memory, NOW, Limits::default());
    assert_eq!(refresh.answer(Answer::Missing).unwrap_err().code(), "expired");
    let remembered = self::repository().remembered(NOW);
    let outcome = self::repository().refreshed(remembered, NOW.plus_days(365));
    assert_eq!(outcome.refusal.unwrap().path(), "metadata/1.root.json");
}

/// CVE-2026-23991 of go-tuf: JSON of another shape than metadata has ended the process before a signature was checked.
#[test]
fn json_that_is_no_metadata_is_refused_and_ends_nothing() {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish_root();
    repository.publish();
    let honest = String::from_utf8(repository.file(Role::Timestamp)).unwrap();
    let shapes = [
        "null",
        "[]",
        "{}",
        "0",
        "\"\"",
        "true",
        "[{}]",
        "{\"signed\":null}",
        "{\"signed\":{},\"signatures\":null}",
    ];
    let mut cases: Vec<String> = shapes.iter().map(|shape| (*shape).to_owned()).collect();
    for member in
        ["signatures", "keyid", "sig", "signed", "_type", "version", "expires", "meta", "snapshot.json"]
    {
        let at = honest.find(&format!("\"{member}\": ")).unwrap() + member.len() + 4;
        for value in shapes {
            // The member gets another value, and what stood there another name.
            cases.push(format!("{}{value}, \"was\": {}", &honest[..at], &honest[at..]));
        }
    }
    for role in [Role::Root, Role::Timestamp] {
        let path = repository.path(role);
        for case in &cases {
            let mut repository = repository.clone();
            repository.files_mut().insert(path.clone(), case.clone().into_bytes());
            let code = refused(&repository, &memory);
            assert!(
                ["bad-json", "bad-metadata", "bad-signature", "wrong-role"].contains(&code),
                "{code}: {case}"
            );
            // The same, signed by who may: only then is it looked into. What is wrong may be outside of what was signed.
            if case.starts_with('{') {
                let signed = resigned(case.as_bytes(), &repository.signers(role));
                repository.files_mut().insert(path.clone(), signed);
                drop(repository.refreshed(memory.clone(), NOW));
            }
        }
    }
}
