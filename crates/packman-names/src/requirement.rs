//! One requirement (PEP 508): a project, its extras, the versions that will do, and where it applies.
//!
//! Accepts what the Python library `packaging` accepts, so what wheels really say: `foo (>=1.0)`,
//! `foo>=1;python_version<'3'`, a comma after the last specifier. It refuses, unlike it: `===` with something
//! that is no version (it would match nothing that can be offered), and the marker oddities that
//! [`Marker`] names.

use std::collections::HashSet;
use std::fmt;

use crate::marker::read_marker;
use crate::scan::Scanner;
use crate::specifiers::read_specifiers;
use crate::{
    ExtraName, Marker, MarkerEnvironment, NameError, ProjectName, Version, VersionSpecifier,
    VersionSpecifiers,
};

/// What one `Requires-Dist` line, or a person, asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// The project that is asked for.
    pub name: ProjectName,
    /// The extras that are asked for with it, as written, each once.
    pub extras: Vec<ExtraName>,
    /// The versions that will do.
    pub specifiers: VersionSpecifiers,
    /// The URL of a `name @ URL` requirement. It is not parsed further: PackMan takes no files from URLs.
    pub url: Option<String>,
    marker: Option<Marker>,
}

impl Requirement {
    /// Parses one requirement.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::read(text).map_err(|error| error.within("requirement", text))
    }

    fn read(text: &str) -> Result<Self, NameError> {
        let mut scanner = Scanner::new("requirement", text)?;
        let name = read_name(&mut scanner)?;
        let extras = read_extras(&mut scanner)?;
        scanner.skip_space();
        let (specifiers, url) = if scanner.eat("@") {
            (VersionSpecifiers::empty(), Some(read_url(&mut scanner)?))
        } else {
            (read_versions(&mut scanner)?, None)
        };
        scanner.skip_space();
        let marker = if scanner.eat(";") { Some(read_marker(&mut scanner)?) } else { None };
        if !scanner.at_end() {
            let wanted = if marker.is_some() { "`and`, `or` or the end" } else { "`;` or the end" };
            return Err(scanner.wanted(wanted));
        }
        Ok(Self { name, extras, specifiers, url, marker })
    }

    /// Parses only the name at the beginning, for those who first ask whom a requirement is about.
    pub fn parse_name(text: &str) -> Result<ProjectName, NameError> {
        let name = Scanner::new("requirement", text).and_then(|mut scanner| read_name(&mut scanner));
        name.map_err(|error| error.within("requirement", text))
    }

    /// Makes a requirement for any version of a project.
    pub fn any(name: ProjectName) -> Self {
        Self { name, extras: Vec::new(), specifiers: VersionSpecifiers::empty(), url: None, marker: None }
    }

    /// Makes a requirement for one version of a project (`==`).
    pub fn exactly(name: ProjectName, version: Version) -> Self {
        let specifiers = [VersionSpecifier::equals_version(version)].into_iter().collect();
        Self { specifiers, ..Self::any(name) }
    }

    /// Makes it count only where a marker says.
    pub fn only_where(self, marker: Option<Marker>) -> Self {
        Self { marker, ..self }
    }

    /// Says whether the requirement counts in this environment, when these extras of the project that states
    /// it are active.
    pub fn applies(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.marker.as_ref().is_none_or(|marker| marker.applies(environment, extras))
    }

    /// Says whether the requirement counts on some platform, with the Python of this environment; see
    /// [`Marker::may_apply`].
    pub fn may_apply(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.marker.as_ref().is_none_or(|marker| marker.may_apply(environment, extras))
    }

    /// Returns the marker, if there is one.
    pub fn marker(&self) -> Option<&Marker> {
        self.marker.as_ref()
    }

    /// Returns the text of the marker as it was written, if there is one.
    pub fn marker_text(&self) -> Option<String> {
        self.marker.as_ref().map(|marker| marker.as_str().to_owned())
    }

    /// Returns the extras of the stating project that the marker mentions (`extra == "async"`), each once.
    pub fn marker_extras(&self) -> Vec<ExtraName> {
        self.marker.as_ref().map(Marker::extras).unwrap_or_default()
    }

    /// Says whether a specifier names a pre-release or development version, by uv's rule: any operator counts.
    pub fn names_prerelease(&self) -> bool {
        self.specifiers.iter().any(VersionSpecifier::any_prerelease)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras.iter().map(ExtraName::as_str).collect();
            write!(out, "[{}]", extras.join(","))?;
        }
        for (count, specifier) in self.specifiers.iter().enumerate() {
            write!(out, "{}{specifier}", if count == 0 { "" } else { "," })?;
        }
        if let Some(url) = &self.url {
            write!(out, " @ {url}")?;
        }
        match &self.marker {
            // White space ends a URL, and only that does.
            Some(marker) => write!(out, "{}; {}", if self.url.is_some() { " " } else { "" }, marker.as_str()),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for Requirement {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

fn read_name(scanner: &mut Scanner<'_>) -> Result<ProjectName, NameError> {
    scanner.skip_space();
    let before = *scanner;
    let word = scanner.word();
    if word.is_empty() { Err(before.wanted("a project name")) } else { ProjectName::parse(word) }
}

fn read_extras(scanner: &mut Scanner<'_>) -> Result<Vec<ExtraName>, NameError> {
    let mut extras = Vec::new();
    let mut known = HashSet::new();
    scanner.skip_space();
    if !scanner.eat("[") {
        return Ok(extras);
    }
    scanner.skip_space();
    if scanner.eat("]") {
        return Ok(extras);
    }
    loop {
        let before = *scanner;
        let word = scanner.word();
        if word.is_empty() {
            return Err(before.wanted("an extra name"));
        }
        scanner.part()?;
        let extra = ExtraName::parse(word)?;
        if known.insert(extra.clone()) {
            extras.push(extra);
        }
        scanner.skip_space();
        if scanner.eat("]") {
            return Ok(extras);
        }
        if !scanner.eat(",") {
            return Err(scanner.wanted("a comma or `]`"));
        }
        scanner.skip_space();
    }
}

fn read_versions(scanner: &mut Scanner<'_>) -> Result<VersionSpecifiers, NameError> {
    let parenthesis = scanner.eat("(");
    scanner.skip_space();
    let specifiers = read_specifiers(scanner)?;
    scanner.skip_space();
    if parenthesis && !scanner.eat(")") {
        return Err(scanner.wanted("`)`"));
    }
    Ok(specifiers)
}

fn read_url(scanner: &mut Scanner<'_>) -> Result<String, NameError> {
    scanner.skip_space();
    let before = *scanner;
    let url = scanner.take_while(|c| !c.is_whitespace());
    if url.is_empty() { Err(before.wanted("a URL")) } else { Ok(url.to_owned()) }
}
