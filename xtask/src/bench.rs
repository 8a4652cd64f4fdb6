//! The bench: built with the product as it is shipped, then run with the tools that it compares with.

use crate::cargo::{program, root};
use crate::{Outcome, cargo, tools};

/// Builds and runs the bench; what follows `bench` on the command line goes to it.
pub(crate) fn bench(rest: &[&str]) -> Outcome {
    let tools = tools::set_up()?.join("bin");
    // Only what is timed is built as it is shipped: the harness around it would take minutes for nothing.
    let packages = ["build", "--release", "--package", "packman", "--package", "packman-bench"];
    if rest.contains(&"--tuf") {
        cargo::run(
            &[&packages[..], &["--bin", "packman-tuf-client", "--bin", "packman-stopwatch"]].concat(),
        )?;
        peers()?;
    } else {
        let timed = ["--bin", "packman", "--bin", "packman-floor", "--bin", "packman-stopwatch"];
        cargo::run(&[&packages[..], &timed].concat())?;
    }
    cargo::run(&["build", "--package", "packman-bench", "--bin", "packman-bench"])?;
    let built = root().join("target").join("release");
    let folder = root().join("target").join("bench");
    let peers = root().join("target").join("peers").join("release");
    let paths = [folder, built, peers, tools];
    let [folder, built, peers, tools] = paths.map(|path| path.to_string_lossy().into_owned());
    let bench = root().join("target").join("debug").join("packman-bench");
    program(&bench, &[&[folder.as_str(), &built, &peers, &tools], rest].concat())
}

/// Builds the peers that are written in Rust. Each is a workspace of its own: nothing of it reaches our lock file.
fn peers() -> Outcome {
    let manifest = root().join("bench").join("peers").join("sigstore-tuf").join("Cargo.toml");
    let target = root().join("target").join("peers");
    let [manifest, target] = [manifest, target].map(|path| path.to_string_lossy().into_owned());
    cargo::run(&["build", "--release", "--locked", "--manifest-path", &manifest, "--target-dir", &target])
}
