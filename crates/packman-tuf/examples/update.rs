//! Updates an application: refreshes what it remembers of its repository, and takes one target if it is signed.
//!
//! `update FOLDER-OF-REPOSITORY FILE-OF-STATE TARGET`: the folder stands for a mirror; fetching by HTTP differs in `fetch`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example has the effects of an application"
)]

use std::error::Error;
use std::path::Path;
use std::time::SystemTime;

use packman_strict::time::Time;
use packman_tuf::{Answer, FirstUse, Limits, Lookup, Memory, Refresh, Step, TargetPath};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mirror, state, target] = arguments.as_slice() else {
        return Err("wanted MIRROR STATE TARGET".into());
    };
    let fetch = |path: &str| std::fs::read(Path::new(mirror).join(path)).ok();
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let (now, limits) = (Time::from_seconds(i64::try_from(seconds)?), Limits::default());
    // What is remembered; at first use, the first root there is (better: one whose safety number was compared).
    let memory = if Path::new(state).exists() {
        Memory::parse(&std::fs::read(state)?)?
    } else {
        let mut first = FirstUse::remembering(limits);
        while let Step::Fetch(request) = first.step() {
            first.answer(fetch(&request.path).as_deref().map_or(Answer::Missing, Answer::Bytes))?;
        }
        first.finish()?
    };
    let mut refresh = Refresh::begin(memory, now, limits);
    let mut refused = Ok(());
    while let (Ok(()), Step::Fetch(request)) = (&refused, refresh.step()) {
        refused = refresh.answer(fetch(&request.path).as_deref().map_or(Answer::Missing, Answer::Bytes));
    }
    // What was seen is kept after a refusal too: it is the floor against rollback.
    let memory = refresh.into_memory();
    std::fs::write(state, memory.encode())?;
    refused?;
    let good = memory.good().ok_or("nothing verified whole yet")?;
    let mut lookup = Lookup::begin(good, TargetPath::parse(target)?, now, limits)?;
    while let Step::Fetch(request) = lookup.step() {
        lookup.answer(fetch(&request.path).as_deref().map_or(Answer::Missing, Answer::Bytes))?;
    }
    let found = lookup.finish().ok_or("nobody signs such a target")?;
    let bytes = fetch(&found.request().path).ok_or("the target is not there")?;
    std::fs::write(target.replace('/', "-"), found.verify(&bytes)?.bytes())?;
    Ok(())
}
