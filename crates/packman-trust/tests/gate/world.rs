//! Databases in memory, and the gate over them.

use std::sync::Arc;

use packman_database::{
    ABOUT_PATH, About, CoreMetadata, FileName, FileUrl, Kind, ProjectRecord, RECALLS_PATH, Recalls,
    RecordedFile, record_path,
};
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{
    ATTACHED, Answer, Database, Entry, EntryName, Gate, Holds, How, Learnt, Nobody, Offer, Purpose, Ring,
    Scope, Standing,
};
use packman_tuf::{Limits, Refresh, Step};
use testkit::repository::Repository;

pub(crate) fn day(text: &str) -> Time {
    Time::parse_date(text).unwrap()
}

pub(crate) fn now() -> Time {
    day("2026-11-23")
}

pub(crate) fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).unwrap()
}

pub(crate) fn file(filename: &str) -> RecordedFile {
    RecordedFile {
        name: FileName::parse(filename).unwrap(),
        sha256: Sha256::of(filename.as_bytes()),
        size: 1,
        urls: vec![FileUrl::Blob],
        metadata_sha256: None,
        record_sha256: None,
        metadata: Arc::new(CoreMetadata::default()),
        uploaded: None,
        first_seen: now(),
        for_lock: false,
        yanked: None,
        provenance: Vec::new(),
        review: None,
        recalled: None,
    }
}

/// A database that vouches for these files.
pub(crate) struct World {
    pub(crate) repository: Repository,
    pub(crate) records: Vec<(String, Vec<u8>)>,
    pub(crate) scope: Vec<String>,
    pub(crate) recalls: Recalls,
}

impl World {
    pub(crate) fn of(seed: u16, filenames: &[&str]) -> Self {
        let repository = Repository::with_seed(now(), seed);
        let mut world = Self { repository, records: vec![], scope: vec![], recalls: Recalls::default() };
        for filename in filenames {
            world.vouch(file(filename));
        }
        world
    }

    pub(crate) fn vouch(&mut self, file: RecordedFile) {
        let mut record = ProjectRecord::new(file.name.project().clone());
        let path = record_path(&record.name);
        if let Some((_, bytes)) = self.records.iter().find(|(known, _)| *known == path) {
            record = ProjectRecord::parse(&record.name, bytes).unwrap();
        }
        record.files.push(file);
        self.records.retain(|(known, _)| *known != path);
        self.records.push((path, record.encode()));
    }

    /// What a client has after a refresh.
    pub(crate) fn standing(&mut self, entry: &str, scope: &[&str]) -> Standing {
        let about = About {
            kind: Kind::Database,
            title: entry.to_owned(),
            maintainer: "a scapegoat".to_owned(),
            home_page: None,
            mirrors: vec![],
            scope: self.scope.clone(),
        };
        self.repository.add_target(ABOUT_PATH, &about.encode());
        self.repository.add_target(RECALLS_PATH, &self.recalls.encode());
        for (path, bytes) in &self.records {
            self.repository.add_target(path, bytes);
        }
        self.repository.publish();
        let memory = self.repository.remembered(now());
        let mut refresh = Refresh::begin(memory, now(), Limits::default()).with_attached(&ATTACHED);
        while let Step::Fetch(request) = refresh.step() {
            refresh.answer(self.repository.serve(&request)).unwrap();
        }
        let memory = refresh.into_memory();
        let learnt = Learnt { holds: Holds::Signed, how: How::Compared, on: now() };
        let (url, scope) = (format!("https://{entry}.example/"), Scope::parse(scope).unwrap());
        let entry = Entry::database(EntryName::parse(entry).unwrap(), url, memory.chain_id(), scope, learnt);
        let database = Database::open(&entry, memory).unwrap();
        Standing { entry, database, refused: None, unreached: None }
    }

    pub(crate) fn bytes(&self, project: &str) -> Vec<u8> {
        let path = record_path(&name(project));
        self.records.iter().find(|(known, _)| *known == path).expect("it is recorded").1.clone()
    }
}

pub(crate) fn gate_at(standings: Vec<Standing>, now: Time, purpose: Purpose) -> Gate {
    let mut ring = Ring::default();
    for standing in &standings {
        ring.add(standing.entry.clone()).unwrap();
    }
    Gate::new(ring, standings, now, purpose)
}

pub(crate) fn gate(standings: Vec<Standing>) -> Gate {
    gate_at(standings, now(), Purpose::Act)
}

/// Who answers, in one word.
pub(crate) fn asked(gate: &Gate, project: &str) -> String {
    match gate.ask(&name(project)) {
        Ok(Answer::Record(wanted)) => wanted.source().database.to_string(),
        Ok(Answer::Nobody(Nobody { refused: None, .. })) => "nobody".to_owned(),
        Ok(Answer::Nobody(Nobody { refused: Some(refused), .. })) => {
            format!("nobody, but {}", refused.code())
        }
        Err(refused) => format!("{} {}", refused.database, refused.code()),
    }
}

pub(crate) fn shown(offer: &Offer) -> String {
    let files = offer.files().unwrap();
    let files = files.iter().map(|file| file.filename().to_owned());
    let left_out = offer.left_out().map(|file| format!("-{} {}", file.filename(), file.why().code()));
    files.chain(left_out).collect::<Vec<_>>().join("; ")
}

/// What is offered and what is left out, by file name.
pub(crate) fn offered(gate: &Gate, project: &str, bytes: &[u8]) -> String {
    let Ok(Answer::Record(wanted)) = gate.ask(&name(project)) else { panic!("nobody answers for {project}") };
    match wanted.own().verify(bytes).and_then(|record| wanted.offer(&record, &[])) {
        Ok(offer) => shown(&offer),
        Err(refused) => refused.code().to_owned(),
    }
}
