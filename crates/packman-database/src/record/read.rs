//! Reads a project record. Nothing in it is trusted yet; what is malformed is refused whole.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use packman_names::{ProjectName, Version};
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Reader, ShapeError};

use super::{CoreMetadata, FileName, MalformedRecord, ProjectRecord, RecordedFile, Review};
use crate::FileUrl;
use crate::reading::{
    line_of_text, member_sha256, member_time, optional_hashes, optional_lines, optional_prefixes,
    optional_text, text,
};

/// The largest record that is read: 64 MiB, ten times that of the project with the most files known.
const LIMITS: Limits = Limits { bytes: 64 << 20, depth: 16, nodes: 8_000_000 };

/// The most further addresses of one file. Each is a place that may be asked before a download fails.
pub const MOST_ALSO: usize = 32;

impl ProjectRecord {
    /// Parses the record of `project`. A record that speaks of another project, or of a file of another project, is
    /// malformed: whoever asked for `flask` must not be answered with `f1ask`.
    pub fn parse(project: &ProjectName, bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let document = Document::parse(bytes, &LIMITS)?;
        let root = Reader::root(&document);
        let name = root.member("name")?;
        if name.str()? != project.as_str() {
            return Err(name.wrong(&format!("`{project}`")).into());
        }
        let own = root.member("_packman")?;
        let format = own.member("format")?;
        if format.u64()? != 1 {
            return Err(format.wrong("1").into());
        }
        let shared = Shared::parse(own)?;
        let mut files = Vec::new();
        for entry in root.member("files")?.elements()? {
            files.push(shared.parse_file(project, entry)?);
        }
        refuse_names_twice(&files)?;
        Ok(Self { name: project.clone(), summary: optional_text(own, "summary")?, files })
    }
}

/// Sorting thousands of names costs less than a set of them.
fn refuse_names_twice(files: &[RecordedFile]) -> Result<(), MalformedRecord> {
    let mut names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    match names.array_windows().find(|[one, next]| one == next) {
        Some([twice, _]) => Err(MalformedRecord::found("filename", twice, "each file name once")),
        None => Ok(()),
    }
}

/// What stands once in a record and is meant for many of its files.
struct Shared {
    prefixes: Vec<String>,
    needs: HashMap<Version, Needs>,
    /// The bytes of the addresses that were put together so far: a record of some numbers could ask for gigabytes.
    made: Cell<usize>,
}

/// The part of [`CoreMetadata`] that PEP 691 has no place for. A clone is the same lines: one version may have thousands
/// of files, and thousands of lines.
#[derive(Clone, Default)]
struct Needs {
    requires_dist: Arc<[String]>,
    provides_extra: Arc<[String]>,
}

impl Needs {
    /// Reads the needs from `place`, a version's or a file's; `base` holds where `place` is silent.
    fn parse(place: Reader<'_, '_>, base: Self) -> Result<Self, ShapeError> {
        Ok(Self {
            requires_dist: optional_lines(place, "requires-dist")?.unwrap_or(base.requires_dist),
            provides_extra: optional_lines(place, "provides-extra")?.unwrap_or(base.provides_extra),
        })
    }
}

impl Shared {
    fn parse(own: Reader<'_, '_>) -> Result<Self, MalformedRecord> {
        let mut needs = HashMap::new();
        for (text, place) in own.member("versions")?.members()? {
            let version = parse_version(text)?;
            if needs.insert(version, Needs::parse(place, Needs::default())?).is_some() {
                return Err(MalformedRecord::found("_packman.versions", text, "each version once"));
            }
        }
        let prefixes = optional_prefixes(own, "prefixes")?.unwrap_or_default();
        Ok(Self { prefixes, needs, made: Cell::new(0) })
    }

    fn parse_file(
        &self,
        project: &ProjectName,
        entry: Reader<'_, '_>,
    ) -> Result<RecordedFile, MalformedRecord> {
        let name = FileName::parse(entry.member("filename")?.str()?)?;
        if name.project() != project {
            return Err(MalformedRecord::found("filename", name.as_str(), &format!("a file of `{project}`")));
        }
        let own = entry.member("_packman")?;
        let sha256 = member_sha256(entry.member("hashes")?)?;
        let base = self.needs.get(name.version()).cloned().unwrap_or_default();
        let needs = Needs::parse(own, base)?;
        let metadata = CoreMetadata {
            requires_dist: needs.requires_dist,
            requires_python: optional_text(entry, "requires-python")?,
            provides_extra: needs.provides_extra,
        };
        Ok(RecordedFile {
            urls: self.parse_urls(entry, &sha256, name.as_str())?,
            sha256,
            size: entry.member("size")?.u64()?,
            metadata_sha256: optional_hashes(entry, "core-metadata")?,
            record_sha256: optional_hashes(own, "record")?,
            metadata: Arc::new(metadata),
            uploaded: entry
                .optional("upload-time")?
                .map(|_| member_time(entry, "upload-time"))
                .transpose()?,
            first_seen: member_time(own, "first-seen")?,
            for_lock: own.optional("for-lock")?.map(Reader::bool).transpose()?.unwrap_or(false),
            yanked: parse_yanked(entry)?,
            provenance: parse_provenance(own)?,
            // One of other bytes, left behind where somebody edited a record, is nobody's.
            review: own
                .optional("review")?
                .map(|review| Review::parse(review, &sha256))
                .transpose()?
                .flatten(),
            recalled: optional_text(own, "recalled")?,
            name,
        })
    }

    /// The address that PEP 691 has, then those made of a shared beginning and the file's name.
    fn parse_urls(
        &self,
        entry: Reader<'_, '_>,
        sha256: &Sha256,
        filename: &str,
    ) -> Result<Vec<FileUrl>, ShapeError> {
        let url = entry.member("url")?;
        let parse = |text: &str, place: Reader<'_, '_>| {
            FileUrl::parse(text, sha256, filename)
                .map_err(|_| place.wrong("an http or https address, or the file's own blob"))
        };
        let mut urls = vec![parse(url.str()?, url)?];
        let Some(also) = entry.member("_packman")?.optional("also")? else { return Ok(urls) };
        let also = also.elements()?;
        if also.len() > MOST_ALSO {
            return Err(entry.wrong(&format!("at most {MOST_ALSO} further addresses")));
        }
        for place in also {
            let prefix = usize::try_from(place.u64()?).ok().and_then(|index| self.prefixes.get(index));
            let prefix = prefix.ok_or_else(|| place.wrong("the place of one of `_packman.prefixes`"))?;
            let made = self.made.get().saturating_add(prefix.len()).saturating_add(filename.len());
            self.made.set(made);
            if made > LIMITS.bytes {
                return Err(place.wrong("further addresses of at most 64 MiB together"));
            }
            urls.push(parse(&format!("{prefix}{filename}"), place)?);
        }
        Ok(urls)
    }
}

fn parse_version(text: &str) -> Result<Version, MalformedRecord> {
    text.parse().map_err(|_| MalformedRecord::found("version", text, "a PEP 440 version"))
}

/// The most publishers of one file.
const MOST_PUBLISHERS: usize = 16;

fn parse_provenance(own: Reader<'_, '_>) -> Result<Vec<String>, ShapeError> {
    let Some(list) = own.optional("provenance")? else { return Ok(Vec::new()) };
    let lines = list.elements()?;
    if lines.len() > MOST_PUBLISHERS {
        return Err(list.wrong(&format!("at most {MOST_PUBLISHERS} publishers")));
    }
    lines.map(line_of_text).collect()
}

/// PEP 592: absent, `false`, `true`, or the reason.
fn parse_yanked(entry: Reader<'_, '_>) -> Result<Option<String>, ShapeError> {
    let Some(yanked) = entry.optional("yanked")? else { return Ok(None) };
    match yanked.as_bool() {
        Some(flag) => Ok(flag.then(String::new)),
        None => text(yanked).map(Some),
    }
}
