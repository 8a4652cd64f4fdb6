//! `packman audit`: what was changed in an environment, what nobody vouches for, and moving what was recalled out of the way.

use packman_client::{Audited, Moved};

use super::setting::{Setting, which};
use super::trust::parse_projects;
use crate::args::{AuditArgs, Common};
use crate::ending::{Ending, answered};
use crate::{output, words};

/// Of an environment that is not as it should be.
const CODE: &str = "findings";

pub(super) fn run(arguments: &AuditArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let (client, which) = (setting.client(), which(&arguments.environment));
    if !arguments.enable.is_empty() {
        let moved = client.enable(&parse_projects(&arguments.enable)?, &which)?;
        return moved_back(&moved, common);
    }
    let mut audited = client.audit(&which)?;
    let mut moved = None;
    if !arguments.disable.is_empty() {
        moved = Some(client.disable(&audited, &parse_projects(&arguments.disable)?, &which)?);
        audited = client.audit(&which)?;
    }
    answer(&audited, moved.as_ref(), common)
}

fn answer(audited: &Audited, moved: Option<&Moved>, common: &Common) -> Result<(), Ending> {
    let ended = if words::audit::findings(audited) == 0 {
        Ok(())
    } else {
        Err(Ending::no(CODE, words::audit::headline(audited))
            .hint("look at each before you run anything from there")
            .hint("`packman venv` makes another environment, into which `packman install` puts it anew"))
    };
    if common.json {
        let disabled = words::audit::moved_to_json(moved);
        return answered(words::audit::to_json(audited).with("disabled", disabled), ended);
    }
    output::lines(moved.into_iter().flat_map(words::audit::out_of_the_way))?;
    output::lines(words::audit::lines(audited))?;
    ended
}

fn moved_back(moved: &Moved, common: &Common) -> Result<(), Ending> {
    if common.json {
        return Ok(output::answer(&words::audit::enabled_to_json(moved))?);
    }
    Ok(output::lines(words::audit::back(moved))?)
}
