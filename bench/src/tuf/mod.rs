//! packman-tuf beside sigstore-tuf and python-tuf: whole processes over loopback, on repositories of several shapes.

mod clients;
mod report;

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::measure::{Patience, Taken, measure};
use crate::options::Options;
use crate::program::{clean, output, read};
use crate::server::Server;
use crate::syncs::{self, Syncs};
use clients::{Client, Place};

/// How often a run is tried again when others disturbed it.
const AGAIN: usize = 2;

/// What a repository looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shape {
    /// What people call it.
    pub(crate) name: &'static str,
    /// What the client that makes it calls it.
    kind: &'static str,
    targets: u32,
    /// Whether it takes TAP 15 to read it.
    pub(crate) is_succinct: bool,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "100 targets", kind: "flat", targets: 100, is_succinct: false },
    Shape { name: "100,000 targets in one file", kind: "flat", targets: 100_000, is_succinct: false },
    Shape { name: "100,000 in 256 hash bins", kind: "roles-8", targets: 100_000, is_succinct: false },
    Shape { name: "100,000 in 16,384 hash bins", kind: "roles-14", targets: 100_000, is_succinct: false },
    Shape {
        name: "100,000 in 16,384 succinct bins",
        kind: "succinct-14",
        targets: 100_000,
        is_succinct: true,
    },
];

/// What a client has when it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// The root that it came with.
    Cold,
    /// What it kept, and nothing has changed since.
    Warm,
}

impl State {
    const ALL: [Self; 2] = [Self::Cold, Self::Warm];

    fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "nothing changed",
        }
    }
}

/// One run that counts.
pub(crate) struct Sample {
    shape: Shape,
    state: State,
    client: Client,
    round: usize,
    taken: Taken,
}

/// What one run asked of the mirror and of the disk, apart from what is timed.
pub(crate) struct Asked {
    shape: Shape,
    state: State,
    client: Client,
    requests: usize,
    bytes: u64,
    syncs: Option<Syncs>,
}

/// Makes the repositories, measures and reports.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    let run = options.folder.join("runs").join(format!("tuf-{}", std::process::id()));
    std::fs::create_dir_all(&run).map_err(|error| format!("{}: {error}", run.display()))?;
    let run = run.canonicalize().map_err(|error| format!("{}: {error}", run.display()))?;
    let outcome = measure_all(options, &run);
    if !options.keep {
        let _ = std::fs::remove_dir_all(&run);
    }
    outcome
}

fn measure_all(options: &Options, run: &Path) -> Outcome<()> {
    for shape in SHAPES {
        make(options, run, shape)?;
    }
    let server = Server::start(run, run)?;
    let clients = Client::all(options);
    let mut bench = Bench { options, run, server, patience: Patience::of(options.wait), folders: 0 };
    let (mut samples, mut asked) = (Vec::new(), Vec::new());
    for shape in SHAPES {
        for client in clients.iter().filter(|client| client.reads(shape)) {
            bench.ask(shape, *client, &mut asked)?;
        }
    }
    for round in 0..=options.rounds {
        for shape in SHAPES {
            let mut turns: Vec<Client> =
                clients.iter().copied().filter(|client| client.reads(shape)).collect();
            // Nobody always comes after the same neighbour's leftovers.
            let first = round % turns.len();
            turns.rotate_left(first);
            for client in turns {
                let taken = bench.turn(shape, client)?;
                for (state, taken) in State::ALL.into_iter().zip(taken) {
                    samples.push(Sample { shape, state, client, round, taken });
                }
            }
        }
        println!(
            "bench: round {round} of {} done{}",
            options.rounds,
            if round == 0 { " (warm-up)" } else { "" }
        );
    }
    samples.retain(|sample| sample.round > 0);
    report::write_all(options, &samples, &asked)
}

fn make(options: &Options, run: &Path, shape: Shape) -> Outcome<()> {
    println!("bench: signing {}", shape.name);
    let mut command = clean(&options.programs.join("packman-tuf-client"));
    command.arg("make").arg(repository(run, shape)).arg(shape.kind).arg(shape.targets.to_string());
    output(&mut command).map(drop)
}

fn repository(run: &Path, shape: Shape) -> PathBuf {
    run.join("tuf").join(format!("{}-{}", shape.kind, shape.targets))
}

struct Bench<'a> {
    options: &'a Options,
    run: &'a Path,
    server: Server,
    patience: Patience,
    folders: usize,
}

impl Bench<'_> {
    /// One client, cold and then with what it kept; both again, in a new folder, when others disturbed one of them.
    fn turn(&mut self, shape: Shape, client: Client) -> Outcome<[Taken; 2]> {
        let stopwatch = self.options.programs.join("packman-stopwatch");
        let mut best: Option<[Taken; 2]> = None;
        for _ in 0..=AGAIN {
            let place = self.place(shape)?;
            let command = client.command(self.options, &place);
            let mut run = || measure(&command, &stopwatch, self.server.pid(), &mut self.patience);
            let taken = [run()?, run()?];
            let disturbed = taken.iter().any(|taken| taken.disturbed);
            if !disturbed || best.is_none() {
                best = Some(taken);
            }
            if !disturbed || !self.patience.is_there() {
                break;
            }
        }
        best.ok_or_else(|| "nothing was measured".to_owned())
    }

    /// One run in each state that is not timed: what it asks of the mirror, and then what it waits for.
    fn ask(&mut self, shape: Shape, client: Client, asked: &mut Vec<Asked>) -> Outcome<()> {
        let (plain, traced) = (self.place(shape)?, self.place(shape)?);
        for state in State::ALL {
            let before = self.served()?.len();
            output(&mut client.command(self.options, &plain))?;
            let served = self.served()?.split_off(before);
            let command = client.command(self.options, &traced);
            let count = || syncs::count(&command, &self.run.join("syncs.txt"));
            let syncs = syncs::can_be_counted().then(count).transpose()?;
            let (requests, bytes) = (served.len(), served.iter().sum());
            asked.push(Asked { shape, state, client, requests, bytes, syncs });
        }
        Ok(())
    }

    /// The bytes of each answer that the mirror gave so far.
    fn served(&self) -> Outcome<Vec<u64>> {
        let log = read(&self.run.join("tuf.log"))?;
        Ok(log.lines().filter_map(|line| line.parse().ok()).collect())
    }

    fn place(&mut self, shape: Shape) -> Outcome<Place> {
        self.folders += 1;
        let folder = self.run.join("clients").join(self.folders.to_string());
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let repository = repository(self.run, shape);
        let name = repository.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Place {
            url: self.server.url(&format!("tuf/{name}")),
            root: repository.join("metadata").join("1.root.json"),
            folder,
            target: format!("projects/some-project-{}.json", shape.targets / 2),
        })
    }
}
