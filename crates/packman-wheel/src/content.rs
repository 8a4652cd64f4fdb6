//! Every file that installing a wheel makes: the wheel's own, the commands, and what is written about it.

use packman_names::ProjectName;
use packman_strict::Sha256;

use crate::change::Install;
use crate::conflict::ChangeError;
use crate::launcher;
use crate::layout::Area;
use crate::lock::EnvironmentLock;
use crate::receipt::RECEIPT;
use crate::record::RecordWriter;
use crate::scheme::{join, way};

/// The name in INSTALLER (PyPA: the command name).
const INSTALLER: &[u8] = b"packman\n";

/// A file that a change makes.
#[derive(Debug)]
pub(crate) struct NewFile {
    /// Relative to the root of the environment.
    pub(crate) path: String,
    /// Whose it is.
    pub(crate) project: ProjectName,
    pub(crate) digest: Sha256,
    pub(crate) source: Source,
    pub(crate) executable: bool,
}

/// Where the bytes of a new file come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file of an unpacked wheel: its place among the wheels of the change, and its number.
    Cached { wheel: usize, number: usize },
    /// Made for this environment.
    Made(Vec<u8>),
    /// A file of the environment, relative to its root, which this change takes away from there.
    Moved(String),
}

/// Lists the files of a wheel in an environment, RECORD among them.
pub(crate) fn files_of(
    lock: &EnvironmentLock,
    wheel: usize,
    install: &Install,
) -> Result<Vec<NewFile>, ChangeError> {
    let manifest = &install.unpacked.manifest;
    let mut listing = Listing {
        project: manifest.name.project(),
        site: lock.places.folder(manifest.root, manifest.name.project()),
        record: RecordWriter::default(),
        files: Vec::with_capacity(manifest.files.len() + 8),
    };
    let needs_shebang = !manifest.scripts.is_empty() || manifest.files.iter().any(|file| file.rewritten);
    let shebang = if needs_shebang { launcher::shebang(&lock.scheme.python)? } else { String::new() };
    let folders = Area::ALL.map(|area| (area, lock.places.folder(area, listing.project)));
    for (number, file) in manifest.files.iter().enumerate() {
        let folder =
            folders.iter().find(|(area, _)| *area == file.destination.area).map_or("", |(_, folder)| folder);
        let path = join(folder, &file.destination.path);
        if file.rewritten {
            let bytes = launcher::rewritten(&shebang, &install.unpacked.read_file(number)?);
            listing.make(path, bytes, true);
        } else {
            let source = Source::Cached { wheel, number };
            listing.add(path, file.sha256, file.stamp.size, source, file.executable);
        }
    }
    for point in &manifest.scripts {
        let bytes = launcher::program(&shebang, point).into_bytes();
        listing.make(join(&lock.places.scripts, &point.name), bytes, true);
    }
    let dist_info = join(&listing.site, &manifest.dist_info);
    listing.make(join(&dist_info, "INSTALLER"), INSTALLER.to_vec(), false);
    if install.requested {
        listing.make(join(&dist_info, "REQUESTED"), Vec::new(), false);
    }
    if let Some(receipt) = &install.receipt {
        listing.make(join(&dist_info, RECEIPT), receipt.encode(), false);
    }
    Ok(listing.finish(join(&dist_info, "RECORD")))
}

struct Listing<'i> {
    project: &'i ProjectName,
    /// What the rows of RECORD are relative to.
    site: String,
    record: RecordWriter,
    files: Vec<NewFile>,
}

impl Listing<'_> {
    fn make(&mut self, path: String, bytes: Vec<u8>, executable: bool) {
        let (digest, size) = (Sha256::of(&bytes), bytes.len() as u64);
        self.add(path, digest, size, Source::Made(bytes), executable);
    }

    fn add(&mut self, path: String, digest: Sha256, size: u64, source: Source, executable: bool) {
        self.record.add(&way(&self.site, &path), &digest, size);
        self.files.push(NewFile { path, project: self.project.clone(), digest, source, executable });
    }

    fn finish(mut self, path: String) -> Vec<NewFile> {
        self.record.add_bare(&way(&self.site, &path));
        let bytes = self.record.finish().into_bytes();
        let digest = Sha256::of(&bytes);
        let project = self.project.clone();
        self.files.push(NewFile { path, project, digest, source: Source::Made(bytes), executable: false });
        self.files
    }
}
