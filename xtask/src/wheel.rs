//! The command in a wheel: built for release, and put into `target/wheels` by itself.

use std::process::Command;

use crate::Outcome;
use crate::cargo::{program, root};

/// Builds the command, says in it from which commit, and lets it make its wheel.
pub(crate) fn wheel() -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "-p", "packman"]).current_dir(root());
    if let Some(commit) = commit() {
        build.env("PACKMAN_COMMIT", commit);
    }
    match build.status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("the build ended with {status}")),
        Err(error) => return Err(format!("cargo did not start: {error}")),
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let folder = root().join("target").join("wheels");
    program(&target.join("release").join("packman"), &["as-wheel", &folder.display().to_string()])
}

/// The commit that is checked out; none outside of a checkout, or where something in it was changed.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    if changed.is_empty() { git(&["rev-parse", "--short=12", "HEAD"]) } else { None }
}
