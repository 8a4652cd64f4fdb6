//! What is told: a table for people, `target/bench/report.md`, and every sample for programs, `report.json`.

use std::fmt::Write as _;
use std::path::Path;

use packman_strict::json::{Object, Value};

use crate::Outcome;
use crate::measure::Taken;
use crate::options::Options;
use crate::prepare::Ready;
use crate::program::{clean, output, read, write};
use crate::rounds::{Sample, Waited};
use crate::summary::Summary;
use crate::variants::{Scenario, Variant};

/// Writes both files and prints the table.
pub(crate) fn write_both(
    options: &Options,
    ready: &[Ready],
    samples: &[Sample],
    waited: &[Waited],
) -> Outcome<()> {
    let table = table(options, ready, samples) + &syncs(waited);
    write(&options.folder.join("report.md"), &table)?;
    write(&options.folder.join("report.json"), json(options, samples).to_pretty())?;
    println!("\n{table}\nbench: wrote {}", options.folder.join("report.md").display());
    Ok(())
}

fn table(options: &Options, ready: &[Ready], samples: &[Sample]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n", machine(options).join("  \n"));
    for scenario in Scenario::ALL {
        let columns = columns(samples, scenario);
        if columns.is_empty() {
            continue;
        }
        let _ = writeln!(text, "### {}\n", scenario.name());
        let names: Vec<String> = columns.iter().map(Variant::name).collect();
        let aims = ["floor", "uv sync", "uv install"].map(|name| format!("packman / {name}")).join(" | ");
        let _ = writeln!(text, "| set (wheels, MB) | {} | {aims} | disturbed |", names.join(" | "));
        let _ = writeln!(text, "|---|{}", "---|".repeat(columns.len() + 4));
        let measured = |set: &&Ready| {
            samples.iter().any(|sample| (sample.set, sample.scenario) == (set.set.name, scenario))
        };
        for set in ready.iter().filter(measured) {
            let summary = Summary::of(samples, set.set.name, scenario);
            let _ = writeln!(text, "{}", row(set, &summary, &columns));
        }
        text.push('\n');
    }
    text
}

/// What waits for the disk on purpose; one run each, not among the timed ones.
fn syncs(waited: &[Waited]) -> String {
    if waited.is_empty() {
        return "fsync: not counted, strace is not here, or nothing was installed\n".to_owned();
    }
    let mut text =
        "### fsync and its kin: calls, ms\n\n| set | state | who | calls | ms |\n|---|---|---|---|---|\n"
            .to_owned();
    for Waited { set, scenario, variant, syncs } in waited {
        let (scenario, variant) = (scenario.name(), variant.name());
        let _ = writeln!(
            text,
            "| {set} | {scenario} | {variant} | {} | {:.1} |",
            syncs.calls, syncs.milliseconds
        );
    }
    text
}

/// One set: of each variant milliseconds by the clock, of the processor, and MiB at once.
fn row(set: &Ready, summary: &Summary<'_>, columns: &[Variant]) -> String {
    let mut cells = vec![format!("{} ({}, {:.1})", set.set.name, set.wheels.len(), megabytes(set.bytes()))];
    for variant in columns {
        let wall = summary.median(variant, |taken| taken.wall);
        let cpu = summary.median(variant, |taken| taken.user + taken.system);
        let peak = summary.median(variant, |taken| taken.peak);
        cells.push(match (wall, cpu, peak) {
            (Some(wall), Some(cpu), Some(peak)) => format!("**{wall:.1}** / {cpu:.1} / {peak:.0}"),
            _ => "–".to_owned(),
        });
    }
    for other in [Variant::Floor, Variant::UvSync, Variant::UvInstall] {
        let ratio = |what: fn(&Taken) -> f64| summary.ratio(&Variant::Packman(None), &other, what);
        let ratios =
            (ratio(|taken| taken.wall), ratio(|taken| taken.user + taken.system), ratio(|taken| taken.peak));
        cells.push(match ratios {
            (Some(wall), Some(cpu), Some(peak)) => format!("**{wall:.2}** / {cpu:.2} / {peak:.2}"),
            _ => "–".to_owned(),
        });
    }
    let (disturbed, all) = summary.disturbed();
    cells.push(format!("{disturbed} of {all}"));
    format!("| {} |", cells.join(" | "))
}

fn columns(samples: &[Sample], scenario: Scenario) -> Vec<Variant> {
    let mut columns: Vec<Variant> = samples
        .iter()
        .filter(|sample| sample.scenario == scenario)
        .map(|sample| sample.variant.clone())
        .collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The machine in words.
pub(crate) fn hardware() -> String {
    let field = |path: &str, name: &str| {
        let text = read(Path::new(path)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read(Path::new("/proc/sys/kernel/osrelease")).unwrap_or_default();
    format!("{cores} cores of {}, Linux {}", field("/proc/cpuinfo", "model name"), kernel.trim())
}

/// The machine and the versions, a line each.
fn machine(options: &Options) -> Vec<String> {
    let version = |program: &Path, argument: &str| {
        let line = output(clean(program).arg(argument)).unwrap_or_default();
        line.lines().next().unwrap_or_default().split(" from ").next().unwrap_or_default().to_owned()
    };
    vec![
        hardware(),
        [
            version(&options.programs.join("packman"), "--version"),
            version(&options.tools.join("uv"), "--version"),
            version(&options.tools.join("pip"), "--version"),
            version(Path::new("python3"), "--version"),
        ]
        .join(", "),
        format!(
            "median of {} rounds (pip: {}); each cell: ms by the clock / ms of CPU / MiB at once, and ratios of these within a round",
            options.rounds,
            options.pip_rounds.min(options.rounds)
        ),
    ]
}

fn json(options: &Options, samples: &[Sample]) -> Value<'static> {
    let sample = |sample: &Sample| {
        let micro = |milliseconds: f64| whole(milliseconds * 1000.0);
        Value::from(
            Object::new()
                .with("set", sample.set)
                .with("scenario", sample.scenario.name())
                .with("variant", sample.variant.name())
                .with("round", sample.round as u64)
                .with("wall-us", micro(sample.taken.wall))
                .with("user-us", micro(sample.taken.user))
                .with("system-us", micro(sample.taken.system))
                .with("peak-kib", whole(sample.taken.peak * 1024.0))
                .with("disturbed", sample.taken.disturbed),
        )
    };
    let lines: Vec<Value<'static>> = machine(options).into_iter().map(Value::from).collect();
    let samples: Vec<Value<'static>> = samples.iter().map(sample).collect();
    Value::from(Object::new().with("machine", lines).with("samples", samples))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measure, neither huge nor negative"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}
