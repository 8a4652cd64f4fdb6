//! What the tests compare PackMan with: other people's programs, in a virtual environment of their own.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::cargo::{program, root};

/// The programs, each at one version, so that a run tomorrow compares with the same.
const TOOLS: [&str; 4] = ["pip==26.3", "securesystemslib[crypto]==1.6.0", "tuf==7.0.1", "uv==0.13.9"];

/// The same programs as they were years ago, whose environments are audited as well.
const OLD_TOOLS: [&str; 2] = ["pip==23.0.1", "uv==0.5.31"];

/// Makes `target/tools`, a virtual environment with [`TOOLS`], unless it is there already; returns its folder.
pub(crate) fn set_up() -> Result<PathBuf, String> {
    set_up_in("tools", &TOOLS)
}

/// Makes `target/old-tools` with [`OLD_TOOLS`].
pub(crate) fn set_up_old() -> Result<PathBuf, String> {
    set_up_in("old-tools", &OLD_TOOLS)
}

fn set_up_in(name: &str, tools: &[&str]) -> Result<PathBuf, String> {
    let folder = root().join("target").join(name);
    let stamp = folder.join("packman-tools.txt");
    let wanted = tools.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }
    println!("xtask: making target/{name} with {}", tools.join(", "));
    make(&folder, tools)?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(folder)
}

fn make(folder: &Path, tools: &[&str]) -> Outcome {
    let text = folder.display().to_string();
    program(Path::new("python3"), &["-m", "venv", &text])?;
    let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    arguments.extend(tools);
    program(&folder.join("bin").join("python"), &arguments)
}
