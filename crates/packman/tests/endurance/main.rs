//! Whatever happens in the middle: the shipped command is killed at each of its writes, renames and links, finds a full
//! disk at each of them, and is asked to stop at each. Afterwards all is as before or all as after, the next run is
//! clean, and nothing is left.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod curated;
mod environment;
mod harm;

#[path = "../support/mod.rs"]
mod support;
