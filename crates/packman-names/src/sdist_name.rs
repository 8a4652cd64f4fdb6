//! File names of source distributions (PEP 625, and older ones): `{project}-{version}.tar.gz` or `.zip`.
//!
//! PackMan lists sdists and refuses to install them, since building one runs its code.

use std::fmt;

use crate::wheel_name::plain_stem;
use crate::{NameError, ProjectName, Version, parse_version};

/// The file name of a source distribution, taken apart.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct SdistName {
    file_name: String,
    project: ProjectName,
    version: Version,
}

impl SdistName {
    /// Parses a file name; what stands before the last `-` is the project. Paths, names over 255 bytes and
    /// anything but visible ASCII are refused.
    pub fn parse(file_name: &str) -> Result<Self, NameError> {
        let refused = |problem: &str| NameError::new("sdist name", file_name, problem);
        let stem = plain_stem("sdist name", file_name, &[".tar.gz", ".zip"])?;
        let (project, version) = stem
            .rsplit_once('-')
            .ok_or_else(|| refused("wanted a project and a version with `-` between"))?;
        Ok(Self {
            project: ProjectName::parse(project).map_err(|error| refused(&error.to_string()))?,
            version: parse_version(version).map_err(|error| refused(&error.to_string()))?,
            file_name: file_name.to_owned(),
        })
    }

    /// Returns the file name as it was given.
    pub fn as_str(&self) -> &str {
        &self.file_name
    }

    /// Returns the project that the sdist is of.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// Returns the version that the sdist is of.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl fmt::Display for SdistName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file_name)
    }
}

impl std::str::FromStr for SdistName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}
