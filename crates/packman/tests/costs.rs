//! What an install costs in system calls, held against ceilings: a jump fails, whatever the machine is busy with.
//!
//! Counted by strace, in four kinds that do not depend on how threads happen to meet. The ceilings stand in
//! `costs.txt` beside this file, a tenth above what was measured. Whoever makes PackMan do more on purpose, or less,
//! renews them with `PACKMAN_COSTS=renew cargo test -p packman --test costs` and says in the commit why.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::Stage;
use testkit::packages;

/// The kinds that are counted, and the system calls of each.
const KINDS: [(&str, &[&str]); 4] = [
    (
        "files",
        &[
            "access",
            "chmod",
            "copy_file_range",
            "creat",
            "faccessat",
            "faccessat2",
            "fchmod",
            "fchmodat",
            "flock",
            "fstat",
            "ftruncate",
            "getdents64",
            "link",
            "linkat",
            "lstat",
            "mkdir",
            "mkdirat",
            "newfstatat",
            "open",
            "openat",
            "openat2",
            "pwrite64",
            "readlink",
            "readlinkat",
            "rename",
            "renameat",
            "renameat2",
            "rmdir",
            "stat",
            "statx",
            "symlink",
            "symlinkat",
            "unlink",
            "unlinkat",
            "utimensat",
            "write",
            "writev",
        ],
    ),
    ("syncs", &["fdatasync", "fsync", "sync_file_range", "syncfs"]),
    ("connections", &["connect"]),
    ("programs", &["execve", "execveat"]),
];

/// How often something of each kind was done.
type Counts = [u64; KINDS.len()];

#[test]
fn an_install_costs_no_more_than_it_did() {
    if let Err(why) = Command::new("strace").args(["-o", "/dev/null", "true"]).output().map(|run| run.status)
    {
        assert!(std::env::var("CI").is_err(), "strace: {why}");
        eprintln!("skipped: an_install_costs_no_more_than_it_did: strace is not here ({why})");
        return;
    }
    let stage = Stage::trusted(packages::web_tools());
    // A later user, whom no earlier command has prepared anything for.
    stage.world.clear_cache();
    for venv in ["first", "second"] {
        stage.world.venv(venv);
    }
    let install = |venv, more: &[&'static str]| {
        [&["install", "--quiet", "--venv", venv, "flask", "requests"], more].concat()
    };
    let measured = [
        ("resolve only", count(&stage, &install("first", &["--dry-run"]))),
        ("cold install", {
            stage.world.clear_cache();
            count(&stage, &install("first", &[]))
        }),
        ("warm install", count(&stage, &install("second", &[]))),
        ("nothing to do", count(&stage, &install("second", &[]))),
    ];
    if std::env::var("PACKMAN_COSTS").is_ok_and(|what| what == "renew") {
        std::fs::write(ceilings_file(), ceilings_of(&measured)).unwrap();
        return;
    }
    let ceilings = ceilings();
    let mut jumps = String::new();
    for (scenario, counts) in measured {
        let ceilings = ceilings.get(scenario).expect("every scenario has a line in costs.txt");
        for (((kind, _), count), ceiling) in KINDS.iter().zip(counts).zip(ceilings) {
            eprintln!("{scenario}: {count} {kind}, at most {ceiling}");
            if count > *ceiling {
                let _ = writeln!(jumps, "{scenario}: {count} {kind}, wanted at most {ceiling}");
            }
        }
    }
    assert!(jumps.is_empty(), "{jumps}see the head of this file");
}

/// Runs the command under strace and counts.
fn count(stage: &Stage, arguments: &[&str]) -> Counts {
    let table = stage.world.path("calls.txt");
    let text = table.to_string_lossy().into_owned();
    let mut words = vec!["--follow-forks", "--summary-only", "-o", &text, env!("CARGO_BIN_EXE_packman")];
    words.extend(arguments);
    let run = stage.world.other(Path::new("strace"), &words);
    assert_eq!(run.code, 0, "strace packman {}\n{}", arguments.join(" "), run.stderr);
    let table = std::fs::read_to_string(table).unwrap();
    let calls: Vec<(String, u64)> = table.lines().filter_map(line).collect();
    KINDS.map(|(_, names)| {
        let of_this_kind = calls.iter().filter(|(name, _)| names.contains(&name.as_str()));
        of_this_kind.map(|(_, count)| count).sum()
    })
}

/// A line of strace's table: `% time, seconds, usecs/call, calls, errors (maybe), name`.
fn line(text: &str) -> Option<(String, u64)> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    Some(((*words.last()?).to_owned(), words.get(3)?.parse().ok()?))
}

fn ceilings_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/costs.txt")
}

fn ceilings() -> BTreeMap<String, Vec<u64>> {
    let text = std::fs::read_to_string(ceilings_file()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (scenario, counts) = line.split_once(':').expect("a scenario and its ceilings");
            let counts = counts.split_ascii_whitespace().map(|count| count.parse().unwrap());
            (scenario.to_owned(), counts.collect())
        })
        .collect()
}

/// A tenth above what was measured; a little more where little is done, since threads differ with processors.
fn ceilings_of(measured: &[(&str, Counts)]) -> String {
    let mut text = "# The most system calls of four kinds (files, syncs, connections, programs) that an install of twelve\n\
                    # small wheels may take. How to renew them stands at the head of costs.rs.\n"
        .to_owned();
    for (scenario, counts) in measured {
        let ceilings = counts.map(|count| match count {
            0 => "0".to_owned(),
            few if few < 20 => (few + 2).to_string(),
            many => (many + many / 10).to_string(),
        });
        let _ = writeln!(text, "{scenario}: {}", ceilings.join(" "));
    }
    text
}
