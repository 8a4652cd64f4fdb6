//! Every command once, as somebody types it: its words, its exit code, its JSON.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod administrator;
mod answers;
mod audit;
mod audit_vouched;
mod believed;
mod bins;
mod cache;
mod compare;
mod contradictions;
mod curate;
mod curate_list;
mod environment;
mod for_lock;
mod install;
mod itself;
mod keepers;
mod lists;
mod lock;
mod look;
mod mistakes;
mod old_list;
mod output;
mod recall;
mod requirements;
mod rotate;
mod rules;
mod sentences;
mod start;
mod stopped;
mod terminal;
mod tls;
mod trust;

#[path = "../support/mod.rs"]
mod support;
