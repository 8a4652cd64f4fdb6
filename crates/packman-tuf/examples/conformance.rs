//! The client that TUF's conformance suite drives: its command line over this crate, files and HTTP around it.
//!
//! ```text
//! conformance --metadata-dir DIR init ROOT
//! conformance --metadata-dir DIR --metadata-url URL refresh
//! conformance --metadata-dir DIR --metadata-url URL --target-name PATH… --target-base-url URL --target-dir DIR download
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "an example has the effects that the crate leaves to its callers"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use packman_strict::time::Time;
use packman_tuf::{
    Answer, Limits, Lookup, Memory, Refresh, Request, Role, RoleName, Rules, Step, TargetPath,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What is remembered; the files beside it are copies for the suite to look at.
const STATE: &str = "state";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let arguments = Arguments::parse()?;
    match arguments.words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["init", root] => Ok(fs::write(arguments.metadata_dir.join("root.json"), fs::read(root)?)?),
        ["refresh"] => Client::new(&arguments)?.refresh().map(drop),
        ["download"] => Client::new(&arguments)?.download(&arguments),
        words => Err(format!("{words:?}: wanted `init ROOT`, `refresh` or `download`").into()),
    }
}

#[derive(Default)]
struct Arguments {
    metadata_dir: PathBuf,
    metadata_url: String,
    target_names: Vec<String>,
    target_url: String,
    target_dir: PathBuf,
    words: Vec<String>,
}

impl Arguments {
    fn parse() -> Outcome<Self> {
        let mut found = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word}: wanted a value"));
            match word.as_str() {
                "--metadata-dir" => found.metadata_dir = value()?.into(),
                "--metadata-url" => found.metadata_url = value()?,
                "--target-name" => found.target_names.push(value()?),
                "--target-base-url" => found.target_url = value()?,
                "--target-dir" => found.target_dir = value()?.into(),
                _ => found.words.push(word),
            }
        }
        Ok(found)
    }
}

struct Client<'a> {
    folder: &'a Path,
    metadata_url: &'a str,
    target_url: &'a str,
    now: Time,
    limits: Limits,
    agent: ureq::Agent,
}

impl<'a> Client<'a> {
    fn new(arguments: &'a Arguments) -> Outcome<Self> {
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        Ok(Self {
            folder: &arguments.metadata_dir,
            metadata_url: &arguments.metadata_url,
            target_url: &arguments.target_url,
            now: Time::from_seconds(i64::try_from(seconds)?),
            limits: Limits { rules: Rules::SPECIFICATION, ..Limits::default() },
            agent: ureq::Agent::new_with_defaults(),
        })
    }

    /// What is remembered, else the root that this client was given.
    fn memory(&self) -> Outcome<Memory> {
        match fs::read(self.folder.join(STATE)) {
            Ok(state) => Ok(Memory::parse(&state)?),
            Err(_) => Ok(Memory::trusting(&fs::read(self.folder.join("root.json"))?, &self.limits)?),
        }
    }

    /// Refreshes, and keeps what verified, whether or not all of it did.
    fn refresh(&self) -> Outcome<Memory> {
        let mut refresh = Refresh::begin(self.memory()?, self.now, self.limits);
        let refreshed = self.follow(&mut refresh);
        let memory = refresh.into_memory();
        self.keep(&memory)?;
        refreshed.map(|()| memory)
    }

    fn follow(&self, refresh: &mut Refresh) -> Outcome<()> {
        while let Step::Fetch(request) = refresh.step() {
            let bytes = self.fetch(&request)?;
            refresh.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes))?;
        }
        Ok(())
    }

    fn keep(&self, memory: &Memory) -> Outcome<()> {
        for role in Role::ALL {
            let path = self.folder.join(format!("{role}.json"));
            match memory.seen_bytes(role) {
                Some(bytes) => fs::write(path, bytes)?,
                None => drop(fs::remove_file(path)),
            }
        }
        Ok(fs::write(self.folder.join(STATE), memory.encode())?)
    }

    fn download(&self, arguments: &Arguments) -> Outcome<()> {
        let memory = self.refresh()?;
        let good = memory.good().ok_or("nothing is good")?;
        for name in &arguments.target_names {
            let mut lookup = Lookup::begin(good, TargetPath::parse(name)?, self.now, self.limits)?;
            let found = self.search(&mut lookup);
            for role in lookup.files() {
                fs::write(self.folder.join(file_name(&role.name)), role.file.bytes())?;
            }
            found?;
            let target = lookup.finish().ok_or_else(|| format!("{name}: nobody provides it"))?;
            let place = arguments.target_dir.join(encoded(name, ""));
            if fs::read(&place).is_ok_and(|kept| target.verify(&kept).is_ok()) {
                continue;
            }
            let bytes = self.fetch(&target.request())?.ok_or_else(|| format!("{name}: it is not there"))?;
            fs::write(place, target.verify(&bytes)?.bytes())?;
        }
        Ok(())
    }

    /// Follows delegations: with the file that was kept, where it is still the one in force, else with a fetched one.
    fn search(&self, lookup: &mut Lookup<'_>) -> Outcome<()> {
        while let (Step::Fetch(request), Some(role)) = (lookup.step(), lookup.role().cloned()) {
            let kept = fs::read(self.folder.join(file_name(&role)));
            if kept.is_ok_and(|kept| lookup.answer(Answer::Bytes(&kept)).is_ok()) {
                continue;
            }
            let bytes = self.fetch(&request)?;
            lookup.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes))?;
        }
        Ok(())
    }

    /// The bytes of a file, one more than may be at most; none where there is no such file.
    fn fetch(&self, request: &Request) -> Outcome<Option<Vec<u8>>> {
        let url = match request.path.split_once('/') {
            Some(("metadata", name)) => format!("{}/{name}", self.metadata_url.trim_end_matches('/')),
            Some((_, name)) => format!("{}/{}", self.target_url.trim_end_matches('/'), encoded(name, "/")),
            None => return Err(format!("{}: wanted a path with a folder", request.path).into()),
        };
        match self.agent.get(&url).call() {
            Ok(mut answer) => {
                let body = answer.body_mut().with_config().limit(request.max_bytes.saturating_add(1));
                Ok(Some(body.read_to_vec()?))
            }
            Err(ureq::Error::StatusCode(403 | 404)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn file_name(role: &RoleName) -> String {
    role.file_path(1, false).replacen("metadata/", "", 1)
}

/// Percent-encodes everything but what is plain in a URL, and `but`.
fn encoded(text: &str, but: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || but.as_bytes().contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
