//! File names of wheels (PEP 427): `{project}-{version}[-{build}]-{python}-{abi}-{platform}.whl`.
//!
//! As strict as `packaging.utils.parse_wheel_filename`, which pip uses: what one of the two takes for another
//! project or version must not get past the other. Project and version may be spelled in any way their own
//! rules allow.

use std::fmt;

use crate::{NameError, ProjectName, Tag, Version, parse_version};

/// The longest file name that common file systems hold, in bytes.
const LONGEST: usize = 255;

/// The file name of a wheel, taken apart.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct WheelName {
    file_name: String,
    project: ProjectName,
    version: Version,
    build: Option<(u64, String)>,
    python: String,
    abi: String,
    platform: String,
}

impl WheelName {
    /// Parses a file name. Paths, names over 255 bytes and anything but visible ASCII are refused.
    pub fn parse(file_name: &str) -> Result<Self, NameError> {
        let refused = |problem: &str| NameError::new("wheel name", file_name, problem);
        let stem = plain_stem("wheel name", file_name, &[".whl"])?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (project, version, build, [python, abi, platform]) = match parts[..] {
            [project, version, python, abi, platform] => (project, version, None, [python, abi, platform]),
            [project, version, build, python, abi, platform] => {
                (project, version, Some(build), [python, abi, platform])
            }
            _ => return Err(refused(&format!("has {} parts between `-`, wanted 5 or 6", parts.len()))),
        };
        if project.contains("__") {
            return Err(refused("has `__` in the project name, wanted one `_`"));
        }
        if [python, abi, platform].iter().any(|tags| tags.split('.').any(str::is_empty)) {
            return Err(refused("has an empty tag"));
        }
        if python.split('.').any(|tag| !is_identifier(tag)) {
            return Err(refused("has a Python tag that is no identifier, wanted one such as `py3`"));
        }
        let build =
            build.map(|build| parse_build(build).ok_or_else(|| refused("has a build tag without number")));
        Ok(Self {
            project: ProjectName::parse(project).map_err(|error| refused(&error.to_string()))?,
            version: parse_version(version).map_err(|error| refused(&error.to_string()))?,
            build: build.transpose()?,
            python: python.to_ascii_lowercase(),
            abi: abi.to_ascii_lowercase(),
            platform: platform.to_ascii_lowercase(),
            file_name: file_name.to_owned(),
        })
    }

    /// Returns the file name as it was given.
    pub fn as_str(&self) -> &str {
        &self.file_name
    }

    /// Returns the project that the wheel is of.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// Returns the version that the wheel is of.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the build tag: of two wheels that are otherwise alike, the higher one is taken.
    pub fn build(&self) -> Option<&(u64, String)> {
        self.build.as_ref()
    }

    /// Returns the tags, compressed sets expanded.
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        self.python.split('.').flat_map(move |python| {
            self.abi.split('.').flat_map(move |abi| {
                self.platform.split('.').map(move |platform| Tag {
                    python: python.to_owned(),
                    abi: abi.to_owned(),
                    platform: platform.to_owned(),
                })
            })
        })
    }

    /// Returns the Pythons, joined by dots, in lower case.
    pub fn python_tags(&self) -> &str {
        &self.python
    }

    /// Returns the binary interfaces, joined by dots, in lower case.
    pub fn abi_tags(&self) -> &str {
        &self.abi
    }

    /// Returns the platforms, joined by dots, in lower case.
    pub fn platform_tags(&self) -> &str {
        &self.platform
    }

    /// Says whether a top-level folder is the `.dist-info` of this project and version, however both are spelled.
    pub fn dist_info_matches(&self, folder: &str) -> bool {
        self.folder_matches(folder, ".dist-info")
    }

    /// Says whether a top-level folder is the `.data` of this project and version, however both are spelled.
    pub fn data_matches(&self, folder: &str) -> bool {
        self.folder_matches(folder, ".data")
    }

    fn folder_matches(&self, folder: &str, suffix: &str) -> bool {
        folder.strip_suffix(suffix).and_then(|stem| stem.rsplit_once('-')).is_some_and(
            |(project, version)| {
                ProjectName::parse(project).is_ok_and(|project| project == self.project)
                    && parse_version(version).is_ok_and(|version| version == self.version)
            },
        )
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file_name)
    }
}

impl std::str::FromStr for WheelName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

fn is_identifier(tag: &str) -> bool {
    !tag.starts_with(|c: char| c.is_ascii_digit())
        && tag.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// Digits and then anything.
fn parse_build(text: &str) -> Option<(u64, String)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest.to_owned()))
}

/// Takes one of the suffixes off a file name that holds nothing that could leave its folder or hide itself.
pub(crate) fn plain_stem<'a>(
    subject: &'static str,
    file_name: &'a str,
    suffixes: &[&str],
) -> Result<&'a str, NameError> {
    let refused = |problem: &str| NameError::new(subject, file_name, problem);
    if file_name.len() > LONGEST {
        return Err(refused("is longer than 255 bytes"));
    }
    if file_name.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'/' | b'\\' | b':')) {
        return Err(refused("holds a path separator, a colon, a space or something that is not ASCII"));
    }
    suffixes
        .iter()
        .find_map(|suffix| file_name.strip_suffix(suffix))
        .ok_or_else(|| refused(&format!("wanted a name that ends in {}", suffixes.join(" or "))))
}
