//! What can be typed. The words here are those of `--help`; what they do is in `commands`.

mod cache;
mod compare;
mod curate;
mod environment;
mod lock;
mod trust;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use cache::{CacheCommand, LinkArgs, PruneArgs};
pub(crate) use compare::{CompareArgs, ReviewArgs};
pub(crate) use curate::{AddArgs, CurateCommand, InitArgs, RotateArgs, SignArgs, StartArgs};
pub(crate) use environment::{FreezeArgs, ListArgs, TreeArgs, UpgradeArgs, VenvArgs};
pub(crate) use lock::{LockArgs, SyncArgs};
pub(crate) use trust::{AddArgs as TrustAddArgs, TrustCommand};

/// What stands below the help of the whole.
const AFTER: &str = "`packman COMMAND --help` says more of each; `packman man | man -l -` shows the manual;
`packman completions bash` (or zsh, fish, powershell) writes what completes commands in a shell.";

/// Installs Python packages that somebody you chose has vouched for.
#[derive(Debug, Parser)]
#[command(name = "packman", version = crate::itself::build(), propagate_version = true, max_term_width = 100)]
#[command(after_help = AFTER)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// What holds for every command.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What holds for every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// Print the answer as JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Do not ask the network; go by what is kept here
    #[arg(long, global = true)]
    pub(crate) offline: bool,

    /// Say nothing but errors and the answer
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Choose which databases you trust, and with what
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Find projects that somebody you trust vouches for
    Search {
        /// Part of a name or of a summary
        word: String,
    },
    /// Show a project's releases and files, and who vouches for and reviewed them
    Info {
        /// The project
        project: String,
    },
    /// Install packages that somebody you trust vouches for
    Install(InstallArgs),
    /// Remove installed packages
    Uninstall(UninstallArgs),
    /// Replace what is installed with the newest that fits
    Upgrade(UpgradeArgs),
    /// Write what would be installed as a lock file, with the hash of every file
    Lock(LockArgs),
    /// Make an environment equal to a lock file
    Sync(SyncArgs),
    /// List what is installed
    List(ListArgs),
    /// Show which installed package needs which
    Tree(TreeArgs),
    /// Write what is installed as lines of a requirements file
    Freeze(FreezeArgs),
    /// Find what was changed in an environment, and what nobody installed
    Audit(AuditArgs),
    /// Make a virtual environment
    Venv(VenvArgs),
    /// Tell what is there, what is used and what is missing on this machine, with the remedy
    Doctor,
    /// Look after what is kept to be installed again
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Publish a database of packages that you vouch for
    #[command(subcommand)]
    Curate(CurateCommand),
    /// Show the whole road in a scratch folder, and five attacks on it
    Demo(DemoArgs),
    /// Write what completes commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page of a command
    Man {
        /// The command, such as `trust add`; without one, the page of all
        command: Vec<String>,
    },
    /// Put this very program into a wheel, as `cargo xtask wheel` does
    #[command(hide = true)]
    AsWheel {
        /// The folder to put it into
        folder: PathBuf,
    },
    /// Explain a code that stands in an error
    Explain {
        /// The code, such as `rollback`; without one, all are listed
        code: Option<String>,
    },
}

/// Which environment.
#[derive(Args, Clone, Debug)]
pub(crate) struct EnvironmentArgs {
    /// The virtual environment to work in [default: the active one, else ./.venv]
    #[arg(long, value_name = "DIR", conflicts_with = "python")]
    pub(crate) venv: Option<PathBuf>,

    /// The interpreter whose environment to work in
    #[arg(long, value_name = "EXE")]
    pub(crate) python: Option<PathBuf>,
}

/// `packman install`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct InstallArgs {
    /// What to install, such as `flask` or `'flask>=3,<4'`
    #[arg(value_name = "REQUIREMENT", required_unless_present = "requirements")]
    pub(crate) requirement: Vec<String>,

    /// Install what a requirements.txt, pyproject.toml or pylock.toml names, too; may be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) requirements: Vec<PathBuf>,

    /// Only choose versions that a file of constraints admits; may be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) constraint: Vec<PathBuf>,

    /// Also install an extra of that pyproject.toml or pylock.toml; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) extra: Vec<String>,

    /// Also install a dependency group of that pyproject.toml or pylock.toml; may be repeated
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

/// `packman audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {
    /// Move a recalled project out of the way, into .packman-disabled of the environment; may be repeated
    #[arg(long, value_name = "PROJECT", conflicts_with = "enable")]
    pub(crate) disable: Vec<String>,

    /// Move a project back that was moved out of the way, and do nothing else; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub(crate) enable: Vec<String>,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// `packman uninstall`.
#[derive(Args, Debug)]
pub(crate) struct UninstallArgs {
    /// The projects to remove
    #[arg(value_name = "PROJECT", required = true)]
    pub(crate) project: Vec<String>,

    /// Where.
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
}

/// `packman demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Show it with these packages from the configured index, instead of small ones made on the spot
    #[arg(long, value_name = "REQUIREMENT", num_args = 1..)]
    pub(crate) packages: Vec<String>,
}
