//! packman-tuf as a whole process, and the repositories that it and its peers are measured with.
//!
//! `packman-tuf-client update URL ROOT FOLDER TARGET` refreshes what is kept in FOLDER and takes one target; with
//! `update-unsynced` it does not wait for the disk, to tell that wait apart.
//! `packman-tuf-client make FOLDER KIND TARGETS` signs a repository with keys that nobody keeps.

#![expect(clippy::print_stderr, reason = "a program for the terminal")]

mod make;
mod update;

use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["update", url, root, folder, target] => {
            update::update(url, root.as_ref(), folder.as_ref(), target, true)
        }
        ["update-unsynced", url, root, folder, target] => {
            update::update(url, root.as_ref(), folder.as_ref(), target, false)
        }
        ["make", folder, kind, targets] => make::make(folder.as_ref(), kind, targets),
        _ => Err("wanted `update URL ROOT FOLDER TARGET` or `make FOLDER KIND TARGETS`".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("packman-tuf-client: {error}");
            ExitCode::FAILURE
        }
    }
}
