//! One page of a simple index: what files it lists for a project, and what it says of each.
//!
//! Nothing on it is believed: a hash is what the index *claims*, and is compared with the bytes.

use std::fmt;

use packman_machine::location::without_secrets;
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_strict::time::Time;

/// The files that an index lists for one project, in its order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IndexPage {
    /// The files.
    pub files: Vec<IndexFile>,
}

/// One file as an index lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IndexFile {
    /// Its name, as the index spells it; not parsed yet.
    pub name: String,
    /// Its absolute address.
    pub url: String,
    /// Its hashes, as the index says.
    pub hashes: Hashes,
    /// `Requires-Python`, where the index says it.
    pub requires_python: Option<String>,
    /// Why it was yanked (PEP 592), where it was; may be empty.
    pub yanked: Option<String>,
    /// When it was uploaded (PEP 700), where the index says so.
    pub upload_time: Option<Time>,
    /// Whether its METADATA can be had alone (PEPs 658 and 714).
    pub core_metadata: CoreMetadataFile,
    /// Its size in bytes (PEP 700), where the index says so.
    pub size: Option<u64>,
    /// Where the index says who built it (PEP 740), where it does; an absolute address.
    pub provenance: Option<String>,
}

/// The hashes an index names for a file. Only SHA-256 counts; whether there are others is kept to say so.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hashes {
    /// The SHA-256, where the index names one.
    pub sha256: Option<Sha256>,
    /// The names of other algorithms it names, which are not looked at.
    pub others: Vec<String>,
}

/// Whether the METADATA of a wheel stands beside it, as `<url>.metadata`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum CoreMetadataFile {
    /// It does not.
    Absent,
    /// It does, with this hash where the index names one.
    Beside(Option<Sha256>),
}

/// A page that cannot be read: what was found, and what was wanted. Code `malformed-index`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MalformedPage {
    what: String,
}

impl MalformedPage {
    /// The stable code of this refusal.
    pub const CODE: &'static str = "malformed-index";

    /// A page that is wrong for the reason `what`.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    /// `member` held `found` where `wanted` belongs.
    pub(super) fn found(member: &str, found: &str, wanted: &str) -> Self {
        Self { what: format!("{member}: found {}, wanted {wanted}", quoted(found)) }
    }
}

impl fmt::Display for MalformedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for MalformedPage {}

impl IndexPage {
    /// Parses a page by what its server says it is, and by its first byte where the server says nothing.
    ///
    /// `base` is the address the page came from, after redirections: relative addresses count from it.
    pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &str) -> Result<Self, MalformedPage> {
        let base = url::Url::parse(base)
            .map_err(|_| MalformedPage::found("address", base, "an absolute address"))?;
        let page = if is_json(bytes, content_type) {
            super::json::parse(bytes, &base)
        } else {
            super::html::parse(bytes, &base)
        }?;
        page.files.iter().try_for_each(|file| file.verify_channel(&base))?;
        Ok(page)
    }
}

impl IndexFile {
    /// A page that came over TLS may name a file over plain HTTP only with its hash: without one, anybody on the way
    /// could choose the bytes.
    fn verify_channel(&self, page: &url::Url) -> Result<(), MalformedPage> {
        if page.scheme() == "https" && self.url.starts_with("http:") && self.hashes.sha256.is_none() {
            let found = without_secrets(&self.url);
            return Err(MalformedPage::found("url", &found, "https, as the page, or a SHA-256"));
        }
        Ok(())
    }
}

/// Says whether a page is JSON: many a static mirror serves PEP 691 pages as `application/octet-stream`.
fn is_json(bytes: &[u8], content_type: Option<&str>) -> bool {
    let kind =
        content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => false,
        _ if kind.ends_with("+html") => false,
        "application/json" => true,
        _ if kind.ends_with("+json") => true,
        _ => bytes.trim_ascii_start().first() == Some(&b'{'),
    }
}

/// The longest address that is read, in bytes: as long as a record may have it.
const LONGEST_ADDRESS: usize = 2_048;

/// What the names of files end with that an index may have.
const ENDINGS: [&str; 9] = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".egg", ".exe", ".msi"];

/// Says whether this is the name of a file such as an index has.
pub(super) fn is_file_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Says whether an address can be that of a file such as an index has. Asked before anything is made of it: a page may
/// have 100,000 links, each as long as its base.
pub(super) fn may_lead_to_file(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.contains(ending))
}

/// Verifies that a page has no more links than are read: each costs some work, and a page costs its host nothing.
pub(super) fn verify_links(found: usize) -> Result<(), MalformedPage> {
    let most = super::MOST_LINKS;
    if found > most {
        return Err(MalformedPage::new(format!("found more than {most} links, wanted those of one project")));
    }
    Ok(())
}

/// Makes an address absolute, against that of its page.
pub(super) fn absolute(base: &url::Url, text: &str) -> Result<url::Url, MalformedPage> {
    let malformed = |wanted| MalformedPage::found("url", &without_secrets(&shortened(text)), wanted);
    if text.len() > LONGEST_ADDRESS {
        return Err(malformed("at most 2048 bytes"));
    }
    let url = base.join(text).map_err(|_| malformed("an address"))?;
    // A long base would be copied for each of 100,000 links.
    if url.as_str().len() > LONGEST_ADDRESS { Err(malformed("at most 2048 bytes")) } else { Ok(url) }
}

/// The beginning of a text, long enough to be found again.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Reads a time as PEP 700 has it: UTC, with or without fractions of a second, which are dropped.
pub(super) fn parse_upload_time(text: &str) -> Result<Time, MalformedPage> {
    let malformed =
        || MalformedPage::found("upload-time", text, "YYYY-MM-DDTHH:MM:SSZ, with or without fractions");
    let body = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or_else(malformed)?;
    let whole = match body.split_once('.') {
        None => body,
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            whole
        }
        Some(_) => return Err(malformed()),
    };
    Time::parse(&format!("{whole}Z")).map_err(|_| malformed())
}
