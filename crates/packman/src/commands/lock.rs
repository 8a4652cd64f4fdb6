//! `packman lock` and `sync`: what would be installed, written down, and an environment made equal to it.

use std::path::Path;

use packman_client::{Client, InstallRequest, LockRequest, Manner, SyncRequest};
use packman_machine::failure::{Act, DiskFailure};
use packman_machine::files::{self, Keeping};
use packman_requirements::FileKind;
use packman_strict::quote::quoted;

use super::demand::{Sources, refuse_left};
use super::install::carry_out;
use super::setting::{Setting, which};
use crate::args::{Common, LockArgs, SyncArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn lock(arguments: &LockArgs, common: &Common) -> Result<(), Ending> {
    refuse_other_name(&arguments.output)?;
    refuse_dots(&arguments.output)?;
    let setting = Setting::capture(common, false)?;
    refuse_unusable_folder(&setting, &arguments.output)?;
    let sources = Sources {
        typed: &arguments.requirement,
        files: &arguments.requirements,
        constraints: &arguments.constraint,
        extras: &arguments.extra,
        groups: &arguments.group,
        whole_locks: false,
        build_system: false,
    };
    let demand = sources.read(&setting)?;
    refuse_left(&demand)?;
    let asked = InstallRequest::of(&demand, which(&arguments.environment));
    let client = Client { accept_expired: arguments.accept_expired, ..setting.client() };
    let lock = client.lock(&LockRequest { asked, universal: arguments.universal })?;
    let path = setting.environ.folder().join(&arguments.output);
    files::write_file(&path, lock.text.as_bytes(), Keeping::Published)?;
    if common.json {
        return Ok(output::answer(&words::lock::to_json(&lock, &arguments.output))?);
    }
    setting.terminal.say_all(&words::lock::lines(&lock, &arguments.output));
    Ok(())
}

pub(super) fn sync(arguments: &SyncArgs, common: &Common) -> Result<(), Ending> {
    refuse_other_name(&arguments.file)?;
    let setting = Setting::capture(common, arguments.yes)?;
    let link = arguments.link.mode(&setting.environ)?;
    let sources = Sources {
        files: std::slice::from_ref(&arguments.file),
        extras: &arguments.extra,
        groups: &arguments.group,
        ..Sources::default()
    };
    let demand = sources.read(&setting)?;
    refuse_left(&demand)?;
    let client = setting.client();
    let request = SyncRequest::of(&demand, arguments.exact);
    let planned = client.plan_sync(&request, &which(&arguments.environment))?;
    let plan = words::plan::sync(&planned);
    let manner = Manner { compile_bytecode: arguments.compile_bytecode, link };
    carry_out(&setting, &client, planned, &plan, (!arguments.dry_run).then_some(manner), common)
}

/// Said before anything is asked of the network.
fn refuse_unusable_folder(setting: &Setting, path: &Path) -> Result<(), Ending> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let place = setting.environ.folder().join(folder);
    if place.is_dir() {
        let reason = files::unwritable(&place);
        return reason.map_or(Ok(()), |reason| Err(DiskFailure::because(Act::Write, path, reason).into()));
    }
    let folder = folder.to_string_lossy();
    Err(Ending::usage(format!("there is no folder {} to write the lock into", quoted(&folder)))
        .hint(format!("`mkdir -p {}` makes it", words::shell_path(Path::new(&*folder)))))
}

/// The NAME of a new lock holds no dots (PEP 751); one that was made so by others is still read.
fn refuse_dots(path: &Path) -> Result<(), Ending> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.matches('.').count() <= 2 && !name.contains("..") {
        return Ok(());
    }
    let found = quoted(&path.to_string_lossy()).to_string();
    Err(Ending::usage(format!(
        "{found} is no name of a lock file, wanted `pylock.NAME.toml` with no dot in NAME"
    )))
}

/// Tools find a lock by its name, so it has to have one (PEP 751).
fn refuse_other_name(path: &Path) -> Result<(), Ending> {
    if FileKind::of(path).is_ok_and(|kind| kind == FileKind::PyLock) {
        return Ok(());
    }
    let found = quoted(&path.to_string_lossy()).to_string();
    Err(Ending::usage(format!(
        "{found} is no name of a lock file, wanted `pylock.toml` or `pylock.NAME.toml`"
    )))
}
