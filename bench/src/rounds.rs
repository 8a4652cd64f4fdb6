//! The rounds: who takes which turn.

use std::path::{Path, PathBuf};

use crate::measure::{Patience, Taken, measure};
use crate::options::Options;
use crate::prepare::{Ready, Skeletons, prepare, site_packages};
use crate::program::copy_folder;
use crate::server::Server;
use crate::syncs::{self, Syncs};
use crate::variants::{Place, Scenario, Variant};
use crate::{Outcome, record, report};

/// How often a run is tried again when others disturbed it.
const AGAIN: usize = 2;

/// One run that counts.
pub(crate) struct Sample {
    /// The set's name.
    pub(crate) set: &'static str,
    /// In which state.
    pub(crate) scenario: Scenario,
    /// Whose.
    pub(crate) variant: Variant,
    /// In which round.
    pub(crate) round: usize,
    /// What it took.
    pub(crate) taken: Taken,
}

/// What one command waited for on purpose.
pub(crate) struct Waited {
    /// The set's name.
    pub(crate) set: &'static str,
    /// In which state.
    pub(crate) scenario: Scenario,
    /// Whose.
    pub(crate) variant: Variant,
    /// How often and how long.
    pub(crate) syncs: Syncs,
}

/// Records, prepares, measures and reports.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    let run = options.folder.join("runs").join(std::process::id().to_string());
    std::fs::create_dir_all(&run).map_err(|error| format!("{}: {error}", run.display()))?;
    let run = run.canonicalize().map_err(|error| format!("{}: {error}", run.display()))?;
    let outcome = measure_all(options, &run);
    // Not before the end: a filesystem that has just forgotten many files is slow to make new ones.
    if !options.keep {
        let _ = std::fs::remove_dir_all(&run);
    }
    outcome
}

fn measure_all(options: &Options, run: &Path) -> Outcome<()> {
    let skeletons = Skeletons::make(options, run)?;
    record::record(options, &skeletons)?;
    let server = Server::start(&absolute(&record::folder(options))?, run)?;
    let mut ready = Vec::new();
    for set in &options.sets {
        ready.push(prepare(options, &skeletons, &server, run, *set)?);
    }
    let mut bench =
        Bench { options, run, skeletons, server, patience: Patience::of(options.wait), samples: Vec::new() };
    for round in 0..=options.rounds {
        for set in &ready {
            bench.round(round, set)?;
        }
        println!(
            "bench: round {round} of {} done{}",
            options.rounds,
            if round == 0 { " (warm-up)" } else { "" }
        );
    }
    let syncs = bench.syncs(&ready)?;
    report::write_both(options, &ready, &bench.samples, &syncs)
}

fn absolute(path: &Path) -> Outcome<PathBuf> {
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}

struct Bench<'a> {
    options: &'a Options,
    run: &'a Path,
    skeletons: Skeletons,
    server: Server,
    patience: Patience,
    samples: Vec<Sample>,
}

impl Bench<'_> {
    fn round(&mut self, round: usize, ready: &Ready) -> Outcome<()> {
        let mut variants = vec![Variant::Packman(None), Variant::UvInstall, Variant::UvSync, Variant::Floor];
        variants.extend(self.options.also.iter().cloned().map(|build| Variant::Packman(Some(build))));
        if round > 0 && round <= self.options.pip_rounds {
            variants.push(Variant::Pip);
        }
        // Nobody always comes after the same neighbour's leftovers.
        let first = round % variants.len();
        variants.rotate_left(first);
        let mut places = Vec::new();
        for variant in &variants {
            places.push((variant, self.place(&format!("{round}"), ready, variant)?));
        }
        for scenario in Scenario::ALL {
            for (variant, place) in &places {
                if variant.takes_part(&ready.set, scenario) {
                    let taken = self.turn(ready, variant, place, scenario)?;
                    let (set, variant) = (ready.set.name, (*variant).clone());
                    self.samples.push(Sample { set, scenario, variant, round, taken });
                }
            }
        }
        if round == 0 {
            self.samples.clear();
            let installed = places.iter().filter(|_| !ready.set.only_choosing);
            let mut installed =
                installed.filter(|(variant, _)| variant.takes_part(&ready.set, Scenario::Cold));
            installed.try_for_each(|(variant, place)| compare(ready, variant, place))?;
        }
        Ok(())
    }

    /// One turn; again from the beginning, in new folders, when others disturbed it.
    fn turn(
        &mut self,
        ready: &Ready,
        variant: &Variant,
        place: &Place,
        scenario: Scenario,
    ) -> Outcome<Taken> {
        let stopwatch = self.options.programs.join("packman-stopwatch");
        let mut best: Option<Taken> = None;
        for attempt in 0..=AGAIN {
            let again;
            let place = match (attempt, scenario) {
                (0, _) | (_, Scenario::ResolveWarm | Scenario::Nothing) => place,
                // What others need from the first attempt stays; the second has folders of its own.
                _ => {
                    let name = format!("{}-again", place.folder.display());
                    again = self.again(Path::new(&name), place, ready, variant, scenario, attempt)?;
                    &again
                }
            };
            let command = variant.command(self.options, &self.server, ready, place, scenario);
            let taken = measure(&command, &stopwatch, self.server.pid(), &mut self.patience)?;
            if best.is_none_or(|best| best.disturbed && (!taken.disturbed || taken.wall < best.wall)) {
                best = Some(taken);
            }
            if !taken.disturbed || !self.patience.is_there() {
                break;
            }
        }
        best.ok_or_else(|| "nothing was measured".to_owned())
    }

    /// One more round, under strace, that is not timed: what waits for the disk on purpose.
    fn syncs(&self, ready: &[Ready]) -> Outcome<Vec<Waited>> {
        let mut found = Vec::new();
        let counted = ready.iter().filter(|ready| !ready.set.only_choosing && syncs::can_be_counted());
        for ready in counted {
            for variant in [Variant::Packman(None), Variant::UvInstall, Variant::UvSync] {
                let place = self.place("syncs", ready, &variant)?;
                for scenario in [Scenario::Cold, Scenario::Warm, Scenario::Nothing] {
                    let command = variant.command(self.options, &self.server, ready, &place, scenario);
                    let syncs = syncs::count(&command, &self.run.join("syncs.txt"))?;
                    found.push(Waited { set: ready.set.name, scenario, variant: variant.clone(), syncs });
                }
            }
        }
        Ok(found)
    }

    fn place(&self, round: &str, ready: &Ready, variant: &Variant) -> Outcome<Place> {
        let name = variant.name().replace(' ', "-");
        let folder = self.run.join("rounds").join(round).join(ready.set.name).join(name);
        self.fill(&folder, ready, variant)?;
        Ok(Place { folder })
    }

    fn again(
        &self,
        folder: &Path,
        first: &Place,
        ready: &Ready,
        variant: &Variant,
        scenario: Scenario,
        attempt: usize,
    ) -> Outcome<Place> {
        let folder = folder.join(format!("{scenario:?}-{attempt}"));
        self.fill(&folder, ready, variant)?;
        let place = Place { folder };
        if scenario == Scenario::Warm {
            // The same cache, and a home that has seen what is in it.
            let failed = |error: std::io::Error| error.to_string();
            for (from, to) in [(first.cache(scenario), place.cache(scenario)), (first.home(), place.home())] {
                let _ = std::fs::remove_dir_all(&to);
                std::os::unix::fs::symlink(from, to).map_err(failed)?;
            }
        }
        Ok(place)
    }

    fn fill(&self, folder: &Path, ready: &Ready, variant: &Variant) -> Outcome<()> {
        let skeleton = if *variant == Variant::Pip { &self.skeletons.with_pip } else { &self.skeletons.bare };
        let place = Place { folder: folder.to_owned() };
        for scenario in [Scenario::Cold, Scenario::ResolveCold] {
            let cache = place.cache(scenario);
            std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
        }
        for scenario in [Scenario::Cold, Scenario::Warm, Scenario::ResolveCold] {
            copy_folder(skeleton, &place.venv(scenario))?;
        }
        if matches!(variant, Variant::Packman(_)) {
            copy_folder(&ready.home, &place.home())?;
        }
        Ok(())
    }
}

/// Everybody must have installed the same releases, or the numbers compare nothing.
fn compare(ready: &Ready, variant: &Variant, place: &Place) -> Outcome<()> {
    for scenario in [Scenario::Cold, Scenario::Warm] {
        let packages = site_packages(&place.venv(scenario))?;
        let entries = std::fs::read_dir(&packages).map_err(|error| error.to_string())?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
        let mut found: Vec<String> = names.filter(|name| name.ends_with(".dist-info")).collect();
        found.sort_unstable();
        let wanted = ready.dist_infos();
        if found != wanted {
            let only = |left: &[String], right: &[String]| {
                let only: Vec<_> = left.iter().filter(|name| !right.contains(name)).cloned().collect();
                only.join(" ")
            };
            println!(
                "bench: {} of {}, {}: more than curated: {}; less: {}",
                ready.set.name,
                variant.name(),
                scenario.name(),
                only(&found, &wanted),
                only(&wanted, &found)
            );
        }
    }
    Ok(())
}
