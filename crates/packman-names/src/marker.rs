//! Environment markers (PEP 508): `python_version < "3.11" and extra == "async"`.
//!
//! They mean what the Python library `packaging` (26) takes them to mean: `python_version`,
//! `python_full_version`, `implementation_version` and `platform_release` are compared as versions where the
//! other side can be a specifier; everything else as text, of which no order is known. Extras are compared
//! as a set, as uv does: `extra == "x"` is true when x is among the active ones, `extra != "x"` when not.
//!
//! Refused though its grammar has them: comparing two literals or two variables (pip fails on the first when
//! it evaluates), a backslash in a literal, and parentheses deeper than [`DEEPEST`].

mod environment;
mod evaluate;
mod read;

pub use environment::MarkerEnvironment;
pub(crate) use environment::Variable;
pub(crate) use read::read_marker;

use std::collections::HashSet;
use std::sync::Arc;

use pep440_rs::Operator;

use crate::scan::Scanner;
use crate::{ExtraName, NameError, VersionSpecifier};

/// How deep parentheses may be nested. Real markers stay below 4; each level is a stack frame of ours.
const DEEPEST: usize = 64;

/// A condition on the environment and on the active extras. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Marker {
    text: Arc<str>,
    tree: Arc<Tree>,
}

/// Either way of joining keeps its parts flat, so that depth comes from parentheses only.
#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Compare(Comparison),
}

/// One comparison of a variable with a literal.
#[derive(Clone, Debug)]
struct Comparison {
    subject: Subject,
    relation: Relation,
    literal: String,
    /// Whether the literal stands on the left, as in `"3.8" <= python_version`.
    literal_first: bool,
    /// The relation and the literal as a version specifier, where the subject is a version.
    specifier: Option<VersionSpecifier>,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Subject {
    Environment(Variable),
    /// The extra that is asked for (`extra`), one at a time.
    Extra,
    /// The extras that are asked for (`extras`), as a set (PEP 751).
    Extras,
    /// The dependency groups that are asked for (PEP 751); a wheel has none.
    DependencyGroups,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Relation {
    In,
    NotIn,
    Compare(Operator),
}

impl Marker {
    /// Parses a marker, without the `;` before it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut scanner = Scanner::new("marker", text)?;
        let marker = read_marker(&mut scanner)?;
        if scanner.at_end() { Ok(marker) } else { Err(scanner.wanted("`and`, `or` or the end")) }
    }

    /// Returns the text as it was written, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Says whether the marker is true here, when these extras are active.
    pub fn applies(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.tree.applies(environment, extras)
    }

    /// Decides what the marker says of extras and dependency groups (PEP 751), and leaves what it says of environments.
    /// The text stays as it was written.
    pub fn given(&self, extras: &[ExtraName], groups: &[ExtraName]) -> Self {
        Self { text: Arc::clone(&self.text), tree: Arc::new(self.tree.given(extras, groups)) }
    }

    /// Says whether the marker can be true on some platform, with some patch of the Python of this environment, when these
    /// extras are active: whatever is said of the platform counts as possible.
    pub fn may_apply(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.tree.may_apply(environment, extras)
    }

    /// Returns the extras that the marker mentions, each once, in the order of their mention.
    pub fn extras(&self) -> Vec<ExtraName> {
        let (mut extras, mut known) = (Vec::new(), HashSet::new());
        self.tree.each_extra(&mut |extra: ExtraName| {
            if known.insert(extra.clone()) {
                extras.push(extra);
            }
        });
        extras
    }
}

impl PartialEq for Marker {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Marker {}

impl std::fmt::Display for Marker {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}
