//! What is told: one table, `target/bench/tuf.md`.

use std::fmt::Write as _;

use super::clients::Client;
use super::{Asked, SHAPES, Sample, Shape, State};
use crate::Outcome;
use crate::measure::Taken;
use crate::options::Options;
use crate::program::write;
use crate::report::hardware;
use crate::summary::median;

/// Writes the table and prints it.
pub(crate) fn write_all(options: &Options, samples: &[Sample], asked: &[Asked]) -> Outcome<()> {
    let table = table(options, samples, asked);
    let place = options.folder.join("tuf.md");
    write(&place, &table)?;
    println!("\n{table}\nbench: wrote {}", place.display());
    Ok(())
}

fn table(options: &Options, samples: &[Sample], asked: &[Asked]) -> String {
    let mut text = format!("{}\n\n", hardware());
    let _ = writeln!(text, "median of {} rounds\n", options.rounds);
    let _ = writeln!(
        text,
        "| repository | state | client | ms | CPU ms | MiB | requests | KB | fsync: calls, ms | disturbed |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    );
    for (shape, state) in rows() {
        for asked in asked.iter().filter(|asked| (asked.shape, asked.state) == (shape, state)) {
            let samples = Runs::of(samples, shape, state, asked.client);
            let _ = writeln!(text, "{}", row(asked, &samples));
        }
    }
    let _ = writeln!(
        text,
        "\n| packman-tuf, fsync apart, to its fastest peer | ms | CPU | MiB |\n|---|---|---|---|"
    );
    for (shape, state) in rows() {
        let ratio = |what: fn(&Taken) -> f64| {
            let ratio = ratio(samples, shape, state, what);
            ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        let [wall, cpu, peak] = [ratio(wall), ratio(cpu), ratio(peak)];
        let _ = writeln!(text, "| {}, {} | {wall} | {cpu} | {peak} |", shape.name, state.name());
    }
    text
}

fn rows() -> impl Iterator<Item = (Shape, State)> {
    SHAPES.into_iter().flat_map(|shape| State::ALL.into_iter().map(move |state| (shape, state)))
}

fn row(asked: &Asked, runs: &Runs<'_>) -> String {
    let number = |what: fn(&Taken) -> f64| runs.median(what).unwrap_or_default();
    let syncs = asked.syncs.map_or_else(
        || "–".to_owned(),
        |syncs| {
            if syncs.calls == 0 {
                "0".to_owned()
            } else {
                format!("{}, {:.0}", syncs.calls, syncs.milliseconds)
            }
        },
    );
    let disturbed = runs.0.iter().filter(|sample| sample.taken.disturbed).count();
    format!(
        "| {} | {} | {} | **{:.1}** | {:.1} | {:.0} | {} | {} | {syncs} | {disturbed} of {} |",
        asked.shape.name,
        asked.state.name(),
        asked.client.name(),
        number(wall),
        number(cpu),
        number(peak),
        asked.requests,
        asked.bytes.div_ceil(1000),
        runs.0.len()
    )
}

/// Ours to the fastest of the others, in the median of rounds.
fn ratio(samples: &[Sample], shape: Shape, state: State, what: fn(&Taken) -> f64) -> Option<f64> {
    let of = |client: Client| Runs::of(samples, shape, state, client).median(what);
    let peers = [Client::Sigstore, Client::Python].into_iter().filter(|client| client.is_peer());
    let fastest = peers.filter_map(of).min_by(f64::total_cmp)?;
    Some(of(Client::PackmanUnsynced)? / fastest)
}

fn wall(taken: &Taken) -> f64 {
    taken.wall
}

fn cpu(taken: &Taken) -> f64 {
    taken.user + taken.system
}

fn peak(taken: &Taken) -> f64 {
    taken.peak
}

/// The runs of one client on one repository in one state.
struct Runs<'a>(Vec<&'a Sample>);

impl<'a> Runs<'a> {
    fn of(samples: &'a [Sample], shape: Shape, state: State, client: Client) -> Self {
        let of = |sample: &&Sample| (sample.shape, sample.state, sample.client) == (shape, state, client);
        Self(samples.iter().filter(of).collect())
    }

    fn median(&self, what: fn(&Taken) -> f64) -> Option<f64> {
        median(self.0.iter().map(|sample| what(&sample.taken)))
    }
}
