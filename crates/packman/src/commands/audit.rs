//! `packman audit`: what was changed in an environment, and what nobody installed.

use super::setting::{Setting, which};
use crate::args::{Common, EnvironmentArgs};
use crate::ending::{Ending, answered};
use crate::{output, words};

/// Of an environment that is not as it should be.
const CODE: &str = "findings";

pub(super) fn run(environment: &EnvironmentArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let audited = setting.client().audit(&which(environment))?;
    let ended = if audited.audit.findings.is_empty() {
        Ok(())
    } else {
        Err(Ending::no(CODE, words::audit::headline(&audited))
            .hint("look at each before you run anything from there")
            .hint("`packman venv` makes another environment, into which `packman install` puts it anew"))
    };
    if common.json {
        return answered(words::audit::to_json(&audited), ended);
    }
    output::lines(words::audit::lines(&audited))?;
    ended
}
