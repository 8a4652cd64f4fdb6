//! Which files an installed project consists of, by its RECORD: what uninstalling it takes away.
//!
//! RECORD of an installed project is a file that anything in the environment could have written, so a row that
//! leads out of the environment, or to what makes it one, refuses the whole removal.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use crate::conflict::{ChangeError, Conflict};
use crate::disable::is_disabled;
use crate::failure::Failure;
use crate::folder::{Folder, Kind, split};
use crate::installed::{Installed, Recorded, relative_site};
use crate::journal::WORK;
use crate::record;
use crate::resolve::{Resolver, State};
use crate::scheme::{Places, is_below, join, real};

/// The text of a project's RECORD, and the folder its rows are relative to.
pub(crate) struct InstalledRecord {
    pub(crate) text: String,
    pub(crate) dist_info: String,
    pub(crate) site: String,
}

/// The largest RECORD of an installed project that is read, in bytes: as large as that of a wheel.
const LARGEST_RECORD: u64 = 64 << 20;

impl InstalledRecord {
    /// Reads the RECORD of an installed project.
    pub(crate) fn read(places: &Places, installed: &Installed) -> Result<Self, ChangeError> {
        let project = || installed.name.to_string();
        let why = match installed.recorded {
            Recorded::Yes => None,
            Recorded::NoRecord => Some("its `.dist-info` has no RECORD"),
            Recorded::EggInfo => Some("it was installed by distutils or without pip"),
        };
        if let Some(why) = why {
            return Err(Conflict::NoRecord { project: project(), why }.into());
        }
        let path = installed.dist_info.to_string_lossy().into_owned();
        let escapes = Conflict::RecordEscapes { project: project(), path };
        let (dist_info, site) = relative_site(places, &installed.dist_info).ok_or(escapes)?;
        let folder = places.root.join(&dist_info);
        let bytes = Folder::open(&folder)
            .and_then(|folder| folder.read_whole("RECORD", LARGEST_RECORD))
            .map_err(|error| Failure::new(folder.join("RECORD"), "read", error))?;
        let damaged = |why: String| Conflict::RecordDamaged { project: project(), why };
        let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8".to_owned()))?;
        Ok(Self { text, dist_info, site })
    }

    /// The path of each row, relative to the root; links are not resolved yet.
    pub(crate) fn paths(&self, places: &Places, installed: &Installed) -> Result<Vec<String>, Conflict> {
        let project = || installed.name.to_string();
        let rows = record::parse(&self.text)
            .map_err(|fault| Conflict::RecordDamaged { project: project(), why: fault.to_string() })?;
        rows.iter()
            .map(|row| {
                let path = place(places, &self.site, &row.path).filter(|path| may_own(places, path));
                path.ok_or_else(|| Conflict::RecordEscapes {
                    project: project(),
                    path: row.path.clone().into_owned(),
                })
            })
            .collect()
    }
}

/// The path of a row relative to the root; none where it leads out.
pub(crate) fn place(places: &Places, site: &str, row: &str) -> Option<String> {
    if row.starts_with('/') {
        let path = Path::new(row);
        let folder = real(path.parent()?).ok()?;
        let inside = folder.strip_prefix(&places.root).ok()?.to_str()?;
        return plain(inside, path.file_name()?.to_str()?);
    }
    plain(site, row)
}

/// Joins two paths, taking `.` and `..` as what they say.
fn plain(folder: &str, row: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in row.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether a project may own the file: not what makes the environment one, and not our own notes.
pub(crate) fn may_own(places: &Places, path: &str) -> bool {
    path != join(&places.data, "pyvenv.cfg")
        && path != WORK
        && !is_below(path, WORK)
        && !is_disabled(path)
        && !places.interpreters.contains(path)
}

/// What a change takes away.
#[derive(Debug, Default)]
pub(crate) struct Removal {
    /// Files that are there, links resolved.
    pub(crate) files: BTreeSet<String>,
    /// The `.dist-info` folders of the projects.
    pub(crate) dist_infos: BTreeSet<String>,
}

impl Removal {
    /// Adds every file of a project that is there, and the bytecode of its modules.
    pub(crate) fn add(
        &mut self,
        resolver: &mut Resolver<'_>,
        places: &Places,
        installed: &Installed,
    ) -> Result<(), ChangeError> {
        let record = InstalledRecord::read(places, installed)?;
        let mut bytecode = Bytecode::default();
        for mut path in record.paths(places, installed)? {
            let (_, kind) = resolver.file(&mut path)?;
            if let Some(source) = path.strip_suffix(".py") {
                self.files.extend(bytecode.of(resolver, source)?);
            }
            if !matches!(kind, Kind::Nothing | Kind::Folder) {
                self.files.insert(path);
            }
        }
        self.dist_infos.insert(record.dist_info);
        Ok(())
    }

    /// The folders that may be empty afterwards, deepest first.
    pub(crate) fn emptied(&self, places: &Places) -> Vec<String> {
        let mut folders = BTreeSet::new();
        for file in &self.files {
            let mut folder = split(file).0;
            while !folder.is_empty() && !places.keeps(folder) && folders.insert(folder.to_owned()) {
                folder = split(folder).0;
            }
        }
        // A folder sorts before what is in it.
        folders.into_iter().rev().collect()
    }
}

/// Finds the bytecode of modules; reads each `__pycache__` once.
#[derive(Debug, Default)]
pub(crate) struct Bytecode {
    caches: HashMap<String, Vec<String>>,
}

impl Bytecode {
    /// `__pycache__/<stem>.*.pyc` of a module (its path without `.py`), whichever interpreter wrote it.
    pub(crate) fn of(
        &mut self,
        resolver: &mut Resolver<'_>,
        source: &str,
    ) -> Result<Vec<String>, ChangeError> {
        let (folder, stem) = split(source);
        let cache = resolver.folder(&join(folder, "__pycache__"))?;
        if cache.state != State::There {
            return Ok(Vec::new());
        }
        let names = match self.caches.entry(cache.path.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(resolver.names(&cache.path)?),
        };
        let ours = |name: &&String| {
            name.strip_prefix(stem)
                .is_some_and(|rest| rest.starts_with('.') && rest.strip_suffix(".pyc").is_some())
        };
        Ok(names.iter().filter(ours).map(|name| join(&cache.path, name)).collect())
    }
}
