//! What a client says after a visit: ours, and python-tuf's as the oracle tells it.

use std::collections::BTreeMap;

use packman_strict::Sha256;
use packman_strict::json::Value;
use packman_strict::time::Time;
use packman_tuf::{Answer, Limits, Lookup, Memory, Refresh, Refusal, Request, Role, Step, TargetPath};

use crate::world::Files;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Refused, with the words; the root that is believed then.
    Refused {
        why: String,
        root: String,
    },
    Accepted {
        versions: Vec<String>,
        targets: BTreeMap<String, Found>,
    },
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    Nobody,
    /// The digest of its bytes.
    File(String),
    Refused(String),
}

/// A client of ours that was shipped a root.
#[derive(Clone)]
pub(crate) struct Ours {
    memory: Option<Memory>,
    /// Files of delegated roles that verified: python-tuf keeps them too.
    kept: Files,
    shipped: Vec<u8>,
    limits: Limits,
}

impl Ours {
    pub(crate) const fn new(shipped: Vec<u8>, limits: Limits) -> Self {
        Self { memory: None, kept: Files::new(), shipped, limits }
    }

    pub(crate) fn visit(&mut self, files: &Files, now: Time, paths: &[&str]) -> Verdict {
        let memory = match self.memory.take() {
            // As a program does that begins anew.
            Some(memory) => Memory::parse(&memory.encode()).unwrap(),
            None => match Memory::trusting(&self.shipped, &self.limits) {
                Ok(memory) => memory,
                Err(refusal) => return Verdict::Refused { why: told(&refusal), root: "0".to_owned() },
            },
        };
        let mut refresh = Refresh::begin(memory, now, self.limits);
        let mut refused = None;
        while let (None, Step::Fetch(request)) = (&refused, refresh.step()) {
            refused = refresh.answer(serve(files, &request)).err();
        }
        let memory = refresh.into_memory();
        let verdict = match refused {
            Some(refusal) => {
                Verdict::Refused { why: told(&refusal), root: memory.root().version().to_string() }
            }
            None => Verdict::Accepted {
                versions: Role::ALL.map(|role| memory.good().unwrap().version(role).to_string()).to_vec(),
                targets: paths
                    .iter()
                    .map(|path| ((*path).to_owned(), self.look(&memory, path, files, now)))
                    .collect(),
            },
        };
        self.memory = Some(memory);
        verdict
    }

    fn look(&mut self, memory: &Memory, path: &str, files: &Files, now: Time) -> Found {
        self.try_look(memory, path, files, now).unwrap_or_else(|refusal| Found::Refused(told(&refusal)))
    }

    fn try_look(&mut self, memory: &Memory, path: &str, files: &Files, now: Time) -> Result<Found, Refusal> {
        let path = TargetPath::parse(path).unwrap();
        let mut lookup = Lookup::begin(memory.good().unwrap(), path, now, self.limits)?;
        while let Step::Fetch(request) = lookup.step() {
            if self.kept.get(&request.path).is_none_or(|kept| lookup.answer(Answer::Bytes(kept)).is_err()) {
                lookup.answer(serve(files, &request))?;
            }
            self.kept.extend(lookup.files().last().map(|role| (request.path, role.file.bytes().to_vec())));
        }
        let Some(found) = lookup.finish() else { return Ok(Found::Nobody) };
        let Some(bytes) = files.get(&found.request().path) else {
            return Ok(Found::Refused(format!("missing-file: {}", found.request().path)));
        };
        Ok(Found::File(Sha256::of(found.verify(bytes)?.bytes()).to_string()))
    }
}

fn serve<'f>(files: &'f Files, request: &Request) -> Answer<'f> {
    files.get(&request.path).map_or(Answer::Missing, |bytes| Answer::Bytes(bytes))
}

fn told(refusal: &Refusal) -> String {
    format!("{}: {refusal}", refusal.code())
}

impl Verdict {
    /// Reads the oracle's.
    pub(crate) fn read(visit: &Value<'_>) -> Self {
        let visit = visit.as_object().unwrap();
        let text = |name| visit.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(why) = text("refused") {
            return Self::Refused { why, root: text("root").unwrap() };
        }
        let versions = visit.get("versions").unwrap().as_array().unwrap();
        let targets = visit.get("targets").unwrap().as_object().unwrap();
        Self::Accepted {
            versions: versions.iter().map(|version| version.as_str().unwrap().to_owned()).collect(),
            targets: targets.iter().map(|(path, found)| (path.to_owned(), read_found(found))).collect(),
        }
    }
}

fn read_found(found: &Value<'_>) -> Found {
    let (name, value) = found.as_object().unwrap().iter().next().unwrap();
    match name {
        "nobody" => Found::Nobody,
        "found" => Found::File(value.as_str().unwrap().to_owned()),
        _ => Found::Refused(value.as_str().unwrap().to_owned()),
    }
}

/// Where the two say different things: ours and theirs, in words.
pub(crate) fn difference(ours: &Verdict, theirs: &Verdict) -> Vec<(String, String)> {
    match (ours, theirs) {
        (Verdict::Refused { root: one, why }, Verdict::Refused { root: other, why: their }) => {
            let say = |why: &str, root: &str| format!("refused at root {root}: {why}");
            if one == other { vec![] } else { vec![(say(why, one), say(their, other))] }
        }
        (Verdict::Refused { why, .. }, Verdict::Accepted { .. }) => {
            vec![(why.clone(), "accepted".to_owned())]
        }
        (Verdict::Accepted { .. }, Verdict::Refused { why, .. }) => {
            vec![("accepted".to_owned(), why.clone())]
        }
        (
            Verdict::Accepted { versions, targets },
            Verdict::Accepted { versions: their_versions, targets: their_targets },
        ) => {
            let mut all = Vec::new();
            if versions != their_versions {
                all.push((format!("versions {versions:?}"), format!("versions {their_versions:?}")));
            }
            for (path, found) in targets {
                match (found, &their_targets[path]) {
                    (Found::Refused(_), Found::Refused(_)) => {}
                    (one, other) if one == other => {}
                    (one, other) => {
                        all.push((format!("{path}: {}", say(one)), format!("{path}: {}", say(other))))
                    }
                }
            }
            all
        }
    }
}

fn say(found: &Found) -> String {
    match found {
        Found::Nobody => "nobody".to_owned(),
        Found::File(digest) => format!("found {digest}"),
        Found::Refused(why) => why.clone(),
    }
}
