//! Marks an installed project as asked for by name: adds REQUESTED, and its row to RECORD.

use packman_strict::Sha256;

use crate::conflict::ChangeError;
use crate::content::{NewFile, Source};
use crate::installed::Installed;
use crate::record::{self, RecordWriter};
use crate::removal::{InstalledRecord, Removal};
use crate::scheme::{Places, join, way};

/// The new RECORD and REQUESTED of a project; the old RECORD is moved out. Nothing where it is marked already.
pub(crate) fn marked(
    places: &Places,
    installed: &Installed,
    removal: &mut Removal,
) -> Result<Vec<NewFile>, ChangeError> {
    if installed.requested {
        return Ok(Vec::new());
    }
    let record = InstalledRecord::read(places, installed)?;
    let requested = join(&record.dist_info, "REQUESTED");
    let mut row = RecordWriter::default();
    row.add(&way(&record.site, &requested), &Sha256::of(b""), 0);
    let listed =
        record::parse(&record.text).is_ok_and(|rows| rows.iter().any(|row| row.path.ends_with("/REQUESTED")));
    let mut text = record.text;
    if !listed {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        text = text + end + &row.finish();
    }
    let path = join(&record.dist_info, "RECORD");
    removal.files.insert(path.clone());
    let file = |path, bytes: Vec<u8>| NewFile {
        path,
        project: installed.name.clone(),
        digest: Sha256::of(&bytes),
        source: Source::Made(bytes),
        executable: false,
    };
    Ok(vec![file(path, text.into_bytes()), file(requested, Vec::new())])
}
