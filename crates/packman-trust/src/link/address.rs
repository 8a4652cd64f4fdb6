//! The address of a database as a link may name it: narrower than what a user may type.

use core::fmt;
use core::net::Ipv4Addr;

use packman_strict::quote::quoted;

use super::LinkError;

/// An `http` or `https` address in the one spelling that a link may use: a host in plain letters or four numbers, no
/// credentials, no query, nothing escaped, and no path that leads up or is read in two ways.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkAddress(String);

impl LinkAddress {
    /// Parses an address out of a link.
    pub(super) fn parse(text: &str) -> Result<Self, LinkError> {
        let wrong =
            |wanted: &str| LinkError::new(format!("`database`: found {}, wanted {wanted}", quoted(text)));
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or_else(|| wrong("an address that begins with `https://` or `http://`"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(wrong("an address without a user's name or password"));
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        if !is_host(host) {
            return Err(wrong("a host in plain small letters, digits, `-` and `.`, or four numbers"));
        }
        if !port.is_none_or(is_port) {
            return Err(wrong("a port from 1 to 65535"));
        }
        if !is_path(path) {
            return Err(wrong(
                "a path of letters, digits, `-`, `.`, `_` and `~`, without empty parts, `.` and `..`",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name of DNS as people read it, or an IPv4 address in its one spelling. Encoded international names (`xn--`) are
/// typed by hand: in a link nobody can tell them from the name that they imitate.
fn is_host(host: &str) -> bool {
    const LONGEST_HOST: usize = 253;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.starts_with("xn--")
    };
    // `0x7f.1`, `127.1` and `2130706433` are addresses to some readers and names to others.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return host.parse::<Ipv4Addr>().is_ok_and(|address| address.to_string() == host);
    }
    host.len() <= LONGEST_HOST && host.split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
}

fn is_path(path: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~'))
    };
    path.is_empty() || path.strip_suffix('/').unwrap_or(path).split('/').all(is_part)
}
