//! Whether an environment is still what was installed into it, as far as its own RECORDs can tell.
//!
//! Reads only, needs no lock, and starts nothing: no code of the environment runs. RECORD lies in the environment too,
//! so whoever can change a file can change its row; what was signed is not compared here.
//!
//! Looked at are the folders from which Python and shells take code: modules and commands. Bytecode beside a module
//! that is recorded counts as the module's; it is counted, and not compared.

mod frame;
mod known;
mod record;
mod stray;

use std::path::{Path, PathBuf};

use packman_names::ProjectName;

use crate::conflict::ChangeError;
use crate::installed::{Recorded, list};
use crate::scheme::{Places, Scheme};

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// How many files were compared with their RECORD.
    pub compared: usize,
    /// How many files of bytecode there are that no RECORD has a hash of.
    pub bytecode: usize,
    /// Whether the folder of commands was looked through as well.
    pub commands: bool,
    /// What is not as it should be, by path.
    pub findings: Vec<Finding>,
    /// What is as it should be and worth knowing, by path.
    pub notes: Vec<Note>,
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
/// of commands that is not its own.
pub fn audit(scheme: &Scheme, base: Option<&Path>) -> Result<Audit, ChangeError> {
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
                audit.find(path, project, Wrong::NoRecord);
            }
        }
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
    audit.findings.sort();
    audit.findings.dedup();
    audit.notes.sort();
    audit.notes.dedup();
    Ok(audit)
}

impl Audit {
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
