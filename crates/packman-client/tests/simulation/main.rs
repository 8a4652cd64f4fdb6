//! A simulation of trust: a thousand legitimate histories, in which nothing may alarm anybody, and takeovers, each of which
//! must be stopped. The users are the real client, with a home of their own; the hosts are in memory.
//!
//! `docs/threat-model.md` says what came of it. `PACKMAN_HISTORIES=1000 cargo test -p packman-client --test simulation`
//! plays all histories; without the variable it is a part of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::redundant_closure_for_method_calls,
    reason = "a test may fail loudly, makes the files that it is about, and tells its figures"
)]

mod history;
mod place;
mod publisher;
mod takeovers;
mod user;
mod visitor;
mod web;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use history::{Figures, fingerprint, play};

/// How many histories are played where nobody says.
const SOME: u64 = 30;

#[test]
fn no_legitimate_history_alarms_anybody() {
    let wanted = std::env::var("PACKMAN_HISTORIES").ok();
    let wanted = wanted.map_or(SOME, |wanted| wanted.parse().expect("PACKMAN_HISTORIES is a number"));
    let (next, figures, alarms) = (AtomicU64::new(0), Mutex::new(Figures::new()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < wanted)
                {
                    match play(seed) {
                        Ok(found) => {
                            let mut figures = figures.lock().unwrap_or_else(PoisonError::into_inner);
                            found
                                .into_iter()
                                .for_each(|(what, times)| *figures.entry(what).or_default() += times);
                        }
                        Err(alarm) => alarms.lock().unwrap_or_else(PoisonError::into_inner).push(alarm),
                    }
                }
            });
        }
    });
    let (figures, mut alarms) = (figures.into_inner().unwrap(), alarms.into_inner().unwrap());
    println!("{wanted} histories");
    figures.iter().for_each(|(what, times)| println!("{times:>7}  {what}"));
    alarms.sort_unstable();
    assert!(alarms.is_empty(), "{} alarms\n{}", alarms.len(), alarms.join("\n"));
}

#[test]
fn one_seed_gives_one_history() {
    assert_eq!(fingerprint(&play(7).unwrap()), fingerprint(&play(7).unwrap()));
}
