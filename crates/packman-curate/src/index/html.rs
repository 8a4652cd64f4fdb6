//! Reads the HTML form of a simple index page (PEP 503, with the attributes of PEPs 592, 629, 658 and 714).
//!
//! Every `<a>` with a file name at the end of its address is a file; the rest of the page is not looked at, save
//! `<base href>`. What an address carries after `#` is the hash the index claims.

use std::collections::BTreeMap;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Spanned, StartTag, Token, Tokenizer};

use packman_database::shortened;

use super::json::{parse_sha256, without_fragment};
use super::page::{
    CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage, absolute, is_file_name, may_lead_to_file,
    verify_links,
};

/// Parses a page that is HTML.
pub(super) fn parse(bytes: &[u8], page: &url::Url) -> Result<IndexPage, MalformedPage> {
    let text = std::str::from_utf8(bytes).map_err(|_| MalformedPage::new("the page is not UTF-8"))?;
    let mut base = page.clone();
    let mut based = false;
    let mut files = Vec::new();
    let mut emitter = DefaultEmitter::default();
    // What stands in a script or a style is no link.
    emitter.naively_switch_states(true);
    let mut links = 0;
    for token in Tokenizer::new_with_emitter(text, emitter).flatten() {
        let Token::StartTag(tag) = token else { continue };
        let attributes = Attributes::of(&tag)?;
        match tag.name.as_slice() {
            // Only the first one counts, as in a browser.
            b"base" if !based => {
                if let Some(href) = attributes.text("href") {
                    base = absolute(page, href)?;
                    based = true;
                }
            }
            b"meta" if attributes.text("name") == Some("pypi:repository-version") => {
                parse_repository_version(attributes.text("content").unwrap_or_default())?;
            }
            b"a" => {
                links += 1;
                verify_links(links)?;
                files.extend(parse_anchor(&attributes, &base)?);
            }
            _ => {}
        }
    }
    Ok(IndexPage { files })
}

/// The attributes of one tag, as text.
struct Attributes(BTreeMap<String, String>);

impl Attributes {
    fn of(tag: &StartTag<()>) -> Result<Self, MalformedPage> {
        let text = |value: &HtmlString| {
            String::from_utf8(value.0.clone()).map_err(|_| MalformedPage::new("an attribute is not UTF-8"))
        };
        let pair =
            |(name, value): (&HtmlString, &Spanned<HtmlString, ()>)| Ok((text(name)?, text(&value.value)?));
        tag.attributes.iter().map(pair).collect::<Result<_, MalformedPage>>().map(Self)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn parse_repository_version(text: &str) -> Result<(), MalformedPage> {
    if text.split('.').next() == Some("1") {
        return Ok(());
    }
    Err(MalformedPage::found("pypi:repository-version", text, "`1.` and a number"))
}

/// Reads one link; `None` where it leads to no file (a link to the page above, say).
fn parse_anchor(attributes: &Attributes, base: &url::Url) -> Result<Option<IndexFile>, MalformedPage> {
    let Some(href) = attributes.text("href") else { return Ok(None) };
    // An ending may be written with percent escapes.
    if !href.contains('%') && !may_lead_to_file(href) {
        return Ok(None);
    }
    let url = absolute(base, href)?;
    let Some(name) = file_name(&url) else { return Ok(None) };
    Ok(Some(IndexFile {
        name,
        hashes: parse_fragment(url.fragment().unwrap_or_default())?,
        url: without_fragment(url),
        requires_python: attributes
            .text("data-requires-python")
            .map(str::to_owned)
            .filter(|text| !text.is_empty()),
        yanked: attributes.text("data-yanked").map(|reason| shortened(reason.to_owned())),
        upload_time: None,
        core_metadata: parse_core_metadata(attributes)?,
        size: None,
        provenance: match attributes.text("data-provenance") {
            Some(address) => Some(absolute(base, address)?.into()),
            None => None,
        },
    }))
}

/// The file name at the end of an address, where there is one.
pub(crate) fn file_name_of(url: &str) -> Option<String> {
    file_name(&url::Url::parse(url).ok()?)
}

/// The last part of the address, with its percent escapes resolved; only where it names a wheel or an sdist.
fn file_name(url: &url::Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name = percent_decoded(last)?;
    is_file_name(&name).then_some(name)
}

/// Resolves `%2B` and its like; `None` for what is no UTF-8 then, or would not be one name any more.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|name| !name.contains(['/', '\\', '\0']))
}

/// `#sha256=…`; what else may stand in a fragment (`egg=`, `subdirectory=`) is no hash.
fn parse_fragment(fragment: &str) -> Result<Hashes, MalformedPage> {
    let mut hashes = Hashes::default();
    for part in fragment.split('&') {
        match part.split_once('=') {
            Some(("sha256", hex)) => hashes.sha256 = Some(parse_sha256(hex)?),
            Some((name @ ("md5" | "sha1" | "sha224" | "sha384" | "sha512"), _)) => {
                hashes.others.push(name.to_owned());
            }
            _ => {}
        }
    }
    Ok(hashes)
}

/// `data-core-metadata` (PEP 714) or its predecessor: `true`, `false`, or `sha256=…`.
fn parse_core_metadata(attributes: &Attributes) -> Result<CoreMetadataFile, MalformedPage> {
    let stated = attributes.text("data-core-metadata").or_else(|| attributes.text("data-dist-info-metadata"));
    match stated {
        None | Some("false") => Ok(CoreMetadataFile::Absent),
        Some(text) => Ok(CoreMetadataFile::Beside(parse_fragment(text)?.sha256)),
    }
}
