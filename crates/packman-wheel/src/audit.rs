//! Whether an environment is still what was installed into it.
//!
//! Reads only, needs no lock, and starts nothing: no code of the environment runs. Two things are compared. RECORD lies in
//! the environment too, so whoever can change a file can change its row: it tells accidents, and what nobody recorded.
//! The RECORD of a wheel that a database vouches for does not lie there, and tells the rest.
//!
//! Looked at are the folders from which Python and shells take code: modules and commands. Bytecode beside a module
//! that is recorded counts as the module's; whoever has a Python to compile with compares it (`bytecode`).

mod bytecode;
mod command;
mod frame;
mod hold;
mod known;
mod marshal;
mod record;
mod stray;
mod vouched;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use packman_names::ProjectName;

use crate::conflict::ChangeError;
use crate::installed::{Installed, Recorded, list};
use crate::scheme::{Places, Scheme};

pub use bytecode::{Bytecode, BytecodeForm, Compiled, Loaded, SameCode};
pub use marshal::{NoCode, digest_code};
pub use vouched::{Likeness, VouchedWheel, likeness};

/// The wheels that an installed project may be of, by its folder of facts.
pub type Candidates = BTreeMap<PathBuf, Vec<VouchedWheel>>;

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// How many files were compared with their RECORD.
    pub compared: usize,
    /// How many files were compared with what was vouched for.
    pub vouched: usize,
    /// The files of bytecode that no RECORD has a hash of.
    pub bytecode: BTreeSet<String>,
    /// The bytecode of modules that are as they were vouched for.
    pub of_vouched: Vec<Bytecode>,
    /// Each installed project, with the wheel that it was held against.
    pub held: Vec<Held>,
    /// Whether the folder of commands was looked through as well.
    pub commands: bool,
    /// What is not as it should be, by path.
    pub findings: Vec<Finding>,
    /// What is as it should be and worth knowing, by path.
    pub notes: Vec<Note>,
}

/// An installed project, and the wheel that it is of.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its folder of facts.
    pub dist_info: PathBuf,
    /// The same, relative to the environment.
    pub path: String,
    /// The wheel that has its WHEEL file; of several the one that it differs least from.
    pub wheel: Option<VouchedWheel>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// Where, relative to the environment; a folder ends in `/`.
    pub path: String,
    /// The project that it belongs to, where it does.
    pub project: Option<ProjectName>,
    /// What is wrong.
    pub what: Wrong,
}

/// What is wrong.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Wrong {
    /// The file is another than RECORD names.
    Differs,
    /// RECORD names it, and it is not there.
    Missing,
    /// RECORD names it, and it is a link, which no wheel brings.
    Linked,
    /// The environment's Python is neither a link to nor a copy of the one that it is made of, which is named.
    Interpreter(String),
    /// A folder where environments have a link to `lib`; how many files it holds.
    NoLink(usize),
    /// RECORD names something outside of the environment, or of the environment's own.
    Escapes,
    /// RECORD names no hash that can be compared; what it has instead.
    NoHash(String),
    /// RECORD cannot be read; why.
    Unreadable(String),
    /// What says that a project is installed keeps no list of its files.
    NoRecord,
    /// Nobody recorded it; how many files it is.
    Unrecorded(usize),
    /// Nobody recorded it, and Python reads it whenever it starts; whether it runs code then.
    Startup(bool),
    /// The file is another than the one that was vouched for.
    VouchedDiffers,
    /// The wheel that was vouched for brings it, and it is not there.
    VouchedMissing,
    /// The wheel that was vouched for brings it, and a link leads out of the environment to it.
    LeadsOut,
    /// RECORD names it, and the wheel that was vouched for does not bring it.
    Added,
    /// The command is not what its entry point makes; what it does.
    Command(String),
    /// It has the name of what installers write, and does not say what they do.
    Installers,
    /// Python would load it in the place of a module, and it is not what compiling that gives.
    Bytecode,
    /// Python may load it in the place of a module, and it cannot be compared; why.
    BytecodeUnread(String),
}

/// Something that is as it should be and worth knowing.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Note {
    /// Where, relative to the environment.
    pub path: String,
    /// The project that it belongs to, where it does.
    pub project: Option<ProjectName>,
    /// What it is.
    pub what: Noted,
}

/// What is worth knowing.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Noted {
    /// The project runs from the folder of its source, which is not looked at.
    Editable,
    /// It belongs to a project, and runs whenever Python starts.
    RunsAtStart,
    /// It was made with the environment, and runs whenever Python starts.
    MadeWithEnvironment,
    /// The settings of the environment let it see packages that are installed elsewhere.
    SeesBelow,
}

/// Audits an environment. `base`: the interpreter that a virtual environment is made of; one that is none has a folder
/// of commands that is not its own. `candidates`: what is vouched for, where something is.
pub fn audit(scheme: &Scheme, base: Option<&Path>, candidates: &Candidates) -> Result<Audit, ChangeError> {
    let places = Places::of(scheme)?;
    let inventory = list(&places)?;
    let mut audit = Audit { commands: base.is_some(), ..Audit::default() };
    let mut recorded = record::Recorded::default();
    for broken in inventory.broken {
        let path = relative(&places, &broken.path);
        recorded.tell(&path);
        audit.find(path, None, Wrong::Unreadable(broken.why));
    }
    for installed in &inventory.installed {
        let path = relative(&places, &installed.dist_info);
        let project = Some(&installed.name);
        if installed.is_editable() {
            audit.note(path.clone(), project, Noted::Editable);
        }
        match installed.recorded {
            Recorded::Yes => recorded.compare(&places, installed, &mut audit)?,
            Recorded::NoRecord | Recorded::EggInfo => {
                recorded.tell(&path);
                audit.find(path.clone(), project, Wrong::NoRecord);
            }
        }
        let wheels = candidates.get(&installed.dist_info).map(Vec::as_slice).unwrap_or_default();
        let wheel = audit.hold(&places, &scheme.python, &mut recorded, installed, wheels)?;
        audit.held.push(Held { dist_info: installed.dist_info.clone(), path, wheel });
    }
    let mut folders: Vec<&str> = places.site_folders();
    if let Some(base) = base {
        folders.push(&places.scripts);
        frame::compare_interpreters(&places, base, &mut audit)?;
        folders.extend(frame::second_lib(&places, &recorded, &mut audit)?);
    }
    for folder in folders {
        stray::look(&places, folder, &recorded, &mut audit)?;
    }
    audit.settle();
    Ok(audit)
}

impl Audit {
    /// Holds an installed project against those of the wheels that have its WHEEL file, and keeps what the one gave that it
    /// differs least from.
    fn hold(
        &mut self,
        places: &Places,
        python: &Path,
        recorded: &mut record::Recorded,
        installed: &Installed,
        wheels: &[VouchedWheel],
    ) -> Result<Option<VouchedWheel>, ChangeError> {
        let Some(wheel_file) = installed.wheel_file() else { return Ok(None) };
        let mut best: Option<(&VouchedWheel, hold::Held)> = None;
        for wheel in wheels.iter().filter(|wheel| wheel.is_of(&wheel_file)) {
            let Some(held) = hold::hold(places, python, recorded, installed, wheel)? else { continue };
            if best.as_ref().is_none_or(|(_, before)| held.findings.len() < before.findings.len()) {
                best = Some((wheel, held));
            }
        }
        let Some((wheel, held)) = best else { return Ok(None) };
        self.vouched += held.compared;
        self.of_vouched.extend(held.bytecode);
        self.findings.extend(held.findings);
        Ok(Some(wheel.clone()))
    }

    /// Sorts what was found, and says of each file once that it is another or gone: best by what was vouched for.
    fn settle(&mut self) {
        let weightier: BTreeSet<String> = self
            .findings
            .iter()
            .filter(|found| {
                matches!(found.what, Wrong::VouchedDiffers | Wrong::VouchedMissing | Wrong::Command(_))
            })
            .map(|found| found.path.clone())
            .collect();
        self.findings.retain(|found| {
            !(matches!(found.what, Wrong::Differs | Wrong::Missing) && weightier.contains(&found.path))
        });
        self.findings.sort();
        self.findings.dedup();
        self.notes.sort();
        self.notes.dedup();
    }

    fn find(&mut self, path: String, project: Option<&ProjectName>, what: Wrong) {
        self.findings.push(Finding { path, project: project.cloned(), what });
    }

    fn note(&mut self, path: String, project: Option<&ProjectName>, what: Noted) {
        self.notes.push(Note { path, project: project.cloned(), what });
    }
}

/// A path as it is shown: from the environment's folder, where it is below it.
fn relative(places: &Places, path: &Path) -> String {
    let real: PathBuf = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real.strip_prefix(&places.root).unwrap_or(path).to_string_lossy().into_owned()
}
