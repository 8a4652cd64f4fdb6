//! Writes a project record: what most files of a version share stands once, with the version.

use std::collections::{HashMap, HashSet};

use packman_names::Version;
use packman_strict::json::{Object, Value};

use super::{CoreMetadata, ProjectRecord, RecordedFile};
use crate::FileUrl;

impl ProjectRecord {
    /// Writes the record. Equal records give equal bytes, so an unchanged project keeps its hash.
    pub fn encode(&self) -> Vec<u8> {
        let prefixes = self.prefixes();
        let places: HashMap<&str, usize> =
            prefixes.iter().enumerate().map(|(place, prefix)| (prefix.as_str(), place)).collect();
        let needs_of = self.needs_of();
        let of_version = |version: &Version| {
            let metadata = needs_of.get(version)?;
            Some((version.to_string(), needs(metadata, &CoreMetadata::default())))
        };
        let by_version: Object<'static> = self.versions().into_iter().filter_map(of_version).collect();
        let files: Vec<Value<'static>> = self
            .files
            .iter()
            .map(|file| encode_file(file, needs_of.get(file.name.version()).copied(), &places))
            .collect();
        let mut own = Object::new().with("format", 1_u64);
        if let Some(summary) = &self.summary {
            own = own.with("summary", summary.clone());
        }
        if !prefixes.is_empty() {
            own = own.with("prefixes", values(&prefixes));
        }
        let versions: Vec<String> = self.versions().iter().map(ToString::to_string).collect();
        Value::from(
            Object::new()
                .with("meta", Object::new().with("api-version", "1.1"))
                .with("name", self.name.as_str().to_owned())
                .with("versions", values(&versions))
                .with("files", files)
                .with("_packman", own.with("versions", by_version)),
        )
        .to_pretty()
    }

    /// What each version needs. Wheels speak for a version; a source distribution has no METADATA that counts.
    fn needs_of(&self) -> HashMap<&Version, &CoreMetadata> {
        let is_wheel = |file: &&RecordedFile| file.name.wheel().is_some();
        let wheels = self.files.iter().filter(is_wheel);
        let mut needs_of = HashMap::new();
        for file in wheels.chain(self.files.iter().filter(|file| !is_wheel(file))) {
            needs_of.entry(file.name.version()).or_insert(&*file.metadata);
        }
        needs_of
    }

    /// The beginnings of further addresses, each once, in the order in which they are met.
    fn prefixes(&self) -> Vec<String> {
        let (mut prefixes, mut known) = (Vec::new(), HashSet::new());
        for prefix in
            self.files.iter().flat_map(|file| file.urls.iter().skip(1).filter_map(|url| prefix(url, file)))
        {
            if known.insert(prefix) {
                prefixes.push(prefix.to_owned());
            }
        }
        prefixes
    }
}

/// What stands before the file's name in a further address; an address that ends otherwise is not recorded.
fn prefix<'u>(url: &'u FileUrl, file: &RecordedFile) -> Option<&'u str> {
    match url {
        FileUrl::Absolute(url) => url.strip_suffix(file.name.as_str()),
        FileUrl::Blob => None,
    }
}

fn encode_file(
    file: &RecordedFile,
    of_version: Option<&CoreMetadata>,
    prefixes: &HashMap<&str, usize>,
) -> Value<'static> {
    let url = file.urls.first().unwrap_or(&FileUrl::Blob);
    let mut entry = Object::new()
        .with("filename", file.name.as_str().to_owned())
        .with("url", url.encode(&file.sha256, file.name.as_str()))
        .with("hashes", Object::new().with("sha256", file.sha256.to_string()))
        .with("size", file.size);
    if let Some(requires_python) = &file.metadata.requires_python {
        entry = entry.with("requires-python", requires_python.clone());
    }
    if let Some(sha256) = &file.metadata_sha256 {
        entry = entry.with("core-metadata", Object::new().with("sha256", sha256.to_string()));
    }
    if let Some(uploaded) = &file.uploaded {
        entry = entry.with("upload-time", uploaded.to_string());
    }
    if let Some(reason) = &file.yanked {
        entry =
            entry.with("yanked", if reason.is_empty() { true.into() } else { Value::from(reason.clone()) });
    }
    entry.with("_packman", encode_own(file, of_version, prefixes)).into()
}

fn encode_own(
    file: &RecordedFile,
    of_version: Option<&CoreMetadata>,
    prefixes: &HashMap<&str, usize>,
) -> Object<'static> {
    let mut own = needs(&file.metadata, of_version.unwrap_or(&CoreMetadata::default()));
    if let Some(sha256) = &file.record_sha256 {
        own = own.with("record", Object::new().with("sha256", sha256.to_string()));
    }
    own = own.with("first-seen", file.first_seen.to_string());
    if file.for_lock {
        own = own.with("for-lock", true);
    }
    let also: Vec<Value<'static>> = file
        .urls
        .iter()
        .skip(1)
        .filter_map(|url| prefix(url, file))
        .filter_map(|prefix| prefixes.get(prefix))
        .map(|place| Value::from(*place as u64))
        .collect();
    if !also.is_empty() {
        own = own.with("also", also);
    }
    if !file.provenance.is_empty() {
        own = own.with("provenance", values(&file.provenance));
    }
    if let Some(review) = &file.review {
        own = own.with("review", review.encode(&file.sha256));
    }
    if let Some(reason) = &file.recalled {
        own = own.with("recalled", reason.clone());
    }
    own
}

/// What `metadata` needs, where that is not what `base` says already.
fn needs(metadata: &CoreMetadata, base: &CoreMetadata) -> Object<'static> {
    let mut needs = Object::new();
    if metadata.requires_dist != base.requires_dist {
        needs = needs.with("requires-dist", values(&metadata.requires_dist));
    }
    if metadata.provides_extra != base.provides_extra {
        needs = needs.with("provides-extra", values(&metadata.provides_extra));
    }
    needs
}

fn values(texts: &[String]) -> Vec<Value<'static>> {
    texts.iter().cloned().map(Value::from).collect()
}
