//! What teams, wheels and indexes say.

use std::cell::Cell;
use std::path::Path;

use packman_curate::IndexPage;
use packman_machine::location::Location;
use packman_requirements::{Demand, Parts, parse_build_system};
use packman_wheel::Receipt;

use crate::choose;

/// `requirements.txt`, `pyproject.toml`, `pylock.toml` and `uv.lock`; a file that names another gets the same bytes.
pub fn requirements(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    let name = match choice % 5 {
        0 => "requirements.txt",
        1 => "pyproject.toml",
        2 => "pylock.toml",
        3 => "uv.lock",
        _ => return drop(parse_build_system(Path::new("pyproject.toml"), Some(rest))),
    };
    let reads = Cell::new(0);
    let read = |_: &Path| {
        reads.set(reads.get() + 1);
        assert!(reads.get() < 10_000, "reads without end");
        Ok(rest.to_vec())
    };
    let _ = Demand::parse(Path::new(name), &Parts::default(), &read);
}

/// RECORD and receipts.
pub fn wheel_texts(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    if choice % 2 == 0 {
        let _ = Receipt::parse(rest);
    } else if let Ok(text) = std::str::from_utf8(rest) {
        let _ = packman_wheel::record::parse(text);
    }
}

/// Pages of an index, in both its forms, and the addresses in them.
pub fn index_page(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    let kind = ["text/html", "application/vnd.pypi.simple.v1+json", "text/plain"]
        .get(usize::from(choice % 4))
        .copied();
    let _ = IndexPage::parse(rest, kind, "https://index.example/simple/flask/");
    if let Ok(text) = std::str::from_utf8(rest) {
        if let Ok(location) = Location::parse_link(text) {
            let shown = location.to_string();
            assert_eq!(Location::parse_link(&shown).map(|again| again.to_string()), Ok(shown));
        }
        let _ = Location::parse(text, Path::new("/folder"));
    }
}
