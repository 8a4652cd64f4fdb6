//! The scapegoat's half of the demonstration: wheels, a database, a stranger who would like to be believed.

use std::path::{Path, PathBuf};

use packman_curate::{
    AddReport, AddRequest, Curator, Event, Events, InitRequest, Lifetimes, Passphrase, Passphrases,
    PublishRequest, SignRequest, Together,
};
use packman_machine::home::Home;
use packman_machine::index_config::configured_index;
use packman_names::{Requirement, WheelName};
use packman_requirements::Demand;
use packman_wheel::make::WheelDraft;

use super::bug;
use super::stage::{PROJECT, Stage};
use crate::ending::Ending;
use crate::words;

impl Stage<'_> {
    /// Makes, signs and publishes the database; gives what there is to say of it.
    pub(super) fn curate(&self, packages: &[Requirement]) -> Result<Vec<String>, Ending> {
        let mut lines = Vec::new();
        let scapegoat = self.scapegoat("scapegoat");
        let curator = scapegoat.curator(self);
        if self.is_own {
            self.own_wheels()?;
        } else {
            self.wheels_of_index(packages)?;
        }
        curator.init(&self.init_request(&scapegoat))?;
        let report = curator.add(&AddRequest {
            from: Some(self.wheels()),
            copy_files: true,
            ..self.add_request(&scapegoat, self.collected()?)
        })?;
        settled(&report)?;
        lines.extend(report.added.iter().map(|file| {
            format!(
                "+ {}  {}  SHA-256 {}…",
                file.file,
                words::size(file.size),
                short(&file.sha256.to_string())
            )
        }));
        self.sign_and_publish(&scapegoat)?;
        lines.push(format!("safety number {}", self.number()?));
        Ok(lines)
    }

    /// The small wheels of the demonstration itself.
    fn own_wheels(&self) -> Result<(), Ending> {
        let folder = self.wheels();
        let words = WheelDraft::new("greet-words", "1.0")
            .file("greet_words.py", "WORDS = 'hello from a package that somebody vouched for'\n");
        let greet = WheelDraft::new(PROJECT, "1.0")
            .file("greet.py", "import greet_words\n\n\ndef main():\n    print(greet_words.WORDS)\n")
            .requires("greet-words>=1")
            .command("greet", "greet:main");
        std::fs::create_dir_all(&folder)?;
        for draft in [words, greet] {
            let bytes = draft.build().map_err(|error| bug(&error.to_string()))?;
            std::fs::write(folder.join(draft.file_name()), bytes)?;
        }
        Ok(())
    }

    /// Wheels of the configured index: collected by a database that is never signed, so that in the one that is, the
    /// mirror on this machine is the only host to attack.
    fn wheels_of_index(&self, packages: &[Requirement]) -> Result<(), Ending> {
        let index = configured_index(&self.setting.environ, None, &self.setting.stop)
            .map_err(|failure| self.setting.unless_stopped(Ending::no("no-index", failure.to_string())))?;
        let collector = self.scapegoat("collector");
        let curator = collector.curator(self);
        curator.init(&self.init_request(&collector))?;
        let request = AddRequest {
            index: Some(index.location),
            with_dependencies: true,
            copy_files: true,
            ..self.add_request(&collector, packages.to_vec())
        };
        settled(&curator.add(&request)?)?;
        let blobs = collector.folder.join("blobs");
        std::fs::create_dir_all(self.wheels())?;
        for file in packman_machine::files::list_tree(&blobs)? {
            let path = file.path.as_str();
            if WheelName::parse(file.path.file_name()).is_ok() {
                std::fs::copy(blobs.join(path), self.wheels().join(file.path.file_name()))?;
            }
        }
        Ok(())
    }

    /// Every wheel that was collected, as what is asked for.
    fn collected(&self) -> Result<Vec<Requirement>, Ending> {
        let mut asked = Vec::new();
        for file in packman_machine::files::list_tree(&self.wheels())? {
            if let Ok(name) = WheelName::parse(file.path.file_name()) {
                asked.push(Requirement::exactly(name.project().clone(), name.version().clone()));
            }
        }
        Ok(asked)
    }

    fn wheels(&self) -> PathBuf {
        self.scratch.path().join("wheels")
    }

    fn add_request(&self, scapegoat: &Scapegoat, asked: Vec<Requirement>) -> AddRequest {
        let targets = vec![self.python.target.clone()];
        AddRequest::new(scapegoat.folder.clone(), Demand::of(asked), targets)
    }

    fn init_request(&self, scapegoat: &Scapegoat) -> InitRequest {
        InitRequest {
            kind: packman_database::Kind::Database,
            folder: scapegoat.folder.clone(),
            title: "Demonstration".to_owned(),
            maintainer: "Example Lab <lab@example.org>".to_owned(),
            threshold: 1,
            keys: Vec::new(),
            targets_threshold: 1,
            targets_keys: Vec::new(),
            agent: None,
            spare: Some(self.scratch.path().join(format!("{}-spare.pem", scapegoat.name))),
            lifetimes: Lifetimes::default(),
            no_passphrase: true,
        }
    }

    /// A scapegoat with a home of his own.
    pub(super) fn scapegoat(&self, name: &'static str) -> Scapegoat {
        let folder = self.scratch.path().join(format!("{name}-database"));
        Scapegoat { name, folder, home: Home::at(self.scratch.path().join(format!("{name}-home"))) }
    }

    /// Signs what is staged and publishes it on the mirror.
    pub(super) fn sign_and_publish(&self, scapegoat: &Scapegoat) -> Result<(), Ending> {
        self.sign_and_publish_to(scapegoat, "site")
    }

    fn sign_and_publish_to(&self, scapegoat: &Scapegoat, to: &str) -> Result<(), Ending> {
        let curator = scapegoat.curator(self);
        curator.sign(&SignRequest {
            folder: &scapegoat.folder,
            agree: &|_| true,
            together: Together::default(),
        })?;
        curator.publish(&PublishRequest {
            folder: scapegoat.folder.clone(),
            to: self.scratch.path().join(to),
            signed_only: false,
            beside_others: false,
        })?;
        Ok(())
    }

    /// A stranger's timestamp: well made, and signed with his own keys.
    pub(super) fn stranger(&self) -> Result<Vec<u8>, Ending> {
        let stranger = self.scapegoat("stranger");
        stranger.curator(self).init(&self.init_request(&stranger))?;
        self.sign_and_publish_to(&stranger, "stranger-site")?;
        Ok(std::fs::read(self.scratch.path().join("stranger-site/metadata/timestamp.json"))?)
    }
}

/// A scapegoat: his database and where his keys are.
pub(super) struct Scapegoat {
    name: &'static str,
    pub(super) folder: PathBuf,
    home: Home,
}

impl Scapegoat {
    pub(super) fn curator<'c>(&'c self, stage: &'c Stage<'_>) -> Curator<'c> {
        Curator {
            home: &self.home,
            cache: &stage.setting.cache,
            fetcher: &stage.setting.fetcher,
            now: stage.now,
            events: &Unheard,
            agent: &stage.setting.agent,
            passphrases: &Unheard,
            stop: &stage.setting.stop,
        }
    }

    /// Prolongs what is signed, as somebody does every week.
    pub(super) fn refresh(&self, stage: &Stage<'_>) -> Result<(), Ending> {
        let curator = self.curator(stage);
        curator.refresh(&self.folder)?;
        curator.publish(&PublishRequest {
            folder: self.folder.clone(),
            to: stage.scratch.path().join("site"),
            signed_only: false,
            beside_others: false,
        })?;
        Ok(())
    }
}

/// Hears nothing, and has no passphrase: the demonstration's keys live for seconds.
struct Unheard;

impl Events for Unheard {
    fn event(&self, _: Event<'_>) {}
}

impl Passphrases for Unheard {
    fn new_passphrase(&self) -> Option<Passphrase> {
        None
    }

    fn existing(&self, _: &Path, _: bool) -> Option<Passphrase> {
        None
    }
}

/// Nothing may be left out: the demonstration shows the whole road.
fn settled(report: &AddReport) -> Result<(), Ending> {
    match report.gravest() {
        Some(why) => Err(why.clone().into()),
        None => Ok(()),
    }
}

fn short(hex: &str) -> &str {
    hex.get(..16).unwrap_or(hex)
}
