//! Files and folders that are being written, under names of their own, and those that nobody writes any more.
//!
//! Whoever makes one holds its lock (`flock`) until it has its place or is gone. A process that was killed holds none:
//! so whoever comes next can tell what was left from what a living one is at work on, whoever that is.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::Keeping;
use crate::failure::{Act, DiskFailure};

/// How the names begin of what is being written.
pub(crate) const TEMPORARY: &str = ".packman-tmp-";

/// How often a name is made anew that was cleared away in the moment before it was locked.
const TRIES: usize = 16;

/// A folder of a random name, for this user alone; it is removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    _lock: Option<File>,
}

impl Scratch {
    /// Makes one in a folder that is there.
    pub fn in_folder(folder: &Path) -> Result<Self, DiskFailure> {
        let make = || {
            let made = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder)?;
            // Some systems open no folders: then nobody can clear this one away either.
            let lock = File::open(made.path()).ok();
            let is_held = lock.as_ref().is_none_or(is_held);
            Ok(is_held.then_some(Self { folder: made, _lock: lock }))
        };
        again(make).map_err(|error| DiskFailure::new(Act::Make, folder, &error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Opens a file of a random name in a folder; it is removed again unless it is renamed.
pub(crate) fn temporary(folder: &Path, keeping: Keeping) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    if keeping == Keeping::Published {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    // The cache is cleared by whoever has it alone, which says as much.
    if keeping == Keeping::Cache {
        return builder.tempfile_in(folder);
    }
    again(|| {
        let made = builder.tempfile_in(folder)?;
        Ok(is_held(made.as_file()).then_some(made))
    })
}

/// Locks what was made. Not when whoever clears away came in between: then it has no name any more, and is made again.
/// Where a file system has no locks nobody can clear away either.
fn is_held(file: &File) -> bool {
    match file.try_lock() {
        Ok(()) => is_named(file),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => true,
    }
}

fn again<T>(make: impl Fn() -> io::Result<Option<T>>) -> io::Result<T> {
    for _ in 0..TRIES {
        if let Some(made) = make()? {
            return Ok(made);
        }
    }
    Err(io::Error::from(io::ErrorKind::ResourceBusy))
}

#[cfg(unix)]
fn is_named(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|about| about.nlink() > 0)
}

#[cfg(not(unix))]
fn is_named(_: &File) -> bool {
    true
}

/// Removes what processes that were killed left in a folder, not below it. What is at work stays; so does what cannot be
/// removed: it is in nobody's way.
pub fn clear_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)) {
            let _ = clear(&entry);
        }
    }
}

/// The same in a folder that everybody may write, such as `/tmp`: only folders that are this user's are opened. What
/// others put there under such a name could be a pipe by the time it is opened, which would keep us waiting.
pub fn clear_own_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY));
        if is_named && entry.metadata().is_ok_and(|about| about.is_dir() && is_own(&about)) {
            let _ = clear(&entry);
        }
    }
}

#[cfg(unix)]
fn is_own(about: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(about) == rustix::process::geteuid().as_raw()
}

/// Each user has a folder of his own for what is temporary on this system.
#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}

/// The same for a folder and all folders below it; what a desktop or git keeps there, under names with a dot, is passed
/// over.
pub fn clear_abandoned_below(folder: &Path) {
    clear_abandoned(folder);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_hidden = entry.file_name().to_str().is_none_or(|name| name.starts_with('.'));
        if !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear_abandoned_below(&entry.path());
        }
    }
}

fn clear(entry: &fs::DirEntry) -> io::Result<()> {
    let (path, kind) = (entry.path(), entry.file_type()?);
    // Opening a pipe would wait, and a link leads to somebody else's.
    if !kind.is_dir() && !kind.is_file() {
        return Ok(());
    }
    let file = File::open(&path)?;
    if file.try_lock().is_err() {
        return Ok(());
    }
    if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }
}

#[cfg(test)]
mod tests {
    use super::{Scratch, TEMPORARY, clear_abandoned, clear_abandoned_below, clear_own_abandoned, temporary};
    use crate::files::Keeping;
    use std::fs;

    #[test]
    fn what_was_left_is_cleared_and_what_is_at_work_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir_all(place("below/.hidden")).unwrap();
        for name in ["left", "below/left", "below/.hidden/left"] {
            let name = name.replace("left", &format!("{TEMPORARY}left"));
            fs::create_dir(place(&name)).unwrap();
            fs::write(place(&name).join("file"), "half").unwrap();
            fs::write(place(&format!("{name}-file")), "half").unwrap();
        }
        fs::write(place("kept"), "whole").unwrap();
        let scratch = Scratch::in_folder(folder.path()).unwrap();
        fs::write(scratch.path().join("file"), "half").unwrap();
        let file = temporary(folder.path(), Keeping::Home).unwrap();
        let named = |at: &str| {
            let names = fs::read_dir(place(at)).unwrap().flatten();
            names.filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY)).count()
        };
        clear_abandoned(folder.path());
        assert_eq!((named(""), named("below")), (2, 2), "those at work here, and what lies below");
        assert!(scratch.path().join("file").exists() && file.path().exists() && place("kept").exists());
        clear_abandoned_below(folder.path());
        assert_eq!((named(""), named("below"), named("below/.hidden")), (2, 0, 2));
        drop((scratch, file));
        assert_eq!(named(""), 0);
    }

    #[test]
    #[cfg(unix)]
    fn where_everybody_may_write_only_own_folders_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(format!("{TEMPORARY}{name}"));
        for name in ["left", "another"] {
            fs::create_dir(place(name)).unwrap();
            fs::write(place(name).join("file"), "half").unwrap();
        }
        fs::write(place("file"), "").unwrap();
        let scratch = Scratch::in_folder(folder.path()).unwrap();
        // Only root gives folders away; for anybody else there is nothing to test.
        let given = std::os::unix::fs::chown(place("another"), Some(65_534), None).is_ok();
        clear_own_abandoned(folder.path());
        let there = [place("left"), place("another"), place("file"), scratch.path().to_owned()];
        assert_eq!(there.map(|path| path.exists()), [false, given, true, true]);
    }

    /// What is cleared away between its making and its locking is made again.
    #[test]
    fn many_make_and_clear_at_once_and_nobody_loses_what_he_writes() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    for round in 0..200 {
                        let file = temporary(folder, Keeping::Home).unwrap();
                        clear_abandoned(folder);
                        file.persist(folder.join(format!("{number}-{round}"))).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 800);
    }
}
