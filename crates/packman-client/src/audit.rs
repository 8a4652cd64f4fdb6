//! Whether an environment is still what was installed into it. Asks nobody, and runs nothing of it.

use packman_wheel::Audit;

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
        let audit =
            packman_wheel::audit(&environment.scheme, environment.found.is_venv).map_err(change_error)?;
        Ok(Audited { environment: environment.folder(), audit })
    }
}
