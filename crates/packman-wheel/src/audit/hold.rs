//! Holds an installed project against the wheel that was vouched for: every file that this brings, and every other that
//! the RECORD in the environment claims.
//!
//! What installers write themselves is compared in meaning. RECORD is one of those files: its rows may name more than the
//! wheel has only where an installer made it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::json;
use packman_strict::path::SafePath;

use super::bytecode::Bytecode;
use super::command;
use super::record::{Recorded, is_bytecode};
use super::vouched::VouchedWheel;
use super::{Finding, Wrong};
use crate::conflict::ChangeError;
use crate::entry_points::{self, EntryPoint};
use crate::failure::Failure;
use crate::folder::{Folder, digest_file, read_file, split};
use crate::installed::{Installed, relative_site};
use crate::layout::{Area, Layout};
use crate::receipt::{RECEIPT, Receipt};
use crate::scheme::{Places, join};
use crate::wheel_file;

/// The largest of the files that installers write, in bytes; and of a command.
const LARGEST: u64 = 1 << 20;

/// What holding an installed project against one wheel gave.
pub(super) struct Held {
    pub(super) findings: Vec<Finding>,
    /// How many files were compared with what was vouched for.
    pub(super) compared: usize,
    /// The bytecode of modules that are as they were vouched for.
    pub(super) bytecode: Vec<Bytecode>,
}

/// What a file has to be.
enum Wanted {
    /// These bytes.
    Bytes(Sha256),
    /// These bytes, or with a first line that starts the environment's Python.
    Script(Sha256),
    /// A command that calls this.
    Command(EntryPoint),
    /// Anything: RECORD is looked at row by row, and signatures of it are made after it.
    Anything,
}

/// Holds an installed project against a wheel whose WHEEL file it has; `None` where it lies outside of the environment.
pub(super) fn hold(
    places: &Places,
    python: &Path,
    recorded: &mut Recorded,
    installed: &Installed,
    wheel: &VouchedWheel,
) -> Result<Option<Held>, ChangeError> {
    let Some((dist_info, site)) = relative_site(places, &installed.dist_info) else { return Ok(None) };
    let mut holding = Holding {
        places,
        python,
        recorded,
        project: &installed.name,
        site,
        dist_info,
        held: Held { findings: Vec::new(), compared: 0, bytecode: Vec::new() },
    };
    let wanted = holding.wanted(wheel)?;
    let mut modules = Vec::new();
    for (path, wanted) in &wanted {
        if holding.compare(path, wanted)?
            && let (Wanted::Bytes(sha256), Some(stem)) = (wanted, path.strip_suffix(".py"))
        {
            modules.push((stem.to_owned(), *sha256));
        }
    }
    holding.find_added(&wanted);
    holding.find_bytecode(&modules)?;
    Ok(Some(holding.held))
}

struct Holding<'h> {
    places: &'h Places,
    python: &'h Path,
    recorded: &'h mut Recorded,
    project: &'h ProjectName,
    /// The folder that the rows of RECORD begin in, and the one of the facts, relative to the root.
    site: String,
    dist_info: String,
    held: Held,
}

impl Holding<'_> {
    /// What each file has to be, by its place with links resolved.
    fn wanted(&mut self, wheel: &VouchedWheel) -> Result<BTreeMap<String, Wanted>, ChangeError> {
        let layout = Layout::new(&wheel.dist_info, self.root_is_purelib(wheel)?);
        let headers = self.header_folder()?;
        let mut wanted = BTreeMap::new();
        for (path, digest) in &wheel.files {
            let destination = SafePath::parse(path).ok().and_then(|path| layout.place(&path).ok());
            let Some(destination) = destination else { continue };
            let folder = match destination.area {
                area if area == layout.root => self.site.clone(),
                Area::Headers => headers.clone(),
                area => self.places.folder(area, self.project),
            };
            let what = match (digest, destination.area) {
                (None, _) => Wanted::Anything,
                (Some(_), _) if *path == format!("{}/RECORD", wheel.dist_info) => Wanted::Anything,
                (Some(digest), Area::Scripts) => Wanted::Script(*digest),
                (Some(digest), _) => Wanted::Bytes(*digest),
            };
            let place = join(&folder, &destination.path);
            match self.recorded.resolved(self.places, &place) {
                Some(real) => _ = wanted.insert(real, what),
                None => self.find(&place, Wrong::LeadsOut),
            }
        }
        for point in self.commands(wheel)? {
            wanted.insert(join(&self.places.scripts, &point.name), Wanted::Command(point));
        }
        Ok(wanted)
    }

    /// What the vouched WHEEL file says; it is known to be that, or this is not its wheel.
    fn root_is_purelib(&self, wheel: &VouchedWheel) -> Result<bool, ChangeError> {
        let text = self.read(&join(&self.dist_info, "WHEEL"), LARGEST)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(wheel_file::verify(&text, wheel.name()).is_ok_and(|file| file.root_is_purelib))
    }

    /// The commands that installing makes, if the file that says so is the one that was vouched for: else that is a
    /// finding, and what else it says counts for nothing.
    fn commands(&self, wheel: &VouchedWheel) -> Result<Vec<EntryPoint>, ChangeError> {
        let Some(Some(vouched)) = wheel.files.get(&format!("{}/entry_points.txt", wheel.dist_info)) else {
            return Ok(Vec::new());
        };
        let bytes = self.read(&join(&self.dist_info, "entry_points.txt"), LARGEST << 2)?;
        let points = match std::str::from_utf8(&bytes) {
            Ok(text) if Sha256::of(&bytes) == *vouched => entry_points::parse(text).unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut commands: Vec<EntryPoint> = points.into_iter().filter(EntryPoint::is_script).collect();
        if self.makes_numbered() {
            let names =
                Folder::open(&self.places.root.join(&self.places.scripts)).and_then(|folder| folder.names());
            for name in names.unwrap_or_default() {
                if let Some(point) =
                    command::numbered(&name, commands.iter()).filter(|point| point.name != name)
                {
                    let point = EntryPoint { name: name.clone(), ..point.clone() };
                    if commands.iter().all(|known| known.name != name) {
                        commands.push(point);
                    }
                }
            }
        }
        Ok(commands)
    }

    fn makes_numbered(&self) -> bool {
        matches!(self.project.as_str(), "pip" | "setuptools")
    }

    /// The folder of a project's headers, which each installer spells as it likes.
    fn header_folder(&self) -> Result<String, ChangeError> {
        let usual = self.places.folder(Area::Headers, self.project);
        let full = self.places.root.join(&self.places.headers);
        if self.places.root.join(&usual).is_dir() || !full.is_dir() {
            return Ok(usual);
        }
        let names = Folder::open(&full).and_then(|folder| folder.names());
        let names = names.map_err(|error| Failure::new(&full, "listed", error))?;
        let own = names.iter().find(|name| ProjectName::parse(name).is_ok_and(|name| name == *self.project));
        Ok(own.map_or(usual, |own| join(&self.places.headers, own)))
    }

    /// Compares one file; says whether it is the one that was vouched for.
    fn compare(&mut self, path: &str, wanted: &Wanted) -> Result<bool, ChangeError> {
        let full = self.places.root.join(path);
        match fs::symlink_metadata(&full) {
            Ok(about) if about.is_symlink() => {
                self.find(path, Wrong::Linked);
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let may_be_missing = match wanted {
                    Wanted::Anything => true,
                    Wanted::Command(point) => self.makes_numbered() && command::may_be_missing(&point.name),
                    _ => is_bytecode(path),
                };
                if !may_be_missing {
                    self.find(path, Wrong::VouchedMissing);
                }
                return Ok(false);
            }
            _ => {}
        }
        let wrong = match wanted {
            Wanted::Anything => return Ok(false),
            Wanted::Bytes(vouched) => (self.digest(path)? != *vouched).then_some(Wrong::VouchedDiffers),
            Wanted::Script(vouched) if self.digest(path)? == *vouched => None,
            Wanted::Script(vouched) => {
                let text = self.read(path, LARGEST << 4)?;
                let shipped = command::is_shipped(self.places, self.python, &text, vouched);
                (!shipped).then_some(Wrong::VouchedDiffers)
            }
            Wanted::Command(point) => {
                let text = self.read(path, LARGEST)?;
                command::wrong_with_command(self.places, self.python, &text, point).map(Wrong::Command)
            }
        };
        // Python writes bytecode anew; what it loads is compared below.
        if is_bytecode(path) && wrong.is_some() {
            return Ok(false);
        }
        self.held.compared += 1;
        let is_it = wrong.is_none();
        if let Some(wrong) = wrong {
            self.find(path, wrong);
        }
        Ok(is_it)
    }

    /// What RECORD claims and the wheel does not bring.
    fn find_added(&mut self, wanted: &BTreeMap<String, Wanted>) {
        for path in self.recorded.rows_of(&self.dist_info) {
            let (folder, name) = split(&path);
            if wanted.contains_key(&path) || fs::symlink_metadata(self.places.root.join(&path)).is_err() {
                continue;
            }
            if folder == self.dist_info && is_installers(name) {
                if !self.is_as_installers_write(&path, name) {
                    self.find(&path, Wrong::Installers);
                }
            } else if !is_bytecode_of(&path, wanted) {
                self.find(&path, Wrong::Added);
            }
        }
    }

    fn is_as_installers_write(&self, path: &str, name: &str) -> bool {
        let Ok(bytes) = read_file(&self.places.root.join(path), LARGEST) else { return false };
        match name {
            "INSTALLER" => bytes.len() <= 256 && !bytes.trim_ascii().iter().any(u8::is_ascii_control),
            "REQUESTED" => bytes.trim_ascii().is_empty(),
            RECEIPT => Receipt::parse(&bytes).is_ok(),
            "RECORD" => true,
            _ => json::parse(&bytes, &json::Limits::default()).is_ok_and(|value| value.as_object().is_some()),
        }
    }

    /// The bytecode of modules: `__pycache__/<module>.*.pyc`.
    fn find_bytecode(&mut self, modules: &[(String, Sha256)]) -> Result<(), ChangeError> {
        let mut by_folder: BTreeMap<&str, HashMap<&str, &Sha256>> = BTreeMap::new();
        for (stem, sha256) in modules {
            let (folder, name) = split(stem);
            by_folder.entry(folder).or_default().insert(name, sha256);
        }
        for (folder, modules) in by_folder {
            let cache = join(folder, "__pycache__");
            let full = self.places.root.join(&cache);
            // A link in its place is a finding of its own.
            if !fs::symlink_metadata(&full).is_ok_and(|about| about.is_dir()) {
                continue;
            }
            let names: BTreeSet<String> = Folder::open(&full)
                .and_then(|folder| folder.names())
                .map_err(|error| Failure::new(&full, "listed", error))?
                .into_iter()
                .collect();
            for name in names {
                let known = stems(&name).find_map(|stem| modules.get_key_value(stem));
                let Some((stem, sha256)) = known else { continue };
                let (path, source) = (join(&cache, &name), join(folder, &format!("{stem}.py")));
                let root = &self.places.root;
                self.held.bytecode.push(Bytecode::new(root, &path, &source, **sha256, self.project));
            }
        }
        Ok(())
    }

    fn digest(&mut self, path: &str) -> Result<Sha256, ChangeError> {
        if let Some(known) = self.recorded.digest(path) {
            return Ok(known);
        }
        let full = self.places.root.join(path);
        match digest_file(&full) {
            Ok((digest, _)) => Ok(digest),
            // A folder in its place is not the file.
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(Sha256::from_bytes([0; 32])),
            Err(error) => Err(Failure::new(&full, "read", error).into()),
        }
    }

    /// What is not there, is no file or is longer than anybody would write reads as nothing.
    fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, ChangeError> {
        let full = self.places.root.join(path);
        match read_file(&full, most) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(Failure::new(&full, "read", error).into())
            }
            Err(_) => Ok(Vec::new()),
        }
    }

    fn find(&mut self, path: &str, what: Wrong) {
        let project = Some(self.project.clone());
        self.held.findings.push(Finding { path: path.to_owned(), project, what });
    }
}

/// What an installer writes beside what the wheel brings.
fn is_installers(name: &str) -> bool {
    [
        "RECORD",
        "INSTALLER",
        "REQUESTED",
        RECEIPT,
        "direct_url.json",
        "provenance_url.json",
        "uv_build.json",
        "uv_cache.json",
    ]
    .contains(&name)
}

/// Whether it is bytecode of a module that the wheel brings; what is in it is compared apart.
fn is_bytecode_of(path: &str, wanted: &BTreeMap<String, Wanted>) -> bool {
    let (cache, name) = split(path);
    let Some(folder) = cache.strip_suffix("__pycache__") else { return false };
    let source = |stem: &str| join(folder.trim_end_matches('/'), &format!("{stem}.py"));
    stems(name).any(|stem| wanted.contains_key(&source(stem)))
}

/// The names that the module of a file of bytecode may have: what stands before each of its dots, longest first.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.strip_suffix(".pyc").unwrap_or_default();
    stem.rmatch_indices('.').filter_map(move |(end, _)| stem.get(..end))
}
