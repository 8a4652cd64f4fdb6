//! Bad input of every kind: each ends with the right exit code and words, and harms nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::type_complexity,
    reason = "a test may fail loudly"
)]

mod cache;
mod disk;
mod home;
mod index;
mod network;
mod storing;
mod together;

#[path = "../support/mod.rs"]
mod support;
