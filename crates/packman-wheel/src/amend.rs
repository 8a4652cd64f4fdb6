//! Adds to what is recorded of an installed project: that somebody asked for it, or the bytecode of its modules.
//!
//! RECORD is replaced by one with more rows, as one of the files of a change.

use std::collections::HashSet;

use packman_strict::Sha256;

use crate::conflict::ChangeError;
use crate::content::{NewFile, Source};
use crate::failure::Failure;
use crate::folder::digest_file;
use crate::installed::{Installed, Recorded};
use crate::record::RecordWriter;
use crate::removal::{Bytecode, InstalledRecord, Removal};
use crate::resolve::Resolver;
use crate::scheme::{Places, join, way};

/// What to add to the record of an installed project.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// The project.
    pub installed: Installed,
    /// Write REQUESTED: somebody asked for it by name (PyPA "The REQUESTED file").
    pub requested: bool,
    /// Add a row for each file of bytecode that is there: uv removes only what has one.
    pub bytecode: bool,
}

/// The new files of an amendment; the old RECORD is moved out. Nothing where nothing is to be added.
pub(crate) fn files_of(
    places: &Places,
    amendment: &Amendment,
    resolver: &mut Resolver<'_>,
    removal: &mut Removal,
) -> Result<Vec<NewFile>, ChangeError> {
    let installed = &amendment.installed;
    // Where nobody keeps a record there is nothing to add to.
    if installed.recorded != Recorded::Yes {
        return Ok(Vec::new());
    }
    let record = InstalledRecord::read(places, installed)?;
    let paths = record.paths(places, installed)?;
    let listed: HashSet<&str> = paths.iter().map(String::as_str).collect();
    let mut rows = RecordWriter::default();
    let mut files = Vec::new();
    let requested = join(&record.dist_info, "REQUESTED");
    if amendment.requested && !installed.requested && !listed.contains(requested.as_str()) {
        rows.add(&way(&record.site, &requested), &Sha256::of(b""), 0);
        files.push(made(installed, requested.clone(), Vec::new()));
    }
    if amendment.bytecode {
        let mut bytecode = Bytecode::default();
        for source in paths.iter().filter_map(|path| path.strip_suffix(".py")) {
            for path in bytecode.of(resolver, source)?.iter().filter(|path| !listed.contains(path.as_str())) {
                let file = places.root.join(path);
                let read = digest_file(&file);
                let (digest, size) = read.map_err(|error| Failure::new(&file, "read", error))?;
                rows.add(&way(&record.site, path), &digest, size);
            }
        }
    }
    let rows = rows.finish();
    if rows.is_empty() {
        return Ok(files);
    }
    let end = if record.text.is_empty() || record.text.ends_with('\n') { "" } else { "\n" };
    let path = join(&record.dist_info, "RECORD");
    removal.files.insert(path.clone());
    files.push(made(installed, path, [&record.text, end, &rows].concat().into_bytes()));
    Ok(files)
}

fn made(installed: &Installed, path: String, bytes: Vec<u8>) -> NewFile {
    let digest = Sha256::of(&bytes);
    NewFile { path, project: installed.name.clone(), digest, source: Source::Made(bytes), executable: false }
}
