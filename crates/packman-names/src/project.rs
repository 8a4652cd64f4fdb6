//! Names of projects and of their extras: the letters PEP 508 allows, in the one spelling of PEP 503.

use std::fmt;
use std::sync::Arc;

use crate::NameError;

/// The longest name that is read. Index and file names end far below it.
const LONGEST: usize = 214;

/// The normalised name of a project: `Flask`, `flask` and `FLASK` are one. Cheap to clone.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct ProjectName(Arc<str>);

/// The normalised name of an extra of a project (PEP 685). Cheap to clone.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct ExtraName(Arc<str>);

impl ProjectName {
    /// Parses a name in any spelling that PEP 508 allows, and normalises it as PEP 503 says.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        normalised("project name", text).map(Self)
    }

    /// Returns the normalised spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the spelling used in names of wheels and their folders, with `_` for `-`.
    pub fn escaped(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl ExtraName {
    /// Parses a name in any spelling that PEP 508 allows, and normalises it as PEP 685 says.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        normalised("extra name", text).map(Self)
    }

    /// Returns the normalised spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown_as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{:?}", &self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

shown_as_text!(ProjectName);
shown_as_text!(ExtraName);

/// Applies the rule of PEP 508 (ASCII letters and digits at both ends; `.`, `-`, `_` between them).
fn normalised(subject: &'static str, text: &str) -> Result<Arc<str>, NameError> {
    let refused = |problem: &str| Err(NameError::new(subject, text, problem));
    if text.is_empty() {
        return refused("is empty, wanted letters or digits");
    }
    if text.len() > LONGEST {
        return refused("is longer than 214 characters");
    }
    if let Some(other) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || is_separator(*c))) {
        let other = crate::error::escaped(&other.to_string());
        return refused(&format!("holds `{other}`, wanted ASCII letters, digits, `.`, `-` and `_`"));
    }
    if text.starts_with(is_separator) || text.ends_with(is_separator) {
        return refused("begins or ends with a separator, wanted a letter or digit");
    }
    Ok(canonical(text).into())
}

fn is_separator(character: char) -> bool {
    matches!(character, '.' | '-' | '_')
}

/// Returns the text in lower case with each run of `.`, `-`, `_` as one `-`, valid name or not (PEP 503).
pub(crate) fn canonical(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut after_separator = false;
    for character in text.chars() {
        let separator = is_separator(character);
        if !separator {
            name.push(character.to_ascii_lowercase());
        } else if !after_separator {
            name.push('-');
        }
        after_separator = separator;
    }
    name
}
