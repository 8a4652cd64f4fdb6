//! The eleven values of PEP 508 that markers ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{NameError, PythonVersion, Version};

/// A variable of the environment.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Variable {
    ImplementationName,
    ImplementationVersion,
    OsName,
    PlatformMachine,
    PlatformPythonImplementation,
    PlatformRelease,
    PlatformSystem,
    PlatformVersion,
    PythonFullVersion,
    PythonVersion,
    SysPlatform,
}

/// All variables with their names, in the order of their values in [`Values`].
const VARIABLES: [(&str, Variable); 11] = [
    ("implementation_name", Variable::ImplementationName),
    ("implementation_version", Variable::ImplementationVersion),
    ("os_name", Variable::OsName),
    ("platform_machine", Variable::PlatformMachine),
    ("platform_python_implementation", Variable::PlatformPythonImplementation),
    ("platform_release", Variable::PlatformRelease),
    ("platform_system", Variable::PlatformSystem),
    ("platform_version", Variable::PlatformVersion),
    ("python_full_version", Variable::PythonFullVersion),
    ("python_version", Variable::PythonVersion),
    ("sys_platform", Variable::SysPlatform),
];

impl Variable {
    pub(super) fn named(name: &str) -> Option<Self> {
        VARIABLES.iter().find(|(known, _)| *known == name).map(|(_, variable)| *variable)
    }

    /// Says whether the variable is compared as a version where the other side can be one.
    pub(super) fn is_version(self) -> bool {
        use Variable::{ImplementationVersion, PlatformRelease, PythonFullVersion, PythonVersion};
        matches!(self, ImplementationVersion | PlatformRelease | PythonFullVersion | PythonVersion)
    }
}

/// The values that markers are evaluated with. Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MarkerEnvironment {
    values: Arc<[Value; VARIABLES.len()]>,
    python: PythonVersion,
}

/// A value, and the version that it is, where it is compared as one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Value {
    text: String,
    version: Option<Version>,
}

impl MarkerEnvironment {
    /// Makes an environment of all eleven values by name; other names are passed over. An error names the
    /// value that is missing, or the Python version that is none.
    pub fn from_pairs(pairs: &BTreeMap<String, String>) -> Result<Self, NameError> {
        for (name, _) in VARIABLES {
            if !pairs.contains_key(name) {
                return Err(NameError::new("marker environment", name, "has no value"));
            }
        }
        let value = |name: &str| pairs.get(name).map_or("", String::as_str);
        let full = value("python_full_version");
        let python = released(full).ok_or_else(|| {
            NameError::new("python_full_version", full, "wanted a version such as `3.12.4`")
        })?;
        Ok(Self::complete(python, value))
    }

    /// Makes an environment of what `value` gives for each of the eleven names.
    pub(crate) fn complete<'a>(python: PythonVersion, value: impl Fn(&str) -> &'a str) -> Self {
        let values = VARIABLES.map(|(name, variable)| {
            let text = value(name).to_owned();
            let version = if variable.is_version() { parsed(&text) } else { None };
            Value { text, version }
        });
        Self { values: Arc::new(values), python }
    }

    /// Returns the value of a PEP 508 variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        Variable::named(name).map(|variable| self.value(variable))
    }

    /// Returns all eleven values with their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        VARIABLES.iter().zip(self.values.iter()).map(|((name, _), value)| (*name, value.text.as_str()))
    }

    /// Returns the version of Python, with its patch; a pre-release counts as its release, as pip has it.
    pub fn python(&self) -> PythonVersion {
        self.python
    }

    pub(super) fn value(&self, variable: Variable) -> &str {
        self.values.get(variable as usize).map_or("", |value| &value.text)
    }

    pub(super) fn version(&self, variable: Variable) -> Option<&Version> {
        self.values.get(variable as usize)?.version.as_ref()
    }
}

/// Parses a version; one built from a working copy ends in `+` (`3.14.0a1+`), which PEP 440 does not know.
fn parsed(text: &str) -> Option<Version> {
    match text.strip_suffix('+') {
        Some(public) => format!("{public}+local").parse().ok(),
        None => text.parse().ok(),
    }
}

fn released(full: &str) -> Option<PythonVersion> {
    let version = parsed(full)?;
    let mut numbers = version.release().iter().map(|number| u16::try_from(*number).ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    Some(PythonVersion { major, minor, patch: Some(numbers.next().flatten().unwrap_or(0)) })
}
