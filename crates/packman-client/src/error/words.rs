//! Errors in words: the first line says the subject and what befell it, the lines below it say why.

use core::fmt;

use packman_names::{ProjectName, Version};
use packman_strict::quote::{escaped, quoted};

use super::{ClientError, Failed, No, RefusedWhy};

/// The first line of an error: its subject and what befell it.
impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => why.fmt(f),
            Self::No(no) => no.fmt(f),
            Self::Failed(failed) => failed.fmt(f),
            Self::Usage(usage) => f.write_str(&usage.what),
            Self::Stopped => f.write_str("stopped; nothing was changed"),
        }
    }
}

impl core::error::Error for ClientError {}

impl fmt::Display for RefusedWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(refused) | Self::Unlisted { refused, .. } => refused.fmt(f),
            Self::FirstUse { url, .. } | Self::NumberNeeded { url } => {
                write!(f, "database at `{}` refused", escaped(url))
            }
            Self::Evidence { path, .. }
            | Self::OldDatabase { path, .. }
            | Self::StateDamaged { path, .. }
            | Self::AdministratorsExposed { path, .. }
            | Self::StateExposed { path, .. } => {
                write!(f, "`{}` refused", escaped(path))
            }
            Self::SpokenAgainst { words, .. } => f.write_str(&words.title),
            Self::MemoryGone { database } | Self::AdministratorLacks { database } => {
                write!(f, "database `{database}` refused")
            }
            Self::NumberUnknown { database, .. } => write!(f, "number for `{database}` refused"),
            Self::Environment(_) => f.write_str("environment refused"),
            Self::Wheel { file, .. } | Self::WrongBytes { file, .. } => {
                write!(f, "`{}` refused", escaped(file))
            }
        }
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyVouches(nobody) => write!(f, "nobody you trust vouches for `{}`", nobody.project),
            Self::NothingFits(explanation) => f.write_str(match explanation.code() {
                "quorum" => "too few of the databases you trust agree on what is needed",
                "unreviewed" | "unverified-forbidden" => {
                    "the policy of your trust ring leaves out what is needed"
                }
                _ => explanation.headline(),
            }),
            Self::Requirement(refused) => refused.fmt(f),
            Self::Unhashed { file, vouched } => write!(
                f,
                "`{}` (SHA-256 {vouched}) is needed, and no hash of it is named where hashes are: all or none",
                escaped(file)
            ),
            Self::InstalledOther { project, version, file, found } => write!(
                f,
                "`{project}` {version} is installed from `{}` with SHA-256 {found}, which is none of the hashes you named",
                escaped(file)
            ),
            Self::OtherEnvironment { place, wanted } => {
                let wanted: Vec<String> =
                    wanted.iter().map(|marker| format!("`{}`", escaped(marker))).collect();
                write!(f, "{place} was made for other environments: {}", wanted.join(", or "))
            }
            Self::OtherPython { place, wanted, found } => {
                write!(f, "{place} is for Python `{}`, and this is Python {found}", escaped(wanted))
            }
            Self::NotPinned { file, vouched } => write!(
                f,
                "`{}` is vouched for with SHA-256 {vouched}, which is none of the hashes you named",
                escaped(file)
            ),
            Self::ConsentNeeded { what, .. } => f.write_str(what),
            Self::ExternallyManaged { folder, .. } => {
                write!(f, "the Python in `{}` is managed by somebody else", escaped(folder))
            }
            Self::Environment(conflict) => conflict.fmt(f),
            Self::NotInstalled(project) => write!(f, "`{project}` is not installed here"),
            Self::NotRecalled(project) => write!(f, "`{project}` was not recalled as it is installed here"),
            Self::NotDisabled(project) => write!(f, "`{project}` is not out of the way here"),
            Self::ProjectPython { folder } => write!(
                f,
                "{} has no Python that you or this machine put there: only a stranger's program could say what it is",
                quoted(folder)
            ),
            Self::NoEnvironment => f.write_str("there is no environment here"),
            Self::LockedLeft { project, why } => {
                write!(f, "`{project}` cannot be taken from the lock: {}", why.words())
            }
            Self::NoLockedWheel { project, place } => {
                write!(f, "`{project}` ({}) has no locked wheel that fits this Python", escaped(place))
            }
            Self::LockedUnvouched { project, version, database, .. } => {
                write!(
                    f,
                    "`{database}` does not vouch for the locked file of {}",
                    Release(project, version.as_ref())
                )
            }
            Self::LockedRecalled { project, version, .. } => {
                write!(f, "the locked file of {} was recalled", Release(project, version.as_ref()))
            }
            Self::LockedLeftOut { project, version, .. } => {
                write!(
                    f,
                    "the rules of your trust ring leave out the locked file of {}",
                    Release(project, version.as_ref())
                )
            }
            Self::InTheWay { folder, is_environment: true } => {
                write!(f, "{} is an environment already", quoted(folder))
            }
            Self::InTheWay { folder, is_environment: false } => {
                write!(f, "{} is there already, wanted a place for a new environment", quoted(folder))
            }
            Self::NotListed { name, lists } => {
                let lists =
                    if *lists == 1 { "the list".to_owned() } else { format!("none of the {lists} lists") };
                let verb = if lists == "the list" { "does not name" } else { "names" };
                write!(f, "{lists} of your trust ring {verb} a signed database `{name}`")
            }
            Self::Ring(error) => error.fmt(f),
            Self::Policy { what } => write!(f, "{what} is forbidden by the policy of your trust ring"),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(failure) => failure.fmt(f),
            Self::Network { what, .. } => write!(f, "{what} could not be fetched"),
            Self::Python { what, .. } | Self::Environment { what, .. } => f.write_str(what),
        }
    }
}

impl ClientError {
    /// The lines that say why, below the first.
    pub fn because(&self) -> Vec<String> {
        match self {
            Self::Refused(why) => why.because(),
            Self::No(no) => no.because(),
            Self::Failed(failed) => match &**failed {
                Failed::Network { why, .. } => why.clone(),
                _ => Vec::new(),
            },
            Self::Usage(_) | Self::Stopped => Vec::new(),
        }
    }
}

impl RefusedWhy {
    fn because(&self) -> Vec<String> {
        match self {
            Self::Database(refused) => vec![refused.because()],
            Self::Unlisted { project, refused, needed } => {
                let unknown = format!(
                    "its last good copy does not list `{project}`; whether it does now cannot be believed"
                );
                [refused.because(), unknown].into_iter().chain(needed.iter().cloned()).collect()
            }
            Self::FirstUse { refusal, .. } => vec![refusal.to_string()],
            Self::SpokenAgainst { .. } => Vec::new(),
            Self::Evidence { why, .. } => vec![why.to_string()],
            Self::OldDatabase { why, .. } => vec![why.to_string()],
            Self::NumberNeeded { .. } => {
                vec![
                    "plain HTTP can be changed by anybody on the way, and no safety number was given"
                        .to_owned(),
                ]
            }
            Self::StateDamaged { why, .. } => vec![format!("it cannot be what PackMan wrote: {why}")],
            Self::NumberUnknown { url, why, .. } => {
                let mut lines = vec![
                    "no root of the chain that is remembered has that number".to_owned(),
                    format!("whether {} serves another chain that has could not be asked", quoted(url)),
                ];
                lines.extend(why.iter().cloned());
                lines
            }
            Self::MemoryGone { .. } => {
                vec!["what was remembered of it is gone from your PackMan home".to_owned()]
            }
            Self::AdministratorLacks { .. } => {
                vec![
                    "it is your administrator's, and what he remembers of it is not beside his trust ring"
                        .to_owned(),
                ]
            }
            Self::AdministratorsExposed { exposed, .. } => {
                vec![format!(
                    "somebody else than root can change {}, so it need not be your administrator's",
                    quoted(exposed)
                )]
            }
            Self::StateExposed { owner: Some(owner), .. } => {
                vec![format!("it, or its folder, belongs to {}, who could have written it", quoted(owner))]
            }
            Self::StateExposed { owner: None, .. } => {
                vec!["others can write it, so anybody could have".to_owned()]
            }
            Self::Environment(conflict) => vec![conflict.to_string()],
            Self::Wheel { refusal, .. } => vec![refusal.to_string()],
            Self::WrongBytes { wanted, tried, .. } => {
                let mut lines = vec![format!("no host gave the bytes with SHA-256 {wanted}")];
                lines.extend(tried.iter().cloned());
                lines
            }
        }
    }
}

impl No {
    fn because(&self) -> Vec<String> {
        match self {
            Self::NothingFits(explanation) => explanation.lines(),
            Self::LockedUnvouched { sha256, .. } => {
                vec![format!("no wheel of that version has the SHA-256 {sha256} there")]
            }
            Self::LockedRecalled { reason, .. } => vec![escaped(reason).to_string()],
            Self::LockedLeftOut { why, .. } => vec![why.words()],
            Self::ExternallyManaged { message: Some(message), .. } => {
                message.lines().map(|line| escaped(line).to_string()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A project with its version, where that is known.
struct Release<'n>(&'n ProjectName, Option<&'n Version>);

impl fmt::Display for Release<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)?;
        self.1.map_or(Ok(()), |version| write!(f, " {version}"))
    }
}
