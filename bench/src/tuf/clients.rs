//! Who takes part, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Shape;
use crate::options::Options;
use crate::program::clean;

/// A client of TUF.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Client {
    /// packman-tuf, its state on the disk before it counts.
    Packman,
    /// The same without waiting for the disk, as its peers do.
    PackmanUnsynced,
    /// The crate sigstore-tuf.
    Sigstore,
    /// python-tuf.
    Python,
}

/// Where one client runs: the mirror, the root it came with, its own folder, and what it is after.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) root: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) target: String,
}

impl Client {
    /// All that were built.
    pub(crate) fn all(options: &Options) -> Vec<Self> {
        let all = [Self::Packman, Self::PackmanUnsynced, Self::Sigstore, Self::Python];
        all.into_iter().filter(|client| client.program(options).is_file()).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Packman => "packman-tuf",
            Self::PackmanUnsynced => "packman-tuf, fsync apart",
            Self::Sigstore => "sigstore-tuf",
            Self::Python => "python-tuf",
        }
    }

    /// sigstore-tuf has no TAP 15.
    pub(crate) fn reads(self, shape: Shape) -> bool {
        self != Self::Sigstore || !shape.is_succinct
    }

    pub(crate) fn is_peer(self) -> bool {
        matches!(self, Self::Sigstore | Self::Python)
    }

    fn program(self, options: &Options) -> PathBuf {
        match self {
            Self::Packman | Self::PackmanUnsynced => options.programs.join("packman-tuf-client"),
            Self::Sigstore => options.peers.join("packman-bench-sigstore-tuf"),
            Self::Python => options.tools.join("python"),
        }
    }

    /// The client on its way: refresh, and one target.
    pub(crate) fn command(self, options: &Options, place: &Place) -> Command {
        let mut command = clean(&self.program(options));
        match self {
            Self::Packman => drop(command.arg("update")),
            Self::PackmanUnsynced => drop(command.arg("update-unsynced")),
            Self::Sigstore => {}
            // Its own folders only; what is in the user's is not python-tuf's time.
            Self::Python => drop(command.arg("-I").arg(script())),
        }
        command.arg(&place.url).arg(&place.root).arg(&place.folder).arg(&place.target);
        command
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join("python-tuf").join("client.py")
}
