//! Links: `packman:add?…` and `packman:install?…`, as a web page or a message may hold them.
//!
//! A link proposes and never acts. What it can say is little, each thing in one spelling, and everything else is
//! refused: whoever reads a link must not see another thing than PackMan does, and it must not be able to say anything
//! that lowers a guard. It names no file, no option and no credentials.
//!
//! ```text
//! packman:add?database=URL&number=60DIGITS
//! packman:install?project=NAME[&version=V][&database=URL&number=60DIGITS]
//! ```

mod address;

use core::fmt;

use packman_names::{ProjectName, Version, parse_version};
use packman_strict::quote::quoted;
use packman_tuf::SafetyNumber;

pub use address::LinkAddress;

/// The longest link, in bytes.
const LONGEST: usize = 2_048;

/// What a link proposes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Link {
    /// To trust a database or a list.
    Add(Named),
    /// To install a project, from a database of the ring or from one that the link names.
    Install {
        /// The project.
        project: ProjectName,
        /// Its version, where the link names one.
        version: Option<Version>,
        /// The database that is said to vouch for it.
        database: Option<Named>,
    },
}

/// A database as a link names it. The number was chosen by whoever wrote the link, so nothing is compared by it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    /// Where it is.
    pub address: LinkAddress,
    /// The number its root is said to have.
    pub number: SafetyNumber,
}

/// A link that is refused. Code `bad-link`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkError {
    what: String,
}

impl LinkError {
    /// The stable code.
    pub const CODE: &'static str = "bad-link";

    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl core::error::Error for LinkError {}

impl Link {
    /// Parses a link.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        if link.len() > LONGEST {
            return Err(LinkError::new(format!("found {} bytes, wanted at most {LONGEST}", link.len())));
        }
        // Before anything else: what cannot be seen, or is not what it looks like, is in no honest link.
        if let Some(hidden) = link.chars().find(|c| !c.is_ascii_graphic()) {
            let found = quoted(hidden.encode_utf8(&mut [0; 4])).to_string();
            return Err(LinkError::new(format!("found {found}, wanted visible ASCII characters alone")));
        }
        let (verb, query) = link
            .strip_prefix("packman:")
            .and_then(|rest| rest.split_once('?'))
            .ok_or_else(|| LinkError::new("wanted `packman:add?` or `packman:install?` at its beginning"))?;
        match verb {
            "add" => {
                let mut given = Parameters::parse(query, &["database", "number"])?;
                let named = given.database()?;
                named
                    .map(Self::Add)
                    .ok_or_else(|| LinkError::new("wanted the parameters `database` and `number`"))
            }
            "install" => {
                let mut given = Parameters::parse(query, &["project", "version", "database", "number"])?;
                Ok(Self::Install {
                    project: given.project()?,
                    version: given.version()?,
                    database: given.database()?,
                })
            }
            _ => Err(LinkError::new(format!("found {}, wanted `add` or `install`", quoted(verb)))),
        }
    }
}

/// The parameters of a link, each once, decoded.
struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    fn parse(query: &str, known: &[&'static str]) -> Result<Self, LinkError> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = known.iter().find(|known| **known == name).ok_or_else(|| {
                let known = known.join("`, `");
                LinkError::new(format!("found the parameter {}, wanted `{known}`", quoted(name)))
            })?;
            if found.iter().any(|(earlier, _)| earlier == name) {
                return Err(LinkError::new(format!("found the parameter `{name}` twice, wanted it once")));
            }
            if value.is_empty() {
                return Err(LinkError::new(format!("found no value of the parameter `{name}`, wanted one")));
            }
            found.push((name, decoded(name, value)?));
        }
        Ok(Self(found))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(found, _)| *found == name)?;
        Some(self.0.swap_remove(place).1)
    }

    fn project(&mut self) -> Result<ProjectName, LinkError> {
        let text = self.take("project").ok_or_else(|| LinkError::new("wanted the parameter `project`"))?;
        ProjectName::parse(&text).map_err(|error| LinkError::new(format!("`project`: {error}")))
    }

    fn version(&mut self) -> Result<Option<Version>, LinkError> {
        let parse = |text: String| {
            parse_version(&text).map_err(|error| LinkError::new(format!("`version`: {error}")))
        };
        self.take("version").map(parse).transpose()
    }

    /// A database is named by both or by neither: an address alone would be believed for what it serves today.
    fn database(&mut self) -> Result<Option<Named>, LinkError> {
        match (self.take("database"), self.take("number")) {
            (None, None) => Ok(None),
            (Some(address), Some(number)) => {
                Ok(Some(Named { address: LinkAddress::parse(&address)?, number: plain_number(&number)? }))
            }
            (Some(_), None) => Err(LinkError::new("found `database` alone, wanted its `number` too")),
            (None, Some(_)) => Err(LinkError::new("found `number` alone, wanted its `database` too")),
        }
    }
}

fn plain_number(text: &str) -> Result<SafetyNumber, LinkError> {
    let parsed = SafetyNumber::parse(text).ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()));
    parsed.ok_or_else(|| LinkError::new(format!("`number`: found {}, wanted 60 digits", quoted(text))))
}

/// Takes percent-encoding away, once. Escapes hide nothing: not what could stand there plainly, and nothing invisible.
fn decoded(name: &str, value: &str) -> Result<String, LinkError> {
    let wrong = |why: &str| LinkError::new(format!("`{name}`: {why} in {}", quoted(value)));
    let mut text = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(next) = rest.next() {
        let plain = match next {
            '%' => {
                let digits =
                    [rest.next(), rest.next()].map(|digit| digit.and_then(|digit| digit.to_digit(16)));
                let [Some(high), Some(low)] = digits else {
                    return Err(wrong("found a `%` without two hexadecimal digits"));
                };
                let byte = u8::try_from(high * 16 + low).map_err(|_| wrong("found an escape of no byte"))?;
                match char::from(byte) {
                    plain if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => {
                        return Err(wrong("found a plain character that is escaped"));
                    }
                    hidden if !hidden.is_ascii_graphic() => {
                        return Err(wrong("found an escaped invisible character"));
                    }
                    escaped => escaped,
                }
            }
            // In a form it would mean a space, elsewhere itself.
            '+' => return Err(wrong("found a `+`, wanted `%2B`,")),
            '#' | '=' | '?' if name != "database" => return Err(wrong("found an unexpected character")),
            plain => plain,
        };
        text.push(plain);
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
