//! A proposal as one file, to be handed on by any channel: a strict zip of stored entries.

use std::path::Path;

use packman_machine::files;
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_strict::path::SafePath;
use packman_strict::zip::{Archive, Writer, ZipLimits};

use super::{LARGEST, Proposal};
use crate::error::{CurateError, Failed, Refused};

/// The entry that says what the file is, and of which chain.
const HEAD: &str = "packman-proposal.json";
/// A head has some hundred bytes.
const HEAD_LIMITS: Limits = Limits { bytes: 64 << 10, depth: 4, nodes: 100 };
/// Room for 100,000 records that nobody signed yet.
const LIMITS: ZipLimits = ZipLimits {
    archive_bytes: 1 << 30,
    entries: 250_000,
    entry_bytes: LARGEST,
    total_bytes: 1 << 30,
    total_ratio: 2,
};

impl Proposal {
    /// Writes the proposal to a file.
    pub(crate) fn export(&self, chain: &Sha256, to: &Path) -> Result<(), CurateError> {
        let head = Object::new().with("format", 1_u64).with("chain", chain.to_string());
        let mut writer = Writer::new();
        let mut put = |path: &str, bytes: &[u8]| {
            let path = SafePath::parse(path).map_err(|error| Failed::Unsignable(error.to_string()))?;
            writer.stored(&path, bytes).map_err(|error| Failed::Unsignable(error.to_string()))
        };
        put(HEAD, &Value::from(head).to_pretty())?;
        for (path, bytes) in &self.files {
            put(path, bytes)?;
        }
        Ok(files::write_file(to, &writer.finish(), files::Keeping::Published)?)
    }

    /// Reads a file that somebody handed over; refused where it is of another chain.
    pub(crate) fn import(from: &Path, chain: Option<&Sha256>) -> Result<Self, CurateError> {
        let refused = |why: String| CurateError::from(Refused::Proposal { path: from.to_owned(), why });
        let missing = || refused("it is not there".to_owned());
        let bytes = files::read_file(from, LIMITS.archive_bytes)?.ok_or_else(missing)?;
        let archive = Archive::parse_stored(&bytes, &LIMITS).map_err(|error| refused(error.to_string()))?;
        let mut proposal = Self::default();
        let mut found = None;
        for entry in archive.entries() {
            let bytes = entry.read().map_err(|error| refused(error.to_string()))?;
            if entry.path().as_str() == HEAD {
                found = Some(head(&bytes).map_err(refused)?);
            } else {
                proposal.files.insert(entry.path().as_str().to_owned(), bytes.into_owned());
            }
        }
        let found =
            found.ok_or_else(|| refused(format!("it has no `{HEAD}`, wanted what `--export` writes")))?;
        if chain.is_some_and(|chain| *chain != found) {
            return Err(refused("it is of another database".to_owned()));
        }
        Ok(proposal)
    }
}

fn head(bytes: &[u8]) -> Result<Sha256, String> {
    let value = Document::parse(bytes, &HEAD_LIMITS).map_err(|error| error.to_string())?;
    let head = Reader::root(&value);
    let read = || {
        let format = head.member("format")?;
        if format.u64()? != 1 {
            return Err(format.wrong("1"));
        }
        let chain = head.member("chain")?;
        Sha256::parse(chain.str()?).map_err(|_| chain.wrong("64 lower-case hexadecimal digits"))
    };
    read().map_err(|error| error.to_string())
}
