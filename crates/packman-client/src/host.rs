//! Who hears what happens, and answers what only a person may decide.

use packman_database::Kind;
use packman_names::{ProjectName, Version};
use packman_strict::time::Time;
use packman_trust::{EntryName, Words};
use packman_tuf::SafetyNumber;

use crate::install::PlannedStep;

/// Something that happened on the way.
#[derive(Clone, Debug)]
pub enum Event {
    /// A mirror could not be reached; the last good copy goes on.
    Unreached {
        /// The database.
        database: EntryName,
        /// Why.
        why: String,
    },
    /// Something that is remembered changed.
    Changed {
        /// What people read of it.
        words: Words,
        /// Whether it also is why something that needs a new word is refused.
        is_refusal: bool,
    },
    /// What contradicts itself was kept, for the user to send to others.
    Evidence {
        /// The file.
        path: String,
    },
    /// What a list of the ring says, before the user decides.
    Quoted(String),
    /// The clock is behind a time that is known to have passed; that time counts.
    ClockBehind {
        /// What the clock says.
        clock: Time,
        /// What counts.
        floor: Time,
    },
    /// A database is good for fewer than 14 more days.
    ExpiresSoon {
        /// The database.
        database: EntryName,
        /// The role whose life ends first.
        role: &'static str,
        /// Days left.
        days: i64,
    },
    /// What a database sent was refused; its last good copy stays.
    RefreshRefused {
        /// The database.
        database: EntryName,
        /// Why, in one line.
        why: String,
    },
    /// There was no environment, and one was made.
    MadeEnvironment {
        /// Its folder.
        folder: String,
        /// The Python that it was made of.
        python: String,
        /// The version of that.
        version: String,
    },
    /// Another PackMan holds the home or the environment; we wait.
    Waiting {
        /// What is waited for.
        what: String,
    },
    /// Somebody changed the environment while we were getting ready: this plan takes the place of the first.
    PlannedAnew {
        /// The environment's folder.
        folder: String,
        /// What is done now.
        steps: Vec<PlannedStep>,
    },
    /// A host gave wrong bytes or none; the next is asked.
    HostFailed {
        /// The file.
        file: String,
        /// The host, and why.
        why: String,
    },
    /// Downloads begin: so many files, so many bytes.
    Downloading {
        /// How many files.
        files: usize,
        /// Their bytes in all.
        bytes: u64,
    },
    /// So many more bytes came.
    Downloaded {
        /// The file.
        file: String,
        /// The bytes that came since the last time.
        bytes: u64,
    },
    /// A file is complete, verified and unpacked.
    Ready {
        /// The file.
        file: String,
    },
    /// Downloads are over.
    DownloadsDone,
    /// Something a user should know.
    Warning(String),
}

/// What only a person may decide.
#[derive(Clone, Debug)]
pub enum Question {
    /// To believe a database at first sight.
    Remember {
        /// Where it is.
        url: String,
        /// Its title.
        title: String,
        /// Its scapegoat.
        maintainer: String,
        /// The safety number of its newest root.
        number: SafetyNumber,
        /// Whether it is a database or a list.
        kind: Kind,
        /// How many projects a database lists, or how many databases a list.
        holds: usize,
    },
    /// To replace or remove packages that the command did not name.
    Replace {
        /// What would be replaced: project, what is there, what would come.
        changes: Vec<(ProjectName, Version, Version)>,
    },
    /// To demand less than the ring did.
    Lower {
        /// What would be demanded.
        what: String,
    },
    /// To make an environment.
    MakeEnvironment {
        /// Where.
        folder: String,
    },
}

/// An answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Yes.
    Yes,
    /// No.
    No,
    /// There is nobody to ask.
    NobodyThere,
}

/// What only a person can type.
#[derive(Clone, Debug)]
pub enum Typed {
    /// The name patterns that a database which is not the first may answer for.
    Scope {
        /// Its title.
        title: String,
        /// What was wrong with what was typed before, where it is asked for again.
        wrong: Option<String>,
    },
}

/// Who hears what happens, and answers.
pub trait Host: Sync {
    /// Hears what happened.
    fn event(&self, event: Event);
    /// Decides.
    fn decide(&self, question: &Question) -> Decision;
    /// Types in what is asked for; `None` when there is nobody to ask.
    fn type_in(&self, wanted: &Typed) -> Option<String>;
}

/// A host that hears nothing and decides nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Host for Silent {
    fn event(&self, _: Event) {}

    fn decide(&self, _: &Question) -> Decision {
        Decision::NobodyThere
    }

    fn type_in(&self, _: &Typed) -> Option<String> {
        None
    }
}
