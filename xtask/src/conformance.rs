//! `cargo xtask conformance CHECKOUT`: TUF's own conformance suite against the client of `packman-tuf`'s example.
//!
//! The suite is not ours and is not kept here: the argument is a checkout of it. Every test must pass; the suite's way
//! of marking tests as expected to fail is not used.

use std::path::Path;

use crate::Outcome;
use crate::cargo::{program, root, run};

pub(crate) fn conformance(checkout: &str) -> Outcome {
    let suite = Path::new(checkout).join("tuf_conformance");
    if !suite.is_dir() {
        return Err(format!(
            "{checkout}: found no folder `tuf_conformance`, wanted a checkout of TUF's conformance suite"
        ));
    }
    run(&["build", "--quiet", "-p", "packman-tuf", "--example", "conformance"])?;
    let target = root().join("target");
    let environment = target.join("conformance");
    let python = environment.join("bin").join("python");
    program(Path::new("python3"), &["-m", "venv", &environment.display().to_string()])?;
    program(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", checkout])?;
    let client = target.join("debug").join("examples").join("conformance").display().to_string();
    let suite = suite.display().to_string();
    // Its static repositories are read at the time they were made, which needs Debian's `faketime`.
    program(&python, &["-m", "pytest", "-q", "-p", "no:cacheprovider", &suite, "--entrypoint", &client])
}
