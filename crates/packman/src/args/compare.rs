//! What can be typed after `packman curate compare` and `packman curate review`.

use std::path::PathBuf;

use clap::Args;
use packman_names::{Platform, PythonVersion};

use super::curate::{platform, python};

/// `packman curate compare`.
#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// The database's folder
    pub(crate) dir: PathBuf,

    /// The project
    pub(crate) project: String,

    /// The release in question; before it, the one to compare it with [default: the newest staged or listed one, with the
    /// last that was vouched for]
    #[arg(value_name = "[OLD] NEW", num_args = 0..=2)]
    pub(crate) versions: Vec<String>,

    /// Show the changed lines, too
    #[arg(long)]
    pub(crate) lines: bool,

    /// Of a release that is not recorded, compare every wheel, not only those for the Pythons and platforms named
    #[arg(long)]
    pub(crate) all_files: bool,

    /// Of a release that is not recorded, a Python to compare wheels for; may be repeated [default: this machine's]
    #[arg(long, value_name = "X.Y", num_args = 1.., value_delimiter = ',', value_parser = python)]
    pub(crate) python: Vec<PythonVersion>,

    /// Of a release that is not recorded, a platform to compare wheels for; may be repeated [default: this machine's]
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = platform)]
    pub(crate) platform: Vec<Platform>,

    /// The package index for releases that are not recorded [default: the one configured for pip or uv]
    #[arg(long, value_name = "URL")]
    pub(crate) index: Option<String>,

    /// Take wheels that are not recorded from a folder instead of an index
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,
}

/// `packman curate review`.
#[derive(Args, Debug)]
pub(crate) struct ReviewArgs {
    /// The database's folder
    pub(crate) dir: PathBuf,

    /// Names of recorded files, their SHA-256, or releases such as `flask==3.0`
    #[arg(value_name = "FILE", required = true)]
    pub(crate) what: Vec<String>,

    /// Who looked inside
    #[arg(long, value_name = "NAME", required_unless_present = "undo")]
    pub(crate) by: Option<String>,

    /// Only what differs from the file with this SHA-256 was looked at
    #[arg(long, value_name = "SHA256", conflicts_with = "undo")]
    pub(crate) delta_from: Option<String>,

    /// What there is to say, for everybody to read
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    pub(crate) notes: Option<String>,

    /// It was a program that looked, not a person
    #[arg(long, conflicts_with = "undo")]
    pub(crate) machine: bool,

    /// Nobody looked: take a review back
    #[arg(long, conflicts_with = "by")]
    pub(crate) undo: bool,
}
