//! Everything is believed, and the answer is no. Exit code 1.

use std::fmt;
use std::path::PathBuf;

use packman_machine::location::without_secrets;
use packman_names::ProjectName;
use packman_requirements::NotTaken;
use packman_strict::quote::quoted;

use super::shown;
use crate::proposal::Missing;

/// What is believed, and the answer is no.
#[derive(Clone, Debug)]
pub enum No {
    /// There is something where a new thing is to be made.
    InTheWay {
        /// It.
        path: PathBuf,
    },
    /// There are other things where a publication is to have a folder of its own.
    OthersThere {
        /// The folder.
        folder: PathBuf,
        /// What is in it, by name.
        others: Vec<String>,
    },
    /// There is a symbolic link in a folder that is written to without a person having named it.
    Link {
        /// It.
        path: PathBuf,
    },
    /// There is no database in the folder.
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// The list has no keys, so nothing of it can be signed.
    Unsigned {
        /// The folder.
        folder: PathBuf,
    },
    /// The name is not in the list.
    NotListed {
        /// The name.
        name: String,
    },
    /// Nothing is staged that is not signed, and the index has nothing newer.
    NothingNew {
        /// The project.
        project: ProjectName,
    },
    /// A source distribution is not compared.
    SourceNotCompared {
        /// The file name.
        file: String,
    },
    /// Nobody is said to have reviewed the file.
    NotReviewed {
        /// The file name.
        file: String,
    },
    /// No file that was named is recalled.
    NotRecalled {
        /// What was named.
        what: String,
    },
    /// Nothing was signed yet.
    NothingSigned {
        /// The folder.
        folder: PathBuf,
    },
    /// A key that is needed is not on this machine.
    KeyMissing {
        /// What it signs.
        role: &'static str,
        /// Where it should be; nowhere where it is another keeper's.
        path: Option<PathBuf>,
    },
    /// The ssh-agent holds no such key, or several.
    AgentKey {
        /// The fingerprint or comment that was named; empty where none was.
        which: String,
        /// Fingerprint and comment of each that it holds.
        held: Vec<(String, String)>,
    },
    /// What is proposed is not signed by enough keepers.
    SignaturesMissing {
        /// Of what, and whose.
        missing: Vec<Missing>,
    },
    /// The passphrase does not open the key, or none was given.
    Passphrase {
        /// The key's file.
        path: PathBuf,
        /// Whether one was given.
        given: bool,
    },
    /// A person has to decide, and nobody was there or he decided no.
    ConsentNeeded {
        /// What was asked.
        what: &'static str,
        /// The flag that answers it.
        flag: &'static str,
    },
    /// No index is configured.
    NoIndex,
    /// The project is not in the database.
    NotRecorded {
        /// What was named.
        what: String,
    },
    /// A signed role has expired, so nobody could use what would be published.
    Expired {
        /// What refuses it.
        refusal: packman_tuf::Refusal,
    },
    /// No release fits, or no set of releases; or the index lists no such project.
    NothingFits {
        /// What was asked for.
        asked: String,
        /// Why.
        explanation: Box<packman_resolve::Explanation>,
    },
    /// A requirement is of a kind that PackMan does not take.
    Requirement(packman_resolve::RefusedRequirement),
    /// A lock file names no wheel of a release that fits a target, or none whose name can be read.
    NoWheel {
        /// The release.
        what: String,
    },
    /// A line of a file asks for something that PackMan does not take.
    Left(NotTaken),
    /// A file is at an address that holds a query, which may be somebody's secret.
    PrivateAddress {
        /// The file name.
        file: String,
    },
    /// What is asked for of one project excludes itself.
    Conflict {
        /// The requirements, each with its place.
        asks: Vec<String>,
    },
    /// A release that was pinned was recorded, and does not go together with what else was asked for.
    Apart {
        /// What was asked for.
        asked: String,
        /// Why.
        explanation: Box<packman_resolve::Explanation>,
    },
    /// A local wheel has no address that users could fetch it from.
    CopyNeeded {
        /// The file name.
        file: String,
    },
}

impl No {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InTheWay { .. } | Self::OthersThere { .. } => "in-the-way",
            Self::Link { .. } => "link-in-folder",
            Self::NoDatabase { .. } => "no-database",
            Self::Unsigned { .. } => "unsigned-list",
            Self::NotListed { .. } => "not-in-list",
            Self::NothingNew { .. } => "nothing-new",
            Self::SourceNotCompared { .. } => "source-not-compared",
            Self::NotReviewed { .. } => "not-reviewed",
            Self::NotRecalled { .. } => "not-recalled",
            Self::NothingSigned { .. } => "nothing-signed",
            Self::KeyMissing { .. } => "key-missing",
            Self::AgentKey { .. } => "agent-key",
            Self::SignaturesMissing { .. } => "signatures-missing",
            Self::Passphrase { .. } => "passphrase",
            Self::ConsentNeeded { .. } => "consent-needed",
            Self::NoIndex => "no-index",
            Self::NotRecorded { .. } => "not-recorded",
            Self::Expired { refusal } => refusal.code(),
            Self::NothingFits { explanation, .. } | Self::Apart { explanation, .. } => explanation.code(),
            Self::PrivateAddress { .. } => "private-address",
            Self::Conflict { .. } => "conflict",
            Self::Requirement(refused) => refused.code(),
            Self::NoWheel { .. } => "no-wheel",
            Self::Left(left) => left.why.code(),
            Self::CopyNeeded { .. } => "copy-needed",
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::InTheWay { .. } => "name a folder or file that is not there yet",
            Self::OthersThere { .. } => {
                "name a folder that is empty or not there yet; `packman curate publish` takes one among other things with `--beside-others`"
            }
            Self::Link { .. } => {
                "look where it leads, and remove it; or name other folders with `--dir` and `--to`"
            }
            Self::NoDatabase { .. } => "make one with `packman curate init`",
            Self::Unsigned { .. } => {
                "`packman curate publish` publishes it as it stands; `packman curate init DIR --list` makes a list that is signed"
            }
            Self::NotListed { .. } => "`packman curate status` shows the names",
            Self::NothingNew { .. } => "name two releases: `packman curate compare DIR PROJECT OLD NEW`",
            Self::SourceNotCompared { .. } => "nobody can install it from this database; compare the wheels",
            Self::NothingSigned { .. } => "sign first: `packman curate sign`",
            Self::Expired { refusal } if refusal.path().ends_with("targets.json") => {
                "prolong it: `packman curate sign DIR`"
            }
            Self::Expired { refusal } if refusal.path().ends_with("root.json") => {
                "prolong it: `packman curate rotate DIR`"
            }
            Self::Expired { .. } => "prolong it: `packman curate refresh DIR`",
            Self::KeyMissing { role: "root", .. } => {
                "private keys live under PACKMAN_HOME of the machine that made them; `--key FILE` names a root key that is kept elsewhere, the spare say"
            }
            Self::KeyMissing { .. } => "private keys live under PACKMAN_HOME of the machine that made them",
            Self::AgentKey { .. } => {
                "`ssh-add -l` lists them; `--ssh-agent FINGERPRINT` names one, by fingerprint or comment"
            }
            Self::SignaturesMissing { .. } => {
                "each keeper signs with `packman curate sign DIR`; `--export FILE` hands on what is to be signed, `--import FILE` takes what came back"
            }
            Self::Left(left) => return left.why.way_on().map(str::to_owned),
            Self::ConsentNeeded { flag: "--no-passphrase", .. } => {
                "type one at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE; `--no-passphrase` makes them without one"
            }
            Self::ConsentNeeded { flag: "--yes", .. } => "after a look at the list, `--yes` signs it",
            Self::ConsentNeeded { flag, .. } => return Some(format!("`{flag}` agrees")),
            Self::NoIndex => "give one with `--index URL`, or configure pip or uv",
            Self::NothingFits { explanation, .. } if explanation.code() == "not-listed" => {
                "look how it is spelled; name the index that has it with `--index URL`; or record a wheel of your own: \
                 `packman curate add DIR NAME --from FOLDER --copy-files`"
            }
            Self::NothingFits { explanation, .. } if explanation.code() == "sdist" => {
                "build its wheel yourself (`pip wheel --no-deps`), then `add` it with `--from FOLDER --copy-files`"
            }
            Self::Passphrase { given: false, .. } => {
                "type it at a terminal, or name a file that holds it in PACKMAN_PASSPHRASE_FILE"
            }
            Self::Passphrase { given: true, .. } => {
                "try again; a file that PACKMAN_PASSPHRASE_FILE names is read instead of asking"
            }
            Self::NoWheel { .. } => "name the platform with `--platform`",
            Self::PrivateAddress { .. } => {
                "`--copy-files` publishes the file itself, and leaves its address out"
            }
            Self::Conflict { .. } => {
                "ask for one of them; whoever wants both releases adds them one after the other, or without `--with-dependencies`"
            }
            Self::CopyNeeded { .. } => "`--copy-files` publishes it with the database",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTheWay { path } => write!(f, "{} is there already", shown(path)),
            Self::OthersThere { folder, others } => {
                let some: Vec<String> = others.iter().take(3).map(|name| quoted(name).to_string()).collect();
                let more = others.len().saturating_sub(some.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                let (folder, some) = (shown(folder), some.join(", "));
                write!(
                    f,
                    "{folder} holds other things ({some}{more}), wanted a folder for what is published alone"
                )
            }
            Self::Link { path } => {
                write!(f, "{} is a symbolic link, wanted a file or folder of its own", shown(path))
            }
            Self::NoDatabase { folder } => write!(f, "{} holds no database", shown(folder)),
            Self::Unsigned { folder } => {
                write!(f, "{} is a list without keys, so nothing of it is signed", shown(folder))
            }
            Self::NotListed { name } => write!(f, "{} is not in the list", quoted(name)),
            Self::NothingNew { project } => {
                write!(f, "nothing of `{project}` is staged and not signed, and no newer release was found")
            }
            Self::SourceNotCompared { file } => {
                write!(f, "{} is a source distribution, which is not compared", quoted(file))
            }
            Self::NotReviewed { file } => write!(f, "nobody is said to have reviewed {}", quoted(file)),
            Self::NotRecalled { what } => write!(f, "nothing of {} is recalled", quoted(what)),
            Self::NothingSigned { folder } => write!(f, "nothing in {} was signed yet", shown(folder)),
            Self::KeyMissing { role, path: Some(path) } => {
                write!(f, "the {role} key is not at {}", shown(path))
            }
            Self::KeyMissing { role, path: None } => write!(f, "the {role} key is kept by somebody else"),
            Self::AgentKey { which, held } => {
                let held: Vec<_> =
                    held.iter().map(|(print, comment)| format!("{print} {}", quoted(comment))).collect();
                let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
                if which.is_empty() {
                    write!(f, "the ssh-agent holds another number of Ed25519 keys than one: {held}")
                } else {
                    write!(f, "the ssh-agent holds not exactly one Ed25519 key {}: {held}", quoted(which))
                }
            }
            Self::SignaturesMissing { missing } => {
                f.write_str("signatures are missing: ")?;
                f.write_str(&missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Self::Passphrase { path, given: true } => {
                write!(f, "the passphrase does not open {}", shown(path))
            }
            Self::Passphrase { path, given: false } => write!(f, "{} needs its passphrase", shown(path)),
            Self::ConsentNeeded { what, .. } => f.write_str(what),
            Self::NoIndex => f.write_str("no package index is configured"),
            Self::NotRecorded { what } => write!(f, "{} is not in the database", quoted(what)),
            Self::Expired { refusal } => refusal.fmt(f),
            Self::NothingFits { asked, explanation } => {
                let (explanation, asked) = (explanation.to_string(), quoted(asked).to_string());
                // Where the reason begins with what was asked for, it is not said twice.
                if explanation.lines().next().is_some_and(|line| line.contains(&asked)) {
                    return f.write_str(&explanation);
                }
                write!(f, "{asked}: {explanation}")
            }
            Self::Apart { asked, explanation } => {
                let explanation = explanation.to_string();
                let facts = explanation.split_once('\n').map_or("", |(_, facts)| facts);
                write!(f, "{} was recorded, and does not go together with the rest:\n{facts}", quoted(asked))
            }
            Self::PrivateAddress { file } => {
                write!(f, "{} is at an address with a query, which may be a secret", quoted(file))
            }
            Self::Conflict { asks } => write!(f, "{} exclude each other", asks.join(" and ")),
            Self::Requirement(refused) => refused.fmt(f),
            Self::Left(left) => {
                let what = without_secrets(&left.what);
                write!(f, "{} ({}): {}", quoted(&what), left.place, left.why.words())
            }
            Self::NoWheel { what } => write!(f, "no wheel that is named for {} fits", quoted(what)),
            Self::CopyNeeded { file } => write!(f, "{} has no address to fetch it from", quoted(file)),
        }
    }
}
