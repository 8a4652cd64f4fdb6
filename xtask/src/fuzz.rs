//! `cargo xtask fuzz [SECONDS] [TARGET…]`: each fuzzer of `fuzz/` for so many seconds (10 without a number), beginning
//! with the seeds and with what earlier runs found worth keeping in `target/fuzz/corpus`.
//!
//! Built without a sanitizer, so that the pinned toolchain does: what is looked for are panics, overflows, broken
//! promises, and inputs that take long or much memory. Our own crates forbid `unsafe`.

use std::path::Path;

use crate::Outcome;
use crate::cargo::{program, root, run};

/// The version that is installed where there is none.
const CARGO_FUZZ: &str = "0.13.2";

pub(crate) fn fuzz(arguments: &[&str]) -> Outcome {
    let (seconds, names) = match arguments.split_first() {
        Some((first, rest)) if first.bytes().all(|digit| digit.is_ascii_digit()) => (*first, rest),
        _ => ("10", arguments),
    };
    let known = targets()?;
    if let Some(unknown) = names.iter().find(|name| !known.iter().any(|known| known == *name)) {
        return Err(format!("there is no fuzzer `{unknown}`, wanted one of {}", known.join(", ")));
    }
    build()?;
    for name in known.iter().filter(|known| names.is_empty() || names.contains(&known.as_str())) {
        hunt(name, seconds)?;
    }
    Ok(())
}

/// The fuzzers there are: one file each.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz").join("targets");
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn build() -> Outcome {
    let tools = root().join("target").join("tools-cargo");
    let cargo_fuzz = tools.join("bin").join("cargo-fuzz");
    if !cargo_fuzz.exists() {
        let to = tools.display().to_string();
        run(&["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--quiet", "--root", &to])?;
    }
    program(
        &cargo_fuzz,
        &["build", "--sanitizer", "none", "--fuzz-dir", "fuzz", "--target-dir", "target/fuzz"],
    )
}

/// Runs one fuzzer. What breaks a promise is kept as `target/fuzz/found/NAME-…`, for a test of its own.
fn hunt(name: &str, seconds: &str) -> Outcome {
    let folder = root().join("target").join("fuzz");
    let (corpus, found) = (folder.join("corpus").join(name), folder.join("found"));
    for folder in [&corpus, &found] {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let shown = |path: &Path| path.display().to_string();
    let limits = [
        format!("-max_total_time={seconds}"),
        format!("-artifact_prefix={}", shown(&found.join(name)) + "-"),
    ];
    let seeds = root().join("fuzz").join("seeds").join(name);
    let binary =
        folder.join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH)).join("release").join(name);
    let arguments = [
        &limits[0],
        &limits[1],
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=65536",
        "-verbosity=0",
        "-print_final_stats=1",
        &shown(&corpus),
        &shown(&seeds),
    ];
    program(&binary, &arguments)
}
