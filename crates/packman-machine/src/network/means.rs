//! What protects `https`: the platform's own verifier, else the root certificates that are built in, else the `curl` command.
//!
//! Chosen once in a run, by what is *there*, never by what *succeeds*: were a certificate that one means refuses offered to
//! the next, whoever forges certificates would only have to fool the weakest of them.

use std::path::PathBuf;

use crate::environ::Environ;
use crate::program;

/// What protects `https`. Chosen by what the machine has, never by what accepts a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TlsMeans {
    /// The platform's own verifier and certificates; `SSL_CERT_FILE` and `SSL_CERT_DIR` count where they do for
    /// other programs.
    Platform,
    /// The root certificates that are built in.
    Bundled,
    /// This `curl`, with whatever protects it.
    Curl(PathBuf),
    /// Nothing: `https` is not spoken.
    Nothing,
}

impl TlsMeans {
    /// The stable name in JSON and in `PACKMAN_TLS`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Bundled => "bundled",
            Self::Curl(_) => "curl",
            Self::Nothing => "nothing",
        }
    }
}

/// The variable by which a user chooses.
pub const CHOICE: &str = "PACKMAN_TLS";

/// What is there to protect `https`, and what is used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsThere {
    /// What is used.
    pub used: TlsMeans,
    /// What the user chose by `PACKMAN_TLS`, understood or not.
    pub asked: Option<String>,
    /// How many certificates the platform trusts; `None` where it keeps them to itself.
    pub platform: Option<usize>,
    /// The files and folders of certificates that the user named, each with its variable.
    pub named: Vec<(&'static str, PathBuf)>,
    /// Why some of the platform's certificates could not be read.
    pub unread: Vec<String>,
    /// Whether the built-in root certificates are young enough to be used.
    pub bundled: bool,
    /// The `curl` command.
    pub curl: Option<PathBuf>,
}

impl TlsThere {
    /// Looks at what is there.
    pub fn look(environ: &Environ, bundled: bool) -> Self {
        let (platform, unread) = platform();
        let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
        let named: Vec<_> = named.into_iter().filter_map(|name| Some((name, environ.path(name)?))).collect();
        let curl = program::find(environ, "curl".as_ref());
        let asked = environ.text(CHOICE).map(str::to_owned);
        // Who names certificates has said whom to trust: then nobody else is trusted, also where they cannot be read.
        let is_there = platform != Some(0) || !named.is_empty();
        let used = match (asked.as_deref(), &curl) {
            (Some("platform"), _) => TlsMeans::Platform,
            (Some("bundled"), _) => TlsMeans::Bundled,
            (Some("curl"), Some(curl)) => TlsMeans::Curl(curl.clone()),
            (Some(_), _) => TlsMeans::Nothing,
            (None, curl) => choose(is_there, bundled, curl.clone()),
        };
        Self { used, asked, platform, named, unread, bundled, curl }
    }
}

/// The first that is there. Root certificates go out of use: built-in ones that are years old are none.
fn choose(platform: bool, bundled: bool, curl: Option<PathBuf>) -> TlsMeans {
    match (platform, bundled, curl) {
        (true, ..) => TlsMeans::Platform,
        (false, true, _) => TlsMeans::Bundled,
        (false, false, Some(curl)) => TlsMeans::Curl(curl),
        (false, false, None) => TlsMeans::Nothing,
    }
}

/// How many certificates the platform trusts, and what could not be read of them.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
fn platform() -> (Option<usize>, Vec<String>) {
    let found = rustls_native_certs::load_native_certs();
    (Some(found.certs.len()), found.errors.iter().map(ToString::to_string).collect())
}

/// The system verifies by itself, and is always there.
#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
fn platform() -> (Option<usize>, Vec<String>) {
    (None, Vec::new())
}

/// For how many days the built-in root certificates are used after they were built in: about as long as browsers take to
/// replace all of them twice.
pub const BUNDLED_DAYS: i64 = 3 * 365;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{TlsMeans, TlsThere, choose};
    use crate::environ::Environ;
    use crate::program::write_script;

    #[test]
    fn the_first_that_is_there_is_used() {
        let curl = || Some(PathBuf::from("/usr/bin/curl"));
        for (platform, bundled, there, used) in [
            (true, true, curl(), "platform"),
            (true, false, None, "platform"),
            (false, true, curl(), "bundled"),
            (false, false, curl(), "curl"),
            (false, false, None, "nothing"),
        ] {
            assert_eq!(choose(platform, bundled, there).name(), used);
        }
    }

    #[test]
    fn the_user_chooses_and_what_he_chose_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        write_script(&folder.path().join("curl"), "exit 1");
        let look = |variables: &[(&str, &str)]| {
            TlsThere::look(&Environ::of("/", variables.iter().copied()), true).used
        };
        let path = folder.path().to_str().unwrap();
        assert_eq!(look(&[("PACKMAN_TLS", "bundled")]), TlsMeans::Bundled);
        assert_eq!(
            look(&[("PACKMAN_TLS", "curl"), ("PATH", path)]),
            TlsMeans::Curl(folder.path().join("curl"))
        );
        // What he chose is not there, or is no means: nothing else takes its place.
        assert_eq!(look(&[("PACKMAN_TLS", "curl")]), TlsMeans::Nothing);
        assert_eq!(look(&[("PACKMAN_TLS", "none")]), TlsMeans::Nothing);
        // Certificates that he named and that are not there: the built-in ones are not what he said.
        assert_eq!(look(&[("SSL_CERT_FILE", "/absent")]), TlsMeans::Platform);
    }
}
