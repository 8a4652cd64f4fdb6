//! Core metadata: the `METADATA` file of a wheel, up to the blank line before its description.
//!
//! pip reads this file with Python's `email` package. Where that package is generous, two readers can see two
//! files, and a wheel could show PackMan other dependencies than it shows pip. So what could be read in two
//! ways is refused: a carriage return that ends no line, a NUL, a line that is no field, a second `Name`,
//! `Version`, `Metadata-Version` or `Requires-Python`. Unknown fields are passed over.

use crate::amount::refuse_excess;
use crate::{NameError, ProjectName, Version, parse_version};

/// What the header of a METADATA file says, as far as PackMan asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Metadata {
    /// The project, from `Name`.
    pub name: ProjectName,
    /// The version, from `Version`.
    pub version: Version,
    /// `Requires-Python` as written; [`RequiresPython`](crate::RequiresPython) reads it.
    pub requires_python: Option<String>,
    /// Each `Requires-Dist` as written, in order; [`Requirement`](crate::Requirement) reads one.
    pub requires_dist: Vec<String>,
    /// Each `Provides-Extra` as written, in order.
    pub provides_extra: Vec<String>,
    /// `Summary`, one line for people.
    pub summary: Option<String>,
    /// `Home-page`.
    pub home_page: Option<String>,
    /// Each `Project-URL`: label and URL.
    pub project_urls: Vec<(String, String)>,
    /// `License`, free text of any length.
    pub license: Option<String>,
    /// `License-Expression`, an SPDX expression.
    pub license_expression: Option<String>,
}

/// The longest `Requires-Python`, in bytes: as long as a record may have it.
const LONGEST_REQUIRES_PYTHON: usize = 4_096;

impl Metadata {
    /// Parses a METADATA file; the description after the header is not read.
    pub fn parse(bytes: &[u8]) -> Result<Self, NameError> {
        let fields = Fields::parse(header(bytes)?)?;
        let format = fields.one("Metadata-Version")?.ok_or_else(|| missing("Metadata-Version"))?;
        if !matches!(format.split_once('.'), Some(("1" | "2", _))) {
            return Err(NameError::new("Metadata-Version", &format, "is not known, wanted 1 or 2"));
        }
        let name = fields.one("Name")?.ok_or_else(|| missing("Name"))?;
        let version = fields.one("Version")?.ok_or_else(|| missing("Version"))?;
        let requires_python = fields.one("Requires-Python")?;
        if requires_python.as_ref().is_some_and(|text| text.len() > LONGEST_REQUIRES_PYTHON) {
            let problem = format!("wanted at most {LONGEST_REQUIRES_PYTHON} bytes");
            return Err(NameError::new("METADATA field", "Requires-Python", problem));
        }
        for many in ["Requires-Dist", "Provides-Extra"] {
            refuse_excess(many, fields.each(many))?;
        }
        Ok(Self {
            name: ProjectName::parse(&name)?,
            version: parse_version(&version)?,
            requires_python,
            requires_dist: fields.all("Requires-Dist").collect(),
            provides_extra: fields.all("Provides-Extra").collect(),
            summary: fields.first("Summary"),
            home_page: fields.first("Home-page"),
            project_urls: fields.all("Project-URL").map(labelled).collect(),
            license: fields.first("License"),
            license_expression: fields.first("License-Expression"),
        })
    }
}

fn missing(field: &str) -> NameError {
    NameError::new("METADATA field", field, "is missing")
}

fn labelled(text: String) -> (String, String) {
    match text.split_once(',') {
        Some((label, url)) => (label.trim().to_owned(), url.trim().to_owned()),
        None => (String::new(), text),
    }
}

/// Returns the text before the first blank line.
fn header(bytes: &[u8]) -> Result<&str, NameError> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let length = lines.take_while(|line| !matches!(line, [b'\n'] | [b'\r', b'\n'])).map(<[u8]>::len).sum();
    let header = bytes.get(..length).unwrap_or(bytes);
    std::str::from_utf8(header).map_err(|error| {
        NameError::new("METADATA", "", format!("is not UTF-8 at byte {}", error.valid_up_to()))
    })
}

/// The fields of a header in order, folded lines joined.
struct Fields<'a>(Vec<(&'a str, String)>);

impl<'a> Fields<'a> {
    fn parse(header: &'a str) -> Result<Self, NameError> {
        let mut fields: Vec<(&str, String)> = Vec::new();
        for line in header.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.contains(['\r', '\0']) {
                return Err(NameError::new("METADATA line", line, "holds a carriage return or NUL"));
            }
            if line.is_empty() {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut().ok_or_else(|| {
                    NameError::new("METADATA line", line, "continues a field, and none came before")
                })?;
                value.push('\n');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line
                .split_once(':')
                .filter(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
                .ok_or_else(|| NameError::new("METADATA line", line, "wanted `Field: value`"))?;
            fields.push((name, value.trim().to_owned()));
        }
        Ok(Self(fields))
    }

    /// Field names compare without case, as in mail headers.
    fn each(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = String> {
        self.each(name).map(str::to_owned)
    }

    fn first(&self, name: &'static str) -> Option<String> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Returns the value of a field that may stand there once.
    fn one(&self, name: &'static str) -> Result<Option<String>, NameError> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            Some(_) => Err(NameError::new("METADATA field", name, "stands there twice, wanted once")),
            None => Ok(value),
        }
    }
}
