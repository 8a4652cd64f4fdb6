//! Folders that are held open, and operations on names in them.
//!
//! Every change to an environment goes through here. A name is one component, links are never followed, and a
//! folder stays the one it was when it was opened: so no path can be swapped underneath, and the kernel resolves
//! one name per call. The only file that knows the operating system; a port to Windows begins here.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use packman_strict::Sha256;
use packman_strict::digest::Sha256Stream;
use packman_strict::quote::quoted;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_NOW,
};
use rustix::io::Errno;

pub(crate) use rustix::fs::RawMode;

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

/// What a name in a folder stands for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Nothing there.
    Nothing,
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A device, a socket or the like.
    Other,
}

/// What shows, without reading it, that a file is still the one that was written. Not when the file system last noted
/// something of it (`ctime`): each link that is made or removed is noted so, and whoever removes an environment would
/// have every wheel of it made anew.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stamp {
    /// Its size in bytes.
    pub(crate) size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// Its number in the file system.
    pub(crate) inode: u64,
    /// Whose it is: a hard link given to somebody else lets him write what all others install.
    pub(crate) user: u32,
    /// Whose group's it is.
    pub(crate) group: u32,
    /// Who may do what with it, as in `chmod`: that spreads through hard links as well.
    pub(crate) mode: RawMode,
}

const OPEN_FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::RDONLY).union(OFlags::CLOEXEC);

/// Not waiting for whoever writes into a pipe.
const OPEN_FILE: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// The largest file of an environment that is read, in bytes.
const LARGEST: u64 = 8 << 30;

/// How many bytes of a file are in memory at once where only its digest is wanted.
const PIECE: usize = 64 << 10;

/// The SHA-256 and the length of a regular file of an environment, by its path, of which links are followed: only after
/// it is known where it leads. Whatever its length, little of it is in memory.
pub(crate) fn digest_file(path: &Path) -> io::Result<(Sha256, u64)> {
    digest(open_file(path, LARGEST)?)
}

/// Reads a regular file of an environment of at most so many bytes by its path, of which links are followed.
pub(crate) fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path, most)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open_file(path: &Path, most: u64) -> io::Result<io::Take<File>> {
    let name = path.to_string_lossy();
    let file = regular(rustix::fs::openat(CWD, path, OPEN_FILE, Mode::empty())?, &name)?;
    if file.metadata()?.len() > most {
        return Err(too_long(&name, most));
    }
    Ok(file.take(most))
}

/// The SHA-256 and the length of what is left to read, piece by piece.
pub(crate) fn digest(mut from: impl io::Read) -> io::Result<(Sha256, u64)> {
    let (mut digest, mut length, mut piece) = (Sha256Stream::new(), 0, vec![0; PIECE]);
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok((digest.finish(), length)),
            Ok(read) => {
                digest.update(piece.get(..read).unwrap_or_default());
                length += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn regular(file: OwnedFd, name: &str) -> io::Result<File> {
    match FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) {
        FileType::RegularFile => Ok(File::from(file)),
        // As reading it would say.
        FileType::Directory => Err(Errno::ISDIR.into()),
        _ => {
            let why = format!("{} is no regular file", quoted(name));
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        }
    }
}

pub(crate) fn too_long(name: &str, most: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} has more than {most} bytes", quoted(name)))
}

impl Folder {
    /// Opens a folder by its path; links in it are followed, so only for paths that are not a wheel's.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(CWD, path, OPEN_FOLDER, Mode::empty())?))
    }

    /// Opens a folder in this one; fails where the name is a link.
    pub(crate) fn enter(&self, name: &str) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(&self.0, name, OPEN_FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// Makes a folder in this one; fails where the name is taken.
    pub(crate) fn make(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(0o777))?)
    }

    /// Makes a new file for writing; fails where the name is taken.
    pub(crate) fn create(&self, name: &str, executable: bool) -> io::Result<File> {
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(File::from(rustix::fs::openat(&self.0, name, flags, mode)?))
    }

    /// Opens a file for reading; fails where the name is a link, or anything but a regular file: a pipe would keep whoever
    /// opens it waiting, a device would give bytes without end.
    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        let file = rustix::fs::openat(&self.0, name, OPEN_FILE | OFlags::NOFOLLOW, Mode::empty())?;
        regular(file, name)
    }

    /// Opens a file for reading that is known to be one: of the cache, each was looked at before.
    pub(crate) fn read_known(&self, name: &str) -> io::Result<File> {
        Ok(File::from(rustix::fs::openat(&self.0, name, OPEN_FILE | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// Reads a file of at most so many bytes.
    pub(crate) fn read_whole(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(name)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(too_long(name, most)) } else { Ok(bytes) }
    }

    /// Says what a name stands for.
    pub(crate) fn kind(&self, name: &str) -> io::Result<Kind> {
        let stat = match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(Kind::Nothing),
            Err(error) => return Err(error.into()),
        };
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        })
    }

    /// The stamp of a file; none where the name is no regular file.
    pub(crate) fn stamp(&self, name: &str) -> io::Result<Option<Stamp>> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        Ok(regular.then(|| Stamp::of(&stat)))
    }

    /// Whether a file has another name.
    pub(crate) fn is_linked(&self, name: &str) -> io::Result<bool> {
        Ok(rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?.st_nlink > 1)
    }

    /// Makes a second name for a file in another folder; fails where that name is taken.
    pub(crate) fn link(&self, name: &str, to: &Self, as_name: &str) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.0, name, &to.0, as_name, AtFlags::empty())?)
    }

    /// Moves a name, a file's or a whole folder's, to another folder; fails where the new name is taken.
    pub(crate) fn rename(&self, name: &str, to: &Self, as_name: &str) -> io::Result<()> {
        match rustix::fs::renameat_with(&self.0, name, &to.0, as_name, RenameFlags::NOREPLACE) {
            // Some file systems cannot promise it; then looking first has to do, under the environment's lock.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match to.kind(as_name)? {
                Kind::Nothing => Ok(rustix::fs::renameat(&self.0, name, &to.0, as_name)?),
                _ => Err(Errno::EXIST.into()),
            },
            other => Ok(other?),
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes a folder that is empty.
    pub(crate) fn remove_empty(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// The names in the folder that are text, in no order. Others are of no project.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        Ok(names)
    }

    /// Takes the folder's lock; `None` where another process has it and waiting was not asked for.
    pub(crate) fn lock(self, wait: bool) -> io::Result<Option<Lock>> {
        let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
        match rustix::fs::flock(&self.0, how) {
            Ok(()) => Ok(Some(Lock { _folder: self, _file: None })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            // Network file systems lock files that are open for writing, and no folders.
            Err(Errno::BADF | Errno::INVAL | Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS) => {
                self.lock_file(how)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn lock_file(self, how: FlockOperation) -> io::Result<Option<Lock>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(&self.0, ".packman.lock", flags, Mode::from_raw_mode(0o666))?;
        match rustix::fs::flock(&file, how) {
            Ok(()) => Ok(Some(Lock { _folder: self, _file: Some(file) })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The lock of a folder; ends when it is dropped, and with the process.
#[derive(Debug)]
pub(crate) struct Lock {
    _folder: Folder,
    _file: Option<OwnedFd>,
}

impl Stamp {
    /// The stamp of an open file.
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    fn of(stat: &rustix::fs::Stat) -> Self {
        Self {
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            modified: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
            inode: stat.st_ino,
            user: stat.st_uid,
            group: stat.st_gid,
            mode: Mode::from_raw_mode(stat.st_mode).as_raw_mode(),
        }
    }
}

/// Notes that a file is used now, in its time of writing.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Makes `to` share the bytes of `from` until one of them is written; `Unsupported` where the file system cannot.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn share_bytes(from: &File, to: &File) -> io::Result<()> {
    match rustix::fs::ioctl_ficlone(to, from) {
        // Each system says in its own words that it has no such thing, or not between these two.
        Err(Errno::NOTSUP | Errno::NOTTY | Errno::INVAL | Errno::XDEV | Errno::NOSYS | Errno::PERM) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        other => Ok(other?),
    }
}

/// Makes `to` share the bytes of `from`; on this system a copy does.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn share_bytes(_from: &File, _to: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Goes through the folders below one, keeping open those on the way to the last: cheapest for sorted paths.
#[derive(Debug)]
pub(crate) struct Walk {
    root: Folder,
    open: Vec<(String, Folder)>,
}

impl Walk {
    /// Starts at a folder.
    pub(crate) fn new(root: Folder) -> Self {
        Self { root, open: Vec::new() }
    }

    /// Enters the folder of a relative path (`""` is the start).
    pub(crate) fn enter(&mut self, path: &str) -> io::Result<&Folder> {
        self.go(path, false)
    }

    /// Enters the folder of a relative path, making what is missing of it: most of it, where new files are made.
    pub(crate) fn make(&mut self, path: &str) -> io::Result<&Folder> {
        self.go(path, true)
    }

    fn go(&mut self, path: &str, make: bool) -> io::Result<&Folder> {
        let parts = || path.split('/').filter(|part| !part.is_empty());
        let same = self.open.iter().zip(parts()).take_while(|((name, _), part)| name == part).count();
        self.open.truncate(same);
        for part in parts().skip(same) {
            let last = self.open.last().map_or(&self.root, |(_, folder)| folder);
            if make {
                match last.make(part) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                }
            }
            let next = last.enter(part)?;
            self.open.push((part.to_owned(), next));
        }
        Ok(self.open.last().map_or(&self.root, |(_, folder)| folder))
    }
}

/// Splits a relative path into folder (`""` for none) and name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use std::io;

    use rustix::fs::{CWD, FlockOperation, Mode};

    use packman_strict::Sha256;

    use super::{Folder, Kind, Walk, digest_file, read_file};

    #[test]
    fn links_are_never_followed_on_the_way() {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("inside/real")).unwrap();
        symlink("/", scratch.path().join("inside/out")).unwrap();
        let mut walk = Walk::new(Folder::open(&scratch.path().join("inside")).unwrap());
        assert!(walk.enter("real").is_ok());
        assert!(walk.enter("out").is_err());
        assert!(walk.make("out/tmp").is_err());
        assert!(walk.enter("real/missing").is_err());
        assert!(walk.make("real/missing/deep").is_ok());
        assert_eq!(walk.enter("").unwrap().kind("out").unwrap(), Kind::Link);
    }

    /// A pipe would keep whoever opens it waiting for ever, a device never ends.
    #[test]
    fn only_regular_files_of_a_bounded_length_are_read() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let place = |name| scratch.path().join(name);
        rustix::fs::mkfifoat(CWD, place("pipe"), Mode::from_raw_mode(0o600)).unwrap();
        symlink("/dev/zero", place("zero")).unwrap();
        fs::write(place("file"), "abc").unwrap();
        let said = |result: io::Result<Vec<u8>>| result.map_err(|error| error.to_string());
        assert_eq!(said(folder.read_whole("pipe", 9)), Err("`pipe` is no regular file".to_owned()));
        assert!(folder.read_whole("zero", 9).is_err());
        assert!(digest_file(&place("zero")).unwrap_err().to_string().ends_with("is no regular file"));
        assert!(digest_file(&place("pipe")).unwrap_err().to_string().ends_with("is no regular file"));
        assert_eq!(digest_file(scratch.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(said(folder.read_whole("file", 3)), Ok(b"abc".to_vec()));
        assert_eq!(said(folder.read_whole("file", 2)), Err("`file` has more than 2 bytes".to_owned()));
        assert_eq!(said(read_file(&place("file"), 3)), Ok(b"abc".to_vec()));
        assert!(read_file(&place("file"), 2).unwrap_err().to_string().ends_with("has more than 2 bytes"));
        fs::write(place("pieces"), vec![7; 200_000]).unwrap();
        assert_eq!(digest_file(&place("pieces")).unwrap(), (Sha256::of(&vec![7; 200_000]), 200_000));
        // As large as a file system lets it be, and not a block of it is there.
        fs::File::create(place("sparse")).unwrap().set_len(20 << 30).unwrap();
        assert!(
            digest_file(&place("sparse"))
                .unwrap_err()
                .to_string()
                .ends_with("has more than 8589934592 bytes")
        );
    }

    #[test]
    fn a_name_that_is_taken_stays_as_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        for name in ["a", "b"] {
            fs::write(scratch.path().join(name), name).unwrap();
        }
        assert!(folder.rename("a", &folder, "b").is_err());
        assert!(folder.link("a", &folder, "b").is_err());
        assert!(folder.create("b", false).is_err());
        assert_eq!(fs::read_to_string(scratch.path().join("b")).unwrap(), "b");
    }

    #[test]
    fn two_cannot_hold_one_lock() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = || Folder::open(scratch.path()).unwrap();
        for lock in [
            |folder: Folder| folder.lock(false),
            |folder: Folder| folder.lock_file(FlockOperation::NonBlockingLockExclusive),
        ] {
            let first = lock(folder()).unwrap().unwrap();
            assert!(lock(folder()).unwrap().is_none());
            drop(first);
            assert!(lock(folder()).unwrap().is_some());
        }
    }
}
