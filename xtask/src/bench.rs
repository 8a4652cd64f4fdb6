//! The bench: built with the product as it is shipped, then run with the tools that it compares with.

use crate::cargo::{program, root};
use crate::{Outcome, cargo, tools};

/// Builds and runs the bench; what follows `bench` on the command line goes to it.
pub(crate) fn bench(rest: &[&str]) -> Outcome {
    let tools = tools::set_up()?.join("bin");
    // Only what is timed is built as it is shipped: the harness around it would take minutes for nothing.
    let timed = ["--bin", "packman", "--bin", "packman-floor", "--bin", "packman-stopwatch"];
    let packages = ["build", "--release", "--package", "packman", "--package", "packman-bench"];
    cargo::run(&[&packages[..], &timed].concat())?;
    cargo::run(&["build", "--package", "packman-bench", "--bin", "packman-bench"])?;
    let built = root().join("target").join("release");
    let folder = root().join("target").join("bench");
    let [folder, built, tools] = [folder, built, tools].map(|path| path.to_string_lossy().into_owned());
    let bench = root().join("target").join("debug").join("packman-bench");
    program(&bench, &[&[folder.as_str(), &built, &tools], rest].concat())
}
