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
use crate::journal::WORK;
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
    /// What installed it, by its own words.
    pub installer: Option<String>,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Whether it runs from the folder of its source.
    pub editable: bool,
    /// `Requires-Dist`, each as written.
    pub requires: Vec<String>,
    /// `Requires-Python`, as written.
    pub requires_python: Option<String>,
    /// `Provides-Extra`, each as written.
    pub extras: Vec<String>,
    /// Who vouched for it, where PackMan installed it.
    pub receipt: Option<Receipt>,
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

/// Lists what is installed. Reads only; needs no lock.
pub fn installed(scheme: &Scheme) -> Result<Inventory, ChangeError> {
    let places = Places::of(scheme)?;
    let is_in_change = fs::symlink_metadata(places.root.join(WORK)).is_ok();
    Ok(Inventory { is_in_change, ..list(&places)? })
}

pub(crate) fn list(places: &Places) -> Result<Inventory, Failure> {
    let mut inventory = Inventory::default();
    for site in places.site_folders() {
        let path = places.root.join(site);
        let names = match Folder::open(&path) {
            Ok(folder) => folder.names().map_err(|error| Failure::new(&path, "listed", error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::new(&path, "opened", error)),
        };
        for name in names {
            let found = match name.to_lowercase().as_str() {
                lower if lower.ends_with(DIST_INFO) => read_dist_info(&path.join(&name)),
                lower if lower.ends_with(".egg-info") => read_egg_info(&path.join(&name)),
                _ => continue,
            };
            match found {
                Ok(installed) => inventory.installed.push(installed),
                Err(why) => inventory.broken.push(Broken { path: path.join(&name), why }),
            }
        }
    }
    inventory.installed.sort_by(|a, b| (&a.name, &a.dist_info).cmp(&(&b.name, &b.dist_info)));
    inventory.broken.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(inventory)
}

/// The path of a project's folder of facts, relative to the root; `None` where it is not in the environment.
pub(crate) fn relative_site(places: &Places, dist_info: &Path) -> Option<(String, String)> {
    let name = dist_info.file_name()?.to_str()?;
    let parent = fs::canonicalize(dist_info.parent()?).ok()?;
    let site = parent.strip_prefix(&places.root).ok()?.to_str()?.to_owned();
    Some((join(&site, name), site))
}

fn read_dist_info(path: &Path) -> Result<Installed, String> {
    let said = |error: io::Error| error.to_string();
    let folder = Folder::open(path).map_err(said)?;
    let names = folder.names().map_err(said)?;
    let has = |name: &str| names.iter().any(|other| other == name);
    let text = |name: &str| if has(name) { read_text(&folder, name).map(Some) } else { Ok(None) };
    if !has("METADATA") {
        return Err("it has no METADATA".to_owned());
    }
    let metadata = read_header(&folder, "METADATA").map_err(said)?;
    let mut installed = parse_header(&metadata, path)?;
    if has("RECORD") {
        installed.recorded = Recorded::Yes;
    }
    installed.requested = has("REQUESTED");
    installed.installer = text("INSTALLER").ok().flatten().map(|text| text.trim().to_owned());
    installed.editable = text("direct_url.json").ok().flatten().is_some_and(|text| is_editable(&text));
    installed.receipt = text(RECEIPT).ok().flatten().and_then(|text| Receipt::parse(text.as_bytes()).ok());
    Ok(installed)
}

fn read_egg_info(path: &Path) -> Result<Installed, String> {
    let parent = path.parent().ok_or("it is nowhere")?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("its name is not UTF-8")?;
    let said = |error: io::Error| error.to_string();
    let folder = Folder::open(parent).map_err(said)?;
    let text = match folder.kind(name).map_err(said)? {
        Kind::File => read_header(&folder, name),
        _ => folder.enter(name).and_then(|folder| read_header(&folder, "PKG-INFO")),
    };
    let mut installed = parse_header(&text.map_err(said)?, path)?;
    installed.recorded = Recorded::EggInfo;
    Ok(installed)
}

fn read_text(folder: &Folder, name: &str) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&folder.read_whole(name, LARGEST_TEXT)?).into_owned())
}

/// Reads as far as the first empty line: what follows is a description of up to hundreds of kilobytes.
fn read_header(folder: &Folder, name: &str) -> io::Result<String> {
    let mut file = folder.read(name)?;
    let mut bytes = Vec::new();
    let mut most = 4 << 10;
    loop {
        let got = file.by_ref().take(most).read_to_end(&mut bytes)?;
        if got == 0 || bytes.windows(2).any(|two| two == b"\n\n") {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        if bytes.len() as u64 > LARGEST_HEADER {
            let why = format!("{} has more than {LARGEST_HEADER} bytes before its description", quoted(name));
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        most *= 2;
    }
}

/// Reads the fields before the first blank line; of those that may stand once, the first.
fn parse_header(text: &str, path: &Path) -> Result<Installed, String> {
    let fields: Vec<(&str, &str)> = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let all = |wanted: &str| -> Vec<String> {
        let same = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        same.map(|(_, value)| (*value).to_owned()).collect()
    };
    let one = |wanted: &str| all(wanted).into_iter().next();
    let name = one("Name").ok_or("its metadata has no `Name`")?;
    let version = one("Version").ok_or("its metadata has no `Version`")?;
    Ok(Installed {
        name: ProjectName::parse(&name).map_err(|error| error.to_string())?,
        version: parse_version(&version).map_err(|error| error.to_string())?,
        dist_info: path.to_owned(),
        recorded: Recorded::NoRecord,
        installer: None,
        requested: false,
        editable: false,
        requires: all("Requires-Dist"),
        requires_python: one("Requires-Python"),
        extras: all("Provides-Extra"),
        receipt: None,
    })
}

/// PyPA "Direct URL": `dir_info.editable` is true.
fn is_editable(text: &str) -> bool {
    let Ok(value) = json::parse(text.as_bytes(), &json::Limits::default()) else { return false };
    let folder = value.as_object().and_then(|url| url.get("dir_info")).and_then(|folder| folder.as_object());
    folder.and_then(|folder| folder.get("editable")).and_then(json::Value::as_bool).unwrap_or_default()
}
