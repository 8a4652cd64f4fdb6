//! A package index on loopback: pages made from wheels that were built on the spot.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test's own index may fail loudly")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use packman_machine::loopback::{Answer, Asked, Loopback};
use packman_names::{ProjectName, SdistName, WheelName};
use packman_strict::Sha256;
use packman_strict::json::{Object, Value};
use packman_wheel::make::WheelDraft;

/// When files were uploaded unless a test says otherwise: long before any test runs.
pub const UPLOADED: &str = "2024-01-01T00:00:00.000000Z";

/// One file of the index.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The SHA-256 that the page says; the true one unless a test lies.
    pub sha256: String,
    /// When the page says that it was uploaded; nothing where the page is silent.
    pub uploaded: Option<String>,
    /// Why it is yanked, where it is.
    pub yanked: Option<String>,
    /// Its `Requires-Python`.
    pub requires_python: Option<String>,
    /// Who built it, as the index says (PEP 740): the repository of each publisher.
    pub built_by: Vec<String>,
}

/// How the index speaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Speech {
    /// PEP 691.
    #[default]
    Json,
    /// PEP 503 only.
    Html,
}

#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<String, Listed>,
    speech: Speech,
    instead: BTreeMap<String, Answer>,
}

/// A package index that runs until it is dropped.
#[derive(Debug)]
pub struct PackageIndex {
    shelf: Arc<Mutex<Shelf>>,
    server: Loopback,
}

impl PackageIndex {
    /// An index without files.
    pub fn new() -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let server = Loopback::answering({
            let shelf = Arc::clone(&shelf);
            move |asked| lock(&shelf).answer(asked)
        });
        Self { shelf, server: server.expect("loopback can be listened on") }
    }

    /// An index of these wheels.
    pub fn of(drafts: impl IntoIterator<Item = WheelDraft>) -> Self {
        let index = Self::new();
        drafts.into_iter().for_each(|draft| index.add(&draft));
        index
    }

    /// Lists a wheel.
    pub fn add(&self, draft: &WheelDraft) {
        let bytes = draft.build().expect("a test's wheel is one");
        self.add_bytes(&draft.file_name(), bytes, draft.requires_python.clone());
    }

    /// Lists any bytes under a file name.
    pub fn add_bytes(&self, filename: &str, bytes: Vec<u8>, requires_python: Option<String>) {
        let sha256 = Sha256::of(&bytes).to_string();
        let listed = Listed {
            bytes,
            sha256,
            uploaded: Some(UPLOADED.to_owned()),
            yanked: None,
            requires_python,
            built_by: Vec::new(),
        };
        lock(&self.shelf).files.insert(filename.to_owned(), listed);
    }

    /// Changes what is listed under a file name.
    pub fn change(&self, filename: &str, change: impl FnOnce(&mut Listed)) {
        change(lock(&self.shelf).files.get_mut(filename).expect("a test changes what is listed"));
    }

    /// Answers something else for a path.
    pub fn answer_instead(&self, path: &str, answer: Answer) {
        lock(&self.shelf).instead.insert(path.to_owned(), answer);
    }

    /// Speaks otherwise from now on.
    pub fn speak(&self, speech: Speech) {
        lock(&self.shelf).speech = speech;
    }

    /// The address that `--index` takes.
    pub fn url(&self) -> String {
        format!("{}simple/", self.server.url())
    }

    /// What was asked for since the last call.
    pub fn take_asked(&self) -> Vec<String> {
        self.server.take_asked()
    }
}

impl Default for PackageIndex {
    fn default() -> Self {
        Self::new()
    }
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    fn answer(&self, asked: &Asked) -> Answer {
        if let Some(answer) = self.instead.get(&asked.path) {
            return answer.clone();
        }
        if let Some(filename) = asked.path.strip_prefix("files/") {
            return self
                .files
                .get(filename)
                .map_or(Answer::status(404), |file| Answer::bytes(file.bytes.clone()));
        }
        if let Some(filename) = asked.path.strip_prefix("provenance/") {
            return self.files.get(filename).map_or(Answer::status(404), |file| {
                Answer::page("application/vnd.pypi.integrity.v1+json", provenance(filename, file))
            });
        }
        let project = asked.path.strip_prefix("simple/").map(|rest| rest.trim_end_matches('/'));
        let Some(project) = project.and_then(|name| ProjectName::parse(name).ok()) else {
            return Answer::status(404);
        };
        let files: Vec<(&String, &Listed)> = self
            .files
            .iter()
            .filter(|(filename, _)| project_of(filename).as_ref() == Some(&project))
            .collect();
        match (files.is_empty(), self.speech) {
            (true, _) => Answer::status(404),
            (false, Speech::Json) => {
                Answer::page("application/vnd.pypi.simple.v1+json", json_page(&project, &files))
            }
            (false, Speech::Html) => Answer::page("text/html", html_page(&files)),
        }
    }
}

fn project_of(filename: &str) -> Option<ProjectName> {
    let wheel = WheelName::parse(filename).ok().map(|name| name.project().clone());
    wheel.or_else(|| SdistName::parse(filename).ok().map(|name| name.project().clone()))
}

fn json_page(project: &ProjectName, files: &[(&String, &Listed)]) -> Vec<u8> {
    let file = |(filename, listed): &(&String, &Listed)| {
        let mut file = Object::new()
            .with("filename", (*filename).clone())
            .with("url", format!("../../files/{filename}"))
            .with("hashes", Object::new().with("sha256", listed.sha256.clone()))
            .with("size", listed.bytes.len() as u64)
            .with("yanked", listed.yanked.clone().map_or(Value::Bool(false), Value::from));
        if let Some(uploaded) = &listed.uploaded {
            file = file.with("upload-time", uploaded.clone());
        }
        if let Some(python) = &listed.requires_python {
            file = file.with("requires-python", python.clone());
        }
        if !listed.built_by.is_empty() {
            file = file.with("provenance", format!("../../provenance/{filename}"));
        }
        Value::from(file)
    };
    let page = Object::new()
        .with("meta", Object::new().with("api-version", "1.1"))
        .with("name", project.as_str().to_owned())
        .with("files", files.iter().map(file).collect::<Vec<_>>());
    Value::from(page).to_bytes()
}

/// What PEP 740 has an index say of a file, without the signatures that nobody checks here.
fn provenance(filename: &str, listed: &Listed) -> Vec<u8> {
    let subject = Object::new()
        .with("name", filename.to_owned())
        .with("digest", Object::new().with("sha256", Sha256::of(&listed.bytes).to_string()));
    let statement = Value::from(Object::new().with("subject", vec![Value::from(subject)])).to_bytes();
    let attestation = Object::new().with("envelope", Object::new().with("statement", base64(&statement)));
    let bundle = |repository: &String| {
        let publisher = Object::new()
            .with("kind", "GitHub")
            .with("repository", repository.clone())
            .with("workflow", "publish.yml");
        let bundle = Object::new().with("publisher", publisher);
        Value::from(bundle.with("attestations", vec![Value::from(attestation.clone())]))
    };
    let bundles: Vec<_> = listed.built_by.iter().map(bundle).collect();
    Value::from(Object::new().with("version", 1_u64).with("attestation_bundles", bundles)).to_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET.get(all >> (18 - 6 * place) & 63).filter(|_| place <= chunk.len());
            text.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    text
}

fn html_page(files: &[(&String, &Listed)]) -> Vec<u8> {
    let mut page = "<!DOCTYPE html><html><body>\n".to_owned();
    for (filename, listed) in files {
        let python = listed.requires_python.as_ref().map_or_else(String::new, |python| {
            format!(" data-requires-python=\"{}\"", python.replace('<', "&lt;").replace('>', "&gt;"))
        });
        let hash = &listed.sha256;
        let _ =
            writeln!(page, "<a href=\"../../files/{filename}#sha256={hash}\"{python}>{filename}</a><br/>");
    }
    page.push_str("</body></html>\n");
    page.into_bytes()
}
