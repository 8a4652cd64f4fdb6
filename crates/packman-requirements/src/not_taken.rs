//! What is asked for and not taken: each with its place, its reason and the way on.

use crate::Place;

/// Something a file asks for that PackMan does not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotTaken {
    /// What was asked for, as it stands in the file.
    pub what: String,
    /// Why not.
    pub why: WhyNotTaken,
    /// Where it stands.
    pub place: Place,
}

/// Why something is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WhyNotTaken {
    /// There is only a source distribution, and building one runs its code.
    SourceOnly,
    /// It is a checkout of a version control system.
    VersionControl,
    /// It is a folder or file of this machine.
    Path,
    /// It is a folder that somebody works in (`-e`).
    Editable,
    /// It is an address of its own instead of a project of the index.
    Url,
    /// It says where packages come from.
    Index,
    /// It is an option that PackMan does not follow.
    Option,
    /// It names a variable of the environment.
    Variable,
    /// It cannot be read.
    Malformed(String),
    /// It names no strong hash where hashes are named.
    WeakHash,
}

impl WhyNotTaken {
    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceOnly => "sdist",
            Self::VersionControl => "version-control",
            Self::Path | Self::Editable => "path",
            Self::Url => "url",
            Self::Index => "index-option",
            Self::Option => "option",
            Self::Variable => "variable",
            Self::Malformed(_) => "malformed",
            Self::WeakHash => "weak-hash",
        }
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            Self::SourceOnly => "there is no wheel, and building a source distribution runs its code",
            Self::VersionControl => "it is a checkout of a version control system",
            Self::Path => "it is a file or folder of this machine",
            Self::Editable => "it is a folder that somebody works in, and nobody can vouch for what changes",
            Self::Url => "it comes from an address of its own, not from the index",
            Self::Index => "a file does not decide where packages come from",
            Self::Option => "PackMan does not follow this option",
            Self::Variable => "it names a variable of the environment",
            Self::Malformed(what) => what,
            Self::WeakHash => "it names no SHA-256",
        }
        .to_owned()
    }

    /// The way on, where there is one.
    pub fn way_on(&self) -> Option<&'static str> {
        match self {
            Self::SourceOnly | Self::VersionControl | Self::Path | Self::Url => Some(
                "build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER \
                 --copy-files`",
            ),
            Self::Editable => Some(
                "take the line out for PackMan, and install the folder yourself afterwards: `pip install --no-deps \
                 --no-build-isolation -e FOLDER`",
            ),
            Self::Index => Some(
                "packages come from databases that you trust; whoever curates one names its index with `--index URL`",
            ),
            Self::Option => Some("take it out; what PackMan offers instead is in `packman COMMAND --help`"),
            Self::Variable => Some("write what the variable stands for"),
            Self::WeakHash => Some("lock again with SHA-256 hashes"),
            Self::Malformed(_) => None,
        }
    }
}
