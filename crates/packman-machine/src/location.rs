//! Where things are fetched from: a folder on a web server, or one on this machine.
//!
//! One spelling is kept and shown, and nothing a reader could take for another host gets in: no credentials, no
//! control characters, no backslashes, which URL readers take for different things.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use packman_strict::path::SafePath;
use packman_strict::quote::quoted;
use url::Url;

/// Longer ones are neither typed nor found in honest pages.
const LONGEST: usize = 8192;

/// An address that can be fetched from: `http`, `https`, or a folder or file of this machine.
#[derive(Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct Location(Place);

#[derive(Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
enum Place {
    Web(Url),
    Local(PathBuf),
}

/// What protects bytes on their way from a location.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Channel {
    /// `https`.
    Tls,
    /// `http`, on loopback too.
    Plain,
    /// This machine's own disk.
    Local,
}

/// Text that is not an address we fetch from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocationError {
    found: String,
    wanted: &'static str,
}

/// The same path without `.`, and without `..` where that leads to the same place: behind a symbolic link it does not.
fn without_detours(path: &Path) -> PathBuf {
    let mut direct = PathBuf::new();
    let mut has_detour = false;
    for part in path.components() {
        if part == Component::ParentDir {
            has_detour = true;
            direct.pop();
        } else {
            direct.push(part);
        }
    }
    let real = |path: &Path| path.canonicalize().ok();
    if !has_detour || real(path).is_some_and(|place| real(&direct) == Some(place)) {
        return direct;
    }
    path.to_owned()
}

impl Location {
    /// Parses the address of a folder, as a user types it or a ring holds it: an URL, or a path, which counts from
    /// `folder` when it is relative.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, LocationError> {
        let place = match scheme(text) {
            Some("http" | "https") => Place::Web(web(text)?),
            Some("file") => Place::Local(local(text)?),
            Some(_) => return Err(LocationError::new(text, "an http, https or file address")),
            // Somebody meant an address, and mistyped its beginning.
            None if text.contains("://") => return Err(LocationError::new(text, "an address or a path")),
            None => Place::Local(without_detours(&folder.join(plain(text)?))),
        };
        match &place {
            Place::Web(url) if url.query().is_some() => {
                Err(LocationError::new(text, "the address of a folder, without `?`"))
            }
            _ => Ok(Self(place)),
        }
    }

    /// Parses a whole `http` or `https` address as a record or a page names it; it may have a query.
    pub fn parse_link(text: &str) -> Result<Self, LocationError> {
        match scheme(text) {
            Some("http" | "https") => Ok(Self(Place::Web(web(text)?))),
            _ => Err(LocationError::new(text, "an http or https address")),
        }
    }

    /// A folder or file of this machine.
    pub fn local(path: impl Into<PathBuf>) -> Self {
        Self(Place::Local(path.into()))
    }

    /// A server on this machine, by its address.
    pub(crate) fn local_web(address: std::net::SocketAddr) -> Self {
        match Self::parse_link(&format!("http://{address}/")) {
            Ok(location) => location,
            // An address always makes an URL; were it otherwise, this one reaches nobody.
            Err(_) => Self::local(address.to_string()),
        }
    }

    /// What protects bytes on their way from here.
    pub fn channel(&self) -> Channel {
        match &self.0 {
            Place::Web(url) if url.scheme() == "https" => Channel::Tls,
            Place::Web(_) => Channel::Plain,
            Place::Local(_) => Channel::Local,
        }
    }

    /// The path, when it is on this machine.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Web(_) => None,
            Place::Local(path) => Some(path),
        }
    }

    /// The host's name, when it is on the web.
    pub fn host(&self) -> Option<&str> {
        self.url().and_then(Url::host_str)
    }

    /// The host with its port, when it is on the web.
    pub(crate) fn origin(&self) -> Option<String> {
        self.url().map(|url| url.origin().ascii_serialization())
    }

    /// The address of a file under this folder. What the path is made of is data: each part is percent-encoded,
    /// and none can lead out of the folder or to another host.
    pub fn join(&self, relative: &str) -> Result<Self, LocationError> {
        let wanted = "a relative path that is safe everywhere";
        let safe = SafePath::parse(relative).map_err(|_| LocationError::new(relative, wanted))?;
        match &self.0 {
            Place::Local(folder) => Ok(Self::local(folder.join(safe.as_str()))),
            Place::Web(url) => {
                let mut url = url.clone();
                url.set_query(None);
                url.path_segments_mut()
                    .map_err(|()| LocationError::new(relative, wanted))?
                    .pop_if_empty()
                    .extend(safe.as_str().split('/'));
                Ok(Self(Place::Web(url)))
            }
        }
    }

    /// Follows a reference found at this address, in a page or a redirect; gives where it leads, and its fragment.
    ///
    /// It never leads from the web to this machine's files, nor from `https` to `http`.
    pub fn follow(&self, reference: &str) -> Result<(Self, Option<String>), LocationError> {
        let Place::Web(base) = &self.0 else {
            return Err(LocationError::new(reference, "a reference found on the web"));
        };
        let wanted = "an http or https address";
        let mut url = base
            .join(plain(reference.trim_matches(' '))?)
            .map_err(|_| LocationError::new(reference, wanted))?;
        let fragment = url.fragment().map(str::to_owned);
        url.set_fragment(None);
        if base.scheme() == "https" && url.scheme() == "http" {
            return Err(LocationError::new(reference, "an https address, as the page that names it"));
        }
        Ok((Self(Place::Web(web(url.as_str())?)), fragment))
    }

    /// The address as it may be shown, and end in a log: without its query.
    pub fn shown(&self) -> String {
        match &self.0 {
            Place::Web(url) => without_secrets(url.as_str()),
            Place::Local(path) => path.display().to_string(),
        }
    }

    pub(crate) fn url(&self) -> Option<&Url> {
        match &self.0 {
            Place::Web(url) => Some(url),
            Place::Local(_) => None,
        }
    }
}

/// What stands before `:`, in lower case where it is one of ours; a single letter is a drive of Windows.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut letters = scheme.bytes();
    let is_scheme = scheme.len() > 1
        && letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || b"+-.".contains(&letter));
    ["http", "https", "file"]
        .into_iter()
        .find(|known| scheme.eq_ignore_ascii_case(known))
        .or_else(|| is_scheme.then_some(scheme))
}

fn web(text: &str) -> Result<Url, LocationError> {
    let wanted = LocationError::wanted(text);
    // The parser would repair these silently, each in a way another reader might not share.
    if plain(text)?.contains(['\\', ' ']) {
        return Err(wanted("an address without spaces and backslashes"));
    }
    let authority =
        text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if authority.is_none_or(str::is_empty) {
        return Err(wanted("a host after `//`"));
    }
    let url = Url::parse(text).map_err(|_| wanted("an http or https address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wanted("an http or https address"));
    }
    if authority.is_some_and(|authority| authority.contains('@')) || !url.username().is_empty() {
        return Err(wanted("an address without user name and password"));
    }
    if url.fragment().is_some() {
        return Err(wanted("an address without `#`"));
    }
    Ok(url)
}

fn local(text: &str) -> Result<PathBuf, LocationError> {
    let wanted = LocationError::wanted(text);
    let url = Url::parse(plain(text)?).map_err(|_| wanted("a file address, `file:///` and a path"))?;
    let whole = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("file://"));
    if !whole || url.query().is_some() || url.fragment().is_some() || url.host().is_some() {
        return Err(wanted("a file address, `file:///` and a path"));
    }
    let path = url.to_file_path().map_err(|()| wanted("a file address, `file:///` and a path"))?;
    // `%00` and `%0a` come to light only now.
    plain(&path.to_string_lossy()).map_err(|_| wanted("a path without control characters"))?;
    Ok(path)
}

fn plain(text: &str) -> Result<&str, LocationError> {
    match text {
        "" => Err(LocationError::new(text, "an address or a path")),
        _ if text.len() > LONGEST => Err(LocationError::new(text, "at most 8192 bytes")),
        _ if text.chars().any(char::is_control) => {
            Err(LocationError::new(text, "an address without control characters"))
        }
        _ => Ok(text),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Web(url) => f.write_str(url.as_str()),
            Place::Local(path) => path.display().fmt(f),
        }
    }
}

impl LocationError {
    fn new(found: &str, wanted: &'static str) -> Self {
        Self { found: without_secrets(found), wanted }
    }

    fn wanted(found: &str) -> impl Fn(&'static str) -> Self {
        move |wanted| Self::new(found, wanted)
    }
}

/// A text with an address in it as it may be shown: without user name, password and query, each of which may be a secret
/// (a signed address holds its signature in the query), and a refusal may end in a log.
pub fn without_secrets(text: &str) -> String {
    let begin = text.find("//").map_or(0, |at| at + 2);
    let (head, rest) = text.split_at_checked(begin).unwrap_or(("", text));
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    // What is mistyped may hold a password that ends an address early (`u:a/b@host`): all before the last `@` goes.
    // What is behind it in `flask@3.0` is no host.
    let behind = rest.rsplit('@').next().unwrap_or_default();
    let is_address =
        begin > 0 || behind.contains(['/', '.']) && !behind.starts_with(|first: char| first.is_ascii_digit());
    let secret =
        rest.get(..end).and_then(|authority| authority.rfind('@')).filter(|_| is_address).or_else(|| {
            rest.rfind('@').filter(|at| rest.get(..*at).is_some_and(|before| before.contains(':')))
        });
    let shown = match secret.and_then(|at| rest.get(at..)) {
        Some(from_at) => format!("{head}…{from_at}"),
        None => text.to_owned(),
    };
    match shown.split_once('?') {
        Some((address, query)) if !query.is_empty() => format!("{address}?…"),
        _ => shown,
    }
}

impl fmt::Display for LocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address {}: wanted {}", quoted(&self.found), self.wanted)
    }
}

impl std::error::Error for LocationError {}

#[cfg(test)]
mod tests;
