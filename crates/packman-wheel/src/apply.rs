//! Carries a planned change out: all of it, or nothing.
//!
//! New files are made aside, in the environment's own file system; only moves touch the environment itself. After
//! a failure or a stop everything is put back here; after a kill, by whoever takes the lock next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::change::{LinkMode, Planned, is_module};
use crate::conflict::ChangeError;
use crate::content::{NewFile, Source};
use crate::failure::Failure;
use crate::folder::{Folder, Walk, share_bytes, split};
use crate::journal::{self, NEW, Observer, Step, WORK, go_on};
use crate::scheme::join;
use crate::unpacked::Unpacked;

/// What a change did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// How many files were made.
    pub installed_files: usize,
    /// How many files were taken away.
    pub removed_files: usize,
    /// The modules among the new files, for whoever compiles them to bytecode. Bytecode needs no row in RECORD:
    /// whoever uninstalls a module removes its bytecode too (PyPA "The RECORD file").
    pub modules: Vec<PathBuf>,
}

impl Planned<'_> {
    /// Makes the change. After an error the environment is as it was, unless the error says otherwise.
    pub fn apply(self, observer: &dyn Observer) -> Result<Report, ChangeError> {
        if self.is_empty() {
            return Ok(Report::default());
        }
        let root = &self.places.root;
        self.stage(observer).inspect_err(|_| {
            // What was made aside is in nobody's way; the next change removes what cannot be removed now.
            let _ = journal::remove_work(root);
        })?;
        if let Err(because) = journal::commit(root, &self.journal, observer) {
            return Err(match journal::roll_back(root, &self.journal, observer) {
                Ok(()) => because,
                Err(then) => {
                    ChangeError::Unfinished { because: Box::new(because), then: Box::new(then.into()) }
                }
            });
        }
        observer.step(Step::Tidy);
        // The change is complete; what cannot be tidied now is tidied by the next one.
        let _ = journal::tidy(root, &self.journal);
        Ok(Report {
            installed_files: self.files.len(),
            removed_files: self.journal.out.len(),
            modules: self
                .files
                .iter()
                .filter(|file| is_module(file))
                .map(|file| root.join(&file.path))
                .collect(),
        })
    }

    /// Makes every new file under `.packman/new/`.
    fn stage(&self, observer: &dyn Observer) -> Result<(), ChangeError> {
        let root = &self.places.root;
        let open = |error| Failure::new(root, "opened", error);
        let folder = Folder::open(root).map_err(open)?;
        folder.make(WORK).map_err(|error| Failure::new(root.join(WORK), "made", error))?;
        let mut walk = Walk::new(folder);
        walk.make(NEW).map_err(|error| Failure::new(root.join(NEW), "made", error))?;
        let mut stager = Stager { wheels: &self.wheels, open: HashMap::new(), link: self.link };
        for file in &self.files {
            go_on(observer, Step::Stage(&file.path))?;
            let (folder, name) = split(&file.path);
            let made = walk.make(&join(NEW, folder)).and_then(|folder| stager.make(file, folder, name));
            made.map_err(|error| Failure::new(root.join(&file.path), "written", error))?;
        }
        Ok(())
    }
}

/// How many folders of unpacked wheels are kept open. Files come sorted, so that a wheel's stand together.
const OPEN: usize = 64;

/// Makes new files from unpacked wheels.
struct Stager<'p> {
    wheels: &'p [Unpacked],
    open: HashMap<usize, Folder>,
    /// Becomes a copy for good once the file system has said that it cannot do better.
    link: LinkMode,
}

impl Stager<'_> {
    fn make(&mut self, file: &NewFile, folder: &Folder, name: &str) -> io::Result<()> {
        let (wheel, number) = match &file.source {
            Source::Made(bytes) => return folder.create(name, file.executable)?.write_all(bytes),
            Source::Cached { wheel, number } => (*wheel, number.to_string()),
        };
        if self.open.len() >= OPEN {
            self.open.clear();
        }
        let cached = match self.open.entry(wheel) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(closed) => {
                let wheel = self.wheels.get(wheel).ok_or(io::ErrorKind::NotFound)?;
                closed.insert(wheel.open_folder()?)
            }
        };
        if self.link == LinkMode::HardLink {
            match cached.link(&number, folder, name) {
                // Another file system, or one that has no links or no more of them for this file.
                Err(error) if !is_final(&error) => self.link = LinkMode::Copy,
                other => return other,
            }
        }
        let (mut from, mut to) = (cached.read(&number)?, folder.create(name, file.executable)?);
        if self.link == LinkMode::Clone {
            if share_bytes(&from, &to).is_ok() {
                return Ok(());
            }
            self.link = LinkMode::Copy;
        }
        io::copy(&mut from, &mut to).map(drop)
    }
}

/// Whether a copy would fail as the link did.
fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, NotFound, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), AlreadyExists | NotFound | ReadOnlyFilesystem | StorageFull)
}
