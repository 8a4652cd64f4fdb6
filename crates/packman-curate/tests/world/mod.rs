//! A scapegoat's world for one test: a home, a cache, a folder, and an index that answers as the test likes.
#![allow(clippy::indexing_slicing, dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "a test prepares and damages files by itself")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use packman_curate::{
    AddReport, AddRequest, CurateError, Curator, Event, Events, InitReport, InitRequest, Lifetimes,
    Passphrase, Passphrases, PublishReport, PublishRequest, SignReport, SignRequest, Together,
};
use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::home::Home;
use packman_machine::location::Location;
use packman_machine::loopback::{Answer, Loopback};
use packman_machine::network::{Fetcher, FetcherSettings, Patience};
use packman_machine::ssh_agent::{AgentFailure, SshAgent};
use packman_machine::stop::Stop;
use packman_names::{Platform, PythonVersion, Requirement, Target};
use packman_requirements::{Demand, Parts, UnreadableFile};
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_wheel::make::WheelDraft;

/// The day on which every test happens.
pub const NOW: &str = "2026-06-15T12:00:00Z";
/// A day long before it.
pub const LONG_AGO: &str = "2026-01-01T00:00:00.123Z";

pub struct World {
    pub folder: tempfile::TempDir,
    pub home: Home,
    pub cache: Cache,
    pub fetcher: Fetcher,
    pub stop: Stop,
    pub now: Time,
    pub told: Told,
    pub agent: Result<SshAgent, AgentFailure>,
}

/// Keeps what was told, and has no passphrases.
#[derive(Default)]
pub struct Told {
    pub events: Mutex<Vec<String>>,
    /// Asked to stop when a piece of news begins so.
    pub stop_at: Mutex<Option<(&'static str, Stop)>>,
    pub passphrase: Option<String>,
}

impl Events for Told {
    fn event(&self, event: Event<'_>) {
        let words = match event {
            Event::Asking { project } => format!("asking {project}"),
            Event::Began { file, .. } => format!("began {file}"),
            Event::Received { .. } => "received".to_owned(),
            Event::Ended { .. } => "ended".to_owned(),
            Event::Fetching { files, bytes, .. } => format!("fetching {files} files, {bytes} bytes"),
            Event::Waiting => "waiting".to_owned(),
            Event::Note(note) => format!("note: {}", note.words()),
        };
        if let Some((at, stop)) = &*self.stop_at.lock().unwrap()
            && words.starts_with(at)
        {
            stop.ask();
        }
        self.events.lock().unwrap().push(words);
    }
}

impl Passphrases for Told {
    fn new_passphrase(&self) -> Option<Passphrase> {
        self.passphrase.clone().map(Passphrase::new)
    }

    fn existing(&self, _: &Path, _: bool) -> Option<Passphrase> {
        self.new_passphrase()
    }
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environ = Environ::of(folder.path(), [("PACKMAN_CACHE_DIR", "cache")]);
        let stop = Stop::new();
        let patience = Patience { again: 0, ..Patience::default() };
        Self {
            home: Home::at(folder.path().join("home")),
            cache: Cache::of(&environ, |_| {}),
            fetcher: Fetcher::new(
                &environ,
                FetcherSettings { patience, ..FetcherSettings::default() },
                &stop,
            ),
            stop,
            now: Time::parse(NOW).unwrap(),
            told: Told::default(),
            agent: Err(AgentFailure::None),
            folder,
        }
    }

    /// The same folder, home and cache in another run of the program.
    pub fn again(self) -> Self {
        let fresh = Self::new();
        Self { stop: fresh.stop, fetcher: fresh.fetcher, told: fresh.told, ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn curator(&self) -> Curator<'_> {
        Curator {
            home: &self.home,
            cache: &self.cache,
            fetcher: &self.fetcher,
            now: self.now,
            events: &self.told,
            agent: &self.agent,
            passphrases: &self.told,
            stop: &self.stop,
        }
    }

    pub fn init_request(&self) -> InitRequest {
        InitRequest {
            kind: packman_database::Kind::Database,
            folder: self.path("db"),
            title: "Web tools".to_owned(),
            maintainer: "Example Lab <lab@example.org>".to_owned(),
            threshold: 1,
            keys: Vec::new(),
            targets_threshold: 1,
            targets_keys: Vec::new(),
            agent: None,
            spare: None,
            lifetimes: Lifetimes::default(),
            no_passphrase: true,
        }
    }

    pub fn init(&self) -> InitReport {
        self.curator().init(&self.init_request()).unwrap()
    }

    /// A request for these requirements, from that index.
    pub fn request(&self, requirements: &[&str], index: Option<&Index>) -> AddRequest {
        let parsed = requirements.iter().map(|text| Requirement::parse(text).unwrap());
        let mut request = AddRequest::new(self.path("db"), Demand::of(parsed), vec![linux("3.12")]);
        request.index = index.map(Index::location);
        request
    }

    /// What a file of the world asks for, and what builds it.
    pub fn demand_and_builders(&self, file: &str) -> Result<Demand, UnreadableFile> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
        Demand::parse(&self.path(file), &Parts { build_system: true, ..Parts::default() }, &read)
    }

    /// What a file of the world asks for.
    pub fn demand(&self, file: &str) -> Result<Demand, UnreadableFile> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
        Demand::parse(&self.path(file), &Parts { whole_locks: true, ..Parts::default() }, &read)
    }

    pub fn add(&self, request: &AddRequest) -> AddReport {
        self.curator().add(request).unwrap()
    }

    pub fn sign(&self) -> Result<SignReport, CurateError> {
        let folder = self.path("db");
        self.curator().sign(&SignRequest { folder: &folder, agree: &|_| true, together: Together::default() })
    }

    pub fn publish(&self, to: &str) -> Result<PublishReport, CurateError> {
        self.curator().publish(&PublishRequest {
            folder: self.path("db"),
            to: self.path(to),
            signed_only: false,
            beside_others: false,
        })
    }

    /// The words of an error, without the test's own folder.
    pub fn words(&self, error: &CurateError) -> String {
        let here = self.folder.path().to_string_lossy().into_owned();
        format!("{}: {error}", error.code()).replace(&here, "~")
    }

    /// What was added and what was not, a line each.
    pub fn lines(&self, report: &AddReport) -> String {
        let added = report.added.iter().map(|added| format!("+ {}", added.file));
        let already = report.already.iter().map(|file| format!("= {file}"));
        let not = report
            .not_taken
            .iter()
            .map(|problem| format!("! {}: {}", problem.what, self.words(&problem.why)));
        let folder = self.folder.path().to_string_lossy();
        let notes = report.notes.iter().map(|note| format!("* {}", note.words().replace(&*folder, "~")));
        added.chain(already).chain(not).chain(notes).collect::<Vec<_>>().join("\n")
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The files below a folder, sorted.
    pub fn tree(&self, name: &str) -> Vec<String> {
        let listed = packman_machine::files::list_tree(&self.path(name)).unwrap();
        listed.iter().map(|file| file.path.as_str().to_owned()).collect()
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    /// Removes the files of a folder that were not there before; such as are numbered and that nothing names yet.
    pub fn remove_stray(&self, name: &str, before: &[(String, Sha256)]) {
        let (top, below) = name.split_once('/').unwrap();
        for path in self.tree(name) {
            let path = format!("{below}/{path}");
            if !before.iter().any(|(known, _)| *known == path) {
                self.remove(&format!("{top}/{path}"));
            }
        }
    }

    /// The path of a key of the one database there is.
    pub fn key(&self, file: &str) -> String {
        let keys = self.tree("home/keys");
        format!("home/keys/{}", keys.iter().find(|path| path.ends_with(file)).unwrap())
    }

    /// Replaces text in a file.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(name)).unwrap();
        assert!(text.contains(from), "{from}");
        self.write(name, text.replace(from, to));
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

pub fn linux(python: &str) -> Target {
    Target::of(Platform::parse("linux-x86_64").unwrap(), PythonVersion::parse(python).unwrap())
}

/// A package index on loopback, which may lie.
pub struct Index {
    server: Loopback,
    pub pages: Arc<Mutex<BTreeMap<String, Answer>>>,
}

/// One file that an index lists.
pub struct Listed {
    pub name: String,
    pub bytes: Vec<u8>,
    /// What stands in the page, beside name and address; `hashes` only where it is to lie.
    pub members: Vec<(&'static str, String)>,
    /// Whether METADATA stands beside it.
    pub metadata: Option<Vec<u8>>,
}

pub fn wheel(draft: &WheelDraft) -> Listed {
    Listed {
        name: draft.file_name(),
        bytes: draft.build().unwrap(),
        members: vec![("upload-time", format!("{LONG_AGO:?}"))],
        metadata: None,
    }
}

pub fn sdist(name: &str) -> Listed {
    Listed {
        name: name.to_owned(),
        bytes: name.as_bytes().to_vec(),
        members: vec![("upload-time", format!("{LONG_AGO:?}"))],
        metadata: None,
    }
}

/// A source distribution of these files, each with its path in the archive.
pub fn source(name: &str, files: &[(&str, &str)]) -> Listed {
    let mut tar = Vec::new();
    for (path, text) in files {
        let mut header = [0_u8; 512];
        let size = format!("{:011o}", text.len());
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[124..135].copy_from_slice(size.as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(header);
        tar.extend(text.as_bytes());
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &tar).unwrap();
    Listed { bytes: packed.finish().unwrap(), ..sdist(name) }
}

impl Listed {
    /// The same file with another member on its page.
    pub fn with(mut self, member: &'static str, json: impl Into<String>) -> Self {
        self.members.retain(|(name, _)| *name != member);
        self.members.push((member, json.into()));
        self
    }

    /// The same file uploaded then.
    pub fn uploaded(self, time: &str) -> Self {
        self.with("upload-time", format!("{time:?}"))
    }

    /// The same file with that METADATA beside it.
    pub fn beside(mut self, metadata: &str) -> Self {
        self.metadata = Some(metadata.as_bytes().to_vec());
        self
    }
}

impl Index {
    pub fn new() -> Self {
        let pages: Arc<Mutex<BTreeMap<String, Answer>>> = Arc::default();
        let served = Arc::clone(&pages);
        let answer = move |asked: &packman_machine::loopback::Asked| {
            served.lock().unwrap().get(&asked.path).cloned().unwrap_or_else(|| Answer::status(404))
        };
        Self { server: Loopback::answering(answer).unwrap(), pages }
    }

    pub fn location(&self) -> Location {
        Location::parse_link(&format!("{}simple/", self.server.url())).unwrap()
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.server.take_asked()
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.pages.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Lists these files for a project, and serves them.
    pub fn list(&self, project: &str, files: &[Listed]) {
        let entries: Vec<String> = files.iter().map(|file| self.entry(project, file)).collect();
        let page = format!(
            r#"{{"meta":{{"api-version":"1.1"}},"name":"{project}","files":[{}]}}"#,
            entries.join(",")
        );
        self.put(&format!("simple/{project}/"), Answer::page("application/vnd.pypi.simple.v1+json", page));
    }

    fn entry(&self, project: &str, file: &Listed) -> String {
        let path = format!("files/{project}/{}", file.name);
        self.put(&path, Answer::bytes(file.bytes.clone()));
        let mut members = vec![
            ("filename", format!("{:?}", file.name)),
            ("url", format!("\"../../{path}\"")),
            ("hashes", format!(r#"{{"sha256":"{}"}}"#, Sha256::of(&file.bytes))),
        ];
        if let Some(metadata) = &file.metadata {
            self.put(&format!("{path}.metadata"), Answer::bytes(metadata.clone()));
            members.push(("core-metadata", format!(r#"{{"sha256":"{}"}}"#, Sha256::of(metadata))));
        }
        for (name, json) in &file.members {
            members.retain(|(other, _)| other != name);
            members.push((name, json.clone()));
        }
        let members: Vec<String> = members.iter().map(|(name, json)| format!("{name:?}:{json}")).collect();
        format!("{{{}}}", members.join(","))
    }
}
