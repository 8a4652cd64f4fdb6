//! What must hold for any bytes that come from outside. Each function takes whatever a fuzzer makes up and panics where
//! a promise is broken; that nothing panics, overflows or hangs is the promise that all have in common.
//!
//! `cargo xtask fuzz` runs them for a while each, `cargo test` in this folder once over every seed and what a few
//! thousand small changes make of it.

mod answers;
mod database;
mod names;
mod repository;
mod strict;
mod trust;

pub use answers::{index_page, requirements, wheel_texts};
pub use database::records;
pub use names::names;
pub use repository::{metadata_file, repository, state_file};
pub use strict::{json, zip};
pub use trust::trust_texts;

/// The first byte chooses among several things that are read; the rest is what is read.
fn choose(bytes: &[u8]) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(choice, rest)| (*choice, rest))
}

/// Reads once and, if that succeeds, reads again what is written: both must be the same.
fn round_trip<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Option<T>,
    write: impl Fn(&T) -> Vec<u8>,
) {
    let Some(first) = read(bytes) else { return };
    let written = write(&first);
    let again = read(&written);
    assert_eq!(
        again.as_ref(),
        Some(&first),
        "what is written reads otherwise: {}",
        String::from_utf8_lossy(&written)
    );
}
