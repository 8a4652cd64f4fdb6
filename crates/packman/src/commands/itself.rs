//! `packman completions`, `man` and `as-wheel`: what the program writes of itself.

use std::io::Write as _;
use std::path::Path;

use clap_complete::Shell;
use packman_machine::files::{self, Keeping};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use super::setting::Setting;
use crate::args::Common;
use crate::ending::Ending;
use crate::{itself, output};

/// No program that is run is longer, in bytes.
const LONGEST: u64 = 1 << 30;

pub(super) fn completions(shell: Shell) -> Result<(), Ending> {
    let mut script = Vec::new();
    // Into memory first: what writes it stops the program where nobody reads it.
    clap_complete::generate(shell, &mut itself::command(), "packman", &mut script);
    Ok(write(&script)?)
}

pub(super) fn man(names: &[String]) -> Result<(), Ending> {
    let mut command = itself::command();
    for name in names {
        let found = command.find_subcommand(name).cloned();
        let missing = || Ending::usage(format!("there is no command {}", quoted(&names.join(" "))));
        command = found.ok_or_else(missing)?;
    }
    Ok(write(&itself::page(command)?)?)
}

pub(super) fn as_wheel(folder: &Path, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let program = std::env::current_exe()?;
    let bytes = files::read_file(&program, LONGEST)?;
    let bytes = bytes.ok_or_else(|| Ending::failed("this program is not where it was started from"))?;
    let (name, wheel) = itself::wheel(&bytes).map_err(Ending::usage)?;
    let folder = setting.environ.folder().join(folder);
    files::make_public_folder(&folder)?;
    let path = folder.join(name);
    files::write_file(&path, &wheel, Keeping::Published)?;
    let path = path.display().to_string();
    if common.json {
        return Ok(output::answer(&Value::from(Object::new().with("wheel", path)))?);
    }
    Ok(output::lines([path])?)
}

fn write(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
