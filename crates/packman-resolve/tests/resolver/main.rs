//! What the resolver chooses, what it says where nothing fits, and what it asks for on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod effort;
mod exhaustive;
mod laziness;
mod offers;
mod support;
mod table;
