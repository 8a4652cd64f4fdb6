//! `packman demo`.

use packman_names::Requirement;

use super::setting::Setting;
use crate::args::{Common, DemoArgs};
use crate::demo::{self, Tale};
use crate::ending::{Blame, Ending};
use crate::output;

pub(super) fn run(arguments: &DemoArgs, common: &Common) -> Result<(), Ending> {
    // The mirror is on this machine: only packages of the index need a network.
    let offline = common.offline && !arguments.packages.is_empty();
    let setting = Setting::capture(&Common { offline, ..common.clone() }, false)?;
    let parse = |text: &String| Requirement::parse(text).map_err(|error| Ending::usage(error.to_string()));
    let packages = arguments.packages.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let tale = if common.json || common.quiet { Tale::Untold } else { Tale::Told };
    let played = demo::play(&setting, &packages, tale).map_err(|ending| match ending.blame {
        Blame::Stopped => Ending { headline: "stopped; the scratch folder was removed".to_owned(), ..ending },
        _ => ending,
    })?;
    if common.json {
        output::answer(&played.into())?;
    }
    Ok(())
}
