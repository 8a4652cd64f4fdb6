//! What can be typed after `packman trust`.

use clap::{Args, Subcommand};

/// What the padlocks of plans and lists mean.
const PADLOCKS: &str = "\
Padlocks:
  [#]  closed: signed, and its safety number was compared
  [~]  half: it verifies, and nobody has compared its number yet
  [ ]  open: nothing verifies it";

/// What counts for a quorum.
const QUORUM: &str = "\
Two databases agree on a file when both list it with the same SHA-256 and the same METADATA. Counted are those that are
signed, current, in scope, and did not recall it; two that share a root or targets key count once. The first rule that
names a project is its rule, and what it needs inherits it, unless that has its own. Demanding more is done at once;
demanding less is asked first.

  packman trust quorum 2 web lab home              every project
  packman trust quorum 2 web lab --for 'flask*'    these, before every other rule
  packman trust quorum --remove --for 'flask*'";

/// What a policy can say.
const POLICY: &str = "\
  require-review=human|none            only files that a person has looked inside, as their scapegoat says
  forbid-unverified=true|false         nothing of a database that no signature and no hash holds
  forbid-accept-expired=true|false     `--accept-expired` is refused

Forbidding more is done at once; allowing more is asked first.";

/// `packman trust …`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Trust a database, or a list of databases
    Add(AddArgs),
    /// List the databases you trust, in the order in which they are asked
    #[command(after_help = PADLOCKS)]
    List,
    /// Show one of them, with the safety numbers of its chain; what a file of evidence proves; or what a list of the first
    /// PackMan's holds
    Show {
        /// Your name for it, a file of evidence, or a property list
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
    /// Let files in only where several databases agree on them; alone, show the rules
    #[command(after_help = QUORUM)]
    Quorum {
        /// How many must agree
        #[arg(value_name = "K", requires = "of")]
        agree: Option<usize>,

        /// Your names for the databases of which so many must
        #[arg(value_name = "NAME")]
        of: Vec<String>,

        /// The projects that the rule is for; what they need inherits it [default: every project]
        #[arg(long = "for", value_name = "PATTERN", num_args = 1.., default_value = "*")]
        projects: Vec<String>,

        /// Take the rule for exactly these projects away
        #[arg(long, conflicts_with_all = ["agree", "of"])]
        remove: bool,
    },
    /// Show or set what is not allowed
    #[command(after_help = POLICY)]
    Policy {
        /// What to set
        #[arg(value_name = "KEY=VALUE")]
        set: Vec<String>,
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
