//! Facts in words.

use std::fmt;

use packman_names::{ProjectName, Version};

use super::{Fact, Hint};
use crate::supply::{Nobody, Unusable};
use crate::words::{escaped, listed};

/// How many lines are told.
const LINES: usize = 12;

/// The facts, a line each. What the user asked for of a project stands beside who else needs it, where that is one.
pub(super) fn lines(facts: &[Fact]) -> Vec<String> {
    let mut lines = Vec::new();
    for fact in facts {
        match fact {
            Fact::Asked { project, .. } if needing(facts, project) == 1 => {}
            Fact::Needs { needed, .. } if needing(facts, needed) == 1 => {
                let asked = facts
                    .iter()
                    .filter(|fact| matches!(fact, Fact::Asked { project, .. } if project == needed));
                lines.push(asked.fold(fact.to_string(), |line, asked| format!("{line}, and {asked}")));
            }
            fact => lines.push(fact.to_string()),
        }
    }
    if lines.len() > LINES {
        let rest = lines.len() - LINES + 1;
        lines.truncate(LINES - 1);
        lines.push(format!("and {rest} more such facts"));
    }
    lines
}

fn needing(facts: &[Fact], project: &ProjectName) -> usize {
    facts.iter().filter(|fact| matches!(fact, Fact::Needs { needed, .. } if needed == project)).count()
}

/// The answer where a project is missing: who needs it is part of it.
pub(super) fn missing(missing: &ProjectName, nobody: Nobody, path: &[Fact]) -> String {
    let needer = path.iter().find_map(|fact| match fact {
        Fact::Needs { project, extra, versions, needed, .. } if needed == missing => {
            Some((project, extra, versions.first()))
        }
        _ => None,
    });
    match (needer, nobody) {
        (None, _) => Fact::Missing { project: missing.clone(), nobody }.to_string(),
        (Some((project, Some(extra), _)), Nobody::Vouches) => {
            format!("`{project}[{extra}]` was not vouched for: its `{missing}` is in no database you trust")
        }
        (Some((project, Some(extra), _)), Nobody::Lists) => {
            format!("`{project}[{extra}]` cannot be had: its `{missing}` is not on the package index")
        }
        (Some((project, None, version)), _) => {
            let version = version.map(Version::to_string).unwrap_or_default();
            let gone = Fact::Missing { project: missing.clone(), nobody };
            format!("{gone}, which `{project}` {version} needs")
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { requirement, place, .. } => write!(out, "you asked for `{requirement}`{place}"),
            Self::Needs { .. } => self.tell_need(out),
            Self::Missing { project, nobody: Nobody::Vouches } => {
                write!(out, "nobody you trust vouches for `{project}`")
            }
            Self::Missing { project, nobody: Nobody::Lists } => {
                write!(out, "the package index has no `{project}`")
            }
            Self::Installed { project, version } => {
                write!(out, "`{project}` {version}, which is installed, does not fit")
            }
            Self::Unusable { project, version, why, others } => {
                write!(out, "`{project}` {version} {why}")?;
                likewise(out, *others)
            }
            Self::NoneFits { requirement, listed: there, others, .. } => {
                let others = if *others == 0 { String::new() } else { format!(" nor {others} other ranges") };
                write!(out, "no release is `{requirement}`{others}; there {}", are_listed(there))
            }
            Self::NoneFitsAll { project, listed: there } => {
                write!(out, "no `{project}` fits all of that; there {}", are_listed(there))
            }
            Self::Contested { projects } => {
                let names: Vec<String> = projects.iter().map(|project| format!("`{project}`")).collect();
                write!(out, "decided over and over again: {}", names.join(", "))
            }
            Self::Flawed { project, version, flaw, others } => {
                write!(out, "`{project}` {version} {flaw}")?;
                likewise(out, *others)
            }
        }
    }
}

impl Fact {
    fn tell_need(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Needs { project, extra, versions, every, requirement, others, .. } = self else {
            return Ok(());
        };
        let name =
            extra.as_ref().map_or_else(|| format!("`{project}`"), |extra| format!("`{project}[{extra}]`"));
        match versions.as_slice() {
            [] => write!(out, "{name} needs")?,
            [one] => write!(out, "{name} {one} needs")?,
            all if *every => write!(out, "all {} releases of {name} need", all.len())?,
            [highest, .., lowest] => {
                write!(out, "{} releases of {name} ({lowest} to {highest}) need", versions.len())?;
            }
        }
        write!(out, " `{requirement}`")?;
        match others {
            0 => Ok(()),
            1 => write!(out, " (what another release needs of it does not fit either)"),
            _ => write!(out, " (what {others} other releases need of it does not fit either)"),
        }
    }
}

fn are_listed(there: &[Version]) -> String {
    format!("{} {}", if there.len() == 1 { "is" } else { "are" }, listed(there))
}

fn likewise(out: &mut fmt::Formatter<'_>, others: usize) -> fmt::Result {
    match others {
        0 => Ok(()),
        1 => write!(out, " (and another release likewise)"),
        _ => write!(out, " (and {others} other releases likewise)"),
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWheel { tags, more } => {
                write!(out, "has no wheel for this Python and platform")?;
                let tags: Vec<String> = tags.iter().map(|tag| format!("`{}`", escaped(tag))).collect();
                let more = if *more == 0 { String::new() } else { format!(" and {more} more") };
                let is = if tags.len() == 1 && more.is_empty() { "is" } else { "are" };
                if tags.is_empty() { Ok(()) } else { write!(out, "; there {is} {}{more}", tags.join(", ")) }
            }
            Self::RequiresPython { wanted, found } => {
                write!(out, "wants Python `{}`, and this is {found}", escaped(wanted))
            }
            Self::SourceOnly => {
                write!(out, "is there as a source distribution only, and building one runs its code")
            }
            Self::Yanked { reason } if reason.trim().is_empty() => write!(out, "was yanked"),
            Self::Yanked { reason } => write!(out, "was yanked: `{}`", escaped(reason)),
            Self::PreRelease => write!(out, "is a pre-release"),
            Self::Constraint { constraint, place } => {
                write!(out, "is shut out by the constraint `{constraint}`{place}")
            }
            Self::LeftOut { words, .. } => write!(out, "{words}"),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreRelease { project, version } => {
                write!(out, "to allow a pre-release, ask for `{project}>={version}`")
            }
            Self::Yanked { project, version } => {
                write!(out, "to take it although it was yanked, ask for `{project}=={version}`")
            }
        }
    }
}
