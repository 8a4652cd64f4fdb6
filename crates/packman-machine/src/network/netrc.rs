//! Names and passwords of hosts, from the file that curl, pip and others share: `.netrc`.
//!
//! A password goes to the host that its entry names, over TLS or to this very machine, and nowhere else: not on where
//! that host redirects to, and not to hosts that no entry names: databases name hosts, so the `default` entry, which is
//! for any host, would give them a password for the asking. It is never shown.
//!
//! A file that others can read is used, with a warning, as curl and pip do: its secret is out already, not using it
//! would protect nothing, and secrets that are mounted into containers mostly are such files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ureq::http::HeaderValue;

use super::proxy::is_this_machine;
use crate::environ::Environ;
use crate::files;
use crate::location::{Channel, Location};

/// Longer files are no list of hosts.
const LONGEST: u64 = 1 << 20;

/// The user's netrc; it is read when the first host is asked.
#[derive(Debug)]
pub(super) struct Netrc {
    /// The file that the environment names, and where it would be otherwise.
    named: Option<PathBuf>,
    usual: Vec<PathBuf>,
    warn: fn(&dyn fmt::Display),
    logins: OnceLock<Vec<Login>>,
}

/// What is said to one host.
#[derive(Eq, PartialEq)]
struct Login {
    host: String,
    name: String,
    password: String,
}

/// A host, and what it is told of who asks.
pub(super) struct Credentials {
    origin: String,
    header: HeaderValue,
}

impl Netrc {
    pub(super) fn of(environ: &Environ, warn: fn(&dyn fmt::Display)) -> Self {
        let names: &[&str] = if cfg!(windows) { &["_netrc", ".netrc"] } else { &[".netrc"] };
        let home = environ.user_home();
        let usual = home.iter().flat_map(|home| names.iter().map(|name| home.join(name))).collect();
        Self { named: environ.path("NETRC"), usual, warn, logins: OnceLock::new() }
    }

    /// What the host that is asked first is told, where the user has an entry for it.
    pub(super) fn credentials(&self, location: &Location) -> Option<Credentials> {
        let host = location.host()?.trim_matches(['[', ']']);
        // Whoever is on the way could read it.
        if location.channel() != Channel::Tls && !is_this_machine(host) {
            return None;
        }
        let logins = self.logins.get_or_init(|| self.read());
        let login = logins.iter().find(|login| login.host.eq_ignore_ascii_case(host))?;
        Some(Credentials { origin: location.origin()?, header: login.header()? })
    }

    fn read(&self) -> Vec<Login> {
        let warn = |path: &Path, what: &str| {
            (self.warn)(&format_args!(
                "netrc {}: {what}",
                packman_strict::quote::quoted(&path.to_string_lossy())
            ));
        };
        for path in self.named.iter().chain(self.usual.iter().filter(|_| self.named.is_none())) {
            let bytes = match files::read_file(path, LONGEST) {
                Ok(Some(bytes)) => bytes,
                Ok(None) if self.named.is_none() => continue,
                Ok(None) => {
                    warn(path, "is not there, as NETRC says it is; no passwords are used");
                    continue;
                }
                Err(failure) => {
                    warn(path, &format!("{}; no passwords are used", failure.reason()));
                    continue;
                }
            };
            let Some(logins) = parse(&String::from_utf8_lossy(&bytes)) else {
                warn(path, "is not understood; no passwords are used");
                continue;
            };
            if !logins.is_empty() && others_can_read(path) {
                warn(path, "holds passwords that others can read; `chmod 600` keeps them to yourself");
            }
            return logins;
        }
        Vec::new()
    }
}

impl Credentials {
    /// What is told at this address: nothing but at the host, the port and by the scheme that were asked first.
    pub(super) fn header(&self, at: &Location) -> Option<HeaderValue> {
        at.origin().filter(|origin| *origin == self.origin).map(|_| self.header.clone())
    }
}

impl Login {
    /// `Basic` (RFC 7617); `None` for a name that it cannot carry.
    fn header(&self) -> Option<HeaderValue> {
        let whole = format!("{}:{}", self.name, self.password);
        if self.name.contains(':') || whole.contains(char::is_control) {
            return None;
        }
        let mut header = HeaderValue::try_from(format!("Basic {}", base64(whole.as_bytes()))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o044 != 0)
}

/// A profile folder of this system is its user's own.
#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

/// Reads the entries of hosts, each once: of two for one host the first counts. `None` where it is not understood: what
/// stands after that could be a password taken for a host.
fn parse(text: &str) -> Option<Vec<Login>> {
    let mut words = Words { rest: text.trim_start_matches('\u{feff}') };
    let (mut logins, mut open): (Vec<Login>, Option<Login>) = (Vec::new(), None);
    while let Some(word) = words.keyword() {
        match word.as_str() {
            "machine" | "default" => {
                logins.extend(open.take());
                let host = if word == "machine" { words.next()?? } else { String::new() };
                open = Some(Login { host, name: String::new(), password: String::new() });
            }
            // Commands for file transfers, up to an empty line.
            "macdef" => words.skip_macro(),
            "login" | "user" => open.as_mut()?.name = words.next()??,
            "password" => open.as_mut()?.password = words.next()??,
            "account" => drop(words.next()??),
            _ => return None,
        }
    }
    logins.extend(open);
    logins.retain(|login| {
        let says_something = !login.name.is_empty() || !login.password.is_empty();
        says_something && !login.host.is_empty()
    });
    Some(logins)
}

/// The words of a netrc.
struct Words<'t> {
    rest: &'t str,
}

impl Words<'_> {
    /// The next word where a keyword is wanted; comments may stand there, and nowhere else: a password may begin with
    /// `#`. One that is not understood is an empty one.
    fn keyword(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return self.next().map(Option::unwrap_or_default);
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    /// The next word, as it is or in quotes with `\` before what counts as it is; the inner `None` for a quote that is
    /// not closed.
    #[expect(
        clippy::option_option,
        reason = "no more words, and one that is not understood, end differently"
    )]
    fn next(&mut self) -> Option<Option<String>> {
        self.rest = self.rest.trim_start();
        let is_quoted = self.rest.starts_with('"');
        let mut word = String::new();
        let mut letters = self.rest.char_indices().skip(usize::from(is_quoted));
        let end = loop {
            match letters.next() {
                None if is_quoted => return Some(None),
                None => break self.rest.len(),
                Some((at, '"')) if is_quoted => break at.saturating_add(1),
                Some((at, letter)) if !is_quoted && letter.is_whitespace() => break at,
                Some((_, '\\')) => match letters.next() {
                    Some((_, 'n')) if is_quoted => word.push('\n'),
                    Some((_, 't')) if is_quoted => word.push('\t'),
                    Some((_, 'r')) if is_quoted => word.push('\r'),
                    Some((_, letter)) => word.push(letter),
                    None => return Some(None),
                },
                Some((_, letter)) => word.push(letter),
            }
        };
        if end == 0 {
            return None;
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(Some(word))
    }

    fn skip_macro(&mut self) {
        while let Some((line, rest)) = self.rest.split_once('\n') {
            self.rest = rest;
            if line.trim().is_empty() {
                return;
            }
        }
        self.rest = "";
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all = three.iter().chain([&0, &0]).take(3).fold(0_u32, |all, byte| (all << 8) | u32::from(*byte));
        for place in 0..4_usize {
            let digit = usize::try_from(all >> (18 - 6 * place)).unwrap_or_default() & 63;
            let digit = DIGITS.get(digit).filter(|_| place <= three.len()).unwrap_or(&b'=');
            text.push(char::from(*digit));
        }
    }
    text
}

#[cfg(test)]
mod tests;
