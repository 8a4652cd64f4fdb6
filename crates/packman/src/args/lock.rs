//! The words of lock files.

use std::path::PathBuf;

use clap::Args;

use super::{EnvironmentArgs, LinkArgs};

/// `packman lock`.
#[derive(Args, Debug)]
pub(crate) struct LockArgs {
    /// What to lock, such as `flask` or `'flask>=3,<4'`
    #[arg(value_name = "REQUIREMENT", required_unless_present = "requirements")]
    pub(crate) requirement: Vec<String>,

    /// Lock what is named in a file, too: requirements, or a pyproject.toml
    #[arg(long, short, value_name = "FILE")]
    pub(crate) requirements: Vec<PathBuf>,

    /// Keep to the versions in a file, which asks for nothing itself
    #[arg(long, short, value_name = "FILE")]
    pub(crate) constraint: Vec<PathBuf>,

    /// An extra of the files, too
    #[arg(long, value_name = "NAME")]
    pub(crate) extra: Vec<String>,

    /// A dependency group of the files, too
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Vec<String>,

    /// The file to write: `pylock.toml`, or `pylock.NAME.toml`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Lock for every Python and platform that enough is vouched for, not for this environment alone
    #[arg(long)]
    pub(crate) universal: bool,

    /// The environment to lock for.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    /// Lock from databases whose word has expired
    #[arg(long)]
    pub(crate) accept_expired: bool,
}

/// `packman sync`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct SyncArgs {
    /// The lock file: `pylock.toml`, or `pylock.NAME.toml`
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Remove what others installed, too, where the lock does not name it
    #[arg(long)]
    pub(crate) exact: bool,

    /// An extra of the lock, too
    #[arg(long, value_name = "NAME")]
    pub(crate) extra: Vec<String>,

    /// A dependency group of the lock, too
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Vec<String>,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Replace or remove what the command did not name, and make a missing ./.venv, without asking; trust is never agreed to by this
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Compile modules to bytecode when they are installed
    #[arg(long)]
    pub(crate) compile_bytecode: bool,

    /// How files are linked.
    #[command(flatten)]
    pub(crate) link: LinkArgs,
}
