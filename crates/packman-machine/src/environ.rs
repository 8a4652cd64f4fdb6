//! What the program was started with: environment variables and the current folder, taken once.
//!
//! Everything else in this crate gets an [`Environ`] instead of asking the process, so that two tests in one
//! process can have two environments, and a child gets exactly what its parent was given.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::failure::{Act, DiskFailure};

/// The environment variables and the current folder of one run of the program.
#[derive(Clone, Debug)]
pub struct Environ {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
}

impl Environ {
    /// Takes the variables and the folder of this process; fails when the current folder is gone.
    pub fn capture() -> Result<Self, DiskFailure> {
        let folder = std::env::current_dir().map_err(|error| DiskFailure::new(Act::Read, ".", &error))?;
        let mut variables: BTreeMap<_, _> = std::env::vars_os().collect();
        // A service may run without HOME; the user database knows it all the same.
        if let (None, Some(home)) = (variables.get(OsStr::new(HOME)), std::env::home_dir()) {
            variables.insert(HOME.into(), home.into_os_string());
        }
        Ok(Self { variables, folder })
    }

    /// Makes an environment of its own, for a test or a demonstration.
    pub fn of<N: Into<OsString>, V: Into<OsString>>(
        folder: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, folder: folder.into() }
    }

    /// The same environment with one variable set.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The same environment without one variable.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(OsStr::new(name));
        self
    }

    /// The same environment in another folder.
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The folder the program was started in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that is set, not empty, and text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variable(name)?.to_str()
    }

    /// A variable that names a file or folder; a relative one counts from the current folder.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(|value| self.folder.join(value))
    }

    /// A variable that names a base folder by the XDG rules, which ignore relative ones.
    pub fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// The user's home folder.
    pub fn user_home(&self) -> Option<PathBuf> {
        self.absolute(HOME)
    }

    /// Every variable, for a child that is to see what the program saw.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

#[cfg(test)]
mod tests {
    use super::Environ;
    use std::path::Path;

    #[test]
    fn an_empty_variable_is_one_that_is_not_set() {
        let environ = Environ::of("/here", [("EMPTY", ""), ("PLACE", "there"), ("XDG", "relative")]);
        assert_eq!(environ.variable("EMPTY"), None);
        assert_eq!(environ.text("ABSENT"), None);
        assert_eq!(environ.path("PLACE").as_deref(), Some(Path::new("/here/there")));
        assert_eq!(environ.absolute("XDG"), None);
        assert_eq!(environ.without("PLACE").path("PLACE"), None);
    }

    #[test]
    fn the_process_has_a_home() {
        assert!(Environ::capture().unwrap().user_home().is_some());
    }
}
