//! The floor: what it costs to fetch, hash, inflate and link the files of some wheels with nothing around it.
//!
//! No resolving, no signatures, no checks of what wheels say, no receipts, no second thoughts: what is left is what
//! no installer can do without. It is a measuring stick, not an installer; see `docs/performance.md`.
//!
//! `packman-floor cold|warm LOCK HOST CACHE VENV`: LOCK has a line `PATH SHA256 SIZE` for each wheel.

#![expect(clippy::print_stderr, reason = "a program for the terminal")]

mod archive;
mod fetch;
mod folder;
mod queue;
mod unpack;

use std::path::Path;
use std::process::ExitCode;

/// What failed, in words.
type Outcome<T> = Result<T, String>;

/// One wheel to be had.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    path: String,
    sha256: String,
    size: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["cold", lock, host, cache, venv] => read_lock(Path::new(lock))
            .and_then(|wanted| unpack::cold(wanted, host, Path::new(cache), Path::new(venv))),
        ["warm", lock, _, cache, venv] => read_lock(Path::new(lock))
            .and_then(|wanted| unpack::warm(&wanted, Path::new(cache), Path::new(venv))),
        _ => Err("usage: packman-floor cold|warm LOCK HOST CACHE VENV".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("packman-floor: {why}");
            ExitCode::FAILURE
        }
    }
}

fn read_lock(path: &Path) -> Outcome<Vec<Wanted>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (Some(path), Some(sha256), Some(size)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("not a line of a lock: {line}"));
        };
        let size = size.parse().map_err(|_| format!("not a size: {size}"))?;
        Ok(Wanted { path: path.to_owned(), sha256: sha256.to_owned(), size })
    };
    text.lines().map(line).collect()
}
