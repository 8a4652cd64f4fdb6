//! Other people's programs that PackMan is compared with, as `cargo xtask tools` sets them up.
#![allow(clippy::missing_panics_doc, reason = "a comparison that cannot be made has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{Run, finish};

/// The interpreter of `target/tools` (or of `PACKMAN_TEST_PYTHON`), which has pip, uv and tuf beside it.
///
/// # Panics
///
/// When it is not there: a comparison that cannot be made has failed.
pub fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("PACKMAN_TEST_PYTHON") {
        return named.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let python = root.join("target/tools/bin/python");
    assert!(python.exists(), "{} is not there; `cargo xtask tools` makes it", python.display());
    python
}

/// A program beside that interpreter, such as `uv`.
pub fn program(name: &str) -> PathBuf {
    python().with_file_name(name)
}

/// A program of years ago, as `cargo xtask real` sets it up in `target/old-tools` (or the folder of `PACKMAN_TEST_OLD_TOOLS`).
pub fn old_program(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let named = std::env::var_os("PACKMAN_TEST_OLD_TOOLS").map(PathBuf::from);
    named.unwrap_or_else(|| root.join("target/old-tools")).join("bin").join(name)
}

/// Runs that interpreter with nothing of the test's own environment, in a folder.
pub fn run_python(folder: &Path, arguments: &[&str]) -> Run {
    finish(hermetic(&python(), folder).args(arguments))
}

/// Runs pip on an environment, without any index.
pub fn pip(venv: &Path, arguments: &[&str]) -> Run {
    let mut command = hermetic(&python(), venv);
    command.args(["-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--python"]).arg(venv);
    finish(command.args(arguments))
}

/// Runs `uv pip` on an environment, without any index.
pub fn uv_pip(venv: &Path, subcommand: &str, arguments: &[&str]) -> Run {
    let mut command = hermetic(&program("uv"), venv);
    command.args(["pip", subcommand, "--offline", "--no-config", "--no-cache", "--python"]).arg(venv);
    finish(command.args(arguments))
}

fn hermetic(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder);
    command
}
