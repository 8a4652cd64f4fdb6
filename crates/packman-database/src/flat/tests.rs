//! The flat form says what the record says, and anything else is a miss.

use std::sync::Arc;

use packman_strict::time::Time;

use super::*;
use crate::{CoreMetadata, FileName, FileUrl, ProjectRecord, RecordedFile, Review, ReviewBasis, Reviewer};

/// Numbers that look random and are the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below as u64).unwrap()
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(3) == 0).then(|| make(self))
    }

    fn list(&mut self, of: &[&str]) -> Vec<String> {
        (0..self.roll(4)).map(|_| self.one(of).to_owned()).collect()
    }

    fn hash(&mut self) -> Sha256 {
        Sha256::of(&self.roll(1 << 30).to_le_bytes())
    }

    fn time(&mut self) -> Time {
        Time::from_seconds(i64::try_from(self.roll(2_000_000_000)).unwrap())
    }

    fn filename(&mut self) -> String {
        let name = self.one(&["a_b", "A.b", "a_B"]);
        let version = self.one(&["1.0", "1.0.0", "1.0rc1", "2!3", "0.9.post2", "1.0+cpu", "10.2"]);
        if self.roll(5) == 0 {
            return format!("a-b-{version}.tar.gz");
        }
        let build = self.one(&["", "", "-1", "-02x", "-3_1"]);
        let tags =
            self.one(&["py3-none-any", "py2.py3-none-any", "cp311-cp311-win_amd64", "cp39-abi3-any.linux"]);
        format!("{name}-{version}{build}-{tags}.whl")
    }

    fn review(&mut self) -> Review {
        Review {
            by: self.one(&["Ann", "Žofie", ""]).to_owned(),
            at: self.time(),
            kind: if self.roll(2) == 0 { Reviewer::Human } else { Reviewer::Machine },
            basis: self.maybe(Self::hash).map_or(ReviewBasis::Full, ReviewBasis::Delta),
            notes: self.maybe(|dice| dice.one(&["", "read it"]).to_owned()),
        }
    }

    fn file(&mut self) -> RecordedFile {
        let filename = self.filename();
        let mut urls = vec![FileUrl::Blob];
        for _ in 0..self.roll(3) {
            urls.push(FileUrl::Absolute(
                self.one(&["https://x.example/", "http://y/é?"]).to_owned() + &filename,
            ));
            urls.push(FileUrl::Absolute("https://elsewhere.example/download?id=7".to_owned()));
        }
        let metadata = CoreMetadata {
            requires_dist: self.list(&["b>=1", "c ; extra == 'x'", "", "d[é]"]).into(),
            requires_python: self.maybe(|dice| dice.one(&["", ">=3.8"]).to_owned()),
            provides_extra: self.list(&["x", "y", "b>=1"]).into(),
        };
        RecordedFile {
            name: FileName::parse(&filename).unwrap(),
            sha256: self.hash(),
            size: self.roll(1 << 40) as u64,
            urls,
            metadata_sha256: self.maybe(Self::hash),
            record_sha256: self.maybe(Self::hash),
            metadata: Arc::new(metadata),
            uploaded: self.maybe(Self::time),
            first_seen: self.time(),
            for_lock: false,
            yanked: self.maybe(|dice| dice.one(&["", "broken"]).to_owned()),
            provenance: Vec::new(),
            review: self.maybe(Self::review),
            recalled: self.maybe(|dice| dice.one(&["", "worm"]).to_owned()),
        }
    }

    fn record(&mut self) -> ProjectRecord {
        let files = (0..self.roll(12)).map(|_| self.file()).collect();
        let summary = self.maybe(|dice| dice.one(&["", "Žluťoučký kůň"]).to_owned());
        ProjectRecord { name: project(), summary, files }
    }
}

fn project() -> ProjectName {
    ProjectName::parse("a-b").unwrap()
}

fn open(record: &ProjectRecord) -> FlatRecord {
    let source = Sha256::of(b"the record");
    FlatRecord::open(&project(), &source, FlatRecord::encode(record, &source)).unwrap()
}

#[test]
fn says_what_the_record_says() {
    let mut dice = Dice(1);
    for _ in 0..2_000 {
        let record = dice.record();
        let flat = open(&record);
        assert_eq!(flat.summary(), record.summary.as_deref());
        assert_eq!(flat.versions().iter().collect::<Vec<_>>(), record.versions());
        let files: Vec<RecordedFile> = flat.files().map(|file| file.decode().unwrap()).collect();
        assert_eq!(files, record.files);
    }
}

#[test]
fn answers_for_a_file_without_decoding_it() {
    let mut dice = Dice(2);
    for _ in 0..500 {
        let record = dice.record();
        let flat = open(&record);
        assert_eq!(flat.len(), record.files.len());
        for (place, file) in record.files.iter().enumerate() {
            let row = flat.file(place).unwrap();
            assert_eq!(row.version(), file.name.version());
            assert_eq!(row.filename(), file.name.as_str());
            assert_eq!((row.sha256(), row.size()), (file.sha256, file.size));
            assert_eq!(row.metadata(), *file.metadata);
            assert_eq!(row.metadata_sha256(), file.metadata_sha256);
            assert_eq!(row.reviewer(), file.review.as_ref().map(|review| review.kind));
            assert_eq!((row.yanked(), row.recalled()), (file.yanked.as_deref(), file.recalled.as_deref()));
            let wheel = file.name.wheel();
            let fit = row.fit().map(|fit| [fit.python, fit.abi, fit.platform]);
            assert_eq!(fit, wheel.map(|name| [name.python_tags(), name.abi_tags(), name.platform_tags()]));
            let build = wheel.and_then(|name| name.build()).map(|(number, rest)| (*number, rest.as_str()));
            assert_eq!(row.build(), build);
        }
    }
}

#[test]
fn gives_the_bytes_that_it_was_opened_from() {
    let mut dice = Dice(3);
    for _ in 0..100 {
        let record = dice.record();
        assert_eq!(open(&record).to_bytes(), FlatRecord::encode(&record, &Sha256::of(b"the record")));
    }
}

/// A form of some files, in which everything occurs.
fn bytes() -> Vec<u8> {
    let mut dice = Dice(4);
    let files = (0..6).map(|_| dice.file()).collect();
    let record = ProjectRecord { name: project(), summary: Some("all".to_owned()), files };
    FlatRecord::encode(&record, &Sha256::of(b"the record"))
}

fn is_a_miss(bytes: Vec<u8>) -> bool {
    FlatRecord::open(&project(), &Sha256::of(b"the record"), bytes).is_none()
}

#[test]
fn is_a_miss_once_a_byte_of_it_changed() {
    let bytes = bytes();
    assert!(!is_a_miss(bytes.clone()));
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(is_a_miss(changed), "byte {place}");
    }
}

#[test]
fn is_a_miss_when_it_ends_too_soon_or_too_late() {
    let bytes = bytes();
    for end in 0..bytes.len() {
        assert!(is_a_miss(bytes[..end].to_vec()), "the first {end} bytes");
    }
    assert!(is_a_miss([bytes, vec![0]].concat()));
}

#[test]
fn is_a_miss_for_another_project_or_another_record() {
    let other = ProjectName::parse("ab").unwrap();
    assert!(FlatRecord::open(&other, &Sha256::of(b"the record"), bytes()).is_none());
    assert!(FlatRecord::open(&project(), &Sha256::of(b"another record"), bytes()).is_none());
}

/// A form whose sum was made right again after a byte changed: whoever can do that owns the user's folder. It still
/// must not make us fall over, nor read beyond it.
#[test]
fn reads_nothing_beyond_a_form_that_lies() {
    let bytes = bytes();
    for place in 48..bytes.len() {
        for change in [1, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let sum = *Sha256::of(&changed[48..]).as_bytes();
            changed[16..48].copy_from_slice(&sum);
            let Some(flat) = FlatRecord::open(&project(), &Sha256::of(b"the record"), changed) else {
                continue;
            };
            for file in flat.files() {
                let of_project = file.decode().is_none_or(|file| *file.name.project() == project());
                assert!(of_project, "byte {place}");
                let _ = (file.build(), file.fit(), file.metadata());
            }
        }
    }
}
