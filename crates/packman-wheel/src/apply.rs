//! Carries a planned change out: all of it, or nothing.
//!
//! New files are made aside, in the environment's own file system; only moves touch the environment itself. After
//! a failure or a stop everything is put back here; after a kill, by whoever takes the lock next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::change::{LinkMode, Planned, is_module};
use crate::conflict::ChangeError;
use crate::content::{NewFile, Source};
use crate::failure::Failure;
use crate::folder::{Folder, Walk, share_bytes, split};
use crate::journal::{self, NEW, Observer, Step, WORK, go_on};

/// What a change did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// How many files were made.
    pub installed_files: usize,
    /// How many files were taken away.
    pub removed_files: usize,
    /// Whether files were copied from the cache though links or clones were asked for: the file systems can do no better.
    pub copied_instead: bool,
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
        let copied_instead = self.stage(observer).inspect_err(|_| {
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
            copied_instead,
            modules: self
                .files
                .iter()
                .filter(|file| is_module(file))
                .map(|file| root.join(&file.path))
                .collect(),
        })
    }

    /// Makes every new file under `.packman/new/`; says whether some were copied where something else was asked for.
    fn stage(&self, observer: &dyn Observer) -> Result<bool, ChangeError> {
        let root = &self.places.root;
        let folder = Folder::open(root).map_err(|error| Failure::new(root, "opened", error))?;
        let made = folder.make(WORK).and_then(|()| Walk::new(folder).make(NEW).map(drop));
        made.map_err(|error| Failure::new(root.join(NEW), "made", error))?;
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
        let copied_instead = AtomicBool::new(false);
        let stager = || Stager::new(self, &root.join(NEW), observer);
        let parts: Vec<&[NewFile]> = parts(&self.files).collect();
        let work = || {
            let stage = || {
                let mut stager = stager()?;
                while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    part.iter().try_for_each(|file| stager.stage(file))?;
                }
                if self.link != LinkMode::Best && stager.link != self.link {
                    copied_instead.store(true, Ordering::Relaxed);
                }
                Ok(())
            };
            if let Err(error) = stage() {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                // The others find nothing left to do.
                next.store(parts.len(), Ordering::Relaxed);
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.more_threads.min(parts.len().saturating_sub(1)) {
                scope.spawn(work);
            }
            work();
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or_else(|| Ok(copied_instead.into_inner()), Err)
    }
}

/// How many files one thread makes before it looks for more: some milliseconds' worth.
const PART: usize = 500;

/// Divides sorted files so that a folder is mostly in one part: two threads in one folder wait for each other.
fn parts(files: &[NewFile]) -> impl Iterator<Item = &[NewFile]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let folder = |file: &NewFile| split(&file.path).0.to_owned();
        let last = rest.get(PART.min(rest.len()).checked_sub(1)?).map(folder)?;
        let more = rest.iter().skip(PART).take_while(|file| split(&file.path).0 == last).count();
        let (part, others) = rest.split_at_checked(PART + more).unwrap_or((rest, &[]));
        rest = others;
        Some(part)
    })
}

/// How many folders of unpacked wheels are kept open. Files come sorted, so that a wheel's stand together.
const OPEN: usize = 64;

/// Makes new files from unpacked wheels.
struct Stager<'p> {
    planned: &'p Planned<'p>,
    observer: &'p dyn Observer,
    /// Where the new files wait.
    walk: Walk,
    open: HashMap<usize, Folder>,
    /// Becomes a copy for good once the file system has said that it cannot do better.
    link: LinkMode,
}

impl<'p> Stager<'p> {
    fn new(planned: &'p Planned<'p>, new: &Path, observer: &'p dyn Observer) -> Result<Self, ChangeError> {
        let folder = Folder::open(new).map_err(|error| Failure::new(new, "opened", error))?;
        let link = planned.link;
        Ok(Self { planned, observer, walk: Walk::new(folder), open: HashMap::new(), link })
    }

    fn stage(&mut self, file: &NewFile) -> Result<(), ChangeError> {
        go_on(self.observer, Step::Stage(&file.path))?;
        let failed = |error| Failure::new(self.planned.places.root.join(&file.path), "written", error);
        self.make(file).map_err(|error| failed(error).into())
    }

    fn make(&mut self, file: &NewFile) -> io::Result<()> {
        let (folder, name) = split(&file.path);
        let (wheel, number) = match &file.source {
            Source::Made(bytes) => {
                return self.walk.make(folder)?.create(name, file.executable)?.write_all(bytes);
            }
            Source::Moved(from) => {
                let (from_folder, from_name) = split(from);
                let mut root = Walk::new(Folder::open(&self.planned.places.root)?);
                return keep(root.enter(from_folder)?, from_name, self.walk.make(folder)?, name);
            }
            Source::Cached { wheel, number } => (*wheel, number.to_string()),
        };
        if self.open.len() >= OPEN {
            self.open.clear();
        }
        let cached = match self.open.entry(wheel) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(closed) => {
                let wheel = self.planned.wheels.get(wheel).ok_or(io::ErrorKind::NotFound)?;
                closed.insert(wheel.open_folder()?)
            }
        };
        let folder = self.walk.make(folder)?;
        if matches!(self.link, LinkMode::Best | LinkMode::Clone) {
            match clone(cached, &number, folder, name, file.executable) {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                    let or_else =
                        if self.link == LinkMode::Best { LinkMode::HardLink } else { LinkMode::Copy };
                    self.link = or_else;
                }
                other => return other,
            }
        }
        if self.link == LinkMode::HardLink {
            match cached.link(&number, folder, name) {
                // Another file system, or one that has no links or no more of them for this file.
                Err(error) if !is_final(&error) => self.link = LinkMode::Copy,
                other => return other,
            }
        }
        let (mut from, mut to) = (cached.read_known(&number)?, folder.create(name, file.executable)?);
        io::copy(&mut from, &mut to).map(drop)
    }
}

/// Gives a file that is about to be taken away a second name, or where that cannot be, a copy as it is.
fn keep(from: &Folder, from_name: &str, folder: &Folder, name: &str) -> io::Result<()> {
    match from.link(from_name, folder, name) {
        Err(error) if !is_final(&error) => {}
        other => return other,
    }
    let mut original = from.read(from_name)?;
    let mut copy = folder.create(name, false)?;
    io::copy(&mut original, &mut copy)?;
    let about = original.metadata()?;
    copy.set_permissions(about.permissions())?;
    // Bytecode names the time of its module.
    copy.set_modified(about.modified()?)
}

/// Makes a file that shares the bytes of a cached one; `Unsupported`, and no file, where the file system cannot.
fn clone(cached: &Folder, number: &str, folder: &Folder, name: &str, executable: bool) -> io::Result<()> {
    let (from, to) = (cached.read(number)?, folder.create(name, executable)?);
    let shared = share_bytes(&from, &to);
    if shared.is_err() {
        folder.remove(name)?;
    }
    shared
}

/// Whether a copy would fail as the link did.
fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, NotFound, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), AlreadyExists | NotFound | ReadOnlyFilesystem | StorageFull)
}
