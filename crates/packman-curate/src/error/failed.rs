//! What the machine or the network could not do. Exit code 4.

use std::fmt;

use packman_machine::failure::DiskFailure;
use packman_strict::time::Time;

/// What the machine or the network could not do.
#[derive(Clone, Debug)]
pub enum Failed {
    /// A file or folder.
    Disk(DiskFailure),
    /// The network.
    Network {
        /// What was wanted, in words that can be shown as they are.
        what: String,
        /// Why it failed.
        why: String,
        /// What a person can do about it.
        hint: Option<&'static str>,
    },
    /// A Python, or another program, that was asked something.
    Program(String),
    /// No randomness for a new key.
    Randomness(String),
    /// The clock is behind: what was signed now would have expired before anybody read it.
    Clock {
        /// What it says.
        now: Time,
        /// What it must be at least.
        at_least: Time,
    },
    /// The ssh-agent gave no signature, or one that does not hold.
    Agent(String),
    /// A draft that nobody could verify once it was signed; our own doing.
    Unsignable(String),
}

impl Failed {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "disk",
            Self::Network { .. } => "network",
            Self::Program(_) => "python",
            Self::Randomness(_) => "randomness",
            Self::Clock { .. } => "clock",
            Self::Agent(_) => "ssh-agent",
            Self::Unsignable(_) => "unsignable",
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Disk(failure) => failure.hint(),
            Self::Network { hint, .. } => *hint,
            Self::Clock { .. } => Some("set this machine's clock, then try again"),
            _ => None,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(failure) => failure.fmt(f),
            Self::Network { what, why, .. } => write!(f, "{what} was not fetched: {why}"),
            Self::Program(what) | Self::Agent(what) => f.write_str(what),
            Self::Randomness(why) => write!(f, "the machine gave no randomness for a key: {why}"),
            Self::Clock { now, at_least } => {
                write!(f, "this machine's clock says {now}, wanted at least {at_least}")
            }
            Self::Unsignable(why) => write!(f, "what was to be signed could not be verified: {why}"),
        }
    }
}
