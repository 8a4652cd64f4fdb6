//! `packman cache`: how large it is, whether it is sound, and what may go.

use std::time::Duration;

use packman_client::PruneRequest;

use super::setting::Setting;
use crate::args::{CacheCommand, Common, PruneArgs};
use crate::ending::Ending;
use crate::output;
use crate::words::cache as words;

const DAY: Duration = Duration::from_hours(24);

pub(super) fn run(command: &CacheCommand, common: &Common) -> Result<(), Ending> {
    match command {
        CacheCommand::Size => size(common),
        CacheCommand::Verify => verify(common),
        CacheCommand::Prune(arguments) => prune(arguments, common),
    }
}

fn size(common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let size = setting.client().cache_size()?;
    if common.json {
        return Ok(output::answer(&words::size_to_json(&size))?);
    }
    Ok(output::lines(words::size(&size))?)
}

fn verify(common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let verified = setting.client().cache_verify()?;
    if common.json {
        return Ok(output::answer(&words::verified_to_json(&verified))?);
    }
    Ok(output::lines(words::verified(&verified))?)
}

fn prune(arguments: &PruneArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let request = PruneRequest {
        unused_for: DAY.saturating_mul(arguments.unused_for),
        not_linked: arguments.not_linked,
        dry_run: arguments.dry_run,
    };
    let pruned = setting.client().cache_prune(&request)?;
    if common.json {
        return Ok(output::answer(&words::pruned_to_json(&pruned, arguments.dry_run))?);
    }
    Ok(output::lines(words::pruned(&pruned, arguments.dry_run))?)
}
