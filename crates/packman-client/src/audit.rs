//! Whether an environment is still what was installed into it. Asks nobody, and runs nothing of it.

use packman_wheel::{Audit, Note, Noted};

use crate::client::Client;
use crate::environment::{Absent, WhichEnvironment, change_error};
use crate::error::ClientError;

/// What an audit found, and where.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The environment's folder.
    pub environment: String,
    /// What was found.
    pub audit: Audit,
}

impl Client<'_> {
    /// Compares an environment with its RECORDs, and looks for what nobody recorded.
    pub fn audit(&self, which: &WhichEnvironment) -> Result<Audited, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        let found = &environment.found;
        let base = found.is_venv.then_some(found.asked.as_path());
        let mut audit = packman_wheel::audit(&environment.scheme, base).map_err(change_error)?;
        if !found.also_sees.is_empty() {
            let path = "pyvenv.cfg".to_owned();
            audit.notes.push(Note { path, project: None, what: Noted::SeesBelow });
        }
        Ok(Audited { environment: environment.folder(), audit })
    }
}
