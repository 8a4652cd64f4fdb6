//! What a release needs, read as late as possible: a line is parsed when it first counts, once for all the releases
//! that share it, and a line that belongs to an extra only when the extra is asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use packman_names::{ExtraName, MarkerEnvironment, ProjectName, Ranges, Requirement, Version, ranges};
use pubgrub::Map;

use crate::policy::shown;
use crate::supply::Needs;

/// A line of METADATA, parsed.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The requirement.
    pub(crate) requirement: Requirement,
    /// The versions that will do.
    pub(crate) admitted: Ranges<Version>,
    /// Whether it counts with no extra active.
    always: bool,
}

/// Why a release cannot be chosen once its METADATA is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// A line of its dependencies is none.
    Unreadable {
        /// What is wrong with it; says the line.
        problem: String,
    },
    /// It depends on a file at a URL, which nobody vouched for.
    Url {
        /// The dependency.
        requirement: String,
    },
    /// It needs another version of itself.
    Itself {
        /// The dependency.
        requirement: String,
    },
    /// It lacks an extra that newer releases have.
    NoExtra {
        /// The extra.
        extra: ExtraName,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { problem } => write!(out, "has a dependency that cannot be read: {problem}"),
            Self::Url { requirement } => write!(out, "needs `{requirement}`, a file from a URL"),
            Self::Itself { requirement } => write!(out, "needs `{requirement}`, another version of itself"),
            Self::NoExtra { extra } => write!(out, "has no extra `{extra}`"),
        }
    }
}

/// What one release needs.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    /// What it needs without extras.
    pub(crate) base: Vec<Rc<Wanted>>,
    /// Lines that may count with extras.
    with_extras: Vec<String>,
    provides: BTreeSet<ExtraName>,
    /// Why it cannot be chosen, where it cannot.
    pub(crate) flaw: Option<Flaw>,
    /// Lines that could not be read and are passed over, since the package is installed as it is.
    pub(crate) passed_over: Vec<String>,
}

/// How much is forgiven.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    /// Nothing: a release that might be chosen.
    Offered,
    /// What cannot be read or come from a URL: the package is there, and somebody put it there so.
    Installed,
}

/// The lines that were parsed, by their text.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    parsed: Map<String, Result<Rc<Wanted>, String>>,
}

impl Lines {
    /// Reads what a release needs without extras, and puts aside what it may need with them.
    pub(crate) fn needed(
        &mut self,
        needs: &Needs<'_>,
        reading: Reading,
        environment: &MarkerEnvironment,
    ) -> Needed {
        let provides = needs.provides_extra.iter().filter_map(|extra| ExtraName::parse(extra).ok()).collect();
        let mut needed = Needed { provides, ..Needed::default() };
        for line in needs.requires_dist.iter() {
            if only_extra(line).is_some() {
                needed.with_extras.push(line.clone());
                continue;
            }
            match self.read(line, environment) {
                Ok(wanted) if wanted.always => needed.take(wanted, reading),
                Ok(wanted) if wanted.requirement.marker_extras().is_empty() => {}
                Ok(_) => needed.with_extras.push(line.clone()),
                Err(_) if reading == Reading::Installed => needed.passed_over.push(line.clone()),
                Err(problem) => needed.flaw = Some(Flaw::Unreadable { problem }),
            }
        }
        needed
    }

    /// Reads what an extra of a release adds. A line that cannot be read is a flaw of its extra alone.
    pub(crate) fn extra(
        &mut self,
        needed: &Needed,
        extra: &ExtraName,
        reading: Reading,
        environment: &MarkerEnvironment,
    ) -> Needed {
        let mut added = Needed::default();
        for line in &needed.with_extras {
            if only_extra(line).is_some_and(|other| !names(other, extra)) {
                continue;
            }
            match self.read(line, environment) {
                Ok(wanted) if !wanted.requirement.applies(environment, std::slice::from_ref(extra)) => {}
                Ok(wanted) => added.take(wanted, reading),
                Err(_) if reading == Reading::Installed => added.passed_over.push(line.clone()),
                Err(problem) => added.flaw = Some(Flaw::Unreadable { problem }),
            }
        }
        added
    }

    /// Parses a line, or finds it parsed.
    pub(crate) fn read(&mut self, line: &str, environment: &MarkerEnvironment) -> Result<Rc<Wanted>, String> {
        if let Some(known) = self.parsed.get(line) {
            return known.clone();
        }
        let parsed = Requirement::parse(line).map_err(|error| error.to_string()).map(|requirement| {
            let always = requirement.applies(environment, &[]);
            let admitted = ranges(&requirement.specifiers);
            Rc::new(Wanted { requirement, admitted, always })
        });
        self.parsed.insert(line.to_owned(), parsed.clone());
        parsed
    }
}

impl Needed {
    /// Says whether the release has the extra: it says so, or a dependency asks for it (old METADATA lacks the list).
    pub(crate) fn provides(
        &self,
        extra: &ExtraName,
        lines: &mut Lines,
        environment: &MarkerEnvironment,
    ) -> bool {
        let mut asks = |line: &String| {
            if let Some(other) = only_extra(line) {
                return names(other, extra);
            }
            let wanted = lines.read(line, environment);
            wanted.is_ok_and(|wanted| wanted.requirement.marker_extras().contains(extra))
        };
        self.provides.contains(extra) || self.with_extras.iter().any(&mut asks)
    }

    /// Whether the line counts depends on extras alone, and that was seen to.
    fn take(&mut self, wanted: Rc<Wanted>, reading: Reading) {
        if wanted.requirement.url.is_some() && reading == Reading::Offered {
            self.flaw = Some(Flaw::Url { requirement: shown(&wanted.requirement) });
        }
        self.base.push(wanted);
    }
}

impl Wanted {
    /// The project that is wanted.
    pub(crate) fn project(&self) -> &ProjectName {
        &self.requirement.name
    }

    /// Whether it counts with no extra active.
    pub(crate) fn counts(&self) -> bool {
        self.always
    }

    /// The requirement in words, without its marker.
    pub(crate) fn text(&self) -> String {
        shown(&self.requirement)
    }
}

/// Returns NAME of a line whose marker is exactly `extra == "NAME"`: it is false with no extra active, whatever stands
/// before it. Most lines of large projects are such, and need no parsing.
fn only_extra(line: &str) -> Option<&str> {
    let (_, marker) = line.rsplit_once(';')?;
    let literal = marker.trim().strip_prefix("extra")?.trim_start().strip_prefix("==")?.trim_start();
    let quote = literal.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

fn names(text: &str, extra: &ExtraName) -> bool {
    text == extra.as_str() || ExtraName::parse(text).is_ok_and(|name| name == *extra)
}
