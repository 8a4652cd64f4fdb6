//! What is installed in an environment, by whomever.
//!
//! Reads every `.dist-info` (PyPA "Recording installed projects") and notes every `.egg-info`, so that packages
//! installed by other means count. Generous where `verify` is strict: these files are not evidence of anything,
//! and one that is broken is reported and stops nothing.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use packman_names::{ProjectName, Version, parse_version};
use packman_strict::json;
use packman_strict::quote::quoted;

use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::{Folder, Kind};
use crate::journal::{COMMITTED, JOURNAL, WORK};
use crate::layout::DIST_INFO;
use crate::receipt::{RECEIPT, Receipt};
use crate::scheme::{Places, Scheme, join};

/// The largest of INSTALLER, `direct_url.json` and the receipt that is read, in bytes.
const LARGEST_TEXT: u64 = 1 << 20;

/// The most of METADATA that is read before its description, in bytes.
const LARGEST_HEADER: u64 = 4 << 20;

/// What an environment holds.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The installed projects, by name.
    pub installed: Vec<Installed>,
    /// What looks like an installed project and cannot be read.
    pub broken: Vec<Broken>,
    /// Whether a change is going on, or was killed and not yet undone: then this may be half of it.
    pub is_in_change: bool,
    /// Whether files of such a change were moved, or are being moved: then this is not to be gone by.
    pub is_torn: bool,
}

impl Inventory {
    /// The installed project of that name, where there is one.
    pub fn project(&self, name: &ProjectName) -> Option<&Installed> {
        self.installed.iter().find(|installed| installed.name == *name)
    }
}

/// An installed project.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its name.
    pub name: ProjectName,
    /// Its version.
    pub version: Version,
    /// Its `.dist-info` folder, or its `.egg-info`.
    pub dist_info: PathBuf,
    /// Whether its files are known, so that it can be removed.
    pub recorded: Recorded,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// `Requires-Dist`, each as written.
    pub requires: Vec<String>,
    /// `Requires-Python`, as written.
    pub requires_python: Option<String>,
    /// `Provides-Extra`, each as written.
    pub extras: Vec<String>,
}

/// What few ask for is read when it is asked for. It may have gone since, and stands for nothing then.
impl Installed {
    /// What installed it, by its own words.
    pub fn installer(&self) -> Option<String> {
        self.text("INSTALLER").map(|text| text.trim().to_owned())
    }

    /// Its WHEEL file, which says how its wheel was built.
    pub fn wheel_file(&self) -> Option<Vec<u8>> {
        self.bytes("WHEEL")
    }

    /// Whether it runs from the folder of its source.
    pub fn is_editable(&self) -> bool {
        self.text("direct_url.json").is_some_and(|text| is_editable(&text))
    }

    /// Who vouched for it, where PackMan installed it.
    pub fn receipt(&self) -> Option<Receipt> {
        Receipt::parse(self.text(RECEIPT)?.as_bytes()).ok()
    }

    /// Whether it seems that PackMan installed it: a receipt is there, whatever it says.
    pub fn has_receipt(&self) -> bool {
        Folder::open(&self.dist_info).is_ok_and(|folder| is_there(&folder, RECEIPT))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        if self.recorded == Recorded::EggInfo {
            return None;
        }
        Folder::open(&self.dist_info).and_then(|folder| folder.read_whole(name, LARGEST_TEXT)).ok()
    }
}

/// Whether somebody wrote down which files a project consists of.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Recorded {
    /// There is a RECORD.
    Yes,
    /// A `.dist-info` without RECORD: a system's package manager keeps the list.
    NoRecord,
    /// An `.egg-info`: installed by distutils, or by setuptools without pip.
    EggInfo,
}

/// Something that looks like an installed project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// Where it is.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub why: String,
}

/// The folder in which all changes of an environment are made, and which has to be writable for them.
pub fn root(scheme: &Scheme) -> Result<PathBuf, ChangeError> {
    Ok(Places::of(scheme)?.root)
}

/// Lists what is installed. Reads only; needs no lock.
pub fn installed(scheme: &Scheme) -> Result<Inventory, ChangeError> {
    let places = Places::of(scheme)?;
    let work = places.root.join(WORK);
    let is_there = || fs::symlink_metadata(&work).is_ok();
    let before = is_there();
    let about = |name: &str| fs::symlink_metadata(work.join(name)).map_err(|error| error.kind());
    // Where somebody else's notes cannot be looked at, files may have been moved.
    let is_moving = || {
        about(JOURNAL).map_or_else(|why| why == io::ErrorKind::PermissionDenied, |_| true)
            && about(COMMITTED).is_err()
    };
    let torn = is_moving();
    let inventory = list(&places)?;
    // A change that began meanwhile may show half of itself; one that begins later shows nothing.
    Ok(Inventory { is_in_change: before || is_there(), is_torn: torn || is_moving(), ..inventory })
}

pub(crate) fn list(places: &Places) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    for site in places.site_folders() {
        let path = places.root.join(site);
        let folder = match Folder::open(&path) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::new(&path, "opened", error)),
        };
        let names = folder.names().map_err(|error| Failure::new(&path, "listed", error))?;
        for name in names {
            let place = path.join(&name);
            let found = if ends_with(&name, DIST_INFO) {
                read_dist_info(&folder, &name, &place)
            } else if ends_with(&name, ".egg-info") {
                read_egg_info(&folder, &name, &place)
            } else {
                continue;
            };
            match found {
                Ok(installed) => inventory.installed.push(installed),
                Err(why) => inventory.broken.push(Broken { path: place, why }),
            }
        }
    }
    inventory.installed.sort_by(|a, b| (&a.name, &a.dist_info).cmp(&(&b.name, &b.dist_info)));
    inventory.broken.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(inventory)
}

/// Whether a name ends so, in whatever case.
fn ends_with(name: &str, end: &str) -> bool {
    let tail = name.len().checked_sub(end.len()).and_then(|at| name.as_bytes().get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

/// The path of a project's folder of facts, relative to the root; `None` where it is not in the environment.
pub(crate) fn relative_site(places: &Places, dist_info: &Path) -> Option<(String, String)> {
    let name = dist_info.file_name()?.to_str()?;
    let parent = fs::canonicalize(dist_info.parent()?).ok()?;
    let site = parent.strip_prefix(&places.root).ok()?.to_str()?.to_owned();
    Some((join(&site, name), site))
}

fn read_dist_info(site: &Folder, name: &str, path: &Path) -> Result<Installed, String> {
    let metadata = read_header(site, &format!("{name}/METADATA")).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "it has no METADATA".to_owned(),
        _ => error.to_string(),
    })?;
    let mut installed = parse_header(&metadata, path)?;
    if is_there(site, &format!("{name}/RECORD")) {
        installed.recorded = Recorded::Yes;
    }
    installed.requested = is_there(site, &format!("{name}/REQUESTED"));
    Ok(installed)
}

fn read_egg_info(site: &Folder, name: &str, path: &Path) -> Result<Installed, String> {
    let said = |error: io::Error| error.to_string();
    let text = match site.kind(name).map_err(said)? {
        Kind::File => read_header(site, name),
        _ => site.enter(name).and_then(|folder| read_header(&folder, "PKG-INFO")),
    };
    let mut installed = parse_header(&text.map_err(said)?, path)?;
    installed.recorded = Recorded::EggInfo;
    Ok(installed)
}

fn is_there(folder: &Folder, name: &str) -> bool {
    folder.kind(name).is_ok_and(|kind| kind != Kind::Nothing)
}

/// Reads as far as the first empty line: what follows is a description of up to hundreds of kilobytes.
fn read_header(folder: &Folder, name: &str) -> io::Result<Vec<u8>> {
    let mut file = folder.read(name)?;
    let (mut bytes, mut read) = (vec![0; 8 << 10], 0);
    loop {
        let got = file.read(bytes.get_mut(read..).unwrap_or_default())?;
        // The last byte before may be the first of an empty line.
        let new = read.saturating_sub(1)..read + got;
        read = new.end;
        if got == 0 || bytes.get(new).is_some_and(has_empty_line) {
            bytes.truncate(read);
            return Ok(bytes);
        }
        if read as u64 > LARGEST_HEADER {
            let why = format!("{} has more than {LARGEST_HEADER} bytes before its description", quoted(name));
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if read == bytes.len() {
            bytes.resize(read * 2, 0);
        }
    }
}

fn has_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n")
}

/// Reads the fields before the first blank line; of those that may stand once, the first.
fn parse_header(text: &[u8], path: &Path) -> Result<Installed, String> {
    let (mut name, mut version, mut requires_python) = (None, None, None);
    let (mut requires, mut extras) = (Vec::new(), Vec::new());
    for line in text.split(|byte| *byte == b'\n') {
        let Some(first) = line.iter().find(|byte| !byte.is_ascii_whitespace()) else { break };
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (Some(field), Some(value)) = (line.get(..colon), line.get(colon + 1..)) else { continue };
        // Most lines are classifiers and the like: they are not read.
        if line.starts_with(b" ") || line.starts_with(b"\t") || !b"NnVvRrPp".contains(first) {
            continue;
        }
        let is = |wanted: &str| field.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes());
        let value = || String::from_utf8_lossy(value.trim_ascii()).into_owned();
        if is("Requires-Dist") {
            requires.push(value());
        } else if is("Provides-Extra") {
            extras.push(value());
        } else if name.is_none() && is("Name") {
            name = Some(value());
        } else if version.is_none() && is("Version") {
            version = Some(value());
        } else if requires_python.is_none() && is("Requires-Python") {
            requires_python = Some(value());
        }
    }
    let name = name.ok_or("its metadata has no `Name`")?;
    let version = version.ok_or("its metadata has no `Version`")?;
    Ok(Installed {
        name: ProjectName::parse(&name).map_err(|error| error.to_string())?,
        version: parse_version(&version).map_err(|error| error.to_string())?,
        dist_info: path.to_owned(),
        recorded: Recorded::NoRecord,
        requested: false,
        requires,
        requires_python,
        extras,
    })
}

/// PyPA "Direct URL": `dir_info.editable` is true.
fn is_editable(text: &str) -> bool {
    let Ok(value) = json::parse(text.as_bytes(), &json::Limits::default()) else { return false };
    let folder = value.as_object().and_then(|url| url.get("dir_info")).and_then(|folder| folder.as_object());
    folder.and_then(|folder| folder.get("editable")).and_then(json::Value::as_bool).unwrap_or_default()
}
