//! What can be typed after `packman cache`, and how files are linked from it.

use std::ffi::OsStr;

use clap::{Args, Subcommand, ValueEnum};
use packman_machine::environ::Environ;
use packman_strict::quote::quoted;
use packman_wheel::LinkMode;

use crate::ending::Ending;

/// `packman cache …`.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Read all of the cache, and drop what is not as it was kept
    Verify,
    /// Show how large the cache is
    Size,
    /// Remove what was not used for long
    Prune(PruneArgs),
}

/// `packman cache prune`.
#[derive(Args, Debug)]
pub(crate) struct PruneArgs {
    /// Remove what was not used for so many days
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) unused_for: u32,

    /// Also remove every unpacked wheel that no environment has a hard link to
    #[arg(long)]
    pub(crate) not_linked: bool,

    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How files get from the cache into an environment.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LinkArgs {
    /// How files get from the cache into the environment; else PACKMAN_LINK_MODE says [default: clone where the file system can, else hardlink]
    #[arg(long, value_name = "HOW")]
    link_mode: Option<How>,
}

/// Says how files are linked where the command does not.
const VARIABLE: &str = "PACKMAN_LINK_MODE";

/// The ways there are; each falls back to a copy.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    /// A second name for the cached file: what is edited in the environment spoils it, and it is unpacked anew
    Hardlink,
    /// A file that shares its blocks with the cached one until either is written
    Clone,
    /// A file of its own
    Copy,
}

impl LinkArgs {
    /// What it means to whoever links: what was typed, else what the variable says.
    pub(crate) fn mode(self, environ: &Environ) -> Result<LinkMode, Ending> {
        let how = match self.link_mode {
            None => environ.variable(VARIABLE).map(named).transpose()?,
            typed => typed,
        };
        Ok(match how {
            None => LinkMode::Best,
            Some(How::Hardlink) => LinkMode::HardLink,
            Some(How::Clone) => LinkMode::Clone,
            Some(How::Copy) => LinkMode::Copy,
        })
    }
}

fn named(value: &OsStr) -> Result<How, Ending> {
    let found = value.to_string_lossy();
    How::from_str(&found, false).map_err(|_| {
        let wanted = "wanted `hardlink`, `clone` or `copy`";
        Ending::usage(format!("the variable {VARIABLE} is {}, {wanted}", quoted(&found))).hint(
            "`--link-mode HOW` goes before it; empty or not set, the best that the file system can is taken",
        )
    })
}
