//! What can be typed after `packman curate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use packman_names::{Platform, PythonVersion};

use super::compare::{CompareArgs, ReviewArgs};

/// `packman curate …`.
#[derive(Debug, Subcommand)]
pub(crate) enum CurateCommand {
    /// Make a database from a requirements.txt, pyproject.toml, uv.lock or pylock.toml, and trust it
    Start(StartArgs),
    /// Begin a database, or a list of databases, in a new folder
    Init(InitArgs),
    /// Record releases that you vouch for; in a list, name a database
    Add(AddArgs),
    /// Take files, releases or projects out of the records; in a list, names of databases
    Remove {
        /// The database's folder
        dir: PathBuf,
        /// A project, or some of its releases, such as `flask==3.0.0` or `'flask<3'`; of a list, the name of a database
        #[arg(required = true)]
        what: Vec<String>,
    },
    /// Show a release beside the last one that was vouched for, what matters first
    Compare(CompareArgs),
    /// Say of recorded files who looked inside, and at how much of them
    Review(ReviewArgs),
    /// Take files back: nobody installs them any more who trusts the database
    Recall {
        /// The database's folder
        dir: PathBuf,
        /// A project, some of its releases such as `'flask<3'`, the name of a file, or its SHA-256
        what: String,
        /// Why, for everybody to read
        #[arg(long, required_unless_present = "undo")]
        reason: Option<String>,
        /// What whoever has it should do now
        #[arg(long, conflicts_with = "undo")]
        advice: Option<String>,
        /// Recall it no longer
        #[arg(long, conflicts_with = "reason")]
        undo: bool,
    },
    /// In a list, take a database back: nothing new is taken from it by those who learnt of it here
    Withdraw {
        /// The list's folder
        dir: PathBuf,
        /// The name of the database in the list
        name: String,
        /// Why, for everybody to read
        #[arg(long)]
        reason: String,
    },
    /// Show what is staged, what is signed, and when it expires
    Status {
        /// The database's folder
        dir: PathBuf,
        /// The package index to ask [default: the one configured for pip or uv]
        #[arg(long, value_name = "URL")]
        index: Option<String>,
    },
    /// Sign what is staged, or what another keeper proposes, after showing it
    Sign(SignArgs),
    /// Sign the timestamp and snapshot anew, with the online keys alone
    Refresh {
        /// The database's folder
        dir: PathBuf,
    },
    /// Sign a new root: for another year, or with new keys; whoever trusts the old one follows it
    Rotate(RotateArgs),
    /// Copy what is signed to a folder that a web server serves
    Publish {
        /// The database's folder
        dir: PathBuf,
        /// The folder to publish to
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// Publish what is signed though something is proposed that lacks signatures
        #[arg(long)]
        signed_only: bool,
        /// Publish into a folder that holds other things, too
        #[arg(long)]
        beside_others: bool,
    },
    /// Make a keeper's key on his own machine, or show the id of one that is there
    Key {
        /// The file of the private key, which is made where it is not there; or one of a public key, to be shown
        file: PathBuf,
        /// Keep a new key without a passphrase; else it is asked for, or read from the file that PACKMAN_PASSPHRASE_FILE names
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Print the safety number, for people to compare
    Number {
        /// The database's folder
        dir: PathBuf,
    },
}

/// `packman curate init`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The folder to make; it holds no private key, so it can be a git repository
    pub(crate) dir: PathBuf,

    /// Make a list, which says which databases there are, and by what each is believed
    #[arg(long)]
    pub(crate) list: bool,

    /// Make the list of a site that cannot sign: it has no keys, and is believed over TLS only
    #[arg(long, requires = "list", conflicts_with_all = ["key", "spare", "threshold", "refresh_within", "no_passphrase"])]
    pub(crate) unsigned: bool,

    /// What the database is called
    #[arg(long)]
    pub(crate) title: String,

    /// Who answers for it: a name and an address
    #[arg(long)]
    pub(crate) maintainer: String,

    /// How many root keys must sign a change of keys
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub(crate) threshold: u32,

    /// An existing Ed25519 key to be a root key: yours (PKCS#8 PEM), or another keeper's public one (PEM, or an SSH key's
    /// .pub); may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// How many targets keys must sign what is vouched for
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub(crate) targets_threshold: u32,

    /// An existing Ed25519 key to be a targets key, yours or another keeper's, as with --key; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) targets_key: Vec<PathBuf>,

    /// Use a key that your ssh-agent holds, by fingerprint or comment, as root key, and as targets key where none is given
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    pub(crate) ssh_agent: Option<String>,

    /// Where to put the spare root key, to be kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) spare: Option<PathBuf>,

    /// For how many days a refresh is good
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=90))]
    pub(crate) refresh_within: u32,

    /// Keep the root and targets keys without a passphrase; else it is asked for, or read from the file that PACKMAN_PASSPHRASE_FILE names
    #[arg(long)]
    pub(crate) no_passphrase: bool,
}

/// `packman curate sign`.
#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// The database's folder
    pub(crate) dir: PathBuf,

    /// Sign without asking
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Sign with this private key, too; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// Sign with a key that your ssh-agent holds, too, by fingerprint or comment
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    pub(crate) ssh_agent: Option<String>,

    /// Where several keepers sign, write what is to be signed, or was signed, to a file, to be handed on
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,

    /// Sign what another keeper handed over, or take his signature
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,

    /// Drop what is proposed, with its signatures, and propose what is staged now
    #[arg(long, conflicts_with = "import")]
    pub(crate) anew: bool,
}

/// `packman curate rotate`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct RotateArgs {
    /// The database's folder
    pub(crate) dir: PathBuf,

    /// Make new root keys, in the place of all that there are
    #[arg(long)]
    pub(crate) root: bool,

    /// Make a new targets key, which signs what is vouched for
    #[arg(long)]
    pub(crate) targets: bool,

    /// Make a new online key, which signs snapshot and timestamp
    #[arg(long)]
    pub(crate) online: bool,

    /// A root key that is kept elsewhere, such as the spare; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// With --root, how many root keys must sign from now on [default: as many as before]
    #[arg(long, value_name = "K")]
    pub(crate) threshold: Option<u32>,

    /// With --root, an existing key instead of a new one, yours or another keeper's public one; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: Vec<PathBuf>,

    /// With --targets, how many targets keys must sign from now on
    #[arg(long, value_name = "K")]
    pub(crate) targets_threshold: Option<u32>,

    /// With --targets, an existing key instead of a new one, yours or another keeper's public one; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) targets_key: Vec<PathBuf>,

    /// With --root or --targets, make a key that your ssh-agent holds the new one, by fingerprint or comment; else sign with it
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "")]
    pub(crate) ssh_agent: Option<String>,

    /// Where to put the new spare root key, to be kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) spare: Option<PathBuf>,

    /// Keep the new root and targets keys without a passphrase; else it is asked for, or read from the file that PACKMAN_PASSPHRASE_FILE names
    #[arg(long)]
    pub(crate) no_passphrase: bool,
}

/// `packman curate add`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct AddArgs {
    /// The database's folder
    pub(crate) dir: PathBuf,

    /// What to record, such as `'flask>=3'`; in a list, a name for the database and its address, or several
    #[arg(value_name = "REQUIREMENT", required_unless_present_any = ["requirements", "from"])]
    pub(crate) requirement: Vec<String>,

    /// Record what a requirements.txt, pyproject.toml, uv.lock or pylock.toml names, too; may be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) requirements: Vec<PathBuf>,

    /// Only take versions that a file of constraints admits; may be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) constraint: Vec<PathBuf>,

    /// Also take an extra of that pyproject.toml or pylock.toml; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) extra: Vec<String>,

    /// Also take a dependency group of that pyproject.toml or pylock.toml; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Vec<String>,

    /// Also record everything they need, as the resolver finds it
    #[arg(long)]
    pub(crate) with_dependencies: bool,

    /// Also record what builds the project of a pyproject.toml, and each release recorded that the index has as source, with
    /// what that needs: `[build-system]` is read, nothing is built
    #[arg(long)]
    pub(crate) build_backends: bool,

    /// With dependencies, leave out what only other platforms need; without this one wheel of each is recorded, so that
    /// a lock for every platform is found
    #[arg(long)]
    pub(crate) this_platform_only: bool,

    /// A Python to record wheels for, such as 3.12; may be repeated [default: this machine's]
    #[arg(long, value_name = "X.Y", num_args = 1.., value_delimiter = ',', value_parser = python)]
    pub(crate) python: Vec<PythonVersion>,

    /// A platform to record wheels for, such as linux-x86_64 or macos-arm64; may be repeated [default: this machine's]
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = platform)]
    pub(crate) platform: Vec<Platform>,

    /// Record every release that fits, not only the newest
    #[arg(long)]
    pub(crate) all_versions: bool,

    /// Record every wheel of a release, and its source distribution as a listed, refused file
    #[arg(long)]
    pub(crate) all_files: bool,

    /// Pass over releases younger than this
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    pub(crate) min_age: u32,

    /// The package index to draw from [default: the one configured for pip or uv]
    #[arg(long, value_name = "URL")]
    pub(crate) index: Option<String>,

    /// Take wheels from a folder instead of an index; with `--index` what the folder lacks comes from there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,

    /// Publish the files, too, instead of naming where they are
    #[arg(long)]
    pub(crate) copy_files: bool,

    /// In a list: the safety number of a signed database, from its scapegoat
    #[arg(long, value_name = "NUMBER", help_heading = "Of a list")]
    pub(crate) number: Option<String>,

    /// In a list: the SHA-256 of the file of an unsigned database
    #[arg(long, value_name = "HASH", conflicts_with = "number", help_heading = "Of a list")]
    pub(crate) sha256: Option<String>,

    /// In a list: what the database is listed for, such as `'lab-*'`; may be repeated [default: everything]
    #[arg(long, value_name = "PATTERN", num_args = 1.., help_heading = "Of a list")]
    pub(crate) scope: Vec<String>,

    /// In a list: what the database is called [default: what it calls itself]
    #[arg(long, help_heading = "Of a list")]
    pub(crate) title: Option<String>,
}

/// `packman curate start`.
#[derive(Args, Debug)]
pub(crate) struct StartArgs {
    /// A requirements.txt, pyproject.toml, uv.lock or pylock.toml
    pub(crate) file: PathBuf,

    /// Only take versions that a file of constraints admits; may be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) constraint: Vec<PathBuf>,

    /// Also take an extra of that pyproject.toml or pylock.toml; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) extra: Vec<String>,

    /// Also take a dependency group of that pyproject.toml or pylock.toml; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Vec<String>,

    /// A Python to record wheels for, such as 3.12; may be repeated [default: this machine's]
    #[arg(long, value_name = "X.Y", num_args = 1.., value_delimiter = ',', value_parser = python)]
    pub(crate) python: Vec<PythonVersion>,

    /// A platform to record wheels for, such as linux-x86_64 or macos-arm64; may be repeated [default: this machine's]
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = platform)]
    pub(crate) platform: Vec<Platform>,

    /// The database's folder
    #[arg(long, default_value = "database")]
    pub(crate) dir: PathBuf,

    /// The folder to publish to
    #[arg(long, default_value = "site")]
    pub(crate) to: PathBuf,

    /// What the database is called [default: this folder's name]
    #[arg(long)]
    pub(crate) title: Option<String>,

    /// Who answers for it [default: git's user.name and user.email]
    #[arg(long)]
    pub(crate) maintainer: Option<String>,

    /// Pass over releases younger than this, where the file pins none
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    pub(crate) min_age: u32,

    /// The package index to draw from [default: the one configured for pip or uv]
    #[arg(long, value_name = "URL")]
    pub(crate) index: Option<String>,

    /// Publish the files, too, instead of naming where they are
    #[arg(long)]
    pub(crate) copy_files: bool,

    /// Keep the root and targets keys without a passphrase
    #[arg(long)]
    pub(crate) no_passphrase: bool,

    /// Sign without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// A Python, for `--python`, which takes all that follows it.
pub(super) fn python(text: &str) -> Result<PythonVersion, String> {
    PythonVersion::parse(text).map_err(|error| format!("{error}; {BEFORE}"))
}

/// A platform, for `--platform`, which takes all that follows it.
pub(super) fn platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| format!("{error}; {BEFORE}"))
}

/// How what follows such an option is kept apart from it.
const BEFORE: &str = "this option takes all that follows it, so everything else stands before it";
