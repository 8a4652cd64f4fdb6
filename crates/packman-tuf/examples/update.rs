//! Updates an application: refreshes what it remembers of its repository, and takes one target if it is signed.
//!
//! `update MIRROR ROOT STATE TARGET`: MIRROR is a folder here, and fetching by HTTP differs in `fetch` alone; ROOT is the root
//! that the application was shipped with, STATE the file in which it remembers.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example has the effects of an application"
)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use packman_strict::time::Time;
use packman_tuf::{Answer, Limits, Lookup, Memory, Refresh, Request, Step, TargetPath};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [mirror, root, state, target] = arguments.as_slice() else {
        return Err("wanted MIRROR ROOT STATE TARGET".into());
    };
    let bytes = update(mirror, root, state, target.to_str().ok_or("wanted a target whose path is text")?)?;
    Ok(fs::write(target.file_name().ok_or("wanted a target with a name")?, bytes)?)
}

pub(crate) fn update(
    mirror: &Path,
    root: &Path,
    state: &Path,
    target: &str,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let (now, limits) = (Time::from_seconds(i64::try_from(seconds)?), Limits::default());
    // The shipped root begins; from then on what is remembered does. A state that is damaged is an error, not a beginning.
    let memory = if fs::exists(state)? {
        Memory::parse(&fs::read(state)?)?
    } else {
        Memory::trusting(&fs::read(root)?, &limits)?
    };
    let mut refresh = Refresh::begin(memory, now, limits);
    let mut refused = Ok(());
    while let (Ok(()), Step::Fetch(request)) = (&refused, refresh.step()) {
        refused = refresh.answer(fetch(mirror, &request)?.as_deref().map_or(Answer::Missing, Answer::Bytes));
    }
    // What was seen is kept after a refusal too: it is the floor against rollback.
    if refresh.changed() {
        replace(state, &refresh.memory().encode())?;
    }
    refused?;
    let memory = refresh.into_memory();
    let good = memory.good().ok_or("nothing verified whole yet")?;
    let mut lookup = Lookup::begin(good, TargetPath::parse(target)?, now, limits)?;
    while let Step::Fetch(request) = lookup.step() {
        lookup.answer(fetch(mirror, &request)?.as_deref().map_or(Answer::Missing, Answer::Bytes))?;
    }
    let found = lookup.finish().ok_or("nobody signs such a target")?;
    let bytes = fetch(mirror, &found.request())?.ok_or("the target is not there")?;
    found.verify(&bytes)?;
    Ok(bytes)
}

/// The file, or none where the mirror has none: of one that is longer than it may be, one byte too many and no more.
fn fetch(mirror: &Path, request: &Request) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
    let file = match File::open(mirror.join(&request.path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(request.max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The old state or the new one, whenever the process is killed.
fn replace(state: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let new = state.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(fs::rename(new, state)?)
}
