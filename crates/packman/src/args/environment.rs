//! The words of what looks at an environment, makes one or renews it.

use std::path::PathBuf;

use clap::Args;

use super::{EnvironmentArgs, LinkArgs};

/// `packman upgrade`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct UpgradeArgs {
    /// The projects to upgrade [default: all that PackMan installed]
    #[arg(value_name = "PROJECT")]
    pub(crate) project: Vec<String>,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,

    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Replace what the command did not name without asking; trust is never agreed to by this
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Install from databases whose word has expired; plan and receipts say so
    #[arg(long)]
    pub(crate) accept_expired: bool,

    /// Compile modules to bytecode when they are installed
    #[arg(long)]
    pub(crate) compile_bytecode: bool,

    /// How files are linked.
    #[command(flatten)]
    pub(crate) link: LinkArgs,
}

/// `packman list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// List what has a newer release that somebody you trust vouches for
    #[arg(long)]
    pub(crate) outdated: bool,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// `packman tree`.
#[derive(Args, Debug)]
pub(crate) struct TreeArgs {
    /// The projects to begin with [default: those that nothing else needs]
    #[arg(value_name = "PROJECT")]
    pub(crate) project: Vec<String>,

    /// Show for each what needs it, instead of what it needs
    #[arg(long)]
    pub(crate) invert: bool,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// `packman freeze`.
#[derive(Args, Debug)]
pub(crate) struct FreezeArgs {
    /// Write pip and its like, too
    #[arg(long)]
    pub(crate) all: bool,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// `packman venv`.
#[derive(Args, Debug)]
pub(crate) struct VenvArgs {
    /// The folder to make it in
    #[arg(value_name = "DIR", default_value = ".venv")]
    pub(crate) folder: PathBuf,

    /// The interpreter it is for: a program, or a version such as 3.12
    #[arg(long, value_name = "EXE")]
    pub(crate) python: Option<PathBuf>,
}
