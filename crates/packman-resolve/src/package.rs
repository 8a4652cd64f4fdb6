//! What the solver takes for a package: the request itself, a project, or an extra of a project.
//!
//! An extra has the versions of its project and depends on the project in exactly that version; whoever asks for
//! `flask[async]>=3` depends on both.

use std::fmt;

use packman_names::{ExtraName, ProjectName};

/// A package of the solver.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Package {
    /// What was asked for, all of it.
    Request,
    /// A project without extras.
    Project(ProjectName),
    /// What an extra of a project adds.
    Extra(ProjectName, ExtraName),
}

impl Package {
    /// The project that it belongs to.
    pub(crate) fn project(&self) -> Option<&ProjectName> {
        match self {
            Self::Request => None,
            Self::Project(project) | Self::Extra(project, _) => Some(project),
        }
    }

    /// The extra that it is.
    pub(crate) fn extra(&self) -> Option<&ExtraName> {
        match self {
            Self::Request | Self::Project(_) => None,
            Self::Extra(_, extra) => Some(extra),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => out.write_str("the request"),
            Self::Project(project) => write!(out, "{project}"),
            Self::Extra(project, extra) => write!(out, "{project}[{extra}]"),
        }
    }
}
