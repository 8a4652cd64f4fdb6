//! What a source (the index, a folder, a lock file) lists of one project, as far as it can be recorded.

use std::path::PathBuf;

use packman_database::FileName;
use packman_names::ProjectName;
use packman_requirements::{Locked, LockedWheel};
use packman_strict::Sha256;
use packman_strict::time::Time;

use crate::index::{CoreMetadataFile, Hashes, IndexFile};

/// The files of one project that could be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// The files, in the source's order. Those whose names are no names of wheels or sdists are left out.
    pub(crate) files: Vec<std::sync::Arc<Candidate>>,
}

/// One file that could be recorded. Nothing about it is believed.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Its name.
    pub(crate) name: FileName,
    /// Where its bytes are.
    pub(crate) origin: Origin,
    /// The hash that somebody promises.
    pub(crate) promise: Option<Promise>,
    /// Its size in bytes, as promised.
    pub(crate) size: Option<u64>,
    /// Its `Requires-Python`, as promised.
    pub(crate) requires_python: Option<String>,
    /// Why it was yanked, where it was.
    pub(crate) yanked: Option<String>,
    /// When it was uploaded.
    pub(crate) uploaded: Option<Time>,
    /// Whether it is taken for lockers alone.
    pub(crate) for_lock: bool,
    /// Whether its METADATA can be had alone.
    pub(crate) metadata: CoreMetadataFile,
    /// Where the index says who built it.
    pub(crate) provenance: Option<String>,
}

/// Where the bytes of a file are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// At this address.
    Web(String),
    /// On this machine.
    Local(PathBuf),
}

/// A hash, and who says that the file has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Promise {
    /// The hash.
    pub(crate) sha256: Sha256,
    /// Who says so.
    pub(crate) by: String,
}

impl Listing {
    /// The files of an index page that belong to the project; an index may list anything.
    pub(crate) fn of_index(project: &ProjectName, files: Vec<IndexFile>) -> Self {
        let candidate = |file: IndexFile| Candidate::of(file, project, None).map(std::sync::Arc::new);
        Self { files: files.into_iter().filter_map(candidate).collect() }
    }

    /// The wheels of a release that a lock file names.
    pub(crate) fn of_lock(locked: &Locked, by: &str) -> Self {
        let candidate = |wheel: &LockedWheel| {
            let promise = Promise { sha256: wheel.sha256, by: by.to_owned() };
            let candidate = Candidate::of(file_of(wheel)?, &locked.name, Some(promise))?;
            (Some(candidate.name.version()) == locked.version.as_ref())
                .then(|| std::sync::Arc::new(candidate))
        };
        Self { files: locked.wheels.iter().filter_map(candidate).collect() }
    }
}

/// A wheel of a lock file, as an index would list it; `None` where it has no name.
fn file_of(wheel: &LockedWheel) -> Option<IndexFile> {
    Some(IndexFile {
        name: wheel.name.clone().or_else(|| crate::index::file_name_of(&wheel.url))?,
        url: wheel.url.clone(),
        hashes: Hashes::default(),
        requires_python: None,
        yanked: None,
        upload_time: wheel.uploaded,
        core_metadata: CoreMetadataFile::Absent,
        size: wheel.size,
        provenance: None,
    })
}

impl Candidate {
    fn of(file: IndexFile, project: &ProjectName, promise: Option<Promise>) -> Option<Self> {
        let name = FileName::parse(&file.name).ok().filter(|name| name.project() == project)?;
        let of_index = |sha256| Promise { sha256, by: "the index".to_owned() };
        Some(Self {
            name,
            promise: promise.or_else(|| file.hashes.sha256.map(of_index)),
            origin: Origin::Web(without_user(file.url)),
            size: file.size,
            requires_python: file.requires_python,
            yanked: file.yanked,
            uploaded: file.upload_time,
            for_lock: false,
            metadata: file.core_metadata,
            provenance: file.provenance,
        })
    }
}

/// The address without the user name and password that it may carry: what is recorded is published.
fn without_user(url: String) -> String {
    let (Some((scheme, rest)), true) = (url.split_once("://"), url.contains('@')) else { return url };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')).and_then(|at| rest.get(at + 1..)) {
        Some(host) => format!("{scheme}://{host}"),
        None => url,
    }
}
