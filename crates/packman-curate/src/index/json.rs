//! Reads the JSON form of a simple index page (PEP 691, with the fields of PEPs 700 and 714).

use packman_database::shortened;
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Reader, ShapeError};
use packman_strict::quote::quoted;

use super::page::{
    CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage, absolute, is_file_name, parse_upload_time,
    verify_links,
};

/// How much of a page is read.
const LIMITS: Limits = Limits { bytes: super::LARGEST_PAGE, depth: 16, nodes: 8_000_000 };

impl From<ShapeError> for MalformedPage {
    fn from(error: ShapeError) -> Self {
        Self::new(error.to_string())
    }
}

/// Parses a page that is JSON.
pub(super) fn parse(bytes: &[u8], base: &url::Url) -> Result<IndexPage, MalformedPage> {
    let document = Document::parse(bytes, &LIMITS).map_err(|error| MalformedPage::new(error.to_string()))?;
    let root = Reader::root(&document);
    parse_api_version(&root)?;
    let files = root.member("files")?;
    verify_links(files.elements()?.len())?;
    let files = files.elements()?.map(|file| parse_file(&file, base)).filter_map(Result::transpose);
    let files = files.collect::<Result<_, _>>()?;
    Ok(IndexPage { files })
}

/// A later major version may mean anything; a later minor one only adds (PEP 629).
fn parse_api_version(root: &Reader<'_, '_>) -> Result<(), MalformedPage> {
    let text = root.member("meta")?.member("api-version")?.str()?;
    match text.split_once('.') {
        Some(("1", minor)) if !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ => Err(MalformedPage::found("meta.api-version", text, "`1.` and a number")),
    }
}

/// Reads one file; `None` where it is none that could be recorded.
fn parse_file(file: &Reader<'_, '_>, base: &url::Url) -> Result<Option<IndexFile>, MalformedPage> {
    let name = file.member("filename")?.str()?;
    if !is_file_name(name) {
        return Ok(None);
    }
    let url = absolute(base, file.member("url")?.str()?)?;
    Ok(Some(IndexFile {
        name: name.to_owned(),
        url: without_fragment(url),
        hashes: parse_hashes(&file.member("hashes")?)?,
        requires_python: optional_text(file, "requires-python")?,
        yanked: parse_yanked(file)?,
        upload_time: optional_text(file, "upload-time")?.map(|text| parse_upload_time(&text)).transpose()?,
        core_metadata: parse_core_metadata(file)?,
        size: present(file, "size")?.map(Reader::u64).transpose()?,
        provenance: match present(file, "provenance")? {
            Some(address) => Some(absolute(base, address.str()?)?.into()),
            None => None,
        },
    }))
}

pub(super) fn without_fragment(mut url: url::Url) -> String {
    url.set_fragment(None);
    url.into()
}

/// A member that is there and not `null`: some indexes write `null` for what they do not know.
fn present<'v, 'a>(place: &Reader<'v, 'a>, member: &str) -> Result<Option<Reader<'v, 'a>>, ShapeError> {
    Ok(place.optional(member)?.and_then(Reader::non_null))
}

fn optional_text(place: &Reader<'_, '_>, member: &str) -> Result<Option<String>, ShapeError> {
    present(place, member)?.map(|text| text.str().map(str::to_owned)).transpose()
}

fn parse_hashes(hashes: &Reader<'_, '_>) -> Result<Hashes, MalformedPage> {
    let mut found = Hashes::default();
    for (algorithm, value) in hashes.members()? {
        match algorithm {
            "sha256" => found.sha256 = Some(parse_sha256(value.str()?)?),
            other => found.others.push(other.to_owned()),
        }
    }
    Ok(found)
}

pub(super) fn parse_sha256(text: &str) -> Result<Sha256, MalformedPage> {
    Sha256::parse(&text.to_ascii_lowercase()).map_err(|_| {
        MalformedPage::new(format!("sha256: found {}, wanted 64 hexadecimal digits", quoted(text)))
    })
}

/// PEP 592: absent, `false`, `true`, or the reason.
fn parse_yanked(file: &Reader<'_, '_>) -> Result<Option<String>, ShapeError> {
    let Some(yanked) = present(file, "yanked")? else { return Ok(None) };
    if let Some(flag) = yanked.as_bool() {
        return Ok(flag.then(String::new));
    }
    yanked.str().map(|reason| Some(shortened(reason.to_owned())))
}

/// PEP 714: `core-metadata` is the name; `dist-info-metadata` its predecessor, which counts where the other is absent.
fn parse_core_metadata(file: &Reader<'_, '_>) -> Result<CoreMetadataFile, MalformedPage> {
    let stated = match present(file, "core-metadata")? {
        Some(stated) => Some(stated),
        None => present(file, "dist-info-metadata")?,
    };
    let Some(stated) = stated else { return Ok(CoreMetadataFile::Absent) };
    if let Some(flag) = stated.as_bool() {
        return Ok(if flag { CoreMetadataFile::Beside(None) } else { CoreMetadataFile::Absent });
    }
    Ok(CoreMetadataFile::Beside(parse_hashes(&stated)?.sha256))
}
