//! The last steps of a change, and how they are undone: moves within one folder of the environment.
//!
//! New files wait under `.packman/new/`, each where it will be; old files are moved to `.packman/old/<number>`.
//! Which moves were made needs no notes: what is still there was not moved. So after a kill at any point the
//! journal and the folders say what to do: no journal, nothing was moved yet; `journal`, all back; `committed`,
//! only tidying up is left. See `docs/formats/wheels.md`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use packman_strict::json::{Document, Limits, Object, Reader, ShapeError, Value};
use packman_strict::quote::quoted;

use crate::conflict::{ChangeError, Conflict};
use crate::failure::Failure;
use crate::folder::{Folder, Kind, Walk, split};
use crate::scheme::join;

/// The folder of a change that is going on, in the root of the environment.
pub(crate) const WORK: &str = ".packman";
/// Where new files wait.
pub(crate) const NEW: &str = ".packman/new";
const OLD: &str = ".packman/old";
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const COMMITTED: &str = "committed";
/// Room for the moves of a million files.
const LIMITS: Limits = Limits { bytes: 256 << 20, depth: 4, nodes: 10_000_000 };
const FORMAT: &str = "packman-journal-1";

/// Called before each step that writes, from whichever thread takes it; may ask to stop.
pub trait Observer: Sync {
    /// Says what comes next. After [`Flow::Stop`] the environment is put back as it was.
    fn step(&self, step: Step<'_>) -> Flow;
}

/// Sees nothing and never stops.
impl Observer for () {
    fn step(&self, _: Step<'_>) -> Flow {
        Flow::GoOn
    }
}

/// Whether to go on.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Flow {
    /// Go on.
    GoOn,
    /// Put everything back.
    Stop,
}

/// What comes next. Paths are relative to the environment.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Step<'a> {
    /// A new file is made aside.
    Stage(&'a str),
    /// The journal is written; the environment itself is touched from here on.
    Begin,
    /// An old file is moved aside.
    MoveOut(&'a str),
    /// A new file or folder is moved to its place.
    MoveIn(&'a str),
    /// The change is complete from here on.
    Commit,
    /// What is left of the old files is removed.
    Tidy,
    /// A move is undone. Asking to stop does nothing here.
    PutBack(&'a str),
}

/// All moves of a change, each path relative to the root of the environment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Journal {
    /// Old files, in the order of their numbers.
    pub(crate) out: Vec<String>,
    /// New files and whole new folders.
    pub(crate) into: Vec<String>,
    /// Folders that may be empty afterwards, deepest first.
    pub(crate) emptied: Vec<String>,
}

/// Makes the moves of a journal. After an error, [`roll_back`] is needed.
pub(crate) fn commit(root: &Path, journal: &Journal, observer: &dyn Observer) -> Result<(), ChangeError> {
    let failed = |path: &str, verb, error| ChangeError::from(Failure::new(root.join(path), verb, error));
    let open = || Folder::open(root).map_err(|error| failed("", "opened", error));
    let (mut from, mut to) = (Walk::new(open()?), Walk::new(open()?));
    go_on(observer, Step::Begin)?;
    journal.store(&mut from).map_err(|error| failed(WORK, "written to", error))?;
    to.make(OLD).map_err(|error| failed(OLD, "made", error))?;
    for (number, path) in journal.out.iter().enumerate() {
        go_on(observer, Step::MoveOut(path))?;
        let old = join(OLD, &number.to_string());
        rename(&mut from, path, &mut to, &old).map_err(|error| failed(path, "moved aside", error))?;
    }
    for path in &journal.into {
        go_on(observer, Step::MoveIn(path))?;
        rename(&mut from, &join(NEW, path), &mut to, path)
            .map_err(|error| failed(path, "put in place", error))?;
    }
    go_on(observer, Step::Commit)?;
    let work = from.enter(WORK).map_err(|error| failed(WORK, "opened", error))?;
    work.rename(JOURNAL, work, COMMITTED).map_err(|error| failed(WORK, "written to", error))
}

/// Undoes the moves of a journal that were made, and removes what was made aside.
pub(crate) fn roll_back(root: &Path, journal: &Journal, observer: &dyn Observer) -> Result<(), Failure> {
    let failed = |path: &str, error| Failure::new(root.join(path), "put back", error);
    let open = || Folder::open(root).map_err(|error| failed("", error));
    let (mut from, mut to) = (Walk::new(open()?), Walk::new(open()?));
    for path in journal.into.iter().rev() {
        let new = join(NEW, path);
        // Still there: it was never moved. Gone from both: somebody removed it, which is where it should go.
        let moved = kind(&mut to, &new) == Kind::Nothing && kind(&mut from, path) != Kind::Nothing;
        if moved {
            observer.step(Step::PutBack(path));
            rename(&mut from, path, &mut to, &new).map_err(|error| failed(path, error))?;
        }
    }
    for (number, path) in journal.out.iter().enumerate() {
        let old = join(OLD, &number.to_string());
        if kind(&mut from, &old) != Kind::Nothing {
            observer.step(Step::PutBack(path));
            rename(&mut from, &old, &mut to, path).map_err(|error| failed(path, error))?;
        }
    }
    remove_work(root)
}

/// Removes folders left empty, the old files, and the notes of a change that is complete.
pub(crate) fn tidy(root: &Path, journal: &Journal) -> Result<(), Failure> {
    let mut walk = Walk::new(Folder::open(root).map_err(|error| Failure::new(root, "opened", error))?);
    for path in &journal.emptied {
        let (folder, name) = split(path);
        // A folder that is not empty stays; so does one that somebody else removed.
        let _ = walk.enter(folder).and_then(|folder| folder.remove_empty(name));
    }
    remove_work(root)
}

/// Finishes or undoes a change that was killed. Says whether there was one.
pub(crate) fn recover(root: &Path) -> Result<Recovered, ChangeError> {
    let folder = Folder::open(root).map_err(|error| Failure::new(root, "opened", error))?;
    let damaged =
        |why: String| Conflict::JournalDamaged { path: root.join(WORK).to_string_lossy().into_owned(), why };
    let work = match folder.kind(WORK).map_err(|error| Failure::new(root.join(WORK), "read", error))? {
        Kind::Nothing => return Ok(Recovered::Nothing),
        Kind::Folder => folder.enter(WORK).map_err(|error| Failure::new(root.join(WORK), "opened", error))?,
        _ => return Err(damaged("it is no folder".to_owned()).into()),
    };
    if let Some(journal) = Journal::load(&work, COMMITTED).map_err(damaged)? {
        tidy(root, &journal)?;
        return Ok(Recovered::Finished);
    }
    match Journal::load(&work, JOURNAL).map_err(damaged)? {
        Some(journal) => roll_back(root, &journal, &())?,
        None => remove_work(root)?,
    }
    Ok(Recovered::PutBack)
}

/// What was found of a change that was killed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Recovered {
    /// No such change.
    Nothing,
    /// It was undone.
    PutBack,
    /// It was complete; what it left was removed.
    Finished,
}

pub(crate) fn go_on(observer: &dyn Observer, step: Step<'_>) -> Result<(), ChangeError> {
    match observer.step(step) {
        Flow::GoOn => Ok(()),
        Flow::Stop => Err(ChangeError::Stopped),
    }
}

/// Removes the folder of the change, whatever is in it.
pub(crate) fn remove_work(root: &Path) -> Result<(), Failure> {
    let work = root.join(WORK);
    fs::remove_dir_all(&work).map_err(|error| Failure::new(work, "removed", error))
}

fn rename(from: &mut Walk, path: &str, to: &mut Walk, as_path: &str) -> io::Result<()> {
    let ((folder, name), (to_folder, as_name)) = (split(path), split(as_path));
    from.enter(folder)?.rename(name, to.enter(to_folder)?, as_name)
}

fn kind(walk: &mut Walk, path: &str) -> Kind {
    let (folder, name) = split(path);
    walk.enter(folder).and_then(|folder| folder.kind(name)).unwrap_or(Kind::Nothing)
}

impl Journal {
    /// Writes the journal; it is there whole or not at all.
    fn store(&self, walk: &mut Walk) -> io::Result<()> {
        let work = walk.enter(WORK)?;
        work.create("journal.new", false)?.write_all(&self.encode())?;
        work.rename("journal.new", work, JOURNAL)
    }

    fn load(work: &Folder, name: &str) -> Result<Option<Self>, String> {
        match work.read_whole(name, LIMITS.bytes as u64) {
            Ok(bytes) => Self::parse(&bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let object = Object::new()
            .with("format", FORMAT)
            .with("out", texts(&self.out))
            .with("in", texts(&self.into))
            .with("emptied", texts(&self.emptied));
        Value::from(object).to_bytes()
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        let root = Reader::root(&document);
        let read = || -> Result<Self, ShapeError> {
            let format = root.member("format")?;
            if format.str()? != FORMAT {
                return Err(format.wrong(FORMAT));
            }
            let list = |name| -> Result<Vec<String>, ShapeError> {
                root.member(name)?.elements()?.map(|path| path.str().map(str::to_owned)).collect()
            };
            Ok(Self { out: list("out")?, into: list("in")?, emptied: list("emptied")? })
        };
        let journal = read().map_err(|error| error.to_string())?;
        // Notes that somebody edited must not move what is outside of the environment.
        let mut all = journal.out.iter().chain(&journal.into).chain(&journal.emptied);
        if let Some(path) = all.find(|path| path.split('/').any(|part| matches!(part, "" | "." | ".."))) {
            return Err(format!("it names {}", quoted(path)));
        }
        Ok(journal)
    }
}

fn texts(paths: &[String]) -> Vec<Value<'_>> {
    paths.iter().map(|path| Value::from(path.as_str())).collect()
}
