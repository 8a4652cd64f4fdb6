//! Who the user is to git: a name to propose for a maintainer, nothing more.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::environ::Environ;
use crate::program;
use crate::stop::Stop;

/// A name and an address as git's settings have them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GitIdentity {
    /// `user.name`.
    pub name: String,
    /// `user.email`.
    pub email: Option<String>,
}

/// What git's settings say of the user; `None` without git, or without a name.
pub fn git_identity(environ: &Environ, stop: &Stop) -> Option<GitIdentity> {
    let setting = |name: &str| setting(environ, name, stop);
    Some(GitIdentity { name: setting("user.name")?, email: setting("user.email") })
}

fn setting(environ: &Environ, name: &str, stop: &Stop) -> Option<String> {
    let git = program::find(environ, Path::new("git"))?;
    let arguments = ["config", "--get", name].map(OsStr::new);
    let output = program::run(environ, &git, &arguments, Duration::from_secs(5), stop).ok()?;
    let text = String::from_utf8(output).ok()?.trim().to_owned();
    // It goes into a signed file and onto terminals.
    let plain = !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    plain.then_some(text)
}

impl std::fmt::Display for GitIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.email {
            Some(email) => write!(f, "{} <{email}>", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::git_identity;
    use crate::environ::Environ;
    use crate::stop::Stop;

    /// A git of our own making, whose settings are files.
    fn check(settings: &[(&str, &str)], found: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join("git");
        crate::program::write_script(&git, "exec /bin/cat \"$HOME/$3\"");
        for (name, value) in settings {
            std::fs::write(folder.path().join(name), value).unwrap();
        }
        let environ = Environ::of(folder.path(), [("PATH", folder.path()), ("HOME", folder.path())]);
        assert_eq!(
            git_identity(&environ, &Stop::new()).map(|identity| identity.to_string()).as_deref(),
            found
        );
    }

    #[test]
    fn a_name_is_taken_and_an_address_where_there_is_one() {
        check(
            &[("user.name", "Ada L\n"), ("user.email", "ada@example.org\n")],
            Some("Ada L <ada@example.org>"),
        );
        check(&[("user.name", "Ada L\n")], Some("Ada L"));
        check(&[("user.email", "ada@example.org\n")], None);
        check(&[("user.name", "Ada\u{1b}[2J\n")], None);
        assert_eq!(git_identity(&Environ::of("/", [("PATH", "/nowhere")]), &Stop::new()), None);
    }
}
