//! What can be typed after `packman trust`.

use clap::{Args, Subcommand};

/// What the padlocks of plans and lists mean.
const PADLOCKS: &str = "\
Padlocks:
  [#]  closed: signed, and its safety number was compared
  [~]  half: it verifies, and nobody has compared its number yet
  [ ]  open: nothing verifies it";

/// `packman trust …`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Trust a database, or a list of databases
    Add(AddArgs),
    /// List the databases you trust, in the order in which they are asked
    #[command(after_help = PADLOCKS)]
    List,
    /// Show one of them, with the safety numbers of its chain; or what a file of evidence proves
    Show {
        /// Your name for it, or a file of evidence
        #[arg(value_name = "NAME|FILE")]
        name: String,
    },
    /// Ask every database for what is newer
    Refresh,
    /// Compare a safety number, read somewhere else, with a database's
    Compare {
        /// Your name for it
        name: String,
        /// The safety number: 60 digits, spaces do not matter
        number: Vec<String>,
    },
    /// Set the project names that a database may answer for
    Scope {
        /// Your name for it
        name: String,
        /// Name patterns, such as `lab-*`; `*` for everything
        #[arg(required = true)]
        pattern: Vec<String>,
    },
    /// Let a database answer before the others
    Prefer {
        /// Your name for it
        name: String,
        /// For these projects only; else for all it may answer for
        project: Vec<String>,
    },
    /// Keep a database that the list it was learnt through took back
    Keep {
        /// Your name for it
        name: String,
    },
    /// Stop trusting a database; what was remembered of it stays
    Remove {
        /// Your name for it
        name: String,
    },
}

/// `packman trust add`.
#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The address of a database or a list, a folder that holds one, or the name that a list you trust has for it
    #[arg(value_name = "URL|FOLDER|NAME")]
    pub(crate) url: String,

    /// Your name for it [default: made from its title]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Its safety number, from somewhere else than the address: 60 digits, spaces do not matter
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,

    /// What it may answer for [default: everything for the first database, asked for later ones]
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) scope: Vec<String>,
}
